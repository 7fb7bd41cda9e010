use crate::NasBench101Space;
use bonas_core::SearchSpace;

/// A cell of seven vertices and nine edges.
const JSON: &str = concat!(
    r#"{"matrix":[[0,1,1,0,0,1,1],[0,0,0,0,0,0,1],[0,0,0,1,0,0,0],[0,0,0,0,1,0,0],"#,
    r#"[0,0,0,0,0,1,0],[0,0,0,0,0,0,1],[0,0,0,0,0,0,0]],"#,
    r#""ops":["input","conv1x1-bn-relu","conv3x3-bn-relu","conv3x3-bn-relu","conv3x3-bn-relu","maxpool3x3","output"]}"#
);

fn refusal(text: &str) -> String {
    NasBench101Space::new().parse(text).expect_err("not a cell").to_string()
}

#[test]
fn every_notation_reads_as_the_same() {
    let space = NasBench101Space::new();
    let expected = space.parse(JSON).expect("a cell");
    assert_eq!(space.format(&expected), JSON);
    let value: serde_json::Value = serde_json::from_str(JSON).expect("JSON");
    for text in [
        JSON.replace(',', " ,\n ").replace('"', "'").replace("]]", "],]"),
        serde_json::to_string_pretty(&value).expect("plain"),
        serde_json::json!({ "module_operations": value["ops"], "module_adjacency": value["matrix"] }).to_string(),
        "0110011|0000001|0001000|0000100|0000010|0000001|0000000;in 1 3 3 3 M out".into(),
        " 0110011 | 0000001 | 0001000 | 0000100 | 0000010 | 0000001 | 0000000, in,1,333,maxpool3x3,out\n".into(),
        "110011000011000100101; 1333M".into(),
    ] {
        assert_eq!(space.parse(&text).unwrap_or_else(|error| panic!("{text}: {error}")), expected, "{text}");
    }
}

#[test]
fn what_public_tables_hold_is_read() {
    let space = NasBench101Space::new();
    let read = |text: &str| space.format(&space.parse(text).expect("a cell of a table"));
    let expected = r#"{"matrix":[[0,1,1,0],[0,0,1,0],[0,0,0,1],[0,0,0,0]],"ops":["input","maxpool3x3","maxpool3x3","output"]}"#;
    assert_eq!(read("0110|0010|0001|0000 in M M out"), expected);
    assert_eq!(read("01|00,in out"), r#"{"matrix":[[0,1],[0,0]],"ops":["input","output"]}"#);
    let names = "conv3x3-bn-relu conv3x3-bn-relu maxpool3x3 conv3x3-bn-relu maxpool3x3";
    assert_eq!(read(&format!("101100101100011100110 {names}")), read("101100101100011100110 33M3M"));
}

#[test]
fn cells_are_pruned_when_they_are_read() {
    let space = NasBench101Space::new();
    let pruned = space.parse("0111|0001|0001|0000; in M 1 out").expect("a cell");
    // Vertex 1 leads nowhere and vertex 4 is not reached.
    assert_eq!(space.parse("011101|000000|000001|000001|000001|000000; in 3 M 1 3 out").expect("a cell"), pruned);
    let dead = "0111001|0000000|0000001|0000001|0000011|0000001|0000000; in 3 M 1 3 3 out";
    assert_eq!(space.parse(dead).expect("a cell"), pruned);
}

#[test]
fn matrices_are_checked() {
    insta::assert_snapshot!(refusal("010|001|001; in M out"), @"cannot read the architecture at byte 10: expected 0, as edges lead forward only and not from vertex 2 to vertex 2, found `1`");
    insta::assert_snapshot!(refusal("010|01|000; in M out"), @"cannot read the architecture at byte 4: expected a row of 3 entries, as there are 3 rows (not 2), found `01|000`");
    insta::assert_snapshot!(refusal("010|001|; in M out"), @"cannot read the architecture at byte 8: expected a row of 0 and 1, found `; in M out`");
    insta::assert_snapshot!(refusal("0110|0001 M"), @"cannot read the architecture at byte 0: expected a row of 2 entries, as there are 2 rows (not 4), found `0110|0001 `");
    insta::assert_snapshot!(refusal("0110 MMM"), @"cannot read the architecture at byte 0: expected rows between '|', or 21 bits (not 4), found `0110 `");
    insta::assert_snapshot!(refusal(&["00000000"; 8].join("|")), @"cannot read the architecture at byte 0: expected a matrix of 2 to 7 rows (not 8), found `00000000|00000000|000000…`");
    insta::assert_snapshot!(refusal(&JSON.replacen("[0,1,", "[0,2,", 1)), @"cannot read the architecture at byte 14: expected 0 or 1, found `2`");
    insta::assert_snapshot!(refusal(&JSON.replacen("[0,1,", "[1,1,", 1)), @"cannot read the architecture at byte 12: expected 0, as edges lead forward only and not from vertex 0 to vertex 0, found `1,1,1,0,0,1,1],[0,0,0,0,…`");
    insta::assert_snapshot!(refusal(&JSON.replacen("[0,1,", "[0,-1,", 1)), @"cannot read the architecture at byte 14: expected 0 or 1, found `-1,1,0,0,1,1],[0,0,0,0,0…`");
    insta::assert_snapshot!(refusal(&JSON.replacen("[0,1,", "[0,", 1)), @"cannot read the architecture at byte 11: expected a row of 7 entries, as there are 7 rows (not 6), found `[0,1,0,0,1,1],[0,0,0,0,0…`");
    insta::assert_snapshot!(refusal(r#"{"matrix":[],"ops":[]}"#), @"cannot read the architecture at byte 10: expected a matrix of 2 to 7 rows (not 0), found `[]`");
}

#[test]
fn operations_are_checked() {
    insta::assert_snapshot!(refusal("011|001|000; in maxpool out"), @"cannot read the architecture at byte 16: expected an operation of space nas-bench-101 (input, output, conv3x3-bn-relu, conv1x1-bn-relu, maxpool3x3, 3, 1, M; did you mean 'maxpool3x3'?), found `maxpool`");
    insta::assert_snapshot!(refusal("011|001|000; in MX out"), @"cannot read the architecture at byte 16: expected an operation of space nas-bench-101 (input, output, conv3x3-bn-relu, conv1x1-bn-relu, maxpool3x3, 3, 1, M), found `MX`");
    insta::assert_snapshot!(refusal("011|001|000; M M out"), @"cannot read the architecture at byte 13: expected 'input' as the first operation, found `M M out`");
    insta::assert_snapshot!(refusal("011|001|000; in M M"), @"cannot read the architecture at byte 18: expected 'output' as the last operation, found `M`");
    insta::assert_snapshot!(refusal("011|001|000; in in out"), @"cannot read the architecture at byte 16: expected an operation between input and output, found `in out`");
    insta::assert_snapshot!(refusal("011|001|000; in MM out"), @"cannot read the architecture at byte 13: expected 3 operations, one for every vertex (not 4), found `in MM out`");
    insta::assert_snapshot!(refusal(r#"{"matrix":[[0,1],[0,0]],"ops":["input","","output"]}"#), @r#"cannot read the architecture at byte 39: expected an operation of space nas-bench-101 (input, output, conv3x3-bn-relu, conv1x1-bn-relu, maxpool3x3, 3, 1, M), found `""`"#);
    insta::assert_snapshot!(refusal("011|001|000"), @"cannot read the architecture at byte 11: expected operations, found the end of the text");
    insta::assert_snapshot!(refusal("111101000110001110110 MM33"), @"cannot read the architecture at byte 22: expected 5 operations, one for every inner vertex (not 4), found `MM33`");
    insta::assert_snapshot!(refusal("111101000110001110110 in MM333 out"), @"cannot read the architecture at byte 22: expected 5 operations, one for every inner vertex (not 7), found `in MM333 out`");
    insta::assert_snapshot!(refusal(&JSON.replacen("\"maxpool3x3\"", "maxpool3x3", 1)), @r#"cannot read the architecture at byte 211: expected the name of an operation in quotes, found `maxpool3x3,"output"]}`"#);
}

#[test]
fn fields_are_checked() {
    insta::assert_snapshot!(refusal(r#"{"matrx":[[0,1],[0,0]]}"#), @r#"cannot read the architecture at byte 1: expected a key in quotes (matrix, module_adjacency, ops, module_operations; did you mean matrix?), found `"matrx"`"#);
    insta::assert_snapshot!(refusal("{\"matrix\":[[0,1],[0,0]]}\u{3000}"), @r#"cannot read the architecture at byte 0: expected an object with the key "ops", found `{"matrix":[[0,1],[0,0]]}`"#);
    insta::assert_snapshot!(refusal(r#"{"ops":["input","output"]}"#), @r#"cannot read the architecture at byte 0: expected an object with the key "matrix", found `{"ops":["input","output"…`"#);
    insta::assert_snapshot!(refusal(r#"{"ops":["input","output"],"module_operations":[]}"#), @r#"cannot read the architecture at byte 26: expected matrix and operations only once, found `"module_operations"`"#);
    insta::assert_snapshot!(refusal(r#"{"ops" = []}"#), @"cannot read the architecture at byte 7: expected ':', found `= []}`");
    insta::assert_snapshot!(refusal(r#"{"matrix":[[0,1][0,0]]}"#), @"cannot read the architecture at byte 16: expected ',' or ']', found `[0,0]]}`");
}

#[test]
fn other_texts_are_refused_at_their_first_odd_place() {
    insta::assert_snapshot!(refusal(""), @"cannot read the architecture at byte 0: expected a JSON object, rows such as 011|001|000, or the 21 bits of a triangle, then operations, found the end of the text");
    insta::assert_snapshot!(refusal("__import__('os').system('true')"), @"cannot read the architecture at byte 0: expected a JSON object, rows such as 011|001|000, or the 21 bits of a triangle, then operations, found `__import__('os').system(…`");
    insta::assert_snapshot!(refusal(&format!("{JSON} + 1")), @"cannot read the architecture at byte 235: expected the end of the text, found `+ 1`");
    insta::assert_snapshot!(refusal("01|00; in out + 1"), @"cannot read the architecture at byte 14: expected the end of the text, found `+ 1`");
}

#[test]
fn cells_outside_the_space_are_refused_with_the_rule() {
    insta::assert_snapshot!(refusal("010|000|000; in M out"), @"not an architecture of space nas-bench-101: no path leads from its input to its output");
    insta::assert_snapshot!(refusal("01111|00111|00011|00001|00000; in M M M out"), @"not an architecture of space nas-bench-101: it has 10 edges, but at most 9 are allowed");
}
