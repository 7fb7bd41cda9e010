use crate::blueprint::Blueprint;
use crate::config::NetworkConfig;
use crate::error::SupernetError;
use crate::network::{Network, Path, TaskShape};
use crate::normalization::{Normalize, Statistics};
use crate::retrain::Trained;
use crate::step::device_error;
use bonas_core::StudyRng;
use bonas_data::ImageShape;
use burn::tensor::{Device, Tensor};
use rand::SeedableRng;
use std::time::Instant;

/// How the latency of a network is measured: a quantile of some runs after others that warm the device up. A run ends when its logits
/// are back in memory.
#[derive(Clone, Debug)]
pub struct Stopwatch {
    /// Where to compute.
    pub device: Device,
    /// Images of a run.
    pub batch: usize,
    /// Runs before those that count.
    pub warmup: usize,
    /// Runs that count.
    pub runs: usize,
    /// Which of them, in the order of their times: 0.5 is the median. What else a machine does only ever adds time, so that on a busy one a
    /// lower quantile is closer to the truth.
    pub quantile: f64,
}

impl Stopwatch {
    /// Milliseconds of one run of the stand-alone network of every blueprint, whose weights do not matter. The networks take turns, so
    /// that what else the machine does for a while slows down single runs of all of them, which medians leave out.
    ///
    /// # Errors
    /// When the device fails.
    pub fn measure(
        &self,
        blueprints: &[Blueprint],
        config: &NetworkConfig,
        image: ImageShape,
        classes: usize,
    ) -> Result<Vec<f64>, SupernetError> {
        let task = TaskShape { channels: image.channels, classes };
        let mut rng = StudyRng::seed_from_u64(0);
        let build = |blueprint| {
            let (network, path) = Network::stand_alone(blueprint, config, task, &mut rng, &self.device);
            let statistics = network.stored_statistics();
            (network, path, statistics)
        };
        let networks: Vec<_> = blueprints.iter().map(build).collect();
        let subjects: Vec<_> = networks.iter().map(|(network, path, statistics)| Subject { network, path, statistics }).collect();
        self.time(&subjects, image)
    }

    /// Milliseconds of one run of a finished network on images of this size.
    ///
    /// # Errors
    /// When the device fails.
    pub fn measure_trained(&self, trained: &Trained, image: ImageShape) -> Result<f64, SupernetError> {
        let Trained { network, path, statistics, .. } = trained;
        let times = self.time(&[Subject { network, path, statistics }], image)?;
        Ok(times[0])
    }

    fn time(&self, subjects: &[Subject<'_>], image: ImageShape) -> Result<Vec<f64>, SupernetError> {
        let images = Tensor::ones([self.batch, image.channels, image.height, image.width], &self.device);
        let run = |subject: &Subject<'_>| -> Result<f64, SupernetError> {
            let clock = Instant::now();
            let logits = subject.network.forward(images.clone(), subject.path, &mut Normalize::Fixed(subject.statistics));
            logits.try_into_data().map_err(device_error("reading the logits"))?;
            Ok(clock.elapsed().as_secs_f64() * 1000.0)
        };
        let mut times = vec![Vec::with_capacity(self.runs); subjects.len()];
        // In a scope, Rayon's threads do not fall asleep between the operations of a network.
        rayon::scope(|_| {
            for turn in 0..self.warmup + self.runs {
                for (subject, times) in subjects.iter().zip(&mut times) {
                    let milliseconds = run(subject)?;
                    if turn >= self.warmup {
                        times.push(milliseconds);
                    }
                }
            }
            Ok(times.into_iter().map(|times| quantile(times, self.quantile)).collect())
        })
    }
}

/// A network that can be run.
struct Subject<'a> {
    network: &'a Network,
    path: &'a Path,
    statistics: &'a Statistics,
}

fn quantile(mut times: Vec<f64>, quantile: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let place = (quantile * times.len() as f64) as usize;
    times[place.min(times.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_times() {
        let times = vec![5.0, 1.0, 4.0, 2.0, 3.0];
        for (share, exact) in [(0.0, 1.0), (0.25, 2.0), (0.5, 3.0), (1.0, 5.0)] {
            assert_eq!(quantile(times.clone(), share), exact);
        }
    }
}
