use super::{ComparisonData, LEVEL, PairedTest, TaskComparison};
use crate::notation::{count, counted};
use maud::{Markup, html};

pub(super) fn headline(data: &ComparisonData) -> Markup {
    let facts = &data.facts;
    let strategies = data.tasks.first().map_or(0, |task| task.strategies.len());
    html! {
        header {
            p.eyebrow { (facts.name) " · " (facts.space) }
            h1 { (title(data)) }
            p.lede {
                (counted(strategies, "strategy", "strategies")) " on " (counted(data.tasks.len(), "task", "tasks")) " of the space "
                b { (facts.space) } ", " b { (counted(facts.seeds as usize, "seed", "seeds")) } " each: "
                (counted(facts.queries, "query", "queries")) " a search, in rounds of " (facts.batch)
                ". With one seed all strategies draw from the same streams. They see validation values alone; test values were looked "
                "up when the searches were over."
            }
            dl.figures {
                @for task in &data.tasks { (figure(task)) }
            }
        }
    }
}

fn title(data: &ComparisonData) -> String {
    let [first, rest @ ..] = data.overall.as_slice() else { return "Nothing was compared".into() };
    if rest.is_empty() {
        return format!("{} alone", first.name);
    }
    let behind = |name: &str| {
        let test = PairedTest::of(&data.overall_tests, &first.name, name);
        test.is_some_and(|test| test.p_value < LEVEL)
    };
    match rest.iter().filter(|other| !behind(&other.name)).count() {
        0 => format!("{} is ahead of all others", first.name),
        close => format!("{} comes first, not clearly ahead of {}", first.name, counted(close, "other", "others")),
    }
}

/// The winner of a task and how many queries it needed.
fn figure(task: &TaskComparison) -> Markup {
    let Some(winner) = task.winner().map(|place| &task.strategies[place]) else { return html! {} };
    let found = winner.queries.len() - winner.censored;
    html! {
        div {
            dt { (task.name) }
            dd {
                span.value { (winner.name) }
                span.note {
                    @if winner.censored > 0 { "more than " }
                    (format!("{:.1}", winner.mean_queries)) " queries to the best; found with " (count(found as u64)) " of "
                    (count(winner.queries.len() as u64)) " seeds"
                }
            }
        }
    }
}
