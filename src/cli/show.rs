use super::Failure;
use super::summary::print_line;
use bonas::core::{MULTIPLY_ADDS, Outcome, PARAMETERS};
use bonas::search::{Finalist, Objectives, Storage, TrialRecord};
use bonas::{BonasError, RunFolder, pareto_front};
use clap::Args;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use std::path::PathBuf;
use std::process::ExitCode;

/// Show the best trials of a run as a table
///
/// `final` is the score in the last comparison, of the best of all rounds. Works while the run goes on, too. Failed trials follow with their reasons.
#[derive(Args)]
pub(super) struct ShowArguments {
    /// Folder of the run
    run: PathBuf,
    /// How many of the best trials
    #[arg(long, default_value_t = 10)]
    top: usize,
    /// Print one JSON object with all trials instead
    #[arg(long)]
    json: bool,
}

impl ShowArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        let run = RunFolder::open(&self.run)?;
        let reader = Storage::read(&run.study()).map_err(BonasError::from)?;
        let trials = reader.trials().map_err(BonasError::from)?;
        let finalists = reader.finalists().map_err(BonasError::from)?.unwrap_or_default();
        let (objectives, front) = pareto_front(&run)?;
        if self.json {
            let front: Vec<usize> = front.iter().map(|trial| trial.id).collect();
            let whole = serde_json::json!({ "run": run.path(), "trials": trials, "finalists": finalists, "front": front });
            print_line(&whole.to_string())?;
            return Ok(ExitCode::SUCCESS);
        }
        let best = reader.best_trials(self.top).map_err(BonasError::from)?;
        print_line(&table(&best, &finalists).to_string())?;
        if !objectives.costs.is_empty() {
            print_line("Pareto front; bonas train RUN --pick N trains the network at place N:")?;
            print_line(&front_table(&objectives, &front).to_string())?;
        }
        let failures: Vec<&TrialRecord> = trials.iter().filter(|trial| trial.score().is_none()).collect();
        print_line(&format!("{} trials, {} of them failed", trials.len(), failures.len()))?;
        for trial in failures {
            if let Outcome::Failed { reason } = &trial.outcome {
                print_line(&format!("trial {} failed: {reason}", trial.id))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn front_table(objectives: &Objectives, front: &[TrialRecord]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    let costs = objectives.costs.iter().map(String::as_str);
    table.set_header(["place", "trial", "score"].into_iter().chain(costs).chain(["architecture"]));
    for (place, trial) in front.iter().enumerate() {
        let number = |value: Option<f64>, digits| value.map_or("–".to_string(), |value| format!("{value:.digits$}"));
        let costs = objectives.costs.iter().map(|name| number(trial.outcome.metric(name), cost_digits(name)));
        let begin = [(place + 1).to_string(), trial.id.to_string(), number(trial.score(), 4)];
        table.add_row(begin.into_iter().chain(costs).chain([trial.text.clone()]));
    }
    for column in table.column_iter_mut().take(3 + objectives.costs.len()) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Digits behind the point of a cost: counts are whole.
fn cost_digits(name: &str) -> usize {
    match name {
        PARAMETERS | MULTIPLY_ADDS => 0,
        _ => 3,
    }
}

fn table(trials: &[TrialRecord], finalists: &[Finalist]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["rank", "trial", "round", "score", "final", "alone", "predicted", "origin", "architecture"]);
    for (rank, trial) in trials.iter().enumerate() {
        let finalist = finalists.iter().find(|finalist| finalist.trial == trial.id);
        let number = |value: Option<f64>| value.map_or("–".to_string(), |value| format!("{value:.4}"));
        table.add_row([
            (rank + 1).to_string(),
            trial.id.to_string(),
            (trial.round + 1).to_string(),
            number(trial.score()),
            number(finalist.and_then(|finalist| finalist.outcome.score())),
            number(finalist.and_then(|finalist| finalist.trained.as_ref()?.score())),
            number(trial.prediction.map(|prediction| prediction.mean)),
            trial.origin.clone(),
            trial.text.clone(),
        ]);
    }
    for column in table.column_iter_mut().take(7) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
