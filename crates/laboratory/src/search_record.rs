use crate::{Record, SearchKey};
use bonas_search::StopReason;
use serde::{Deserialize, Serialize};

/// A finished search: everything the comparison needs, and nothing that changes between runs but the times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchRecord {
    /// Which search.
    #[serde(flatten)]
    pub key: SearchKey,
    /// Architectures evaluated, and what was charged before them.
    pub queries: usize,
    /// Queries that cheap trainings were charged as, before the first of the others.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub charged: usize,
    /// Rounds asked for.
    pub rounds: usize,
    /// Evaluations without a score.
    pub failures: usize,
    /// Why it ended.
    pub stop_reason: StopReason,
    /// The query that found the best of the table; `None` where none did.
    pub queries_to_best: Option<usize>,
    /// Every architecture that was the best so far, in order.
    pub incumbents: Vec<Incumbent>,
    /// With several objectives, how much the front falls short of that of the table, after every query; empty with one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hypervolume_regret: Vec<f64>,
    /// Where the time went.
    pub seconds: PhaseTimes,
}

/// An architecture that was the best so far, by the searched column, from its query on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incumbent {
    /// Number of its query, from 1.
    pub query: usize,
    /// What the search saw of it; larger is better.
    pub score: f64,
    /// How far it is from the best of the table in the searched column.
    pub regret: f64,
    /// Its place in the table by the searched column, from 1.
    pub rank: usize,
    /// Its score on test images, which no search sees; `None` where the table has none.
    pub test: Option<f64>,
    /// How far it is from the best of the table on test images.
    pub test_regret: Option<f64>,
}

/// Seconds of wall clock of one search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhaseTimes {
    /// Fitting surrogates.
    pub fit: f64,
    /// Scoring candidates.
    pub score: f64,
    /// Drawing, breeding and choosing candidates.
    pub propose: f64,
    /// Looking results up in the table.
    pub evaluate: f64,
    /// Recording them.
    pub record: f64,
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl PhaseTimes {
    /// All phases together.
    pub fn total(&self) -> f64 {
        self.fit + self.score + self.propose + self.evaluate + self.record
    }

    pub(crate) fn zip(&self, other: &Self, join: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            fit: join(self.fit, other.fit),
            score: join(self.score, other.score),
            propose: join(self.propose, other.propose),
            evaluate: join(self.evaluate, other.evaluate),
            record: join(self.record, other.record),
        }
    }
}

impl Record for SearchRecord {
    type Key = SearchKey;
    const FILE: &'static str = "searches.jsonl";
    const WHAT: &'static str = "search";

    fn key(&self) -> &SearchKey {
        &self.key
    }
}

impl SearchRecord {
    /// How much the front after so many queries, or in the end, falls short of that of the table; `None` with one objective.
    pub fn hypervolume_regret_at(&self, queries: usize) -> Option<f64> {
        let place = queries.min(self.hypervolume_regret.len()).checked_sub(1)?;
        self.hypervolume_regret.get(place).copied()
    }

    /// The best after this many queries; `None` while nothing had a score.
    pub fn incumbent(&self, queries: usize) -> Option<&Incumbent> {
        self.incumbents.iter().take_while(|incumbent| incumbent.query <= queries).last()
    }

    /// Queries until the best of the table; `budget + 1` where it was not found, which is then too few.
    pub fn queries_or_censored(&self, budget: usize) -> usize {
        self.queries_to_best.unwrap_or(budget + 1)
    }

    /// The same search without its times, to compare runs.
    pub fn untimed(self) -> Self {
        Self { seconds: PhaseTimes::default(), ..self }
    }
}
