/// What a node of a diagram stands for; drawings give each kind its own shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// Where data enters the cell.
    Input,
    /// A place where results are joined (a sum).
    State,
    /// An operation with parameters or a rule of its own.
    Operation,
    /// Where data leaves the cell.
    Output,
}

/// A node of a [`CellDiagram`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagramNode {
    /// What is written in the node.
    pub label: String,
    /// What it stands for.
    pub kind: NodeKind,
}

/// A directed edge of a [`CellDiagram`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagramEdge {
    /// Index of the source node.
    pub from: usize,
    /// Index of the target node.
    pub to: usize,
    /// The operation on the edge, for spaces that put operations on edges; empty otherwise.
    pub label: String,
}

/// One cell as people draw it: labelled nodes and edges without coordinates. Layout is the drawing library's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellDiagram {
    /// Name of the cell, such as `normal`.
    pub title: String,
    /// Nodes in topological order.
    pub nodes: Vec<DiagramNode>,
    /// Edges between them.
    pub edges: Vec<DiagramEdge>,
}
