use super::palette::Palette;
use bonas_core::{CellDiagram, DiagramEdge, DiagramNode, NodeKind};
use std::fmt::Write;

/// Writes cells as one graph in Graphviz' DOT language, each cell a cluster, with a legend of their operations.
pub fn dot(diagrams: &[CellDiagram]) -> String {
    let palette = Palette::of(diagrams);
    let mut text = String::from("digraph cells {\n  rankdir=LR;\n  node [fontname=monospace, style=filled, fillcolor=white];\n");
    text.push_str("  edge [fontname=monospace];\n");
    for (place, diagram) in diagrams.iter().enumerate() {
        // Writing to a String can't fail.
        let _ = writeln!(text, "  subgraph cluster_{place} {{\n    label={};", quoted(&diagram.title));
        for (index, node) in diagram.nodes.iter().enumerate() {
            let _ = writeln!(text, "    n{place}_{index} [{}];", node_attributes(node, &palette));
        }
        for edge in &diagram.edges {
            let _ = writeln!(text, "    n{place}_{} -> n{place}_{}{};", edge.from, edge.to, edge_attributes(edge, &palette));
        }
        text.push_str("  }\n");
    }
    text.push_str(&legend(&palette));
    text.push_str("}\n");
    text
}

/// A cluster of all operations in their colours.
fn legend(palette: &Palette) -> String {
    let mut text = String::new();
    for (index, operation) in palette.operations().enumerate() {
        let (fill, outline) = palette.color(operation);
        let label = quoted(operation);
        let _ = writeln!(text, "    legend_{index} [label={label}, shape=box, color=\"{outline}\", fillcolor=\"{fill}\"];");
    }
    if text.is_empty() { text } else { format!("  subgraph cluster_legend {{\n    label=operations;\n{text}  }}\n") }
}

fn node_attributes(node: &DiagramNode, palette: &Palette) -> String {
    let label = quoted(&node.label);
    match node.kind {
        NodeKind::Input | NodeKind::Output => format!("label={label}, shape=box"),
        NodeKind::State => format!("label={label}, shape=circle"),
        NodeKind::Operation => {
            let (fill, outline) = palette.color(&node.label);
            format!("label={label}, shape=box, color=\"{outline}\", fillcolor=\"{fill}\"")
        }
    }
}

fn edge_attributes(edge: &DiagramEdge, palette: &Palette) -> String {
    if edge.label.is_empty() {
        return String::new();
    }
    format!(" [label={}, color=\"{}\"]", quoted(&edge.label), palette.color(&edge.label).1)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_clusters_and_labels_are_quoted() {
        let node = |label: &str, kind| DiagramNode { label: label.into(), kind };
        let diagram = CellDiagram {
            title: "a \"cell\"".into(),
            nodes: vec![node("in", NodeKind::Input), node("conv", NodeKind::Operation), node("0", NodeKind::State)],
            edges: vec![
                DiagramEdge { from: 0, to: 1, label: String::new() },
                DiagramEdge { from: 1, to: 2, label: "skip_connect".into() },
            ],
        };
        insta::assert_snapshot!(dot(&[diagram]), @r###"
        digraph cells {
          rankdir=LR;
          node [fontname=monospace, style=filled, fillcolor=white];
          edge [fontname=monospace];
          subgraph cluster_0 {
            label="a \"cell\"";
            n0_0 [label="in", shape=box];
            n0_1 [label="conv", shape=box, color="#c2185b", fillcolor="#f8cfdd"];
            n0_2 [label="0", shape=circle];
            n0_0 -> n0_1;
            n0_1 -> n0_2 [label="skip_connect", color="#90a4ae"];
          }
          subgraph cluster_legend {
            label=operations;
            legend_0 [label="conv", shape=box, color="#c2185b", fillcolor="#f8cfdd"];
            legend_1 [label="skip_connect", shape=box, color="#90a4ae", fillcolor="#eceff1"];
          }
        }
        "###);
    }
}
