//! Opening tables and looking architectures up: `cargo bench -p bonas-benchmarks`. Compare rows of one run; absolute times depend on
//! the machine. `max alloc` is the memory that opening takes; the open table itself stays.
//!
//! NAS-Bench-201 is that of `BONAS_SHARED_DATA`, brought into the stored form once. Its rows are left out where that is unset.
#![allow(missing_docs)]
#![allow(clippy::print_stdout)]

use bonas_benchmarks::Table;
use bonas_core::{Architecture, SearchSpace};
use bonas_spaces::NasBench101Space;
use divan::{AllocProfiler, Bencher};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// Columns of the whole release: four lengths of training, three trainings and their mean, four metrics each, and the parameters.
const WIDE: usize = 4 * 4 * 4 + 1;
const NARROW: usize = 4;

/// Where stored tables lie while the benchmarks run.
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a folder for tables"));

static NAS_BENCH_201: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let csv = PathBuf::from(std::env::var_os("BONAS_SHARED_DATA")?).join("nas-bench-201/nb201.csv");
    Some(stored(&csv, None, "nas-bench-201.npz"))
});
static NARROW_TABLE: LazyLock<PathBuf> = LazyLock::new(|| nas_bench_101(NARROW));
static WIDE_TABLE: LazyLock<PathBuf> = LazyLock::new(|| nas_bench_101(WIDE));

fn main() {
    if NAS_BENCH_201.is_none() {
        println!("NAS-Bench-201 is left out: BONAS_SHARED_DATA is not set");
    }
    divan::main();
    std::fs::remove_dir_all(FOLDER.path()).expect("the tables are removed");
}

fn stored(csv: &Path, layout: Option<&Path>, name: &str) -> PathBuf {
    let path = FOLDER.path().join(name);
    Table::open(csv, layout).and_then(|table| table.save(&path)).unwrap_or_else(|error| panic!("{error}"));
    path
}

/// Every architecture of NAS-Bench-101 with values of a formula: a CSV file and its layout, brought into the stored form.
fn nas_bench_101(columns: usize) -> PathBuf {
    let layout: String = (0..columns)
        .fold("name = 'synthetic'\nspaces = ['nas-bench-101']\narchitecture = ['arch']\n".into(), |layout, column| {
            layout + &format!("[[columns]]\ncolumn = 'c{column}'\ntask = 'formula'\nmetric = 'm{column}'\n")
        });
    let mut csv =
        (0..columns).fold("arch".to_string(), |header, column| header + &format!(";c{column}")).replace(';', ",") + "\n";
    for (row, architecture) in NasBench101Space.all().iter().enumerate() {
        let text = NasBench101Space.format(architecture).replace('"', "\"\"");
        write!(csv, "\"{text}\"").expect("written to memory");
        (0..columns).for_each(|column| write!(csv, ",{}", (row * 37 + column * 11) % 10_007).expect("written to memory"));
        csv.push('\n');
    }
    let (layout_path, csv_path) = (FOLDER.path().join("layout.toml"), FOLDER.path().join("table.csv"));
    std::fs::write(&layout_path, layout).and_then(|()| std::fs::write(&csv_path, csv)).expect("the table is written");
    stored(&csv_path, Some(&layout_path), &format!("nas-bench-101-{columns}.npz"))
}

fn opened(path: &Path) -> Table {
    Table::open(path, None).unwrap_or_else(|error| panic!("{error}"))
}

#[divan::bench(sample_count = 20)]
fn open_nas_bench_201(bencher: Bencher<'_, '_>) {
    if let Some(path) = &*NAS_BENCH_201 {
        bencher.bench(|| opened(path));
    }
}

/// By number of columns.
#[divan::bench(args = [NARROW, WIDE], sample_count = 10)]
fn open_nas_bench_101(bencher: Bencher<'_, '_>, columns: usize) {
    // The table is made here, and not while times are taken.
    let path: &Path = if columns == NARROW { NARROW_TABLE.as_path() } else { WIDE_TABLE.as_path() };
    bencher.bench(|| opened(path));
}

/// Architectures in an order in which rows are far from one another.
fn scattered(table: &Table) -> Vec<Architecture> {
    let all: Vec<Architecture> = table.architectures().collect();
    (0..all.len()).map(|place| all[place * 7_919 % all.len()].clone()).collect()
}

fn look_up(bencher: Bencher<'_, '_>, path: &Path) {
    let table = opened(path);
    let architectures = scattered(&table);
    let mut next = 0;
    bencher.counter(divan::counter::ItemsCount::new(1_usize)).bench_local(move || {
        next = (next + 1) % architectures.len();
        table.value(&architectures[next], 1)
    });
}

#[divan::bench(sample_size = 1000)]
fn look_up_nas_bench_201(bencher: Bencher<'_, '_>) {
    if let Some(path) = &*NAS_BENCH_201 {
        look_up(bencher, path);
    }
}

#[divan::bench(sample_size = 1000)]
fn look_up_nas_bench_101(bencher: Bencher<'_, '_>) {
    look_up(bencher, &WIDE_TABLE);
}
