use super::cell::Sources;
use super::{CustomSpace, Part};
use bonas_core::Architecture;

/// A cell, or the chain of all stages, as one architecture of a [`CustomSpace`] decides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomCell<'a> {
    /// The name in texts and drawings.
    pub name: &'a str,
    /// Whether it is the chain: then every node has one source and its operation.
    pub is_chain: bool,
    /// How many nodes are inputs; they come first.
    pub inputs: usize,
    /// The nodes behind the inputs; the last is the output.
    pub nodes: Vec<CustomNode<'a>>,
    /// Whether the output takes the nodes between that the space says (all, or those that nothing reads), and decides nothing.
    pub collects: bool,
}

/// A node behind the inputs of a [`CustomCell`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomNode<'a> {
    /// The nodes that it reads, in ascending order, each with the operation on its edge, if operations are on edges.
    pub sources: Vec<(usize, Option<&'a str>)>,
    /// Its own operation, if operations are on nodes and it has one.
    pub operation: Option<&'a str>,
}

impl CustomSpace {
    /// The cells of an architecture and its chain, in the order of the description.
    pub fn cells(&self, architecture: &Architecture) -> Vec<CustomCell<'_>> {
        self.parts.iter().map(|part| self.decoded(part, architecture)).collect()
    }

    fn decoded<'a>(&'a self, part: &'a Part, architecture: &Architecture) -> CustomCell<'a> {
        let name = |operation: Option<usize>| operation.map(|operation| self.operations[operation].as_str());
        let nodes = part.nodes(architecture.decisions()).into_iter().map(|node| CustomNode {
            sources: node.sources.into_iter().map(|(source, operation)| (source, name(operation))).collect(),
            operation: name(node.operation),
        });
        let output = part.cell.targets.last().map(|target| &target.sources);
        CustomCell {
            name: &part.cell.name,
            is_chain: part.cell.chain,
            inputs: part.cell.inputs,
            nodes: nodes.collect(),
            collects: matches!(output, Some(Sources::All | Sources::LooseEnds)),
        }
    }
}
