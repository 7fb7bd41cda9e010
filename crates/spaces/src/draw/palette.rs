use crate::Primitive;
use bonas_core::{CellDiagram, NodeKind};
use std::collections::{BTreeMap, BTreeSet};

/// Fill and outline, light enough for black text. The first is for skip connections, which should not stand out.
const COLORS: [(&str, &str); 20] = [
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
    ("#d4f0f7", "#0097a7"),
    ("#e6eeb3", "#827717"),
    ("#ffccbc", "#d84315"),
    ("#f3d9f0", "#ad1457"),
    ("#d9d7f1", "#512da8"),
    ("#c5e1a5", "#558b2f"),
    ("#ffd180", "#e65100"),
    ("#b3e5fc", "#0277bd"),
    ("#ef9a9a", "#b71c1c"),
    ("#b0bec5", "#37474f"),
];

/// The colours of the operations in some diagrams, in a fixed order for the legend.
pub(super) struct Palette(BTreeMap<String, usize>);

impl Palette {
    /// Operations of DARTS have the same colour in every drawing; others take what is left, in the order of their names. Only
    /// where there are more operations than colours, several have the same.
    pub(super) fn of(diagrams: &[CellDiagram]) -> Self {
        let on_edges = diagrams.iter().flat_map(|diagram| &diagram.edges).map(|edge| &edge.label);
        let nodes = diagrams.iter().flat_map(|diagram| &diagram.nodes);
        let on_nodes = nodes.filter(|node| node.kind == NodeKind::Operation).map(|node| &node.label);
        let names = on_edges.chain(on_nodes).filter(|name| !name.is_empty());
        let mut colors: BTreeMap<String, usize> = names.map(|name| (name.clone(), 0)).collect();
        let taken: BTreeSet<usize> = colors.keys().filter_map(|name| Primitive::from_name(name)).map(fixed).collect();
        // The colours that no operation of DARTS ever has come first.
        let (darts, others) = (0..Primitive::ALL.len(), Primitive::ALL.len()..COLORS.len());
        let mut free = others.chain(darts).filter(|color| !taken.contains(color)).cycle();
        for (name, color) in &mut colors {
            *color = Primitive::from_name(name).map_or_else(|| free.next().unwrap_or_default(), fixed);
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
