use crate::error::SupernetError;
use crate::network::{Network, Path};
use crate::normalization::Statistics;
use crate::retrain::Trained;
use crate::step::device_error;
use bonas_data::ImageShape;
use bonas_export::{Array, Program, ProgramBuilder, Shape};
use burn::tensor::Tensor;

/// Writes down what a network computes, with the numbers of its weights.
pub(crate) struct Tracer<'a> {
    pub(crate) program: ProgramBuilder,
    /// Of the batch norms.
    pub(crate) statistics: &'a Statistics,
}

impl Tracer<'_> {
    /// The numbers of a tensor.
    pub(crate) fn array<const D: usize>(&self, tensor: Tensor<D>) -> Result<Array, SupernetError> {
        let dims = tensor.dims().to_vec();
        let data = tensor.try_into_data().map_err(device_error("reading the weights"))?;
        let values = data.try_to_vec().map_err(device_error("reading the weights"))?;
        Ok(Array { dims, values })
    }
}

impl Trained {
    /// What the network computes for images of this size, with all its numbers. What its output does not depend on is left out.
    /// Arrays have the names that [`save_model`](crate::save_model) gives them.
    ///
    /// # Errors
    /// When the device fails.
    pub fn program(&self, image: ImageShape) -> Result<Program, SupernetError> {
        program(&self.network, &self.path, &self.statistics, image)
    }
}

/// The program of a stand-alone network.
pub(crate) fn program(
    network: &Network,
    path: &Path,
    statistics: &Statistics,
    image: ImageShape,
) -> Result<Program, SupernetError> {
    let ImageShape { channels, height, width } = image;
    let mut tracer = Tracer { program: ProgramBuilder::new(Shape { channels, height, width }), statistics };
    network.trace(path, &mut tracer)?;
    Ok(tracer.program.finish())
}
