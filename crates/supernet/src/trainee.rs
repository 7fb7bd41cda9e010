use crate::auxiliary_head::AuxiliaryHead;
use crate::network::{Network, Path};
use crate::normalization::Normalize;
use burn::module::Module;
use burn::tensor::Tensor;

/// A network, and what beside it only exists while it trains.
#[derive(Module, Debug)]
pub(crate) struct Trainee {
    pub(crate) network: Network,
    auxiliary: Option<AuxiliaryHead>,
}

impl Trainee {
    /// A network by itself.
    pub(crate) fn plain(network: Network) -> Self {
        Self { network, auxiliary: None }
    }

    /// A network with an auxiliary head.
    pub(crate) fn with_auxiliary(network: Network, head: AuxiliaryHead) -> Self {
        Self { network, auxiliary: Some(head) }
    }

    /// Images [batch, channels, height, width] → logits [batch, classes] of the network, and of the auxiliary head if there is one.
    pub(crate) fn forward(
        &self,
        images: Tensor<4>,
        path: &Path,
        normalize: &mut Normalize<'_>,
    ) -> (Tensor<2>, Option<Tensor<2>>) {
        match &self.auxiliary {
            None => (self.network.forward(images, path, normalize), None),
            Some(head) => {
                let (logits, features) = self.network.forward_tapped(images, path, normalize);
                (logits, Some(head.forward(features, normalize)))
            }
        }
    }
}
