use crate::{CustomSpace, encode};
use bonas_core::SearchSpace;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../configs/spaces").join(file)
}

#[test]
fn the_example_of_cells_is_as_its_comments_say() {
    let space = CustomSpace::open(path("my-cells.toml")).expect("the example");
    let text = "normal(0+1>2:conv3, 0+2>3:skip) reduction(0>1:conv3, 0>2:none, 1>2:conv3, 0>3:pool, 1>3:none, 2>3:conv3)";
    assert_eq!(space.format(&space.parse(text).expect("as in the comment")), text);
    assert_eq!(space.size(), space.all().expect("small").len() as u128);
    bonas_testing::space::check(&space);
}

#[test]
fn the_table_of_the_chain_has_every_architecture() {
    let space = CustomSpace::open(path("my-chain.toml")).expect("the example");
    bonas_testing::space::check(&space);
    let table = std::fs::read_to_string(path("my-chain.csv")).expect("the table");
    let mut lines = table.lines();
    assert_eq!(lines.next(), Some("arch,val_accuracy,test_accuracy,seconds"));
    let rows: BTreeSet<_> = lines.map(|line| space.parse(line.split(',').next().expect("a column")).expect("a chain")).collect();
    assert_eq!((rows.len() as u128, space.size()), (27, 27));
    let layout = std::fs::read_to_string(path("my-chain-layout.toml")).expect("the layout");
    let layout: toml::Table = toml::from_str(&layout).expect("TOML");
    assert_eq!(layout["spaces"].as_array().and_then(|spaces| spaces[0].as_str()), Some("my-chain.toml"));
}

#[test]
fn custom_spaces_can_be_encoded() {
    let space = CustomSpace::open(path("my-chain.toml")).expect("the example");
    let encodings = encode(&space, &space.all().expect("small"));
    assert_eq!(encodings.adjacency.shape, [27, 5, 5]);
    assert_eq!(encodings.operations.shape, [27, 5, 5]);
    // Stages also feed all later ones: every word of up to three operations is a path of some network.
    assert_eq!(encodings.path_presence.shape, [27, 1 + 3 + 9 + 27]);
}
