//! How well the surrogate ranks NAS-Bench-201 from 1 % of it.

use crate::{GcnConfig, GcnSurrogate};
use bonas_bayes::kendall_tau;
use bonas_core::{CellGraph, Observations, SeedStream, Surrogate};
use burn::tensor::Device;
use rand::seq::index::sample;
use std::path::Path;

/// Edges of a cell, in the order of its text form.
const EDGES: [(usize, usize); 6] = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)];
const OPERATIONS: [&str; 5] = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"];
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

/// Kendall τ on all test accuracies after a fit to `count` validation accuracies.
fn tau(rows: &[Row], config: GcnConfig, count: usize, seed: u64) -> f64 {
    let seeds = SeedStream::new(seed);
    let chosen = sample(&mut seeds.rng("sample", 0), rows.len(), count);
    let graphs = chosen.iter().map(|index| rows[index].graph.clone()).collect();
    let observations = Observations::new(graphs, chosen.iter().map(|index| rows[index].validation).collect()).expect("valid");
    let surrogate = GcnSurrogate::new(config, Device::flex()).expect("valid settings");
    let fitted = surrogate.fit(&observations, &mut seeds.rng("fit", 0)).expect("fits");
    let graphs: Vec<CellGraph> = rows.iter().map(|row| row.graph.clone()).collect();
    let posterior = fitted.posterior(&graphs).expect("finite");
    kendall_tau(posterior.mean(), &rows.iter().map(|row| row.test).collect::<Vec<f64>>()).expect("not constant")
}

#[test]
#[allow(clippy::print_stderr)]
fn one_percent_of_nas_bench_201_ranks_the_rest() {
    let Ok(folder) = std::env::var("BONAS_SHARED_DATA") else {
        eprintln!("skipped: set BONAS_SHARED_DATA to the folder that holds nas-bench-201/nb201.csv");
        return;
    };
    let rows = read(&folder);
    assert_eq!(rows.len(), 15_625);
    let taus: Vec<f64> = (0..3).map(|seed| tau(&rows, GcnConfig::default(), 156, seed)).collect();
    let mean = taus.iter().sum::<f64>() / taus.len() as f64;
    eprintln!("Kendall tau of three seeds: {taus:.3?}, mean {mean:.3}");
    assert!(mean >= 0.55, "{taus:?}");
}
