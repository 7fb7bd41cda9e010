use super::DrawError;
use super::layout::{CORNER, FONT_SIZE, Layout, Place, layout, text_width};
use super::palette::Palette;
use super::route::{Point, Route};
use ::svg::Document;
use ::svg::node::element::{Circle, Definitions, Group, Marker, Path, Rectangle, Text, Title};
use bonas_core::{CellDiagram, DiagramNode, NodeKind};

const MARGIN: f64 = 24.0;
const HEADING: f64 = 34.0;
const CELL_GAP: f64 = 34.0;
/// Size of a subscript beside its base.
const SUBSCRIPT: f64 = 0.8;
/// What is shorter would be drawn as a point.
const SHORTEST: f64 = 0.05;
const SWATCH: f64 = 14.0;
const LEGEND_GAP: f64 = 22.0;
const LEGEND_HEIGHT: f64 = 40.0;
/// Between two lines of the legend.
const LEGEND_LINE: f64 = 24.0;
/// A legend may be as wide as this, whatever the width of the cells.
const LEGEND_WIDTH: f64 = 640.0;

const FACE: &str = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";
const INK: &str = "#263238";
const LINE: &str = "#78909c";
const PAPER: &str = "#ffffff";

/// Draws cells below each other as one SVG image, with a legend of their operations. The same diagrams give the same bytes.
///
/// # Errors
/// When there is nothing to draw, or an edge doesn't run forward within its cell.
pub fn svg(diagrams: &[CellDiagram]) -> Result<String, DrawError> {
    if diagrams.is_empty() {
        return Err(DrawError::NoCells);
    }
    let palette = Palette::of(diagrams);
    let layouts = diagrams.iter().map(layout).collect::<Result<Vec<_>, _>>()?;
    let widest = layouts.iter().map(|layout| layout.width).fold(0.0, f64::max);
    let legend = legend(&palette, widest.max(LEGEND_WIDTH));
    let width = widest.max(legend.width);

    let mut top = MARGIN;
    let mut cells = Vec::new();
    for (diagram, layout) in diagrams.iter().zip(&layouts) {
        let left = MARGIN + (width - layout.width) / 2.0;
        cells.push(heading(&diagram.title, MARGIN, top));
        cells.push(cell(diagram, layout, &palette).set("transform", translate(left, top + HEADING)));
        top += HEADING + layout.height + CELL_GAP;
    }
    cells.push(legend.group.set("transform", translate(MARGIN, top)));
    let drawing = frame(width + 2.0 * MARGIN, top + LEGEND_HEIGHT + legend.further_lines);
    Ok(cells.into_iter().fold(drawing, Document::add).to_string())
}

fn frame(width: f64, height: f64) -> Document {
    let arrow = Marker::new()
        .set("id", "arrow")
        .set("viewBox", "0 0 8 8")
        .set("refX", 7)
        .set("refY", 4)
        .set("markerWidth", 6)
        .set("markerHeight", 6)
        .set("orient", "auto")
        .add(Path::new().set("d", "M0,0.8L8,4L0,7.2Z").set("fill", LINE));
    Document::new()
        .set("viewBox", format!("0 0 {width:.0} {height:.0}"))
        .set("width", format!("{width:.0}"))
        .set("height", format!("{height:.0}"))
        .set("font-family", FACE)
        .set("font-size", FONT_SIZE)
        .add(Definitions::new().add(arrow))
        .add(Rectangle::new().set("width", "100%").set("height", "100%").set("rx", 10).set("fill", PAPER))
}

fn heading(title: &str, x: f64, y: f64) -> Group {
    let text = Text::new(title).set("x", number(x)).set("y", number(y + FONT_SIZE)).set("fill", INK);
    Group::new().add(text.set("font-weight", "bold").set("font-size", FONT_SIZE + 3.0))
}

fn cell(diagram: &CellDiagram, layout: &Layout, palette: &Palette) -> Group {
    let mut group = Group::new().set("class", "cell");
    for route in &layout.edges {
        group = group.add(line(route));
    }
    for (edge, route) in diagram.edges.iter().zip(&layout.edges) {
        if let Some(place) = route.label {
            group = group.add(operation(&edge.label, place, palette));
        }
    }
    for (node, &place) in diagram.nodes.iter().zip(&layout.nodes) {
        group = group.add(match node.kind {
            NodeKind::Operation => operation(&node.label, place, palette),
            _ => terminal(node, place),
        });
    }
    group
}

fn line(route: &Route) -> Path {
    Path::new()
        .set("d", curve(route))
        .set("fill", "none")
        .set("stroke", LINE)
        .set("stroke-width", 1.4)
        .set("marker-end", "url(#arrow)")
}

/// Straight through the layers, and between them in curves that leave and arrive horizontally.
fn curve(route: &Route) -> String {
    let mut path = format!("M{}", pair(route.start)) + &level(route.start.0, route.leaves);
    let mut from = (route.leaves, route.start.1);
    for band in &route.bands {
        path += &bend(from, (band.left, band.y));
        from = (band.right, band.y);
        path += &format!("H{}", number(band.right));
    }
    path + &bend(from, (route.reaches, route.end.1)) + &level(route.reaches, route.end.0)
}

/// A line that keeps its height, if it has a length.
fn level(from: f64, to: f64) -> String {
    if (to - from).abs() < SHORTEST { String::new() } else { format!("H{}", number(to)) }
}

fn bend(from: Point, to: Point) -> String {
    let middle = (from.0 + to.0) / 2.0;
    format!("C{} {} {}", pair((middle, from.1)), pair((middle, to.1)), pair(to))
}

fn operation(label: &str, place: Place, palette: &Palette) -> Group {
    let (fill, outline) = palette.color(label);
    let pill = rectangle(place).set("rx", 5).set("fill", fill).set("stroke", outline).set("stroke-width", 1.2);
    Group::new().set("class", "operation").add(pill).add(centered(Text::new(label), place).set("fill", INK))
}

fn terminal(node: &DiagramNode, place: Place) -> Group {
    let group = Group::new().set("class", "node");
    if node.kind == NodeKind::State {
        let circle = Circle::new().set("cx", number(place.x)).set("cy", number(place.y)).set("r", place.height / 2.0);
        let circle = circle.set("fill", PAPER).set("stroke", INK).set("stroke-width", 1.6);
        return group.add(circle).add(centered(Text::new(node.label.as_str()), place).set("fill", INK));
    }
    let shape = rectangle(place).set("rx", CORNER).set("fill", INK);
    group.add(shape).add(name(&node.label, place).set("fill", PAPER))
}

fn rectangle(place: Place) -> Rectangle {
    Rectangle::new()
        .set("x", number(place.x - place.width / 2.0))
        .set("y", number(place.y - place.height / 2.0))
        .set("width", number(place.width))
        .set("height", number(place.height))
}

fn centered(text: Text, place: Place) -> Text {
    text.set("x", number(place.x)).set("y", number(place.y + FONT_SIZE * 0.34)).set("text-anchor", "middle")
}

/// Sets `c_{k-1}` as c with the subscript k-1; any other label as it stands.
fn name(label: &str, place: Place) -> Group {
    let Some((base, subscript)) = label.split_once("_{").and_then(|(base, rest)| Some((base, rest.strip_suffix('}')?))) else {
        return Group::new().add(centered(Text::new(label), place));
    };
    // Two texts: renderers disagree on the spacing and the middle of a text with a part of another size.
    let (base_width, width) = (text_width(base), text_width(subscript) * SUBSCRIPT);
    let left = place.x - (base_width + width) / 2.0;
    let at = |x: f64, lowered: f64| Place { x, y: place.y + lowered, ..place };
    let subscript = centered(Text::new(subscript.replace('-', "−")), at(left + base_width + width / 2.0, FONT_SIZE * 0.25));
    Group::new()
        .add(centered(Text::new(base), at(left + base_width / 2.0, 0.0)))
        .add(subscript.set("font-size", number(FONT_SIZE * SUBSCRIPT)))
}

/// All operations with their colours.
struct Legend {
    group: Group,
    width: f64,
    /// Height of the lines after the first.
    further_lines: f64,
}

/// The legend in lines of at most this width, or of one operation.
fn legend(palette: &Palette, most: f64) -> Legend {
    let mut legend =
        Legend { group: Group::new().set("class", "legend").add(Title::new("Operations")), width: 0.0, further_lines: 0.0 };
    let mut x = 0.0;
    for operation in palette.operations() {
        let (fill, outline) = palette.color(operation);
        let entry = SWATCH + 6.0 + text_width(operation);
        if x > 0.0 && x + entry > most {
            (x, legend.further_lines) = (0.0, legend.further_lines + LEGEND_LINE);
        }
        let mut swatch = Rectangle::new().set("x", number(x)).set("width", SWATCH).set("height", SWATCH).set("rx", 3);
        let mut text = Text::new(operation).set("x", number(x + SWATCH + 6.0)).set("y", FONT_SIZE - 0.5).set("fill", INK);
        if legend.further_lines > 0.0 {
            swatch = swatch.set("y", number(legend.further_lines));
            text = text.set("y", number(legend.further_lines + FONT_SIZE - 0.5));
        }
        legend.group = legend.group.add(swatch.set("fill", fill).set("stroke", outline)).add(text);
        legend.width = legend.width.max(x + entry);
        x += entry + LEGEND_GAP;
    }
    legend
}

fn translate(x: f64, y: f64) -> String {
    format!("translate({} {})", number(x), number(y))
}

fn pair((x, y): Point) -> String {
    format!("{},{}", number(x), number(y))
}

/// One decimal is a tenth of a pixel, and hides how the last bits of a sum fall on another machine.
fn number(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SpaceName;
    use crate::draw::twenty_nodes;
    use bonas_core::{DiagramEdge, SearchSpace, SeedStream};
    use std::collections::BTreeSet;

    fn small(title: &str, label: &str) -> CellDiagram {
        let node = |label: &str, kind| DiagramNode { label: label.into(), kind };
        CellDiagram {
            title: title.into(),
            nodes: vec![node("c_{k-1}", NodeKind::Input), node("0", NodeKind::State), node("c_{k}", NodeKind::Output)],
            edges: vec![
                DiagramEdge { from: 0, to: 1, label: label.into() },
                DiagramEdge { from: 1, to: 2, label: String::new() },
            ],
        }
    }

    #[test]
    fn a_small_cell_is_drawn_like_this() {
        insta::assert_snapshot!(svg(&[small("small cell", "skip_connect")]).expect("a cell"), @r###"
        <svg font-family="ui-monospace, &apos;DejaVu Sans Mono&apos;, Menlo, Consolas, monospace" font-size="12" height="162" viewBox="0 0 443 162" width="443" xmlns="http://www.w3.org/2000/svg">
        <defs>
        <marker id="arrow" markerHeight="6" markerWidth="6" orient="auto" refX="7" refY="4" viewBox="0 0 8 8">
        <path d="M0,0.8L8,4L0,7.2Z" fill="#78909c"/>
        </marker>
        </defs>
        <rect fill="#ffffff" height="100%" rx="10" width="100%"/>
        <g>
        <text fill="#263238" font-size="15" font-weight="bold" x="24.0" y="36.0">
        small cell
        </text>
        </g>
        <g class="cell" transform="translate(24.0 58.0)">
        <path d="M66.6,15.0C84.6,15.0 84.6,15.0 102.6,15.0H205.3C223.3,15.0 223.3,15.0 241.3,15.0" fill="none" marker-end="url(#arrow)" stroke="#78909c" stroke-width="1.4"/>
        <path d="M271.3,15.0C289.3,15.0 289.3,15.0 307.3,15.0H307.3C325.3,15.0 325.3,15.0 343.3,15.0" fill="none" marker-end="url(#arrow)" stroke="#78909c" stroke-width="1.4"/>
        <g class="operation">
        <rect fill="#eceff1" height="20.0" rx="5" stroke="#90a4ae" stroke-width="1.2" width="102.7" x="102.6" y="5.0"/>
        <text fill="#263238" text-anchor="middle" x="153.9" y="19.1">
        skip_connect
        </text>
        </g>
        <g class="node">
        <rect fill="#263238" height="30.0" rx="15" width="66.6" x="0.0" y="0.0"/>
        <g fill="#ffffff">
        <text text-anchor="middle" x="24.6" y="19.1">
        c
        </text>
        <text font-size="9.6" text-anchor="middle" x="36.9" y="22.1">
        k−1
        </text>
        </g>
        </g>
        <g class="node">
        <circle cx="256.3" cy="15.0" fill="#ffffff" r="15" stroke="#263238" stroke-width="1.6"/>
        <text fill="#263238" text-anchor="middle" x="256.3" y="19.1">
        0
        </text>
        </g>
        <g class="node">
        <rect fill="#263238" height="30.0" rx="15" width="52.1" x="343.3" y="0.0"/>
        <g fill="#ffffff">
        <text text-anchor="middle" x="366.4" y="19.1">
        c
        </text>
        <text font-size="9.6" text-anchor="middle" x="372.9" y="22.1">
        k
        </text>
        </g>
        </g>
        </g>
        <g class="legend" transform="translate(24.0 122.0)">
        <title>Operations</title>
        <rect fill="#eceff1" height="14" rx="3" stroke="#90a4ae" width="14" x="0.0"/>
        <text fill="#263238" x="20.0" y="11.5">
        skip_connect
        </text>
        </g>
        </svg>
        "###);
    }

    #[test]
    fn every_cell_operation_and_legend_entry_is_there() {
        let space = SpaceName::Darts.build();
        let diagrams = space.diagrams(&space.sample(&mut SeedStream::new(1).rng("drawing", 0)));
        let drawing = svg(&diagrams).expect("two cells");
        assert_eq!(drawing, svg(&diagrams).expect("two cells"));
        assert_eq!(drawing.matches("class=\"cell\"").count(), 2);
        assert_eq!(drawing.matches("class=\"operation\"").count(), 16);
        assert_eq!(drawing.matches("url(#arrow)").count(), 2 * (8 + 4));
        for edge in diagrams.iter().flat_map(|diagram| &diagram.edges) {
            let on_edges = diagrams.iter().flat_map(|diagram| &diagram.edges).filter(|other| other.label == edge.label).count();
            assert!(edge.label.is_empty() || drawing.matches(&edge.label).count() == on_edges + 1);
        }
    }

    #[test]
    fn the_legend_of_a_large_cell_has_every_operation_in_a_colour_of_its_own_within_the_frame() {
        let (space, mut rng) = (twenty_nodes("nodes"), SeedStream::new(0).rng("drawing", 0));
        for _ in 0..10 {
            let diagrams = space.diagrams(&space.sample(&mut rng));
            let drawing = svg(&diagrams).expect("a cell");
            let legend = drawing.split("class=\"legend\"").nth(1).expect("a legend");
            let nodes = diagrams[0].nodes.iter().filter(|node| node.kind == NodeKind::Operation);
            let operations: BTreeSet<&str> = nodes.map(|node| node.label.as_str()).collect();
            assert!(operations.iter().all(|operation| legend.contains(&format!("\n{operation}\n"))), "{legend}");
            let attribute = |name: &str| -> Vec<&str> {
                let pattern = format!(" {name}=\"");
                let values = legend.split(&pattern).skip(1);
                values.map(|rest| rest.split('"').next().expect("a value")).collect()
            };
            assert_eq!(attribute("stroke").iter().collect::<BTreeSet<_>>().len(), operations.len());
            let width: f64 = drawing.split("width=\"").find_map(|rest| rest.split('"').next()?.parse().ok()).expect("a width");
            assert!(attribute("x").iter().all(|x| x.parse::<f64>().expect("a number") + 120.0 < width), "{legend}");
        }
    }

    #[test]
    fn a_long_legend_has_several_lines() {
        let names: Vec<String> = (0..30).map(|index| format!("operation_{index:02}")).collect();
        let diagrams: Vec<_> = names.iter().map(|name| small(name, name)).collect();
        let legend = legend(&Palette::of(&diagrams), LEGEND_WIDTH);
        assert_eq!((legend.width <= LEGEND_WIDTH, legend.further_lines), (true, 5.0 * LEGEND_LINE));
    }

    #[test]
    fn texts_cannot_break_out() {
        let drawing = svg(&[small("<script>", "a<b>&\"c\"")]).expect("a cell");
        assert!(!drawing.contains("<script>") && !drawing.contains("a<b>"));
        assert!(drawing.contains("&lt;script&gt;") && drawing.contains("a&lt;b&gt;&amp;"));
    }

    #[test]
    fn what_is_no_cell_is_refused() {
        assert_eq!(svg(&[]), Err(DrawError::NoCells));
        let empty = CellDiagram { title: "x".into(), nodes: vec![], edges: vec![] };
        assert_eq!(svg(&[empty]), Err(DrawError::NoNodes { title: "x".into() }));
        let mut backward = small("x", "");
        backward.edges[0].to = 7;
        assert_eq!(svg(&[backward]), Err(DrawError::NotForward { title: "x".into(), from: 0, to: 7, nodes: 3 }));
    }
}
