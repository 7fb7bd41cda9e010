use super::*;
use crate::{
    AskSeconds, Bananas, BananasConfig, Bonas, BonasConfig, Budget, LocalSearch, LocalSearchConfig, LocalSearchStep, Npenas,
    NpenasConfig, RandomSearch, RegularizedEvolution, RegularizedEvolutionConfig, Reinforce, ReinforceConfig, RoundRecord,
};
use bonas_bayes::ThompsonSampling;
use bonas_core::{Silent, StrategyError, StudyRng};
use bonas_testing::toy::{ToyEvaluator, ToySpace, ToySurrogate, ToyUcb};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

const STRATEGIES: [&str; 8] =
    ["bonas", "bonas-exhaustive", "random", "regularized-evolution", "local-search", "reinforce", "npenas", "bananas"];

fn build(name: &str, space: Arc<ToySpace>) -> Box<dyn SearchStrategy> {
    match name {
        "bonas" => {
            let config = BonasConfig { initial: 12, pool_size: 80, exhaustive_up_to: 0, ..BonasConfig::default() };
            Box::new(Bonas::new(space, Box::new(ToySurrogate), Box::new(ToyUcb), config).expect("valid"))
        }
        "bonas-exhaustive" => {
            let config = BonasConfig { initial: 12, ..BonasConfig::default() };
            Box::new(Bonas::new(space, Box::new(ToySurrogate), Box::new(ToyUcb), config).expect("valid"))
        }
        "random" => Box::new(RandomSearch::new(space)),
        "regularized-evolution" => {
            let config = RegularizedEvolutionConfig { population_size: 10, tournament_size: 4 };
            Box::new(RegularizedEvolution::new(space, config).expect("valid"))
        }
        "local-search" => {
            let config = LocalSearchConfig { initial: 3, step: LocalSearchStep::First };
            Box::new(LocalSearch::new(space, config).expect("valid"))
        }
        "reinforce" => Box::new(Reinforce::new(space, ReinforceConfig::default()).expect("valid")),
        "npenas" => Box::new(Npenas::new(space, Box::new(ToySurrogate), NpenasConfig::default()).expect("valid")),
        "bananas" => {
            let (surrogate, acquisition) = (Box::new(ToySurrogate), Box::new(ThompsonSampling));
            Box::new(Bananas::new(space, surrogate, acquisition, BananasConfig::default()).expect("valid"))
        }
        other => panic!("there is no strategy {other}"),
    }
}

/// A toy study on the disk, to be run once or several times.
struct Bench {
    folder: TempDir,
    space: Arc<ToySpace>,
    strategy: String,
    config: StudyConfig,
}

impl Bench {
    fn new(strategy: &str, stages: usize, budget: Budget) -> Self {
        let config = StudyConfig { seed: 11, batch_size: 6, max_idle_rounds: 3, budget };
        let strategy = strategy.to_string();
        Self { folder: tempfile::tempdir().expect("a folder"), space: Arc::new(ToySpace::new(stages)), strategy, config }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("study.db")
    }

    fn storage(&self) -> Storage {
        if self.path().exists() {
            return Storage::open(&self.path()).expect("opened");
        }
        let record = StudyRecord { space: "toy".into(), seed: self.config.seed, ..StudyRecord::default() };
        Storage::create(&self.path(), &record).expect("created")
    }

    fn built(&self) -> Box<dyn SearchStrategy> {
        build(&self.strategy, self.space.clone())
    }

    fn run(&self, evaluator: &mut dyn Evaluator) -> Result<StudySummary, SearchError> {
        self.run_with(self.built().as_mut(), evaluator, &(), &Interrupt::default())
    }

    fn run_with(
        &self,
        strategy: &mut dyn SearchStrategy,
        evaluator: &mut dyn Evaluator,
        observer: &dyn StudyObserver,
        interrupt: &Interrupt,
    ) -> Result<StudySummary, SearchError> {
        let (space, config, progress) = (self.space.as_ref(), &self.config, &Silent);
        let storage = &mut self.storage();
        Study { space, strategy, evaluator, storage, config, observer, progress, interrupt }.run()
    }

    fn trials(&self) -> Vec<TrialRecord> {
        Storage::read(&self.path()).expect("readable").trials().expect("trials")
    }
}

fn queries(queries: usize) -> Budget {
    Budget { queries: Some(queries), ..Budget::default() }
}

fn noisy() -> ToyEvaluator {
    ToyEvaluator::with_noise(0.01)
}

/// Ends the life of a study in a chosen batch.
struct Trap {
    inner: ToyEvaluator,
    deadly: usize,
    way: Way,
}

enum Way {
    Failure,
    Interruption,
}

impl Evaluator for Trap {
    fn evaluate(
        &mut self,
        batch: &[Architecture],
        rng: &mut StudyRng,
        context: &EvaluationContext<'_>,
    ) -> Result<Vec<Outcome>, EvaluationError> {
        let outcomes = self.inner.evaluate(batch, rng, context)?;
        match self.way {
            _ if context.round != self.deadly => Ok(outcomes),
            Way::Failure => Err(EvaluationError::Other("out of memory".into())),
            Way::Interruption => {
                context.interrupt.request();
                self.inner.evaluate(batch, rng, context)
            }
        }
    }
}

/// Proposes what it was told to propose, one list a round.
struct Scripted {
    rounds: Vec<Vec<Architecture>>,
    told: usize,
}

impl Scripted {
    fn new(space: &ToySpace, rounds: &[&[&str]]) -> Self {
        let parse = |text: &&str| space.parse(text).expect("valid");
        Self { rounds: rounds.iter().map(|round| round.iter().map(parse).collect()).collect(), told: 0 }
    }
}

impl SearchStrategy for Scripted {
    fn ask(&self, _count: usize, _rng: &mut StudyRng) -> Result<Vec<Proposal>, StrategyError> {
        let proposal = |architecture: &Architecture| Proposal {
            architecture: architecture.clone(),
            prediction: None,
            origin: "script".into(),
        };
        Ok(self.rounds.get(self.told).map(|round| round.iter().map(proposal).collect()).unwrap_or_default())
    }

    fn tell(&mut self, completed: &[CompletedTrial]) {
        assert!(!completed.is_empty());
        self.told += 1;
    }
}

#[test]
fn a_study_spends_its_queries_exactly() {
    for strategy in STRATEGIES {
        let bench = Bench::new(strategy, 3, queries(40));
        let summary = bench.run(&mut noisy()).expect("finished");
        assert_eq!((summary.stop_reason, summary.queries), (StopReason::QueryBudget, 40), "{strategy}");
        let trials = bench.trials();
        assert_eq!(trials.len(), 40);
        assert_eq!(trials.last().map(|trial| trial.round + 1), Some(summary.rounds));
        // A local search has smaller rounds where few neighbours are left.
        if strategy != "local-search" {
            assert_eq!(trials.last().map(|trial| (trial.round, trial.position)), Some((6, 3)), "{strategy}");
        }
        assert_eq!(summary.best.as_ref(), TrialRecord::best(&trials));
        assert!(summary.seconds > 0.0);
        assert!(trials.iter().all(|trial| bench.space.canonical(&trial.architecture) == trial.architecture));
    }
}

#[test]
fn every_round_draws_from_streams_of_its_own_number() {
    let bench = Bench::new("random", 3, queries(40));
    bench.run(&mut noisy()).expect("finished");
    let streams = SeedStream::new(bench.config.seed);
    let mut strategy = bench.built();
    for round in bench.trials().chunk_by(|left, right| left.round == right.round) {
        let index = round[0].round as u64;
        let proposals = strategy.ask(round.len(), &mut streams.rng("ask", index)).expect("proposals");
        assert!(proposals.iter().map(|proposal| &proposal.architecture).eq(round.iter().map(|trial| &trial.architecture)));
        let batch: Vec<_> = proposals.into_iter().map(|proposal| proposal.architecture).collect();
        let context = EvaluationContext { round: 0, progress: &Silent, interrupt: &Interrupt::default() };
        let outcomes = noisy().evaluate(&batch, &mut streams.rng("evaluate", index), &context).expect("outcomes");
        assert!(outcomes.iter().eq(round.iter().map(|trial| &trial.outcome)));
        strategy.tell(&round.iter().map(TrialRecord::completed).collect::<Vec<_>>());
    }
}

#[test]
fn the_same_seed_gives_the_same_history_and_another_gives_another() {
    for strategy in STRATEGIES {
        let history = |seed| {
            let mut bench = Bench::new(strategy, 3, queries(40));
            bench.config.seed = seed;
            bench.run(&mut noisy()).expect("finished");
            bench.trials()
        };
        assert_eq!(history(1), history(1), "{strategy}");
        assert_ne!(history(1), history(2), "{strategy}");
    }
}

#[test]
fn a_study_cut_anywhere_ends_in_the_history_of_an_uncut_one() {
    for strategy in STRATEGIES {
        let whole = Bench::new(strategy, 3, queries(40));
        let expected = whole.run(&mut noisy()).expect("finished");
        for deadly in 0..7 {
            let cut = Bench::new(strategy, 3, queries(40));
            let error = cut.run(&mut Trap { inner: noisy(), deadly, way: Way::Failure }).expect_err("the trap");
            assert!(matches!(error, SearchError::Evaluation { round, .. } if round == deadly));
            let before: Vec<_> = whole.trials().into_iter().filter(|trial| trial.round < deadly).collect();
            assert_eq!(cut.trials(), before, "{strategy}, cut in round {deadly}");

            // The same process is cut a second time, by Ctrl-C, and a third, before it has begun anything.
            let later = (deadly + 1).min(6);
            let stopped = cut.run(&mut Trap { inner: noisy(), deadly: later, way: Way::Interruption }).expect("stopped");
            assert_eq!((stopped.stop_reason, stopped.rounds), (StopReason::Interrupted, later));
            let interrupt = Interrupt::default();
            interrupt.request();
            let idle = cut.run_with(cut.built().as_mut(), &mut noisy(), &(), &interrupt).expect("stopped");
            assert_eq!((idle.stop_reason, idle.rounds), (StopReason::Interrupted, later));

            let resumed = cut.run(&mut noisy()).expect("finished");
            assert_eq!(cut.trials(), whole.trials(), "{strategy}, cut in round {deadly}");
            assert_eq!((resumed.best, resumed.rounds, resumed.queries), (expected.best.clone(), expected.rounds, 40));
        }
    }
}

#[test]
fn a_study_in_memory_is_the_study_on_the_disk() {
    #[derive(Default)]
    struct Clock(RefCell<Vec<(usize, AskSeconds)>>);
    impl StudyObserver for Clock {
        fn asked(&self, round: usize, seconds: &AskSeconds) {
            self.0.borrow_mut().push((round, *seconds));
        }
    }
    for strategy in STRATEGIES {
        let bench = Bench::new(strategy, 3, queries(40));
        let expected = bench.run(&mut noisy()).expect("finished");
        let record = StudyRecord { space: "toy".into(), seed: bench.config.seed, ..StudyRecord::default() };
        let (mut storage, clock) = (Storage::in_memory(&record).expect("created"), Clock::default());
        let mut built = bench.built();
        let study = Study {
            space: bench.space.as_ref(),
            strategy: built.as_mut(),
            evaluator: &mut noisy(),
            storage: &mut storage,
            config: &bench.config,
            observer: &clock,
            progress: &Silent,
            interrupt: &Interrupt::default(),
        };
        let summary = study.run().expect("finished");
        assert_eq!(summary.best, expected.best);
        assert_eq!(storage.reader().trials().expect("trials"), bench.trials(), "{strategy}");
        let asked = clock.0.into_inner();
        assert!(asked.iter().map(|(round, _)| *round).eq(0..summary.rounds));
        let modelled = asked.iter().filter(|(_, seconds)| seconds.fit > 0.0 && seconds.score > 0.0).count();
        // Twelve measured trials are there after two or three rounds of six, as failures teach nothing.
        let expected = match strategy {
            "bonas" | "bonas-exhaustive" => (4..=5).contains(&modelled),
            "npenas" | "bananas" => modelled > 0,
            _ => modelled == 0,
        };
        assert!(expected, "{strategy} {modelled}");
    }
}

#[test]
fn a_finished_study_resumes_to_nothing_and_a_larger_budget_continues_it() {
    let mut bench = Bench::new(STRATEGIES[0], 3, queries(30));
    bench.run(&mut noisy()).expect("finished");
    let mut evaluator = noisy();
    assert_eq!(bench.run(&mut evaluator).expect("finished").stop_reason, StopReason::QueryBudget);
    assert_eq!(evaluator.batches(), 0);
    bench.config.budget = queries(42);
    bench.run(&mut noisy()).expect("finished");
    let whole = Bench::new(STRATEGIES[0], 3, queries(42));
    whole.run(&mut noisy()).expect("finished");
    assert_eq!(bench.trials(), whole.trials());
}

#[test]
fn known_architectures_are_answered_from_the_history_and_not_charged() {
    let bench = Bench::new("random", 2, queries(5));
    let script: [&[&str]; 5] = [&["ab-cd", "aa-cd"], &["ba-dc", "aa-dc", "cc-cc"], &["ab-cd"], &["dd-dd", "dd-dd"], &["bb-bb"]];
    let mut evaluator = noisy();
    let strategy = &mut Scripted::new(&bench.space, &script);
    let summary = bench.run_with(strategy, &mut evaluator, &(), &Interrupt::default()).expect("finished");
    assert_eq!((summary.queries, summary.rounds, summary.stop_reason), (5, 5, StopReason::QueryBudget));
    assert_eq!(evaluator.batches(), 4, "a round of known answers evaluates nothing");
    let trials = bench.trials();
    let cached: Vec<_> = trials.iter().map(|trial| trial.cached).collect();
    assert_eq!(cached, [false, false, true, true, false, true, false, true, false]);
    for (known, first) in [(2, 0), (3, 1), (5, 0), (7, 6)] {
        assert_eq!((&trials[known].outcome, &trials[known].text), (&trials[first].outcome, &trials[first].text));
    }
    assert!(matches!(trials[3].outcome, Outcome::Failed { .. }));
}

#[test]
fn rounds_without_a_new_query_end_in_exhaustion() {
    let bench = Bench::new("random", 2, queries(100));
    let known: [&[&str]; 9] = [&["ab-cd"]; 9];
    let strategy = &mut Scripted::new(&bench.space, &known);
    let summary = bench.run_with(strategy, &mut noisy(), &(), &Interrupt::default()).expect("finished");
    assert_eq!((summary.stop_reason, summary.queries, summary.rounds), (StopReason::Exhausted, 1, 4));
    let again = bench.run_with(&mut Scripted::new(&bench.space, &known), &mut noisy(), &(), &Interrupt::default());
    assert_eq!(again.expect("finished"), summary, "a resumed study knows that it was exhausted");
}

#[test]
fn a_used_up_space_ends_the_study() {
    for strategy in STRATEGIES {
        let bench = Bench::new(strategy, 1, queries(100));
        let summary = bench.run(&mut noisy()).expect("finished");
        assert_eq!((summary.stop_reason, summary.queries), (StopReason::Exhausted, bench.space.distinct()), "{strategy}");
    }
}

#[test]
fn rounds_and_minutes_are_budgets_too() {
    let rounds = Bench::new("random", 3, Budget { rounds: Some(3), ..Budget::default() });
    let summary = rounds.run(&mut noisy()).expect("finished");
    assert_eq!((summary.stop_reason, summary.rounds, summary.queries), (StopReason::RoundBudget, 3, 18));

    let minutes = Bench::new("random", 3, Budget { minutes: Some(5.0), ..Budget::default() });
    let slow = PhaseSeconds { propose: 1.0, evaluate: 150.0, record: 0.0 };
    let mut storage = minutes.storage();
    storage.record_round(0, slow, &trials_of_one(&minutes.space, 0)).expect("recorded");
    storage.record_round(1, slow, &trials_of_one(&minutes.space, 1)).expect("recorded");
    drop(storage);
    let summary = minutes.run(&mut noisy()).expect("finished");
    assert_eq!((summary.stop_reason, summary.rounds), (StopReason::TimeBudget, 2), "time of earlier runs counts");
}

fn trials_of_one(space: &ToySpace, round: usize) -> Vec<TrialRecord> {
    let architecture = space.enumerate()[round].clone();
    let (text, outcome) = (space.format(&architecture), Outcome::Failed { reason: "slow".into() });
    let origin = "test".into();
    vec![TrialRecord { id: round, round, position: 0, architecture, text, outcome, prediction: None, origin, cached: false }]
}

#[test]
fn a_study_in_which_all_fails_has_no_best_and_no_error() {
    let bench = Bench::new("random", 2, queries(2));
    let strategy = &mut Scripted::new(&bench.space, &[&["aa-ab", "aa-cd"]]);
    let summary = bench.run_with(strategy, &mut noisy(), &(), &Interrupt::default()).expect("finished");
    assert_eq!((summary.best, summary.queries), (None, 2));
}

#[test]
fn broken_parts_are_errors_that_record_nothing() {
    struct Forgetful;
    impl Evaluator for Forgetful {
        fn evaluate(
            &mut self,
            batch: &[Architecture],
            _rng: &mut StudyRng,
            _context: &EvaluationContext<'_>,
        ) -> Result<Vec<Outcome>, EvaluationError> {
            Ok(vec![Outcome::Failed { reason: "lost".into() }; batch.len() - 1])
        }
    }
    let bench = Bench::new("random", 2, queries(3));
    let error = bench.run(&mut Forgetful).expect_err("an outcome is missing");
    assert_eq!(error.to_string(), "round 0: the evaluator was given 3 architectures and returned 2 outcomes");

    let many = &mut Scripted::new(&bench.space, &[&["ab-cd", "ab-cc", "ab-dd", "ab-ad"]]);
    let error = bench.run_with(many, &mut noisy(), &(), &Interrupt::default()).expect_err("too many");
    assert_eq!(error.to_string(), "round 0: the strategy was asked for 3 architectures and proposed 4");

    let outside = &mut Scripted { rounds: vec![vec![Architecture::new([9, 9, 9, 9])]], told: 0 };
    let error = bench.run_with(outside, &mut noisy(), &(), &Interrupt::default()).expect_err("outside");
    assert!(matches!(error, SearchError::ProposalOutside { round: 0, .. }));
    assert_eq!(bench.trials(), []);
}

#[test]
fn a_database_of_another_study_is_refused() {
    let mut bench = Bench::new("random", 2, queries(3));
    bench.run(&mut noisy()).expect("finished");
    bench.config.seed += 1;
    let error = bench.run(&mut noisy()).expect_err("another seed").to_string();
    assert!(error.contains("holds a study with seed 11, but seed 12 was given"), "{error}");
    bench.config.seed -= 1;
    bench.space = Arc::new(ToySpace::new(3));
    let error = bench.run(&mut noisy()).expect_err("architectures of another size").to_string();
    assert!(error.contains("is damaged (trial 0: not an architecture of space toy"), "{error}");
}

#[test]
fn observers_see_every_round_from_its_start_to_its_record() {
    #[derive(Default)]
    struct Diary(RefCell<Vec<String>>);
    impl StudyObserver for Diary {
        fn study_started(&self, recorded: &[TrialRecord], best: Option<&TrialRecord>) {
            self.0.borrow_mut().push(format!("study {} {}", recorded.len(), best.is_some()));
        }
        fn round_started(&self, round: usize) {
            self.0.borrow_mut().push(format!("round {round}"));
        }
        fn proposed(&self, round: usize, proposals: &[Proposal]) {
            self.0.borrow_mut().push(format!("proposed {round} {}", proposals.len()));
        }
        fn round_finished(&self, round: &RoundRecord, trials: &[TrialRecord], best: Option<&TrialRecord>) {
            self.0.borrow_mut().push(format!("finished {} {} {}", round.round, trials.len(), best.is_some()));
        }
    }
    let mut bench = Bench::new("random", 3, queries(6));
    bench.run(&mut noisy()).expect("finished");
    bench.config.budget = queries(10);
    let diary = Diary::default();
    bench.run_with(bench.built().as_mut(), &mut noisy(), &diary, &Interrupt::default()).expect("finished");
    assert_eq!(*diary.0.borrow(), ["study 6 true", "round 1", "proposed 1 4", "finished 1 4 true"]);
}

/// Mean best score after 90 queries in a space of a million distinct architectures, fixed seeds.
#[test]
fn what_learns_beats_random_search_and_a_model_helps() {
    let mean_best = |strategy: &str| {
        let best = |seed| {
            let mut bench = Bench::new(strategy, 6, queries(90));
            bench.config.seed = seed;
            let summary = bench.run(&mut ToyEvaluator::new()).expect("finished");
            summary.best.and_then(|trial| trial.score()).expect("measured")
        };
        (0..8).map(best).sum::<f64>() / 8.0
    };
    let random = mean_best("random");
    let plain = ["regularized-evolution", "local-search", "reinforce"].map(|name| (name, mean_best(name)));
    let models = ["bonas", "npenas", "bananas"].map(|name| (name, mean_best(name)));
    for (name, best) in plain {
        assert!(best > random + 0.03, "{name} {best:.3}, random {random:.3}");
    }
    // The toy has no peak but its highest, so a local search comes near it, too.
    let best_plain = plain.map(|(_, best)| best).into_iter().fold(f64::MIN, f64::max);
    for (name, best) in models {
        assert!(best > best_plain + 0.005, "{name} {best:.3}, without a model {best_plain:.3}");
        assert!(best > ToyEvaluator::MAXIMUM - 0.01, "{name} {best:.3} does not find the maximum");
    }
    assert!(models[0].1 > plain[0].1 + 0.03, "bonas {:.3}, evolution {:.3}", models[0].1, plain[0].1);
}

#[test]
fn nothing_of_a_study_is_outside_its_folder() {
    let bench = Bench::new("random", 2, queries(3));
    bench.run(&mut noisy()).expect("finished");
    let entries = std::fs::read_dir(bench.folder.path()).expect("listed");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    names.sort();
    let name = |path: &PathBuf| path.file_name().map(|name| Path::new(name).to_path_buf());
    assert_eq!(names.iter().filter_map(name).collect::<Vec<_>>(), ["study.db", "study.db.lock"].map(PathBuf::from));
}
