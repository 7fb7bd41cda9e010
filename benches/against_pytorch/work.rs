use bonas::core::{SearchSpace, SeedStream};
use bonas::spaces::{DartsCell, DartsGenotype, DartsSpace, Primitive};
use serde::Deserialize;
use serde_json::{Value, json};

/// What is timed; batches of 64 images of 32×32, 16 channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    NasBench1,
    NasBench5,
    Darts,
    Supernet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    Train,
    Infer,
}

impl Mode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Infer => "infer",
        }
    }
}

impl Work {
    pub(crate) const ALL: [Self; 4] = [Self::NasBench1, Self::NasBench5, Self::Darts, Self::Supernet];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::NasBench1 => "NAS-Bench-201, 3x3, N = 1",
            Self::NasBench5 => "NAS-Bench-201, 3x3, N = 5",
            Self::Darts => "DARTS_V2, 8 cells",
            Self::Supernet => "16 candidates, 8 cells",
        }
    }

    pub(crate) fn find(title: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|work| work.title() == title)
    }

    /// Steps of one turn.
    pub(crate) fn steps(self) -> usize {
        match self {
            Self::NasBench1 => 8,
            _ => 4,
        }
    }

    /// Cells of a network, of a stage in NAS-Bench-201.
    pub(crate) fn cells(self) -> usize {
        match self {
            Self::NasBench1 => 1,
            Self::NasBench5 => 5,
            Self::Darts | Self::Supernet => 8,
        }
    }

    pub(crate) fn genotypes(self) -> Option<Vec<DartsGenotype>> {
        match self {
            Self::NasBench1 | Self::NasBench5 => None,
            Self::Darts => Some(vec![darts_v2()]),
            Self::Supernet => {
                let (space, mut rng) = (DartsSpace::bonas(), SeedStream::new(1).rng("bench", 0));
                Some((0..16).map(|_| space.genotype(&space.sample(&mut rng))).collect())
            }
        }
    }

    /// A request as every side reads it.
    pub(crate) fn request(self, mode: Mode, layout: &str, steps: usize) -> String {
        let cell = |cell: &DartsCell| -> Value {
            let node = |node: &[bonas::spaces::Operand; 2]| node.map(|operand| json!([operand.primitive.name(), operand.source]));
            cell.nodes.iter().map(node).collect::<Vec<_>>().into_iter().map(|node| json!(node)).collect()
        };
        let genotypes = self.genotypes().map(|genotypes| {
            let of = |genotype: &DartsGenotype| json!({"normal": cell(&genotype.normal), "reduce": cell(&genotype.reduce)});
            genotypes.iter().map(of).collect::<Vec<_>>()
        });
        let (work, mode, cells) = (self.title(), mode.name(), self.cells());
        json!({"work": work, "mode": mode, "cells": cells, "genotypes": genotypes, "layout": layout, "steps": steps}).to_string()
    }
}

/// The cells of Liu et al., DARTS, ICLR 2019, second order.
fn darts_v2() -> DartsGenotype {
    use Primitive::{DilConv3x3, MaxPool3x3, SepConv3x3, SkipConnect};
    let cell = |nodes: [[(Primitive, usize); 2]; 4]| DartsCell { nodes: nodes.map(|node| node.map(Into::into)).to_vec() };
    DartsGenotype {
        normal: cell([
            [(SepConv3x3, 0), (SepConv3x3, 1)],
            [(SepConv3x3, 0), (SepConv3x3, 1)],
            [(SepConv3x3, 1), (SkipConnect, 0)],
            [(SkipConnect, 0), (DilConv3x3, 2)],
        ]),
        reduce: cell([
            [(MaxPool3x3, 0), (MaxPool3x3, 1)],
            [(SkipConnect, 2), (MaxPool3x3, 1)],
            [(MaxPool3x3, 0), (SkipConnect, 2)],
            [(SkipConnect, 2), (MaxPool3x3, 1)],
        ]),
    }
}
