mod canonical;
mod contract;
mod counts;
mod errors;
mod examples;
mod graphs;
mod texts;

use super::CustomSpace;

/// Descriptions of every kind that are small enough to look at all architectures.
const SMALL: &[&str] = &[
    NAS_BENCH_201,
    OPERANDS,
    FREE,
    FREE_ON_EDGES,
    DARTS,
    TWO_CELLS,
    CHAIN,
    CONSTRAINED,
    FIXED_NODES,
    FREE_LISTS,
    OPERAND_LISTS,
    EDGE_LISTS,
    FREE_EDGE_LISTS,
    TARGET_LISTS,
];

const NAS_BENCH_201: &str = r#"
name = "like-201"
[[cells]]
nodes = 4
operations_on = "edges"
operations = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
edges = [[0, 1], [0, 2], [1, 2], [0, 3], [1, 3], [2, 3]]
"#;

const OPERANDS: &str = r#"
name = "operands"
[[cells]]
nodes = 6
operations_on = "nodes"
operations = ["conv 3x3", "maß", "a(b)"]
operands = 2
"#;

const FREE: &str = r#"
name = "free"
[[cells]]
nodes = 5
operations_on = "nodes"
operations = ["a", "b"]
free_edges = true
max_edges = 7
"#;

const FREE_ON_EDGES: &str = r#"
name = "free-on-edges"
[[cells]]
nodes = 4
operations_on = "edges"
operations = ["a", "b"]
free_edges = true
max_edges = 5
at_least = [{ operation = "b", count = 2 }]
"#;

const DARTS: &str = r#"
name = "like-darts"
[[cells]]
nodes = 5
inputs = 2
operations_on = "edges"
operations = ["sep", "skip"]
operands = 2
output = "all"
at_most = [{ operation = "skip", count = 3 }]
"#;

const TWO_CELLS: &str = r#"
name = "two-cells"
operations = ["a", "b"]
forbid = [["b", "b"]]
at_most = [{ operation = "b", count = 2 }]
[[cells]]
name = "normal"
nodes = 4
operations_on = "nodes"
operands = 1
output = "node"
[[cells]]
name = "reduction"
nodes = 3
operations_on = "edges"
edges = "all"
at_least = [{ operation = "a", count = 1 }]
[[stages]]
operations = ["wide", "narrow"]
"#;

const CHAIN: &str = r#"
name = "chain"
operations = ["conv", "conv3", "skip"]
[[stages]]
operations = ["stem", "pool"]
[[stages]]
repeat = 3
[[stages]]
operations = ["conv3", "conv", "head"]
"#;

const CONSTRAINED: &str = r#"
name = "constrained"
operations = ["conv", "pool", "skip"]
at_most = [{ operation = "skip", count = 2 }]
at_least = [{ operation = "conv", count = 1 }]
forbid = [["skip", "skip"], ["pool", "conv", "pool"]]
[[stages]]
repeat = 6
"#;

const FIXED_NODES: &str = r#"
name = "fixed-nodes"
operations = ["a", "b", "c"]
[[cells]]
nodes = 6
inputs = 2
operations_on = "nodes"
edges = [[0, 2], [1, 3], [2, 4], [3, 4], [4, 5], [0, 5]]
forbid = [["a", "b"]]
"#;

/// Nodes with lists of their own that share operations, in different orders.
const FREE_LISTS: &str = r#"
name = "free-lists"
[[cells]]
nodes = 5
operations_on = "nodes"
operations = ["a", "b"]
node_operations = [{ node = 2, operations = ["b", "c"] }, { node = 3, operations = ["c", "b", "a"] }]
free_edges = true
max_edges = 7
"#;

/// No node takes the list of the cell; the first can be one thing alone.
const OPERAND_LISTS: &str = r#"
name = "operand-lists"
[[cells]]
nodes = 6
operations_on = "nodes"
node_operations = [
    { node = 1, operations = ["stem"] },
    { node = 2, operations = ["conv", "pool"] },
    { node = 3, operations = ["pool", "stem", "conv"] },
    { node = 4, operations = ["conv", "skip"] },
]
operands = 2
at_least = [{ operation = "conv", count = 1 }]
"#;

const EDGE_LISTS: &str = r#"
name = "edge-lists"
operations = ["none", "conv"]
[[cells]]
nodes = 4
operations_on = "edges"
edges = "all"
node_operations = [{ node = 3, operations = ["conv", "pool", "none"] }]
edge_operations = [{ edge = [0, 1], operations = ["stem"] }, { edge = [1, 3], operations = ["skip", "none"] }]
at_most = [{ operation = "none", count = 2 }]
"#;

const FREE_EDGE_LISTS: &str = r#"
name = "free-edge-lists"
[[cells]]
nodes = 4
operations_on = "edges"
operations = ["a", "b"]
free_edges = true
max_edges = 5
node_operations = [{ node = 3, operations = ["b", "c", "a"] }]
edge_operations = [{ edge = [0, 2], operations = ["c"] }, { edge = [1, 3], operations = ["a"] }]
at_least = [{ operation = "b", count = 1 }]
at_most = [{ operation = "c", count = 1 }]
"#;

const TARGET_LISTS: &str = r#"
name = "target-lists"
[[cells]]
nodes = 5
inputs = 2
operations_on = "edges"
operations = ["sep", "skip"]
node_operations = [{ node = 3, operations = ["skip", "pool"] }]
operands = 2
output = "all"
"#;

fn space(text: &str) -> CustomSpace {
    CustomSpace::parse_toml("space.toml", text).unwrap_or_else(|error| panic!("{error}"))
}
