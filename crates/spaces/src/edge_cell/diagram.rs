use super::{EDGES, NODES, Operations};
use bonas_core::{Architecture, CellDiagram, DiagramEdge, DiagramNode, NodeKind};

/// The cell as its papers draw it: nodes in a row, operations on the edges. Edges that carry nothing (`none`) are left out.
pub(super) fn diagram(architecture: &Architecture, operations: &Operations) -> CellDiagram {
    let kind = |node| match node {
        0 => NodeKind::Input,
        _ if node == NODES - 1 => NodeKind::Output,
        _ => NodeKind::State,
    };
    let nodes = (0..NODES).map(|node| DiagramNode { label: node.to_string(), kind: kind(node) }).collect();
    let labelled = EDGES.into_iter().zip(architecture.decisions()).map(|(edge, &decision)| (edge, operations.name_of(decision)));
    let carrying = labelled.filter(|(_, name)| *name != "none");
    let edges = carrying.map(|((from, to), name)| DiagramEdge { from, to, label: name.into() }).collect();
    CellDiagram { title: "cell".into(), nodes, edges }
}
