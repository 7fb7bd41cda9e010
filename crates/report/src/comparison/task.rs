use super::{ComparisonFacts, StrategyEntry, TaskComparison, colour, table};
use crate::ReportError;
use crate::ScoreNotation;
use crate::charts::{BoxRow, boxes, found, over_queries, regret};
use crate::notation::count;
use maud::{Markup, html};

/// Charts and table of one task.
pub(super) fn body(facts: &ComparisonFacts, task: &TaskComparison, place: usize) -> Result<Markup, ReportError> {
    let unit = if task.notation == ScoreNotation::Percent { " in points of percent" } else { "" };
    let scale = if task.notation == ScoreNotation::Percent { 100.0 } else { 1.0 };
    let rows = |values: &dyn Fn(usize) -> Vec<f64>| -> Vec<BoxRow> {
        let row = |place: usize| BoxRow { name: task.strategies[place].name.clone(), values: values(place) };
        (0..task.strategies.len()).map(row).collect()
    };
    let queries = rows(&|place| task.strategies[place].queries.clone());
    let regrets = rows(&|place| task.strategies[place].regrets.iter().map(|regret| regret * scale).collect());
    let censored = task.strategies.iter().any(|strategy| strategy.censored > 0);
    Ok(html! {
        p {
            "Searched: " b { (task.objective) } ". The best of " (count(task.architectures)) " architectures has "
            b { (task.notation.write(task.best_score)) } "; regret is the distance from it" (unit) "."
            @if let Some(test) = &task.test { " Test regret: of the architecture that the searched column puts first, in " b { (test) } "." }
        }
        (regret(task, facts.queries, &format!("chart-regret-{place}"), &format!("regret{unit}"))?)
        (legend(task))
        div.pair {
            (boxes(&queries, "queries to the best of the table", &format!("chart-queries-{place}"), Some(facts.queries))?)
            (boxes(&regrets, &format!("regret after {} queries{unit}", facts.queries), &format!("chart-final-{place}"), None)?)
        }
        @if let Some(volume) = task.hypervolume { (hypervolume(facts, task, place, volume)?) }
        h3 { "Found the best of the table" }
        (found(task, facts.queries, &format!("chart-found-{place}"))?)
        h3 { "In numbers" }
        (table::strategies(facts, task))
        p.fine {
            "p: Wilcoxon's signed-rank test against the first over the seeds, two-sided, with Holm's correction for all pairs; bold below .05. "
            @if censored {
                "Searches that did not find the best of the table count as " (facts.queries + 1) " queries, so numbers after ≥ and > are bounds. "
            }
            "Boxes reach from quartile to quartile, whiskers from the 5 % to the 95 % quantile; the dot is the mean."
        }
    })
}

/// How the fronts of the searches grow towards that of the table.
fn hypervolume(facts: &ComparisonFacts, task: &TaskComparison, place: usize, volume: f64) -> Result<Markup, ReportError> {
    let id = format!("chart-hypervolume-{place}");
    let texts = [id.as_str(), "missing hypervolume", "Missing hypervolume"];
    let chart = over_queries(task, facts.queries, texts, 1.0, &|strategy: &StrategyEntry| &strategy.hypervolume_curve)?;
    Ok(html! {
        h3 { "Fronts" }
        p {
            "All objectives together: each is scaled from 0, the worst of the table, to 1, the best. What the front of the table "
            "dominates then has the hypervolume " b { (format!("{volume:.5}")) } "; missing is what the front of a search does not "
            "dominate of it."
        }
        (chart)
        (legend(task))
    })
}

fn legend(task: &TaskComparison) -> Markup {
    html! {
        p.legend {
            @for (place, strategy) in task.strategies.iter().enumerate() {
                span { i.swatch.line.(colour(place)) {} (strategy.name) }
            }
            span { "line: median, band: quartiles" }
        }
    }
}
