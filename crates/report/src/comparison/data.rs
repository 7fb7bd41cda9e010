use crate::ScoreNotation;

/// Search strategies side by side, as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonData {
    /// What was compared, and how.
    pub facts: ComparisonFacts,
    /// The tasks, in order.
    pub tasks: Vec<TaskComparison>,
    /// Mean rank of every strategy over all tasks, the best first.
    pub overall: Vec<OverallEntry>,
    /// Paired tests of these ranks.
    pub overall_tests: Vec<PairedTest>,
}

/// What was compared, and how.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ComparisonFacts {
    /// Name of the comparison.
    pub name: String,
    /// Name of the space.
    pub space: String,
    /// Queries of every search.
    pub queries: usize,
    /// Architectures asked for in a round.
    pub batch: usize,
    /// The first seed.
    pub first_seed: u64,
    /// How many seeds.
    pub seeds: u64,
    /// Version of bonas that made the page.
    pub version: String,
}

/// All strategies on one task.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskComparison {
    /// Name of the task.
    pub name: String,
    /// What was searched, in words.
    pub objective: String,
    /// The test column that chosen architectures were looked up in.
    pub test: Option<String>,
    /// How scores and regrets are written.
    pub notation: ScoreNotation,
    /// Best score of the table.
    pub best_score: f64,
    /// Architectures in the table.
    pub architectures: u64,
    /// The strategies, in the order in which they were named.
    pub strategies: Vec<StrategyEntry>,
    /// Paired tests of queries until the best of the table.
    pub tests_of_queries: Vec<PairedTest>,
    /// Paired tests of the regret in the end.
    pub tests_of_regret: Vec<PairedTest>,
    /// With several objectives, the hypervolume of the table's front, each objective scaled from 0, the worst, to 1.
    pub hypervolume: Option<f64>,
    /// Paired tests of how much the fronts in the end fall short of it.
    pub tests_of_hypervolume: Vec<PairedTest>,
}

/// A strategy on one task.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyEntry {
    /// Its name.
    pub name: String,
    /// Mean rank among the strategies, from 1.
    pub mean_rank: f64,
    /// Queries until the best of the table, one for each search; budget + 1 where it was not found.
    pub queries: Vec<f64>,
    /// Regret in the end, one for each search that measured anything.
    pub regrets: Vec<f64>,
    /// Mean of `queries`.
    pub mean_queries: f64,
    /// Median of `queries`.
    pub median_queries: f64,
    /// Searches that did not find the best of the table.
    pub censored: usize,
    /// Mean regret in the end; `None` where some search measured nothing.
    pub regret: Option<f64>,
    /// The same on test images.
    pub test_regret: Option<f64>,
    /// Regret after so many queries, over the searches; one point for each query at which something changes, in order.
    pub curve: Vec<RegretPoint>,
    /// With several objectives, how much the hypervolume of the front falls short of the table's in the end, mean over the searches.
    pub hypervolume_regret: Option<f64>,
    /// The same after so many queries, as `curve`; empty with one objective.
    pub hypervolume_curve: Vec<RegretPoint>,
    /// Mean seconds of one search.
    pub seconds: StrategySeconds,
}

/// Quartiles of the regret of all searches after a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegretPoint {
    /// Number of the query.
    pub query: usize,
    /// The lower quartile.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The upper quartile.
    pub high: f64,
}

/// Mean seconds of one search, phase by phase.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StrategySeconds {
    /// Fitting surrogates.
    pub fit: f64,
    /// Scoring candidates.
    pub score: f64,
    /// Choosing candidates.
    pub propose: f64,
    /// Looking up and recording.
    pub record: f64,
}

/// A paired test of two strategies over the seeds.
#[derive(Clone, Debug, PartialEq)]
pub struct PairedTest {
    /// One strategy.
    pub first: String,
    /// The other.
    pub second: String,
    /// Seeds with which the first is better.
    pub first_better: usize,
    /// Seeds with which the second is better.
    pub second_better: usize,
    /// Probability of such a difference by chance, corrected for the number of pairs.
    pub p_value: f64,
}

/// A strategy among the others over all tasks.
#[derive(Clone, Debug, PartialEq)]
pub struct OverallEntry {
    /// Its name.
    pub name: String,
    /// Its mean rank, from 1.
    pub mean_rank: f64,
}

impl StrategySeconds {
    pub(crate) fn total(&self) -> f64 {
        self.fit + self.score + self.propose + self.record
    }
}

impl TaskComparison {
    /// Place of the strategy with the lowest mean rank.
    pub(crate) fn winner(&self) -> Option<usize> {
        let ranks = self.strategies.iter().map(|strategy| strategy.mean_rank).enumerate();
        ranks.min_by(|left, right| left.1.total_cmp(&right.1)).map(|(place, _)| place)
    }
}

impl PairedTest {
    /// The test of these two, whichever comes first.
    pub(crate) fn of<'a>(tests: &'a [Self], one: &str, other: &str) -> Option<&'a Self> {
        tests.iter().find(|test| (test.first == one && test.second == other) || (test.first == other && test.second == one))
    }
}
