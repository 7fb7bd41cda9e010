use bonas_core::{Architecture, CompletedTrial};
use std::collections::BTreeSet;

/// All that a strategy remembers: which architectures have been evaluated, and the scores of those that have one.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed {
    seen: BTreeSet<Architecture>,
    measured: Vec<(Architecture, f64)>,
    /// The round of every measured one, counted by what was told.
    rounds: Vec<usize>,
    told: usize,
}

impl Observed {
    /// Adds trials in the order of their recording; an architecture counts once, with its first outcome.
    pub(super) fn tell(&mut self, completed: &[CompletedTrial]) {
        for trial in completed {
            if !self.seen.insert(trial.architecture.clone()) {
                continue;
            }
            if let Some(score) = trial.outcome.score() {
                self.measured.push((trial.architecture.clone(), score));
                self.rounds.push(self.told);
            }
        }
        self.told += 1;
    }

    /// Everything evaluated, failures included.
    pub(super) fn seen(&self) -> &BTreeSet<Architecture> {
        &self.seen
    }

    /// Everything measured, distinct, in the order of recording.
    pub(super) fn measured(&self) -> &[(Architecture, f64)] {
        &self.measured
    }

    /// The round of everything measured, in the same order.
    pub(super) fn rounds(&self) -> &[usize] {
        &self.rounds
    }

    /// At most `count` of the highest scores, highest first, the earliest of equals first.
    pub(super) fn best(&self, count: usize) -> Vec<&Architecture> {
        let mut order: Vec<_> = self.measured.iter().collect();
        order.sort_by(|left, right| right.1.total_cmp(&left.1));
        order.into_iter().take(count).map(|(architecture, _)| architecture).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::{Measurement, Outcome};

    #[test]
    fn failures_are_seen_but_not_measured_and_repeats_count_once() {
        let trial = |decision: u8, score: Option<f64>| CompletedTrial {
            architecture: Architecture::new([decision]),
            outcome: match score {
                Some(score) => Outcome::Measured(Measurement::new(score).expect("finite")),
                None => Outcome::Failed { reason: "diverged".into() },
            },
        };
        let mut observed = Observed::default();
        observed.tell(&[trial(0, Some(0.1)), trial(1, None), trial(2, Some(0.5))]);
        observed.tell(&[trial(0, Some(0.1)), trial(3, Some(0.5))]);
        assert_eq!(observed.seen().len(), 4);
        assert_eq!(observed.measured().len(), 3);
        assert_eq!(observed.rounds(), [0, 0, 1]);
        assert_eq!(observed.best(2), [&Architecture::new([2]), &Architecture::new([3])]);
    }
}
