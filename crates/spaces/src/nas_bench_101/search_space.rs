use super::cell::{Cell, OPERATIONS};
use super::edges::{Edges, MAX_VERTICES, PAIRS};
use super::moves::Change;
use super::{NAME, NasBench101Space, graph, outside, text};
use bonas_core::{Architecture, CellDiagram, CellGraph, SearchSpace, SpaceError, StudyRng};
use rand::RngExt;
use std::collections::BTreeSet;

/// Cells of the space, isomorphic ones counted once (Ying et al. 2019, section 2.2).
const CLASSES: u128 = 423_624;

impl SearchSpace for NasBench101Space {
    fn name(&self) -> &str {
        NAME
    }

    fn description(&self) -> &str {
        "NAS-Bench-101 cells: up to seven vertices and nine edges, three operations on the vertices"
    }

    /// Other than in most spaces, isomorphic architectures count *once*: 423,624, the number of rows of the benchmark and of
    /// distinct canonical forms. The architectures themselves are more, as vertices can be numbered in several ways.
    fn size(&self) -> u128 {
        CLASSES
    }

    fn vocabulary(&self) -> Vec<String> {
        graph::vocabulary().map(str::to_owned).collect()
    }

    /// Accepts pruned cells within the limits of the benchmark only.
    fn validate(&self, architecture: &Architecture) -> Result<(), SpaceError> {
        self.checked_cell(architecture).map(|_| ())
    }

    /// Draws as the authors of the benchmark do (`random_spec` of its examples), which is *not* uniform over architectures:
    /// uniformly a strict upper triangle of 7×7 bits and five operations; again, if no path leads from input to output or more
    /// than nine edges are left after pruning; then prunes.
    ///
    /// Each of the 2²¹ · 3⁵ cells of seven vertices that prune to an architecture is equally likely, so an architecture has the
    /// chance that is in proportion to the number of cells that prune to it, and an isomorphism class that in proportion to the
    /// sum over its numberings.
    fn sample(&self, rng: &mut StudyRng) -> Architecture {
        loop {
            let edges = Edges::from_bits(rng.random_range(0..1 << PAIRS));
            let operations = std::array::from_fn(|_| rng.random_range(0..OPERATIONS.len() as u8));
            if let Ok(cell) = (Cell { vertices: MAX_VERTICES, edges, operations }).admitted() {
                return encode(&cell);
            }
        }
    }

    /// Makes one change of one of three kinds, each kind that can change the parent alike, and then each result alike:
    ///
    /// - another operation at a vertex;
    /// - an edge added or removed between two vertices, and what then is on no path is pruned;
    /// - below seven vertices and eight edges, a new vertex anywhere in the order, with an operation, one edge that leads to it
    ///   and one that leads from it.
    ///
    /// Ying et al. mutate the cell before pruning, whose dead vertices can come to life again; the third kind stands for that.
    /// Every change but the first changes the number of edges, and the first changes how often an operation occurs, so a child
    /// is never isomorphic to its parent. Every cell can be reached from every other.
    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        let cell = self.cell(parent);
        let kinds = Change::ALL.map(|change| cell.changed(change));
        let kinds: Vec<BTreeSet<Cell>> = kinds.into_iter().filter(|changed| !changed.is_empty()).collect();
        let children = &kinds[rng.random_range(0..kinds.len())];
        let child = children.iter().nth(rng.random_range(0..children.len()));
        encode(child.unwrap_or(&cell))
    }

    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture> {
        let cell = self.cell(architecture);
        Change::ALL.into_iter().flat_map(|change| cell.changed(change)).map(|cell| encode(&cell)).collect()
    }

    /// The inner vertices numbered so that edges lead forward and the decisions are smallest: equal for two architectures if and
    /// only if they are isomorphic.
    fn canonical(&self, architecture: &Architecture) -> Architecture {
        encode(&self.cell(architecture).canonical())
    }

    fn graph(&self, architecture: &Architecture) -> CellGraph {
        self.cell(architecture).graph()
    }

    fn diagrams(&self, architecture: &Architecture) -> Vec<CellDiagram> {
        vec![self.cell(architecture).diagram()]
    }

    /// Reads matrix and operations in JSON, `{"matrix": …, "ops": …}` or with the keys `module_adjacency` and
    /// `module_operations` of the benchmark's table; rows and operations, `0110|0010|0001|0000; in M M out`; and the triangle of
    /// seven vertices with five operations, `111101000110001110110 MM333`. Operations may be named as in the benchmark or `3`,
    /// `1`, `M`, and several of the latter may be joined. What is on no path from input to output is pruned.
    fn parse(&self, text: &str) -> Result<Architecture, SpaceError> {
        text::cell(text)?.admitted().map(|cell| encode(&cell)).map_err(outside)
    }

    /// Writes the JSON form.
    fn format(&self, architecture: &Architecture) -> String {
        text::json(&self.cell(architecture))
    }
}

pub(super) fn encode(cell: &Cell) -> Architecture {
    Architecture::new(cell.encode())
}
