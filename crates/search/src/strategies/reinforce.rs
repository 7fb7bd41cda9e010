use super::observed::Observed;
use super::policy::Policy;
use super::{fresh, origin, out_of_range};
use crate::RangeError;
use crate::range::check_range;
use bonas_core::{CompletedTrial, Proposal, SearchSpace, SearchStrategy, StrategyError, StudyRng};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Draws of a round; a policy that is sure of itself draws the same again and again, and the round is then smaller.
const MAX_DRAWS: usize = 1000;
/// Advantages are cut at so many standard deviations: one lucky trial must not decide everything.
const MAX_ADVANTAGE: f64 = 3.0;

/// Settings of [`Reinforce`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReinforceConfig {
    /// Length of a step of the policy's logits (0.000001 to 100).
    pub learning_rate: f64,
    /// How much of the baseline, and of the variance around it, stays when a score comes in (0 to 1).
    pub baseline_decay: f64,
    /// What the entropy of a decision is worth, in standard deviations of the score (0 to 100); keeps the policy from settling
    /// too soon.
    pub entropy_weight: f64,
}

impl Default for ReinforceConfig {
    fn default() -> Self {
        Self { learning_rate: 0.1, baseline_decay: 0.9, entropy_weight: 0.0 }
    }
}

impl ReinforceConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting outside its range.
    pub fn validate(&self) -> Result<(), RangeError> {
        check_range("reinforce.learning_rate", &self.learning_rate, 1e-6..=100.0)?;
        check_range("reinforce.baseline_decay", &self.baseline_decay, 0.0..=1.0)?;
        check_range("reinforce.entropy_weight", &self.entropy_weight, 0.0..=100.0)
    }
}

/// REINFORCE: a categorical policy over the decisions of an architecture, which every score pushes towards what scored above
/// the average of late.
///
/// R. J. Williams, *Simple Statistical Gradient-Following Algorithms*, 1992; for architectures B. Zoph, Q. V. Le, ICLR 2017,
/// here with independent choices instead of a recurrent controller, as the baseline of NAS-Bench-201 has them (X. Dong,
/// Y. Yang, ICLR 2020). The baseline is an exponential moving average of the scores; the advantage is measured in standard
/// deviations around it, so that one learning rate serves every scale of scores.
///
/// As in the original, an architecture may be drawn again: the study answers it from its history, free of charge, and the
/// policy learns from it again. Every round holds one that is new, as long as there is one. Failed trials teach nothing. Of
/// isomorphic architectures, whichever was drawn, the canonical one is rewarded.
pub struct Reinforce {
    space: Arc<dyn SearchSpace>,
    config: ReinforceConfig,
    observed: Observed,
    policy: Policy,
    baseline: Option<Baseline>,
}

/// Exponential moving mean and variance of the scores.
#[derive(Clone, Copy, Debug)]
struct Baseline {
    mean: f64,
    variance: f64,
}

impl Baseline {
    /// How far above the mean, in standard deviations.
    fn advantage(self, score: f64) -> f64 {
        let difference = score - self.mean;
        if difference == 0.0 {
            return 0.0;
        }
        // Without a variance yet, any difference counts as beyond all that was seen.
        (difference / self.variance.sqrt()).clamp(-MAX_ADVANTAGE, MAX_ADVANTAGE)
    }

    /// The moving mean and variance by the recursion of T. Finch, *Incremental calculation of weighted mean and variance*, 2009.
    fn moved(self, score: f64, decay: f64) -> Self {
        let difference = score - self.mean;
        let step = (1.0 - decay) * difference;
        Self { mean: self.mean + step, variance: decay * (self.variance + difference * step) }
    }
}

impl Reinforce {
    /// REINFORCE in `space`.
    ///
    /// # Errors
    /// When a setting lies outside its range.
    pub fn new(space: Arc<dyn SearchSpace>, config: ReinforceConfig) -> Result<Self, StrategyError> {
        config.validate().map_err(out_of_range)?;
        let policy = Policy::uniform(space.as_ref());
        Ok(Self { space, config, observed: Observed::default(), policy, baseline: None })
    }

    fn learn(&mut self, trial: &CompletedTrial) {
        let Some(score) = trial.outcome.score() else { return };
        let ReinforceConfig { learning_rate, baseline_decay, entropy_weight } = self.config;
        let baseline = self.baseline.unwrap_or(Baseline { mean: score, variance: 0.0 });
        self.policy.ascend(&trial.architecture, learning_rate, baseline.advantage(score), entropy_weight);
        self.baseline = Some(baseline.moved(score, baseline_decay));
    }
}

impl SearchStrategy for Reinforce {
    fn ask(&self, count: usize, rng: &mut StudyRng) -> Result<Vec<Proposal>, StrategyError> {
        let space = self.space.as_ref();
        let (mut drawn, mut proposals) = (BTreeSet::new(), Vec::with_capacity(count));
        let mut has_new = false;
        for _ in 0..MAX_DRAWS {
            if proposals.len() == count {
                break;
            }
            let Some(architecture) = self.policy.draw(space, rng) else { break };
            let architecture = space.canonical(&architecture);
            let is_new = !self.observed.seen().contains(&architecture);
            // The last place is kept for one that is new.
            let is_admitted = is_new || has_new || proposals.len() + 1 < count;
            if is_admitted && drawn.insert(architecture.clone()) {
                has_new |= is_new;
                proposals.push(Proposal { architecture, prediction: None, origin: origin::POLICY.into() });
            }
        }
        if has_new || count == 0 {
            return Ok(proposals);
        }
        let Some(architecture) = fresh::sample(space, &mut self.observed.seen().clone(), rng) else { return Ok(Vec::new()) };
        proposals.push(Proposal { architecture, prediction: None, origin: origin::RANDOM.into() });
        Ok(proposals)
    }

    fn tell(&mut self, completed: &[CompletedTrial]) {
        self.observed.tell(completed);
        completed.iter().for_each(|trial| self.learn(trial));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategies::test_spaces::complete;
    use bonas_core::{Measurement, Outcome, SeedStream};
    use bonas_testing::toy::{ToyEvaluator, ToySpace};

    fn reinforce(space: &Arc<ToySpace>, config: ReinforceConfig) -> Reinforce {
        Reinforce::new(space.clone(), config).expect("valid")
    }

    #[test]
    fn keeps_the_contract() {
        let space = Arc::new(ToySpace::new(3));
        for learning_rate in [0.1, 10.0] {
            let config = ReinforceConfig { learning_rate, ..ReinforceConfig::default() };
            bonas_testing::strategy::check(&|| Box::new(reinforce(&space, config.clone())), space.as_ref());
        }
    }

    /// Mean score of the measured trials among the last 50 of 300, in rounds of 5.
    fn late_mean(config: ReinforceConfig, seed: u64) -> f64 {
        let space = Arc::new(ToySpace::new(5));
        let mut strategy = reinforce(&space, config);
        let mut late = Vec::new();
        for round in 0..60 {
            let proposals = strategy.ask(5, &mut SeedStream::new(seed).rng("ask", round)).expect("proposals");
            let scores = proposals.iter().filter_map(|proposal| ToyEvaluator::score(&proposal.architecture));
            late.extend(scores.filter(|_| round >= 50));
            strategy.tell(&proposals.iter().map(|proposal| complete(&proposal.architecture)).collect::<Vec<_>>());
        }
        late.iter().sum::<f64>() / late.len() as f64
    }

    #[test]
    fn the_policy_learns_and_entropy_slows_it_down() {
        let mean = |config: &ReinforceConfig| (0..8).map(|seed| late_mean(config.clone(), seed)).sum::<f64>() / 8.0;
        let blind = mean(&ReinforceConfig { learning_rate: 1e-6, ..ReinforceConfig::default() });
        let learning = mean(&ReinforceConfig::default());
        let cautious = mean(&ReinforceConfig { entropy_weight: 2.0, ..ReinforceConfig::default() });
        assert!(learning > cautious + 0.01 && cautious > blind, "{blind} {cautious} {learning}");
    }

    #[test]
    fn advantages_are_standard_deviations_from_the_moving_mean() {
        let start = Baseline { mean: 0.5, variance: 0.0 };
        assert_eq!((start.advantage(0.5), start.advantage(0.6), start.advantage(0.4)), (0.0, 3.0, -3.0));
        // Decay 0.9: mean 0.5 + 0.1 · 0.4, variance 0.9 · 0.1 · 0.4².
        let moved = start.moved(0.9, 0.9);
        assert!((moved.mean - 0.54).abs() < 1e-12 && (moved.variance - 0.0144).abs() < 1e-12, "{moved:?}");
        assert!((moved.advantage(0.6) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_settled_policy_still_proposes_something_new() {
        let space = Arc::new(ToySpace::new(2));
        let mut strategy = reinforce(&space, ReinforceConfig { learning_rate: 100.0, ..ReinforceConfig::default() });
        let favorite = space.parse("ab-cd").expect("valid");
        let trial = |architecture: &bonas_core::Architecture, score| CompletedTrial {
            architecture: architecture.clone(),
            outcome: Outcome::Measured(Measurement::new(score).expect("finite")),
        };
        strategy.tell(&[trial(&space.parse("dd-dd").expect("valid"), 0.1), trial(&favorite, 0.9)]);
        let proposals = strategy.ask(3, &mut SeedStream::new(0).rng("ask", 0)).expect("proposals");
        assert_eq!(proposals[0].architecture, favorite, "known, free of charge and learnt from again");
        assert_eq!((proposals.len(), proposals[1].origin.as_str()), (2, origin::RANDOM));
        assert!(!strategy.observed.seen().contains(&proposals[1].architecture));
    }

    #[test]
    fn an_exhausted_space_ends_the_proposals() {
        let space = Arc::new(ToySpace::new(1));
        let mut strategy = reinforce(&space, ReinforceConfig::default());
        strategy.tell(&space.enumerate().iter().map(complete).collect::<Vec<_>>());
        assert_eq!(strategy.ask(5, &mut SeedStream::new(0).rng("ask", 0)).expect("an answer"), []);
    }
}
