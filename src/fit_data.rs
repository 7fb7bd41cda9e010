//! From the fits of a laboratory to what their page shows.

use bonas_benchmarks::Unit;
use bonas_laboratory::{FitSummary, FitSummaryRow, FitTask as Measured, Protocol, Spread};
use bonas_report::{Coverage, FitComparison, FitEntry, FitFacts, FitTask, MeanSpread, ScoreNotation, SurrogateEntry};
use std::path::Path;

/// What the page of a comparison of surrogates shows; `folder` names it.
pub fn fit_data(summary: &FitSummary, folder: &Path) -> FitComparison {
    let protocol = match summary.protocol {
        Protocol::Validation => {
            "All surrogates of a split see the same architectures, and rank all others by their validation scores."
        }
        Protocol::Anchors => {
            "All surrogates of a split see the same validation scores, and rank the test scores of all architectures: a report, by which \
             nothing was chosen. Errors and intervals are judged on validation scores that were not trained on."
        }
        Protocol::Paper => {
            "All surrogates of a split see the same architectures; 5 % of the table are ranked where 85 % are trained on, as in the \
             paper of BONAS."
        }
    };
    FitComparison {
        facts: FitFacts {
            name: folder.display().to_string(),
            space: summary.space.clone(),
            protocol: protocol.into(),
            first_split: summary.first_split,
            splits: summary.splits,
            version: env!("CARGO_PKG_VERSION").into(),
        },
        tasks: summary.tasks.iter().map(|task| fit_task(summary, task)).collect(),
    }
}

fn fit_task(summary: &FitSummary, task: &Measured) -> FitTask {
    let rows = || summary.surrogates.iter().filter(|row| row.task == task.facts.task);
    let mut surrogates: Vec<SurrogateEntry> = Vec::new();
    for row in rows() {
        let fit = fit_entry(row);
        match surrogates.iter_mut().find(|entry| entry.name == row.name) {
            Some(entry) => entry.fits.push(fit),
            None => {
                surrogates.push(SurrogateEntry { name: row.name.clone(), predicts_ranks: row.predicts_ranks, fits: vec![fit] })
            }
        }
    }
    surrogates.iter_mut().for_each(|entry| entry.fits.sort_by_key(|fit| fit.train));
    FitTask {
        name: task.facts.task.clone(),
        objective: task.facts.objective.clone(),
        ranked: task.ranked.clone(),
        architectures: task.facts.architectures as u64,
        notation: if task.facts.unit == Unit::Percent { ScoreNotation::Percent } else { ScoreNotation::Plain },
        ceiling: task.ceiling,
        surrogates,
    }
}

fn fit_entry(row: &FitSummaryRow) -> FitEntry {
    let spread = |spread: Option<Spread>| spread.map(|Spread { mean, stddev }| MeanSpread { mean, stddev });
    let coverage = |(percent, observed): (&u32, &Option<Spread>)| Coverage {
        probability: f64::from(*percent) / 100.0,
        observed: spread(*observed),
    };
    FitEntry {
        train: row.train,
        kendall: spread(row.kendall),
        spearman: spread(row.spearman),
        mae: spread(row.mae),
        coverage: row.coverage.iter().map(coverage).collect(),
        negative_log_likelihood: spread(row.negative_log_likelihood),
        fit_seconds: row.seconds.fit,
        predict_seconds: row.seconds.predict,
    }
}
