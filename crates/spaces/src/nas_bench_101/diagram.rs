use super::cell::Cell;
use bonas_core::{CellDiagram, DiagramEdge, DiagramNode, NodeKind};

impl Cell {
    /// The cell as the paper draws it: operations are nodes.
    pub(super) fn diagram(&self) -> CellDiagram {
        let kind = |vertex| match vertex {
            0 => NodeKind::Input,
            vertex if vertex == self.output() => NodeKind::Output,
            _ => NodeKind::Operation,
        };
        let node = |(vertex, name): (usize, &str)| DiagramNode { label: name.to_owned(), kind: kind(vertex) };
        let edge = |(from, to)| DiagramEdge { from, to, label: String::new() };
        let nodes = self.vertex_names().enumerate().map(node).collect();
        CellDiagram { title: "cell".to_owned(), nodes, edges: self.edges.pairs().map(edge).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_stand_between_input_and_output() {
        let edges = [(0, 1), (0, 2), (1, 2)].into_iter().collect();
        let diagram = Cell { vertices: 3, edges, operations: [2, 0, 0, 0, 0] }.diagram();
        let nodes: Vec<_> = diagram.nodes.iter().map(|node| (node.label.as_str(), node.kind)).collect();
        let expected = [("input", NodeKind::Input), ("maxpool3x3", NodeKind::Operation), ("output", NodeKind::Output)];
        assert_eq!(nodes, expected);
        assert_eq!(diagram.edges.iter().map(|edge| (edge.from, edge.to)).collect::<Vec<_>>(), [(0, 1), (0, 2), (1, 2)]);
    }
}
