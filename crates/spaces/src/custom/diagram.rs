use super::cell::{Cell, Node};
use super::graph::edges;
use bonas_core::{CellDiagram, DiagramEdge, DiagramNode, NodeKind};

/// The operation that carries nothing; its edges are not drawn.
const NOTHING: &str = "none";

/// The cell with its operations in the nodes or on the edges.
pub(super) fn diagram(cell: &Cell, nodes: &[Node], names: &[String]) -> CellDiagram {
    let name = |operation: Option<usize>| operation.map(|operation| names[operation].as_str());
    let drawn = edges(cell, nodes).filter(|&(_, _, operation)| name(operation) != Some(NOTHING));
    let edges = drawn.map(|(from, to, operation)| DiagramEdge { from, to, label: name(operation).unwrap_or_default().into() });
    let behind = nodes.iter().enumerate().map(|(index, node)| match name(node.operation) {
        Some(name) => DiagramNode { label: name.into(), kind: NodeKind::Operation },
        None if index + 1 == nodes.len() => DiagramNode { label: "output".into(), kind: NodeKind::Output },
        None => DiagramNode { label: (cell.inputs + index).to_string(), kind: NodeKind::State },
    });
    let inputs = (0..cell.inputs).map(|input| DiagramNode {
        label: if cell.inputs == 1 { "input".into() } else { format!("input {input}") },
        kind: NodeKind::Input,
    });
    CellDiagram { title: cell.name.clone(), nodes: inputs.chain(behind).collect(), edges: edges.collect() }
}
