use super::Axis;
use crate::ReportError;
use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;

/// Width and height of a chart in its own units; pages scale it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
}

/// Axes, ticks and grid of a chart, and where a value lies within it.
#[derive(Debug)]
pub(super) struct Frame {
    size: Size,
    svg: String,
    x: Axis,
    y: Axis,
    /// Left and right edge of the plotting area.
    columns: (i32, i32),
    /// Its lower and upper edge.
    rows: (i32, i32),
}

// The stylesheet gives lines and texts the colours of the page; these show only where there is no stylesheet.
const GRID: RGBColor = RGBColor(222, 226, 230);
const INK: RGBColor = RGBColor(91, 100, 114);

/// Height of tick labels; plotters divides it by 1.24 on its way to a font size.
const LABEL: i32 = 16;

impl Frame {
    /// Draws the frame of a chart.
    ///
    /// # Errors
    /// When plotters can't.
    pub(super) fn draw(size: Size, x: Axis, y: Axis) -> Result<Self, ReportError> {
        let mut svg = String::new();
        let (columns, rows) = plot(&mut svg, size, &x, &y).map_err(|error| ReportError::Chart {
            horizontal: x.title.clone(),
            vertical: y.title.clone(),
            reason: error.to_string(),
        })?;
        Ok(Self { size, svg, x, y, columns: (columns.start, columns.end), rows: (rows.end, rows.start) })
    }

    /// The horizontal axis.
    pub(super) fn x_axis(&self) -> &Axis {
        &self.x
    }

    /// The vertical axis.
    pub(super) fn y_axis(&self) -> &Axis {
        &self.y
    }

    /// Where a value lies, from the left.
    pub(super) fn x(&self, value: f64) -> f64 {
        self.x.place(value, self.columns)
    }

    /// Where a value lies, from the top.
    pub(super) fn y(&self, value: f64) -> f64 {
        self.y.place(value, self.rows)
    }

    /// The upper edge of the plotting area.
    pub(super) fn top(&self) -> f64 {
        f64::from(self.rows.1)
    }

    /// The lower edge of the plotting area: the x axis.
    pub(super) fn bottom(&self) -> f64 {
        f64::from(self.rows.0)
    }

    /// The whole picture: marks on the frame, with a title and a description for those who don't see it.
    pub(super) fn figure(&self, id: &str, title: &str, description: &str, marks: &Markup) -> Markup {
        let Size { width, height } = self.size;
        html! {
            div.scroll tabindex="0" role="group" aria-label=(title) {
                svg.chart.half[width < super::WIDE.width] viewBox=(format!("0 0 {width} {height}")) role="img"
                    aria-labelledby=(format!("{id}-title {id}-description")) {
                    title id=(format!("{id}-title")) { (title) }
                    desc id=(format!("{id}-description")) { (description) }
                    g.frame { (PreEscaped(&self.svg)) }
                    g.marks { (marks) }
                }
            }
        }
    }
}

type Pixels = std::ops::Range<i32>;

fn plot(svg: &mut String, size: Size, x: &Axis, y: &Axis) -> Result<(Pixels, Pixels), DrawingAreaErrorKind<std::io::Error>> {
    let root = SVGBackend::with_string(svg, (size.width, size.height)).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin_top(26)
        .margin_right(18)
        .x_label_area_size(50)
        .y_label_area_size(84)
        .build_cartesian_2d(x.clone(), y.clone())?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .label_style(("sans-serif", LABEL).into_font().color(&INK))
        .axis_desc_style(("sans-serif", LABEL).into_font().color(&INK))
        .x_desc(&x.title)
        .y_desc(&y.title)
        .draw()?;
    let pixels = chart.plotting_area().get_pixel_range();
    root.present()?;
    Ok(pixels)
}

/// A coordinate with one decimal: finer than any screen.
pub(super) fn px(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lie_between_the_edges() {
        let axis = Axis::between("v", 0.0, 2.0);
        let frame = Frame::draw(Size { width: 400, height: 200 }, axis.clone(), axis).expect("drawn");
        assert_eq!(frame.y(0.0), frame.bottom());
        assert_eq!(frame.y(2.0), frame.top());
        assert_eq!(frame.y(1.0), (frame.bottom() + frame.top()) / 2.0);
        assert_eq!((frame.x(0.0), frame.x(2.0)), (84.0, 382.0));
    }

    #[test]
    fn titles_are_escaped_and_marks_are_inside() {
        let x = Axis::between("a < b & \"c\"", 0.0, 1.0);
        let frame = Frame::draw(Size { width: 400, height: 200 }, x.clone(), x).expect("drawn");
        let figure = frame.figure("f", "1 < 2", "d & e", &html! { circle.mark {} }).into_string();
        assert!(figure.contains("a &lt; b &amp; &quot;c&quot;"));
        assert!(figure.contains(r#"<title id="f-title">1 &lt; 2</title>"#));
        assert!(figure.contains(r#"<circle class="mark"></circle>"#));
        assert!(figure.contains(r#"aria-labelledby="f-title f-description""#));
    }
}
