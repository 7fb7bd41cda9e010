use super::plan::Join;
use super::shape::{Key, Shape};
use super::union::{PlanUnion, Way};
use std::collections::BTreeMap;

/// The program of a forward pass: which parts of a network are applied to what, in which order. What does not reach the features
/// is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphPath {
    pub(super) instructions: Vec<Instruction>,
    /// Places of the features and the classifiers that read them.
    pub(super) ends: Vec<(usize, usize)>,
    /// Place of the features behind the last reduction: the last map of the first layer that has the resolution of the end.
    pub(super) tap: usize,
}

/// Computes one feature map; the first instruction stands for the image.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Instruction {
    pub(super) shape: Shape,
    /// What is computed in several ways is the sum of them.
    pub(super) ways: Vec<Step>,
    /// Maps that nothing reads any more afterwards.
    pub(super) done: Vec<usize>,
}

/// One way to compute a map.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) join: Join,
    /// Numbers of instructions, and the parts applied to their results.
    pub(super) inputs: Vec<(usize, Option<usize>)>,
    pub(super) factor: f32,
}

impl GraphPath {
    /// Number of feature maps that are computed, the image included.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.instructions.len()
    }

    /// Size of the features behind the last reduction.
    pub(super) fn tapped(&self) -> Shape {
        self.instructions[self.tap].shape
    }

    /// `None` if an edge is not in the union.
    pub(super) fn new(union: &PlanUnion, nodes: BTreeMap<Key, Vec<Way>>, ends: &[Key]) -> Option<Self> {
        let live = live(&nodes, ends);
        let places: BTreeMap<Key, usize> = live.iter().enumerate().map(|(place, &key)| (key, place)).collect();
        let mut instructions = Vec::with_capacity(live.len());
        for key in &live {
            let ways = nodes[key].iter().map(|way| step(union, &places, *key, way)).collect::<Option<_>>()?;
            instructions.push(Instruction { shape: key.shape, ways, done: Vec::new() });
        }
        let classifier = |end: &Key| Some((*places.get(end)?, union.ends().iter().position(|known| known == end)?));
        let ends = ends.iter().map(classifier).collect::<Option<Vec<_>>>()?;
        mark_last_reads(&mut instructions, &ends);
        let tap = tap(&live, ends.last()?.0);
        Some(Self { instructions, ends, tap })
    }
}

fn step(union: &PlanUnion, places: &BTreeMap<Key, usize>, target: Key, way: &Way) -> Option<Step> {
    let inputs = way.inputs.iter().map(|input| {
        let part = match input.layers.is_empty() {
            true => None,
            false => Some(union.part(target, input)?),
        };
        Some((*places.get(&input.source)?, part))
    });
    Some(Step { join: way.join, inputs: inputs.collect::<Option<_>>()?, factor: way.factor })
}

/// The nodes that the ends depend on, sorted; the image, which is the smallest of all, is always among them.
fn live(nodes: &BTreeMap<Key, Vec<Way>>, ends: &[Key]) -> Vec<Key> {
    let mut wanted: std::collections::BTreeSet<Key> = ends.iter().copied().collect();
    wanted.extend(nodes.keys().next());
    for (key, ways) in nodes.iter().rev() {
        if wanted.contains(key) {
            wanted.extend(ways.iter().flat_map(|way| &way.inputs).map(|input| input.source));
        }
    }
    wanted.into_iter().collect()
}

/// The place of the last map of the first layer that has the resolution of the map at `end`.
fn tap(live: &[Key], end: usize) -> usize {
    let resolution = |key: &Key| key.shape.with_channels(0);
    let is_small = |key: &&Key| resolution(key) == resolution(&live[end]);
    let first = live.iter().find(is_small).map_or(live[end].layer, |key| key.layer);
    live.iter().rposition(|key| key.layer == first && is_small(&key)).unwrap_or(end)
}

fn mark_last_reads(instructions: &mut [Instruction], ends: &[(usize, usize)]) {
    let mut last: BTreeMap<usize, usize> = BTreeMap::new();
    for (place, instruction) in instructions.iter().enumerate() {
        last.extend(instruction.ways.iter().flat_map(|way| &way.inputs).map(|&(source, _)| (source, place)));
    }
    for (source, reader) in last {
        if !ends.iter().any(|&(end, _)| end == source) {
            instructions[reader].done.push(source);
        }
    }
}
