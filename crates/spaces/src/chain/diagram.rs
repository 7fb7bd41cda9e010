use bonas_core::{CellDiagram, DiagramEdge, DiagramNode, NodeKind};

/// The stages in a row between input and output.
pub(super) fn diagram<'a>(stages: impl Iterator<Item = &'a str>) -> CellDiagram {
    let node = |label: &str, kind| DiagramNode { label: label.into(), kind };
    let mut nodes = vec![node("input", NodeKind::Input)];
    nodes.extend(stages.map(|stage| node(stage, NodeKind::Operation)));
    nodes.push(node("output", NodeKind::Output));
    let edges = (1..nodes.len()).map(|to| DiagramEdge { from: to - 1, to, label: String::new() }).collect();
    CellDiagram { title: "network".into(), nodes, edges }
}
