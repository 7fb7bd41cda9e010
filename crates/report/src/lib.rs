//! A study, or a comparison of strategies, surrogates or trainings, as one HTML page that people look at.
//!
//! [`render`] turns plain data ([`ReportData`]) into a single self-contained document: styles, script and pictures are
//! inside it, it asks no server for anything, and it reads as well without its script. [`render_comparison`], [`render_fits`] and
//! [`render_sharing`] do the same with what a laboratory compares. The crate opens no file and knows no storage; it returns a
//! `String`.
//!
//! Axes, ticks and scales are plotters' work; marks carry classes and tooltips of their own, so that light and
//! dark are one picture with two palettes.

mod charts;
mod check;
mod comparison;
mod data;
mod error;
mod fits;
mod notation;
mod page;
mod sections;
mod sharing;
mod summary;
mod training_page;
mod wilson;

pub use comparison::{
    ComparisonData, ComparisonFacts, OverallEntry, PairedTest, RegretPoint, StrategyEntry, StrategySeconds, TaskComparison,
    render_comparison,
};
pub use data::{
    Alone, BesideBest, BestCell, CellDrawing, ConfusionMatrix, EpochEntry, FinalistEntry, FrontData, FrontPoint, HardImage,
    Lookup, PhaseSeconds, PredictionScale, RankCorrelation, ReportData, Retraining, RoundEntry, ScoreFacts, ScoreNotation,
    StudyFacts, TestResult, TrainingData, TrainingFacts, TrialEntry,
};
pub use error::ReportError;
pub use fits::{Coverage, FitComparison, FitEntry, FitFacts, FitTask, MeanSpread, SurrogateEntry, render_fits};
pub use sharing::{Interval, ScoredBoth, SharingData, SharingFacts, SharingGroup, SharingSetting, render_sharing};
pub use wilson::wilson_interval;

/// Renders a study as one self-contained HTML document. The same data gives the same bytes.
///
/// # Errors
/// [`ReportError::OutOfRange`] when a number of the data is not finite or outside its domain, so that no NaN reaches a
/// reader; [`ReportError::Chart`] when a chart cannot be drawn.
pub fn render(data: &ReportData) -> Result<String, ReportError> {
    check::check(data)?;
    let summary = summary::Summary::of(&data.trials);
    Ok(page::page(data, &summary)?.into_string())
}

/// Renders a training from scratch, finished or not, as one self-contained HTML document. The same data gives the same bytes.
///
/// # Errors
/// As [`render`].
pub fn render_training(data: &TrainingData) -> Result<String, ReportError> {
    check::check_training(data)?;
    Ok(training_page::page(data)?.into_string())
}

#[cfg(test)]
mod tests;
