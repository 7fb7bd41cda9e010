use crate::config::{EvaluatorName, ExperimentConfig};
use crate::error::BonasError;
use crate::experiment::{STOP_REASON, TABLE_REPORT, recorded_config, winner};
use crate::front::objectives;
use crate::provenance::{DATA_DIGEST, DATA_NAME};
use crate::run_folder::RunFolder;
use crate::training::{FINAL_METRICS, FinalMetrics};
use crate::training_folder::TrainingFolder;
use crate::training_report::retraining;
use bonas_bayes::kendall_tau;
use bonas_benchmarks::{TableReport, Unit};
use bonas_core::{LATENCY_MS, SearchSpace};
use bonas_report::{
    Alone, BesideBest, BestCell, CellDrawing, FinalistEntry, FrontData, FrontPoint, Lookup, PhaseSeconds, PredictionScale,
    RankCorrelation, ReportData, RoundEntry, ScoreFacts, ScoreNotation, StudyFacts, TrialEntry,
};
use bonas_search::{Budget, Finalist, RoundRecord, StopReason, Storage, StudyReader, StudyRecord, TrialRecord};
use bonas_spaces::svg;

/// How many of the best cells a report draws.
const BEST_CELLS: usize = 3;

/// Everything the report of a run shows, read from its database. The run may still go on.
///
/// # Errors
/// When the database cannot be read or a cell cannot be drawn.
pub fn report_data(run: &RunFolder) -> Result<ReportData, BonasError> {
    let reader = Storage::read(&run.study())?;
    let record = reader.study_record()?;
    let config = recorded_config(run, &record.config)?;
    let trials = reader.trials()?;
    let rounds = reader.rounds()?;
    let finalists = reader.finalists()?.unwrap_or_default();
    let final_metrics = reader.result::<FinalMetrics>(FINAL_METRICS)?;
    let table = reader.result::<TableReport>(TABLE_REPORT)?;
    Ok(ReportData {
        study: study_facts(run, &config, &record, reader.result::<StopReason>(STOP_REASON)?),
        score: score_facts(&config, table.as_ref()),
        prediction_scale: prediction_scale(&config),
        rounds: rounds.iter().map(|round| round_entry(round, &trials)).collect(),
        trials: trials.iter().map(trial_entry).collect(),
        best_cells: best_cells(&reader, &finalists, config.space.build()?.as_ref())?,
        finalists: Finalist::ranking(&finalists).into_iter().map(finalist_entry).collect(),
        retraining: final_metrics.map(|metrics| retraining(metrics, &TrainingFolder::new(&run.best()))).transpose()?,
        lookup: table.map(lookup),
        front: front(&config, &trials),
    })
}

/// Scores against the first cost, where there are several objectives; the front is that of all of them.
fn front(config: &ExperimentConfig, trials: &[TrialRecord]) -> Option<FrontData> {
    let objectives = objectives(config);
    let metric = objectives.costs.first()?;
    let front: Vec<usize> = objectives.front(trials).iter().map(|trial| trial.id).collect();
    let point = |trial: &TrialRecord| {
        let place = front.iter().position(|&id| id == trial.id).map(|place| place + 1);
        Some(FrontPoint { trial: trial.id as u64, score: trial.score()?, cost: trial.outcome.metric(metric)?, place })
    };
    let points = trials.iter().filter(|trial| !trial.cached).filter_map(point).collect();
    let device = config.latency.device.as_ref().map(|device| format!(" on {device}")).unwrap_or_default();
    let cost = match metric.as_str() {
        LATENCY_MS => format!("latency{device} in ms"),
        other => other.replace('_', "-"),
    };
    Some(FrontData { cost, points })
}

/// What the scores are: accuracies of networks, or what a table holds. Its unit is known once the search is over.
fn score_facts(config: &ExperimentConfig, table: Option<&TableReport>) -> ScoreFacts {
    let name = match (config.evaluator, table) {
        (EvaluatorName::Table, Some(report)) => format!("validation {}", report.objective.metric),
        (EvaluatorName::Table, None) => "validation score".into(),
        (EvaluatorName::Supernet | EvaluatorName::StandAlone, _) => "validation accuracy".into(),
    };
    let is_fraction = config.evaluator != EvaluatorName::Table || table.is_some_and(|report| report.unit == Unit::Percent);
    ScoreFacts { name, notation: if is_fraction { ScoreNotation::Percent } else { ScoreNotation::Plain } }
}

fn lookup(report: TableReport) -> Lookup {
    let tests = report.test.iter().map(|test| {
        let score = BesideBest { own: test.score, best: test.best_score };
        (test.column.to_string(), score)
    });
    Lookup {
        tests: tests.collect(),
        objective: report.objective.to_string(),
        rank: report.rank as u64,
        architectures: report.architectures as u64,
        score: BesideBest { own: report.score, best: report.best_score },
        table: report.table,
    }
}

fn prediction_scale(config: &ExperimentConfig) -> PredictionScale {
    if config.surrogate.predicts_ranks() { PredictionScale::Rank } else { PredictionScale::Score }
}

fn study_facts(run: &RunFolder, config: &ExperimentConfig, record: &StudyRecord, stop_reason: Option<StopReason>) -> StudyFacts {
    let detail = |name: &str| record.details.get(name).cloned().unwrap_or_else(|| "not recorded".into());
    let created = i64::try_from(record.created).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    StudyFacts {
        run: run.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        space: record.space.clone(),
        strategy: config.strategy.as_str().into(),
        data: detail(DATA_NAME),
        data_digest: format!("sha256:{}", detail(DATA_DIGEST)),
        seed: record.seed,
        device: config.device.to_string(),
        created: created.map_or_else(|| "unknown".into(), |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string()),
        version: record.bonas.clone(),
        budget: budget(&config.study.budget),
        stop_reason: stop_reason.map(|reason| reason.to_string()),
        configuration: record.config.clone(),
    }
}

fn budget(budget: &Budget) -> String {
    let limits = [
        budget.queries.map(|queries| format!("{queries} queries")),
        budget.rounds.map(|rounds| format!("{rounds} rounds")),
        budget.minutes.map(|minutes| format!("{minutes} minutes")),
        budget.cost_hours.map(|hours| format!("{hours} hours of training")),
    ];
    limits.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn trial_entry(trial: &TrialRecord) -> TrialEntry {
    TrialEntry {
        id: trial.id as u64,
        round: trial.round as u32 + 1,
        architecture: trial.text.clone(),
        outcome: trial.outcome.clone(),
        cached: trial.cached,
        prediction: trial.prediction,
        origin: trial.origin.clone(),
    }
}

fn round_entry(round: &RoundRecord, trials: &[TrialRecord]) -> RoundEntry {
    let pair = |trial: &TrialRecord| Some((trial.prediction?.mean, trial.score()?));
    let (predicted, measured): (Vec<f64>, Vec<f64>) =
        trials.iter().filter(|trial| trial.round == round.round && !trial.cached).filter_map(pair).unzip();
    let correlation = (!predicted.is_empty())
        .then(|| RankCorrelation { tau_b: kendall_tau(&predicted, &measured).ok(), pairs: predicted.len() });
    let seconds = round.seconds;
    RoundEntry {
        round: round.round as u32 + 1,
        seconds: PhaseSeconds { propose: seconds.propose, evaluate: seconds.evaluate, record: seconds.record },
        correlation,
    }
}

fn finalist_entry(finalist: &Finalist) -> FinalistEntry {
    let alone = match &finalist.trained {
        None => Alone::Untrained,
        Some(outcome) => outcome.score().map_or(Alone::Failed, Alone::Score),
    };
    let Finalist { trial, search_score, .. } = *finalist;
    FinalistEntry { trial: trial as u64, search_score, score: finalist.outcome.score(), alone }
}

/// The winner, then the others with the highest scores of the search.
fn best_cells(reader: &StudyReader, finalists: &[Finalist], space: &dyn SearchSpace) -> Result<Vec<BestCell>, BonasError> {
    let winner = winner(reader, finalists)?;
    let first = winner.as_ref().map(|winner| winner.id);
    let others = reader.best_trials(BEST_CELLS)?.into_iter().filter(|trial| Some(trial.id) != first);
    let trials = winner.into_iter().chain(others).take(BEST_CELLS).enumerate();
    trials.map(|(place, trial)| best_cell(place + 1, &trial, space)).collect()
}

fn best_cell(rank: usize, trial: &TrialRecord, space: &dyn SearchSpace) -> Result<BestCell, BonasError> {
    let drawings = space.diagrams(&trial.architecture).into_iter().map(|diagram| {
        let title = diagram.title.clone();
        Ok(CellDrawing { title, svg: svg(std::slice::from_ref(&diagram))? })
    });
    Ok(BestCell {
        rank,
        score: trial.score().ok_or(BonasError::Unmeasured(trial.id))?,
        text: trial.text.clone(),
        genotype: trial.text.clone(),
        drawings: drawings.collect::<Result<_, BonasError>>()?,
    })
}
