use crate::ScoreNotation;

/// Surrogates side by side, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct FitComparison {
    /// What was compared, and how.
    pub facts: FitFacts,
    /// The tasks, in order.
    pub tasks: Vec<FitTask>,
}

/// What was compared, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FitFacts {
    /// Name of the comparison.
    pub name: String,
    /// Name of the space.
    pub space: String,
    /// What was trained on and ranked, in a sentence.
    pub protocol: String,
    /// Seed of the first split.
    pub first_split: u64,
    /// How many splits.
    pub splits: u64,
    /// Version of bonas that made the page.
    pub version: String,
}

/// All surrogates on one task.
#[derive(Clone, Debug, PartialEq)]
pub struct FitTask {
    /// Name of the task.
    pub name: String,
    /// What was trained on, in words.
    pub objective: String,
    /// What was ranked, in words.
    pub ranked: String,
    /// Architectures in the table.
    pub architectures: u64,
    /// How errors of scores are written.
    pub notation: ScoreNotation,
    /// Kendall's τ of a surrogate that knows every validation score; `None` where these are ranked.
    pub ceiling: Option<f64>,
    /// The surrogates, in the order in which they were named.
    pub surrogates: Vec<SurrogateEntry>,
}

/// A surrogate on one task.
#[derive(Clone, Debug, PartialEq)]
pub struct SurrogateEntry {
    /// Its name.
    pub name: String,
    /// Whether it predicts ranks rather than scores: the scale of its errors.
    pub predicts_ranks: bool,
    /// One entry for each number of training architectures, in ascending order.
    pub fits: Vec<FitEntry>,
}

/// A surrogate after so many training architectures, over all splits; `None` where some split has no value.
#[derive(Clone, Debug, PartialEq)]
pub struct FitEntry {
    /// Architectures trained on.
    pub train: usize,
    /// Kendall's τ-b.
    pub kendall: Option<MeanSpread>,
    /// Spearman's ρ.
    pub spearman: Option<MeanSpread>,
    /// Mean absolute error.
    pub mae: Option<MeanSpread>,
    /// Parts of the outcomes inside central intervals, by their probability in ascending order.
    pub coverage: Vec<Coverage>,
    /// Mean negative logarithm of the predicted density of an outcome.
    pub negative_log_likelihood: Option<MeanSpread>,
    /// Mean seconds of one fit.
    pub fit_seconds: f64,
    /// Mean seconds of its predictions.
    pub predict_seconds: f64,
}

/// How many outcomes lie inside the intervals that should hold a part of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coverage {
    /// The part that should be inside.
    pub probability: f64,
    /// The part that is.
    pub observed: Option<MeanSpread>,
}

/// A number over splits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MeanSpread {
    /// Its mean.
    pub mean: f64,
    /// Its standard deviation.
    pub stddev: f64,
}

impl FitEntry {
    pub(crate) fn tau(&self) -> Option<f64> {
        self.kendall.map(|kendall| kendall.mean)
    }
}

impl FitTask {
    /// Every number of training architectures, in ascending order.
    pub(crate) fn sizes(&self) -> Vec<usize> {
        let mut sizes: Vec<usize> = self.surrogates.iter().flat_map(|entry| &entry.fits).map(|fit| fit.train).collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    /// Place of the surrogate with the highest mean τ after so many training architectures, and this τ.
    pub(crate) fn winner(&self, train: usize) -> Option<(usize, f64)> {
        let tau = |entry: &SurrogateEntry| entry.fits.iter().find(|fit| fit.train == train)?.tau();
        let taus = self.surrogates.iter().enumerate().filter_map(|(place, entry)| Some((place, tau(entry)?)));
        // Of equals the first, which was named first.
        taus.reduce(|best, next| if next.1 > best.1 { next } else { best })
    }
}
