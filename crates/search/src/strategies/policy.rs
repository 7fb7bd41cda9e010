use bonas_core::{Architecture, SearchSpace, SeedStream, StudyRng};
use rand::RngExt;
use std::collections::BTreeMap;

/// Samples whose decisions, and whose neighbours' decisions, are the first options of a policy.
const EXPLORED: usize = 64;
/// How often decisions are drawn before the policy counts as unable to meet the rules of the space.
const MAX_DRAWS: usize = 1000;

/// A distribution over the decisions of architectures: how many there are, and then each for itself.
///
/// In a space where every combination of decisions is an architecture, these are independent softmax choices, one per decision.
/// Where decisions differ in number, every number has its own. Where some combinations are no architectures, those are
/// drawn again; the gradients take no notice of that.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    lengths: Choice<usize>,
    /// One choice per decision, by the number of decisions.
    decisions: BTreeMap<usize, Vec<Choice<u8>>>,
}

impl Policy {
    /// Every option alike. Which there are is seen on samples of the space (always the same ones, whatever the study) and
    /// their neighbours.
    pub(super) fn uniform(space: &dyn SearchSpace) -> Self {
        let mut policy = Self { lengths: Choice::default(), decisions: BTreeMap::new() };
        let mut rng = SeedStream::new(0).rng("options of a policy", 0);
        for _ in 0..EXPLORED {
            let sample = space.sample(&mut rng);
            policy.admit(&space.canonical(&sample));
            space.neighbors(&sample).iter().for_each(|neighbor| policy.admit(neighbor));
            policy.admit(&sample);
        }
        policy
    }

    /// Draws an architecture; `None` when what is drawn breaks the rules of the space again and again.
    pub(super) fn draw(&self, space: &dyn SearchSpace, rng: &mut StudyRng) -> Option<Architecture> {
        (0..MAX_DRAWS).find_map(|_| {
            let choices = &self.decisions[&self.lengths.draw(rng)];
            let architecture = Architecture::new(choices.iter().map(|choice| choice.draw(rng)).collect::<Vec<_>>());
            space.validate(&architecture).is_ok().then_some(architecture)
        })
    }

    /// One step of gradient ascent on `advantage · ln p(architecture) + entropy_weight · entropy`, for every choice that was
    /// made; options that are new join with the logit 0.
    pub(super) fn ascend(&mut self, architecture: &Architecture, learning_rate: f64, advantage: f64, entropy_weight: f64) {
        self.admit(architecture);
        let decisions = architecture.decisions();
        self.lengths.ascend(&decisions.len(), learning_rate, advantage, entropy_weight);
        let choices = self.decisions.get_mut(&decisions.len()).into_iter().flatten();
        choices.zip(decisions).for_each(|(choice, made)| choice.ascend(made, learning_rate, advantage, entropy_weight));
    }

    fn admit(&mut self, architecture: &Architecture) {
        let decisions = architecture.decisions();
        self.lengths.admit(decisions.len());
        let choices = self.decisions.entry(decisions.len()).or_insert_with(|| vec![Choice::default(); decisions.len()]);
        choices.iter_mut().zip(decisions).for_each(|(choice, &made)| choice.admit(made));
    }
}

/// A softmax over options: each with its logit.
#[derive(Clone, Debug, Default)]
struct Choice<T>(BTreeMap<T, f64>);

impl<T: Copy + Ord> Choice<T> {
    fn admit(&mut self, option: T) {
        self.0.entry(option).or_insert(0.0);
    }

    /// Of the options in ascending order.
    fn probabilities(&self) -> Vec<f64> {
        let highest = self.0.values().copied().fold(f64::MIN, f64::max);
        let weights: Vec<f64> = self.0.values().map(|logit| (logit - highest).exp()).collect();
        let sum: f64 = weights.iter().sum();
        weights.into_iter().map(|weight| weight / sum).collect()
    }

    /// An option by its probability. There must be one.
    fn draw(&self, rng: &mut StudyRng) -> T {
        let mut rest: f64 = rng.random();
        let mut options = self.0.keys().zip(self.probabilities());
        let last = *self.0.keys().next_back().expect("a choice has options");
        options
            .find_map(|(option, probability)| {
                rest -= probability;
                (rest < 0.0).then_some(*option)
            })
            .unwrap_or(last)
    }

    /// ∂ ln p(made) / ∂ logit = [made] − p, and ∂ entropy / ∂ logit = −p (ln p + entropy).
    fn ascend(&mut self, made: &T, learning_rate: f64, advantage: f64, entropy_weight: f64) {
        let probabilities = self.probabilities();
        let entropy: f64 = probabilities.iter().map(|&p| information(p)).sum();
        for ((option, logit), p) in self.0.iter_mut().zip(probabilities) {
            let likelihood = f64::from(u8::from(option == made)) - p;
            *logit += learning_rate * (advantage * likelihood + entropy_weight * (information(p) - p * entropy));
        }
    }
}

/// −p ln p.
fn information(p: f64) -> f64 {
    if p > 0.0 { -p * p.ln() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_testing::toy::ToySpace;

    fn choice(logits: [f64; 3]) -> Choice<u8> {
        Choice((0..).zip(logits).collect())
    }

    #[test]
    fn draws_follow_the_softmax() {
        let choice = choice([0.0, 1.0, -0.5]);
        let expected = [0.231_224, 0.628_532, 0.140_244];
        assert!(choice.probabilities().iter().zip(expected).all(|(p, expected)| (p - expected).abs() < 1e-6));
        let mut rng = SeedStream::new(2).rng("draw", 0);
        let mut counts = [0.0; 3];
        (0..20_000).for_each(|_| counts[usize::from(choice.draw(&mut rng))] += 1.0 / 20_000.0);
        assert!(counts.iter().zip(expected).all(|(count, expected)| (count - expected).abs() < 0.015), "{counts:?}");
    }

    #[test]
    fn the_step_is_the_gradient_of_its_objective() {
        let (start, made, advantage, weight) = ([0.3, -0.8, 1.1], 1_u8, -1.7, 0.6);
        let objective = |logits: [f64; 3]| {
            let p = choice(logits).probabilities();
            advantage * p[usize::from(made)].ln() - weight * p.iter().map(|p| p * p.ln()).sum::<f64>()
        };
        let mut stepped = choice(start);
        stepped.ascend(&made, 1.0, advantage, weight);
        for place in 0..3 {
            let moved = |by: f64| {
                let mut logits = start;
                logits[place] += by;
                objective(logits)
            };
            let difference = (moved(1e-6) - moved(-1e-6)) / 2e-6;
            let step = stepped.0[&(place as u8)] - start[place];
            assert!((step - difference).abs() < 1e-8, "{place}: {step} {difference}");
        }
    }

    #[test]
    fn a_fresh_policy_knows_all_options_and_draws_members() {
        let space = ToySpace::new(3);
        let policy = Policy::uniform(&space);
        assert!(policy.decisions[&6].iter().all(|choice| choice.0.keys().eq(&[0, 1, 2, 3])), "{policy:?}");
        let architecture = policy.draw(&space, &mut SeedStream::new(0).rng("draw", 0)).expect("a member");
        assert!(space.validate(&architecture).is_ok());
    }

    #[test]
    fn numbers_of_decisions_are_learnt_each_with_its_own_choices() {
        let mut policy = Policy::uniform(&ToySpace::new(1));
        for _ in 0..200 {
            policy.ascend(&Architecture::new([3, 1, 2]), 0.5, 1.0, 0.0);
        }
        assert!(policy.lengths.probabilities()[1] > 0.9, "three decisions instead of two");
        assert!(policy.decisions[&2].iter().all(|choice| choice.probabilities() == [0.25; 4]), "two stay as they were");
        assert_eq!(policy.draw(&ToySpace::new(2), &mut SeedStream::new(0).rng("draw", 0)), None, "no four decisions");
    }
}
