use super::nothing;
use crate::{BestCell, CellDrawing, ScoreNotation};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use maud::{Markup, html};

pub(super) fn body(cells: &[BestCell], notation: ScoreNotation) -> Markup {
    if cells.is_empty() {
        return nothing("There is no cell to draw yet.");
    }
    html! { ol.cells { @for cell in cells { (card(cell, notation)) } } }
}

fn card(cell: &BestCell, notation: ScoreNotation) -> Markup {
    let id = format!("genotype-{}", cell.rank);
    html! {
        li {
            h3 { span.rank { (cell.rank) } (notation.write(cell.score)) }
            div.drawings { @for cell_drawing in &cell.drawings { (drawing(&format!("architecture {}", cell.rank), cell_drawing)) } }
            @if cell.text != cell.genotype { p.architecture { code { (cell.text) } } }
            div.genotype {
                div.bar {
                    span { "Genotype" }
                    button type="button" hidden data-copy=(id) aria-live="polite" { "Copy" }
                }
                pre id=(id) tabindex="0" aria-label=(format!("Genotype of cell {}", cell.rank)) { code { (cell.genotype) } }
            }
        }
    }
}

/// The cells of the one architecture of a page.
pub(crate) fn drawings(drawings: &[CellDrawing]) -> Markup {
    html! { @for cell in drawings { (drawing("the architecture", cell)) } }
}

/// As an image, a drawing keeps its ids, styles and scripts to itself: nothing to collide with, nothing that runs.
fn drawing(owner: &str, drawing: &CellDrawing) -> Markup {
    html! {
        figure {
            img alt=(format!("Drawing of the {} cell of {owner}", drawing.title)) loading="lazy" decoding="async"
                src=(format!("data:image/svg+xml;base64,{}", BASE64_STANDARD.encode(&drawing.svg)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::best_cell;

    #[test]
    fn drawings_with_the_same_ids_are_kept_apart() {
        let html = body(&[best_cell(1), best_cell(2)], ScoreNotation::Percent).into_string();
        assert!(!html.contains("<marker") && !html.contains("id=\"arrow\""));
        assert_eq!(html.matches("src=\"data:image/svg+xml;base64,").count(), 2);
        let encoded = html.split("base64,").nth(1).and_then(|rest| rest.split('"').next()).expect("an image");
        let decoded = BASE64_STANDARD.decode(encoded).expect("base64");
        assert_eq!(String::from_utf8(decoded).expect("text"), best_cell(1).drawings[0].svg);
    }

    #[test]
    fn the_copy_button_names_its_genotype() {
        let html = body(&[best_cell(1)], ScoreNotation::Percent).into_string();
        assert!(html.contains("data-copy=\"genotype-1\"") && html.contains("<pre id=\"genotype-1\""));
    }

    #[test]
    fn no_cells_are_said() {
        assert!(body(&[], ScoreNotation::Percent).into_string().contains("There is no cell to draw yet."));
    }
}
