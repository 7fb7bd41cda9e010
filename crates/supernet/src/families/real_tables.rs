//! Counts against the columns of published tables. They run where BONAS_SHARED_DATA names the folder of the tables.

use crate::blueprint::Blueprint;
use crate::config::NetworkConfig;
use crate::cost::Cost;
use crate::graph::Plan;
use crate::network_space::NetworkSpace;
use bonas_data::ImageShape;
use bonas_spaces::SpaceName;
use std::collections::BTreeMap;
use std::path::PathBuf;

const CIFAR: ImageShape = ImageShape { channels: 3, height: 32, width: 32 };
const CLASSES: usize = 10;

/// A file of the shared data; `None`, and a line that says so, where there is none.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn shared(file: &str) -> Option<String> {
    let Some(folder) = std::env::var_os("BONAS_SHARED_DATA").map(PathBuf::from) else {
        eprintln!("SKIPPED: BONAS_SHARED_DATA is not set, so {file} cannot be compared");
        return None;
    };
    let path = folder.join(file);
    Some(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn plans(name: SpaceName, config: NetworkConfig) -> impl Fn(&str) -> Plan {
    let space = NetworkSpace::new(name.build_typed()).expect("networks");
    move |text| {
        let architecture = space.space().parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let Blueprint::Graph(plan) = space.blueprint(&architecture, &config, CIFAR) else { panic!("no plan") };
        plan
    }
}

/// The columns of a table without quotes.
fn column(header: &str, name: &str) -> usize {
    header.split(',').position(|column| column == name).unwrap_or_else(|| panic!("no column {name}"))
}

/// The parameters of the table are ours: convolutions, scales and shifts of batch norms, classifier with bias, also of operations
/// whose result nothing reads.
///
/// Its FLOPs are more than multiply-adds. They count, besides ours: two operations for every number that a batch norm scales
/// and shifts, one for every number that a ReLU reads, one for every number that a pooling window reads (padding included), and for
/// the global mean (side + 1)² per channel. Sums count nothing.
#[test]
fn all_rows_of_nas_bench_201() {
    let Some(text) = shared("nas-bench-201/nb201.csv") else { return };
    let mut lines = text.lines();
    let header = lines.next().expect("a header");
    let [arch, mega_params, mega_flops] = ["arch", "c10_mparams", "c10_mflops"].map(|name| column(header, name));
    let plan = plans(
        SpaceName::NasBench201,
        NetworkConfig { channels: 16, cells: 17, stem_multiplier: 1, stem_stride: 1, ..NetworkConfig::default() },
    );
    let mut rows = 0;
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let plan = plan(fields[arch]);
        let counts = plan.counts(CLASSES);
        let mega = |field: usize| fields[field].parse::<f64>().expect("a number") * 1e6;
        let side = plan.output().height as u64;
        let global = plan.output().channels as u64 * (side + 1).pow(2);
        let flops = counts.cost.multiply_adds + 2 * counts.normed + counts.rectified + counts.pooled + global;
        // The table gives millions with five digits behind the point.
        let is_rounded = |exact: u64, field: usize| (exact as f64 - mega(field)).abs() < 5.0 + 1e-6;
        assert!(is_rounded(counts.cost.parameters, mega_params), "{line}: {counts:?}");
        assert!(is_rounded(flops, mega_flops), "{line}: {counts:?}, {flops}");
        rows += 1;
    }
    assert_eq!(rows, 15_625);
}

/// The parameters and FLOPs of the table are our parameters and multiply-adds, to the last one: no batch norm, activation, pooling or
/// sum is an operation of its own.
#[test]
fn all_rows_of_nas_bench_macro() {
    let Some(text) = shared("nas-bench-macro/nas-bench-macro_cifar10.json") else { return };
    let table: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).expect("JSON");
    let plan = plans(
        SpaceName::NasBenchMacro,
        NetworkConfig { channels: 32, cells: 1, stem_multiplier: 1, stem_stride: 1, ..NetworkConfig::default() },
    );
    for (text, row) in &table {
        let Cost { parameters, multiply_adds, .. } = plan(text).counts(CLASSES).cost;
        assert_eq!((Some(parameters), Some(multiply_adds)), (row["params"].as_u64(), row["flops"].as_u64()), "{text}");
    }
    assert_eq!(table.len(), 6_561);
}

/// Trainings of real cells of NAS-Bench-101 with up to five vertices, and the parameters of their networks.
#[test]
fn parameters_of_cells_of_nas_bench_101() {
    let Some(text) = shared("nas-bench-101-subset/ecnas_5V9E_4epoch.csv") else { return };
    let mut lines = text.lines();
    let header = lines.next().expect("a header");
    let [rows, operations, parameters] = ["adj_rows", "ops", "trainable_params"].map(|name| column(header, name));
    let plan = plans(
        SpaceName::NasBench101,
        NetworkConfig { channels: 128, cells: 11, stem_multiplier: 1, stem_stride: 1, ..NetworkConfig::default() },
    );
    let mut compared = 0;
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let counted = plan(&format!("{}; {}", fields[rows], fields[operations])).counts(CLASSES).cost.parameters;
        assert_eq!(counted.to_string(), fields[parameters], "{line}");
        compared += 1;
    }
    assert_eq!(compared, 2_532);
}
