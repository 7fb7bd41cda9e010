use crate::{Contestant, Course, Incumbent, LaboratoryError, PhaseTimes, Prepared, SearchRecord, Task};
use bonas_benchmarks::{BenchmarkError, TableEvaluator, TableReport};
use bonas_core::{Interrupt, Silent};
use bonas_search::{
    AskSeconds, Budget, CostedEvaluator, RoundRecord, StopReason, Storage, Study, StudyConfig, StudyObserver, StudyRecord,
    TrialRecord,
};
use std::cell::Cell;

/// Adds up the times of all rounds.
#[derive(Default)]
struct Stopwatch(Cell<PhaseTimes>);

impl StudyObserver for Stopwatch {
    fn asked(&self, _round: usize, seconds: &AskSeconds) {
        let asked = PhaseTimes { fit: seconds.fit, score: seconds.score, propose: seconds.propose(), ..PhaseTimes::default() };
        self.0.set(self.0.get().zip(&asked, |sum, more| sum + more));
    }

    fn round_finished(&self, round: &RoundRecord, _trials: &[TrialRecord], _best: Option<&TrialRecord>) {
        let PhaseTimes { evaluate, record, .. } = self.0.get();
        let (evaluate, record) = (evaluate + round.seconds.evaluate, record + round.seconds.record);
        self.0.set(PhaseTimes { evaluate, record, ..self.0.get() });
    }
}

/// Does one search; `None` when it was interrupted.
pub(crate) fn search(
    course: &Course,
    contestant: &Contestant,
    task: &Task,
    seed: u64,
    interrupt: &Interrupt,
) -> Result<Option<SearchRecord>, LaboratoryError> {
    let key = contestant.key(task, seed);
    let built = (contestant.build)(&key);
    let Prepared { mut strategy, charged } = built.map_err(|source| LaboratoryError::Build { key: key.clone(), source })?;
    let queries = course.queries();
    if charged >= queries {
        return Err(LaboratoryError::Spent { key, charged, queries });
    }
    let budget = Budget { queries: Some(queries - charged), ..course.study.budget };
    let costs = task.trade_off.as_ref().map(|trade_off| trade_off.costs.clone()).unwrap_or_default();
    let table = TableEvaluator::new(task.table.clone(), &task.config)?;
    let mut evaluator = CostedEvaluator { evaluator: Box::new(table), costs };
    let record = StudyRecord { space: course.space.name().into(), seed, ..StudyRecord::default() };
    let failed = |source| LaboratoryError::Search { key: key.clone(), source: Box::new(source) };
    let mut storage = Storage::in_memory(&record).map_err(failed)?;
    let stopwatch = Stopwatch::default();
    let study = Study {
        space: course.space.as_ref(),
        strategy: strategy.as_mut(),
        evaluator: &mut evaluator,
        storage: &mut storage,
        config: &StudyConfig { seed, budget, ..course.study.clone() },
        observer: &stopwatch,
        progress: &Silent,
        interrupt,
    };
    let summary = study.run().map_err(failed)?;
    if summary.stop_reason == StopReason::Interrupted {
        return Ok(None);
    }
    let trials = storage.reader().trials().map_err(failed)?;
    let incumbents = incumbents(task, &trials, charged)?;
    Ok(Some(SearchRecord {
        queries: charged + summary.queries,
        charged,
        rounds: summary.rounds,
        failures: trials.iter().filter(|trial| !trial.cached && trial.score().is_none()).count(),
        stop_reason: summary.stop_reason,
        queries_to_best: incumbents.iter().find(|incumbent| incumbent.rank == 1).map(|incumbent| incumbent.query),
        incumbents,
        hypervolume_regret: task.trade_off.as_ref().map(|trade_off| trade_off.regrets(&trials, charged)).unwrap_or_default(),
        seconds: stopwatch.0.get(),
        key,
    }))
}

/// Every trial that was the best so far, and what the table knows of it. Test values are looked up here, when the search is over,
/// for trials that the searched column alone has chosen. Queries count on from those that were charged.
fn incumbents(task: &Task, trials: &[TrialRecord], charged: usize) -> Result<Vec<Incumbent>, BenchmarkError> {
    let mut incumbents: Vec<Incumbent> = Vec::new();
    for (place, trial) in trials.iter().filter(|trial| !trial.cached).enumerate() {
        let Some(score) = trial.score() else { continue };
        if incumbents.last().is_some_and(|best| score <= best.score) {
            continue;
        }
        let report = TableReport::new(&task.table, &task.config, &trial.architecture, &trial.text)?;
        let test = report.headline();
        incumbents.push(Incumbent {
            query: charged + place + 1,
            score,
            regret: report.regret,
            rank: report.rank,
            test: test.map(|test| test.score),
            test_regret: test.map(|test| test.best_score - test.score),
        });
    }
    Ok(incumbents)
}
