use super::CHAIN;
use crate::CustomSpace;

fn message(text: &str) -> String {
    let text = if text.contains("name =") { text.to_string() } else { format!("name = \"x\"\n{text}") };
    CustomSpace::parse_toml("my.toml", &text).expect_err(&text).to_string()
}

fn cell(keys: &str) -> String {
    message(&format!("operations = ['a', 'b']\n[[cells]]\n{keys}"))
}

fn chain(stages: usize, rules: &str) -> String {
    message(&format!("operations = ['a', 'b']\n{rules}\n[[stages]]\nrepeat = {stages}"))
}

#[test]
fn unknown_keys_are_answered_with_the_nearest() {
    let messages = [
        message("operation = ['a']"),
        message("[[cells]]\nnode = 4"),
        message("[[stages]]\nrepeats = 4"),
        message("at_most = [{ operation = 'a', counts = 3 }]"),
        message("[[cells]]\nat_least = [{ op = 'a', count = 3 }]"),
    ];
    insta::assert_snapshot!(messages.join("\n"), @"");
}

#[test]
fn values_of_other_types_are_refused_with_their_line() {
    let messages = [message("operations = 3"), message("name = "), cell("edges = 'some'")];
    insta::assert_snapshot!(messages.join("\n"), @"");
    let missing = CustomSpace::open("/nowhere/my.toml").expect_err("no file").to_string();
    assert_eq!(missing, "cannot read the space /nowhere/my.toml");
}

#[test]
fn slips_in_cells_are_refused_with_a_remedy() {
    let messages = [
        cell("nodes = 4"),
        cell("nodes = 4\noperations_on = 'nodes'"),
        cell("nodes = 2\noperations_on = 'nodes'\noperands = 1"),
        cell("nodes = 400\noperations_on = 'nodes'\noperands = 1"),
        cell("nodes = 4\ninputs = 0\noperations_on = 'nodes'\noperands = 1"),
        cell("nodes = 4\noperations_on = 'nodes'\noperands = 0"),
        cell("nodes = 30\noperations_on = 'nodes'\noperands = 3"),
        cell("nodes = 30\noperations_on = 'nodes'\noperands = 1\noutput = 'node'"),
        cell("nodes = 3\noperations_on = 'nodes'\nedges = [[0, 1], [1, 2]]\noutput = 'all'"),
        cell("nodes = 3\noperations_on = 'edges'\nedges = 'all'\nmax_edges = 3"),
        cell("nodes = 3\noperations_on = 'edges'\nedges = [[0, 1], [1, 3]]"),
        cell("nodes = 3\noperations_on = 'edges'\nedges = [[0, 1], [0, 1]]"),
        cell("nodes = 3\noperations_on = 'edges'\nedges = [[0, 2]]"),
        cell("nodes = 3\noperations_on = 'edges'\nedges = [[0, 1], [0, 2]]"),
        cell("name = 'a b'\nnodes = 3\noperations_on = 'edges'\nedges = 'all'"),
        cell("nodes = 3\noperations_on = 'edges'\nedges = 'all'\n[[cells]]\nnodes = 3\noperations_on = 'edges'\nedges = 'all'"),
        cell("nodes = 5\noperations_on = 'nodes'\nfree_edges = true\nmax_edges = 2"),
        cell("nodes = 64\noperations_on = 'nodes'\noperands = 1\nforbid = [['a', 'a']]"),
    ];
    insta::assert_snapshot!(messages.join("\n"), @"");
}

#[test]
fn slips_in_names_and_rules_are_refused_with_a_remedy() {
    let messages = [
        message("name = 'My Space'"),
        message(""),
        message("[[stages]]"),
        message("operations = ['a', 'a']\n[[stages]]"),
        message("operations = ['a', '']\n[[stages]]"),
        message("operations = ['a', ' b']\n[[stages]]"),
        message("operations = ['a', \"it's\"]\n[[stages]]"),
        message("operations = ['a', 'input']\n[[stages]]"),
        message("operations = ['a']\n[[stages]]"),
        chain(0, ""),
        chain(5000, ""),
        chain(3, "at_most = [{ operation = 'conv', count = 3 }]"),
        chain(3, "forbid = [['a']]"),
        chain(3, "at_least = [{ operation = 'a', count = 4 }]"),
        chain(40, "at_least = [{ operation = 'a', count = 38 }]"),
        chain(4, "forbid = [['a', 'a'], ['b', 'b']]"),
        message(&CHAIN.replace("\"stem\", \"pool\"", "\"sk ip\", \"sk\\u0007ip\"")),
    ];
    insta::assert_snapshot!(messages.join("\n"), @"");
}
