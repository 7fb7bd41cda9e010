use super::{confusion, hardest, nothing};
use crate::notation::{count, counted, duration, percent};
use crate::{ReportError, Retraining, charts, wilson_interval};
use maud::{Markup, html};

pub(super) fn body(retraining: &Retraining) -> Result<Markup, ReportError> {
    Ok(html! {
        p {
            "The winner, trained from scratch for " (counted(retraining.epochs, "epoch", "epochs")) " in "
            (duration(retraining.seconds)) " and tested once."
        }
        (facts(retraining))
        @if retraining.curve.is_empty() { (nothing("No validation curve was recorded.")) }
        @else { (charts::epochs(&retraining.curve)?) }
        (mistakes(retraining))
    })
}

/// Which classes were taken for which, and the hardest images.
pub(crate) fn mistakes(retraining: &Retraining) -> Markup {
    html! {
        @if let Some(matrix) = &retraining.confusion { (confusion::table(matrix)) }
        @if !retraining.hardest.is_empty() { (hardest::gallery(&retraining.hardest)) }
    }
}

/// Accuracy and sizes.
pub(crate) fn facts(retraining: &Retraining) -> Markup {
    let test = retraining.test;
    html! {
        table.facts {
            tbody {
                tr { th scope="row" { "Test accuracy" } td { (percent(test.accuracy)) @if let Some(images) = test.images { " of " (count(images)) " images" } } }
                @if let Some((low, high)) = test.images.and_then(|images| wilson_interval(test.accuracy, images)) {
                    tr { th scope="row" { "95 % interval (Wilson)" } td { (percent(low)) " to " (percent(high)) } }
                }
                tr { th scope="row" { "Parameters" } td { (count(retraining.parameters)) } }
                @if let Some(operations) = retraining.multiply_adds {
                    tr { th scope="row" { "Multiply-adds per image" } td { (count(operations)) } }
                }
            }
        }
    }
}
