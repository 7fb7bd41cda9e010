use super::Primitive;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One of the two operations whose results an intermediate node adds.
///
/// Serialised as the pair `["sep_conv_3x3", 1]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(Primitive, usize)", into = "(Primitive, usize)")]
pub struct Operand {
    /// What the operation reads: 0 is `c_{k-2}` (the cell before the last), 1 is `c_{k-1}` (the last cell), `2 + j` is
    /// intermediate node `j`.
    pub source: usize,
    /// The operation.
    pub primitive: Primitive,
}

impl From<(Primitive, usize)> for Operand {
    fn from((primitive, source): (Primitive, usize)) -> Self {
        Self { source, primitive }
    }
}

impl From<Operand> for (Primitive, usize) {
    fn from(operand: Operand) -> Self {
        (operand.primitive, operand.source)
    }
}

/// A cell: four intermediate nodes of two operands each. Its output concatenates the four along the channels.
///
/// Serialised as the list of its nodes: `[[["sep_conv_3x3", 0], ["skip_connect", 1]], …]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DartsCell {
    /// The intermediate nodes; node `j` reads sources below `2 + j`.
    pub nodes: Vec<[Operand; 2]>,
}

/// The cells that a network stacks: what an [`Architecture`](bonas_core::Architecture) of a [`DartsSpace`](super::DartsSpace)
/// stands for.
///
/// Serialised as `{"normal": CELL, "reduce": CELL}`. Displayed in the form of public DARTS code,
/// `Genotype(normal=[('sep_conv_3x3', 0), …], normal_concat=range(2, 6), reduce=[…], reduce_concat=range(2, 6))`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DartsGenotype {
    /// The cell that keeps the resolution.
    pub normal: DartsCell,
    /// The cell that halves it; equal to the normal one in a space with a shared cell.
    pub reduce: DartsCell,
}

impl fmt::Display for DartsGenotype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Genotype(")?;
        write_cell(f, "normal", &self.normal)?;
        f.write_str(", ")?;
        write_cell(f, "reduce", &self.reduce)?;
        f.write_str(")")
    }
}

fn write_cell(f: &mut fmt::Formatter<'_>, key: &str, cell: &DartsCell) -> fmt::Result {
    write!(f, "{key}=[")?;
    for (place, operand) in cell.nodes.iter().flatten().enumerate() {
        let separator = if place == 0 { "" } else { ", " };
        write!(f, "{separator}('{}', {})", operand.primitive, operand.source)?;
    }
    write!(f, "], {key}_concat=range(2, {})", cell.nodes.len() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_form_is_nested_pairs() {
        let node = [Operand::from((Primitive::SepConv3x3, 0)), Operand::from((Primitive::SkipConnect, 1))];
        let cell = DartsCell { nodes: vec![node] };
        let genotype = DartsGenotype { normal: cell.clone(), reduce: cell };
        let json = serde_json::to_string(&genotype).expect("plain data");
        insta::assert_snapshot!(json, @r#"{"normal":[[["sep_conv_3x3",0],["skip_connect",1]]],"reduce":[[["sep_conv_3x3",0],["skip_connect",1]]]}"#);
        assert_eq!(serde_json::from_str::<DartsGenotype>(&json).expect("own form"), genotype);
        insta::assert_snapshot!(genotype, @"Genotype(normal=[('sep_conv_3x3', 0), ('skip_connect', 1)], normal_concat=range(2, 3), reduce=[('sep_conv_3x3', 0), ('skip_connect', 1)], reduce_concat=range(2, 3))");
    }
}
