//! Spaces counted and drawn.

use crate::refusal::{FAILED, USAGE, assert_contains, failure, refuses};
use crate::small::{bonas, folder, json, succeed};
use std::path::Path;

fn example(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/spaces").join(file).display().to_string()
}

#[test]
fn spaces_are_counted() {
    let shown = succeed(&mut bonas(&["space", "count", "nas-bench-201"]));
    assert_eq!(shown, "architectures: 15625\ndistinct up to isomorphism: 6466\n");
    for (space, size, distinct) in [
        ("nas-bench-101", 423_624_u64, Some(423_624_u64)),
        ("transnas-macro", 3_256, Some(3_256)),
        ("nas-bench-macro", 6_561, Some(6_561)),
        ("bonas-darts", 42_134_400, None),
        (&example("my-chain.toml"), 27, Some(27)),
        (&example("my-cells.toml"), 16_854, None),
    ] {
        let counted = json(&mut bonas(&["space", "count", space, "--json"]));
        assert_eq!((counted["architectures"].as_u64(), counted["distinct"].as_u64()), (Some(size), distinct), "{counted}");
        assert!(space.contains(counted["space"].as_str().expect("a name")), "{counted}");
        assert!(counted.as_object().is_some_and(|object| object.contains_key("distinct")), "{counted}");
    }
    refuses(&mut bonas(&["space", "count", "nowhere.toml"]), FAILED, &["nowhere.toml"]);
    assert_contains(&failure(&mut bonas(&["space", "count", "nas-bench-21"]), USAGE), &["did you mean 'nas-bench-201'"]);
}

#[test]
fn a_space_and_a_genotype_are_drawn_alike() {
    let folder = folder();
    let picture = folder.path().join("cell.svg");
    let cell = succeed(&mut bonas(&["space", "sample", "nas-bench-201", "--seed", "3"]));
    let written = succeed(bonas(&["space", "draw", "nas-bench-201", "--seed", "3", "--out"]).arg(&picture));
    assert_eq!(written, "", "the picture is in the file");
    let of_space = std::fs::read_to_string(&picture).expect("a picture");
    for command in [&["space", "draw", cell.trim()][..], &["draw", cell.trim()]] {
        assert_eq!(succeed(&mut bonas(command)).trim_end(), of_space.trim_end());
    }
    assert_ne!(succeed(&mut bonas(&["space", "draw", "nas-bench-201", "--seed", "4"])).trim_end(), of_space.trim_end());
    let genotype = folder.path().join("genotype.txt");
    std::fs::write(&genotype, cell).expect("written");
    let dot = succeed(bonas(&["space", "draw", "--format", "dot"]).arg(&genotype));
    assert_contains(&dot, &["digraph cells", "cluster_legend"]);
    let chain = succeed(&mut bonas(&["space", "draw", "conv3|skip|conv5", "--space", &example("my-chain.toml")]));
    assert_contains(&chain, &["<svg", "conv5", "class=\"legend\""]);
}

#[test]
fn what_cannot_be_drawn_is_told() {
    let refused = |arguments: &[&str], code, parts: &[&str]| {
        let mut command = bonas(&["space", "draw"]);
        refuses(command.args(arguments), code, parts);
    };
    refused(&["nas-bench-21"], USAGE, &["did you mean 'nas-bench-201'"]);
    refused(&["conv3|skip|conv5"], FAILED, &["--space"]);
    refused(&["conv3|skip|conv9", "--space", &example("my-chain.toml")], FAILED, &["conv9", "conv5"]);
    refused(&["|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "--seed", "1"], USAGE, &["--seed"]);
    refused(&["darts", "--out", "/nowhere/cell.svg"], FAILED, &["/nowhere/cell.svg"]);
}
