//! The toy problem with a cost: every operation costs the more the later it stands in the alphabet.

use super::test_spaces;
use crate::Objectives;
use bonas_bayes::hypervolume;
use bonas_core::{Architecture, CompletedTrial, CostFunction, Outcome, SearchSpace, SearchStrategy, SeedStream};
use bonas_testing::toy::ToySpace;
use std::sync::Arc;

/// The sum of the decisions.
pub(super) struct ToyCost;

impl CostFunction for ToyCost {
    fn name(&self) -> &str {
        "letters"
    }
    fn cost(&self, architecture: &Architecture) -> Option<f64> {
        Some(architecture.decisions().iter().map(|&decision| f64::from(decision)).sum())
    }
}

pub(super) fn objectives() -> Objectives {
    Objectives { costs: vec!["letters".into()] }
}

/// How the toy evaluator would judge it, with its cost.
pub(super) fn complete(architecture: &Architecture) -> CompletedTrial {
    let trial = test_spaces::complete(architecture);
    let outcome = match trial.outcome {
        Outcome::Measured(measurement) => {
            Outcome::Measured(measurement.with_metric("letters", ToyCost.cost(architecture).expect("known")))
        }
        failed => failed,
    };
    CompletedTrial { outcome, ..trial }
}

/// Makes a strategy for a space.
pub(super) type Make<'a> = dyn Fn(Arc<ToySpace>) -> Box<dyn SearchStrategy> + 'a;

/// The hypervolume of `queries` trials in rounds of five, of score and cost above (0, −3 for each decision).
pub(super) fn volume(seed: u64, queries: usize, make: &Make<'_>) -> f64 {
    let space = Arc::new(ToySpace::new(5));
    let mut strategy = make(space.clone());
    let mut points = Vec::new();
    for round in 0..queries / 5 {
        let proposals = strategy.ask(5, &mut SeedStream::new(seed).rng("ask", round as u64)).expect("proposals");
        let trials: Vec<_> = proposals.iter().map(|proposal| complete(&space.canonical(&proposal.architecture))).collect();
        points.extend(trials.iter().filter_map(|trial| objectives().of(&trial.outcome)));
        strategy.tell(&trials);
    }
    hypervolume(&points, &[0.0, -30.0])
}
