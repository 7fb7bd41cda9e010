//! How well surrogates rank NAS-Bench-201 from 1 % of it, and how long that takes.

use crate::{SurrogateConfig, SurrogateName};
use bonas_bayes::kendall_tau;
use bonas_core::{CellGraph, Observations, OperationRole, SeedStream};
use bonas_features::GaussianTargets;
use burn::tensor::Device;
use rand::seq::index::sample;
use std::path::Path;
use std::time::{Duration, Instant};

/// Edges of a cell, in the order of its text form.
const EDGES: [(usize, usize); 6] = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)];
const OPERATIONS: [&str; 7] = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3", "input", "output"];
const INPUT: usize = 5;
const OUTPUT: usize = 6;

struct Row {
    graph: CellGraph,
    validation: f64,
    test: f64,
}

/// The line graph of a cell such as `|nor_conv_3x3~0|+|none~0|skip_connect~1|+|…|`: its edges as nodes, input and output.
fn line_graph(text: &str) -> CellGraph {
    let names = text.split(['|', '+']).filter(|name| !name.is_empty()).map(|name| name.split('~').next().expect("a name"));
    let index = |name: &str| OPERATIONS.iter().position(|known| *known == name).expect("a known operation");
    let operations: Vec<usize> = std::iter::once(INPUT).chain(names.map(index)).chain([OUTPUT]).collect();
    assert_eq!(operations.len(), EDGES.len() + 2, "{text}");
    let numbered = || EDGES.iter().enumerate().map(|(index, edge)| (index + 1, edge));
    let inputs = numbered().filter(|(_, edge)| edge.0 == 0).map(|(node, _)| (0, node));
    let outputs = numbered().filter(|(_, edge)| edge.1 == 3).map(|(node, _)| (node, EDGES.len() + 1));
    let inner = numbered()
        .flat_map(|(from, first)| numbered().filter(move |(_, second)| first.1 == second.0).map(move |(to, _)| (from, to)));
    CellGraph::new(operations, inputs.chain(inner).chain(outputs).collect(), 7).expect("a line graph is a cell graph")
}

fn read(folder: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(Path::new(folder).join("nas-bench-201/nb201.csv")).expect("the table can be read");
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let column = |name: &str| header.iter().position(|column| *column == name).expect("a known column");
    let (cell, validation, test) = (column("arch"), column("c10_val200"), column("c10_test200_25k"));
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |column: usize| fields[column].parse().expect("a number");
        Row { graph: line_graph(fields[cell]), validation: number(validation), test: number(test) }
    };
    lines.map(row).collect()
}

/// How a surrogate did.
struct Ranking {
    /// Kendall τ of its means on all test accuracies.
    tau: f64,
    fit: Duration,
    /// Of all 15,625 posteriors.
    predict: Duration,
}

/// After a fit to `count` validation accuracies.
fn rank_all(rows: &[Row], config: &SurrogateConfig, count: usize, seed: u64) -> Ranking {
    let seeds = SeedStream::new(seed);
    let chosen = sample(&mut seeds.rng("sample", 0), rows.len(), count);
    let graphs = chosen.iter().map(|index| rows[index].graph.clone()).collect();
    let observations = Observations::new(graphs, chosen.iter().map(|index| rows[index].validation).collect()).expect("valid");
    let roles = OPERATIONS.map(OperationRole::of);
    let surrogate = config.build(&roles, Device::flex()).expect("valid settings");
    let graphs: Vec<CellGraph> = rows.iter().map(|row| row.graph.clone()).collect();
    let start = Instant::now();
    let fitted = surrogate.fit(&observations, &mut seeds.rng("fit", 0)).expect("fits");
    let fit = start.elapsed();
    let posterior = fitted.posterior(&graphs).expect("finite");
    let predict = start.elapsed() - fit;
    let tests: Vec<f64> = rows.iter().map(|row| row.test).collect();
    Ranking { tau: kendall_tau(posterior.mean(), &tests).expect("not constant"), fit, predict }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// The table, or nothing, said plainly, where there is none.
#[allow(clippy::print_stderr)]
fn table() -> Option<Vec<Row>> {
    let Ok(folder) = std::env::var("BONAS_SHARED_DATA") else {
        eprintln!("skipped: set BONAS_SHARED_DATA to the folder that holds nas-bench-201/nb201.csv");
        return None;
    };
    let rows = read(&folder);
    assert_eq!(rows.len(), 15_625);
    Some(rows)
}

#[test]
#[allow(clippy::print_stderr)]
fn one_percent_of_nas_bench_201_ranks_the_rest() {
    let Some(rows) = table() else { return };
    for (name, least) in [(SurrogateName::Gcn, 0.55), (SurrogateName::StructureGp, 0.75)] {
        let config = SurrogateConfig::named(name);
        let taus: Vec<f64> = (0..3).map(|seed| rank_all(&rows, &config, 156, seed).tau).collect();
        let mean = mean(taus.iter().copied());
        eprintln!("{}: Kendall tau of three seeds {taus:.3?}, mean {mean:.3}", name.as_str());
        assert!(mean >= least, "{} {taus:?}", name.as_str());
    }
}

/// Fewer would say that a surrogate is broken.
const LEAST_TAU: f64 = 0.3;

#[test]
#[ignore = "measures instead of checking, for two minutes; BONAS_SHARED_DATA=FOLDER cargo test --workspace -- --ignored --nocapture every_surrogate_ranks"]
#[allow(clippy::print_stderr)]
fn every_surrogate_ranks_nas_bench_201() {
    let Some(rows) = table() else { return };
    let on_scores = |name| {
        let mut config = SurrogateConfig::named(name);
        (config.wl_gp.targets, config.linear.targets) = (GaussianTargets::Scores, GaussianTargets::Scores);
        config
    };
    let named = SurrogateName::ALL.iter().map(|name| (name.as_str().to_string(), SurrogateConfig::named(*name)));
    let on_scores =
        [SurrogateName::WlGp, SurrogateName::Linear].map(|name| (format!("{} on scores", name.as_str()), on_scores(name)));
    eprintln!("{:<18} {:>4} {:>6} {:>9} {:>9}", "surrogate", "N", "tau", "fit s", "predict s");
    for (name, config) in named.chain(on_scores) {
        for count in [78, 156, 469] {
            let results: Vec<Ranking> = (0..5).map(|seed| rank_all(&rows, &config, count, seed)).collect();
            let tau = mean(results.iter().map(|result| result.tau));
            let fit = mean(results.iter().map(|result| result.fit.as_secs_f64()));
            let predict = mean(results.iter().map(|result| result.predict.as_secs_f64()));
            eprintln!("{name:<18} {count:>4} {tau:>6.3} {fit:>9.3} {predict:>9.3}");
            assert!(tau > LEAST_TAU, "{name} {count}");
        }
    }
}
