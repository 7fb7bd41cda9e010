use bonas_core::CellGraph;

/// Types of the nodes beside the stages.
const ENDS: [&str; 2] = ["input", "output"];

/// Names of the node types: input, output, and the choices of a stage.
pub(super) fn vocabulary(choices: &[&str]) -> Vec<String> {
    ENDS.iter().chain(choices).map(|name| name.to_string()).collect()
}

/// A path from the input through the stages to the output. Every stage also feeds all later ones, so that its distance from both
/// ends can be seen in few steps: without that, a graph network of four layers sees no farther than four stages.
pub(super) fn graph(stages: impl Iterator<Item = usize>, choices: usize) -> CellGraph {
    let types: Vec<usize> = std::iter::once(0).chain(stages.map(|stage| ENDS.len() + stage)).chain(std::iter::once(1)).collect();
    let nodes = types.len();
    let wires = (0..nodes).flat_map(|from| (from + 1..nodes).map(move |to| (from, to))).collect();
    CellGraph::new(types, wires, ENDS.len() + choices).expect("a chain runs forward")
}
