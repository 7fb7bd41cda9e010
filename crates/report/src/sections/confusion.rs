use crate::ConfusionMatrix;
use crate::notation::count;
use maud::{Markup, html};

/// A confusion matrix as a table whose cells are shaded by their share of the true class.
pub(super) fn table(matrix: &ConfusionMatrix) -> Markup {
    let classes = matrix.classes();
    html! {
        h3 { "Confusion matrix" }
        p { "Rows are true classes, columns what they were taken for; shades are shares of the row." }
        div.scroll tabindex="0" role="group" aria-label="Confusion matrix" {
            table.confusion {
                thead {
                    tr {
                        th scope="col" { "true ╲ predicted" }
                        @for class in classes { th.number scope="col" { (class) } }
                        th.number scope="col" { "recall" }
                    }
                }
                tbody { @for (truth, counts) in matrix.counts().iter().enumerate() { (row(classes, truth, counts)) } }
            }
        }
    }
}

fn row(classes: &[String], truth: usize, counts: &[u64]) -> Markup {
    let total = counts.iter().fold(0, |sum: u64, &count| sum.saturating_add(count));
    html! {
        tr {
            th scope="row" { (classes[truth]) }
            @for (predicted, &cell) in counts.iter().enumerate() {
                td.number.right[truth == predicted].wrong[truth != predicted].zero[cell == 0] style=(shade(cell, total))
                    title=(format!("{} of {} {} were taken for {}", count(cell), count(total), classes[truth], classes[predicted])) {
                    (count(cell))
                }
            }
            td.number.recall { @if total == 0 { "–" } @else { (format!("{:.1} %", 100.0 * share(counts[truth], total))) } }
        }
    }
}

fn share(part: u64, total: u64) -> f64 {
    if total == 0 { 0.0 } else { part as f64 / total as f64 }
}

/// The square root keeps rare confusions visible beside the diagonal.
fn shade(part: u64, total: u64) -> String {
    format!("--share:{:.0}%", 60.0 * share(part, total).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_row_and_an_empty_class_has_no_recall() {
        let matrix = ConfusionMatrix::new(vec!["cat".into(), "<dog>".into()], vec![vec![3, 1], vec![0, 0]]).expect("square");
        let html = table(&matrix).into_string();
        assert!(html.contains("3 of 4 cat were taken for cat") && html.contains("75.0 %"));
        assert!(html.contains("&lt;dog&gt;") && !html.contains("<dog>"));
        assert!(html.contains(">–</td>") && !html.contains("NaN"));
    }

    #[test]
    fn shades_grow_with_the_share() {
        assert_eq!(
            [shade(0, 4), shade(1, 4), shade(4, 4), shade(0, 0)],
            ["--share:0%", "--share:30%", "--share:60%", "--share:0%"]
        );
    }
}
