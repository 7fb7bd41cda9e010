use super::operation::{FactorizedReduce, Operation, Project};
use super::union::{CellPath, CellUnion};
use crate::build::Build;
use crate::error::SupernetError;
use crate::normalization::{Norm, Normalize};
use crate::program::Tracer;
use crate::sum::added;
use bonas_export::Value;
use bonas_kernels::concatenate_channels;
use burn::module::Module;
use burn::tensor::Tensor;

/// Operands that a node of a single genotype sums.
const OPERANDS: f32 = 2.0;

/// A cell of the network: two inputs are brought to its channels, every node sums its operands, the nodes are concatenated.
#[derive(Module, Debug)]
pub struct Cell {
    inputs: Vec<Input>,
    operations: Vec<Operation>,
}

/// How one of the two inputs is brought to the cell's channels and resolution.
#[derive(Module, Debug)]
enum Input {
    Project(Project),
    Reduce(FactorizedReduce),
}

/// Sizes of a cell.
pub(crate) struct CellShape {
    /// Channels of c_{k-2} and c_{k-1}.
    pub(crate) inputs: [usize; 2],
    /// Channels of its operations.
    pub(crate) channels: usize,
    /// Whether it halves the resolution.
    pub(crate) is_reduction: bool,
    /// Whether the cell before it did, so that c_{k-2} is still larger.
    pub(crate) follows_reduction: bool,
}

impl Cell {
    pub(crate) fn new(union: &CellUnion, shape: &CellShape, build: &mut Build<'_>) -> Self {
        let [older, newer] = shape.inputs;
        let older = match shape.follows_reduction {
            true => Input::Reduce(FactorizedReduce::new([older, shape.channels], build)),
            false => Input::Project(Project::new([older, shape.channels], build)),
        };
        let newer = Input::Project(Project::new([newer, shape.channels], build));
        let operations = union.operands().iter().map(|(_, operand)| {
            let stride = if shape.is_reduction && operand.source < 2 { 2 } else { 1 };
            Operation::new(operand.primitive, shape.channels, stride, build)
        });
        Self { operations: operations.collect(), inputs: vec![older, newer] }
    }

    /// Two inputs [batch, c', h', w'] → [batch, nodes · channels, h, w].
    ///
    /// Where the path sums more than two operands (a supernet's warm-up), the sum is scaled to the size of two, so that later
    /// single-candidate steps meet activations of the same scale.
    pub(crate) fn forward(&self, inputs: [Tensor<4>; 2], path: &CellPath, normalize: &mut Normalize<'_>) -> Tensor<4> {
        let mut states: Vec<Tensor<4>> = Vec::with_capacity(2 + path.nodes.len());
        for (input, x) in self.inputs.iter().zip(inputs) {
            states.push(input.forward(x, normalize));
        }
        for operands in &path.nodes {
            let sum = operands.iter().fold(None, |sum, &(index, source)| {
                let (operation, x) = (&self.operations[index], states[source].clone());
                Some(if normalize.drops() && !operation.is_identity() {
                    let result = operation.forward(None, x, normalize);
                    added(sum, normalize.dropped(result))
                } else {
                    operation.forward(sum, x, normalize)
                })
            });
            let sum = sum.expect("every node of a union has an operand");
            let state = if operands.len() > 2 { sum * (OPERANDS / operands.len() as f32) } else { sum };
            states.push(state);
        }
        concatenate_channels(states.split_off(2))
    }

    /// What [`forward`](Self::forward) computes on the path of one genotype.
    pub(super) fn trace(
        &self,
        inputs: [Value; 2],
        path: &CellPath,
        name: &str,
        tracer: &mut Tracer<'_>,
    ) -> Result<Value, SupernetError> {
        let mut states = Vec::with_capacity(2 + path.nodes.len());
        for (number, (input, x)) in self.inputs.iter().zip(inputs).enumerate() {
            states.push(input.trace(x, &format!("{name}.inputs.{number}"), tracer)?);
        }
        for (number, operands) in path.nodes.iter().enumerate() {
            debug_assert!(operands.len() <= 2, "more than two are scaled");
            let results = operands.iter().map(|&(index, source)| {
                self.operations[index].trace(states[source], &format!("{name}.operations.{index}"), tracer)
            });
            let results = results.collect::<Result<Vec<_>, _>>()?;
            let shape = tracer.program.shape(results[0]);
            states.push(tracer.program.sum(format!("{name}.nodes.{number}"), shape, results));
        }
        Ok(tracer.program.concatenation(format!("{name}.output"), states.split_off(2)))
    }

    pub(crate) fn norms<'a>(&'a self, found: &mut Vec<&'a Norm>) {
        found.extend(self.inputs.iter().map(Input::norm));
        for operation in &self.operations {
            operation.norms(found);
        }
    }
}

impl Input {
    fn forward(&self, x: Tensor<4>, normalize: &mut Normalize<'_>) -> Tensor<4> {
        match self {
            Self::Project(project) => project.forward(x, normalize),
            Self::Reduce(reduce) => reduce.forward(None, x, normalize),
        }
    }

    fn trace(&self, x: Value, name: &str, tracer: &mut Tracer<'_>) -> Result<Value, SupernetError> {
        match self {
            Self::Project(project) => project.trace(x, &format!("{name}.Project"), tracer),
            Self::Reduce(reduce) => reduce.trace(x, &format!("{name}.Reduce"), tracer),
        }
    }

    fn norm(&self) -> &Norm {
        match self {
            Self::Project(project) => &project.norm,
            Self::Reduce(reduce) => &reduce.norm,
        }
    }
}
