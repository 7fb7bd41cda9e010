use super::Failure;
use bonas::benchmarks::TableReport;
use bonas::search::{Finalist, StopReason};
use bonas::{FinalMetrics, Finished};
use serde::Serialize;
use std::io::Write;
use std::process::ExitCode;

/// The shell's code for a program that Ctrl-C ended.
pub(super) const INTERRUPTED: u8 = 130;

/// The result as one JSON object.
#[derive(Serialize)]
struct Summary<'a> {
    run: String,
    /// Why it ended; `interrupted` also where the queries are made and the winner is not yet trained.
    stop_reason: StopReason,
    queries: usize,
    rounds: usize,
    seconds: f64,
    best_score: Option<f64>,
    finalists: usize,
    final_score: Option<f64>,
    best_architecture: Option<&'a str>,
    test_accuracy: Option<f64>,
    table: Option<&'a TableReport>,
    parameters: Option<usize>,
    report: Option<String>,
}

/// Prints what a search found, for people or as JSON, and says how to go on.
pub(super) fn print(finished: &Finished, json: bool) -> Result<ExitCode, Failure> {
    let run = finished.run.path().display();
    let report = finished.run.report();
    let report = report.is_file().then(|| report.display().to_string());
    if json {
        let summary = Summary {
            run: run.to_string(),
            stop_reason: if finished.is_complete() { finished.stop_reason } else { StopReason::Interrupted },
            queries: finished.queries,
            rounds: finished.rounds,
            seconds: finished.seconds,
            best_score: finished.best.as_ref().and_then(|best| best.score()),
            finalists: finished.finalists.len(),
            final_score: final_score(finished),
            best_architecture: finished.best.as_ref().map(|best| best.text.as_str()),
            test_accuracy: test_accuracy(finished),
            table: finished.table.as_ref(),
            parameters: finished.metrics.as_ref().map(|metrics| metrics.parameters),
            report,
        };
        print_line(&serde_json::to_string(&summary).map_err(Failure::other)?)?;
    } else {
        print_for_people(finished, report)?;
    }
    match finished.is_complete() {
        true => Ok(ExitCode::SUCCESS),
        false => {
            anstream::eprintln!("stopped before the end; continue with: bonas resume {run}");
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

/// The winner's score in the last comparison, if there was one.
fn final_score(finished: &Finished) -> Option<f64> {
    Finalist::winner(&finished.finalists).and_then(|winner| winner.outcome.score())
}

/// Test accuracy of the trained winner, or what a table of accuracies says.
fn test_accuracy(finished: &Finished) -> Option<f64> {
    let trained = finished.metrics.as_ref().map(|metrics| metrics.test_accuracy);
    let table = finished.table.as_ref().filter(|report| report.objective.metric == "accuracy");
    trained.or_else(|| table.and_then(TableReport::headline).map(|test| test.score))
}

/// What the scores of a search are.
fn scored(finished: &Finished) -> &str {
    match (&finished.table, &finished.metrics) {
        (Some(table), _) => &table.objective.metric,
        (None, Some(_)) => "accuracy",
        (None, None) => "score",
    }
}

fn print_for_people(finished: &Finished, report: Option<String>) -> Result<(), Failure> {
    if let Some(best) = &finished.best {
        let score = match (final_score(finished), best.score()) {
            (Some(score), _) => format!(", validation accuracy {score:.4} beside the best {}", finished.finalists.len()),
            (None, Some(score)) => format!(", validation {} {score:.4}", scored(finished)),
            (None, None) => String::new(),
        };
        print_line(&format!("best of {} architectures in {} rounds{score}:\n{}", finished.queries, finished.rounds, best.text))?;
    }
    if let Some(FinalMetrics { test_accuracy, test_images, parameters, .. }) = &finished.metrics {
        print_line(&format!(
            "trained from scratch: test accuracy {test_accuracy:.4} on {test_images} images, {parameters} parameters"
        ))?;
        print_line(&format!("network, genotype and picture: {}", finished.run.best().display()))?;
    }
    if let Some(table) = &finished.table {
        print_table(table)?;
    }
    if let Some(report) = report {
        print_line(&format!("report: {report}"))?;
    }
    Ok(())
}

fn print_table(report: &TableReport) -> Result<(), Failure> {
    let TableReport { table, objective, rank, architectures, score, best_score, .. } = report;
    print_line(&format!("{table}, {objective}: {score:.5}, rank {rank} of {architectures} (the best is {best_score:.5})"))?;
    for test in &report.test {
        print_line(&format!("{}: {:.5} (the best of the table is {:.5})", test.column, test.score, test.best_score))?;
    }
    Ok(())
}

/// Writes a line to stdout. A reader that has gone away, such as `head`, is no failure.
pub(super) fn print_line(text: &str) -> Result<(), Failure> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::other(error)),
        _ => Ok(()),
    }
}
