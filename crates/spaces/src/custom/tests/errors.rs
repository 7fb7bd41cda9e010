use super::CHAIN;
use crate::CustomSpace;

fn message(text: &str) -> String {
    let text = if text.trim_start().starts_with("name =") { text.to_string() } else { format!("name = \"x\"\n{text}") };
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
    insta::assert_snapshot!(messages.join("\n"), @r#"
my.toml: the space: unknown key 'operation'; did you mean 'operations'? the keys here are: name, description, operations, at_most, at_least, forbid, cells, stages
my.toml: cells[0]: unknown key 'node'; did you mean 'nodes'? the keys here are: name, nodes, inputs, operations_on, operations, node_operations, edge_operations, edges, operands, free_edges, max_edges, output, at_most, at_least, forbid
my.toml: stages[0]: unknown key 'repeats'; did you mean 'repeat'? the keys here are: operations, repeat
my.toml: at_most[0]: unknown key 'counts'; did you mean 'count'? the keys here are: operation, count
my.toml: cells[0].at_least[0]: unknown key 'op'; the keys here are: operation, count
"#);
}

#[test]
fn values_of_other_types_are_refused_with_their_line() {
    let messages = [message("operations = 3"), message("name = "), cell("edges = 'some'")];
    insta::assert_snapshot!(messages.join("\n"), @r#"
my.toml: this is no description of a space: TOML parse error at line 2, column 14
  |
2 | operations = 3
  |              ^
invalid type: integer `3`, expected a sequence

my.toml: this is no description of a space: TOML parse error at line 1, column 8
  |
1 | name = 
  |        ^
string values must be quoted, expected literal string

my.toml: this is no description of a space: TOML parse error at line 4, column 9
  |
4 | edges = 'some'
  |         ^^^^^^
expected "all" or a list of edges such as [[0, 1], [0, 2], [1, 2]]
"#);
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
    let lists = [
        cell("node_operations = [{ node = 2, op = ['a'] }]"),
        cell("edge_operations = [{ edges = [0, 2], operations = ['a'] }]"),
        cell("nodes = 5\noperations_on = 'nodes'\noperands = 1\nnode_operations = [{ node = 4, operations = ['a'] }]"),
        cell("nodes = 5\noperations_on = 'nodes'\noperands = 1\nnode_operations = [{ node = 0, operations = ['a'] }]"),
        cell("nodes = 5\noperations_on = 'nodes'\noperands = 1\nnode_operations = [{ node = 1, operations = [] }]"),
        cell(
            "nodes = 5\noperations_on = 'nodes'\noperands = 1\n\
              node_operations = [{ node = 1, operations = ['a'] }, { node = 1, operations = ['b'] }]",
        ),
        cell("nodes = 5\noperations_on = 'nodes'\noperands = 1\nedge_operations = [{ edge = [0, 1], operations = ['a'] }]"),
        cell("nodes = 5\noperations_on = 'edges'\noperands = 1\nedge_operations = [{ edge = [0, 1], operations = ['a'] }]"),
        cell(
            "nodes = 3\noperations_on = 'edges'\nedges = [[0, 1], [1, 2]]\nedge_operations = [{ edge = [0, 2], operations = ['a'] }]",
        ),
        cell("nodes = 3\noperations_on = 'edges'\nedges = 'all'\nedge_operations = [{ edge = [2, 3], operations = ['a'] }]"),
        cell(
            "nodes = 3\noperations_on = 'edges'\nedges = 'all'\nat_most = [{ operation = 'b', count = 1 }]\n\
              node_operations = [{ node = 1, operations = ['a'] }, { node = 2, operations = ['a', 'c'] }]",
        ),
        message(
            "[[cells]]\nnodes = 4\noperations_on = 'nodes'\noperands = 1\nnode_operations = [{ node = 1, operations = ['a'] }]",
        ),
    ];
    insta::assert_snapshot!(lists.join("\n"), @r#"
my.toml: cells[0].node_operations[0]: unknown key 'op'; the keys here are: node, operations
my.toml: cells[0].edge_operations[0]: unknown key 'edges'; did you mean 'edge'? the keys here are: edge, operations
my.toml: cells[0] 'cell', node_operations[0]: node 4 has no operation to choose; name a node from 1 to 3
my.toml: cells[0] 'cell', node_operations[0]: node 0 has no operation to choose; name a node from 1 to 3
my.toml: cells[0] 'cell', node_operations[0], operations: there is no operation; list some, or leave the entry out
my.toml: cells[0] 'cell', node_operations[1]: node 1 is listed twice; list every node once
my.toml: cells[0] 'cell', edge_operations[0]: the operations are on the nodes; use node_operations, or operations_on = "edges"
my.toml: cells[0] 'cell', edge_operations[0]: it is searched which edges there are; use node_operations, for all edges into a node
my.toml: cells[0] 'cell', edge_operations[0]: there is no edge [0, 2]; name an edge of the cell, its source first
my.toml: cells[0] 'cell', edge_operations[0]: there is no edge [2, 3]; name an edge of the cell, its source first
my.toml: cells[0] 'cell', at_most: there is no operation 'b' here; it has: a, c
my.toml: cells[0] 'cell', operations: node 2 has no operations; list them in operations, node_operations or edge_operations
"#);
    insta::assert_snapshot!(messages.join("\n"), @r#"
my.toml: cells[0] 'cell': it is not said where operations are; say operations_on = "nodes" or operations_on = "edges"
my.toml: cells[0] 'cell': the wiring is not said, or said twice; give exactly one of edges = [[0, 1], …] or "all" (fixed wiring), operands = 2 and free_edges = true
my.toml: cells[0] 'cell', nodes: 2 nodes, of which 1 are inputs and one is the output; take 3 to 64
my.toml: cells[0] 'cell', nodes: 400 nodes, of which 1 are inputs and one is the output; take 3 to 64
my.toml: cells[0] 'cell', inputs: there is no input; take 1 or more
my.toml: cells[0] 'cell', operands: a node that reads nothing; take 1 or more
my.toml: cells[0] 'cell', operands: node 13 has more than 255 sets of 3 sources; take fewer operands or fewer nodes
my.toml: cells[0] 'cell': 30 nodes whose wiring is searched and can leave some unread; take at most 12, or operands with output = "loose-ends"
my.toml: cells[0] 'cell', output: the edges say what the output reads; leave it out; it goes with operands only
my.toml: cells[0] 'cell', max_edges: the number of edges is always the same; leave max_edges out, set free_edges = true, or limit operations such as none with at_least
my.toml: cells[0] 'cell', edges: edge [1, 3] does not lead from a node to a later one from 1 to 2; number the nodes from the inputs to the output, and count the inputs with inputs
my.toml: cells[0] 'cell', edges: edge [0, 1] is listed twice; list every edge once
my.toml: cells[0] 'cell', edges: node 1 reads nothing; add an edge that leads to it, or leave it out
my.toml: cells[0] 'cell', edges: node 1 is read by nothing; add an edge that leads on from it, or leave it out
my.toml: cells[0] 'a b', name: 'a b' is no name for a cell; begin with a letter and use letters, digits, '_' and '-', as in name = "normal"
my.toml: cells[1] 'cell', name: the name is taken; give every cell its own name
my.toml: the space: no architecture keeps the constraints; loosen at_most, at_least, forbid or max_edges
my.toml: the space: cell cell has more than 2000000 combinations of decisions, too many to count with forbidden sequences; take fewer nodes, fewer limits or smaller counts
"#);
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
    insta::assert_snapshot!(messages.join("\n"), @r#"
my.toml: name: 'My Space' is no name for a space; use small letters, digits and '-', as in name = "my-cells"
my.toml: the space: there is nothing to choose; describe a cell under [[cells]] or the stages of a chain under [[stages]]
my.toml: operations: there is no operation; list its operations, or those of the whole space at the top, as in operations = ["conv3", "skip"]
my.toml: operations: 'a' is listed twice; list every operation once
my.toml: operations: a name is empty; give it another name
my.toml: operations: ' b' begins or ends with a blank; give it another name
my.toml: operations: "it's" has a quote or a control character; give it another name
my.toml: operations: 'input' is the name of an operation and of a node; give the operation another name
my.toml: the space: there is a single architecture, so nothing to search; add operations, nodes or stages, or loosen the constraints
my.toml: stages[0], repeat: 0 stages; take 1 to 4096
my.toml: stages[0], repeat: 5000 stages; take 1 to 4096
my.toml: at_most: there is no operation 'conv' here; it has: a, b
my.toml: forbid: a list of 1; name at least two that may not follow one another; leave a single one out of operations instead
my.toml: the space: no architecture keeps the constraints; loosen at_most, at_least, forbid or max_edges
my.toml: the space: of 20000 random architectures fewer than 20 keep the constraints (821 do in all); loosen at_most, at_least, forbid or max_edges
my.toml: the space: nothing can be changed in a|b|a|b without breaking a constraint; loosen at_most, at_least, forbid or max_edges
my.toml: stages[0], operations: "sk\u{7}ip" has a quote or a control character; give it another name
"#);
}
