mod cell;
mod diagram;
mod genotype;
mod graph;
mod primitive;
mod rules;
mod search_space;
mod text;

pub use genotype::{DartsCell, DartsGenotype, Operand};
pub use primitive::Primitive;

use crate::SpaceName;
use crate::nearest::unknown_operation;
use bonas_core::{Architecture, SpaceError};
use cell::{Cell, NODES, Node};
use rules::{Pairing, Rules};

/// A space of DARTS cells (Liu et al., *DARTS: Differentiable Architecture Search*, ICLR 2019): four intermediate nodes, each
/// the sum of two operations on earlier nodes or on the outputs of the two cells before.
///
/// An architecture has the decisions `source_a, operation_a, source_b, operation_b` of every node: 16 numbers per cell.
/// Sources count as in [`Operand::source`], operations as in [`primitives`](Self::primitives). The order of two operands and
/// of nodes that don't read each other means nothing, and [`canonical`](bonas_core::SearchSpace::canonical) forgets it; the
/// two inputs of a cell are different things, and swapping them makes another architecture.
///
/// The graph has eleven nodes per cell: its two inputs, its eight operations and its output. An operation that reads an
/// intermediate node has edges from both operations of that node, and every operation has an edge to the output. The graph
/// therefore doesn't show which two operations of a cell share a node that nobody reads.
#[derive(Clone, Debug)]
pub struct DartsSpace {
    name: SpaceName,
    primitives: &'static [Primitive],
    rules: Rules,
    /// What each node may be, operands in order.
    choices: [Vec<Node>; NODES],
    cell_names: &'static [&'static str],
}

impl DartsSpace {
    /// The space of DARTS: a normal and a reduction cell, seven operations, and two *distinct sources* per node.
    ///
    /// It has (180 · 49⁴)² architectures, operand order aside.
    pub fn darts() -> Self {
        Self::new(SpaceName::Darts, &Primitive::ALL, Pairing::DistinctSources, &["normal", "reduce"])
    }

    /// The space that BONAS searched (Shi et al., NeurIPS 2020): one cell in both roles, four operations, and two *distinct
    /// operands* per node, which may read the same source with different operations.
    ///
    /// It has 42,134,400 architectures, operand order aside.
    pub fn bonas() -> Self {
        const PRIMITIVES: &[Primitive] =
            &[Primitive::MaxPool3x3, Primitive::SkipConnect, Primitive::SepConv3x3, Primitive::DilConv3x3];
        Self::new(SpaceName::BonasDarts, PRIMITIVES, Pairing::DistinctOperands, &["shared"])
    }

    fn new(name: SpaceName, primitives: &'static [Primitive], pairing: Pairing, cell_names: &'static [&'static str]) -> Self {
        let rules = Rules { pairing, operations: primitives.len() as u8 };
        Self { name, primitives, rules, choices: std::array::from_fn(|node| rules.choices(node)), cell_names }
    }

    /// The operations, in the order of their numbers in an architecture.
    pub fn primitives(&self) -> &[Primitive] {
        self.primitives
    }

    /// Whether one cell serves as normal and as reduction cell.
    pub fn is_shared(&self) -> bool {
        self.cell_names.len() == 1
    }

    /// The typed view of an architecture of this space, from which networks are built.
    pub fn genotype(&self, architecture: &Architecture) -> DartsGenotype {
        let cells: Vec<DartsCell> = self.cells(architecture).iter().map(|cell| self.darts_cell(cell)).collect();
        DartsGenotype { normal: cells[0].clone(), reduce: cells[cells.len() - 1].clone() }
    }

    /// The architecture of a genotype, nodes and operands in the order given.
    ///
    /// # Errors
    /// [`SpaceError::UnknownOperation`] for an operation that this space lacks; [`SpaceError::Outside`] when a cell has not
    /// four nodes, a source doesn't come before its node, a node's operands break the rule of the space, or the cells differ
    /// where they must be one.
    pub fn architecture(&self, genotype: &DartsGenotype) -> Result<Architecture, SpaceError> {
        let normal = self.cell("normal", &genotype.normal)?;
        let reduce = self.cell("reduce", &genotype.reduce)?;
        if !self.is_shared() {
            return self.checked(Self::encode(&[normal, reduce]));
        }
        if normal.with_sorted_operands() != reduce.with_sorted_operands() {
            return Err(self.outside("the normal and the reduction cell differ, but this space has one cell for both".into()));
        }
        self.checked(Self::encode(&[normal]))
    }

    fn checked(&self, architecture: Architecture) -> Result<Architecture, SpaceError> {
        bonas_core::SearchSpace::validate(self, &architecture)?;
        Ok(architecture)
    }

    /// The cells of an architecture: one if it is shared, else normal and reduction.
    fn cells(&self, architecture: &Architecture) -> Vec<Cell> {
        architecture.decisions().chunks_exact(Cell::DECISIONS).map(Cell::decode).collect()
    }

    fn encode(cells: &[Cell]) -> Architecture {
        Architecture::new(cells.iter().flat_map(Cell::encode).collect::<Vec<u8>>())
    }

    fn darts_cell(&self, cell: &Cell) -> DartsCell {
        let operand = |(source, operation): cell::Pair| Operand {
            source: usize::from(source),
            primitive: self.primitives[usize::from(operation)],
        };
        DartsCell { nodes: cell.0.iter().map(|node| node.map(operand)).collect() }
    }

    fn cell(&self, name: &str, cell: &DartsCell) -> Result<Cell, SpaceError> {
        let wrong_count = || self.outside(format!("the {name} cell has {} nodes instead of {NODES}", cell.nodes.len()));
        let nodes: &[[Operand; 2]; NODES] = cell.nodes.as_slice().try_into().map_err(|_| wrong_count())?;
        let mut encoded = [[(0, 0); 2]; NODES];
        for (node, operands) in nodes.iter().enumerate() {
            for (place, operand) in operands.iter().enumerate() {
                encoded[node][place] = (self.source(operand)?, self.operation(operand.primitive)?);
            }
        }
        Ok(Cell(encoded))
    }

    fn source(&self, operand: &Operand) -> Result<u8, SpaceError> {
        let reason = || format!("source {} does not exist; a cell has sources 0 to {}", operand.source, NODES);
        u8::try_from(operand.source).map_err(|_| self.outside(reason()))
    }

    fn operation(&self, primitive: Primitive) -> Result<u8, SpaceError> {
        let place = self.primitives.iter().position(|&known| known == primitive);
        place.map(|place| place as u8).ok_or_else(|| {
            let known: Vec<&str> = self.primitives.iter().map(|primitive| primitive.name()).collect();
            unknown_operation(primitive.name(), None, self.name.as_str(), &known)
        })
    }

    fn outside(&self, reason: String) -> SpaceError {
        SpaceError::Outside { space: self.name.to_string(), reason }
    }
}
