use crate::build::Build;
use crate::error::SupernetError;
use crate::initialization::{constant, uniform_fan_in};
use crate::precision::widened;
use crate::program::Tracer;
use bonas_export::{Operator, Value};
use burn::module::{Module, Param};
use burn::tensor::Tensor;

/// Global average pooling followed by a linear map.
#[derive(Module, Debug)]
pub(crate) struct Classifier {
    /// [features, classes]
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Classifier {
    pub(crate) fn new(features: usize, classes: usize, build: &mut Build<'_>) -> Self {
        let weight = uniform_fan_in([features, classes], features, build.rng, build.device);
        Self { weight, bias: constant(0.0, [classes], build.device) }
    }

    /// [batch, features, height, width] → [batch, classes]
    pub(crate) fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let [batch, features, height, width] = x.dims();
        let pooled = widened(x).reshape([batch, features, height * width]).mean_dim(2).reshape([batch, features]);
        pooled.matmul(self.weight.val()) + self.bias.val().unsqueeze()
    }

    /// What [`forward`](Self::forward) computes.
    pub(crate) fn trace(&self, x: Value, name: String, tracer: &mut Tracer<'_>) -> Result<Value, SupernetError> {
        let weight = tracer.array(self.weight.val())?.transposed();
        let bias = tracer.array(self.bias.val())?.values;
        Ok(tracer.program.then(name, Operator::Classifier { weight, bias }, x))
    }

    /// Numbers that it reads and writes: features and classes.
    #[cfg(test)]
    pub(crate) fn dims(&self) -> [usize; 2] {
        self.weight.dims()
    }
}
