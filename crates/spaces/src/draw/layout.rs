use super::DrawError;
use super::route::{Point, Route, routes};
use bonas_core::{CellDiagram, NodeKind};
use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, RankDir};

/// Width of a character of the labels' monospaced face, as a part of the font size.
const CHARACTER_WIDTH: f64 = 0.602;
pub(super) const FONT_SIZE: f64 = 12.0;

const NODE_HEIGHT: f64 = 30.0;
const LABEL_HEIGHT: f64 = 20.0;
const LABEL_PADDING: f64 = 8.0;
const NODE_SEPARATION: f64 = 22.0;
const EDGE_SEPARATION: f64 = 12.0;
/// Between two layers of nodes without labels; dagre puts a layer of labels in the middle.
const RANK_SEPARATION: f64 = 72.0;

/// A rectangle by its centre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Place {
    pub(super) fn shift(&mut self, dx: f64, dy: f64) {
        (self.x, self.y) = (self.x + dx, self.y + dy);
    }

    fn corners(&self) -> [Point; 2] {
        let (dx, dy) = (self.width / 2.0, self.height / 2.0);
        [(self.x - dx, self.y - dy), (self.x + dx, self.y + dy)]
    }
}

/// What the layout library says of an edge.
pub(super) struct Path {
    pub(super) waypoints: Vec<Point>,
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
    let nodes = nodes.collect::<Result<Vec<_>, _>>()?;
    let paths = (0..diagram.edges.len()).map(|edge| path(&graph, diagram, edge).ok_or_else(|| unplaced(diagram, "edge", edge)));
    let routes = routes(diagram, &nodes, paths.collect::<Result<_, _>>()?);
    Ok(framed(nodes, routes))
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

/// The waypoints of an edge between the borders of its nodes, and the place of its label.
fn path(graph: &Graph<NodeLabel, EdgeLabel>, diagram: &CellDiagram, place: usize) -> Option<Path> {
    let edge = &diagram.edges[place];
    let label = graph.edge(&edge.from.to_string(), &edge.to.to_string(), Some(&place.to_string()))?;
    let waypoints = label.points.get(1..label.points.len().checked_sub(1)?)?;
    let waypoints = waypoints.iter().map(|point| (point.x, point.y)).collect();
    if edge.label.is_empty() {
        return Some(Path { waypoints, label: None });
    }
    let (width, height) = label_size(&edge.label);
    Some(Path { waypoints, label: Some(Place { x: label.x?, y: label.y?, width, height }) })
}

fn unplaced(diagram: &CellDiagram, kind: &str, index: usize) -> DrawError {
    DrawError::Unplaced { title: diagram.title.clone(), what: format!("{kind} {index}") }
}

/// Moves everything so that it starts at the origin.
fn framed(mut nodes: Vec<Place>, mut routes: Vec<Route>) -> Layout {
    let labels = routes.iter().filter_map(|route| route.label.as_ref());
    let corners = nodes.iter().chain(labels).flat_map(Place::corners);
    let points: Vec<Point> = corners.chain(routes.iter().flat_map(Route::points)).collect();
    let least = |pick: fn(&Point) -> f64| points.iter().map(pick).reduce(f64::min).unwrap_or_default();
    let most = |pick: fn(&Point) -> f64| points.iter().map(pick).reduce(f64::max).unwrap_or_default();
    let (left, top) = (least(|point| point.0), least(|point| point.1));
    let (width, height) = (most(|point| point.0) - left, most(|point| point.1) - top);
    nodes.iter_mut().for_each(|place| place.shift(-left, -top));
    routes.iter_mut().for_each(|route| route.shift(-left, -top));
    Layout { width, height, nodes, edges: routes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SpaceName;
    use bonas_core::SeedStream;

    fn overlap(a: &Place, b: &Place) -> bool {
        (a.x - b.x).abs() < (a.width + b.width) / 2.0 && (a.y - b.y).abs() < (a.height + b.height) / 2.0
    }

    /// The label that stands on a band.
    fn labelled(layout: &Layout, band: &super::super::route::Band) -> Option<Place> {
        layout.edges.iter().filter(|edge| edge.bands.contains(band)).find_map(|edge| edge.label)
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
                for (index, a) in places.iter().enumerate() {
                    let crossed = layout.edges.iter().flat_map(|edge| &edge.bands).any(|band| {
                        let within = band.left < a.x + a.width / 2.0 - 1e-6 && band.right > a.x - a.width / 2.0 + 1e-6;
                        within && (band.y - a.y).abs() < a.height / 2.0 && Some(**a) != labelled(&layout, band)
                    });
                    assert!(!crossed, "a line runs through place {index} of {diagram:?}");
                }
                let forward = diagram.edges.iter().all(|edge| layout.nodes[edge.from].x < layout.nodes[edge.to].x);
                assert!(forward, "an edge of {diagram:?} runs to the left");
            }
        }
    }
}
