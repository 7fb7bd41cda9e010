use crate::NasBench101Space;
use bonas_core::SearchSpace;
use std::path::Path;

/// Cells and the names that the published tables have for them.
const KNOWN: [(&str, &str); 6] = [
    ("043721b9c7fe8c5fad811d47d83132ec", "01|00; in out"),
    ("09fc2d10bdd6225e167a6f81a22a3f06", "011|001|000; in 1 out"),
    ("001a6fcc8b38cbc515be788a86bdc804", "0110|0010|0001|0000; in M M out"),
    ("00455f0d3f10d9a5daa098a173c3d6b8", "01111|00011|00010|00001|00000; in 1 1 3 out"),
    ("0011a6a4e759f16e635a3bb83566c2d1", "010100|001001|000011|000010|000001|000000; in 1 1 M M out"),
    ("01b884a4e5ae49922252a066840b24f8", "010000|001011|000101|000011|000001|000000; in 1 3 1 1 out"),
];

fn hash(text: &str) -> String {
    let space = NasBench101Space::new();
    space.official_hash(&space.parse(text).unwrap_or_else(|error| panic!("{text}: {error}")))
}

#[test]
fn hashes_are_those_of_the_published_table() {
    for (expected, cell) in KNOWN {
        assert_eq!(hash(cell), expected, "{cell}");
    }
}

/// The rows of a table, by the columns with these names.
fn columns<const N: usize>(folder: &Path, file: &str, names: [&str; N]) -> Vec<[String; N]> {
    let text = std::fs::read_to_string(folder.join(file)).expect("the table can be read");
    let mut rows = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<String>>());
    let header = rows.next().expect("a header");
    let places = names.map(|name| header.iter().position(|column| column == name).expect("a known column"));
    rows.map(|row| places.map(|place| row[place].clone())).collect()
}

#[test]
#[allow(clippy::print_stderr)]
fn every_row_of_the_shared_tables_has_its_hash() {
    let Some(shared) = std::env::var_os("BONAS_SHARED_DATA") else {
        eprintln!("skipped: BONAS_SHARED_DATA is not set");
        return;
    };
    let folder = Path::new(&shared).join("nas-bench-101-subset");
    for (file, names, count) in [
        ("ecnas_4V9E_4epoch.csv", ["hash", "adj_rows", "ops"], 273),
        ("ecnas_5V9E_4epoch.csv", ["hash", "adj_rows", "ops"], 2_532),
        ("nb101_merged.csv", ["nb101_hash", "adj_rows_pruned", "ops_pruned"], 358),
    ] {
        let rows = columns(&folder, file, names);
        assert_eq!(rows.len(), count, "{file}");
        for [expected, rows, operations] in rows {
            assert_eq!(hash(&format!("{rows} {operations}")), expected, "{file}: {rows} {operations}");
        }
    }
}

#[test]
#[allow(clippy::print_stderr)]
fn every_triangle_of_the_shared_tables_is_a_cell_of_the_merged_one() {
    let Some(shared) = std::env::var_os("BONAS_SHARED_DATA") else {
        eprintln!("skipped: BONAS_SHARED_DATA is not set");
        return;
    };
    let folder = Path::new(&shared).join("nas-bench-101-subset");
    let known: std::collections::BTreeSet<String> =
        columns(&folder, "nb101_merged.csv", ["nb101_hash"]).into_iter().flatten().collect();
    let triangles = columns(&folder, "nb101_500_naslib.csv", ["adj_upper21", "ops5"]).into_iter().map(|row| row.join(" "));
    let named = columns(&folder, "akashjorss_143.csv", ["cell"]).into_iter().flatten();
    let cells: Vec<String> = triangles.chain(named).collect();
    assert_eq!(cells.len(), 500 + 143);
    let seen: std::collections::BTreeSet<String> = cells.iter().map(|cell| hash(cell)).collect();
    assert_eq!(seen, known);
}
