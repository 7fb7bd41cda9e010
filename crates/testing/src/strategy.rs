//! The contract of [`SearchStrategy`]: [`check`] runs all of it.

use bonas_core::{
    Architecture, CompletedTrial, Measurement, Outcome, Proposal, SearchSpace, SearchStrategy, SeedStream, StudyRng,
};
use std::collections::BTreeSet;

const ROUNDS: u64 = 6;
const BATCH: usize = 5;

/// Checks everything that the contract of [`SearchStrategy`] promises, on strategies fresh from `make`.
///
/// # Panics
/// When the contract is broken, with what was found.
pub fn check(make: &dyn Fn() -> Box<dyn SearchStrategy>, space: &dyn SearchSpace) {
    proposals_are_valid_distinct_and_within_the_count(make, space);
    asking_changes_nothing(make, space);
    another_seed_gives_other_proposals(make, space);
    a_replayed_strategy_continues_as_the_original(make, space);
    failures_are_survived(make, space);
    nothing_told_is_nothing_learnt(make);
}

/// Every ask answers with between one and `count` members of the space, distinct in canonical form, in every round.
pub fn proposals_are_valid_distinct_and_within_the_count(make: &dyn Fn() -> Box<dyn SearchStrategy>, space: &dyn SearchSpace) {
    let mut strategy = make();
    for round in 0..ROUNDS {
        for count in [1, 2, 3 * BATCH] {
            let proposals = ask(strategy.as_ref(), count, round);
            assert!(!proposals.is_empty(), "round {round}: no proposal although the space is not exhausted");
            assert!(proposals.len() <= count, "round {round}: asked for {count}, got {}", proposals.len());
            check_proposals(&proposals, space);
        }
        strategy.tell(&evaluate(&ask(strategy.as_ref(), BATCH, round), space));
    }
}

/// Two asks with the same generator give the same proposals, and the first does not influence the second.
pub fn asking_changes_nothing(make: &dyn Fn() -> Box<dyn SearchStrategy>, space: &dyn SearchSpace) {
    let mut strategy = make();
    for round in 0..ROUNDS {
        let first = ask(strategy.as_ref(), BATCH, round);
        ask(strategy.as_ref(), BATCH, round + 1000);
        assert_eq!(first, ask(strategy.as_ref(), BATCH, round), "round {round}: a second ask answers differently");
        strategy.tell(&evaluate(&first, space));
    }
}

/// Randomness comes from the generator.
pub fn another_seed_gives_other_proposals(make: &dyn Fn() -> Box<dyn SearchStrategy>, _space: &dyn SearchSpace) {
    let strategy = make();
    assert_ne!(ask(strategy.as_ref(), BATCH, 0), ask(strategy.as_ref(), BATCH, 1), "the generator is ignored");
}

/// A fresh strategy that is told the recorded rounds asks exactly as the one that lived through them.
pub fn a_replayed_strategy_continues_as_the_original(make: &dyn Fn() -> Box<dyn SearchStrategy>, space: &dyn SearchSpace) {
    let mut original = make();
    let mut recorded = Vec::new();
    for round in 0..ROUNDS {
        let mut replayed = make();
        recorded.iter().for_each(|trials: &Vec<CompletedTrial>| replayed.tell(trials));
        let proposals = ask(original.as_ref(), BATCH, round);
        assert_eq!(proposals, ask(replayed.as_ref(), BATCH, round), "round {round}: the replayed strategy asks differently");
        recorded.push(evaluate(&proposals, space));
        original.tell(&recorded[recorded.len() - 1]);
    }
}

/// A study in which every evaluation fails goes on with valid proposals.
pub fn failures_are_survived(make: &dyn Fn() -> Box<dyn SearchStrategy>, space: &dyn SearchSpace) {
    let mut strategy = make();
    for round in 0..ROUNDS {
        let proposals = ask(strategy.as_ref(), BATCH, round);
        assert!(!proposals.is_empty(), "round {round}: gave up after failures");
        check_proposals(&proposals, space);
        let fail = |proposal: &Proposal| CompletedTrial {
            architecture: space.canonical(&proposal.architecture),
            outcome: Outcome::Failed { reason: "as intended".into() },
        };
        strategy.tell(&proposals.iter().map(fail).collect::<Vec<_>>());
    }
}

/// An empty `tell` is allowed and changes no answer.
pub fn nothing_told_is_nothing_learnt(make: &dyn Fn() -> Box<dyn SearchStrategy>) {
    let mut strategy = make();
    let before = ask(strategy.as_ref(), BATCH, 0);
    strategy.tell(&[]);
    assert_eq!(before, ask(strategy.as_ref(), BATCH, 0), "an empty tell changed the answer");
}

fn ask(strategy: &dyn SearchStrategy, count: usize, round: u64) -> Vec<Proposal> {
    strategy.ask(count, &mut rng(round)).unwrap_or_else(|error| panic!("round {round}: ask failed: {error}"))
}

fn rng(round: u64) -> StudyRng {
    SeedStream::new(17).rng("ask", round)
}

fn check_proposals(proposals: &[Proposal], space: &dyn SearchSpace) {
    let mut distinct = BTreeSet::new();
    for proposal in proposals {
        space.validate(&proposal.architecture).unwrap_or_else(|error| panic!("{proposal:?}: {error}"));
        assert!(distinct.insert(space.canonical(&proposal.architecture)), "{proposal:?} is proposed twice");
        assert!(!proposal.origin.is_empty(), "{proposal:?} does not say where it comes from");
        if let Some(prediction) = proposal.prediction {
            let is_distribution = prediction.mean.is_finite() && prediction.stddev.is_finite() && prediction.stddev >= 0.0;
            assert!(is_distribution, "{proposal:?} has a prediction that is no distribution");
        }
    }
}

/// Canonical trials with a score that every space has: decisions that are small and even are worth more; one in seven fails.
fn evaluate(proposals: &[Proposal], space: &dyn SearchSpace) -> Vec<CompletedTrial> {
    let complete = |proposal: &Proposal| {
        let architecture = space.canonical(&proposal.architecture);
        let outcome = outcome(&architecture);
        CompletedTrial { architecture, outcome }
    };
    proposals.iter().map(complete).collect()
}

fn outcome(architecture: &Architecture) -> Outcome {
    let decisions = architecture.decisions();
    let weighted: usize = decisions.iter().enumerate().map(|(place, &decision)| (place + 1) * usize::from(decision)).sum();
    if weighted % 7 == 3 {
        return Outcome::Failed { reason: "one in seven".into() };
    }
    let worth = |&decision: &u8| 1.0 / f64::from(1 + decision / 2) + 0.1 * f64::from(decision % 2);
    Outcome::Measured(Measurement::new(decisions.iter().map(worth).sum::<f64>() / decisions.len() as f64).unwrap())
}
