use super::cell::{Cell, CellShape};
use super::union::{CellPath, GenotypeUnion};
use crate::build::Build;
use crate::classifier::Classifier;
use crate::config::{NetworkConfig, StemKind};
use crate::convolution::Convolution;
use crate::error::SupernetError;
use crate::network::TaskShape;
use crate::normalization::{Norm, NormFactory, Normalize};
use crate::program::Tracer;
use bonas_core::StudyRng;
use bonas_export::Value;
use bonas_spaces::DartsGenotype;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// A stack of cells between a convolutional stem and a linear classifier (Liu et al., DARTS, ICLR 2019, section 3).
///
/// It holds the operations of a union of genotypes; a [`DartsPath`] says which of them a forward pass uses.
#[derive(Module, Debug)]
pub struct DartsNetwork {
    stem: Convolution,
    stem_norm: Norm,
    /// What follows it in the stem for ImageNet.
    stem_rest: Vec<StemStage>,
    cells: Vec<Cell>,
    reductions: Vec<usize>,
    classifier: Classifier,
}

/// ReLU, a 3×3 convolution of stride 2, batch norm.
#[derive(Module, Debug)]
struct StemStage {
    convolution: Convolution,
    norm: Norm,
}

/// The operations a forward pass uses, in normal and in reduction cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DartsPath {
    normal: CellPath,
    reduce: CellPath,
}

impl DartsPath {
    /// The path of a genotype, if the union holds all of it.
    pub fn of(genotype: &DartsGenotype, union: &GenotypeUnion) -> Option<Self> {
        Some(Self { normal: union.normal.path(&genotype.normal)?, reduce: union.reduce.path(&genotype.reduce)? })
    }

    /// The path through the whole union.
    pub fn whole(union: &GenotypeUnion) -> Self {
        Self { normal: union.normal.whole(), reduce: union.reduce.whole() }
    }
}

impl DartsNetwork {
    /// A supernet: shared weights, batch norms without affine maps. Weights are drawn from `rng` alone.
    pub(crate) fn shared(
        union: &GenotypeUnion,
        config: &NetworkConfig,
        task: TaskShape,
        rng: &mut StudyRng,
        device: &Device,
    ) -> Self {
        Self::new(union, config, task, &mut Build { norms: &mut NormFactory::new(false), rng, device })
    }

    /// A network of one genotype, with affine batch norms, and the path through it.
    pub(crate) fn stand_alone(
        genotype: &DartsGenotype,
        config: &NetworkConfig,
        task: TaskShape,
        rng: &mut StudyRng,
        device: &Device,
    ) -> (Self, DartsPath) {
        let union = GenotypeUnion::new(std::slice::from_ref(genotype));
        let network = Self::new(&union, config, task, &mut Build { norms: &mut NormFactory::new(true), rng, device });
        (network, DartsPath::whole(&union))
    }

    fn new(union: &GenotypeUnion, config: &NetworkConfig, task: TaskShape, build: &mut Build<'_>) -> Self {
        let (stem_channels, stride) = match config.stem {
            StemKind::Convolution => (config.stem_multiplier * config.channels, config.stem_stride),
            StemKind::ImageNet => (config.channels.div_ceil(2), 2),
        };
        let stem = Convolution::dense([task.channels, stem_channels], 3, stride, build.rng, build.device);
        let stem_norm = build.norms.build(stem_channels, build.device);
        let rest: &[usize] = match config.stem {
            StemKind::Convolution => &[],
            StemKind::ImageNet => &[stem_channels, config.channels],
        };
        let stem_rest: Vec<StemStage> = rest
            .iter()
            .map(|&input| StemStage {
                convolution: Convolution::dense([input, config.channels], 3, 2, build.rng, build.device),
                norm: build.norms.build(config.channels, build.device),
            })
            .collect();

        let mut inputs = if stem_rest.is_empty() { [stem_channels; 2] } else { [config.channels; 2] };
        let mut channels = config.channels;
        // The last convolution of the stem for ImageNet halves the resolution, as a reduction cell does.
        let mut follows_reduction = !stem_rest.is_empty();
        let mut cells = Vec::with_capacity(config.cells);
        let mut reductions = Vec::new();
        for depth in 0..config.cells {
            let is_reduction = config.is_reduction(depth);
            let union = if is_reduction { &union.reduce } else { &union.normal };
            if is_reduction {
                channels *= 2;
                reductions.push(depth);
            }
            cells.push(Cell::new(union, &CellShape { inputs, channels, is_reduction, follows_reduction }, build));
            inputs = [inputs[1], channels * union.whole().nodes.len()];
            follows_reduction = is_reduction;
        }
        let [_, features] = inputs;
        let classifier = Classifier::new(features, task.classes, build);
        Self { stem, stem_norm, stem_rest, cells, reductions, classifier }
    }

    /// Images [batch, channels, height, width] → logits [batch, classes].
    pub fn forward(&self, images: Tensor<4>, path: &DartsPath, normalize: &mut Normalize<'_>) -> Tensor<2> {
        self.run(images, path, None, normalize).0
    }

    /// The same, and the features behind the last reduction cell.
    pub(crate) fn forward_tapped(
        &self,
        images: Tensor<4>,
        path: &DartsPath,
        normalize: &mut Normalize<'_>,
    ) -> (Tensor<2>, Tensor<4>) {
        let (logits, tapped) = self.run(images, path, self.reductions.last().copied(), normalize);
        (logits, tapped.expect("every network has a reduction cell"))
    }

    /// Logits, and the output of the cell at depth `tap`.
    fn run(
        &self,
        images: Tensor<4>,
        path: &DartsPath,
        tap: Option<usize>,
        normalize: &mut Normalize<'_>,
    ) -> (Tensor<2>, Option<Tensor<4>>) {
        let mut inputs = self.stem(images, normalize);
        let mut tapped = None;
        for depth in 0..self.depth() {
            let [older, newer] = inputs;
            let output = self.cell(depth, [older, newer.clone()], path, normalize);
            if tap == Some(depth) {
                tapped = Some(output.clone());
            }
            inputs = [newer, output];
        }
        let [_, features] = inputs;
        (self.logits(features), tapped)
    }

    /// Images → the two inputs of the first cell.
    pub(crate) fn stem(&self, images: Tensor<4>, normalize: &mut Normalize<'_>) -> [Tensor<4>; 2] {
        let stem = self.stem.forward_normed(None, images, false, &self.stem_norm, normalize);
        let mut inputs = [stem.clone(), stem];
        for stage in &self.stem_rest {
            let [_, newer] = inputs;
            let output = stage.convolution.forward_normed(None, newer.clone(), true, &stage.norm, normalize);
            inputs = [newer, output];
        }
        inputs
    }

    /// Number of cells.
    pub(crate) fn depth(&self) -> usize {
        self.cells.len()
    }

    /// Outputs of the two cells before → output of the cell at this depth.
    pub(crate) fn cell(
        &self,
        depth: usize,
        inputs: [Tensor<4>; 2],
        path: &DartsPath,
        normalize: &mut Normalize<'_>,
    ) -> Tensor<4> {
        let path = if self.reductions.contains(&depth) { &path.reduce } else { &path.normal };
        self.cells[depth].forward(inputs, path, normalize)
    }

    /// Output of the last cell → logits [batch, classes].
    pub(crate) fn logits(&self, features: Tensor<4>) -> Tensor<2> {
        self.classifier.forward(features)
    }

    /// What [`forward`](Self::forward) computes on the path of one genotype.
    pub(crate) fn trace(&self, path: &DartsPath, tracer: &mut Tracer<'_>) -> Result<Value, SupernetError> {
        let stem = self.stem.trace(Value::Images, "stem".into(), tracer)?;
        let stem = self.stem_norm.trace(stem, "stem_norm", tracer)?;
        let mut inputs = [stem; 2];
        for (number, stage) in self.stem_rest.iter().enumerate() {
            let name = format!("stem_rest.{number}");
            let output = stage.convolution.trace_relu(inputs[1], format!("{name}.convolution"), tracer)?;
            inputs = [inputs[1], stage.norm.trace(output, &format!("{name}.norm"), tracer)?];
        }
        for (depth, cell) in self.cells.iter().enumerate() {
            let path = if self.reductions.contains(&depth) { &path.reduce } else { &path.normal };
            inputs = [inputs[1], cell.trace(inputs, path, &format!("cells.{depth}"), tracer)?];
        }
        self.classifier.trace(inputs[1], "classifier".into(), tracer)
    }

    pub(crate) fn norms(&self) -> Vec<&Norm> {
        let mut found = vec![&self.stem_norm];
        found.extend(self.stem_rest.iter().map(|stage| &stage.norm));
        self.cells.iter().for_each(|cell| cell.norms(&mut found));
        found
    }

    /// Inputs of the classifier.
    #[cfg(test)]
    pub(crate) fn features(&self) -> usize {
        self.classifier.dims()[0]
    }
}
