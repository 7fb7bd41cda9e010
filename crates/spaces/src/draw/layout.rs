use super::DrawError;
use bonas_core::{CellDiagram, NodeKind};
use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, RankDir};

/// Width of a character of the labels' monospaced face, as a part of the font size.
const CHARACTER_WIDTH: f64 = 0.602;
pub(super) const FONT_SIZE: f64 = 12.0;

const NODE_HEIGHT: f64 = 30.0;
const LABEL_HEIGHT: f64 = 20.0;
const LABEL_PADDING: f64 = 8.0;
const NODE_SEPARATION: f64 = 26.0;
const EDGE_SEPARATION: f64 = 14.0;
const RANK_SEPARATION: f64 = 26.0;

/// A rectangle by its centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Where an edge runs, and where its label stands if it has one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Route {
    pub(super) points: Vec<(f64, f64)>,
    pub(super) label: Option<Place>,
}

/// A diagram with coordinates, from left to right within `(0, 0)` and `(width, height)`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) nodes: Vec<Place>,
    pub(super) edges: Vec<Route>,
}

/// Lays a cell out in layers (Sugiyama's method, by dagre), with room for the labels of its edges.
pub(super) fn layout(diagram: &CellDiagram) -> Result<Layout, DrawError> {
    super::check(diagram)?;
    let mut graph = sized_graph(diagram);
    dagre::layout(
        &mut graph,
        Some(LayoutOptions {
            rankdir: RankDir::LR,
            nodesep: NODE_SEPARATION,
            edgesep: EDGE_SEPARATION,
            ranksep: RANK_SEPARATION,
            ..LayoutOptions::default()
        }),
    );
    let nodes = (0..diagram.nodes.len()).map(|node| placed_node(&graph, node).ok_or_else(|| unplaced(diagram, "node", node)));
    let edges = (0..diagram.edges.len()).map(|edge| route(&graph, diagram, edge).ok_or_else(|| unplaced(diagram, "edge", edge)));
    Ok(framed(nodes.collect::<Result<_, _>>()?, edges.collect::<Result<_, _>>()?))
}

/// Width of a text in the labels' face.
pub(super) fn text_width(text: &str) -> f64 {
    text.chars().count() as f64 * CHARACTER_WIDTH * FONT_SIZE
}

fn sized_graph(diagram: &CellDiagram) -> Graph<NodeLabel, EdgeLabel> {
    let mut graph = Graph::with_options(GraphOptions { directed: true, multigraph: true, compound: true });
    for (place, node) in diagram.nodes.iter().enumerate() {
        let width = match node.kind {
            NodeKind::State => NODE_HEIGHT,
            _ => (text_width(&node.label) + 2.0 * LABEL_PADDING).max(NODE_HEIGHT),
        };
        graph.set_node(place.to_string(), Some(NodeLabel { width, height: NODE_HEIGHT, ..NodeLabel::default() }));
    }
    for (place, edge) in diagram.edges.iter().enumerate() {
        let (width, height) = label_size(&edge.label);
        let label = EdgeLabel { width, height, labelpos: centered(), ..EdgeLabel::default() };
        // Named by their place, so that two operations between the same nodes stay apart.
        graph.set_edge(edge.from.to_string(), edge.to.to_string(), Some(label), Some(&place.to_string()));
    }
    graph
}

/// The label on the line instead of beside it; dagre exports the field's type only through this default.
fn centered() -> dagre::layout::types::LabelPos {
    NodeLabel::default().labelpos
}

fn label_size(label: &str) -> (f64, f64) {
    if label.is_empty() { (0.0, 0.0) } else { (text_width(label) + 2.0 * LABEL_PADDING, LABEL_HEIGHT) }
}

fn placed_node(graph: &Graph<NodeLabel, EdgeLabel>, node: usize) -> Option<Place> {
    let label = graph.node(&node.to_string())?;
    Some(Place { x: label.x?, y: label.y?, width: label.width, height: label.height })
}

fn route(graph: &Graph<NodeLabel, EdgeLabel>, diagram: &CellDiagram, place: usize) -> Option<Route> {
    let edge = &diagram.edges[place];
    let label = graph.edge(&edge.from.to_string(), &edge.to.to_string(), Some(&place.to_string()))?;
    let (width, height) = label_size(&edge.label);
    let place = || Some(Place { x: label.x?, y: label.y?, width, height });
    let points: Vec<_> = label.points.iter().map(|point| (point.x, point.y)).collect();
    let label = if edge.label.is_empty() { None } else { Some(place()?) };
    (points.len() >= 2).then_some(Route { points, label })
}

fn unplaced(diagram: &CellDiagram, kind: &str, index: usize) -> DrawError {
    DrawError::Unplaced { title: diagram.title.clone(), what: format!("{kind} {index}") }
}

/// Moves everything so that it starts at the origin.
fn framed(mut nodes: Vec<Place>, mut edges: Vec<Route>) -> Layout {
    let boxes = nodes.iter().chain(edges.iter().filter_map(|edge| edge.label.as_ref()));
    let corners = boxes.flat_map(|place| {
        let (dx, dy) = (place.width / 2.0, place.height / 2.0);
        [(place.x - dx, place.y - dy), (place.x + dx, place.y + dy)]
    });
    let points: Vec<(f64, f64)> = corners.chain(edges.iter().flat_map(|edge| edge.points.iter().copied())).collect();
    let bound =
        |pick: fn(&(f64, f64)) -> f64, fold: fn(f64, f64) -> f64| points.iter().map(pick).reduce(fold).unwrap_or_default();
    let (left, right) = (bound(|p| p.0, f64::min), bound(|p| p.0, f64::max));
    let (top, bottom) = (bound(|p| p.1, f64::min), bound(|p| p.1, f64::max));
    for place in nodes.iter_mut().chain(edges.iter_mut().filter_map(|edge| edge.label.as_mut())) {
        (place.x, place.y) = (place.x - left, place.y - top);
    }
    for point in edges.iter_mut().flat_map(|edge| &mut edge.points) {
        *point = (point.0 - left, point.1 - top);
    }
    Layout { width: right - left, height: bottom - top, nodes, edges }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SpaceName;
    use bonas_core::SeedStream;

    fn overlap(a: &Place, b: &Place) -> bool {
        (a.x - b.x).abs() < (a.width + b.width) / 2.0 && (a.y - b.y).abs() < (a.height + b.height) / 2.0
    }

    #[test]
    fn nothing_overlaps_and_everything_is_in_the_frame() {
        for name in SpaceName::ALL {
            let (space, mut rng) = (name.build(), SeedStream::new(0).rng("layout", 0));
            for diagram in (0..60).flat_map(|_| space.diagrams(&space.sample(&mut rng))) {
                let layout = layout(&diagram).expect("a cell");
                assert_eq!((layout.nodes.len(), layout.edges.len()), (diagram.nodes.len(), diagram.edges.len()));
                let labels = layout.edges.iter().filter_map(|edge| edge.label.as_ref());
                let places: Vec<_> = layout.nodes.iter().chain(labels).collect();
                for (index, a) in places.iter().enumerate() {
                    assert!(a.x - a.width / 2.0 > -1e-6 && a.x + a.width / 2.0 < layout.width + 1e-6);
                    assert!(a.y - a.height / 2.0 > -1e-6 && a.y + a.height / 2.0 < layout.height + 1e-6);
                    assert!(places[..index].iter().all(|b| !overlap(a, b)), "labels overlap in {diagram:?}");
                }
                let forward = diagram.edges.iter().all(|edge| layout.nodes[edge.from].x < layout.nodes[edge.to].x);
                assert!(forward, "an edge of {diagram:?} runs to the left");
            }
        }
    }
}
