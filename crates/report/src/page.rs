use crate::sections::{headline, sections};
use crate::summary::Summary;
use crate::{ReportData, ReportError};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Nothing but what is in the file itself may be loaded, whatever a text of the study tries.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/// The whole document of a study.
///
/// # Errors
/// When a chart cannot be drawn.
pub(crate) fn page(data: &ReportData, summary: &Summary<'_>) -> Result<Markup, ReportError> {
    let sections = sections(data, summary)?;
    let title = format!("{} · bonas", data.study.run);
    Ok(document(
        &title,
        &html! {
            main {
                (headline(data, summary))
                nav aria-label="Sections" { @for section in &sections { a href=(format!("#{}", section.id)) { (section.title) } } }
                @for section in &sections { (section.markup()) }
            }
            footer { "bonas " (data.study.version) " · seed " (data.study.seed) " · " (data.study.created) }
        },
    ))
}

/// A part of a page under a heading of its own.
pub(crate) struct Section {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) body: Markup,
}

/// The whole document of a comparison: its headline, and sections that a line of links leads to.
pub(crate) fn sectioned(name: &str, headline: &Markup, sections: &[Section], footer: &str) -> Markup {
    let body = html! {
        main {
            (headline)
            nav aria-label="Sections" { @for section in sections { a href=(format!("#{}", section.id)) { (section.title) } } }
            @for Section { id, title, body } in sections {
                section id=(id) aria-labelledby=(format!("{id}-title")) { h2 id=(format!("{id}-title")) { (title) } (body) }
            }
        }
        footer { (footer) }
    };
    document(&format!("{name} · bonas"), &body)
}

/// A page around its body: everything it needs is inside it.
pub(crate) fn document(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                (body)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}
