use super::path::GraphPath;
use super::plan::{Input, Join, Node, Plan};
use super::shape::Key;
use std::collections::{BTreeMap, BTreeSet};

/// What some plans have together: every node and every edge once. Edges of one place, source and list of layers are one, and so
/// are their weights.
#[derive(Clone, Debug)]
pub struct PlanUnion {
    nodes: BTreeMap<Key, UnionNode>,
    /// The edges that compute something, sorted: parts of the network in this order.
    parts: Vec<(Key, Input)>,
    ends: Vec<Key>,
}

/// A node of the union.
#[derive(Clone, Debug, Default)]
struct UnionNode {
    /// All inputs of those plans that sum here, their number plan by plan, and the number of plans.
    summed: BTreeSet<Input>,
    sum_inputs: usize,
    sums: usize,
    /// The different lists that plans concatenate here.
    concatenated: BTreeSet<Vec<Input>>,
}

/// A way to compute a node: inputs that are joined, and a factor.
pub(super) struct Way {
    pub(super) join: Join,
    pub(super) inputs: Vec<Input>,
    pub(super) factor: f32,
}

impl PlanUnion {
    /// The union of some plans for one size of images.
    pub fn new<'a>(plans: impl IntoIterator<Item = &'a Plan>) -> Self {
        let mut nodes: BTreeMap<Key, UnionNode> = BTreeMap::new();
        let mut parts = BTreeSet::new();
        let mut ends = BTreeSet::new();
        for plan in plans {
            ends.insert(plan.end());
            for node in plan.nodes() {
                nodes.entry(node.key).or_default().add(node);
                parts.extend(node.inputs.iter().filter(|input| !input.layers.is_empty()).map(|input| (node.key, input.clone())));
            }
        }
        Self { nodes, parts: parts.into_iter().collect(), ends: ends.into_iter().collect() }
    }

    /// The edges that have layers, in the order of the network's parts.
    pub(super) fn parts(&self) -> &[(Key, Input)] {
        &self.parts
    }

    /// The part of an edge; `None` if it is not in the union.
    pub(super) fn part(&self, target: Key, input: &Input) -> Option<usize> {
        self.parts.binary_search_by(|(key, known)| (key, known).cmp(&(&target, input))).ok()
    }

    /// Where plans end, in the order of the network's classifiers.
    pub(super) fn ends(&self) -> &[Key] {
        &self.ends
    }

    /// Channels of the features, classifier by classifier.
    pub(super) fn features(&self) -> impl Iterator<Item = usize> {
        self.ends.iter().map(|end| end.shape.channels)
    }

    /// The path of a plan, if the union holds all of it.
    pub fn path(&self, plan: &Plan) -> Option<GraphPath> {
        let way = |node: &Node| Way { join: node.join, inputs: node.inputs.clone(), factor: 1.0 };
        let nodes = plan.nodes().iter().map(|node| (node.key, vec![way(node)])).collect();
        GraphPath::new(self, nodes, &[plan.end()])
    }

    /// The path that uses everything, in which a node is on the scale that single plans give it: a sum of more inputs than plans
    /// have there in the mean is scaled to that number, and of different concatenations the mean is taken.
    pub fn whole(&self) -> GraphPath {
        let nodes = self.nodes.iter().map(|(&key, node)| (key, node.ways())).collect();
        GraphPath::new(self, nodes, &self.ends).expect("the union holds itself")
    }
}

impl UnionNode {
    fn add(&mut self, node: &Node) {
        match node.join {
            Join::Sum => {
                self.summed.extend(node.inputs.iter().cloned());
                self.sum_inputs += node.inputs.len();
                self.sums += 1;
            }
            Join::Concatenation => {
                self.concatenated.insert(node.inputs.clone());
            }
        }
    }

    fn ways(&self) -> Vec<Way> {
        let mut ways = Vec::new();
        if self.sums > 0 {
            let mean = self.sum_inputs as f32 / self.sums as f32;
            let factor = mean / self.summed.len().max(1) as f32;
            ways.push(Way { join: Join::Sum, inputs: self.summed.iter().cloned().collect(), factor });
        }
        let concatenation = |inputs: &Vec<Input>| Way { join: Join::Concatenation, inputs: inputs.clone(), factor: 1.0 };
        ways.extend(self.concatenated.iter().map(concatenation));
        let share = 1.0 / ways.len() as f32;
        ways.iter_mut().for_each(|way| way.factor *= share);
        ways
    }
}
