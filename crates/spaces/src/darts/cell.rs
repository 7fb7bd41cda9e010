use std::sync::LazyLock;

/// Intermediate nodes of a cell.
pub(super) const NODES: usize = 4;
/// Inputs of a cell: `c_{k-2}` and `c_{k-1}`.
pub(super) const INPUTS: usize = 2;

/// An operand as it is stored: its source and the index of its operation in the space.
pub(super) type Pair = (u8, u8);
/// An intermediate node: its two operands.
pub(super) type Node = [Pair; 2];

/// A cell as small integers. Ordered like the bytes it is stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cell(pub(super) [Node; NODES]);

/// Every order of the intermediate nodes.
static ORDERS: LazyLock<Vec<[usize; NODES]>> = LazyLock::new(|| {
    let orders = (0..NODES.pow(NODES as u32)).map(|code| std::array::from_fn(|place| code / NODES.pow(place as u32) % NODES));
    orders.filter(|order: &[usize; NODES]| (0..NODES).all(|node| order.contains(&node))).collect()
});

impl Cell {
    /// Decisions per cell: `source_a, operation_a, source_b, operation_b` of every node.
    pub(super) const DECISIONS: usize = 4 * NODES;

    /// Reads a cell from its decisions, which must be [`DECISIONS`](Self::DECISIONS) many.
    pub(super) fn decode(decisions: &[u8]) -> Self {
        Self(std::array::from_fn(|node| {
            let at = 4 * node;
            [(decisions[at], decisions[at + 1]), (decisions[at + 2], decisions[at + 3])]
        }))
    }

    /// The decisions of the cell.
    pub(super) fn encode(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.iter().flatten().flat_map(|&(source, operation)| [source, operation])
    }

    /// The cell with the operands of each node in order.
    pub(super) fn with_sorted_operands(&self) -> Self {
        Self(self.0.map(sorted))
    }

    /// The smallest of all cells that differ from this one only in the order of operands and of intermediate nodes.
    pub(super) fn canonical(&self) -> Self {
        let relabelled = ORDERS.iter().filter_map(|order| self.relabelled(order));
        relabelled.min().unwrap_or_else(|| self.with_sorted_operands())
    }

    /// The cell with old node `order[k]` at place `k` and operands sorted, unless a node would precede one that it reads.
    pub(super) fn relabelled(&self, order: &[usize; NODES]) -> Option<Self> {
        let mut place = [0; NODES];
        for (new, &old) in order.iter().enumerate() {
            place[old] = new;
        }
        let mut nodes = [[(0, 0); 2]; NODES];
        for (new, &old) in order.iter().enumerate() {
            for (operand, &(source, operation)) in self.0[old].iter().enumerate() {
                nodes[new][operand] = (moved(source, &place, new)?, operation);
            }
        }
        Some(Self(nodes.map(sorted)))
    }
}

/// The source after relabelling, if it still comes before the node that reads it.
fn moved(source: u8, place: &[usize; NODES], reader: usize) -> Option<u8> {
    let Some(intermediate) = usize::from(source).checked_sub(INPUTS) else {
        return Some(source);
    };
    (place[intermediate] < reader).then(|| (place[intermediate] + INPUTS) as u8)
}

fn sorted(mut node: Node) -> Node {
    node.sort_unstable();
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHAIN: Cell = Cell([[(0, 0), (1, 1)], [(0, 2), (2, 3)], [(1, 4), (3, 5)], [(2, 6), (4, 0)]]);
    const FLAT: Cell = Cell([[(1, 6), (0, 0)], [(1, 2), (0, 3)], [(1, 0), (0, 1)], [(0, 6), (1, 6)]]);

    #[test]
    fn there_are_24_orders() {
        assert_eq!(ORDERS.len(), 24);
    }

    #[test]
    fn decoding_undoes_encoding() {
        assert_eq!(Cell::decode(&CHAIN.encode().collect::<Vec<_>>()), CHAIN);
    }

    #[test]
    fn a_chain_has_one_order_and_independent_nodes_have_all() {
        let orders = |cell: &Cell| ORDERS.iter().filter(|order| cell.relabelled(order).is_some()).count();
        assert_eq!((orders(&CHAIN), orders(&FLAT)), (1, 24));
    }

    #[test]
    fn relabelling_and_operand_order_leave_the_canonical_form() {
        for cell in [CHAIN, FLAT, Cell([[(0, 0), (1, 1)], [(0, 2), (1, 3)], [(2, 4), (0, 5)], [(3, 6), (0, 0)]])] {
            let canonical = cell.canonical();
            assert_eq!(canonical.canonical(), canonical);
            assert_eq!(Cell(cell.0.map(|[a, b]| [b, a])).canonical(), canonical);
            for relabelled in ORDERS.iter().filter_map(|order| cell.relabelled(order)) {
                assert_eq!(relabelled.canonical(), canonical);
            }
        }
    }
}
