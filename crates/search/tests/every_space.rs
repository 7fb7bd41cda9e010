//! Every strategy keeps its contract in every space, whatever its decisions look like.

use bonas_bayes::{ThompsonSampling, UpperConfidenceBound};
use bonas_core::{SearchSpace, SearchStrategy, SeedStream};
use bonas_search::{
    Bananas, BananasConfig, BatchChoice, Bonas, BonasConfig, LocalSearch, LocalSearchConfig, Npenas, NpenasConfig, Reinforce,
    ReinforceConfig,
};
use bonas_spaces::SpaceName;
use bonas_testing::toy::ToySurrogate;
use std::sync::Arc;

fn check(make: impl Fn(Arc<dyn SearchSpace>) -> Box<dyn SearchStrategy>) {
    for name in SpaceName::ALL {
        let space = name.build();
        bonas_testing::strategy::check(&|| make(space.clone()), space.as_ref());
    }
}

#[test]
fn local_search() {
    check(|space| Box::new(LocalSearch::new(space, LocalSearchConfig::default()).expect("valid")));
}

#[test]
fn reinforce() {
    check(|space| Box::new(Reinforce::new(space, ReinforceConfig::default()).expect("valid")));
}

#[test]
fn npenas() {
    check(|space| Box::new(Npenas::new(space, Box::new(ToySurrogate), NpenasConfig::default()).expect("valid")));
}

#[test]
fn bananas() {
    check(|space| {
        let (surrogate, acquisition) = (Box::new(ToySurrogate), Box::new(ThompsonSampling));
        Box::new(Bananas::new(space, surrogate, acquisition, BananasConfig::default()).expect("valid"))
    });
}

#[test]
fn bonas_with_all_its_additions() {
    check(|space| {
        let (neighbors_of_best, batch) = (2, BatchChoice::Spread);
        let config = BonasConfig { initial: 8, pool_size: 100, neighbors_of_best, batch, ..BonasConfig::default() };
        let acquisition = Box::new(UpperConfidenceBound::new(0.5, bonas_bayes::Scale::Outcome).expect("valid"));
        Box::new(Bonas::new(space, Box::new(ToySurrogate), acquisition, config).expect("valid"))
    });
}

#[test]
fn a_policy_meets_the_rules_of_every_space() {
    for name in SpaceName::ALL {
        let strategy = Reinforce::new(name.build(), ReinforceConfig::default()).expect("valid");
        let proposals = strategy.ask(50, &mut SeedStream::new(0).rng("ask", 0)).expect("proposals");
        let drawn = proposals.iter().filter(|proposal| proposal.origin == "policy").count();
        assert_eq!(drawn, 50, "{}: a policy that draws no members is random search", name.as_str());
    }
}
