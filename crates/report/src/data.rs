use crate::ReportError;
use bonas_core::{Outcome, Prediction};

/// Everything a report shows, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportData {
    /// What was run, and how.
    pub study: StudyFacts,
    /// What the scores are.
    pub score: ScoreFacts,
    /// The scale of every [`TrialEntry::prediction`].
    pub prediction_scale: PredictionScale,
    /// Trials in the order they were recorded.
    pub trials: Vec<TrialEntry>,
    /// Rounds in order.
    pub rounds: Vec<RoundEntry>,
    /// The best of all rounds, evaluated together to name the winner, who comes first; empty where that was not needed.
    pub finalists: Vec<FinalistEntry>,
    /// The best architectures, the winner first.
    pub best_cells: Vec<BestCell>,
    /// What became of the winner when it was trained from scratch, if it was.
    pub retraining: Option<Retraining>,
    /// What a table of finished trainings knows of the winner, if one was searched.
    pub lookup: Option<Lookup>,
    /// Score against cost, if there were two objectives or more.
    pub front: Option<FrontData>,
}

/// Every trial with a score and a cost.
#[derive(Clone, Debug, PartialEq)]
pub struct FrontData {
    /// Name of the cost, with its unit.
    pub cost: String,
    /// The trials, in the order they were recorded.
    pub points: Vec<FrontPoint>,
}

/// A trial by its score and its cost.
#[derive(Clone, Debug, PartialEq)]
pub struct FrontPoint {
    /// Identity in the storage.
    pub trial: u64,
    /// Its score; larger is better.
    pub score: f64,
    /// Its cost; less is better.
    pub cost: f64,
    /// Its place on the Pareto front of all objectives, from 1; `None` where it is dominated.
    pub place: Option<usize>,
}

/// What was run, and how: the provenance of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StudyFacts {
    /// Name of the run.
    pub run: String,
    /// Name of the search space.
    pub space: String,
    /// Name of the search strategy.
    pub strategy: String,
    /// Name of the data set.
    pub data: String,
    /// Digest of the data, such as `sha256:…`.
    pub data_digest: String,
    /// Seed of every random stream.
    pub seed: u64,
    /// Where it was computed.
    pub device: String,
    /// When the study was created, as text.
    pub created: String,
    /// Version of bonas that wrote the study.
    pub version: String,
    /// The budget, in words.
    pub budget: String,
    /// Why the study stopped; `None` while it is unfinished.
    pub stop_reason: Option<String>,
    /// The resolved configuration, as TOML.
    pub configuration: String,
}

/// What the scores of a study are; larger is better.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreFacts {
    /// Name of the score in the middle of a sentence, such as `validation accuracy`.
    pub name: String,
    /// How it is written.
    pub notation: ScoreNotation,
}

/// How scores are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScoreNotation {
    /// A fraction, written as a percentage: 0.913 is 91.30 %.
    Percent,
    /// A number without a unit, such as a negated loss.
    Plain,
}

/// The scale on which a surrogate predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PredictionScale {
    /// The rank of a score among those seen so far, in (0, 1).
    Rank,
    /// The score itself.
    Score,
}

/// One trial, as it was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct TrialEntry {
    /// Identity in the storage.
    pub id: u64,
    /// The round it belongs to.
    pub round: u32,
    /// Text form of the architecture.
    pub architecture: String,
    /// Its score, or why it has none.
    pub outcome: Outcome,
    /// Whether the history answered it; such a trial is no query.
    pub cached: bool,
    /// What the surrogate expected before the evaluation.
    pub prediction: Option<Prediction>,
    /// How the strategy came by it.
    pub origin: String,
}

/// One round: how long it took and how well it was foreseen.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundEntry {
    /// Number of the round.
    pub round: u32,
    /// Time it took.
    pub seconds: PhaseSeconds,
    /// Agreement of predictions and outcomes; `None` when nothing was predicted.
    pub correlation: Option<RankCorrelation>,
}

/// Wall-clock seconds of a round, phase by phase.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PhaseSeconds {
    /// Asking the strategy: fitting the surrogate, searching the candidate pool.
    pub propose: f64,
    /// Evaluating the batch.
    pub evaluate: f64,
    /// Writing the trials.
    pub record: f64,
}

impl PhaseSeconds {
    /// All phases together.
    pub fn total(&self) -> f64 {
        self.propose + self.evaluate + self.record
    }
}

/// Rank correlation of predictions and outcomes within one round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankCorrelation {
    /// Kendall's τ-b in [-1, 1]; `None` when it is not computable (fewer than two pairs, or all tied).
    pub tau_b: Option<f64>,
    /// Number of (prediction, outcome) pairs.
    pub pairs: usize,
}

/// A trial that took part in the last comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FinalistEntry {
    /// Identity of the trial.
    pub trial: u64,
    /// Its score in the search.
    pub search_score: f64,
    /// Its score among the finalists; `None` when it failed.
    pub score: Option<f64>,
    /// How its training from scratch ended.
    pub alone: Alone,
}

/// How the training of a finalist from scratch ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Alone {
    /// It was not trained.
    Untrained,
    /// Its training failed.
    Failed,
    /// Its score after the training.
    Score(f64),
}

/// One of the best architectures.
#[derive(Clone, Debug, PartialEq)]
pub struct BestCell {
    /// 1 is the best.
    pub rank: usize,
    /// Its score.
    pub score: f64,
    /// Text form for people; shown where it differs from the genotype.
    pub text: String,
    /// Text to copy and use elsewhere.
    pub genotype: String,
    /// Its cells, drawn.
    pub drawings: Vec<CellDrawing>,
}

/// One cell, drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct CellDrawing {
    /// Name of the cell, such as `normal`, for those who don't see the drawing.
    pub title: String,
    /// A complete SVG document. It is shown as an image, so its ids, styles and scripts touch nothing outside it.
    pub svg: String,
}

/// The winner in a table of finished trainings.
#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    /// Name of the table.
    pub table: String,
    /// What was searched, in words.
    pub objective: String,
    /// Place of the winner among all architectures of the table, from 1.
    pub rank: u64,
    /// Architectures in the table.
    pub architectures: u64,
    /// The winner's score, and the best of the table.
    pub score: BesideBest,
    /// The same on test images, one for each test column.
    pub tests: Vec<(String, BesideBest)>,
}

/// A score beside the best that the table has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BesideBest {
    /// The winner's.
    pub own: f64,
    /// The best.
    pub best: f64,
}

/// The winner after training from scratch.
#[derive(Clone, Debug, PartialEq)]
pub struct Retraining {
    /// The one look at the test images.
    pub test: TestResult,
    /// Validation after every epoch, in order.
    pub curve: Vec<EpochEntry>,
    /// Trainable parameters of the network.
    pub parameters: u64,
    /// Multiply-adds of one forward pass of one image, if counted.
    pub multiply_adds: Option<u64>,
    /// Epochs trained.
    pub epochs: usize,
    /// Wall-clock seconds of training and test.
    pub seconds: f64,
    /// Augmentations that most published results were trained without.
    pub beyond_common: Vec<String>,
    /// Which classes were taken for which, if counted.
    pub confusion: Option<ConfusionMatrix>,
    /// The test images with the highest loss, the highest first.
    pub hardest: Vec<HardImage>,
}

/// A test image that the network is far from classifying right.
#[derive(Clone, Debug, PartialEq)]
pub struct HardImage {
    /// The image, as a PNG file.
    pub png: Vec<u8>,
    /// Its class.
    pub truth: String,
    /// The class that the network takes it for.
    pub predicted: String,
    /// Its cross-entropy in nats.
    pub loss: f64,
}

/// A training from scratch, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingData {
    /// What was trained, and how.
    pub facts: TrainingFacts,
    /// The architecture, drawn.
    pub drawings: Vec<CellDrawing>,
    /// Validation after every epoch so far.
    pub curve: Vec<EpochEntry>,
    /// What the trained network achieved; `None` while the training goes on.
    pub finished: Option<Retraining>,
}

/// What was trained, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingFacts {
    /// Name of the folder.
    pub name: String,
    /// Text form of the architecture.
    pub architecture: String,
    /// Name of the search space.
    pub space: String,
    /// Where the images are.
    pub data: String,
    /// Epochs of the whole training.
    pub epochs: usize,
    /// Seed of every random stream.
    pub seed: u64,
    /// Where it was computed.
    pub device: String,
    /// Version of bonas that wrote the page.
    pub version: String,
    /// The resolved configuration, as TOML.
    pub configuration: String,
}

/// Accuracy on the test images.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TestResult {
    /// Fraction in [0, 1].
    pub accuracy: f64,
    /// Number of test images; without it there is no confidence interval.
    pub images: Option<u64>,
}

/// What one epoch achieved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochEntry {
    /// Number of the epoch, from 1.
    pub epoch: usize,
    /// Mean loss of its steps.
    pub train_loss: f64,
    /// Learning rate of its last step.
    pub learning_rate: f64,
    /// Mean loss on the validation images.
    pub loss: f64,
    /// Fraction in [0, 1].
    pub accuracy: f64,
}

/// Counts of (true class, predicted class); square, one row and one column per class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: Vec<String>,
    counts: Vec<Vec<u64>>,
}

impl ConfusionMatrix {
    /// A matrix with `counts[true][predicted]`, `[classes, classes]`.
    ///
    /// # Errors
    /// [`ReportError::Confusion`] when a row or column is missing or too many.
    pub fn new(classes: Vec<String>, counts: Vec<Vec<u64>>) -> Result<Self, ReportError> {
        let square = counts.len() == classes.len() && counts.iter().all(|row| row.len() == classes.len());
        if !square {
            let columns = counts.iter().map(Vec::len).find(|&length| length != classes.len()).unwrap_or(classes.len());
            return Err(ReportError::Confusion { classes: classes.len(), rows: counts.len(), columns });
        }
        Ok(Self { classes, counts })
    }

    /// Names of the classes.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// One row of counts per true class.
    pub fn counts(&self) -> &[Vec<u64>] {
        &self.counts
    }
}
