use super::*;
use bonas_core::SeedStream;
use rand::RngExt;

/// As many ordinary operations as the vocabulary has.
fn surrogate(vocabulary: usize) -> StructureGp {
    StructureGp::new(StructureGpConfig::default(), vec![OperationRole::Ordinary; vocabulary]).expect("valid")
}

#[test]
fn contract() {
    bonas_testing::surrogate::check(&surrogate(bonas_testing::surrogate::VOCABULARY));
}

fn chain(operations: [usize; 4]) -> CellGraph {
    let [a, b, c, d] = operations;
    CellGraph::new(vec![0, a, b, c, d, 1], (0..5).map(|node| (node, node + 1)).collect(), 5).expect("valid")
}

const ROLES: [OperationRole; 5] =
    [OperationRole::Ordinary, OperationRole::Ordinary, OperationRole::Zero, OperationRole::Identity, OperationRole::Ordinary];

/// Chains of zeros, skips and convolutions; a score is the number of convolutions, or nothing where a zero cuts the chain.
fn observations(count: usize) -> Observations {
    let mut rng = SeedStream::new(5).rng("chains", 0);
    let chains: Vec<[usize; 4]> = (0..count).map(|_| std::array::from_fn(|_| [2, 3, 4, 4][rng.random_range(0..4)])).collect();
    let score = |chain: &[usize; 4]| match chain.contains(&2) {
        true => 10.0,
        false => 90.0 + chain.iter().filter(|&&operation| operation == 4).count() as f64,
    };
    Observations::new(chains.iter().map(|&operations| chain(operations)).collect(), chains.iter().map(score).collect())
        .expect("valid")
}

fn fit(observations: &Observations) -> Box<dyn FittedSurrogate> {
    let surrogate = StructureGp::new(StructureGpConfig::default(), ROLES.to_vec()).expect("valid");
    surrogate.fit(observations, &mut SeedStream::new(1).rng("fit", 0)).expect("fits")
}

#[test]
fn knowing_what_a_zero_is_it_generalises_from_ten_observations() {
    let fitted = fit(&observations(10));
    let chains = [[4, 4, 4, 4], [4, 3, 4, 4], [3, 3, 4, 3], [2, 4, 4, 4], [4, 4, 4, 2]].map(chain);
    let posterior = fitted.posterior(&chains).expect("finite");
    let mean = posterior.mean();
    assert!(mean[0] > mean[1] && mean[1] > mean[2] && mean[2] > mean[3].max(mean[4]), "{mean:?}");
}

#[test]
fn without_roles_a_zero_is_an_operation_like_all_others() {
    let latent = |roles: bool, known: &[OperationRole]| {
        let config = StructureGpConfig { roles, ..StructureGpConfig::default() };
        let surrogate = StructureGp::new(config, known.to_vec()).expect("valid");
        let fitted = surrogate.fit(&observations(10), &mut SeedStream::new(1).rng("fit", 0)).expect("fits");
        fitted.posterior(&[chain([2, 4, 4, 4])]).expect("finite").latent_mean()[0]
    };
    assert_eq!(latent(false, &ROLES), latent(true, &[OperationRole::Ordinary; 5]));
    assert_ne!(latent(false, &ROLES), latent(true, &ROLES));
}

#[test]
fn without_wires_what_an_operation_feeds_does_not_matter() {
    // Two branches of two operations between input and output. Both ways 4 and 3 stand behind the input and 3 and 4 before the output;
    // once each branch has both, once each has one of them twice.
    let cell = |[a, b, c, d]: [usize; 4]| {
        CellGraph::new(vec![0, a, b, c, d, 1], vec![(0, 1), (1, 3), (0, 2), (2, 4), (3, 5), (4, 5)], 5).expect("valid")
    };
    let graphs = [[4, 3, 3, 4], [3, 3, 3, 3], [4, 4, 4, 4], [4, 4, 3, 3]].map(cell);
    let observations = Observations::new(graphs.to_vec(), vec![3.0, 1.0, 2.0, 2.5]).expect("valid");
    let seeing = |wires: bool| {
        let config = StructureGpConfig { wires, ..StructureGpConfig::default() };
        StructureGp::new(config, ROLES.to_vec()).expect("valid")
    };
    let places_differ = |wires: bool| {
        let structures = seeing(wires).view.structures(&[cell([4, 3, 3, 4]), cell([4, 3, 4, 3])]).expect("of this vocabulary");
        structures[0].places != structures[1].places
    };
    assert!(places_differ(true) && !places_differ(false));
    let expected = |wires: bool| {
        let fitted = seeing(wires).fit(&observations, &mut SeedStream::new(1).rng("fit", 0)).expect("fits");
        fitted.posterior(&[cell([4, 3, 4, 3])]).expect("finite").latent_mean()[0]
    };
    assert_ne!(expected(true), expected(false));
}

#[test]
fn believing_narrows_the_belief_and_moves_no_mean() {
    let fitted = fit(&observations(12));
    let graphs = [[4, 4, 4, 4], [4, 4, 4, 3], [2, 2, 2, 2]].map(chain);
    let before = fitted.posterior(&graphs).expect("finite");
    let believing = fitted.believe(&graphs[0]).expect("finite").expect("a Gaussian process can");
    let after = believing.posterior(&graphs).expect("finite");
    for place in 0..3 {
        assert!((before.latent_mean()[place] - after.latent_mean()[place]).abs() < 1e-9);
        assert!(after.latent_stddev()[place] <= before.latent_stddev()[place] + 1e-12);
    }
    assert!(after.latent_stddev()[0] < 0.9 * before.latent_stddev()[0]);
    assert_eq!(believing.incumbent(), fitted.incumbent());
}

#[test]
fn more_observations_than_are_kept_are_a_selection() {
    let config = StructureGpConfig { max_observations: 20, tuning_observations: 10, ..StructureGpConfig::default() };
    let surrogate = StructureGp::new(config, ROLES.to_vec()).expect("valid");
    let fitted = surrogate.fit(&observations(200), &mut SeedStream::new(1).rng("fit", 0)).expect("fits");
    let posterior = fitted.posterior(&[chain([4, 4, 4, 4]), chain([2, 4, 4, 4])]).expect("finite");
    assert!(posterior.mean()[0] > posterior.mean()[1]);
}

#[test]
fn equal_scores_and_two_observations_can_be_fitted() {
    for count in [2, 12] {
        let graphs = observations(count).graphs().to_vec();
        let fitted = fit(&Observations::new(graphs.clone(), vec![0.5; count]).expect("valid"));
        let posterior = fitted.posterior(&graphs).expect("finite");
        assert!(posterior.mean().iter().all(|mean| (mean - 0.5).abs() < 1e-6), "{posterior:?}");
    }
}

#[test]
fn a_graph_of_another_space_is_refused() {
    let observations = observations(5);
    let wrong = surrogate(4).fit(&observations, &mut SeedStream::new(1).rng("fit", 0));
    assert!(wrong.is_err(), "five operations, but the roles of four");
}

#[test]
fn unknown_keys_and_values_out_of_range_are_refused() {
    assert!(serde_json::from_str::<StructureGpConfig>(r#"{"steps":3}"#).is_err());
    let config = StructureGpConfig { max_observations: 1, ..StructureGpConfig::default() };
    let error = StructureGp::new(config, ROLES.to_vec()).expect_err("too few").to_string();
    assert!(error.contains("surrogate.structure_gp.max_observations must be from 2 to 10000, but is 1"), "{error}");
}

/// Chains in which every place counts, the last most; a few observations do not show that.
fn weighted(count: usize) -> Observations {
    let graphs = observations(count).graphs().to_vec();
    let worth = |(place, &operation): (usize, &usize)| if operation == 4 { 2_f64.powi(place as i32) } else { 0.0 };
    let scores = graphs.iter().map(|graph| graph.operations().iter().enumerate().map(worth).sum()).collect();
    Observations::new(graphs, scores).expect("valid")
}

/// What another task teaches of these chains: one that has the same order, or one of chance.
fn source(count: usize, related: bool) -> Arc<dyn Covariates> {
    let known = weighted(count);
    let mut rng = SeedStream::new(9).rng("source", 0);
    let score = |score: &f64| if related { 0.3 * score - 7.0 } else { rng.random_range(0.0..1.0) };
    let scores = known.scores().iter().map(score).collect();
    let trials = Observations::new(known.graphs().to_vec(), scores).expect("valid");
    let surrogate = StructureGp::new(StructureGpConfig::default(), ROLES.to_vec()).expect("valid");
    Arc::new(SourceBelief::fit(&surrogate, &trials).expect("fits"))
}

fn informed(few: usize, source: Arc<dyn Covariates>) -> Box<dyn FittedSurrogate> {
    let surrogate = StructureGp::new(StructureGpConfig::default(), ROLES.to_vec()).expect("valid").with_covariates(source);
    surrogate.fit(&weighted(few), &mut SeedStream::new(1).rng("fit", 0)).expect("fits")
}

/// Kendall's τ between what is expected of all chains and their scores.
fn tau(fitted: &dyn FittedSurrogate) -> f64 {
    let all = weighted(80);
    bonas_bayes::kendall_tau(fitted.posterior(all.graphs()).expect("finite").mean(), all.scores()).expect("varies")
}

#[test]
fn a_related_task_teaches_and_an_unrelated_one_does_little_harm() {
    let alone = tau(fit(&weighted(10)).as_ref());
    let related = tau(informed(10, source(60, true)).as_ref());
    let unrelated = tau(informed(10, source(60, false)).as_ref());
    assert!(related > alone + 0.05 && unrelated > alone - 0.1, "alone {alone}, related {related}, unrelated {unrelated}");
}

#[test]
fn believing_knows_the_covariates_too() {
    let fitted = informed(8, source(40, true));
    let graphs = [[4, 4, 4, 4], [4, 4, 4, 3], [2, 2, 2, 2]].map(chain);
    let before = fitted.posterior(&graphs).expect("finite");
    let believing = fitted.believe(&graphs[1]).expect("finite").expect("a Gaussian process can");
    let after = believing.posterior(&graphs).expect("finite");
    for place in 0..3 {
        assert!((before.latent_mean()[place] - after.latent_mean()[place]).abs() < 1e-9);
        assert!(after.latent_stddev()[place] <= before.latent_stddev()[place] + 1e-12);
    }
}

/// Chains of skips and convolutions; a score is 1 for each convolution. The first round are all kinds, the second chains of at most one
/// convolution, among their like and so all higher by `level`.
fn two_rounds(level: f64) -> (Observations, Vec<usize>) {
    let mut rng = SeedStream::new(9).rng("chains", 0);
    let all = (0..16).map(|kind| [0, 1, 2, 3].map(|place| if kind >> place & 1 == 1 { 4 } else { 3 }));
    let poor = (0..5).map(|lucky| [0, 1, 2, 3].map(|place| if place == lucky { 4 } else { 3 }));
    let mut row = |operations: [usize; 4], level: f64| {
        let convolutions = operations.iter().filter(|&&operation| operation == 4).count();
        (chain(operations), level + convolutions as f64 + rng.random_range(-0.2..0.2))
    };
    let rows: Vec<_> = all.map(|chain| row(chain, 0.0)).collect();
    let rows: Vec<_> = rows.into_iter().chain(poor.map(|chain| row(chain, level)).collect::<Vec<_>>()).collect();
    let rounds = (0..rows.len()).map(|place| usize::from(place >= 16)).collect();
    let (graphs, scores) = rows.into_iter().unzip();
    (Observations::new(graphs, scores).expect("valid"), rounds)
}

#[test]
fn the_level_of_a_group_is_not_taken_for_what_its_members_are() {
    let (rich, poor) = (chain([4, 4, 4, 4]), chain([3, 4, 3, 3]));
    let gap = |observations: &Observations| {
        let posterior = fit(observations).posterior(&[rich.clone(), poor.clone()]).expect("finite");
        posterior.latent_mean()[0] - posterior.latent_mean()[1]
    };
    let (together, rounds) = two_rounds(3.0);
    let apart = together.clone().with_groups(rounds).expect("as many");
    assert!(gap(&apart) > 2.0 * gap(&together), "{} {}", gap(&apart), gap(&together));
}

#[test]
fn one_group_is_no_group() {
    let together = observations(20);
    let posterior = |observations: &Observations| fit(observations).posterior(&[chain([4, 4, 3, 3])]).expect("finite");
    assert_eq!(posterior(&together), posterior(&together.clone().with_groups(vec![7; 20]).expect("as many")));
}
