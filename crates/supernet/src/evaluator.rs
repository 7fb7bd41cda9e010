use crate::config::{NetworkConfig, SupernetConfig};
use crate::device_round::on_each_device;
use crate::network_space::NetworkSpace;
use crate::supernet::Supernet;
use bonas_core::{Architecture, EvaluationContext, EvaluationError, Evaluator, Outcome, StudyRng};
use bonas_data::{AugmentConfig, SearchData};
use burn::tensor::Device;
use std::sync::Arc;

/// Trains the whole batch in one fresh sub-supernet and scores each member on the validation images. With several devices, the
/// batch is dealt out to them: each trains a sub-supernet of its share.
pub struct SupernetEvaluator {
    /// The space that decodes architectures.
    pub space: Arc<NetworkSpace>,
    /// Training and validation images; an evaluator has no access to test images.
    pub data: Arc<SearchData>,
    /// What is done to training images.
    pub augment: AugmentConfig,
    /// Sizes of the network.
    pub network: NetworkConfig,
    /// Schedule and optimiser.
    pub config: SupernetConfig,
    /// Where to compute; at least one.
    pub devices: Vec<Device>,
}

impl Evaluator for SupernetEvaluator {
    fn evaluate(
        &mut self,
        batch: &[Architecture],
        rng: &mut StudyRng,
        context: &EvaluationContext<'_>,
    ) -> Result<Vec<Outcome>, EvaluationError> {
        on_each_device(&self.devices, batch, rng, context, |device, batch, rng, context| {
            let candidates = self.space.candidates(batch, &self.network, self.data.train.shape());
            let (network, config, data, augment) = (&self.network, &self.config, &self.data, &self.augment);
            let supernet = Supernet { network, config, data, augment, device };
            let trained = supernet.train(&candidates, rng, context)?;
            Ok(supernet.score(&trained, rng, context)?)
        })
    }

    fn comparable_across_batches(&self) -> bool {
        false
    }
}
