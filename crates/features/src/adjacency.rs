use bonas_core::CellGraph;

/// The neighbours of every node.
pub(crate) struct Adjacency {
    /// The nodes that feed each node.
    pub(crate) sources: Vec<Vec<usize>>,
    /// The nodes that each node feeds.
    pub(crate) targets: Vec<Vec<usize>>,
}

impl Adjacency {
    pub(crate) fn of(graph: &CellGraph) -> Self {
        let mut sources = vec![Vec::new(); graph.node_count()];
        let mut targets = sources.clone();
        for &(from, to) in graph.edges() {
            sources[to].push(from);
            targets[from].push(to);
        }
        Self { sources, targets }
    }
}
