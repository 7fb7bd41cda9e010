use crate::config::{NetworkConfig, SupernetConfig};
use crate::network_space::NetworkSpace;
use crate::supernet::Supernet;
use bonas_core::{Architecture, EvaluationContext, EvaluationError, Evaluator, Outcome, StudyRng};
use bonas_data::{AugmentConfig, SearchData};
use burn::tensor::Device;
use std::sync::Arc;

/// Trains the whole batch in one fresh sub-supernet and scores each member on the validation images.
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
    /// Where to compute.
    pub device: Device,
}

impl Evaluator for SupernetEvaluator {
    fn evaluate(
        &mut self,
        batch: &[Architecture],
        rng: &mut StudyRng,
        context: &EvaluationContext<'_>,
    ) -> Result<Vec<Outcome>, EvaluationError> {
        let candidates = self.space.candidates(batch, &self.network, self.data.train.shape());
        let supernet = Supernet {
            network: &self.network,
            config: &self.config,
            data: &self.data,
            augment: &self.augment,
            device: &self.device,
        };
        // From inside the thread pool, small pieces of work are handed over without waking a sleeping thread each time.
        rayon::scope(|_| {
            let trained = supernet.train(&candidates, rng, context)?;
            Ok(supernet.score(&trained, rng, context)?)
        })
    }

    fn comparable_across_batches(&self) -> bool {
        false
    }
}
