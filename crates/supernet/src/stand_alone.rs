use crate::config::{NetworkConfig, RetrainConfig};
use crate::device_round::on_each_device;
use crate::error::SupernetError;
use crate::network_space::NetworkSpace;
use crate::retrain::{RetrainContext, retrain};
use crate::supernet::measured;
use bonas_core::{Architecture, EvaluationContext, EvaluationError, Evaluator, Outcome, StudyRng};
use bonas_data::{AugmentConfig, SearchData};
use burn::tensor::Device;
use std::sync::Arc;

/// Trains every member of the batch from scratch, without weight sharing: slow, and the yardstick of weight sharing.
pub struct StandAloneEvaluator {
    /// The space that decodes architectures.
    pub space: Arc<NetworkSpace>,
    /// Training and validation images.
    pub data: Arc<SearchData>,
    /// What is done to training images.
    pub augment: AugmentConfig,
    /// Sizes of the network.
    pub network: NetworkConfig,
    /// Schedule and optimiser.
    pub config: RetrainConfig,
    /// Where to compute; at least one. With several, each trains its share of the batch.
    pub devices: Vec<Device>,
}

impl Evaluator for StandAloneEvaluator {
    fn evaluate(
        &mut self,
        batch: &[Architecture],
        rng: &mut StudyRng,
        context: &EvaluationContext<'_>,
    ) -> Result<Vec<Outcome>, EvaluationError> {
        on_each_device(&self.devices, batch, rng, context, |device, batch, rng, context| {
            let context = RetrainContext {
                data: &self.data,
                augment: &self.augment,
                network: &self.network,
                config: &self.config,
                device,
                progress: context.progress,
                interrupt: context.interrupt,
                record: None,
            };
            let image = self.data.train.shape();
            let blueprint = |architecture| self.space.blueprint(architecture, &self.network, image);
            let outcome = |architecture| match retrain(&blueprint(architecture), &context, rng) {
                Ok(trained) => {
                    let last = trained.last_epoch();
                    Ok(measured(last.validation_accuracy, last.validation_loss))
                }
                Err(error @ SupernetError::Diverged { .. }) => Ok(Outcome::Failed { reason: error.to_string() }),
                Err(error) => Err(error.into()),
            };
            batch.iter().map(outcome).collect()
        })
    }
}
