use super::DartsCell;
use super::cell::INPUTS;
use bonas_core::{CellDiagram, DiagramEdge, DiagramNode, NodeKind};

/// A cell as the DARTS paper draws it: inputs, intermediate nodes and output, with the operations on the edges.
pub(super) fn diagram(title: &str, cell: &DartsCell) -> CellDiagram {
    let output = INPUTS + cell.nodes.len();
    let mut nodes = vec![node("c_{k-2}", NodeKind::Input), node("c_{k-1}", NodeKind::Input)];
    let mut edges = Vec::new();
    for (place, operands) in cell.nodes.iter().enumerate() {
        let to = INPUTS + place;
        nodes.push(node(&place.to_string(), NodeKind::State));
        let labelled = |operand: &super::Operand| edge(operand.source, to, operand.primitive.name());
        edges.extend(operands.iter().map(labelled));
        edges.push(edge(to, output, ""));
    }
    nodes.push(node("c_{k}", NodeKind::Output));
    CellDiagram { title: title.to_owned(), nodes, edges }
}

fn node(label: &str, kind: NodeKind) -> DiagramNode {
    DiagramNode { label: label.to_owned(), kind }
}

fn edge(from: usize, to: usize, label: &str) -> DiagramEdge {
    DiagramEdge { from, to, label: label.to_owned() }
}
