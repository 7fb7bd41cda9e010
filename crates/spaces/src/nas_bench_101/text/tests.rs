use crate::NasBench101Space;
use bonas_core::SearchSpace;

/// The best cell of the benchmark's paper.
const JSON: &str = r#"{"matrix":[[0,1,1,0,0,1,1],[0,0,0,0,0,0,1],[0,0,0,1,0,0,0],[0,0,0,0,1,0,0],[0,0,0,0,0,1,0],[0,0,0,0,0,0,1],[0,0,0,0,0,0,0]],"ops":["input","conv1x1-bn-relu","conv3x3-bn-relu","conv3x3-bn-relu","conv3x3-bn-relu","maxpool3x3","output"]}"#;

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
    insta::assert_snapshot!(refusal("010|001|001; in M out"), @"");
    insta::assert_snapshot!(refusal("010|01|000; in M out"), @"");
    insta::assert_snapshot!(refusal("010|001|; in M out"), @"");
    insta::assert_snapshot!(refusal("0110|0001 M"), @"");
    insta::assert_snapshot!(refusal("0110 MMM"), @"");
    insta::assert_snapshot!(refusal(&["00000000"; 8].join("|")), @"");
    insta::assert_snapshot!(refusal(&JSON.replacen("[0,1,", "[0,2,", 1)), @"");
    insta::assert_snapshot!(refusal(&JSON.replacen("[0,1,", "[1,1,", 1)), @"");
    insta::assert_snapshot!(refusal(&JSON.replacen("[0,1,", "[0,-1,", 1)), @"");
    insta::assert_snapshot!(refusal(&JSON.replacen("[0,1,", "[0,", 1)), @"");
    insta::assert_snapshot!(refusal(r#"{"matrix":[],"ops":[]}"#), @"");
}

#[test]
fn operations_are_checked() {
    insta::assert_snapshot!(refusal("011|001|000; in maxpool out"), @"");
    insta::assert_snapshot!(refusal("011|001|000; in MX out"), @"");
    insta::assert_snapshot!(refusal("011|001|000; M M out"), @"");
    insta::assert_snapshot!(refusal("011|001|000; in M M"), @"");
    insta::assert_snapshot!(refusal("011|001|000; in in out"), @"");
    insta::assert_snapshot!(refusal("011|001|000; in MM out"), @"");
    insta::assert_snapshot!(refusal("011|001|000"), @"");
    insta::assert_snapshot!(refusal("111101000110001110110 MM33"), @"");
    insta::assert_snapshot!(refusal("111101000110001110110 in MM333 out"), @"");
    insta::assert_snapshot!(refusal(&JSON.replacen("\"maxpool3x3\"", "maxpool3x3", 1)), @"");
}

#[test]
fn fields_are_checked() {
    insta::assert_snapshot!(refusal(r#"{"matrx":[[0,1],[0,0]]}"#), @"");
    insta::assert_snapshot!(refusal("{\"matrix\":[[0,1],[0,0]]}\u{3000}"), @"");
    insta::assert_snapshot!(refusal(r#"{"ops":["input","output"]}"#), @"");
    insta::assert_snapshot!(refusal(r#"{"ops":["input","output"],"module_operations":[]}"#), @"");
    insta::assert_snapshot!(refusal(r#"{"ops" = []}"#), @"");
    insta::assert_snapshot!(refusal(r#"{"matrix":[[0,1][0,0]]}"#), @"");
}

#[test]
fn other_texts_are_refused_at_their_first_odd_place() {
    insta::assert_snapshot!(refusal(""), @"");
    insta::assert_snapshot!(refusal("__import__('os').system('true')"), @"");
    insta::assert_snapshot!(refusal(&format!("{JSON} + 1")), @"");
    insta::assert_snapshot!(refusal("01|00; in out + 1"), @"");
}

#[test]
fn cells_outside_the_space_are_refused_with_the_rule() {
    insta::assert_snapshot!(refusal("010|000|000; in M out"), @"");
    insta::assert_snapshot!(refusal("01111|00111|00011|00001|00000; in M M M out"), @"");
}
