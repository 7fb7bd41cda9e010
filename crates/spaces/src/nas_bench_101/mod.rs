mod canonical;
mod cell;
mod diagram;
mod edges;
mod enumerate;
mod graph;
mod moves;
mod official_hash;
mod prune;
mod search_space;
#[cfg(test)]
mod tests;
mod text;

use bonas_core::{Architecture, SpaceError};
use cell::{Cell, OPERATIONS};

const NAME: &str = "nas-bench-101";

/// The space of NAS-Bench-101 (Ying et al., *NAS-Bench-101: Towards Reproducible Neural Architecture Search*, ICML 2019): cells
/// of at most seven vertices and nine edges. Vertex 0 is the input, the last one the output; every vertex between has one of the
/// operations `conv3x3-bn-relu`, `conv1x1-bn-relu` and `maxpool3x3`.
///
/// Cells are pruned, as the benchmark prunes them before it looks them up: every vertex is on a path from input to output. Of
/// such cells there are 423,624 up to the numbers of their vertices.
///
/// An architecture has 27 decisions: the number *n* of vertices, from 2 to 7; the strict upper triangle of a 7×7 adjacency
/// matrix, row by row, in which row *i* and column *j* stand for the edge from *i* to *j* (21 numbers, 0 or 1); and the
/// operations of vertices 1 to 5, numbered from 0 in the order above (5 numbers). The output is vertex *n* − 1. Edges of vertices
/// from *n* on are 0, and so are operations from the output on; a cell of given vertex numbers is thus written in one way.
///
/// # Text forms
///
/// [`format`](bonas_core::SearchSpace::format) writes matrix and operations as the benchmark's `ModelSpec` takes them:
///
/// ```
/// use bonas_core::SearchSpace;
/// use bonas_spaces::NasBench101Space;
///
/// let space = NasBench101Space::new();
/// let text = r#"{"matrix":[[0,1,1],[0,0,1],[0,0,0]],"ops":["input","maxpool3x3","output"]}"#;
/// let architecture = space.parse(text)?;
/// assert_eq!(space.format(&architecture), text);
/// // The same as tables write it: by rows, and by the upper triangle of all seven vertices, before pruning.
/// assert_eq!(space.parse("011|001|000; in M out")?, architecture);
/// assert_eq!(space.parse("100001000010000000000 M1331")?, architecture);
/// # Ok::<(), bonas_core::SpaceError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NasBench101Space;

impl NasBench101Space {
    /// The space.
    pub fn new() -> Self {
        Self
    }

    /// The hash by which the benchmark's own table knows the architecture, in hexadecimal: isomorphic cells have the same.
    ///
    /// It is `hash_module` of `graph_util.py` in the [benchmark's code](https://github.com/google-research/nasbench), with −1 as
    /// the label of the input, −2 as that of the output and the numbers of the operations as those of the others:
    ///
    /// ```text
    /// h₀(v)   = md5("(out-degree of v, in-degree of v, label of v)")
    /// hₖ₊₁(v) = md5(sorted hₖ of the sources of v, joined ‖ "|" ‖ sorted hₖ of its targets, joined ‖ "|" ‖ hₖ(v))
    /// hash    = md5("['…', '…', …]"), the list of all hₙ in order, n the number of vertices
    /// ```
    ///
    /// Like other methods, it may panic with an architecture of another space.
    pub fn official_hash(&self, architecture: &Architecture) -> String {
        self.cell(architecture).official_hash()
    }

    /// The edges between the vertices of a cell: vertex 0 is the input, the largest one the output.
    ///
    /// Like other methods, it may panic with an architecture of another space.
    pub fn edges(&self, architecture: &Architecture) -> Vec<(usize, usize)> {
        self.cell(architecture).edges.pairs().collect()
    }

    /// The operations of the vertices between input and output, that of vertex 1 first.
    ///
    /// Like other methods, it may panic with an architecture of another space.
    pub fn operations(&self, architecture: &Architecture) -> Vec<&'static str> {
        let cell = self.cell(architecture);
        cell.inner().map(|vertex| OPERATIONS[usize::from(cell.operation(vertex))]).collect()
    }

    fn cell(&self, architecture: &Architecture) -> Cell {
        self.checked_cell(architecture).expect("an architecture of this space")
    }

    fn checked_cell(&self, architecture: &Architecture) -> Result<Cell, SpaceError> {
        let cell = Cell::decode(architecture.decisions()).map_err(outside)?;
        cell.admitted().map_err(outside)?;
        match cell.dead_vertex() {
            Some(vertex) => Err(outside(format!("vertex {vertex} is on no path from the input to the output"))),
            None => Ok(cell),
        }
    }
}

fn outside(reason: String) -> SpaceError {
    SpaceError::Outside { space: NAME.to_owned(), reason }
}
