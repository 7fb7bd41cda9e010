use super::parameters::Places;
use super::states::{BatchStates, LayerStates};
use ndarray::{ArrayView2, ArrayViewMut2, linalg::general_mat_mul};

/// One way through a graph convolutional network in training mode and back, on the states of a batch.
///
/// A layer is `H ← ReLU(BN(S (H W)))`: products are made for the states below, which are fewer than those they are summed to. Everything
/// is as with one row for each node, since statistics and gradients weigh a state by its nodes. The bias of a layer has no part: the mean
/// takes it away again, and its gradient is zero.
pub(super) struct Pass {
    places: Places,
    epsilon: f32,
    /// Of every layer, from 1; `[states · width]`.
    layers: Vec<Activations>,
    products: Vec<f32>,
    gradient_of_states: Vec<f32>,
    gradient_of_products: Vec<f32>,
    embeddings: Vec<f32>,
    predictions: Vec<f32>,
}

/// What the way back needs of a layer.
#[derive(Default)]
struct Activations {
    normalised: Vec<f32>,
    outputs: Vec<f32>,
    /// 1 / √(variance + ε), of each channel.
    scales: Vec<f32>,
}

impl Pass {
    pub(super) fn new(places: Places, epsilon: f64) -> Self {
        Self {
            places,
            epsilon: epsilon as f32,
            layers: (0..places.layers).map(|_| Activations::default()).collect(),
            products: Vec::new(),
            gradient_of_states: Vec::new(),
            gradient_of_products: Vec::new(),
            embeddings: Vec::new(),
            predictions: Vec::new(),
        }
    }

    /// Predictions of the graphs of a batch, in [0, 1].
    pub(super) fn forward(&mut self, parameters: &[f32], batch: &BatchStates) -> &[f32] {
        let width = self.places.width;
        for layer in 0..self.places.layers {
            let weight = &parameters[self.places.weight(layer)];
            let (below, states) = (&batch.layers[layer], &batch.layers[layer + 1]);
            self.products.resize(below.len() * width, 0.0);
            match layer.checked_sub(1) {
                // Features are one-hot: a product is a row of the weight.
                None => rows(&mut self.products, width).zip(&below.ids).for_each(|(product, &id)| {
                    product.copy_from_slice(&weight[id as usize * width..][..width]);
                }),
                Some(before) => {
                    let inputs = matrix(&self.layers[before].outputs, width);
                    general_mat_mul(1.0, &inputs, &matrix(weight, width), 0.0, &mut matrix_mut(&mut self.products, width));
                }
            }
            let (gamma, beta) = (&parameters[self.places.gamma(layer)], &parameters[self.places.beta(layer)]);
            let activations = &mut self.layers[layer];
            sum_sources(states, &self.products, width, &mut activations.normalised);
            activations.normalise(states, batch.nodes, self.epsilon, width);
            activations.activate(gamma, beta);
        }
        self.predict(parameters, batch);
        &self.predictions
    }

    fn predict(&mut self, parameters: &[f32], batch: &BatchStates) {
        let width = self.places.width;
        let outputs = self.layers.last().map_or(&[][..], |last| &last.outputs);
        self.embeddings.clear();
        self.predictions.clear();
        let (head, bias) = (&parameters[self.places.head()], parameters[self.places.head_bias()]);
        for &state in &batch.global {
            let embedding = &outputs[state as usize * width..][..width];
            let latent = embedding.iter().zip(head).map(|(value, weight)| value * weight).sum::<f32>() + bias;
            self.embeddings.extend_from_slice(embedding);
            self.predictions.push(1.0 / (1.0 + (-latent).exp()));
        }
    }

    /// The gradient of the loss in all parameters, from its derivatives in the predictions of the last way forward.
    pub(super) fn backward(&mut self, parameters: &[f32], batch: &BatchStates, derivatives: &[f32], gradient: &mut [f32]) {
        gradient.fill(0.0);
        let (width, places) = (self.places.width, self.places);
        let head = &parameters[places.head()];
        let last = batch.layers.last().map_or(0, LayerStates::len);
        refill(&mut self.gradient_of_states, last * width);
        let graphs = batch.global.iter().zip(self.embeddings.chunks_exact(width));
        for (((&state, embedding), prediction), derivative) in graphs.zip(&self.predictions).zip(derivatives) {
            let derivative = derivative * prediction * (1.0 - prediction);
            add_scaled(&mut gradient[places.head()], embedding, derivative);
            gradient[places.head_bias()] += derivative;
            add_scaled(&mut self.gradient_of_states[state as usize * width..][..width], head, derivative);
        }
        for layer in (0..places.layers).rev() {
            let (below, states) = (&batch.layers[layer], &batch.layers[layer + 1]);
            let gamma = &parameters[places.gamma(layer)];
            let [of_gamma, of_beta] = self.layers[layer].gradient(states, batch.nodes, gamma, &mut self.gradient_of_states);
            gradient[places.gamma(layer)].copy_from_slice(&of_gamma);
            gradient[places.beta(layer)].copy_from_slice(&of_beta);
            refill(&mut self.gradient_of_products, below.len() * width);
            for (state, of_state) in rows(&mut self.gradient_of_states, width).enumerate() {
                for source in states.sources(state) {
                    let target = &mut self.gradient_of_products[source.state as usize * width..][..width];
                    add_scaled(target, of_state, source.times);
                }
            }
            let of_weight = &mut gradient[places.weight(layer)];
            let Some(before) = layer.checked_sub(1) else {
                for (of_product, &id) in self.gradient_of_products.chunks_exact(width).zip(&below.ids) {
                    add_scaled(&mut of_weight[id as usize * width..][..width], of_product, 1.0);
                }
                return;
            };
            let of_products = matrix(&self.gradient_of_products, width);
            let inputs = matrix(&self.layers[before].outputs, width);
            general_mat_mul(1.0, &inputs.t(), &of_products, 0.0, &mut matrix_mut(of_weight, width));
            self.gradient_of_states.resize(below.len() * width, 0.0);
            let weight = matrix(&parameters[places.weight(layer)], width);
            general_mat_mul(1.0, &of_products, &weight.t(), 0.0, &mut matrix_mut(&mut self.gradient_of_states, width));
        }
    }
}

impl Activations {
    /// From sums to numbers of mean 0 and variance 1 over the nodes.
    fn normalise(&mut self, states: &LayerStates, nodes: usize, epsilon: f32, width: usize) {
        let (mut mean, mut variance) = (vec![0.0; width], vec![0.0; width]);
        let share = 1.0 / nodes as f32;
        for (row, &nodes) in self.normalised.chunks_exact(width).zip(&states.nodes) {
            add_scaled(&mut mean, row, nodes * share);
        }
        for (row, &nodes) in self.normalised.chunks_exact_mut(width).zip(&states.nodes) {
            let part = nodes * share;
            for ((value, mean), variance) in row.iter_mut().zip(&mean).zip(&mut variance) {
                *value -= mean;
                *variance += part * *value * *value;
            }
        }
        self.scales = variance.into_iter().map(|variance| 1.0 / (variance + epsilon).sqrt()).collect();
        for row in self.normalised.chunks_exact_mut(width) {
            row.iter_mut().zip(&self.scales).for_each(|(value, scale)| *value *= scale);
        }
    }

    fn activate(&mut self, gamma: &[f32], beta: &[f32]) {
        self.outputs.resize(self.normalised.len(), 0.0);
        let width = gamma.len();
        for (output, row) in self.outputs.chunks_exact_mut(width).zip(self.normalised.chunks_exact(width)) {
            for (((output, value), gamma), beta) in output.iter_mut().zip(row).zip(gamma).zip(beta) {
                *output = (value * gamma + beta).max(0.0);
            }
        }
    }

    /// Turns the gradient in the outputs, of all nodes of a state together, into that in the sums; returns those in gamma and beta.
    fn gradient(&self, states: &LayerStates, nodes: usize, gamma: &[f32], of_outputs: &mut [f32]) -> [Vec<f32>; 2] {
        let width = gamma.len();
        let (mut of_gamma, mut of_beta) = (vec![0.0; width], vec![0.0; width]);
        let normalised = || self.normalised.chunks_exact(width);
        for ((row, outputs), values) in of_outputs.chunks_exact_mut(width).zip(self.outputs.chunks_exact(width)).zip(normalised())
        {
            let sums = of_gamma.iter_mut().zip(&mut of_beta);
            for (((of_row, output), value), (of_gamma, of_beta)) in row.iter_mut().zip(outputs).zip(values).zip(sums) {
                *of_row = if *output > 0.0 { *of_row } else { 0.0 };
                *of_gamma += *of_row * value;
                *of_beta += *of_row;
            }
        }
        let factors: Vec<f32> = gamma.iter().zip(&self.scales).map(|(gamma, scale)| gamma * scale).collect();
        let share = 1.0 / nodes as f32;
        for ((row, values), &nodes) in of_outputs.chunks_exact_mut(width).zip(normalised()).zip(&states.nodes) {
            let part = nodes * share;
            let sums = of_gamma.iter().zip(&of_beta).zip(&factors);
            for ((of_row, value), ((of_gamma, of_beta), factor)) in row.iter_mut().zip(values).zip(sums) {
                *of_row = factor * (*of_row - part * (of_beta + value * of_gamma));
            }
        }
        [of_gamma, of_beta]
    }
}

/// For each state, the sum of its sources.
fn sum_sources(states: &LayerStates, below: &[f32], width: usize, sums: &mut Vec<f32>) {
    refill(sums, states.len() * width);
    for (state, sum) in rows(sums, width).enumerate() {
        for source in states.sources(state) {
            add_scaled(sum, &below[source.state as usize * width..][..width], source.times);
        }
    }
}

fn add_scaled(sum: &mut [f32], values: &[f32], factor: f32) {
    sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += factor * value);
}

fn refill(values: &mut Vec<f32>, length: usize) {
    values.clear();
    values.resize(length, 0.0);
}

fn rows(values: &mut [f32], width: usize) -> std::slice::ChunksExactMut<'_, f32> {
    values.chunks_exact_mut(width)
}

fn matrix(values: &[f32], columns: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((values.len() / columns, columns), values).expect("whole rows")
}

fn matrix_mut(values: &mut [f32], columns: usize) -> ArrayViewMut2<'_, f32> {
    ArrayViewMut2::from_shape((values.len() / columns, columns), values).expect("whole rows")
}
