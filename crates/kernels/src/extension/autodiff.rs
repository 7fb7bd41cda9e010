//! Their gradients.

use super::{CellKernels, ConvolutionGradients, Folded, NormGradients, Normalized, Parts};
use burn::backend::TensorMetadata;
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend};

impl<B: Backend + CellKernels, C: CheckpointStrategy> CellKernels for Autodiff<B, C> {
    fn convolve(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Convolve;

        impl<B: Backend + CellKernels> Backward<B, 2> for Convolve {
            type State = (NodeId, NodeId, [usize; 3], bool);

            fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                let (input, weight, [stride, padding, dilation], rectified) = ops.state;
                let input: FloatTensor<B> = checkpointer.retrieve_node_output(input);
                let weight: FloatTensor<B> = checkpointer.retrieve_node_output(weight);
                let result = B::convolve_gradients(input, weight, gradient, stride, padding, dilation, rectified);
                for (parent, gradient) in ops.parents.into_iter().zip([result.input, result.weight]) {
                    if let Some(node) = parent {
                        gradients.register::<B>(node.id, gradient);
                    }
                }
            }
        }

        match Convolve.prepare::<C>([input.node(), weight.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let (input_node, weight_node) = (prepared.checkpoint(&input), prepared.checkpoint(&weight));
                let (input, weight) = (input.into_primitive(), weight.into_primitive());
                let output = B::convolve(input, weight, stride, padding, dilation, rectified);
                prepared.finish((input_node, weight_node, [stride, padding, dilation], rectified), output)
            }
            OpsKind::UnTracked(prepared) => {
                let (input, weight) = (input.into_primitive(), weight.into_primitive());
                prepared.finish(B::convolve(input, weight, stride, padding, dilation, rectified))
            }
        }
    }

    /// Callers take Burn's operation where gradients are wanted: through this one there are none.
    fn convolve_shifted(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self> {
        let [input, weight, shift] = [input, weight, shift].map(|tensor| tensor.into_primitive());
        <Self as AutodiffBackend>::from_inner(B::convolve_shifted(input, weight, shift, stride, padding, dilation, rectified))
    }

    /// As [`convolve_shifted`](Self::convolve_shifted), without gradients.
    fn convolve_onto(
        sum: FloatTensor<Self>,
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self> {
        let [sum, input, weight, shift] = [sum, input, weight, shift].map(|tensor| tensor.into_primitive());
        <Self as AutodiffBackend>::from_inner(B::convolve_onto(sum, input, weight, shift, stride, padding, dilation, rectified))
    }

    /// As [`convolve_shifted`](Self::convolve_shifted), without gradients.
    fn convolve_separably(
        input: FloatTensor<Self>,
        depthwise: FloatTensor<Self>,
        pointwise: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self> {
        let [input, depthwise, pointwise, shift] = [input, depthwise, pointwise, shift].map(|tensor| tensor.into_primitive());
        let output = B::convolve_separably(input, depthwise, pointwise, shift, stride, padding, dilation, rectified);
        <Self as AutodiffBackend>::from_inner(output)
    }

    /// As [`convolve_shifted`](Self::convolve_shifted), without gradients.
    fn convolve_separably_onto(
        sum: FloatTensor<Self>,
        input: FloatTensor<Self>,
        depthwise: FloatTensor<Self>,
        pointwise: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> FloatTensor<Self> {
        let [sum, input] = [sum, input].map(|tensor| tensor.into_primitive());
        let [depthwise, pointwise, shift] = [depthwise, pointwise, shift].map(|tensor| tensor.into_primitive());
        let output = B::convolve_separably_onto(sum, input, depthwise, pointwise, shift, stride, padding, dilation, rectified);
        <Self as AutodiffBackend>::from_inner(output)
    }

    /// Gradients are not differentiated again: second derivatives through these kernels are zero.
    fn convolve_gradients(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        stride: usize,
        padding: usize,
        dilation: usize,
        rectified: bool,
    ) -> ConvolutionGradients<Self> {
        let (input, weight, gradient) = (input.into_primitive(), weight.into_primitive(), gradient.into_primitive());
        let result = B::convolve_gradients(input, weight, gradient, stride, padding, dilation, rectified);
        let constant = |tensor| <Self as AutodiffBackend>::from_inner(tensor);
        ConvolutionGradients { input: constant(result.input), weight: constant(result.weight) }
    }

    fn normalize(input: FloatTensor<Self>, scale: FloatTensor<Self>, shift: FloatTensor<Self>, epsilon: f64) -> Normalized<Self> {
        #[derive(Debug)]
        struct Normalize;

        impl<B: Backend + CellKernels> Backward<B, 3> for Normalize {
            type State = NormState<B>;

            fn backward(self, ops: Ops<Self::State, 3>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                let parents = ops.parents.into_iter().zip(norm_gradients::<B>(ops.state, gradient, checkpointer));
                for (parent, gradient) in parents {
                    if let Some(node) = parent {
                        gradients.register::<B>(node.id, gradient);
                    }
                }
            }
        }

        let constant = |tensor| <Self as AutodiffBackend>::from_inner(tensor);
        match Normalize.prepare::<C>([input.node(), scale.node(), shift.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let (input_node, scale_node) = (prepared.checkpoint(&input), prepared.checkpoint(&scale));
                let (input, scale, shift) = (input.into_primitive(), scale.into_primitive(), shift.into_primitive());
                let Normalized { output, mean, variance } = B::normalize(input, scale, shift, epsilon);
                let state = (input_node, scale_node, mean.clone(), variance.clone(), epsilon);
                Normalized { output: prepared.finish(state, output), mean: constant(mean), variance: constant(variance) }
            }
            OpsKind::UnTracked(prepared) => {
                let (input, scale, shift) = (input.into_primitive(), scale.into_primitive(), shift.into_primitive());
                let Normalized { output, mean, variance } = B::normalize(input, scale, shift, epsilon);
                Normalized { output: prepared.finish(output), mean: constant(mean), variance: constant(variance) }
            }
        }
    }

    fn normalize_onto(
        sum: FloatTensor<Self>,
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        epsilon: f64,
    ) -> Normalized<Self> {
        #[derive(Debug)]
        struct NormalizeOnto;

        impl<B: Backend + CellKernels> Backward<B, 4> for NormalizeOnto {
            type State = NormState<B>;

            fn backward(self, ops: Ops<Self::State, 4>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                let [sum, parents @ ..] = ops.parents;
                let to_sum = sum.map(|node| (node, gradient.clone()));
                let of_norm = parents.into_iter().zip(norm_gradients::<B>(ops.state, gradient, checkpointer));
                for (node, gradient) in of_norm.filter_map(|(node, gradient)| Some((node?, gradient))).chain(to_sum) {
                    gradients.register::<B>(node.id, gradient);
                }
            }
        }

        let constant = |tensor| <Self as AutodiffBackend>::from_inner(tensor);
        let nodes = [sum.node(), input.node(), scale.node(), shift.node()];
        match NormalizeOnto.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let (input_node, scale_node) = (prepared.checkpoint(&input), prepared.checkpoint(&scale));
                let [sum, input, scale, shift] = [sum, input, scale, shift].map(|tensor| tensor.into_primitive());
                let Normalized { output, mean, variance } = B::normalize_onto(sum, input, scale, shift, epsilon);
                let state = (input_node, scale_node, mean.clone(), variance.clone(), epsilon);
                Normalized { output: prepared.finish(state, output), mean: constant(mean), variance: constant(variance) }
            }
            OpsKind::UnTracked(prepared) => {
                let [sum, input, scale, shift] = [sum, input, scale, shift].map(|tensor| tensor.into_primitive());
                let Normalized { output, mean, variance } = B::normalize_onto(sum, input, scale, shift, epsilon);
                Normalized { output: prepared.finish(output), mean: constant(mean), variance: constant(variance) }
            }
        }
    }

    fn normalize_gradients(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        epsilon: f64,
    ) -> NormGradients<Self> {
        let (input, scale, gradient) = (input.into_primitive(), scale.into_primitive(), gradient.into_primitive());
        let result = B::normalize_gradients(input, scale, mean.into_primitive(), variance.into_primitive(), gradient, epsilon);
        let constant = |tensor| <Self as AutodiffBackend>::from_inner(tensor);
        NormGradients { input: constant(result.input), scale: constant(result.scale), shift: constant(result.shift) }
    }

    /// Callers take Burn's operation where gradients are wanted: through this one there are none.
    fn normalize_fixed(
        input: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        epsilon: f64,
    ) -> FloatTensor<Self> {
        let [input, scale, shift, mean, variance] = [input, scale, shift, mean, variance].map(|tensor| tensor.into_primitive());
        <Self as AutodiffBackend>::from_inner(B::normalize_fixed(input, scale, shift, mean, variance, epsilon))
    }

    /// As [`normalize_fixed`](Self::normalize_fixed), without gradients.
    fn fold(
        weight: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        mean: FloatTensor<Self>,
        variance: FloatTensor<Self>,
        epsilon: f64,
    ) -> Folded<Self> {
        let [weight, scale, shift, mean, variance] = [weight, scale, shift, mean, variance].map(|tensor| tensor.into_primitive());
        let Folded { weight, shift } = B::fold(weight, scale, shift, mean, variance, epsilon);
        let constant = |tensor| <Self as AutodiffBackend>::from_inner(tensor);
        Folded { weight: constant(weight), shift: constant(shift) }
    }

    fn add_maps(sum: FloatTensor<Self>, second: FloatTensor<Self>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Add;

        impl<B: Backend + CellKernels> Backward<B, 2> for Add {
            type State = ();

            fn backward(self, ops: Ops<Self::State, 2>, gradients: &mut Gradients, _: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                for node in ops.parents.into_iter().flatten() {
                    gradients.register::<B>(node.id, gradient.clone());
                }
            }
        }

        let prepared = Add.prepare::<C>([sum.node(), second.node()]).compute_bound().stateful();
        let output = B::add_maps(sum.into_primitive(), second.into_primitive());
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish((), output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    fn concatenate(
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        third: FloatTensor<Self>,
        fourth: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Concatenate;

        impl<B: Backend + CellKernels> Backward<B, 4> for Concatenate {
            type State = [usize; 4];

            fn backward(self, ops: Ops<Self::State, 4>, gradients: &mut Gradients, _: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                let [first, second, third, fourth] = ops.state;
                let Parts { first, second, third, fourth } = B::separate(gradient, first, second, third, fourth);
                for (parent, gradient) in ops.parents.into_iter().zip([first, second, third, fourth]) {
                    if let Some(node) = parent {
                        gradients.register::<B>(node.id, gradient);
                    }
                }
            }
        }

        let parts = [first, second, third, fourth];
        let prepared = Concatenate.prepare::<C>(parts.each_ref().map(|part| part.node())).compute_bound().stateful();
        let [first, second, third, fourth] = parts.map(|part| part.into_primitive());
        let channels = [&first, &second, &third, &fourth].map(|part| part.shape()[1]);
        let output = B::concatenate(first, second, third, fourth);
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish(channels, output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    /// Gradients are not differentiated again.
    fn separate(joined: FloatTensor<Self>, first: usize, second: usize, third: usize, fourth: usize) -> Parts<Self> {
        let Parts { first, second, third, fourth } = B::separate(joined.into_primitive(), first, second, third, fourth);
        let [first, second, third, fourth] = [first, second, third, fourth].map(<Self as AutodiffBackend>::from_inner);
        Parts { first, second, third, fourth }
    }

    fn subsample(input: FloatTensor<Self>, first: usize, step: usize) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Subsample;

        impl<B: Backend + CellKernels> Backward<B, 1> for Subsample {
            type State = [usize; 4];

            fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                let [height, width, first, step] = ops.state;
                if let [Some(node)] = ops.parents {
                    gradients.register::<B>(node.id, B::subsample_gradient(gradient, height, width, first, step));
                }
            }
        }

        let prepared = Subsample.prepare::<C>([input.node()]).compute_bound().stateful();
        let input = input.into_primitive();
        let (height, width) = (input.shape()[2], input.shape()[3]);
        let output = B::subsample(input, first, step);
        match prepared {
            OpsKind::Tracked(prepared) => prepared.finish([height, width, first, step], output),
            OpsKind::UnTracked(prepared) => prepared.finish(output),
        }
    }

    /// Gradients are not differentiated again.
    fn subsample_gradient(
        gradient: FloatTensor<Self>,
        height: usize,
        width: usize,
        first: usize,
        step: usize,
    ) -> FloatTensor<Self> {
        <Self as AutodiffBackend>::from_inner(B::subsample_gradient(gradient.into_primitive(), height, width, first, step))
    }

    fn pool(
        input: FloatTensor<Self>,
        is_max: bool,
        with_padding: bool,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Pool;

        impl<B: Backend + CellKernels> Backward<B, 1> for Pool {
            type State = (NodeId, [bool; 2], [usize; 3]);

            fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, checkpointer: &mut Checkpointer) {
                let gradient = gradients.consume::<B>(&ops.node);
                let (input, [is_max, with_padding], [kernel, stride, padding]) = ops.state;
                let input: FloatTensor<B> = checkpointer.retrieve_node_output(input);
                if let [Some(node)] = ops.parents {
                    gradients
                        .register::<B>(node.id, B::pool_gradient(input, gradient, is_max, with_padding, kernel, stride, padding));
                }
            }
        }

        match Pool.prepare::<C>([input.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prepared) => {
                let state = (prepared.checkpoint(&input), [is_max, with_padding], [kernel, stride, padding]);
                prepared.finish(state, B::pool(input.into_primitive(), is_max, with_padding, kernel, stride, padding))
            }
            OpsKind::UnTracked(prepared) => {
                prepared.finish(B::pool(input.into_primitive(), is_max, with_padding, kernel, stride, padding))
            }
        }
    }

    fn pool_gradient(
        input: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        is_max: bool,
        with_padding: bool,
        kernel: usize,
        stride: usize,
        padding: usize,
    ) -> FloatTensor<Self> {
        let result =
            B::pool_gradient(input.into_primitive(), gradient.into_primitive(), is_max, with_padding, kernel, stride, padding);
        <Self as AutodiffBackend>::from_inner(result)
    }
}

/// What a batch norm keeps for its gradients: input, scale, mean, variance, epsilon.
type NormState<B> = (NodeId, NodeId, FloatTensor<B>, FloatTensor<B>, f64);

/// Gradients of a batch norm's input, scale and shift.
fn norm_gradients<B: Backend + CellKernels>(
    (input, scale, mean, variance, epsilon): NormState<B>,
    gradient: FloatTensor<B>,
    checkpointer: &mut Checkpointer,
) -> [FloatTensor<B>; 3] {
    let input: FloatTensor<B> = checkpointer.retrieve_node_output(input);
    let scale: FloatTensor<B> = checkpointer.retrieve_node_output(scale);
    let result = B::normalize_gradients(input, scale, mean, variance, gradient, epsilon);
    [result.input, result.scale, result.shift]
}
