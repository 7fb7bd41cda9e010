use crate::Primitive;
use bonas_core::{CellDiagram, NodeKind};
use std::collections::BTreeMap;

/// Fill and outline, light enough for black text. The first is for skip connections, which should not stand out.
const COLORS: [(&str, &str); 10] = [
    ("#eceff1", "#90a4ae"),
    ("#ffe0b2", "#f57c00"),
    ("#fff3b0", "#d4a800"),
    ("#cfe3fb", "#1e6fd0"),
    ("#b7c9f7", "#3949ab"),
    ("#cdeccd", "#2e8b3d"),
    ("#a9dfd3", "#00796b"),
    ("#f8cfdd", "#c2185b"),
    ("#e3d1f4", "#7b1fa2"),
    ("#e2d5cb", "#795548"),
];

/// The colours of the operations in some diagrams, in a fixed order for the legend.
pub(super) struct Palette(BTreeMap<String, usize>);

impl Palette {
    /// Operations of DARTS have the same colour in every drawing; others take what is left, in the order of their names.
    pub(super) fn of(diagrams: &[CellDiagram]) -> Self {
        let on_edges = diagrams.iter().flat_map(|diagram| &diagram.edges).map(|edge| &edge.label);
        let nodes = diagrams.iter().flat_map(|diagram| &diagram.nodes);
        let on_nodes = nodes.filter(|node| node.kind == NodeKind::Operation).map(|node| &node.label);
        let names = on_edges.chain(on_nodes).filter(|name| !name.is_empty());
        let mut colors: BTreeMap<String, usize> = names.map(|name| (name.clone(), 0)).collect();
        let mut next = Primitive::ALL.len();
        for (name, color) in &mut colors {
            *color = Primitive::from_name(name).map_or(next, fixed);
            next += usize::from(Primitive::from_name(name).is_none());
        }
        Self(colors)
    }

    /// Fill and outline of an operation.
    pub(super) fn color(&self, operation: &str) -> (&'static str, &'static str) {
        COLORS[self.0.get(operation).copied().unwrap_or_default() % COLORS.len()]
    }

    /// The operations, sorted by name.
    pub(super) fn operations(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn fixed(primitive: Primitive) -> usize {
    match primitive {
        Primitive::SkipConnect => 0,
        Primitive::MaxPool3x3 => 1,
        Primitive::AvgPool3x3 => 2,
        Primitive::SepConv3x3 => 3,
        Primitive::SepConv5x5 => 4,
        Primitive::DilConv3x3 => 5,
        Primitive::DilConv5x5 => 6,
    }
}
