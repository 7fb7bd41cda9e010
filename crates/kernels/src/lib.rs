//! What the cells of image networks are made of (dense and depthwise convolution, batch norm, pooling, sums and concatenations of maps), for Burn's CPU
//! backend, with hand-written gradients.
//!
//! Stock Flex computes the weight gradient of a convolution as a generic convolution with swapped dimensions, and loops over groups;
//! its batch norm is made of a dozen smaller operations, with a transposed copy for each sum. The kernels here are loops over slices, in
//! the best vector instructions of the CPU they run on (AVX-512, AVX2 with FMA, NEON), chosen at run time ([`vector_instructions`]).
//!
//! Results do not depend on the number of threads: what is summed over images is summed in fixed parts, in order. On every
//! other device Burn's own operation runs, and the caller never knows.
#![recursion_limit = "256"]

mod batch_norm;
mod dense;
mod depthwise;
mod extension;
mod fresh;
mod maps;
mod parallel;
mod plane;
mod pool;
mod product;
mod row;
mod scratch;
mod subsample;
mod sweep;
mod tensors;
mod transpose;
mod vectorized;
mod window;
mod winograd;

pub use tensors::{
    BatchNormOutput, PoolKind, add_batch_norm_train, add_maps, batch_norm_fixed, batch_norm_train, concatenate_channels,
    dense_conv2d, depthwise_conv2d, fold_batch_norm, pool2d, relu_dense_conv2d, relu_depthwise_conv2d, shifted_dense_conv2d,
    shifted_separable_conv2d, subsample, with_stock_operations,
};
pub use vectorized::vector_instructions;
pub use window::Window;

#[cfg(test)]
mod tests;
