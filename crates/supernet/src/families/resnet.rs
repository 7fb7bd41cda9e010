use crate::config::NetworkConfig;
use crate::graph::{Input, Key, Layer, Plan, PlanBuilder, Shape};
use bonas_core::Architecture;
use bonas_spaces::ResNetSpace;

/// A residual network for small images (He et al., CVPR 2016, section 4.2): a 3×3 convolution, then three stages of residual blocks, of
/// which the second and third halve the resolution and double the channels. Shortcuts have no weights (option A).
///
/// Its 16 channels are `channels = 16` with `stem_stride = 1`; `cells` has no part in it, as the space has its own depth.
pub(crate) fn resnet(space: &ResNetSpace, architecture: &Architecture, config: &NetworkConfig, image: Shape) -> Plan {
    let mut plan = PlanBuilder::new(image);
    let stem = [Layer::Convolution { output: config.channels, kernel: 3, stride: config.stem_stride }, Layer::Norm, Layer::Relu];
    let mut state = plan.single(0, 1, Input::new(plan.image(), stem));
    let mut layer = 0;
    for (stage, blocks) in space.blocks(architecture).into_iter().enumerate() {
        for block in 0..blocks {
            layer += 1;
            state = residual_block(&mut plan, layer, state, if stage > 0 && block == 0 { 2 } else { 1 });
        }
    }
    plan.finish()
}

/// Two 3×3 convolutions beside a shortcut; with a stride of 2, twice the channels.
fn residual_block(plan: &mut PlanBuilder, layer: usize, state: Key, stride: usize) -> Key {
    let output = state.shape.channels * stride;
    let convolution = |stride| Layer::Convolution { output, kernel: 3, stride };
    let both = [convolution(stride), Layer::Norm, Layer::Relu, convolution(1), Layer::Norm];
    let beside = match stride {
        1 => Input::wire(state),
        _ => Input::new(state, [Layer::Shortcut { output, stride }]),
    };
    let shape = state.shape.with_channels(output).strided(stride);
    let sum = plan.sum(layer, 0, shape, vec![Input::new(state, both), beside]);
    plan.single(layer, 1, Input::new(sum, [Layer::Relu]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blueprint::{Blueprint, cost};
    use bonas_core::SearchSpace;
    use bonas_data::ImageShape;

    /// Convolutions 9 · (3·16 + 6·16² + 16·32 + 5·32² + 32·64 + 5·64²) = 267,696, scales and shifts 2 · (7·16 + 6·32 + 6·64) = 1,376, the
    /// classifier 65 · 10. The 272,474 that are often told are those with 1×1 convolutions in two shortcuts: 16·32 + 32·64 + 2 · 96 more.
    #[test]
    fn resnet_20_has_its_published_size() {
        let image = ImageShape { channels: 3, height: 32, width: 32 };
        let config = NetworkConfig { channels: 16, stem_stride: 1, ..NetworkConfig::default() };
        let counted = |name: &str| {
            let architecture = ResNetSpace.parse(name).expect("of the space");
            cost(&Blueprint::Graph(resnet(&ResNetSpace, &architecture, &config, image.into())), &config, image, 10)
        };
        assert_eq!(counted("resnet-20").parameters, 269_722);
        // 9 · 16 · (3 + 6·16) · 32² + 9 · (16·32 + 5·32²) · 16² + 9 · (32·64 + 5·64²) · 8² + 640
        assert_eq!(counted("resnet-20").multiply_adds, 40_551_040);
        assert_eq!([counted("resnet-32").parameters, counted("resnet-56").parameters], [464_154, 853_018]);
    }
}
