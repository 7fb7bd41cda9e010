//! What every report has, whatever the study, and makers of small studies for the other tests.

use crate::*;
use bonas_core::{Measurement, Outcome, Prediction};

pub(crate) fn accuracy() -> ScoreFacts {
    ScoreFacts { name: "validation accuracy".into(), notation: ScoreNotation::Percent }
}

pub(crate) fn scored_trial(id: u64, round: u32, score: f64) -> TrialEntry {
    TrialEntry {
        id,
        round,
        architecture: format!("cell {id}"),
        outcome: Outcome::Measured(Measurement::new(score).expect("finite")),
        cached: false,
        prediction: None,
        origin: "random".into(),
    }
}

pub(crate) fn failed_trial(id: u64, round: u32, reason: &str) -> TrialEntry {
    TrialEntry { outcome: Outcome::Failed { reason: reason.into() }, ..scored_trial(id, round, 0.0) }
}

pub(crate) fn best_cell(rank: usize) -> BestCell {
    let svg = r#"<svg xmlns="http://www.w3.org/2000/svg"><marker id="arrow"/><path marker-end="url(#arrow)"/></svg>"#;
    BestCell {
        rank,
        score: 0.9,
        text: "sep_conv_3x3(0)".into(),
        genotype: "Genotype(normal=[('sep_conv_3x3', 0)])".into(),
        drawings: vec![CellDrawing { title: "normal".into(), svg: svg.into() }],
    }
}

fn study(trials: Vec<TrialEntry>) -> ReportData {
    let study = StudyFacts { run: "test".into(), version: "0.1.0".into(), ..StudyFacts::default() };
    let prediction_scale = PredictionScale::Rank;
    ReportData {
        study,
        score: accuracy(),
        prediction_scale,
        trials,
        rounds: vec![],
        finalists: vec![],
        best_cells: vec![],
        retraining: None,
        lookup: None,
        front: None,
    }
}

fn full() -> ReportData {
    let predicted = TrialEntry { prediction: Some(Prediction { mean: 0.7, stddev: 0.1 }), ..scored_trial(3, 1, 0.9) };
    let mut data = study(vec![scored_trial(1, 0, 0.8), failed_trial(2, 0, "diverged"), predicted]);
    let seconds = PhaseSeconds { propose: 1.0, evaluate: 20.0, record: 0.01 };
    let correlation = Some(RankCorrelation { tau_b: None, pairs: 1 });
    data.rounds = vec![RoundEntry { round: 0, seconds, correlation: None }, RoundEntry { round: 1, seconds, correlation }];
    data.finalists = vec![
        FinalistEntry { trial: 1, search_score: 0.8, score: Some(0.85), alone: Alone::Score(0.87) },
        FinalistEntry { trial: 3, search_score: 0.9, score: Some(0.83), alone: Alone::Untrained },
    ];
    data.best_cells = vec![best_cell(1)];
    data.retraining = Some(Retraining {
        test: TestResult { accuracy: 0.928, images: Some(2000) },
        curve: vec![epoch(1, 0.5, 0.8), epoch(2, 0.4, 0.85)],
        parameters: 105_000,
        multiply_adds: None,
        epochs: 2,
        seconds: 60.0,
        beyond_common: Vec::new(),
        confusion: Some(ConfusionMatrix::new(vec!["a".into(), "b".into()], vec![vec![9, 1], vec![2, 8]]).expect("square")),
        hardest: vec![HardImage { png: vec![137], truth: "a".into(), predicted: "b".into(), loss: 4.5 }],
    });
    data
}

fn epoch(epoch: usize, loss: f64, accuracy: f64) -> EpochEntry {
    EpochEntry { epoch, train_loss: loss + 0.1, learning_rate: 0.01, loss, accuracy }
}

/// Headings, charts, tables and statements of absence, in their order: what a reader would see from afar.
fn outline(html: &str) -> String {
    let mut lines = Vec::new();
    for (start, _) in html.match_indices('<') {
        let (tag, rest) = html[start + 1..].split_once('>').unwrap_or_default();
        let text = || rest.split('<').next().unwrap_or_default().to_owned();
        match tag.split(' ').next().unwrap_or_default() {
            name @ ("h1" | "h2" | "h3") => lines.push(format!("{name} {}", text()).trim_end().to_owned()),
            "title" if tag.contains("chart-") => lines.push(format!("   chart: {}", text())),
            "table" => lines.push("   table".into()),
            "p" if tag.contains("nothing") => lines.push(format!("   {}", text())),
            _ => {}
        }
    }
    lines.join("\n")
}

fn rendered(data: &ReportData) -> String {
    let html = render(data).expect("rendered");
    let (shown, _script) = html.rsplit_once("<script>").expect("the script comes last");
    assert!(!shown.contains("NaN"), "a NaN reached the reader");
    assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>"));
    html
}

#[test]
fn a_full_report_has_every_section() {
    insta::assert_snapshot!(outline(&rendered(&full())), @r#"
    h1 An architecture with 92.80 % test accuracy
    h2 Best so far
       chart: Best validation accuracy so far, over queries
    h2 The last comparison
       table
    h2 Best cells
    h3
    h2 Prediction against outcome
       chart: Predicted rank against measured validation accuracy
    h3 Rank correlation per round
       table
    h2 Time
       chart: Time per phase, round by round
       table
    h2 Training from scratch
       table
       chart: validation accuracy over epochs
       chart: loss over epochs
       chart: learning rate over epochs
    h3 Confusion matrix
       table
    h3 Hardest images
    h2 Failed trials
       table
    h2 All trials
       table
    h2 Configuration and provenance
       table
    "#);
}

#[test]
fn a_searched_table_shows_the_winner_beside_the_best() {
    let score = BesideBest { own: 0.9, best: 0.916 };
    let tests = vec![("cifar10 accuracy, test".to_string(), BesideBest { own: 0.93, best: 0.9437 })];
    let (table, objective) = ("NAS-Bench-201".into(), "cifar10 accuracy, validation".into());
    let lookup = Some(Lookup { table, objective, rank: 12, architectures: 15_625, score, tests });
    let html = rendered(&ReportData { lookup, retraining: None, ..full() });
    for part in ["The winner in the table", "94.37", "1.60"] {
        assert!(html.contains(part), "{part} is missing");
    }
}

#[test]
fn the_first_of_the_last_comparison_is_named_and_failures_come_last() {
    let mut data = full();
    data.finalists.push(FinalistEntry { trial: 2, search_score: 0.95, score: None, alone: Alone::Untrained });
    let html = rendered(&data);
    assert!(html.contains("The best 3 of all rounds were trained once more, together"), "the headline names the comparison");
    let table = html.split("The last comparison").last().expect("the section");
    let place = |text: &str| table.find(text).unwrap_or_else(|| panic!("{text} is missing"));
    assert!(place(">85.00") < place(">83.00") && place(">83.00") < place(">failed"));
}

#[test]
fn an_empty_study_says_so_everywhere() {
    insta::assert_snapshot!(outline(&rendered(&study(vec![]))), @r#"
    h1 No trials yet
    h2 Best so far
       No trial has been recorded yet.
    h2 Best cells
       There is no cell to draw yet.
    h2 Prediction against outcome
       No scored trial carries a prediction: the strategy has no surrogate, or every round was drawn at random.
    h2 Time
       No round has been completed yet.
    h2 Failed trials
       No trial has been recorded yet.
    h2 All trials
       No trial has been recorded yet.
    h2 Configuration and provenance
       table
    "#);
}

#[test]
fn only_failures_have_no_incumbent() {
    insta::assert_snapshot!(outline(&rendered(&study(vec![failed_trial(1, 0, "out of memory")]))), @r#"
    h1 No trial has a score
    h2 Best so far
       chart: Best validation accuracy so far, over queries
    h2 Best cells
       There is no cell to draw yet.
    h2 Prediction against outcome
       No scored trial carries a prediction: the strategy has no surrogate, or every round was drawn at random.
    h2 Time
       No round has been completed yet.
    h2 Failed trials
       table
    h2 All trials
       table
    h2 Configuration and provenance
       table
    "#);
}

#[test]
fn a_single_trial_of_a_strategy_without_a_surrogate() {
    insta::assert_snapshot!(outline(&rendered(&study(vec![scored_trial(1, 0, 0.5)]))), @r#"
    h1 An architecture with 50.00 % validation accuracy
    h2 Best so far
       chart: Best validation accuracy so far, over queries
    h2 Best cells
       There is no cell to draw yet.
    h2 Prediction against outcome
       No scored trial carries a prediction: the strategy has no surrogate, or every round was drawn at random.
    h2 Time
       No round has been completed yet.
    h2 Failed trials
       None: every trial has a score.
    h2 All trials
       table
    h2 Configuration and provenance
       table
    "#);
}

#[test]
fn the_headline_carries_the_interval() {
    let html = rendered(&full());
    assert!(html.contains("95 % interval 91.58\u{a0}% to 93.85\u{a0}%"), "no interval");
    let mut unknown = full();
    unknown.retraining.as_mut().expect("present").test.images = None;
    assert!(rendered(&unknown).contains("no interval: number of images unknown"));
}

#[test]
fn augmentations_that_forbid_comparisons_are_named() {
    let mut data = full();
    assert!(!rendered(&data).contains("cannot be compared"));
    data.retraining.as_mut().expect("present").beyond_common = vec!["RandAugment (2)".into(), "mixup (0.2)".into()];
    let html = rendered(&data);
    assert!(html.contains("It was trained with RandAugment (2) and mixup (0.2): results without cannot be compared with it."));
}

#[test]
fn texts_of_the_study_stay_texts() {
    let hostile = "</script><script>alert('1 & 2')</script><img src=x onerror=\"a\">";
    let mut data = full();
    data.study = StudyFacts {
        run: hostile.into(),
        space: hostile.into(),
        strategy: hostile.into(),
        data: hostile.into(),
        data_digest: hostile.into(),
        device: hostile.into(),
        created: hostile.into(),
        version: hostile.into(),
        budget: hostile.into(),
        stop_reason: Some(hostile.into()),
        configuration: hostile.into(),
        seed: 1,
    };
    data.score.name = hostile.into();
    data.trials.push(failed_trial(9, 1, hostile));
    for trial in &mut data.trials {
        trial.architecture = hostile.into();
        trial.origin = hostile.into();
    }
    let cell = &mut data.best_cells[0];
    (cell.text, cell.genotype, cell.drawings[0].title) = (hostile.into(), hostile.into(), hostile.into());
    let html = rendered(&data);
    assert_eq!(html.matches("<script>").count(), 1, "the page's own script only");
    assert!(!html.contains("<img src=x") && !html.contains("onerror=\"a\""));
    assert!(html.contains("&lt;img src=x onerror=&quot;a&quot;&gt;"));
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    let html = rendered(&full());
    for reference in ["src=\"http", "href=\"http", "src=\"//", "href=\"//", "@import", "url("] {
        assert!(!html.contains(reference), "{reference}");
    }
}

#[test]
fn ids_are_unique() {
    let mut data = full();
    data.best_cells = vec![best_cell(1), best_cell(2)];
    let html = rendered(&data);
    let mut ids: Vec<_> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn the_same_data_gives_the_same_page() {
    assert_eq!(rendered(&full()), rendered(&full()));
}

#[test]
fn numbers_that_are_none_are_refused_with_their_place() {
    type Damage = fn(&mut ReportData);
    let cases: [(Damage, &str); 7] = [
        (|data| data.trials[2].prediction = Some(Prediction { mean: f64::NAN, stddev: 0.1 }), "the predicted mean of trial 3"),
        (
            |data| data.trials[2].prediction = Some(Prediction { mean: 0.5, stddev: -0.1 }),
            "the predicted standard deviation of trial 3",
        ),
        (|data| data.trials[0] = scored_trial(1, 0, 1e300), "the score of trial 1"),
        (|data| data.rounds[1].seconds.evaluate = f64::INFINITY, "the time to evaluate in round 1"),
        (
            |data| data.rounds[1].correlation = Some(RankCorrelation { tau_b: Some(f64::NAN), pairs: 9 }),
            "the rank correlation of round 1",
        ),
        (|data| data.best_cells[0].score = f64::NEG_INFINITY, "the score of best cell 1"),
        (|data| data.retraining.as_mut().expect("present").curve[1].loss = f64::NAN, "the validation loss of epoch 2"),
    ];
    for (damage, expected) in cases {
        let mut data = full();
        damage(&mut data);
        match render(&data) {
            Err(ReportError::OutOfRange { place, .. }) => assert_eq!(place, expected),
            other => panic!("{expected}: {other:?}"),
        }
    }
}

#[test]
fn a_confusion_matrix_is_square() {
    let names = || vec!["a".to_owned(), "b".to_owned()];
    let ragged = ConfusionMatrix::new(names(), vec![vec![1, 2], vec![3]]);
    assert_eq!(ragged, Err(ReportError::Confusion { classes: 2, rows: 2, columns: 1 }));
    assert!(ConfusionMatrix::new(names(), vec![vec![1, 2]]).is_err());
}

#[test]
fn cached_trials_are_listed_but_not_counted() {
    let cached = TrialEntry { cached: true, ..scored_trial(2, 1, 0.5) };
    let html = rendered(&study(vec![scored_trial(1, 0, 0.5), cached]));
    assert!(html.contains("1 query in 2 rounds") && html.contains("1 more from history") && html.contains("from history</span>"));
}

#[test]
fn the_front_is_drawn_and_listed_from_the_highest_score() {
    let point = |trial, score, cost, place| crate::FrontPoint { trial, score, cost, place };
    let points = vec![point(0, 0.5, 4.0, Some(2)), point(1, 0.7, 9.0, Some(1)), point(2, 0.4, 9.5, None)];
    let front = Some(crate::FrontData { cost: "latency on pixel3 in ms".into(), points });
    let html = rendered(&ReportData { front, ..full() });
    assert!(html.contains("Score against cost") && html.contains("3 trials, 2 of them on the front."));
    assert!(html.contains("latency on pixel3 in ms 9.5"));
    let section = &html[html.find("aria-label=\"Pareto front\"").expect("the table")..];
    let (first, second) = (section.find("70.00").expect("the first"), section.find("50.00").expect("the second"));
    assert!(first < second);
    assert!(!rendered(&full()).contains("Score against cost"));
}

#[test]
fn a_training_has_a_page_of_its_own_finished_or_not() {
    let Some(finished) = full().retraining else { panic!("a full report has a training") };
    let facts = TrainingFacts { name: "trained".into(), architecture: "resnet-20".into(), epochs: 2, ..TrainingFacts::default() };
    let drawings = vec![CellDrawing { title: "network".into(), svg: "<svg/>".into() }];
    let data = TrainingData { facts, drawings, curve: finished.curve.clone(), finished: Some(finished) };
    let outlined = |data: &TrainingData| {
        let html = render_training(data).expect("rendered");
        assert!(html.starts_with("<!DOCTYPE html>") && html.ends_with("</html>") && html.contains("resnet-20"));
        outline(&html)
    };
    insta::assert_snapshot!(outlined(&data), @r#"
    h1 92.80 % test accuracy
    h2 Epoch by epoch
       chart: validation accuracy over epochs
       chart: loss over epochs
       chart: learning rate over epochs
    h2 On the test images
       table
    h3 Confusion matrix
       table
    h3 Hardest images
    h2 Architecture
    h2 Configuration and provenance
       table
    "#);
    insta::assert_snapshot!(outlined(&TrainingData { finished: None, curve: Vec::new(), ..data.clone() }), @r#"
    h1 A training under way
    h2 Epoch by epoch
       No epoch is finished yet.
    h2 Architecture
    h2 Configuration and provenance
       table
    "#);
    let curve = vec![EpochEntry { train_loss: f64::NAN, ..epoch(3, 1.0, 0.5) }];
    let error = render_training(&TrainingData { curve, ..data }).expect_err("no number").to_string();
    assert!(error.starts_with("the training loss of epoch 3 is NaN"), "{error}");
}
