use super::{FitComparison, FitTask};
use crate::notation::counted;
use maud::{Markup, html};

pub(super) fn headline(data: &FitComparison) -> Markup {
    let facts = &data.facts;
    let surrogates = data.tasks.first().map_or(0, |task| task.surrogates.len());
    html! {
        header {
            p.eyebrow { (facts.name) " · " (facts.space) }
            h1 { (title(data)) }
            p.lede {
                (counted(surrogates, "surrogate", "surrogates")) " on " (counted(data.tasks.len(), "task", "tasks")) " of the space "
                b { (facts.space) } ", " b { (counted(facts.splits as usize, "split", "splits")) } " each. " (facts.protocol)
            }
            dl.figures { @for task in &data.tasks { (figure(task)) } }
        }
    }
}

/// Who has the highest τ, and how often; of equals, who has it after the most architectures.
fn title(data: &FitComparison) -> String {
    let comparisons: Vec<(&str, usize)> = data
        .tasks
        .iter()
        .flat_map(|task| task.sizes().into_iter().map(move |size| (task, size)))
        .filter_map(|(task, size)| Some((task.surrogates[task.winner(size)?.0].name.as_str(), task.surrogates.len())))
        .collect();
    let wins = |name: &str| comparisons.iter().filter(|(winner, _)| *winner == name).count();
    let best = comparisons.iter().map(|(name, _)| *name).reduce(|best, next| if wins(next) >= wins(best) { next } else { best });
    match best {
        None => "Nothing could be ranked".into(),
        Some(name) if comparisons.iter().all(|(_, surrogates)| *surrogates == 1) => format!("{name} alone"),
        Some(name) if wins(name) == comparisons.len() => format!("{name} ranks best throughout"),
        Some(name) => format!("{name} ranks best in {} of {} comparisons", wins(name), comparisons.len()),
    }
}

/// The winner of a task with the most training architectures.
fn figure(task: &FitTask) -> Markup {
    let most = task.sizes().last().copied().unwrap_or_default();
    let Some((winner, tau)) = task.winner(most) else { return html! {} };
    html! {
        div {
            dt { (task.name) }
            dd {
                span.value { (task.surrogates[winner].name) }
                span.note { "τ " (format!("{tau:.3}")) " after " (counted(most, "architecture", "architectures")) }
            }
        }
    }
}
