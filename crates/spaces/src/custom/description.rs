use super::{CustomSpace, CustomSpaceError, build};
use serde::{Deserialize, Serialize};

/// A search space in words: what a TOML file says, or what a program fills in before it calls [`build`](Self::build).
///
/// An architecture has every cell of `cells`, and the chain of all `stages`; one of the two may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpaceDescription {
    /// The name, in kebab case: small letters, digits and `-`.
    pub name: String,
    /// One sentence for people; made from the name if it is left out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Operations of the cells and stages that list none of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    /// How often operations may be used in the whole architecture.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub at_most: Vec<CountLimit>,
    /// How often operations must be used in the whole architecture.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub at_least: Vec<CountLimit>,
    /// Operations that may not follow one another directly, in any cell and in the chain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forbid: Vec<Vec<String>>,
    /// The cells of an architecture.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<CellDescription>,
    /// The stages of the chain, from the input to the output.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageDescription>,
}

/// A cell: a small graph. Nodes are numbered from the inputs, which come first, to the output, which is the last.
///
/// Exactly one of `edges`, `operands` and `free_edges` says how it is wired.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CellDescription {
    /// The name in texts and drawings; `cell` if it is left out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Number of *all* nodes: inputs, the nodes between, and the output.
    pub nodes: usize,
    /// How many of the nodes are inputs; one if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<usize>,
    /// Whether a node or an edge has an operation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operations_on: Option<OperationsOn>,
    /// The operations to choose from; those of the space if it is left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    /// Operations of single nodes, or of all edges into them, in place of `operations`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub node_operations: Vec<NodeOperations>,
    /// Operations of single edges, in place of `operations` and `node_operations`; not with `operands`, where the edges are chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edge_operations: Vec<EdgeOperations>,
    /// Fixed wiring: the edges there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edges: Option<Edges>,
    /// Searched wiring: how many different earlier nodes every node reads; all of them where there are fewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operands: Option<usize>,
    /// Searched wiring: every edge from an earlier to a later node may be there or not. Every node between reads one and is read.
    #[serde(skip_serializing_if = "is_false")]
    pub free_edges: bool,
    /// With free edges, how many there may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_edges: Option<usize>,
    /// What the output reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Output>,
    /// How often operations may be used in this cell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub at_most: Vec<CountLimit>,
    /// How often operations must be used in this cell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub at_least: Vec<CountLimit>,
    /// Operations that may not follow one another directly in this cell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forbid: Vec<Vec<String>>,
}

/// The operations of one node; with operations on edges, those of all edges into it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeOperations {
    /// Number of the node.
    pub node: usize,
    /// The operations to choose from.
    pub operations: Vec<String>,
}

/// The operations of one edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeOperations {
    /// The nodes that it leads from and to.
    pub edge: (usize, usize),
    /// The operations to choose from.
    pub operations: Vec<String>,
}

/// A stage of the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StageDescription {
    /// The operations to choose from; those of the space if it is left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<String>,
    /// How many such stages follow one another; one if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat: Option<usize>,
}

/// An operation and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountLimit {
    /// The operation.
    pub operation: String,
    /// How often.
    pub count: usize,
}

/// Where operations are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperationsOn {
    /// On the nodes between inputs and output.
    Nodes,
    /// On the edges; nodes add up what arrives.
    Edges,
}

/// The edges of a fixed wiring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected \"all\" or a list of edges such as [[0, 1], [0, 2], [1, 2]]")]
pub enum Edges {
    /// `"all"`: from every node to every later one that is no input.
    All(AllEdges),
    /// Just these, from the first to the second number.
    Listed(Vec<(usize, usize)>),
}

/// The word for all edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AllEdges {
    /// `"all"`.
    All,
}

/// What the output of a cell reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// What the wiring says, as for any other node. The only way, and the default, of fixed wiring and of free edges.
    Node,
    /// Every node between inputs and output, without an operation.
    All,
    /// Every node that no other reads, without an operation. The default with `operands`.
    LooseEnds,
}

impl SpaceDescription {
    /// Checks the description and builds the space.
    ///
    /// # Errors
    /// [`CustomSpaceError::Invalid`] with the place, what is wrong and what to do.
    pub fn build(self) -> Result<CustomSpace, CustomSpaceError> {
        build::space(self)
    }
}

fn is_false(value: &bool) -> bool {
    !value
}
