use super::layer::{Layer, output_of};
use super::shape::{Key, Shape};
use super::union::PlanUnion;

/// What a network of one architecture computes, from the image to the features that are averaged and classified.
///
/// Its first node is the image, its last one has the features; every node reads earlier ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    nodes: Vec<Node>,
}

/// A feature map and what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its place and size.
    pub key: Key,
    /// How its inputs become one map.
    pub join: Join,
    /// What it reads. A node without inputs is zero; only the image has its numbers from elsewhere.
    pub inputs: Vec<Input>,
}

/// How the inputs of a node become one map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Join {
    /// They are added.
    Sum,
    /// Their channels follow one another.
    Concatenation,
}

/// An edge of the network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Input {
    /// The node that is read.
    pub source: Key,
    /// What is done to it; nothing, if there are none.
    pub layers: Vec<Layer>,
}

impl Plan {
    /// The nodes, each behind those that it reads.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Size of the image.
    pub fn image(&self) -> Shape {
        self.nodes[0].key.shape
    }

    /// Size of the features behind the last reduction, which an auxiliary head reads.
    pub(crate) fn last_reduction(&self) -> Shape {
        let path = PlanUnion::new([self]).path(self).expect("a union holds all that it was made of");
        path.tapped()
    }

    /// Place of the features.
    pub(crate) fn end(&self) -> Key {
        self.nodes[self.nodes.len() - 1].key
    }

    /// Size of the features.
    pub fn output(&self) -> Shape {
        self.end().shape
    }
}

impl Input {
    /// The result of these layers on a node.
    pub fn new(source: Key, layers: impl Into<Vec<Layer>>) -> Self {
        Self { source, layers: layers.into() }
    }

    /// A node as it is.
    pub fn wire(source: Key) -> Self {
        Self::new(source, [])
    }

    /// Size of what arrives.
    pub fn shape(&self) -> Shape {
        output_of(&self.layers, self.source.shape)
    }
}

/// Writes a [`Plan`] node by node.
#[derive(Clone, Debug)]
pub struct PlanBuilder {
    nodes: Vec<Node>,
}

impl PlanBuilder {
    /// A plan that has nothing but the image.
    pub fn new(image: Shape) -> Self {
        let key = Key { layer: 0, node: 0, shape: image };
        Self { nodes: vec![Node { key, join: Join::Sum, inputs: Vec::new() }] }
    }

    /// The image.
    pub fn image(&self) -> Key {
        self.nodes[0].key
    }

    /// Adds the sum of some inputs, all of this size; zero, if there are none.
    pub fn sum(&mut self, layer: usize, node: usize, shape: Shape, inputs: Vec<Input>) -> Key {
        debug_assert!(inputs.iter().all(|input| input.shape() == shape), "{shape:?} of {inputs:?}");
        self.push(Node { key: Key { layer, node, shape }, join: Join::Sum, inputs })
    }

    /// Adds what one input brings.
    pub fn single(&mut self, layer: usize, node: usize, input: Input) -> Key {
        self.sum(layer, node, input.shape(), vec![input])
    }

    /// Adds the channels of some inputs, one after another; there must be one, and all must have one resolution.
    pub fn concatenation(&mut self, layer: usize, node: usize, inputs: Vec<Input>) -> Key {
        let channels = inputs.iter().map(|input| input.shape().channels).sum();
        let shape = inputs[0].shape().with_channels(channels);
        debug_assert!(inputs.iter().all(|input| input.shape().with_channels(channels) == shape));
        self.push(Node { key: Key { layer, node, shape }, join: Join::Concatenation, inputs })
    }

    fn push(&mut self, node: Node) -> Key {
        let key = node.key;
        debug_assert!(node.inputs.iter().all(|input| input.source < key) && self.nodes.iter().all(|known| known.key < key));
        self.nodes.push(node);
        key
    }

    /// The plan whose last node has the features.
    pub fn finish(self) -> Plan {
        Plan { nodes: self.nodes }
    }
}
