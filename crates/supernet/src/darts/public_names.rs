use super::union::{CellUnion, GenotypeUnion};
use crate::config::{NetworkConfig, StemKind};
use bonas_spaces::{DartsCell, DartsGenotype, Primitive};

/// Two names of one tensor of a stand-alone network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicName {
    /// In files of bonas.
    pub(crate) ours: String,
    /// In the `state_dict` of `NetworkCIFAR` or `NetworkImageNet`, the evaluation networks of the public DARTS code
    /// (<https://github.com/quark0/darts>, `cnn/model.py` and `cnn/operations.py`).
    pub(crate) theirs: String,
    /// Whether rows are columns there.
    pub(crate) is_transposed: bool,
}

/// All tensors of the network of a genotype, in the order of the public code, and the names of its batch norms there.
pub(crate) fn public_names(genotype: &DartsGenotype, config: &NetworkConfig) -> (Vec<PublicName>, Vec<String>) {
    let union = GenotypeUnion::new(std::slice::from_ref(genotype));
    let mut names = Names::default();
    let stem: &[[&str; 4]] = match config.stem {
        StemKind::Convolution => &[["stem", "stem_norm", "stem.0", "stem.1"]],
        StemKind::ImageNet => &[
            ["stem", "stem_norm", "stem0.0", "stem0.1"],
            ["stem_rest.0.convolution", "stem_rest.0.norm", "stem0.3", "stem0.4"],
            ["stem_rest.1.convolution", "stem_rest.1.norm", "stem1.1", "stem1.2"],
        ],
    };
    for [convolution, norm, their_convolution, their_norm] in stem {
        names.weight(convolution, their_convolution);
        names.norm(norm, their_norm);
    }
    let mut follows_reduction = config.stem == StemKind::ImageNet;
    for depth in 0..config.cells {
        let is_reduction = config.is_reduction(depth);
        let (cell, union) = match is_reduction {
            true => (&genotype.reduce, &union.reduce),
            false => (&genotype.normal, &union.normal),
        };
        let (ours, theirs) = (format!("cells.{depth}.inputs"), format!("cells.{depth}"));
        match follows_reduction {
            true => names.reduce(&format!("{ours}.0.Reduce"), &format!("{theirs}.preprocess0")),
            false => names.project(&format!("{ours}.0.Project"), &format!("{theirs}.preprocess0")),
        }
        names.project(&format!("{ours}.1.Project"), &format!("{theirs}.preprocess1"));
        names.cell(&format!("cells.{depth}"), cell, union, is_reduction);
        follows_reduction = is_reduction;
    }
    names.push("classifier.weight", "classifier.weight", true);
    names.push("classifier.bias", "classifier.bias", false);
    (names.tensors, names.norms)
}

#[derive(Default)]
struct Names {
    tensors: Vec<PublicName>,
    norms: Vec<String>,
}

impl Names {
    /// Operations are numbered in the order of the genotype there, and sorted here.
    fn cell(&mut self, prefix: &str, cell: &DartsCell, union: &CellUnion, is_reduction: bool) {
        let path = union.path(cell).expect("a union holds the cell it was made of");
        for (number, (operand, &(index, source))) in cell.nodes.iter().flatten().zip(path.nodes.iter().flatten()).enumerate() {
            let (ours, theirs) = (format!("{prefix}.operations.{index}"), format!("{prefix}._ops.{number}"));
            let halves = is_reduction && source < 2;
            match operand.primitive {
                Primitive::MaxPool3x3 | Primitive::AvgPool3x3 => {}
                Primitive::SkipConnect if halves => self.reduce(&format!("{ours}.Reduce"), &theirs),
                Primitive::SkipConnect => {}
                Primitive::SepConv3x3 | Primitive::SepConv5x5 => self.separable(&ours, &theirs, 2),
                Primitive::DilConv3x3 | Primitive::DilConv5x5 => self.separable(&ours, &theirs, 1),
            }
        }
    }

    /// ReLU, depthwise and 1×1 convolution, batch norm, so many times in one sequence.
    fn separable(&mut self, ours: &str, theirs: &str, stages: usize) {
        for stage in 0..stages {
            let (ours, place) = (format!("{ours}.Separable.stages.{stage}"), 4 * stage);
            self.weight(&format!("{ours}.depthwise"), &format!("{theirs}.op.{}", place + 1));
            self.weight(&format!("{ours}.pointwise"), &format!("{theirs}.op.{}", place + 2));
            self.norm(&format!("{ours}.norm"), &format!("{theirs}.op.{}", place + 3));
        }
    }

    fn reduce(&mut self, ours: &str, theirs: &str) {
        self.weight(&format!("{ours}.even"), &format!("{theirs}.conv_1"));
        self.weight(&format!("{ours}.odd"), &format!("{theirs}.conv_2"));
        self.norm(&format!("{ours}.norm"), &format!("{theirs}.bn"));
    }

    /// ReLU, 1×1 convolution, batch norm in one sequence.
    fn project(&mut self, ours: &str, theirs: &str) {
        self.weight(&format!("{ours}.convolution"), &format!("{theirs}.op.1"));
        self.norm(&format!("{ours}.norm"), &format!("{theirs}.op.2"));
    }

    fn norm(&mut self, ours: &str, theirs: &str) {
        for part in ["weight", "bias", "running_mean", "running_var"] {
            self.push(&format!("{ours}.affine.{part}"), &format!("{theirs}.{part}"), false);
        }
        self.norms.push(theirs.into());
    }

    fn weight(&mut self, ours: &str, theirs: &str) {
        self.push(&format!("{ours}.weight"), &format!("{theirs}.weight"), false);
    }

    fn push(&mut self, ours: &str, theirs: &str, is_transposed: bool) {
        self.tensors.push(PublicName { ours: ours.into(), theirs: theirs.into(), is_transposed });
    }
}
