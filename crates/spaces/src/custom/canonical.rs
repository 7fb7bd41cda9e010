use super::cell::{Cell, Node};

/// With more nodes between inputs and output than this, architectures are their own canonical form.
pub(super) const MOST_NODES: usize = 8;

/// Whether all numberings of the nodes of such a cell are looked at.
pub(super) fn is_complete(cell: &Cell) -> bool {
    !cell.is_wired() && cell.targets.len() - 1 <= MOST_NODES
}

/// The smallest decisions over all numberings of the nodes between inputs and output that keep every operation in the list of its
/// place, where the wiring is searched.
pub(super) fn canonical(cell: &Cell, decisions: &[u8]) -> Vec<u8> {
    if !is_complete(cell) {
        return decisions.to_vec();
    }
    let nodes = cell.nodes_of(decisions);
    let mut numbers = vec![None; cell.nodes()];
    (0..cell.inputs).for_each(|input| numbers[input] = Some(input));
    let mut search = Search { cell, nodes: &nodes, numbers, decisions: Vec::new(), best: None };
    search.place(0);
    search.best.unwrap_or_else(|| decisions.to_vec())
}

/// Numbers nodes one after the other. The decisions of a node follow from its sources, which have their numbers by then, so only
/// nodes with the smallest decisions have to be tried at a place, and others where these lead nowhere.
struct Search<'a> {
    cell: &'a Cell,
    nodes: &'a [Node],
    /// The new number of every node that has one.
    numbers: Vec<Option<usize>>,
    decisions: Vec<u8>,
    best: Option<Vec<u8>>,
}

impl Search<'_> {
    /// Whether the nodes that are left can be placed.
    fn place(&mut self, index: usize) -> bool {
        let between = self.nodes.len() - 1;
        if index == between {
            return self.finish();
        }
        let open = (0..between).filter(|&node| self.numbers[self.cell.inputs + node].is_none());
        let mut candidates: Vec<_> = open.filter_map(|node| Some((self.decided(node, index)?, node))).collect();
        candidates.sort();
        // Where places have different operations, the smallest can leave a place that no other node fits.
        candidates.chunk_by(|left, right| left.0 == right.0).any(|alike| self.place_one_of(alike, index))
    }

    fn place_one_of(&mut self, alike: &[(Vec<u8>, usize)], index: usize) -> bool {
        let mut tried: Vec<usize> = Vec::new();
        let mut placed = false;
        for (decisions, node) in alike {
            if tried.iter().any(|&other| self.are_twins(other, *node)) {
                continue;
            }
            tried.push(*node);
            let length = self.decisions.len();
            self.decisions.extend(decisions);
            self.numbers[self.cell.inputs + node] = Some(self.cell.inputs + index);
            placed |= self.place(index + 1);
            self.numbers[self.cell.inputs + node] = None;
            self.decisions.truncate(length);
        }
        placed
    }

    fn finish(&mut self) -> bool {
        let output = self.nodes.len() - 1;
        let Some(last) = self.decided(output, output) else { return false };
        let decisions = [self.decisions.as_slice(), &last].concat();
        if self.best.as_ref().is_none_or(|best| decisions < *best) {
            self.best = Some(decisions);
        }
        true
    }

    /// The decisions of a node at a place, if its sources have numbers and the place allows them.
    fn decided(&self, node: usize, index: usize) -> Option<Vec<u8>> {
        let mut renumbered = self.nodes[node].clone();
        let derived = self.cell.targets[index].is_derived();
        for source in renumbered.sources.iter_mut().filter(|_| !derived) {
            source.0 = self.numbers[source.0]?;
        }
        renumbered.sources.sort_unstable();
        self.cell.targets[index].decisions(&renumbered, self.cell.on_edges)
    }

    /// Whether exchanging two nodes changes nothing, so that only one of them has to be tried.
    fn are_twins(&self, left: usize, right: usize) -> bool {
        let edge = |node: &Node, index: usize| node.sources.iter().find(|source| source.0 == self.cell.inputs + index).copied();
        let alike = |node: &Node| edge(node, left).map(|edge| edge.1) == edge(node, right).map(|edge| edge.1);
        self.nodes[left] == self.nodes[right] && self.nodes.iter().all(alike)
    }
}
