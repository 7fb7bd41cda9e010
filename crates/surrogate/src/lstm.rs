use crate::layer::Linear;
use crate::network::{Batch, Network, places};
use bonas_core::StudyRng;
use burn::module::Module;
use burn::tensor::activation::{sigmoid, tanh};
use burn::tensor::{Device, Tensor};

/// Gates of a cell: input, forget, candidate, output.
const GATES: usize = 4;

/// A long short-term memory (Hochreiter and Schmidhuber 1997) over the nodes of a graph. Its state after the last node is the
/// embedding; a linear head with a sigmoid predicts the target.
#[derive(Module, Debug)]
pub(crate) struct Lstm {
    /// `[columns, 4 · width]`
    input: Linear,
    /// `[width, 4 · width]`
    recurrent: Linear,
    head: Linear,
    #[module(skip)]
    width: usize,
}

/// Sequences of rows, padded at their end.
#[derive(Clone, Debug)]
pub(crate) struct Sequences {
    /// `[graphs, steps, columns]`
    pub(crate) rows: Tensor<3>,
    /// 1 at the last step of every sequence. `[graphs, steps]`
    pub(crate) last: Tensor<2>,
}

impl Batch for Sequences {
    fn select(&self, indices: &[usize]) -> Self {
        let places = places(indices, &self.rows.device());
        Self { rows: self.rows.clone().select(0, places.clone()), last: self.last.clone().select(0, places) }
    }
}

impl Lstm {
    /// A network for rows of this many numbers. All parameters start uniform in ±1/√width.
    pub(crate) fn new(columns: usize, width: usize, rng: &mut StudyRng, device: &Device) -> Self {
        let range = 1.0 / (width as f64).sqrt();
        let mut linear = |shape| Linear::uniform(shape, range, range, rng, device);
        let (input, recurrent) = (linear([columns, GATES * width]), linear([width, GATES * width]));
        Self { input, recurrent, head: linear([width, 1]), width }
    }

    /// `c ← σ(f) c + σ(i) tanh(g)`, `h ← σ(o) tanh(c)` of gates `[graphs, 4 · width]`.
    fn step(&self, gates: Tensor<2>, cell: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
        let gate = |index: usize| gates.clone().narrow(1, index * self.width, self.width);
        let cell = sigmoid(gate(1)) * cell + sigmoid(gate(0)) * tanh(gate(2));
        (sigmoid(gate(3)) * tanh(cell.clone()), cell)
    }
}

impl Network for Lstm {
    type Batch = Sequences;
    type Statistics = ();

    fn embed_and_measure(&self, batch: &Sequences) -> (Tensor<2>, ()) {
        (self.embed(batch, &()), ())
    }

    fn embed(&self, batch: &Sequences, _statistics: &()) -> Tensor<2> {
        let [graphs, steps, columns] = batch.rows.dims();
        let rows = batch.rows.clone().reshape([graphs * steps, columns]);
        let inputs = self.input.forward(rows).reshape([graphs, steps, GATES * self.width]);
        let zeros = Tensor::<2>::zeros([graphs, self.width], &batch.rows.device());
        let (mut state, mut cell, mut embedding) = (zeros.clone(), zeros.clone(), zeros);
        for step in 0..steps {
            let input = inputs.clone().narrow(1, step, 1).reshape([graphs, GATES * self.width]);
            (state, cell) = self.step(input + self.recurrent.forward(state), cell);
            embedding = embedding + state.clone() * batch.last.clone().narrow(1, step, 1);
        }
        embedding
    }

    fn predict(&self, embeddings: Tensor<2>) -> Tensor<1> {
        let [graphs, _] = embeddings.dims();
        sigmoid(self.head.forward(embeddings).reshape([graphs]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;

    /// The equations of a cell in plain numbers.
    fn by_hand(network: &Lstm, rows: &[[f32; 2]]) -> Vec<f32> {
        let read = |tensor: Tensor<2>| -> Vec<f32> { tensor.try_into_vec_as().expect("readable") };
        let (input, recurrent) = (read(network.input.weight.val()), read(network.recurrent.weight.val()));
        let bias = read((network.input.bias.val() + network.recurrent.bias.val()).unsqueeze::<2>());
        let width = network.width;
        let (mut state, mut cell) = (vec![0.0; width], vec![0.0; width]);
        for row in rows {
            let sum = |weights: &[f32], x: &[f32], column: usize| -> f32 {
                x.iter().enumerate().map(|(index, x)| x * weights[index * GATES * width + column]).sum()
            };
            let gates: Vec<f32> = (0..GATES * width)
                .map(|column| bias[column] + sum(&input, row, column) + sum(&recurrent, &state, column))
                .collect();
            let sigmoid = |x: f32| 1.0 / (1.0 + (-x).exp());
            for unit in 0..width {
                let gate = |index: usize| gates[index * width + unit];
                cell[unit] = sigmoid(gate(1)) * cell[unit] + sigmoid(gate(0)) * gate(2).tanh();
                state[unit] = sigmoid(gate(3)) * cell[unit].tanh();
            }
        }
        state
    }

    #[test]
    fn states_follow_the_equations_and_padding_has_no_part() {
        let device = Device::flex();
        let network = Lstm::new(2, 3, &mut SeedStream::new(1).rng("network", 0), &device);
        let rows = Tensor::from_data([[[1.0, 0.5], [-1.0, 2.0], [0.3, 0.1]], [[0.2, -0.7], [9.0, 9.0], [9.0, 9.0]]], &device);
        let last = Tensor::from_data([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]], &device);
        let found: Vec<f32> = network.embed(&Sequences { rows, last }, &()).try_into_vec_as().expect("readable");
        let expected = [by_hand(&network, &[[1.0, 0.5], [-1.0, 2.0], [0.3, 0.1]]), by_hand(&network, &[[0.2, -0.7]])].concat();
        assert!(found.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() < 1e-6), "{found:?} {expected:?}");
    }
}
