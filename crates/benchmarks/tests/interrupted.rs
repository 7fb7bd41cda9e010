//! Imports that are cut off: no half table ever has the final name, and the same import can be started again.

use bonas_benchmarks::Table;
use std::fmt::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const FOLDER: &str = "BONAS_TEST_FOLDER";
const COLUMNS: usize = 60;
const CUTS: u32 = 12;

/// All of NAS-Bench-Macro with values of a formula: large enough for writing it to take a while.
fn write_csv(folder: &Path) {
    let start = "name = 'formula'\nspaces = ['nas-bench-macro']\narchitecture = ['arch']\n".to_string();
    let layout = (0..COLUMNS)
        .fold(start, |layout, column| layout + &format!("[[columns]]\ncolumn = 'c{column}'\ntask = 't'\nmetric = 'm{column}'\n"));
    let mut csv = (0..COLUMNS).fold("arch".to_string(), |header, column| header + &format!(",c{column}"));
    for row in 0..3_usize.pow(8) {
        csv.push('\n');
        (0..8).for_each(|place| write!(csv, "{}", row / 3_usize.pow(place) % 3).expect("memory"));
        (0..COLUMNS).for_each(|column| write!(csv, ",{}", row * 7 + column).expect("memory"));
    }
    std::fs::write(folder.join("layout.toml"), layout).expect("written");
    std::fs::write(folder.join("table.csv"), csv).expect("written");
}

fn import(folder: &Path) {
    let table = Table::open(&folder.join("table.csv"), Some(&folder.join("layout.toml"))).expect("a table");
    table.save(&folder.join("table.npz")).expect("saved");
}

/// What the processes do that the test below cuts off.
#[test]
#[ignore = "the process that is killed; cargo test -p bonas-benchmarks --test interrupted imports_that_are_cut_off starts it"]
fn import_in_a_process_of_its_own() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        import(Path::new(&folder));
    }
}

fn start(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "import_in_a_process_of_its_own", "--ignored"]).env(FOLDER, folder);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started")
}

/// Ctrl-C for every other one, where there is such a thing.
fn cut_off(child: &mut Child, cut: u32) {
    let interrupted = cut % 2 == 1 && Command::new("kill").args(["-INT", &child.id().to_string()]).status().is_ok();
    if !interrupted {
        child.kill().expect("killed");
    }
    child.wait().expect("ended");
}

fn check_whole(folder: &Path) {
    let table = Table::open(&folder.join("table.npz"), None).expect("whole");
    assert_eq!((table.len(), table.columns().len()), (3_usize.pow(8), COLUMNS));
    let last = table.architectures().next_back().expect("rows");
    assert_eq!(table.value(&last, COLUMNS - 1), Some(((3_usize.pow(8) - 1) * 7 + COLUMNS - 1) as f64));
}

#[test]
fn imports_that_are_cut_off_leave_no_half_table() {
    let folder = tempfile::tempdir().expect("folder");
    let (table, partial) = (folder.path().join("table.npz"), folder.path().join("table.npz.part"));
    write_csv(folder.path());
    let mut half_written = 0;
    for cut in 0..CUTS {
        // Without the part of the cut before, it shows when writing begins.
        let _ = std::fs::remove_file(&partial);
        let mut child = start(folder.path());
        let deadline = Instant::now() + Duration::from_secs(60);
        while !partial.exists() && child.try_wait().expect("a process").is_none() {
            assert!(Instant::now() < deadline, "the import does not begin to write");
            std::thread::sleep(Duration::from_micros(50));
        }
        std::thread::sleep(Duration::from_micros(u64::from(cut / 2) * 400));
        cut_off(&mut child, cut);
        match table.exists() {
            true => check_whole(folder.path()),
            false => half_written += u32::from(partial.exists()),
        }
        let _ = std::fs::remove_file(&table);
    }
    assert!(half_written > 0, "no import was cut off while it wrote");
    // What the last one left is in nobody's way.
    std::fs::write(&partial, [0; 1 << 16]).expect("written");
    let ended = start(folder.path()).wait().expect("ended");
    assert!(ended.success() && !partial.exists());
    check_whole(folder.path());
}

#[test]
fn two_imports_do_not_write_into_one_another() {
    let folder = tempfile::tempdir().expect("folder");
    write_csv(folder.path());
    let partial = std::fs::File::create(folder.path().join("table.npz.part")).expect("created");
    partial.lock().expect("locked");
    let table = Table::open(&folder.path().join("table.csv"), Some(&folder.path().join("layout.toml"))).expect("a table");
    let error = table.save(&folder.path().join("table.npz")).expect_err("locked");
    let source = std::error::Error::source(&error).expect("a reason").to_string();
    assert!(source.contains("another program is writing") && source.contains("table.npz.part"), "{source}");
    drop(partial);
    table.save(&folder.path().join("table.npz")).expect("saved");
    check_whole(folder.path());
}
