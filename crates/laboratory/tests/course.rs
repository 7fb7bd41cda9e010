//! Courses on the small table of the examples, without any surrogate.

use bonas_benchmarks::{Table, TableConfig};
use bonas_core::{
    BoxError, CompletedTrial, Interrupt, Progress, Proposal, SearchSpace, SearchStrategy, Silent, StrategyError, StudyRng,
};
use bonas_laboratory::{
    Contestant, Course, Journal, LaboratoryError, Measure, Prepared, SearchKey, SearchRecord, Settings, SeveralSummary, Summary,
    Task, Watch, run,
};
use bonas_search::{Budget, RandomSearch, RegularizedEvolution, RegularizedEvolutionConfig, StudyConfig};
use bonas_spaces::SpaceChoice;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn example(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs/spaces").join(file)
}

fn contestant(name: &str, build: impl Fn(u64) -> Result<Box<dyn SearchStrategy>, BoxError> + Sync + 'static) -> Contestant {
    Contestant { name: name.into(), build: Box::new(move |key| Ok(build(key.seed)?.into())) }
}

fn course(seeds: std::ops::Range<u64>) -> Course {
    let space: Arc<dyn SearchSpace> = SpaceChoice::File(example("my-chain.toml")).build().expect("a space");
    let table = Table::open(&example("my-chain.csv"), Some(&example("my-chain-layout.toml"))).expect("a table");
    let (one, other) = (space.clone(), space.clone());
    let contestants = vec![
        contestant("random", move |_| Ok(Box::new(RandomSearch::new(one.clone())))),
        contestant("evolution", move |_| {
            let config = RegularizedEvolutionConfig { population_size: 6, tournament_size: 3 };
            Ok(Box::new(RegularizedEvolution::new(other.clone(), config)?))
        }),
    ];
    let budget = Budget { queries: Some(16), ..Budget::default() };
    let study = StudyConfig { batch_size: 3, budget, ..StudyConfig::default() };
    let tasks = vec![Task { name: "example".into(), table: Arc::new(table), config: TableConfig::default(), trade_off: None }];
    Course { space, tasks, contestants, seeds, study }
}

fn settings(batch: &str) -> Settings {
    let common = BTreeMap::from([("study.batch_size".into(), batch.into())]);
    Settings { build: "this".into(), common, contestants: BTreeMap::new() }
}

fn done(course: &Course, folder: &Path, threads: usize) -> BTreeMap<SearchKey, SearchRecord> {
    let mut journal = Journal::<SearchRecord>::open(folder, &settings("3")).expect("opened");
    let threads = NonZero::new(threads).expect("some");
    assert!(run(course, &mut journal, threads, &Watch { progress: &Silent, interrupt: &Interrupt::default() }).expect("done"));
    journal.records().iter().map(|(key, record)| (key.clone(), record.clone().untimed())).collect()
}

#[test]
fn threads_and_cuts_change_nothing() {
    let course = course(1..21);
    let folders = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
    let whole = done(&course, folders[0].path(), 1);
    assert_eq!(whole.len(), 40);
    assert_eq!(whole, done(&course, folders[1].path(), 3));
    // A crash in the middle of a line.
    let text = std::fs::read(folders[1].path().join("searches.jsonl")).expect("lines");
    std::fs::write(folders[2].path().join("searches.jsonl"), &text[..text.len() / 2]).expect("written");
    let recovered = Journal::<SearchRecord>::open(folders[2].path(), &settings("3")).expect("opened").records().len();
    assert!((15..25).contains(&recovered), "{recovered}");
    assert_eq!(whole, done(&course, folders[2].path(), 2));
    assert!(!Journal::<SearchRecord>::open(folders[2].path(), &settings("3")).expect("opened").is_of_another_build());
    let rebuilt = Settings { build: "that".into(), ..settings("3") };
    assert!(Journal::<SearchRecord>::open(folders[2].path(), &rebuilt).expect("opened").is_of_another_build());
    let lines = std::fs::read_to_string(folders[2].path().join("searches.jsonl")).expect("lines");
    assert_eq!(lines.lines().count(), 40, "nothing is done twice");
}

#[test]
fn all_strategies_begin_with_the_same_architectures() {
    let course = course(1..11);
    let records = done(&course, tempfile::tempdir().expect("a folder").path(), 2);
    let begin = |strategy: &str, seed: u64| {
        let key = SearchKey { task: "example".into(), strategy: strategy.into(), seed };
        let incumbents = records[&key].incumbents.clone();
        incumbents.into_iter().filter(|incumbent| incumbent.query <= 6).collect::<Vec<_>>()
    };
    for seed in course.seeds.clone() {
        assert_eq!(begin("random", seed), begin("evolution", seed), "six random ones are the first population");
    }
    assert_ne!(begin("random", 1), begin("random", 2));
}

#[test]
fn the_summary_counts_what_the_searches_say() {
    let course = course(1..21);
    let records = done(&course, tempfile::tempdir().expect("a folder").path(), 2);
    let summary = Summary::new(&course, &records).expect("a summary");
    let facts = &summary.tasks[0];
    assert_eq!((facts.architectures, facts.test.is_some()), (27, true));
    for strategy in &summary.strategies {
        let searches: Vec<_> = records.values().filter(|record| record.key.strategy == strategy.name).collect();
        let queries = searches.iter().map(|search| search.queries_to_best.unwrap_or(17) as f64).sum::<f64>() / 20.0;
        let found = searches.iter().filter(|search| search.queries_to_best.is_some()).count();
        assert!((strategy.mean_queries - queries).abs() < 1e-9 && (strategy.hit_rate - found as f64 / 20.0).abs() < 1e-9);
        assert!(found > 0 && found < 20, "the budget is chosen so that both happen: {found}");
        let regret = searches.iter().map(|search| search.incumbents.last().expect("measured").regret).sum::<f64>() / 20.0;
        assert!((strategy.regret[&16].expect("measured") - regret).abs() < 1e-12);
        for search in searches {
            let last = search.incumbents.last().expect("measured");
            assert_eq!(search.queries_to_best.is_some(), last.regret == 0.0);
            assert!((last.score + last.regret - facts.best_score).abs() < 1e-12 && last.test_regret.is_some());
            assert!(search.incumbents.is_sorted_by(|left, right| left.score < right.score && left.query < right.query));
        }
    }
    let ranks: f64 = summary.overall.iter().map(|rank| rank.mean_rank).sum();
    assert!((ranks - 3.0).abs() < 1e-9, "two strategies share the ranks 1 and 2");
    assert_eq!(
        summary.comparisons.iter().map(|comparison| comparison.measure).collect::<Vec<_>>(),
        [Measure::Queries, Measure::Regret]
    );
    let comparison = &summary.comparisons[0];
    assert_eq!(comparison.first_better + comparison.second_better + comparison.equal, 20);
    let csv = summary.to_csv().expect("rows");
    assert_eq!(csv.lines().count(), 3);
    assert!(csv.starts_with("task,name,searches,mean_queries,") && csv.contains("\nexample,random,20,"), "{csv}");
}

#[test]
fn other_settings_damage_and_second_writers_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let mut given = settings("3");
    given.contestants.insert("a".into(), BTreeMap::from([("bonas.initial".into(), "10".into())]));
    let journal = Journal::<SearchRecord>::open(path, &given).expect("opened");
    assert!(matches!(Journal::<SearchRecord>::open(path, &given), Err(LaboratoryError::Locked(_))));
    drop(journal);
    let error = Journal::<SearchRecord>::open(path, &settings("5")).expect_err("another batch").to_string();
    assert!(error.contains("results with study.batch_size 3, but 5 was given"), "{error}");
    given.contestants.insert("b".into(), BTreeMap::new());
    drop(Journal::<SearchRecord>::open(path, &given).expect("one strategy more"));
    drop(Journal::<SearchRecord>::open(path, &settings("3")).expect("both less"));
    given.contestants.insert("a".into(), BTreeMap::from([("bonas.initial".into(), "20".into())]));
    let error = Journal::<SearchRecord>::open(path, &given).expect_err("another strategy of that name").to_string();
    assert!(error.contains("a: bonas.initial 10, but 20"), "{error}");
    std::fs::write(path.join("searches.jsonl"), "{}\n").expect("written");
    let error = Journal::<SearchRecord>::open(path, &settings("3")).expect_err("no search").to_string();
    assert!(error.contains("searches.jsonl, line 1: not a recorded search"), "{error}");
}

#[test]
fn courses_without_sense_are_refused() {
    let refused = |change: &dyn Fn(&mut Course)| {
        let mut course = course(1..3);
        change(&mut course);
        course.validate().expect_err("refused").to_string()
    };
    assert!(refused(&|course| course.seeds = 3..3).contains("no seed"));
    assert!(refused(&|course| course.tasks.clear()).contains("no task"));
    assert!(refused(&|course| course.contestants[1].name = "random".into()).contains("the strategy 'random' is named twice"));
    assert!(refused(&|course| course.study.budget.minutes = Some(1.0)).contains("compared by queries alone"));
    assert!(refused(&|course| course.study.batch_size = 0).contains("study.batch_size"));
}

/// Knows nothing to propose.
struct Failing;

impl SearchStrategy for Failing {
    fn ask(&self, _count: usize, _rng: &mut StudyRng) -> Result<Vec<Proposal>, StrategyError> {
        Err(StrategyError::Other("out of ideas".into()))
    }

    fn tell(&mut self, _completed: &[CompletedTrial]) {}
}

#[test]
fn a_failure_names_its_search_and_loses_no_other() {
    let mut course = course(1..3);
    course.contestants.push(contestant("failing", |_| Ok(Box::new(Failing))));
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = Journal::<SearchRecord>::open(folder.path(), &settings("3")).expect("opened");
    let watch = Watch { progress: &Silent, interrupt: &Interrupt::default() };
    let error = run(&course, &mut journal, NonZero::<usize>::MIN, &watch).expect_err("a failure");
    assert_eq!(error.to_string(), "failing on example with seed 1 failed");
    assert_eq!(journal.records().len(), 2);
    assert!(matches!(Summary::new(&course, journal.records()), Err(LaboratoryError::Unfinished(_))));
}

#[test]
fn an_interrupt_stops_between_searches() {
    struct Once(Interrupt);
    impl Progress for Once {
        fn begin(&self, _phase: &str, _steps: u64) {}
        fn advance(&self, _steps: u64, _message: &str) {
            self.0.request();
        }
    }
    let (course, folder) = (course(1..11), tempfile::tempdir().expect("a folder"));
    let mut journal = Journal::<SearchRecord>::open(folder.path(), &settings("3")).expect("opened");
    let interrupt = Interrupt::default();
    let watch = Watch { progress: &Once(interrupt.clone()), interrupt: &interrupt };
    assert!(!run(&course, &mut journal, NonZero::<usize>::MIN, &watch).expect("stopped"));
    assert_eq!(journal.records().len(), 1);
}

#[test]
fn what_is_charged_comes_before_the_first_query() {
    let plain = course(1..4);
    let mut charged = course(1..4);
    for contestant in &mut charged.contestants {
        let build = std::mem::replace(&mut contestant.build, Box::new(|_| Err("replaced".into())));
        contestant.build = Box::new(move |key| Ok(Prepared { charged: 5, ..build(key)? }));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (plain, found) = (done(&plain, tempfile::tempdir().expect("a folder").path(), 1), done(&charged, folder.path(), 1));
    for (key, record) in &found {
        assert_eq!((record.queries, record.charged), (16, 5));
        let expected: Vec<(usize, f64)> =
            plain[key].incumbents.iter().filter(|best| best.query <= 11).map(|best| (best.query + 5, best.score)).collect();
        assert_eq!(record.incumbents.iter().map(|best| (best.query, best.score)).collect::<Vec<_>>(), expected);
        assert_eq!(record.incumbent(5), None);
    }
    for contestant in &mut charged.contestants {
        let build = std::mem::replace(&mut contestant.build, Box::new(|_| Err("replaced".into())));
        contestant.build = Box::new(move |key| Ok(Prepared { charged: 16, ..build(key)? }));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = Journal::<SearchRecord>::open(folder.path(), &settings("3")).expect("opened");
    let watch = Watch { progress: &Silent, interrupt: &Interrupt::default() };
    let error = run(&charged, &mut journal, NonZero::<usize>::MIN, &watch).expect_err("spent").to_string();
    assert!(error.contains("charged as 16 queries, which leaves none of 16"), "{error}");
}

/// A folder with the searches of these seeds, in which the population is said to be `population`.
fn comparison(seeds: std::ops::Range<u64>, population: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let common = [("space", "my-chain"), ("study.budget.queries", "16")].map(|(key, value)| (key.to_string(), value.to_string()));
    let of = |name: &str, value: &str| (name.to_string(), BTreeMap::from([("population".to_string(), value.to_string())]));
    let contestants = BTreeMap::from([of("evolution", population), of("random", "none")]);
    let settings = Settings { build: "this".into(), common: BTreeMap::from(common), contestants };
    let mut journal = Journal::<SearchRecord>::open(folder.path(), &settings).expect("opened");
    let watch = Watch { progress: &Silent, interrupt: &Interrupt::default() };
    assert!(run(&course(seeds), &mut journal, NonZero::<usize>::MIN, &watch).expect("done"));
    folder
}

fn several(folders: &[&tempfile::TempDir], wanted: &[&str]) -> Result<SeveralSummary, LaboratoryError> {
    let paths: Vec<PathBuf> = folders.iter().map(|folder| folder.path().into()).collect();
    SeveralSummary::of(&paths, &wanted.iter().map(|name| name.to_string()).collect::<Vec<_>>())
}

#[test]
fn comparisons_are_ranked_together_by_the_seeds_that_all_have() {
    let (one, other) = (comparison(1..13, "6"), comparison(5..21, "6"));
    let summary = several(&[&one, &other], &["random", "evolution"]).expect("a summary");
    assert_eq!(summary.seeds, (5..13).collect::<Vec<_>>());
    assert!(summary.left_out.is_empty());
    let tasks: Vec<_> = summary.tasks.iter().map(|task| (task.space.as_str(), task.task.as_str(), task.queries)).collect();
    assert_eq!(tasks, [("my-chain", "example", 16); 2]);
    // Both folders hold the same searches of these seeds, so that ranks over both are those of one.
    let course = course(5..13);
    let alone = Summary::new(&course, &done(&course, tempfile::tempdir().expect("a folder").path(), 1)).expect("a summary");
    assert_eq!((&summary.overall, &summary.overall_comparisons), (&alone.overall, &alone.overall_comparisons));
    for rank in &summary.overall {
        assert!(summary.tasks.iter().all(|task| (task.mean_ranks[&rank.name] - rank.mean_rank).abs() < 1e-12));
    }
    assert_eq!(several(&[&one, &other], &[]).expect("a summary").overall, summary.overall);
}

#[test]
fn what_cannot_be_ranked_together_is_refused() {
    let one = comparison(1..4, "6");
    let refused = |other: &tempfile::TempDir, wanted: &[&str], parts: &[&str]| {
        let error = several(&[&one, other], wanted).expect_err("refused").to_string();
        parts.iter().for_each(|part| assert!(error.contains(part), "{error}"));
    };
    let path = |folder: &tempfile::TempDir| folder.path().display().to_string();
    let later = comparison(4..6, "6");
    refused(&later, &[], &[&path(&later), "seed"]);
    let larger = comparison(1..4, "20");
    refused(&larger, &[], &["evolution has population = 6", "20", &path(&one), &path(&larger)]);
    refused(&one, &[], &["the folder", "is named twice", &path(&one)]);
    let same = comparison(1..4, "6");
    refused(&same, &["random", "random"], &["the strategy 'random' is named twice"]);
    refused(&same, &["random", "bananas"], &["no search of bananas", &path(&one)]);
    refused(&same, &["random"], &["second strategy"]);
    let empty = tempfile::tempdir().expect("a folder");
    refused(&empty, &[], &["settings.json", &path(&empty)]);
    std::fs::copy(one.path().join("settings.json"), empty.path().join("settings.json")).expect("copied");
    std::fs::write(empty.path().join("searches.jsonl"), "").expect("written");
    refused(&empty, &[], &["holds no finished search", &path(&empty)]);
    std::fs::write(empty.path().join("searches.jsonl"), "{}\n").expect("written");
    refused(&empty, &[], &["searches.jsonl, line 1", "not a recorded search"]);
}
