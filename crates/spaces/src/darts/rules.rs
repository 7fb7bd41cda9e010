use super::cell::{Cell, INPUTS, NODES, Node, Pair};

/// What the two operands of a node must not have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pairing {
    /// They read distinct sources, as DARTS derives its genotypes.
    DistinctSources,
    /// They differ in source or operation.
    DistinctOperands,
}

impl Pairing {
    fn allows(self, a: Pair, b: Pair) -> bool {
        match self {
            Self::DistinctSources => a.0 != b.0,
            Self::DistinctOperands => a != b,
        }
    }
}

/// What a mutation changes in an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Operation,
    Source,
}

/// Which cells a space holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) pairing: Pairing,
    /// Number of operations.
    pub(super) operations: u8,
}

impl Rules {
    /// Every choice of operands for a node, the operands in order.
    pub(super) fn choices(&self, node: usize) -> Vec<Node> {
        let pairs: Vec<Pair> = (0..sources(node)).flat_map(|source| (0..self.operations).map(move |op| (source, op))).collect();
        let ordered = pairs.iter().enumerate().flat_map(|(place, &a)| pairs[place..].iter().map(move |&b| [a, b]));
        ordered.filter(|&[a, b]| self.pairing.allows(a, b)).collect()
    }

    /// Every cell that differs from this one in one operation, or in one source, of one operand.
    ///
    /// They differ in more than the order of operands, from the cell and from each other.
    pub(super) fn changed(&self, cell: &Cell, change: Change) -> Vec<Cell> {
        let operands = (0..NODES).flat_map(|node| [(node, 0), (node, 1)]);
        operands.flat_map(|(node, operand)| self.changed_operand(cell, change, node, operand)).collect()
    }

    fn changed_operand(&self, cell: &Cell, change: Change, node: usize, operand: usize) -> Vec<Cell> {
        let (source, operation) = cell.0[node][operand];
        let other = cell.0[node][1 - operand];
        let alternatives: Vec<Pair> = match change {
            Change::Operation => (0..self.operations).map(|operation| (source, operation)).collect(),
            Change::Source => (0..sources(node)).map(|source| (source, operation)).collect(),
        };
        let valid = alternatives.into_iter().filter(|&pair| pair != (source, operation) && self.pairing.allows(pair, other));
        let replace = |pair| {
            let mut changed = *cell;
            changed.0[node][operand] = pair;
            changed
        };
        valid.map(replace).collect()
    }

    /// Says which rule the cell breaks, if it breaks one.
    pub(super) fn check(&self, cell: &Cell) -> Result<(), String> {
        cell.0.iter().enumerate().try_for_each(|(place, &[a, b])| {
            self.check_operand(place, a)?;
            self.check_operand(place, b)?;
            match self.pairing {
                _ if self.pairing.allows(a, b) => Ok(()),
                Pairing::DistinctSources => {
                    Err(format!("both operands of node {place} read source {}, but they must differ", a.0))
                }
                Pairing::DistinctOperands => Err(format!("both operands of node {place} are the same")),
            }
        })
    }

    fn check_operand(&self, node: usize, (source, operation): Pair) -> Result<(), String> {
        if source >= sources(node) {
            let last = sources(node) - 1;
            return Err(format!("node {node} reads source {source}, but only sources 0 to {last} come before it"));
        }
        if operation >= self.operations {
            let count = self.operations;
            return Err(format!("node {node} has operation {operation}, but there are only {count} operations, from 0"));
        }
        Ok(())
    }
}

/// Number of sources that come before a node.
fn sources(node: usize) -> u8 {
    (node + INPUTS) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const DARTS: Rules = Rules { pairing: Pairing::DistinctSources, operations: 7 };
    const BONAS: Rules = Rules { pairing: Pairing::DistinctOperands, operations: 4 };

    #[test]
    fn enumeration_confirms_the_closed_forms() {
        let counts = |rules: Rules| (0..NODES).map(|node| rules.choices(node).len()).collect::<Vec<_>>();
        // C(4 (n + 2), 2) pairs of distinct operands.
        assert_eq!(counts(BONAS), [28, 66, 120, 190]);
        // C(n + 2, 2) pairs of distinct sources, 7 × 7 operations.
        assert_eq!(counts(DARTS), [49, 3 * 49, 6 * 49, 10 * 49]);
    }

    #[test]
    fn changes_reach_every_alternative_once() {
        // Distinct sources everywhere, so nothing collides in either space.
        let cell = Cell([[(0, 0), (1, 1)], [(0, 2), (1, 3)], [(0, 0), (1, 1)], [(0, 2), (1, 3)]]);
        let count = |rules: Rules, change| rules.changed(&cell, change).len();
        assert_eq!(count(DARTS, Change::Operation), 8 * 6);
        assert_eq!(count(DARTS, Change::Source), 2 * (0..NODES).sum::<usize>());
        assert_eq!(count(BONAS, Change::Operation), 8 * 3);
        assert_eq!(count(BONAS, Change::Source), 2 * (1..=NODES).sum::<usize>());
    }

    #[test]
    fn changes_never_make_two_equal_operands() {
        let cell = Cell([[(0, 0), (0, 1)], [(0, 0), (1, 0)], [(0, 0), (0, 1)], [(0, 0), (1, 0)]]);
        for change in [Change::Operation, Change::Source] {
            assert!(BONAS.changed(&cell, change).iter().all(|changed| BONAS.check(changed).is_ok()));
        }
        assert_eq!(BONAS.changed(&cell, Change::Operation).len(), 2 * (2 + 2) + 2 * (3 + 3));
    }
}
