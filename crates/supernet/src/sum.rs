use bonas_kernels::add_maps;
use burn::tensor::Tensor;

/// A result added to what a node has summed so far.
pub(crate) fn added(sum: Option<Tensor<4>>, result: Tensor<4>) -> Tensor<4> {
    match sum {
        Some(sum) => add_maps(sum, result),
        None => result,
    }
}
