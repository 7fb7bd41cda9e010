use crate::normalization::NormFactory;
use bonas_core::StudyRng;
use burn::tensor::Device;

/// What a builder of modules needs besides sizes.
pub(crate) struct Build<'a> {
    pub(crate) norms: &'a mut NormFactory,
    pub(crate) rng: &'a mut StudyRng,
    pub(crate) device: &'a Device,
}
