use crate::notation::{count, counted, duration, percent, plain};
use crate::page::document;
use crate::sections::{Section, drawings, training};
use crate::{ReportError, Retraining, TrainingData, TrainingFacts, charts, wilson_interval};
use maud::{Markup, html};

/// The whole document of a training.
///
/// # Errors
/// When a chart cannot be drawn.
pub(crate) fn page(data: &TrainingData) -> Result<Markup, ReportError> {
    let facts = &data.facts;
    let sections = sections(data)?;
    Ok(document(
        &format!("{} · bonas", facts.name),
        &html! {
            main {
                header {
                    p.eyebrow { "bonas · " (facts.name) }
                    h1 { (title(data)) }
                    p.lede {
                        "Trained an architecture of the space " b { (facts.space) } " on " b { (facts.data) } " from scratch: "
                        @match data.finished {
                            Some(_) => { (counted(facts.epochs, "epoch", "epochs")) ", and one look at the test images." }
                            None => { (data.curve.len()) " of " (counted(facts.epochs, "epoch", "epochs")) " so far. No test image was looked at." }
                        }
                        @if let Some(augmentations) = data.finished.as_ref().map(|finished| &finished.beyond_common).filter(|names| !names.is_empty()) {
                            " It was trained with " (augmentations.join(" and ")) ": results without cannot be compared with it."
                        }
                    }
                    dl.figures {
                        @for (name, value, note) in figures(data) {
                            div { dt { (name) } dd { span.value { (value) } span.note { (note) } } }
                        }
                    }
                }
                nav aria-label="Sections" { @for section in &sections { a href=(format!("#{}", section.id)) { (section.title) } } }
                @for section in &sections { (section.markup()) }
            }
            footer { "bonas " (facts.version) " · seed " (facts.seed) }
        },
    ))
}

fn title(data: &TrainingData) -> String {
    match &data.finished {
        Some(finished) => format!("{} test accuracy", percent(finished.test.accuracy)),
        None => "A training under way".into(),
    }
}

fn figures(data: &TrainingData) -> Vec<(&'static str, String, String)> {
    let mut figures = Vec::new();
    if let Some(Retraining { test, parameters, multiply_adds, seconds, .. }) = &data.finished {
        let interval = test.images.and_then(|images| wilson_interval(test.accuracy, images));
        let interval =
            interval.map_or(String::new(), |(low, high)| format!("95 % interval {} to {}", percent(low), percent(high)));
        figures.push(("Test accuracy", percent(test.accuracy), interval));
        let operations = multiply_adds.map_or(String::new(), |operations| format!("{} multiply-adds", count(operations)));
        figures.push(("Parameters", count(*parameters), operations));
        figures.push(("Time", duration(*seconds), String::new()));
    }
    if let Some(last) = data.curve.last() {
        let note = format!("after epoch {}, loss {}", last.epoch, plain(last.loss));
        figures.push(("Validation accuracy", percent(last.accuracy), note));
    }
    figures
}

fn sections(data: &TrainingData) -> Result<Vec<Section>, ReportError> {
    let curves = match data.curve.is_empty() {
        true => html! { p.nothing { "No epoch is finished yet." } },
        false => charts::epochs(&data.curve)?,
    };
    let mut sections = vec![Section { id: "curves", title: "Epoch by epoch", body: curves }];
    if let Some(finished) = &data.finished {
        let body = html! { (training::facts(finished)) (training::mistakes(finished)) };
        sections.push(Section { id: "test", title: "On the test images", body });
    }
    let body = html! {
        @if !data.drawings.is_empty() { div.drawings { (drawings(&data.drawings)) } }
        pre tabindex="0" aria-label="Genotype" { code { (data.facts.architecture) } }
    };
    sections.push(Section { id: "architecture", title: "Architecture", body });
    sections.push(Section { id: "configuration", title: "Configuration and provenance", body: configuration(&data.facts) });
    Ok(sections)
}

fn configuration(facts: &TrainingFacts) -> Markup {
    let seed = facts.seed.to_string();
    let rows =
        [("Space", &facts.space), ("Data", &facts.data), ("Seed", &seed), ("Device", &facts.device), ("bonas", &facts.version)];
    html! {
        table.facts { tbody { @for (name, value) in rows { tr { th scope="row" { (name) } td { (value) } } } } }
        details.configuration {
            summary { "Resolved configuration" }
            pre tabindex="0" aria-label="Resolved configuration" { code { (facts.configuration) } }
        }
    }
}
