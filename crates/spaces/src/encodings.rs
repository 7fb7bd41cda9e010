use bonas_core::{Architecture, CellGraph, SearchSpace};
use std::collections::{BTreeMap, BTreeSet};

/// Paths are listed up to the length at which an architecture has more of them than this.
const MOST_PATHS: usize = 4096;

/// A dense array of bytes in row-major order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// The lengths of its axes.
    pub shape: Vec<usize>,
    /// As many bytes as the product of the lengths.
    pub values: Vec<u8>,
}

/// Architectures as the fixed-length features that predictors outside bonas read.
///
/// All are views of [`SearchSpace::graph`]; architectures with fewer nodes than the largest are padded with zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encodings {
    /// `[architectures, nodes, nodes]`: 1 where an edge leads from the node of the second axis to that of the third.
    pub adjacency: Encoding,
    /// `[architectures, nodes, vocabulary]`: 1 at the operation of a node; all 0 where there is no node.
    pub operations: Encoding,
    /// `[architectures, paths]`: 1 where the architecture has the path.
    pub path_presence: Encoding,
    /// The second axis of `path_presence`: the operations of every path that an architecture has, ends included, shorter ones
    /// first.
    pub paths: Vec<Vec<String>>,
    /// Set if some architecture has too many paths: then `paths` are all of at most this number of nodes.
    pub paths_cut_at: Option<usize>,
    /// The third axis of `operations`.
    pub vocabulary: Vec<String>,
}

/// Encodes architectures of a space as adjacency matrices, operations and paths (White et al., BANANAS, AAAI 2021).
///
/// A path is the sequence of operations on a way from a node without sources to one without targets. Only paths that occur are
/// listed, so the encodings of two sets of architectures have different paths. As in BANANAS, paths are cut at a length where
/// there would be too many: beyond 4096 in one architecture, none longer than the longest complete length is listed for any.
pub fn encode(space: &dyn SearchSpace, architectures: &[Architecture]) -> Encodings {
    let graphs: Vec<CellGraph> = architectures.iter().map(|architecture| space.graph(architecture)).collect();
    let vocabulary = space.vocabulary();
    let nodes = graphs.iter().map(CellGraph::node_count).max().unwrap_or(0);
    let (path_presence, paths, paths_cut_at) = encode_paths(&graphs);
    let named = |path: Vec<usize>| path.into_iter().map(|operation| vocabulary[operation].clone()).collect();
    Encodings {
        adjacency: adjacency(&graphs, nodes),
        operations: one_hot(&graphs, nodes, vocabulary.len()),
        path_presence,
        paths: paths.into_iter().map(named).collect(),
        paths_cut_at,
        vocabulary,
    }
}

fn adjacency(graphs: &[CellGraph], nodes: usize) -> Encoding {
    let mut encoding = zeros(vec![graphs.len(), nodes, nodes]);
    for (index, graph) in graphs.iter().enumerate() {
        graph.edges().iter().for_each(|&(from, to)| encoding.values[(index * nodes + from) * nodes + to] = 1);
    }
    encoding
}

fn one_hot(graphs: &[CellGraph], nodes: usize, vocabulary: usize) -> Encoding {
    let mut encoding = zeros(vec![graphs.len(), nodes, vocabulary]);
    for (index, graph) in graphs.iter().enumerate() {
        let chosen = graph.operations().iter().enumerate();
        chosen.for_each(|(node, operation)| encoding.values[(index * nodes + node) * vocabulary + operation] = 1);
    }
    encoding
}

fn encode_paths(graphs: &[CellGraph]) -> (Encoding, Vec<Vec<usize>>, Option<usize>) {
    let found: Vec<_> = graphs.iter().map(paths).collect();
    let cut = found.iter().filter_map(|(_, cut)| *cut).min();
    let kept = |path: &&Vec<usize>| cut.is_none_or(|cut| path.len() <= cut);
    let all: BTreeSet<(usize, &Vec<usize>)> =
        found.iter().flat_map(|(paths, _)| paths).filter(kept).map(|path| (path.len(), path)).collect();
    let columns: BTreeMap<&Vec<usize>, usize> = all.iter().enumerate().map(|(column, (_, path))| (*path, column)).collect();
    let mut encoding = zeros(vec![graphs.len(), columns.len()]);
    for (index, (paths, _)) in found.iter().enumerate() {
        let present = paths.iter().filter_map(|path| columns.get(path));
        present.for_each(|column| encoding.values[index * columns.len() + column] = 1);
    }
    (encoding, all.into_iter().map(|(_, path)| path.clone()).collect(), cut)
}

/// The paths of a graph, and the length up to which they are complete if there are too many.
fn paths(graph: &CellGraph) -> (BTreeSet<Vec<usize>>, Option<usize>) {
    let sources: BTreeSet<usize> = graph.edges().iter().map(|edge| edge.0).collect();
    let targets: BTreeSet<usize> = graph.edges().iter().map(|edge| edge.1).collect();
    let starts = (0..graph.node_count()).filter(|node| !targets.contains(node));
    // Ways of one length, each once for its last node and its operations.
    let mut ways: BTreeSet<(usize, Vec<usize>)> = starts.map(|node| (node, vec![graph.operations()[node]])).collect();
    let mut complete = BTreeSet::new();
    for length in 1.. {
        complete.extend(ways.iter().filter(|way| !sources.contains(&way.0)).map(|way| way.1.clone()));
        let mut longer = BTreeSet::new();
        for (last, path) in &ways {
            let next = graph.edges().iter().filter(|edge| edge.0 == *last).map(|edge| edge.1);
            longer.extend(next.map(|node| (node, [path.as_slice(), &[graph.operations()[node]]].concat())));
        }
        if longer.is_empty() {
            break;
        }
        if longer.len() + complete.len() > MOST_PATHS {
            return (complete, Some(length));
        }
        ways = longer;
    }
    (complete, None)
}

fn zeros(shape: Vec<usize>) -> Encoding {
    Encoding { values: vec![0; shape.iter().product()], shape }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EdgeCellSpace, NasBenchMacroSpace};

    #[test]
    fn a_cell_is_encoded_as_in_the_literature() {
        let text = "|b~0|+|b~0|b~1|+|b~0|b~1|none~2|".replace('b', "nor_conv_3x3");
        let cells = [
            EdgeCellSpace::nas_bench_201().parse(&text).expect("a cell"),
            EdgeCellSpace::nas_bench_201().parse(&text.replace("none", "skip_connect")).expect("a cell"),
        ];
        let encodings = encode(&EdgeCellSpace::nas_bench_201(), &cells);
        assert_eq!(encodings.adjacency.shape, [2, 8, 8]);
        assert_eq!(encodings.adjacency.values.iter().map(|&bit| usize::from(bit)).sum::<usize>(), 20);
        assert_eq!(encodings.adjacency.values[64 + 8 + 3], 1, "edge 1→2 reads edge 0→1");
        assert_eq!(encodings.operations.shape, [2, 8, 7]);
        assert_eq!(encodings.operations.values.iter().map(|&bit| usize::from(bit)).sum::<usize>(), 16);
        assert_eq!(encodings.operations.values[6 * 7..7 * 7], [0, 0, 1, 0, 0, 0, 0], "edge 2→3 is none");
        let paths: Vec<String> = encodings.paths.iter().map(|path| path.join(" ").replace("nor_conv_3x3", "b")).collect();
        assert_eq!(
            paths,
            [
                "input b output",
                "input b none output",
                "input b skip_connect output",
                "input b b output",
                "input b b none output",
                "input b b skip_connect output"
            ]
        );
        assert_eq!(encodings.path_presence.shape, [2, 6]);
        assert_eq!(encodings.path_presence.values, [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1]);
        assert_eq!(encodings.paths_cut_at, None);
    }

    #[test]
    fn too_many_paths_are_cut_at_a_length() {
        let complete = |nodes: usize| {
            let operations = (0..nodes).collect();
            CellGraph::new(operations, (0..nodes).flat_map(|from| (from + 1..nodes).map(move |to| (from, to))).collect(), nodes)
        };
        let (all, cut) = paths(&complete(12).expect("a graph"));
        assert_eq!((all.len(), cut), (1 << 10, None));
        let (some, cut) = paths(&complete(40).expect("a graph"));
        // By the number of nodes between the ends: none and one.
        assert_eq!((some.len(), cut), (1 + 38, Some(3)));
    }

    #[test]
    fn no_architecture_has_empty_encodings() {
        let encodings = encode(&NasBenchMacroSpace, &[]);
        assert_eq!((encodings.adjacency.shape, encodings.path_presence.shape), (vec![0, 0, 0], vec![0, 0]));
    }
}
