use super::DrawError;
use super::route::{Point, Route, height_for, routes};
use bonas_core::{CellDiagram, NodeKind};
use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, RankDir};

/// Width of a character of the labels' monospaced face, as a part of the font size.
const CHARACTER_WIDTH: f64 = 0.602;
pub(super) const FONT_SIZE: f64 = 12.0;

const NODE_HEIGHT: f64 = 30.0;
/// Radius of the corners of inputs and outputs, and of the circles of states.
pub(super) const CORNER: f64 = NODE_HEIGHT / 2.0;
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
        let leaving = diagram.edges.iter().filter(|edge| edge.from == place).count();
        let reaching = diagram.edges.iter().filter(|edge| edge.to == place).count();
        let (width, height) = match node.kind {
            NodeKind::State => (NODE_HEIGHT, NODE_HEIGHT),
            _ => {
                let width = (text_width(&node.label) + 2.0 * LABEL_PADDING).max(NODE_HEIGHT);
                (width, height_for(leaving.max(reaching)).max(NODE_HEIGHT))
            }
        };
        graph.set_node(place.to_string(), Some(NodeLabel { width, height, ..NodeLabel::default() }));
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
    use crate::draw::twenty_nodes;
    use bonas_core::{SearchSpace, SeedStream};

    fn overlap(a: &Place, b: &Place) -> bool {
        (a.x - b.x).abs() < (a.width + b.width) / 2.0 && (a.y - b.y).abs() < (a.height + b.height) / 2.0
    }

    /// Points of a route, close to one another, as the drawing has them.
    fn points(route: &Route) -> Vec<Point> {
        let mut points = vec![route.start];
        let mut from = (route.leaves, route.start.1);
        let bend = |from: Point, to: Point| {
            let middle = (from.0 + to.0) / 2.0;
            let cubic = |t: f64, [a, b, c, d]: [f64; 4]| {
                let s = 1.0 - t;
                s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
            };
            (0..=40).map(move |step| {
                let t = f64::from(step) / 40.0;
                (cubic(t, [from.0, middle, middle, to.0]), cubic(t, [from.1, from.1, to.1, to.1]))
            })
        };
        for band in &route.bands {
            points.extend(bend(from, (band.left, band.y)));
            points.extend((0..=20).map(|step| (band.left + (band.right - band.left) * f64::from(step) / 20.0, band.y)));
            from = (band.right, band.y);
        }
        points.extend(bend(from, (route.reaches, route.end.1)));
        points.push(route.end);
        points
    }

    fn check_layout(diagram: &CellDiagram) {
        let layout = layout(diagram).expect("a cell");
        assert_eq!((layout.nodes.len(), layout.edges.len()), (diagram.nodes.len(), diagram.edges.len()));
        let labels = layout.edges.iter().filter_map(|edge| edge.label.as_ref());
        let places: Vec<_> = layout.nodes.iter().chain(labels).collect();
        for (index, a) in places.iter().enumerate() {
            assert!(a.x - a.width / 2.0 > -1e-6 && a.x + a.width / 2.0 < layout.width + 1e-6);
            assert!(a.y - a.height / 2.0 > -1e-6 && a.y + a.height / 2.0 < layout.height + 1e-6);
            assert!(places[..index].iter().all(|b| !overlap(a, b)), "labels overlap in {diagram:?}");
        }
        for route in &layout.edges {
            for (x, y) in points(route) {
                let inside = |place: &Place| {
                    let (dx, dy) = (place.width / 2.0 - 1e-6, place.height / 2.0 - 1e-6);
                    (x - place.x).abs() < dx && (y - place.y).abs() < dy
                };
                let hit = places.iter().find(|place| inside(place) && Some(***place) != route.label);
                // A line ends within the box of a node with rounded corners, but on its outline.
                let is_end = (x, y) == route.start || (x, y) == route.end;
                assert!(is_end || hit.is_none(), "a line runs through {hit:?} at ({x}, {y}) in {diagram:?}");
            }
        }
        let forward = diagram.edges.iter().all(|edge| layout.nodes[edge.from].x < layout.nodes[edge.to].x);
        assert!(forward, "an edge of {diagram:?} runs to the left");
    }

    #[test]
    fn nothing_overlaps_and_everything_is_in_the_frame() {
        for name in SpaceName::ALL {
            let (space, mut rng) = (name.build(), SeedStream::new(0).rng("layout", 0));
            (0..60).flat_map(|_| space.diagrams(&space.sample(&mut rng))).for_each(|diagram| check_layout(&diagram));
        }
    }

    #[test]
    fn cells_of_twenty_nodes_are_legible() {
        for operations_on in ["nodes", "edges"] {
            let space = twenty_nodes(operations_on);
            let mut rng = SeedStream::new(0).rng("layout", 0);
            (0..20).flat_map(|_| space.diagrams(&space.sample(&mut rng))).for_each(|diagram| check_layout(&diagram));
        }
    }

    #[test]
    fn arrows_have_room_where_they_arrive() {
        let space = twenty_nodes("nodes");
        let mut rng = SeedStream::new(0).rng("layout", 0);
        for diagram in (0..20).flat_map(|_| space.diagrams(&space.sample(&mut rng))) {
            let layout = layout(&diagram).expect("a cell");
            for node in 0..diagram.nodes.len() {
                let edges = diagram.edges.iter().zip(&layout.edges).filter(|(edge, _)| edge.to == node);
                let mut heights: Vec<f64> = edges.map(|(_, route)| route.end.1).collect();
                heights.sort_by(f64::total_cmp);
                assert!(heights.windows(2).all(|pair| pair[1] - pair[0] > 6.9), "{heights:?}");
            }
        }
    }
}
