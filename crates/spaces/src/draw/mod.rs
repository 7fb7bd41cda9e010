mod dot;
mod layout;
mod palette;
mod route;
mod svg;

pub use dot::dot;
pub use svg::svg;

use bonas_core::CellDiagram;
use thiserror::Error;

/// Why diagrams can't be drawn.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DrawError {
    /// There is nothing to draw.
    #[error("there is no cell to draw")]
    NoCells,
    /// A cell has no nodes.
    #[error("the cell '{title}' has no nodes to draw")]
    NoNodes {
        /// The cell's title.
        title: String,
    },
    /// An edge does not run forward between two nodes.
    #[error("cannot draw the cell '{title}': edge ({from}, {to}) does not run forward within its {nodes} nodes")]
    NotForward {
        /// The cell's title.
        title: String,
        /// Source node.
        from: usize,
        /// Target node.
        to: usize,
        /// Number of nodes.
        nodes: usize,
    },
    /// The layout library returned no place for something.
    #[error("cannot draw the cell '{title}': the layout left out {what}")]
    Unplaced {
        /// The cell's title.
        title: String,
        /// The node or edge without a place.
        what: String,
    },
}

/// Checks what every drawing relies on.
fn check(diagram: &CellDiagram) -> Result<(), DrawError> {
    let (title, nodes) = (|| diagram.title.clone(), diagram.nodes.len());
    if nodes == 0 {
        return Err(DrawError::NoNodes { title: title() });
    }
    match diagram.edges.iter().find(|edge| edge.from >= edge.to || edge.to >= nodes) {
        Some(edge) => Err(DrawError::NotForward { title: title(), from: edge.from, to: edge.to, nodes }),
        None => Ok(()),
    }
}

/// A space of one's own with cells of twenty nodes, for tests.
#[cfg(test)]
fn twenty_nodes(operations_on: &str) -> crate::CustomSpace {
    let operations: Vec<String> = ('a'..='q').map(|letter| format!("'operation_{letter}'")).collect();
    let text = format!(
        "name = 'twenty'\noperations = [{}, 'skip_connect', 'sep_conv_3x3']\n[[cells]]\nnodes = 20\ninputs = 2\noperations_on = \
         '{operations_on}'\noperands = 2\n",
        operations.join(", ")
    );
    crate::CustomSpace::parse_toml("twenty.toml", &text).expect("a space")
}
