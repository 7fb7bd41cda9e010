use super::*;
use crate::{Bonas, LocalSearch, Npenas, Nsga2, Nsga2Config, Objectives, RandomSearch, RegularizedEvolution, Reinforce};
use crate::{BonasConfig, LocalSearchConfig, NpenasConfig, RegularizedEvolutionConfig, ReinforceConfig};
use bonas_core::SearchStrategy;
use bonas_testing::toy::{ToySpace, ToySurrogate, ToyUcb};

/// The sum of the decisions; not known of architectures that begin with the first letter twice.
struct Letters;

impl CostFunction for Letters {
    fn name(&self) -> &str {
        "letters"
    }
    fn cost(&self, architecture: &Architecture) -> Option<f64> {
        let decisions = architecture.decisions();
        (!decisions.starts_with(&[0, 0])).then(|| decisions.iter().map(|&decision| f64::from(decision)).sum())
    }
}

fn limited(stages: usize, most: f64) -> Result<ConstrainedSpace, ConstraintError> {
    ConstrainedSpace::new(Arc::new(ToySpace::new(stages)), vec![Limit { cost: Arc::new(Letters), most }])
}

#[test]
fn draws_changes_and_neighbors_stay_within_the_limits_in_small_and_large_spaces() {
    // 4^6 architectures are listed, 4^20 are not; of the latter a draw keeps 15 with a probability near 3e-4.
    for (stages, most) in [(3, 4.0), (10, 15.0)] {
        let space = limited(stages, most).expect("feasible");
        assert_eq!(matches!(space.known, Known::Members(_)), stages == 3);
        let mut rng = SeedStream::new(2).rng("walk", 0);
        let mut drawn = BTreeSet::new();
        for _ in 0..200 {
            let parent = space.sample(&mut rng);
            let child = space.mutate(&parent, &mut rng);
            assert_ne!(parent, child);
            for member in space.neighbors(&parent).iter().chain([&parent, &child]) {
                assert!(Letters.cost(&space.canonical(member)).is_some_and(|cost| cost <= most), "{member:?}");
                space.validate(member).expect("within the limits");
            }
            drawn.insert(space.canonical(&parent));
        }
        assert!(drawn.len() > 30, "{}", drawn.len());
    }
}

#[test]
fn a_small_space_is_listed_within_the_limits() {
    let space = limited(3, 4.0).expect("feasible");
    let whole = ToySpace::new(3);
    let within = |member: &Architecture| Letters.cost(member).is_some_and(|cost| cost <= 4.0);
    let expected: Vec<_> = whole.enumerate().into_iter().filter(within).collect();
    assert_eq!(space.list(20_000), Some(expected.clone()));
    assert_eq!(space.size(), expected.len() as u128);
    assert_eq!(space.list(expected.len() - 1), None);
}

#[test]
fn what_is_outside_is_refused_with_its_cost() {
    let space = limited(3, 4.0).expect("feasible");
    let refused = |text: &str| space.validate(&space.parse(text).expect("valid")).expect_err("outside").to_string();
    assert!(refused("cd-cd-cd").contains("it has letters 15, which is not within the limits"), "{}", refused("cd-cd-cd"));
    assert!(refused("aa-aa-ab").contains("no known letters"));
}

#[test]
fn nothing_feasible_is_an_error_that_says_how_close_one_comes() {
    let Err(error) = limited(3, 0.5) else { panic!("nothing is feasible") };
    assert_eq!(
        error.to_string(),
        "nothing to search: no architecture of the space toy is within letters ≤ 0.5; the closest found has letters 1; raise the limits"
    );
    let Err(error) = limited(10, 0.5) else { panic!("nothing is feasible") };
    assert!(error.to_string().contains("in many draws and a search for one, no architecture"), "{error}");
    let Err(error) = limited(3, f64::NAN) else { panic!("no number") };
    assert_eq!(error.to_string(), "the limit of letters must be a finite number of at least 0, but is NaN");
}

#[test]
fn no_strategy_proposes_anything_beyond_the_limits() {
    for (stages, most) in [(3, 5.0), (10, 18.0)] {
        let space = Arc::new(limited(stages, most).expect("feasible"));
        let bonas = |exhaustive_up_to| BonasConfig { initial: 8, pool_size: 60, exhaustive_up_to, ..BonasConfig::default() };
        let strategies: Vec<Box<dyn Fn() -> Box<dyn SearchStrategy> + '_>> = vec![
            Box::new(|| Box::new(RandomSearch::new(space.clone()))),
            Box::new(|| {
                Box::new(RegularizedEvolution::new(space.clone(), RegularizedEvolutionConfig::default()).expect("valid"))
            }),
            Box::new(|| Box::new(LocalSearch::new(space.clone(), LocalSearchConfig::default()).expect("valid"))),
            Box::new(|| Box::new(Reinforce::new(space.clone(), ReinforceConfig::default()).expect("valid"))),
            Box::new(|| {
                let config = NpenasConfig { initial: 8, ..NpenasConfig::default() };
                Box::new(Npenas::new(space.clone(), Box::new(ToySurrogate), config).expect("valid"))
            }),
            Box::new(|| {
                Box::new(Bonas::new(space.clone(), Box::new(ToySurrogate), Box::new(ToyUcb), bonas(20_000)).expect("valid"))
            }),
            Box::new(|| Box::new(Bonas::new(space.clone(), Box::new(ToySurrogate), Box::new(ToyUcb), bonas(0)).expect("valid"))),
            Box::new(|| Box::new(Nsga2::new(space.clone(), Objectives::default(), Nsga2Config::default()).expect("valid"))),
        ];
        // The suite validates every proposal by the limited space.
        for make in &strategies {
            bonas_testing::strategy::check(make, space.as_ref());
        }
    }
}
