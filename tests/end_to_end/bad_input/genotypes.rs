use super::file;
use crate::refusal::{FAILED, USAGE, refuses};
use crate::small::{bonas, folder, succeed};

fn is_refused(text: &str, parts: &[&str]) {
    refuses(&mut bonas(&["draw", text]), FAILED, parts);
}

fn good() -> String {
    succeed(&mut bonas(&["space", "sample", "darts"])).trim_end().to_string()
}

#[test]
fn unknown_operation() {
    let parts = ["at byte 18", "sep_conv_3x4", "did you mean 'sep_conv_3x3'"];
    is_refused("Genotype(normal=[('sep_conv_3x4', 0)])", &parts);
}

#[test]
fn unknown_operation_in_a_file() {
    let folder = folder();
    let wrong = good().replacen("('", "('my_", 1);
    let path = file(folder.path(), "mine.txt", wrong.as_bytes());
    refuses(bonas(&["draw"]).arg(&path), FAILED, &["mine.txt", "at byte", "my_"]);
}

#[test]
fn programs_are_not_run() {
    is_refused("__import__('os').system('true')", &["at byte 0", "expected Genotype", "found `__import__"]);
}

#[test]
fn neither_a_genotype_nor_a_file() {
    is_refused("nowhere.json", &["'nowhere.json' is neither a genotype, nor a file or folder"]);
    is_refused("", &["at byte 0", "expected Genotype"]);
}

#[test]
fn genotypes_that_break_off() {
    let good = good();
    for length in (1..good.len() - 1).step_by(7) {
        is_refused(&good[..length], &["at byte"]);
    }
}

#[test]
fn sources_that_are_not_there() {
    is_refused(&good().replacen("', 0)", "', 9)", 1), &["9"]);
    is_refused(&good().replacen("', 0)", "', 99999999999999999999)", 1), &["the number of a source"]);
    is_refused(&good().replacen("', 0)", "', -1)", 1), &["the number of a source"]);
}

#[test]
fn the_other_space() {
    let two_cells = good();
    let parts = ["bonas-darts"];
    refuses(&mut bonas(&["draw", "--space", "bonas-darts", &two_cells]), FAILED, &parts);
    refuses(&mut bonas(&["draw", "--space", "dart", &two_cells]), USAGE, &["did you mean 'darts'"]);
}

#[test]
fn garbage_in_a_file() {
    let folder = folder();
    let deep = "{\"normal\":".repeat(100_000);
    let lists = "[".repeat(100_000);
    for (name, bytes) in [
        ("bytes.json", &[0xff, 0, 0xfe][..]),
        ("deep.json", deep.as_bytes()),
        ("lists.json", lists.as_bytes()),
        ("number.json", b"{\"normal\": 3}"),
        ("null.json", b"null"),
    ] {
        let path = file(folder.path(), name, bytes);
        refuses(bonas(&["draw"]).arg(&path), FAILED, &[name]);
    }
}

#[test]
fn picture_that_cannot_be_written() {
    let folder = folder();
    let place = folder.path().join("nowhere/cell.svg");
    refuses(bonas(&["draw", &good(), "--out"]).arg(&place), FAILED, &["cannot write", "nowhere/cell.svg", "No such file"]);
}
