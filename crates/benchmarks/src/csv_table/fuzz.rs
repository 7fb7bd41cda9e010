//! Mutated CSV files: whatever stands in them, the reader ends, takes no more memory than it may, and names file and line.

use super::{CsvLimits, read};
use crate::fuzzing::{Dice, SLOWEST, mutate, peak};
use crate::{BenchmarkError, Layout};
use std::path::Path;
use std::time::Instant;

/// Bytes that mean something in CSV, in numbers and in the texts of architectures.
const TELLING: &[u8] = b",,\"\"\n\r\t ;|~+>:()[]{}01239-.eENaif_\x00\x7f\x80\xc3\xff\xef\xbb\xbf";

/// Small files of every text form that tables have, with quotes, empty cells, trainings in rows, and all ends of lines.
const FILES: &[&str] = &[
    "arch,a,b\n|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|,81.98,\n\
     |none~0|+|none~0|none~1|+|none~0|none~1|none~2|,10,0.5\n",
    "arch,seed,a,b\r\n64-41414-0_00_000,0,1e-3,2\r\n64-41414-0_00_000,1,-3.5,\r\n64-41414-3_12_301,0,,7\r\n",
    "\u{feff}a,arch,note,b\n1,64-1234-basic,\"one, \"\"two\"\"\n three\",2\n5,64-41414-basic,,\n",
    "seed,b,a,arch\n777,1.5,2.5,02012100\n888,3,4,02012100\n777,0,0,11111111",
    "arch,a,b\n\"{\"\"matrix\"\":[[0,1,1],[0,0,1],[0,0,0]],\"\"ops\"\":[\"\"input\"\",\"\"maxpool3x3\"\",\"\"output\"\"]}\",94.1,\n\
     011|001|000; in M out,,9\n100001000010000000000 M1331,,\n",
    "arch,a,b\n|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,1,2\n|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,3,4\n",
];

fn layout(spaces: &str, seed: bool) -> Layout {
    let seed = if seed { "seed = 'seed'\n" } else { "" };
    let columns = "[[columns]]\ncolumn = 'a'\ntask = 't'\nmetric = 'a'\n[[columns]]\ncolumn = 'b'\ntask = 't'\nmetric = 'b'";
    toml::from_str(&format!("name = 'x'\nspaces = [{spaces}]\narchitecture = ['arch']\n{seed}{columns}")).expect("a layout")
}

fn layouts() -> Vec<Layout> {
    let all = "'nas-bench-201', 'transnas-micro', 'transnas-macro', 'nas-bench-macro', 'nas-bench-101', 'darts'";
    vec![layout(all, false), layout(all, true)]
}

const LIMITS: CsvLimits = CsvLimits { row: 1 << 12, values: 1 << 12 };

fn check(input: &[u8], layouts: &[Layout]) -> bool {
    let start = Instant::now();
    let read = read(Path::new("table.file"), input, LIMITS, &mut |header| {
        let fitting = layouts.iter().rev().find(|layout| layout.missing(header).is_none());
        fitting.cloned().ok_or_else(|| BenchmarkError::UnknownLayout {
            path: "table.file".into(),
            header: header.to_vec(),
            known: Vec::new(),
        })
    });
    if let Err(error) = &read {
        let message = error.to_string();
        let placed = message.starts_with("table.file, line ") && !message.starts_with("table.file, line 0");
        let header = message.starts_with("table.file: no known layout has this header");
        assert!(placed || header, "{message}");
        assert!(message.len() < 8 << 10, "{message}");
    }
    assert!(start.elapsed() < SLOWEST, "{:?} for {:?}", start.elapsed(), input.escape_ascii().to_string());
    read.is_ok()
}

/// How many of the mutated files were still tables.
fn tables(rounds: usize, seed: u64) -> usize {
    let (layouts, mut dice) = (layouts(), Dice::new(seed));
    let input = |round: usize| {
        let file = FILES[round % FILES.len()].as_bytes();
        // With its header as it was, more of the rows are looked at.
        let kept = if dice.below(2) == 0 { 0 } else { 1 + file.iter().position(|&byte| byte == b'\n').unwrap_or(0) };
        [&file[..kept], &mutate(&file[kept..], TELLING, &mut dice)].concat()
    };
    (0..rounds).map(input).filter(|input| check(input, &layouts)).count()
}

#[test]
fn the_files_are_tables_before_they_are_mutated() {
    let layouts = layouts();
    for (index, file) in FILES.iter().enumerate() {
        // The last one gives a value twice.
        assert_eq!(check(file.as_bytes(), &layouts), index + 1 < FILES.len(), "{file}");
    }
}

#[test]
fn mutated_files_end() {
    let still = tables(20_000, 0x9e37_79b9_7f4a_7c15);
    assert!((400..15_000).contains(&still), "{still}");
}

#[test]
#[ignore = "a million files take a minute; after a change to a reader: cargo test -p bonas-benchmarks --lib -- --ignored"]
fn a_million_mutated_files_end() {
    tables(1_000_000, 3);
    if let Some(kilobytes) = peak() {
        assert!(kilobytes < 64 << 10, "{kilobytes} kB in memory");
    }
}

#[test]
fn errors_name_file_and_line() {
    let message = |text: &[u8]| {
        let layout = layout("'nas-bench-macro'", true);
        let table = read(Path::new("table.file"), text, LIMITS, &mut |_| Ok(layout.clone()));
        table.expect_err("refused").to_string()
    };
    let header = "arch,seed,a,b\n";
    let long = format!("{header}02012100,0,1,2\n02012101,0,\"{}", "x".repeat(200_000));
    let trainings: String = (0..200).map(|seed| format!("{:0>8},{seed},1,2\n", format!("{}", seed % 3))).collect();
    let rows = |rows: &str| format!("{header}{rows}");
    let many = rows(&trainings);
    let messages = [
        message(rows("02012100,0,1,2\n02012100,0,3,4\n").as_bytes()),
        message(rows("02012100,0,1,2\n02012101,0,\"1\n2\",4\n").as_bytes()),
        message(rows("02012100,0,1\n").as_bytes()),
        message(rows("02012100,zero,1,2\n").as_bytes()),
        message(rows(&format!("02012100,0,{},2\n", "9x".repeat(1000))).as_bytes()),
        message(rows("0201210,0,1,2\n").as_bytes()),
        message(b"arch,seed,a,b\n02012100,0,\xff,2\n"),
        message(long.as_bytes()),
        message(header.as_bytes()),
        read(Path::new("table.file"), many.as_bytes(), CsvLimits { values: 500, ..LIMITS }, &mut |_| {
            Ok(layout("'nas-bench-macro'", true))
        })
        .expect_err("too many")
        .to_string(),
    ];
    let cut = format!("'{}…'", "9x".repeat(30));
    let expected = [
        "line 3: 02012100 has two values of t a, seed 0",
        "line 3: '1\n2' in the column 'a' is not a finite number; leave a missing value empty",
        "line 2: there are 3 cells, but the header has 4",
        "line 2: 'zero' is no number of a training",
        &format!("line 2: {cut} in the column 'a' is not a finite number; leave a missing value empty"),
        "line 2: cannot read the architecture at byte 7: expected a digit from 0 to 2, found the end of the text",
        "line 2: cell 3 is not UTF-8",
        "line 3: the row has more than 4096 bytes; close its quotes, or take the file apart",
        "line 2: there are no rows",
        "line 127: the table has more than 500 values, columns times rows; name fewer columns",
    ];
    for (message, expected) in messages.iter().zip(expected) {
        assert_eq!(message, &format!("table.file, {expected}"));
    }
}
