//! Cells with an operation on every edge between four nodes, as in NAS-Bench-201 and the micro space of TransNAS-Bench-101.

mod diagram;
mod function;
mod graph;
mod nas_bench_201;
mod search_space;
mod transnas_micro;

use bonas_core::{Architecture, SpaceError, StudyRng};
use rand::RngExt;
use std::collections::BTreeSet;

/// Nodes of a cell; the first is its input, the last its output.
const NODES: usize = 4;

/// The edges in the official order: by target, then by source. An architecture has one decision for each.
const EDGES: [(usize, usize); 6] = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)];

/// A space of cells with four nodes and one of several operations on each of the six edges.
///
/// The benchmarks trained every cell on its own, also those that compute the same function, so every cell is its own canonical
/// form; [`function`](Self::function) tells which are the same, and [`SearchSpace::representative`](bonas_core::SearchSpace::representative)
/// takes one for all of them.
#[derive(Clone, Copy, Debug)]
pub struct EdgeCellSpace {
    description: &'static str,
    operations: Operations,
    parse: fn(&str) -> Result<Architecture, SpaceError>,
    format: fn(&Architecture) -> String,
    representatives: fn() -> &'static function::Representatives,
}

impl EdgeCellSpace {
    /// The space of NAS-Bench-201 (Dong and Yang, ICLR 2020) and of NATS-Bench's topology search: five operations, 15,625 cells.
    /// Its text form is the official string, `|op~0|+|op~0|op~1|+|op~0|op~1|op~2|`.
    pub const fn nas_bench_201() -> Self {
        Self {
            description: "NAS-Bench-201 cells: four nodes, one of five operations on each of six edges",
            operations: nas_bench_201::OPERATIONS,
            parse: nas_bench_201::parse,
            format: nas_bench_201::format,
            representatives: nas_bench_201::representatives,
        }
    }

    /// The micro space of TransNAS-Bench-101 (Duan et al., CVPR 2021): the cell of NAS-Bench-201 with four operations, 4,096 cells.
    /// Its text form is the official string, `64-41414-a_bc_def`: a digit for each edge, node by node.
    pub const fn transnas_micro() -> Self {
        Self {
            description: "TransNAS-Bench-101 micro: four nodes, one of four operations on each of six edges",
            operations: transnas_micro::OPERATIONS,
            parse: transnas_micro::parse,
            format: transnas_micro::format,
            representatives: transnas_micro::representatives,
        }
    }

    /// The edges of a cell by target, then by source: (source, target, name of the operation). Node 0 is the input, node 3 the output.
    pub fn edges(&self, architecture: &Architecture) -> impl Iterator<Item = (usize, usize, &'static str)> {
        let operations = self.operations;
        EDGES
            .into_iter()
            .zip(architecture.decisions())
            .map(move |((from, to), &decision)| (from, to, operations.name_of(decision)))
    }

    /// The names of the operations, in the order of their numbers in an architecture.
    pub fn operations(&self) -> &'static [&'static str] {
        self.operations.names
    }

    /// The function of a cell, equal for cells that compute the same: `none` removed, `skip_connect` merged where it is a wire, sums
    /// sorted. In TransNAS-Bench-101 those from the input are none: cells that halve the resolution give them a convolution.
    pub fn function(&self, architecture: &Architecture) -> String {
        function::function(architecture, &self.operations)
    }

    /// The number of cells that differ by the rule of NAS-Bench-201, which simplifies `none` and `skip_connect` away: 6,466 of
    /// its 15,625.
    pub fn distinct(&self) -> u128 {
        let simplified = self.all().map(|cell| function::simplified(&cell, &self.operations));
        simplified.collect::<BTreeSet<_>>().len() as u128
    }

    /// Every cell, in the order of its decisions.
    pub fn all(&self) -> impl Iterator<Item = Architecture> + use<> {
        self.operations.all()
    }
}

/// Operations of a space and the name by which configurations call it.
#[derive(Clone, Copy, Debug)]
struct Operations {
    space: &'static str,
    /// In the order of their numbers in an architecture.
    names: &'static [&'static str],
    /// Whether every cell of a network has its input in the size of its output, so that a skip from there is a wire.
    input_keeps_size: bool,
}

impl Operations {
    fn size(&self) -> u128 {
        (self.names.len() as u128).pow(EDGES.len() as u32)
    }

    fn check(&self, architecture: &Architecture) -> Result<(), SpaceError> {
        let decisions = architecture.decisions();
        if decisions.len() != EDGES.len() {
            return Err(self.outside(format!("it has {} decisions instead of {}", decisions.len(), EDGES.len())));
        }
        match decisions.iter().zip(EDGES).find(|(decision, _)| usize::from(**decision) >= self.names.len()) {
            Some((decision, (from, to))) => {
                let count = self.names.len();
                Err(self.outside(format!("edge {from}→{to} has operation {decision}, but there are only {count}")))
            }
            None => Ok(()),
        }
    }

    fn sample(&self, rng: &mut StudyRng) -> Architecture {
        Architecture::new((0..EDGES.len()).map(|_| rng.random_range(0..self.names.len()) as u8).collect::<Vec<_>>())
    }

    /// Another operation on one edge, each possible change alike.
    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        let mut decisions = parent.decisions().to_vec();
        let edge = rng.random_range(0..EDGES.len());
        let other = rng.random_range(1..self.names.len()) as u8;
        decisions[edge] = (decisions[edge] + other) % self.names.len() as u8;
        Architecture::new(decisions)
    }

    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture> {
        let changed = |edge: usize, operation: u8| {
            let mut decisions = architecture.decisions().to_vec();
            decisions[edge] = operation;
            Architecture::new(decisions)
        };
        let current = architecture.decisions();
        let changes = (0..EDGES.len()).flat_map(|edge| (0..self.names.len() as u8).map(move |operation| (edge, operation)));
        changes
            .filter(|&(edge, operation)| current[edge] != operation)
            .map(|(edge, operation)| changed(edge, operation))
            .collect()
    }

    /// Every architecture, in the order of its decisions.
    fn all(&self) -> impl Iterator<Item = Architecture> + use<> {
        let count = self.names.len();
        (0..count.pow(EDGES.len() as u32)).map(move |number| {
            let digit = |edge: usize| (number / count.pow((EDGES.len() - 1 - edge) as u32) % count) as u8;
            Architecture::new((0..EDGES.len()).map(digit).collect::<Vec<_>>())
        })
    }

    fn name_of(&self, decision: u8) -> &'static str {
        self.names[usize::from(decision)]
    }

    fn number_of(&self, name: &str) -> Option<u8> {
        self.names.iter().position(|known| *known == name).map(|place| place as u8)
    }

    fn outside(&self, reason: String) -> SpaceError {
        SpaceError::Outside { space: self.space.into(), reason }
    }
}
