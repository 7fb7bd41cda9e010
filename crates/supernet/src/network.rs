use crate::cell::{Cell, CellShape};
use crate::config::NetworkConfig;
use crate::convolution::Convolution;
use crate::initialization::{constant, uniform_fan_in};
use crate::normalization::{Norm, NormFactory, Normalize, Statistics};
use crate::operation::Build;
use crate::union::{CellPath, GenotypeUnion};
use bonas_core::StudyRng;
use bonas_spaces::DartsGenotype;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

/// A stack of cells between a convolutional stem and a linear classifier (Liu et al., DARTS, ICLR 2019, section 3).
///
/// It holds the operations of a union of genotypes; a [`Path`] says which of them a forward pass uses.
#[derive(Module, Debug)]
pub struct Network {
    stem: Convolution,
    stem_norm: Norm,
    cells: Vec<Cell>,
    reductions: Vec<usize>,
    classifier: Classifier,
}

/// Global average pooling followed by a linear map.
#[derive(Module, Debug)]
struct Classifier {
    /// [features, classes]
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

/// The operations a forward pass uses, in normal and in reduction cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    normal: CellPath,
    reduce: CellPath,
}

impl Path {
    /// The path of a genotype, if the union holds all of it.
    pub fn of(genotype: &DartsGenotype, union: &GenotypeUnion) -> Option<Self> {
        Some(Self { normal: union.normal.path(&genotype.normal)?, reduce: union.reduce.path(&genotype.reduce)? })
    }

    /// The path through the whole union.
    pub fn whole(union: &GenotypeUnion) -> Self {
        Self { normal: union.normal.whole(), reduce: union.reduce.whole() }
    }
}

/// Channels and classes that the data asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskShape {
    pub(crate) channels: usize,
    pub(crate) classes: usize,
}

impl Network {
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
    ) -> (Self, Path) {
        let union = GenotypeUnion::new(std::slice::from_ref(genotype));
        let network = Self::new(&union, config, task, &mut Build { norms: &mut NormFactory::new(true), rng, device });
        (network, Path::whole(&union))
    }

    fn new(union: &GenotypeUnion, config: &NetworkConfig, task: TaskShape, build: &mut Build<'_>) -> Self {
        let stem_channels = config.stem_multiplier * config.channels;
        let stem = Convolution::dense([task.channels, stem_channels], 3, config.stem_stride, build.rng, build.device);
        let stem_norm = build.norms.build(stem_channels, build.device);

        let mut inputs = [stem_channels; 2];
        let mut channels = config.channels;
        let mut follows_reduction = false;
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
        let classifier = Classifier {
            weight: uniform_fan_in([features, task.classes], features, build.rng, build.device),
            bias: constant(0.0, [task.classes], build.device),
        };
        Self { stem, stem_norm, cells, reductions, classifier }
    }

    /// Images [batch, channels, height, width] → logits [batch, classes].
    pub fn forward(&self, images: Tensor<4>, path: &Path, normalize: &mut Normalize<'_>) -> Tensor<2> {
        let stem = self.stem_norm.forward(self.stem.forward(images), normalize);
        let mut inputs = [stem.clone(), stem];
        for (depth, cell) in self.cells.iter().enumerate() {
            let path = if self.reductions.contains(&depth) { &path.reduce } else { &path.normal };
            let [older, newer] = inputs;
            let output = cell.forward([older, newer.clone()], path, normalize);
            inputs = [newer, output];
        }
        let [_, features] = inputs;
        self.classifier.forward(features)
    }

    /// Puts estimated statistics into the module, so that they are saved with the weights.
    pub(crate) fn store_statistics(&self, statistics: &Statistics) {
        self.norms().iter().for_each(|norm| norm.store(statistics));
    }

    /// The statistics that were loaded with the weights.
    pub(crate) fn stored_statistics(&self) -> Statistics {
        let mut statistics = Statistics::default();
        self.norms().iter().for_each(|norm| norm.restore(&mut statistics));
        statistics
    }

    fn norms(&self) -> Vec<&Norm> {
        let mut found = vec![&self.stem_norm];
        self.cells.iter().for_each(|cell| cell.norms(&mut found));
        found
    }

    /// Inputs of the classifier.
    #[cfg(test)]
    pub(crate) fn features(&self) -> usize {
        self.classifier.weight.dims()[0]
    }

    /// Number of trainable parameters; running statistics do not count.
    pub fn parameters(&self) -> usize {
        let statistics: usize = self.norms().iter().map(|norm| norm.statistics()).sum();
        self.num_params() - statistics
    }
}

impl Classifier {
    /// [batch, features, height, width] → [batch, classes]
    fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let [batch, features, height, width] = x.dims();
        let pooled = x.reshape([batch, features, height * width]).mean_dim(2).reshape([batch, features]);
        pooled.matmul(self.weight.val()) + self.bias.val().unsqueeze()
    }
}
