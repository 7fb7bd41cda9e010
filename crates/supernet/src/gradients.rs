use crate::error::SupernetError;
use crate::network::{Network, Path};
use crate::normalization::Normalize;
use crate::step::{device_error, images};
use bonas_data::Batch;
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// Mean loss of a batch along a path and its gradients; none if the loss is not finite.
///
/// The batch goes through the device in `parts` micro-batches. The loss of a batch is the mean over its images, so micro-batches count by their
/// share of them and the added gradients are those of the whole batch. Only statistics that [`Normalize::Batch`] takes are those of a
/// micro-batch ("ghost batch normalisation", Hoffer et al., NeurIPS 2017).
pub(crate) fn gradients(
    network: &Network,
    batch: &Batch,
    path: &Path,
    normalize: &mut Normalize<'_>,
    parts: usize,
    device: &Device,
) -> Result<Option<(f64, GradientsParams)>, SupernetError> {
    let size = part_size(batch.labels.len(), parts);
    if size == batch.labels.len() {
        return of_part(network, batch, path, normalize, 1.0, device);
    }
    let mut sum = GradientsAccumulator::new();
    let mut total = 0.0;
    for part in batch.split(size) {
        let share = part.labels.len() as f64 / batch.labels.len() as f64;
        let Some((loss, gradients)) = of_part(network, &part, path, normalize, share, device)? else { return Ok(None) };
        total += loss;
        sum.accumulate(network, gradients);
    }
    Ok(Some((total, sum.grads())))
}

/// Images of the largest of so many parts.
pub(crate) fn part_size(images: usize, parts: usize) -> usize {
    images.div_ceil(parts).max(1)
}

/// Loss and gradients of a micro-batch, both times `share`.
fn of_part(
    network: &Network,
    batch: &Batch,
    path: &Path,
    normalize: &mut Normalize<'_>,
    share: f64,
    device: &Device,
) -> Result<Option<(f64, GradientsParams)>, SupernetError> {
    #[cfg(test)]
    crate::device_memory::injected::allocate(batch.labels.len())?;
    let logits = network.forward(images(batch, device), path, normalize);
    let loss = cross_entropy_of(&CrossEntropyLossConfig::new().init(device), batch, logits, device);
    let loss = if share < 1.0 { loss * share } else { loss };
    let value = loss.clone().try_into_scalar::<f32>().map_err(device_error("reading the loss"))?;
    Ok(value.is_finite().then(|| (f64::from(value), GradientsParams::from_grads(loss.backward(), network))))
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
