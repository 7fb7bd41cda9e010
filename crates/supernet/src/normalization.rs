use crate::drop_path::DropPath;
use crate::error::SupernetError;
use crate::initialization::constant;
use crate::precision::in_full;
use crate::program::Tracer;
use crate::sum::added;
use bonas_export::{Operator, Value};
use bonas_kernels::{BatchNormOutput, add_batch_norm_train, batch_norm_fixed, batch_norm_train, fold_batch_norm};
use burn::module::{Module, Param, RunningState};
use burn::tensor::{DType, Device, Tensor};

const EPSILON: f64 = 1e-5;

/// Where a batch norm takes its statistics from during a forward pass.
#[derive(Debug)]
pub enum Normalize<'a> {
    /// From the batch itself: training.
    Batch,
    /// From the batch, while results of operations are dropped: training with drop-path.
    Dropping(&'a mut DropPath),
    /// From the batch, and remembers them: estimation.
    Estimate(&'a mut Statistics),
    /// From an earlier estimation: measurement.
    Fixed(&'a Statistics),
}

impl Normalize<'_> {
    /// Whether results of operations are dropped.
    pub(crate) fn drops(&self) -> bool {
        matches!(self, Self::Dropping(_))
    }

    /// The result of an operation that is no identity, as the next reader gets it.
    pub(crate) fn dropped(&mut self, result: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Dropping(drop_path) => drop_path.apply(result),
            Self::Batch | Self::Estimate(_) | Self::Fixed(_) => result,
        }
    }
}

/// Mean and second moment of every batch norm of one path, averaged over batches.
///
/// Shared weights see other activations under every candidate, so statistics belong to a path and not to the network.
#[derive(Debug, Default)]
pub struct Statistics(Vec<Option<Moments>>);

#[derive(Debug)]
enum Moments {
    /// Of the images seen so far.
    Estimated { images: f64, mean: Tensor<1>, square: Tensor<1> },
    /// Loaded with the weights: mean and variance as they were stored, so that a loaded network computes what the saved one did.
    Stored { mean: Tensor<1>, variance: Tensor<1> },
}

impl Statistics {
    fn add(&mut self, slot: usize, images: f64, mean: Tensor<1>, variance: Tensor<1>) {
        let moments = self.slot(slot);
        let square = variance + mean.clone().square();
        *moments = Some(match moments.take() {
            Some(Moments::Estimated { images: before, mean: old_mean, square: old_square }) => {
                let total = before + images;
                let share = images / total;
                let blend = |old: Tensor<1>, new: Tensor<1>| old * (1.0 - share) + new * share;
                Moments::Estimated { images: total, mean: blend(old_mean, mean), square: blend(old_square, square) }
            }
            // An estimation replaces what was loaded.
            None | Some(Moments::Stored { .. }) => Moments::Estimated { images, mean, square },
        });
    }

    fn slot(&mut self, slot: usize) -> &mut Option<Moments> {
        if self.0.len() <= slot {
            self.0.resize_with(slot + 1, || None);
        }
        &mut self.0[slot]
    }

    /// Mean and population variance of a batch norm.
    fn get(&self, slot: usize) -> Option<(Tensor<1>, Tensor<1>)> {
        Some(match self.0.get(slot)?.as_ref()? {
            Moments::Estimated { mean, square, .. } => (mean.clone(), (square.clone() - mean.clone().square()).clamp_min(0.0)),
            Moments::Stored { mean, variance } => (mean.clone(), variance.clone()),
        })
    }

    /// Mean and population variance of a batch norm of the path that they were estimated on.
    fn expected(&self, slot: usize) -> (Tensor<1>, Tensor<1>) {
        self.get(slot).expect("statistics are estimated on the path that is measured or traced")
    }
}

/// Batch normalisation whose statistics are chosen by the caller of the forward pass, with or without an affine map.
#[derive(Module, Debug)]
pub struct Norm {
    affine: Option<Affine>,
    slot: usize,
    channels: usize,
}

/// Scale and shift of a stand-alone network, and the statistics it is shipped with.
#[derive(Module, Debug)]
struct Affine {
    weight: Param<Tensor<1>>,
    bias: Param<Tensor<1>>,
    running_mean: RunningState<Tensor<1>>,
    running_var: RunningState<Tensor<1>>,
}

/// Hands out one slot of [`Statistics`] per batch norm, in the order of construction.
#[derive(Debug)]
pub(crate) struct NormFactory {
    affine: bool,
    slots: usize,
}

impl NormFactory {
    /// Stand-alone networks scale and shift; shared weights do not (DARTS: a sampled path must not rescale another).
    pub(crate) fn new(affine: bool) -> Self {
        Self { affine, slots: 0 }
    }

    pub(crate) fn is_affine(&self) -> bool {
        self.affine
    }

    pub(crate) fn build(&mut self, channels: usize, device: &Device) -> Norm {
        let slot = self.slots;
        self.slots += 1;
        let affine = self.affine.then(|| Affine {
            weight: constant(1.0, [channels], device),
            bias: constant(0.0, [channels], device),
            running_mean: RunningState::new(Tensor::zeros([channels], device)),
            running_var: RunningState::new(Tensor::ones([channels], device)),
        });
        Norm { affine, slot, channels }
    }
}

impl Norm {
    /// [batch, channels, height, width] → the same shape.
    pub(crate) fn forward(&self, x: Tensor<4>, normalize: &mut Normalize<'_>) -> Tensor<4> {
        in_full(x, |x| self.normalized(None, x, normalize))
    }

    /// The same, added to what a node has summed so far.
    pub(crate) fn forward_onto(&self, sum: Option<Tensor<4>>, x: Tensor<4>, normalize: &mut Normalize<'_>) -> Tensor<4> {
        match x.dtype() {
            DType::F32 => self.normalized(sum, x, normalize),
            _ => added(sum, self.forward(x, normalize)),
        }
    }

    fn normalized(&self, sum: Option<Tensor<4>>, x: Tensor<4>, normalize: &mut Normalize<'_>) -> Tensor<4> {
        let (weight, bias) = self.scale_and_shift(&x.device());
        let images = x.dims()[0] as f64;
        if let Normalize::Fixed(statistics) = normalize {
            let (mean, variance) = statistics.expected(self.slot);
            return added(sum, batch_norm_fixed(x, [weight, bias], [mean, variance], EPSILON));
        }
        let BatchNormOutput { output, mean, variance } = match sum {
            Some(sum) => add_batch_norm_train(sum, x, weight, bias, EPSILON),
            None => batch_norm_train(x, weight, bias, EPSILON),
        };
        if let Normalize::Estimate(statistics) = normalize {
            statistics.add(self.slot, images, mean, variance);
        }
        output
    }

    /// A convolution's weight, and the shift of its outputs, that do what this norm does behind it: with fixed statistics and without gradients.
    pub(crate) fn folded(&self, weight: Tensor<4>, normalize: &Normalize<'_>) -> Option<(Tensor<4>, Tensor<1>)> {
        let (Normalize::Fixed(statistics), device) = (normalize, weight.device()) else { return None };
        if device.is_autodiff() {
            return None;
        }
        let ((scale, shift), (mean, variance)) = (self.scale_and_shift(&device), statistics.expected(self.slot));
        Some(fold_batch_norm(weight, [scale, shift], [mean, variance], EPSILON))
    }

    /// What [`forward`](Self::forward) computes with the statistics of the tracer.
    pub(crate) fn trace(&self, x: Value, name: &str, tracer: &mut Tracer<'_>) -> Result<Value, SupernetError> {
        let (mean, variance) = tracer.statistics.expected(self.slot);
        let (weight, bias) = self.scale_and_shift(&mean.device());
        let [weight, bias, mean, variance] = [weight, bias, mean, variance].map(|numbers| tracer.array(numbers));
        let norm = bonas_export::Norm {
            weight: weight?.values,
            bias: bias?.values,
            mean: mean?.values,
            variance: variance?.values,
            epsilon: EPSILON as f32,
        };
        // By this name the file of the weights knows its numbers.
        Ok(tracer.program.then(format!("{name}.affine"), Operator::Norm(norm), x))
    }

    fn scale_and_shift(&self, device: &Device) -> (Tensor<1>, Tensor<1>) {
        match &self.affine {
            Some(affine) => (affine.weight.val(), affine.bias.val()),
            None => (Tensor::ones([self.channels], device), Tensor::zeros([self.channels], device)),
        }
    }

    /// How many numbers of the module are statistics and not trained.
    pub(crate) fn statistics(&self) -> usize {
        self.affine.as_ref().map_or(0, |_| 2 * self.channels)
    }

    /// Keeps the estimated statistics in the module, so that they are saved with its weights.
    pub(crate) fn store(&self, statistics: &Statistics) {
        let (Some(affine), Some((mean, variance))) = (&self.affine, statistics.get(self.slot)) else { return };
        affine.running_mean.update(mean);
        affine.running_var.update(variance);
        // An update waits for the next one; what is saved is only what has been synchronised.
        affine.running_mean.value_sync();
        affine.running_var.value_sync();
    }

    /// Adds the statistics that were loaded with the weights.
    pub(crate) fn restore(&self, statistics: &mut Statistics) {
        let Some(affine) = &self.affine else { return };
        let (mean, variance) = (affine.running_mean.value_sync(), affine.running_var.value_sync());
        *statistics.slot(self.slot) = Some(Moments::Stored { mean, variance });
    }
}
