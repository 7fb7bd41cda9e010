use crate::error::SupernetError;
use crate::network::{Network, Path};
use crate::normalization::Normalize;
use crate::step::{device_error, images};
use bonas_data::Batch;
use burn::nn::loss::CrossEntropyLossConfig;
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
    for part in micro_batches(batch, size) {
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
    let labels = Tensor::<1, Int>::from_data(TensorData::new(batch.labels.clone(), [batch.labels.len()]), device);
    let logits = network.forward(images(batch, device), path, normalize);
    let loss = CrossEntropyLossConfig::new().init(device).forward(logits, labels);
    let loss = if share < 1.0 { loss * share } else { loss };
    let value = loss.clone().try_into_scalar::<f32>().map_err(device_error("reading the loss"))?;
    Ok(value.is_finite().then(|| (f64::from(value), GradientsParams::from_grads(loss.backward(), network))))
}

fn micro_batches(batch: &Batch, size: usize) -> impl Iterator<Item = Batch> {
    let pixels = batch.pixels.chunks(size * batch.shape.channels * batch.shape.height * batch.shape.width);
    let parts = pixels.zip(batch.labels.chunks(size));
    parts.map(|(pixels, labels)| Batch { pixels: pixels.to_vec(), shape: batch.shape, labels: labels.to_vec() })
}
