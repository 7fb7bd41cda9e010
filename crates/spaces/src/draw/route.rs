use super::layout::{CORNER, Path, Place};
use bonas_core::{CellDiagram, DiagramEdge, NodeKind};

/// A place as `(x, y)`, in pixels.
pub(super) type Point = (f64, f64);

/// Most distance between two lines where they leave or reach a node.
const PORT_STEP: f64 = 8.0;
/// Least distance there: heads of arrows that are closer run into each other.
const LEAST_PORT_STEP: f64 = 7.0;
/// Part of a node's height that lines may use.
const PORT_SPAN: f64 = 0.8;
/// Positions this close belong to the same layer.
const SAME_LAYER: f64 = 0.5;

/// Where a line passes a layer, without rising or falling: from `left` to `right` at the height `y`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Band {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) y: f64,
}

/// A line from the right side of a node to the left side of another, and the label that stands on it.
///
/// It passes every layer, also those of its nodes, without rising or falling, and bends only in the gaps between layers, where no label stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Route {
    pub(super) start: Point,
    /// Where the layer of the first node ends, up to which the line keeps its height.
    pub(super) leaves: f64,
    pub(super) bands: Vec<Band>,
    /// Where the layer of the last node begins.
    pub(super) reaches: f64,
    pub(super) end: Point,
    pub(super) label: Option<Place>,
}

impl Route {
    pub(super) fn points(&self) -> impl Iterator<Item = Point> + '_ {
        let passing = self.bands.iter().flat_map(|band| [(band.left, band.y), (band.right, band.y)]);
        [self.start, self.end].into_iter().chain(passing)
    }

    pub(super) fn shift(&mut self, dx: f64, dy: f64) {
        for point in [&mut self.start, &mut self.end] {
            *point = (point.0 + dx, point.1 + dy);
        }
        (self.leaves, self.reaches) = (self.leaves + dx, self.reaches + dx);
        for band in &mut self.bands {
            *band = Band { left: band.left + dx, right: band.right + dx, y: band.y + dy };
        }
        if let Some(label) = &mut self.label {
            label.shift(dx, dy);
        }
    }
}

/// The side of a node where lines start or end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Lines for the edges of a diagram along their waypoints.
pub(super) fn routes(diagram: &CellDiagram, nodes: &[Place], paths: Vec<Path>) -> Vec<Route> {
    let labels: Vec<Place> = paths.iter().filter_map(|path| path.label).collect();
    let places: Vec<&Place> = nodes.iter().chain(&labels).collect();
    let starts = ports(diagram, nodes, &paths, Side::Right);
    let ends = ports(diagram, nodes, &paths, Side::Left);
    let layer = |node: usize| band((nodes[node].x, nodes[node].y), &places);
    let ports = starts.into_iter().zip(ends).zip(&diagram.edges);
    let route = |(path, ((start, end), edge)): (Path, ((Point, Point), &DiagramEdge))| Route {
        start,
        leaves: layer(edge.from).right,
        bands: path.waypoints.iter().map(|&point| band(point, &places)).collect(),
        reaches: layer(edge.to).left,
        end,
        label: path.label,
    };
    paths.into_iter().zip(ports).map(route).collect()
}

/// The band through a waypoint, as wide as the widest thing of its layer.
fn band((x, y): Point, places: &[&Place]) -> Band {
    let layer = places.iter().filter(|place| (place.x - x).abs() < SAME_LAYER);
    let reach = layer.map(|place| place.width / 2.0).fold(0.0, f64::max);
    Band { left: x - reach, right: x + reach, y }
}

/// The height that a node needs so that this many lines can touch one of its sides.
pub(super) fn height_for(lines: usize) -> f64 {
    lines as f64 * LEAST_PORT_STEP / PORT_SPAN
}

/// Where every edge touches the node on one of its sides. The edges of a node are spread in the order of where they lead, so
/// that they don't cross on their way.
fn ports(diagram: &CellDiagram, nodes: &[Place], paths: &[Path], side: Side) -> Vec<Point> {
    let node_of = |edge: usize| match side {
        Side::Right => diagram.edges[edge].from,
        Side::Left => diagram.edges[edge].to,
    };
    let far_end = |edge: usize| match side {
        Side::Right => nodes[diagram.edges[edge].to].y,
        Side::Left => nodes[diagram.edges[edge].from].y,
    };
    let next = |edge: usize| match side {
        Side::Right => paths[edge].waypoints.first().map_or(far_end(edge), |point| point.1),
        Side::Left => paths[edge].waypoints.last().map_or(far_end(edge), |point| point.1),
    };
    let mut ports = vec![(0.0, 0.0); paths.len()];
    for (node, place) in nodes.iter().enumerate() {
        let mut edges: Vec<usize> = (0..paths.len()).filter(|&edge| node_of(edge) == node).collect();
        edges.sort_by(|&a, &b| next(a).total_cmp(&next(b)));
        let step = PORT_STEP.min(PORT_SPAN * place.height / edges.len() as f64);
        for (rank, &edge) in edges.iter().enumerate() {
            let offset = step * (rank as f64 - (edges.len() - 1) as f64 / 2.0);
            ports[edge] = port(place, diagram.nodes[node].kind, side, offset);
        }
    }
    ports
}

/// The point of a node's outline at this offset from its middle.
fn port(place: &Place, kind: NodeKind, side: Side, offset: f64) -> Point {
    let rounding = match kind {
        NodeKind::Operation => 0.0,
        NodeKind::Input | NodeKind::State | NodeKind::Output => {
            let beyond = (offset.abs() - (place.height / 2.0 - CORNER)).max(0.0);
            CORNER - (CORNER * CORNER - beyond * beyond).sqrt()
        }
    };
    let reach = place.width / 2.0 - rounding;
    let x = if side == Side::Right { place.x + reach } else { place.x - reach };
    (x, place.y + offset)
}
