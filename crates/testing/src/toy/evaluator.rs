use bonas_core::{Architecture, EvaluationContext, EvaluationError, Evaluator, Measurement, Outcome, StudyRng};
use rand::RngExt;

/// What each operation is worth, before its surroundings count.
const WORTH: [f64; 4] = [0.0, 0.5, 0.9, 0.7];
/// What a stage gains whose two operations differ.
const VARIETY: f64 = 0.3;

/// Scores members of a [`ToySpace`](super::ToySpace) by a formula.
///
/// score = mean over stages of (mean worth of the pair + 0.3 if its operations differ), so the best pair is `cd` and the
/// maximum is 1.1. An architecture that starts with `aa` fails. Optional noise, uniform in ±`noise`, comes from the
/// evaluation's generator, so a study that gives the wrong generator is found out.
#[derive(Clone, Debug, Default)]
pub struct ToyEvaluator {
    noise: f64,
    batches: usize,
}

impl ToyEvaluator {
    /// The highest score without noise.
    pub const MAXIMUM: f64 = 1.1;

    /// An evaluator without noise.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds noise, uniform in ±`noise`.
    pub fn with_noise(noise: f64) -> Self {
        Self { noise, batches: 0 }
    }

    /// Number of batches evaluated so far.
    pub fn batches(&self) -> usize {
        self.batches
    }

    /// The score without noise; `None` for an architecture that fails.
    pub fn score(architecture: &Architecture) -> Option<f64> {
        let decisions = architecture.decisions();
        if decisions.starts_with(&[0, 0]) {
            return None;
        }
        let pairs = decisions.chunks(2);
        let stages = pairs.len() as f64;
        let worth = |pair: &[u8]| {
            let mean = pair.iter().map(|&operation| WORTH[usize::from(operation)]).sum::<f64>() / 2.0;
            if pair[0] == pair[1] { mean } else { mean + VARIETY }
        };
        Some(pairs.map(worth).sum::<f64>() / stages)
    }

    fn outcome(&self, architecture: &Architecture, rng: &mut StudyRng) -> Outcome {
        let noise = self.noise * rng.random_range(-1.0..=1.0);
        let Some(score) = Self::score(architecture) else {
            return Outcome::Failed { reason: "starts with aa".into() };
        };
        let length = architecture.decisions().len() as f64;
        Outcome::Measured(Measurement::new(score + noise).unwrap().with_metric("operations", length).with_metric("noise", noise))
    }
}

impl Evaluator for ToyEvaluator {
    fn evaluate(
        &mut self,
        batch: &[Architecture],
        rng: &mut StudyRng,
        context: &EvaluationContext<'_>,
    ) -> Result<Vec<Outcome>, EvaluationError> {
        self.batches += 1;
        context.progress.begin("evaluate", batch.len() as u64);
        let mut outcomes = Vec::with_capacity(batch.len());
        for architecture in batch {
            if context.interrupt.is_requested() {
                return Err(EvaluationError::Interrupted);
            }
            outcomes.push(self.outcome(architecture, rng));
            context.progress.advance(1, "");
        }
        Ok(outcomes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toy::ToySpace;
    use bonas_core::SearchSpace;

    #[test]
    fn the_maximum_is_the_best_of_the_whole_space() {
        let space = ToySpace::new(3);
        let best = space.enumerate().iter().filter_map(ToyEvaluator::score).fold(f64::MIN, f64::max);
        assert!((best - ToyEvaluator::MAXIMUM).abs() < 1e-12);
        assert_eq!(ToyEvaluator::score(&space.parse("cd-cd-cd").unwrap()), Some(best));
        assert_eq!(ToyEvaluator::score(&space.parse("aa-cd-cd").unwrap()), None);
    }
}
