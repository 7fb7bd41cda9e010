use crate::adjacency::Adjacency;
use crate::feature::Feature;
use crate::hash::mix;
use bonas_core::CellGraph;

/// Apart from every other kind of feature.
const SALT: u64 = 0x7061_7468;

/// Most different prefixes of one length that are followed: the number of paths grows exponentially with the nodes of a dense
/// graph. No cell of a published space comes near it.
const MAX_PREFIXES: usize = 20_000;

/// The path encoding (White, Neiswanger and Savani, *BANANAS*, AAAI 2021): every sequence of operations on a path from a node
/// without sources to a node without targets, once, however many paths have it. Sorted by length.
///
/// A graph with more than 20,000 different beginnings of one length is described by its shorter paths alone.
pub fn paths(graph: &CellGraph) -> Vec<Feature> {
    let adjacency = Adjacency::of(graph);
    let step = |key: u64, node: usize| (node, mix(key, graph.operations()[node] as u64));
    let mut prefixes: Vec<(usize, u64)> =
        (0..graph.node_count()).filter(|&node| adjacency.sources[node].is_empty()).map(|node| step(SALT, node)).collect();
    let (mut found, mut length) = (Vec::new(), 1);
    while !prefixes.is_empty() {
        prefixes.sort_unstable();
        prefixes.dedup();
        if prefixes.len() > MAX_PREFIXES {
            break;
        }
        let ended = prefixes.iter().filter(|(node, _)| adjacency.targets[*node].is_empty());
        let mut keys: Vec<u64> = ended.map(|&(_, key)| key).collect();
        keys.sort_unstable();
        keys.dedup();
        found.extend(keys.into_iter().map(|key| Feature { key, length, count: 1.0 }));
        let extended = |&(node, key): &(usize, u64)| adjacency.targets[node].iter().map(move |&next| step(key, next));
        prefixes = prefixes.iter().flat_map(extended).collect();
        length += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(graph: &CellGraph) -> Vec<usize> {
        paths(graph).iter().map(|path| path.length).collect()
    }

    /// The cell of figure 2 of the BANANAS paper in kind: parallel ways, one of them twice.
    #[test]
    fn sequences_count_once_however_many_paths_have_them() {
        let edges = vec![(0, 1), (0, 2), (0, 4), (1, 3), (2, 3), (3, 4), (0, 3)];
        let graph = CellGraph::new(vec![0, 2, 2, 3, 1], edges, 4).expect("valid");
        // 0→1; 0→3→1; 0→2→3→1 by two nodes.
        assert_eq!(lengths(&graph), [2, 3, 4]);
        let other = CellGraph::new(vec![0, 2, 1], vec![(0, 1), (1, 2)], 4).expect("valid");
        assert!(!paths(&graph).contains(&paths(&other)[0]), "input, 2, output is no path of the first");
    }

    #[test]
    fn nodes_apart_and_several_inputs_have_paths_of_their_own() {
        let graph = CellGraph::new(vec![0, 1, 2, 3], vec![(0, 2), (1, 2)], 4).expect("valid");
        // The lone node 3, and the sequences 0 2 and 1 2.
        assert_eq!(lengths(&graph), [1, 2, 2]);
    }

    #[test]
    fn dense_graphs_end_at_their_shorter_paths() {
        let nodes = 40;
        let edges: Vec<(usize, usize)> = (1..nodes).flat_map(|to| (0..to).map(move |from| (from, to))).collect();
        let operations: Vec<usize> = (0..nodes).collect();
        let found = lengths(&CellGraph::new(operations, edges, nodes).expect("valid"));
        // Paths of 2, 3 and 4 nodes from the first to the last: 1, 38, 38 · 37 / 2.
        assert_eq!([2, 3, 4].map(|length| found.iter().filter(|&&found| found == length).count()), [1, 38, 703]);
        assert!(found.len() < 2 * MAX_PREFIXES);
    }
}
