use bonas_spaces::{DartsCell, DartsGenotype, Operand};
use std::collections::BTreeSet;

/// The distinct (node, operand) pairs of some cells: the operations a cell of their supernet has.
///
/// Duplicates collapse here; the space forbids a node to name the same pair twice, so no multiplicity is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellUnion {
    nodes: usize,
    operands: Vec<(usize, Operand)>,
}

/// The operations that a forward pass through a cell uses: for each node, (index in the union, source).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellPath {
    pub(crate) nodes: Vec<Vec<(usize, usize)>>,
}

impl CellUnion {
    /// The union of these cells.
    pub fn new<'a>(cells: impl IntoIterator<Item = &'a DartsCell>) -> Self {
        let mut nodes = 0;
        let mut operands = BTreeSet::new();
        for cell in cells {
            nodes = nodes.max(cell.nodes.len());
            operands.extend(cell.nodes.iter().enumerate().flat_map(|(node, pair)| pair.map(|operand| (node, operand))));
        }
        Self { nodes, operands: operands.into_iter().collect() }
    }

    /// The (node, operand) pairs, sorted.
    pub fn operands(&self) -> &[(usize, Operand)] {
        &self.operands
    }

    /// The path of a cell, if the union holds all of it.
    pub fn path(&self, cell: &DartsCell) -> Option<CellPath> {
        let index = |node, operand: &Operand| self.operands.binary_search(&(node, *operand)).ok().map(|at| (at, operand.source));
        let nodes = cell.nodes.iter().enumerate().map(|(node, pair)| pair.iter().map(|operand| index(node, operand)).collect());
        Some(CellPath { nodes: nodes.collect::<Option<_>>()? })
    }

    /// The path that uses everything.
    pub fn whole(&self) -> CellPath {
        let mut nodes = vec![Vec::new(); self.nodes];
        for (index, (node, operand)) in self.operands.iter().enumerate() {
            nodes[*node].push((index, operand.source));
        }
        CellPath { nodes }
    }
}

/// The unions of the normal and of the reduction cells of some genotypes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenotypeUnion {
    /// Of the normal cells.
    pub normal: CellUnion,
    /// Of the reduction cells.
    pub reduce: CellUnion,
}

impl GenotypeUnion {
    /// The union of these genotypes.
    pub fn new(genotypes: &[DartsGenotype]) -> Self {
        Self {
            normal: CellUnion::new(genotypes.iter().map(|genotype| &genotype.normal)),
            reduce: CellUnion::new(genotypes.iter().map(|genotype| &genotype.reduce)),
        }
    }
}
