use super::MOST_DECISIONS;
use super::cell::{Cell, Node};

/// What the architectures of a cell, or of the space, must keep. Operations are numbers of the whole space.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) limits: Vec<Limit>,
    /// Operations that may not follow one another directly.
    pub(super) forbid: Vec<Vec<usize>>,
}

/// How often an operation may be used.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) operation: usize,
    pub(super) at_least: usize,
    pub(super) at_most: usize,
}

impl Limit {
    pub(super) fn admits(&self, count: usize) -> bool {
        (self.at_least..=self.at_most).contains(&count)
    }

    /// From this count on, one more changes nothing.
    pub(super) fn cap(&self) -> usize {
        let above = if self.at_most == usize::MAX { 0 } else { self.at_most + 1 };
        // No architecture has more operations than decisions.
        self.at_least.max(above).min(MOST_DECISIONS + 1)
    }
}

impl Rules {
    /// The first rule that these nodes of a cell break, in words.
    pub(super) fn broken(&self, cell: &Cell, nodes: &[Node], names: &[String]) -> Option<String> {
        if let Some(loose) = Some(cell).filter(|cell| cell.must_connect).and_then(|cell| cell.loose(nodes)) {
            return Some(loose);
        }
        let edges: usize = nodes.iter().map(|node| node.sources.len()).sum();
        if let Some(most) = cell.max_edges.filter(|&most| edges > most) {
            return Some(format!("there are {edges} edges, but at most {most} may be"));
        }
        self.limit_broken(&|operation| count(nodes, operation), names).or_else(|| self.sequence_found(cell, nodes, names))
    }

    /// The first limit that these counts of operations break, in words.
    pub(super) fn limit_broken(&self, count: &dyn Fn(usize) -> usize, names: &[String]) -> Option<String> {
        let counted = self.limits.iter().map(|limit| (limit, count(limit.operation)));
        let (limit, count) = counted.into_iter().find(|(limit, count)| !limit.admits(*count))?;
        let bound = match count > limit.at_most {
            true => format!("at most {} are allowed", limit.at_most),
            false => format!("at least {} are needed", limit.at_least),
        };
        Some(format!("operation '{}' is used {count} times; {bound}", names[limit.operation]))
    }

    fn sequence_found(&self, cell: &Cell, nodes: &[Node], names: &[String]) -> Option<String> {
        let found = self.forbid.iter().find(|sequence| follows(cell, nodes, sequence))?;
        let listed: Vec<_> = found.iter().map(|&operation| format!("'{}'", names[operation])).collect();
        Some(format!("operations {} follow one another, which is forbidden", listed.join(", ")))
    }
}

/// How often an operation is used.
pub(super) fn count(nodes: &[Node], operation: usize) -> usize {
    let is = |used: &Option<usize>| usize::from(*used == Some(operation));
    nodes.iter().map(|node| is(&node.operation) + node.sources.iter().map(|source| is(&source.1)).sum::<usize>()).sum()
}

/// Whether these operations stand behind one another on a way through the cell.
fn follows(cell: &Cell, nodes: &[Node], sequence: &[usize]) -> bool {
    let mut ends = vec![vec![false; sequence.len() + 1]; cell.nodes()];
    // `ends[node][length]`: the first `length` operations can end at the node.
    ends.iter_mut().for_each(|ends| ends[0] = true);
    for (index, node) in nodes.iter().enumerate() {
        for length in 1..=sequence.len() {
            let step = |&(source, on_edge): &(usize, Option<usize>)| {
                let used = if cell.on_edges { on_edge } else { node.operation };
                used == Some(sequence[length - 1]) && ends[source][length - 1]
            };
            let reached = node.sources.iter().any(step);
            ends[cell.inputs + index][length] = reached;
        }
    }
    ends.iter().any(|ends| ends[sequence.len()])
}
