use super::{EDGES, NODES, Operations};
use bonas_core::{Architecture, CellGraph};

/// Types of the nodes beside the operations.
const ENDS: [&str; 2] = ["input", "output"];

/// Names of the node types: input, output, and the operations.
pub(super) fn vocabulary(operations: &Operations) -> Vec<String> {
    ENDS.iter().chain(operations.names).map(|name| name.to_string()).collect()
}

/// The line graph of a cell: a node for every edge, between an input and an output. Edge (a, b) feeds every edge (b, c); edges
/// out of node 0 are fed by the input; edges into the last node feed the output.
///
/// Every place has a wiring of its own, so that two cells have isomorphic graphs only if they are equal.
pub(super) fn graph(architecture: &Architecture, operations: &Operations) -> CellGraph {
    let place = |edge: usize| edge + 1;
    let output = EDGES.len() + 1;
    let mut wires = Vec::new();
    for (edge, (from, to)) in EDGES.into_iter().enumerate() {
        if from == 0 {
            wires.push((0, place(edge)));
        }
        if to == NODES - 1 {
            wires.push((place(edge), output));
        }
        let fed = EDGES.iter().enumerate().filter(|(_, next)| next.0 == to);
        wires.extend(fed.map(|(next, _)| (place(edge), place(next))));
    }
    let chosen = architecture.decisions().iter().map(|&decision| ENDS.len() + usize::from(decision));
    let types = std::iter::once(0).chain(chosen).chain(std::iter::once(1)).collect();
    CellGraph::new(types, wires, ENDS.len() + operations.names.len()).expect("the wiring of a cell runs forward")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_graph_has_eight_nodes_and_the_wiring_of_the_method() {
        let operations = Operations { space: "test", names: &["a", "b"], input_keeps_size: true };
        let graph = graph(&Architecture::new([0, 1, 0, 1, 0, 1]), &operations);
        assert_eq!(graph.operations(), [0, 2, 3, 2, 3, 2, 3, 1]);
        // Nodes 1 to 6 are the edges 01, 02, 12, 03, 13, 23.
        let wires = [(0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7)];
        assert_eq!(graph.edges(), wires);
    }
}
