use bonas_core::StudyRng;
use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;

/// A parameter drawn from U(±1/√fan_in), the usual start of convolutions and linear layers.
///
/// The numbers come from the study's generator, not from Burn's: Burn's is shared by all threads of the process and differs
/// between backends.
pub(crate) fn uniform_fan_in<const D: usize>(
    shape: [usize; D],
    fan_in: usize,
    rng: &mut StudyRng,
    device: &Device,
) -> Param<Tensor<D>> {
    let bound = 1.0 / (fan_in.max(1) as f32).sqrt();
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.random_range(-bound..bound)).collect();
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device))
}

/// A parameter filled with one value.
pub(crate) fn constant<const D: usize>(value: f32, shape: [usize; D], device: &Device) -> Param<Tensor<D>> {
    Param::from_tensor(Tensor::full(shape, value, device))
}
