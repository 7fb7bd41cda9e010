use crate::drop_path::DropPath;
use crate::error::SupernetError;
use crate::gradient_clipping::scale;
use crate::network::Path;
use crate::normalization::Normalize;
use crate::precision::{LOSS_SCALE, Precision};
use crate::recomputation::recomputed_gradients;
use crate::step::{device_error, images};
use crate::trainee::Trainee;
use bonas_data::Batch;
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::ops::Range;

/// What a training step makes small: the cross-entropy, and what a recipe adds to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objective {
    /// Share of the label that is spread over all classes.
    pub(crate) label_smoothing: f64,
    /// Weight of the loss of the auxiliary head.
    pub(crate) auxiliary_weight: f64,
    /// What is dropped in this step, drawn for all images of the batch.
    pub(crate) drop_path: Option<DropPath>,
    /// In which numbers the network computes.
    pub(crate) precision: Precision,
    /// Whether only the outputs of cells are kept, and the rest is computed twice. Nothing is dropped then, and there is no auxiliary head.
    pub(crate) recompute: bool,
    /// Factor of the loss on its way back through the network, if it has one; gradients come out without it.
    pub(crate) loss_scale: Option<f64>,
}

impl Objective {
    /// The cross-entropy, computed by a network in these numbers.
    pub(crate) fn in_precision(precision: Precision) -> Self {
        Self { precision, loss_scale: (precision == Precision::F16).then_some(LOSS_SCALE), ..Self::default() }
    }

    /// Halves the scale of the loss; false where there is none to be halved.
    pub(crate) fn back_off(&mut self) -> bool {
        match &mut self.loss_scale {
            Some(scale) if *scale > 1.0 => {
                *scale /= 2.0;
                true
            }
            _ => false,
        }
    }
}

/// Mean loss of a batch along a path and its gradients; none if the loss is not finite.
///
/// The batch goes through the device in `parts` micro-batches. The loss of a batch is the mean over its images, so micro-batches count by their
/// share of them and the added gradients are those of the whole batch. Only statistics that [`Normalize::Batch`] takes are those of a
/// micro-batch ("ghost batch normalisation", Hoffer et al., NeurIPS 2017).
pub(crate) fn gradients(
    trainee: &Trainee,
    batch: &Batch,
    path: &Path,
    objective: &Objective,
    normalize: &mut Normalize<'_>,
    parts: usize,
    device: &Device,
) -> Result<Option<(f64, GradientsParams)>, SupernetError> {
    let size = part_size(batch.labels.len(), parts);
    let mut step = |part: &Batch, images: Range<usize>| {
        let share = images.len() as f64 / batch.labels.len() as f64;
        match objective.drop_path.as_ref().map(|drop_path| drop_path.of(images)) {
            Some(mut drop_path) => {
                of_part(trainee, part, path, objective, &mut Normalize::Dropping(&mut drop_path), share, device)
            }
            None => of_part(trainee, part, path, objective, normalize, share, device),
        }
    };
    if size == batch.labels.len() {
        return step(batch, 0..size);
    }
    let mut sum = GradientsAccumulator::new();
    let (mut total, mut done) = (0.0, 0);
    for part in batch.split(size) {
        let images = done..done + part.labels.len();
        done = images.end;
        let Some((loss, gradients)) = step(&part, images)? else { return Ok(None) };
        total += loss;
        sum.accumulate(trainee, gradients);
    }
    Ok(Some((total, sum.grads())))
}

/// Images of the largest of so many parts.
pub(crate) fn part_size(images: usize, parts: usize) -> usize {
    images.div_ceil(parts).max(1)
}

/// Loss and gradients of a micro-batch, both times `share`.
fn of_part(
    trainee: &Trainee,
    batch: &Batch,
    path: &Path,
    objective: &Objective,
    normalize: &mut Normalize<'_>,
    share: f64,
    device: &Device,
) -> Result<Option<(f64, GradientsParams)>, SupernetError> {
    #[cfg(test)]
    crate::device_memory::injected::allocate(batch.labels.len())?;
    let smoothing = (objective.label_smoothing > 0.0).then_some(objective.label_smoothing as f32);
    let cross_entropy = CrossEntropyLossConfig::new().with_smoothing(smoothing).init(device);
    let images = objective.precision.narrowed(images(batch, device));
    let share_of = |loss: Tensor<1>| if share < 1.0 { loss * share } else { loss };
    let read = |loss: &Tensor<1>| {
        let value = loss.clone().try_into_scalar::<f32>().map_err(device_error("reading the loss"))?;
        Ok::<_, SupernetError>(value.is_finite().then_some(f64::from(value)))
    };
    let scaled = |loss: Tensor<1>| objective.loss_scale.map_or(loss.clone(), |scale| loss * scale);
    let (value, mut gradients) = if objective.recompute {
        let mut value = Ok(None);
        let gradients = recomputed_gradients(trainee, path, images, |logits| {
            let loss = share_of(cross_entropy_of(&cross_entropy, batch, logits, device));
            value = read(&loss);
            matches!(value, Ok(Some(_))).then(|| scaled(loss))
        });
        match (value?, gradients) {
            (Some(value), Some(gradients)) => (value, gradients),
            _ => return Ok(None),
        }
    } else {
        let (logits, auxiliary) = trainee.forward(images, path, normalize);
        let loss = cross_entropy_of(&cross_entropy, batch, logits, device);
        let loss = match auxiliary {
            Some(logits) => loss + cross_entropy_of(&cross_entropy, batch, logits, device) * objective.auxiliary_weight,
            None => loss,
        };
        let loss = share_of(loss);
        let Some(value) = read(&loss)? else { return Ok(None) };
        (value, GradientsParams::from_grads(scaled(loss).backward(), trainee))
    };
    if let Some(factor) = objective.loss_scale {
        scale(trainee, &mut gradients, 1.0 / factor);
    }
    Ok(Some((value, gradients)))
}

/// Mean cross-entropy of a batch; of images that mixup blended, the mean over both labels by their shares (Zhang et al., 2018).
pub(crate) fn cross_entropy_of(loss: &CrossEntropyLoss, batch: &Batch, logits: Tensor<2>, device: &Device) -> Tensor<1> {
    let labels = |labels: &[i64]| Tensor::<1, Int>::from_data(TensorData::new(labels.to_vec(), [labels.len()]), device);
    match &batch.mixed {
        None => loss.forward(logits, labels(&batch.labels)),
        Some(mixed) => {
            let other = loss.forward(logits.clone(), labels(&mixed.labels)) * (1.0 - mixed.share);
            loss.forward(logits, labels(&batch.labels)) * mixed.share + other
        }
    }
}
