use crate::StudyFacts;
use maud::{Markup, html};

pub(super) fn body(study: &StudyFacts) -> Markup {
    let seed = study.seed.to_string();
    let facts = [
        ("Run", &study.run),
        ("Created", &study.created),
        ("bonas", &study.version),
        ("Space", &study.space),
        ("Strategy", &study.strategy),
        ("Budget", &study.budget),
        ("Seed", &seed),
        ("Device", &study.device),
        ("Data", &study.data),
        ("Data digest", &study.data_digest),
    ];
    html! {
        table.facts {
            tbody {
                @for (name, value) in facts { tr { th scope="row" { (name) } td { (value) } } }
                tr { th scope="row" { "Stopped" } td { (study.stop_reason.as_deref().unwrap_or("unfinished")) } }
            }
        }
        details.configuration {
            summary { "Resolved configuration" }
            pre tabindex="0" aria-label="Resolved configuration" { code { (study.configuration) } }
        }
    }
}
