use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

/// Scales all gradients together so that their joint L2 norm is at most `limit`, and returns the norm before scaling.
///
/// Burn clips each parameter by its own norm; the DARTS recipe clips the norm of all gradients together (Pascanu et al.,
/// 2013), which keeps their direction. A norm that is not finite is returned as it is, and nothing is scaled.
pub(crate) fn clip_by_global_norm<M: Module>(module: &M, gradients: &mut GradientsParams, limit: f64) -> Result<f64, String> {
    let mut squares = SquaredNorm { gradients, sum: None };
    module.visit(&mut squares);
    let Some(sum) = squares.sum else { return Ok(0.0) };
    let norm = f64::from(sum.try_into_scalar::<f32>().map_err(|error| error.to_string())?).sqrt();
    if norm.is_finite() && norm > limit {
        scale(module, gradients, limit / norm);
    }
    Ok(norm)
}

/// Multiplies all gradients.
pub(crate) fn scale<M: Module>(module: &M, gradients: &mut GradientsParams, factor: f64) {
    module.visit(&mut Scale { gradients, factor });
}

struct SquaredNorm<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for SquaredNorm<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
        let square = gradient.square().sum();
        self.sum = Some(match self.sum.take() {
            Some(sum) => sum + square,
            None => square,
        });
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    factor: f64,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register(param.id, gradient * self.factor);
        }
    }
}
