use crate::error::SupernetError;
use crate::network::{Network, Path};
use crate::normalization::{Normalize, Statistics};
use crate::step::{device_error, images};
use bonas_core::Interrupt;
use bonas_data::{Batch, BatchResult};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

/// How well a network classifies some images.
#[derive(Clone, Debug, PartialEq)]
pub struct Accuracy {
    /// Images per (true class, predicted class).
    pub confusion: Vec<Vec<usize>>,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Those with the highest loss, the highest first; of equal ones the first.
    pub hardest: Vec<HardImage>,
}

/// Images that [`Accuracy::hardest`] keeps.
const HARDEST: usize = 24;

/// An image that a network is far from classifying right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HardImage {
    /// Its place in the set.
    pub place: usize,
    /// Its class.
    pub label: usize,
    /// The class it was taken for.
    pub predicted: usize,
    /// Its cross-entropy in nats.
    pub loss: f64,
}

impl Accuracy {
    /// Number of images.
    pub fn images(&self) -> usize {
        self.confusion.iter().flatten().sum()
    }

    /// Number of images whose most likely class is the true one.
    pub fn correct(&self) -> usize {
        (0..self.confusion.len()).map(|class| self.confusion[class][class]).sum()
    }

    /// Share of correct images, in [0, 1].
    pub fn top1(&self) -> f64 {
        self.correct() as f64 / self.images().max(1) as f64
    }
}

/// Estimates the batch-norm statistics of a path from some training images.
///
/// # Errors
/// When interrupted, or an image cannot be decoded.
pub fn estimate_statistics(
    network: &Network,
    path: &Path,
    batches: impl Iterator<Item = BatchResult>,
    device: &Device,
    interrupt: &Interrupt,
) -> Result<Statistics, SupernetError> {
    let mut statistics = Statistics::default();
    for batch in batches {
        stop_if(interrupt)?;
        network.forward(images(&batch?, device), path, &mut Normalize::Estimate(&mut statistics));
    }
    Ok(statistics)
}

/// Classifies images along a path with these statistics.
///
/// # Errors
/// When interrupted, when an image cannot be decoded, when the device fails, or when a logit is not finite: such a network has no accuracy.
pub fn evaluate(
    network: &Network,
    path: &Path,
    statistics: &Statistics,
    batches: impl Iterator<Item = BatchResult>,
    device: &Device,
    interrupt: &Interrupt,
) -> Result<Accuracy, SupernetError> {
    let mut confusion = Vec::new();
    let mut loss = 0.0;
    let mut seen = 0_usize;
    let mut hardest: Vec<HardImage> = Vec::new();
    for batch in batches {
        stop_if(interrupt)?;
        let batch = batch?;
        let (logits, classes) = logits_of(network, path, statistics, &batch, device)?;
        confusion.resize_with(classes, || vec![0; classes]);
        for (row, &label) in logits.chunks_exact(classes).zip(&batch.labels) {
            let label = label as usize;
            let Some((predicted, cross_entropy)) = classify(row, label) else {
                return Err(SupernetError::not_finite());
            };
            confusion[label][predicted] += 1;
            loss += cross_entropy;
            hardest.push(HardImage { place: seen, label, predicted, loss: cross_entropy });
            seen += 1;
        }
        hardest.sort_by(|a, b| b.loss.total_cmp(&a.loss));
        hardest.truncate(HARDEST);
    }
    Ok(Accuracy { confusion, loss: loss / seen.max(1) as f64, hardest })
}

/// The probability of every class for every image, in the order of the batches: a row with sum 1 per image.
///
/// # Errors
/// As [`evaluate`].
pub fn probabilities(
    network: &Network,
    path: &Path,
    statistics: &Statistics,
    batches: impl Iterator<Item = BatchResult>,
    device: &Device,
    interrupt: &Interrupt,
) -> Result<Vec<Vec<f64>>, SupernetError> {
    let rows = logits(network, path, statistics, batches, device, interrupt)?;
    rows.iter().map(|row| softmax(row).ok_or_else(SupernetError::not_finite)).collect()
}

/// The output of a network for every image, in the order of the batches: a row of one number per class.
///
/// # Errors
/// When interrupted, or the device fails.
pub fn logits(
    network: &Network,
    path: &Path,
    statistics: &Statistics,
    batches: impl Iterator<Item = BatchResult>,
    device: &Device,
    interrupt: &Interrupt,
) -> Result<Vec<Vec<f32>>, SupernetError> {
    let mut rows = Vec::new();
    for batch in batches {
        stop_if(interrupt)?;
        let (logits, classes) = logits_of(network, path, statistics, &batch?, device)?;
        rows.extend(logits.chunks_exact(classes).map(<[f32]>::to_vec));
    }
    Ok(rows)
}

/// The logits of a batch, image after image, and the number of classes.
fn logits_of(
    network: &Network,
    path: &Path,
    statistics: &Statistics,
    batch: &Batch,
    device: &Device,
) -> Result<(Vec<f32>, usize), SupernetError> {
    let logits = network.forward(images(batch, device), path, &mut Normalize::Fixed(statistics));
    let [_, classes] = logits.dims();
    let logits = logits.try_into_data().map_err(device_error("reading the logits"))?;
    let logits = logits.try_to_vec::<f32>().map_err(device_error("reading the logits"))?;
    Ok((logits, classes))
}

/// exp(logit) / Σ exp(logits), in f64; none if a logit is not finite.
pub fn softmax(logits: &[f32]) -> Option<Vec<f64>> {
    if logits.iter().any(|logit| !logit.is_finite()) {
        return None;
    }
    let largest = logits.iter().copied().max_by(f32::total_cmp)?;
    let powers: Vec<f64> = logits.iter().map(|&logit| f64::from(logit - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    Some(powers.iter().map(|power| power / sum).collect())
}

/// The most likely class (the first, if several are) and −ln p(label); none if a logit is not finite.
fn classify(logits: &[f32], label: usize) -> Option<(usize, f64)> {
    if logits.iter().any(|logit| !logit.is_finite()) {
        return None;
    }
    let (best, &largest) = logits.iter().enumerate().rev().max_by(|a, b| a.1.total_cmp(b.1))?;
    let normalizer: f64 = logits.iter().map(|&logit| f64::from(logit - largest).exp()).sum();
    Some((best, normalizer.ln() - f64::from(logits[label] - largest)))
}

pub(crate) fn stop_if(interrupt: &Interrupt) -> Result<(), SupernetError> {
    match interrupt.is_requested() {
        true => Err(SupernetError::Interrupted),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classification_is_argmax_and_cross_entropy() {
        let (class, loss) = classify(&[0.0, 2.0, 1.0], 2).expect("finite");
        assert_eq!(class, 1);
        let exact = (1f64.exp().mul_add(1.0, 0.0) + 1.0 + 2f64.exp()).ln() - 1.0;
        assert!((loss - exact).abs() < 1e-6);
        assert_eq!(classify(&[1.0, 1.0], 0).map(|(class, _)| class), Some(0));
        assert_eq!(classify(&[f32::NAN, 1.0], 0), None);
    }

    #[test]
    fn softmax_is_a_distribution_that_no_size_of_logits_spoils() {
        let probabilities = softmax(&[0.0, 3f32.ln(), f32::MIN]).expect("finite");
        for (probability, exact) in probabilities.iter().zip([0.25, 0.75, 0.0]) {
            assert!((probability - exact).abs() < 1e-7, "{probability} {exact}");
        }
        assert_eq!(softmax(&[900.0, 900.0]), Some(vec![0.5, 0.5]));
        assert_eq!(softmax(&[f32::INFINITY, 0.0]), None);
    }

    #[test]
    fn top1_counts_the_diagonal() {
        let accuracy = Accuracy { confusion: vec![vec![3, 1], vec![2, 4]], loss: 0.0, hardest: Vec::new() };
        assert_eq!((accuracy.correct(), accuracy.images()), (7, 10));
        assert!((accuracy.top1() - 0.7).abs() < 1e-12);
    }
}
