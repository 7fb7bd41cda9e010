use super::population::Group;
use super::{Epochs, Grouping, SharingCourse, TrainingKey, TrainingRecord, csv};
use crate::LaboratoryError;
use crate::statistics::{Estimate, Spread, bootstrap, pooled_stddev};
use bonas_bayes::{BayesError, kendall_tau, mean, spearman};
use bonas_core::SeedStream;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Part of the resampled correlations that an interval holds.
const PROBABILITY: f64 = 0.95;
/// Drawings of architectures for an interval.
const RESAMPLES: usize = 2_000;

/// Everything that is said of a course of trainings, as plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SharingSummary {
    /// Name of the space.
    pub space: String,
    /// Seed of architectures and sub-supernets.
    pub seed: u64,
    /// First seed of the stand-alone trainings.
    pub first_alone_seed: u64,
    /// How many stand-alone trainings each architecture had.
    pub alone_seeds: u64,
    /// The groupings, in order, and the stand-alone scores of their architectures.
    pub groupings: Vec<GroupingFacts>,
    /// Every setting: grouping by grouping, k by k, epochs by epochs, in the order in which they were named.
    pub settings: Vec<SharingRow>,
}

/// The architectures of a grouping, trained from scratch. Those that failed with any seed count nowhere else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupingFacts {
    /// Which architectures meet.
    pub grouping: Grouping,
    /// How many architectures there are.
    pub architectures: usize,
    /// How many families they come from; 1 where they are drawn at random.
    pub families: usize,
    /// How many of them failed with some seed.
    pub failed: usize,
    /// Mean of their scores.
    pub mean: Option<f64>,
    /// Standard deviation between architectures, of their mean scores.
    pub stddev_architectures: Option<f64>,
    /// Standard deviation between the seeds of one architecture.
    pub stddev_seeds: Option<f64>,
    /// The ceiling: Kendall's τ-b between the stand-alone scores with two seeds, over all pairs of seeds.
    pub ceiling: Option<Spread>,
    /// The same of Spearman's ρ.
    pub ceiling_spearman: Option<Spread>,
    /// Mean seconds of one training.
    pub seconds: Option<f64>,
    /// The scores themselves.
    pub scores: Vec<AloneScores>,
}

/// The stand-alone scores of an architecture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AloneScores {
    /// The architecture, in the text form of its space.
    pub architecture: String,
    /// One for each seed; `None` where the training failed.
    pub scores: Vec<Option<f64>>,
}

/// One setting of sub-supernets, against the means of the stand-alone scores. Correlations are τ-b or ρ of architectures with both
/// scores; `None` where they are undefined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SharingRow {
    /// Which architectures meet.
    pub grouping: Grouping,
    /// Candidates in a sub-supernet.
    pub k: usize,
    /// Passes over the training images after the warm-up.
    pub epochs: Epochs,
    /// Sub-supernets.
    pub groups: usize,
    /// Candidates without a score.
    pub failed: usize,
    /// Kendall's τ-b over all architectures, as if scores of different sub-supernets were on one scale, with a 95 % bootstrap
    /// interval.
    pub kendall: Option<Estimate>,
    /// The same of Spearman's ρ.
    pub spearman: Option<Estimate>,
    /// Kendall's τ-b among the members of one sub-supernet, over all of them for which it is defined: what a round of a search lives
    /// by.
    pub kendall_within: Option<Spread>,
    /// For how many sub-supernets it is defined.
    pub groups_within: usize,
    /// The ceiling of that: τ-b between stand-alone scores with two seeds among the same members.
    pub ceiling_within: Option<Spread>,
    /// Mean score.
    pub mean: Option<f64>,
    /// Standard deviation of the scores between architectures.
    pub stddev: Option<f64>,
    /// The same between members of one sub-supernet.
    pub stddev_within: Option<f64>,
    /// Seconds of training and scoring, for each candidate.
    pub seconds_per_candidate: f64,
    /// The scores themselves, each architecture once.
    pub pairs: Vec<ScoredPair>,
}

/// Both scores of an architecture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoredPair {
    /// The architecture, in the text form of its space.
    pub architecture: String,
    /// Which sub-supernet it was in, from 0.
    pub group: usize,
    /// Mean of its stand-alone scores.
    pub alone: f64,
    /// Its score in the sub-supernet.
    pub shared: f64,
}

type Correlation = fn(&[f64], &[f64]) -> Result<f64, BayesError>;

impl SharingSummary {
    /// Sums up a course. All its trainings must be finished.
    ///
    /// # Errors
    /// [`LaboratoryError::UnfinishedTraining`], or when the course makes no sense.
    pub fn new(course: &SharingCourse, records: &BTreeMap<TrainingKey, TrainingRecord>) -> Result<Self, LaboratoryError> {
        course.validate()?;
        let mut summary = Self {
            space: course.space.name().into(),
            seed: course.seed,
            first_alone_seed: course.seeds.start,
            alone_seeds: course.seeds.end - course.seeds.start,
            groupings: Vec::new(),
            settings: Vec::new(),
        };
        for &grouping in &course.groupings {
            let population = course.population(grouping)?;
            let alone = Alone::new(course, &population, records)?;
            for &k in &course.sizes {
                let groups = Group::all(&population, k);
                for &epochs in &course.epochs {
                    summary.settings.push(setting(course, grouping, epochs, &groups, &alone, records)?);
                }
            }
            summary.groupings.push(alone.facts(grouping, population.len()));
        }
        Ok(summary)
    }

    /// One row for every setting, with a header.
    ///
    /// # Errors
    /// When a row cannot be written.
    pub fn to_csv(&self) -> Result<String, LaboratoryError> {
        csv::write(self)
    }

    /// The facts of a grouping that was measured.
    pub fn facts(&self, grouping: Grouping) -> Option<&GroupingFacts> {
        self.groupings.iter().find(|facts| facts.grouping == grouping)
    }
}

/// The stand-alone trainings of a population.
struct Alone {
    scores: Vec<AloneScores>,
    /// [architecture] → scores of all seeds, where none is missing.
    whole: BTreeMap<String, Vec<f64>>,
    seconds: Vec<f64>,
}

impl Alone {
    fn new(
        course: &SharingCourse,
        population: &[Vec<bonas_core::Architecture>],
        records: &BTreeMap<TrainingKey, TrainingRecord>,
    ) -> Result<Self, LaboratoryError> {
        let mut alone = Self { scores: Vec::new(), whole: BTreeMap::new(), seconds: Vec::new() };
        // Families may share a member.
        let mut seen = BTreeSet::new();
        for architecture in population.iter().flatten().map(|architecture| course.space.format(architecture)) {
            if !seen.insert(architecture.clone()) {
                continue;
            }
            let mut scores = Vec::new();
            for seed in course.seeds.clone() {
                let record = recorded(records, TrainingKey::Alone { architecture: architecture.clone(), seed })?;
                scores.extend(&record.scores);
                alone.seconds.push(record.seconds);
            }
            if let Some(whole) = scores.iter().copied().collect::<Option<Vec<f64>>>() {
                alone.whole.insert(architecture.clone(), whole);
            }
            alone.scores.push(AloneScores { architecture, scores });
        }
        Ok(alone)
    }

    fn facts(self, grouping: Grouping, families: usize) -> GroupingFacts {
        let all: Vec<&Vec<f64>> = self.whole.values().collect();
        let means: Vec<f64> = all.iter().filter_map(|scores| mean(scores)).collect();
        GroupingFacts {
            grouping,
            architectures: self.scores.len(),
            families,
            failed: self.scores.len() - self.whole.len(),
            mean: mean(&means),
            stddev_architectures: pooled_stddev([means.as_slice()]),
            stddev_seeds: pooled_stddev(all.iter().map(|scores| scores.as_slice())),
            ceiling: between_seeds(&all, kendall_tau),
            ceiling_spearman: between_seeds(&all, spearman),
            seconds: mean(&self.seconds),
            scores: self.scores,
        }
    }
}

/// A correlation between the columns of two seeds, over all pairs of seeds; `None` with one seed or where any is undefined.
/// `scores` are [architecture][seed].
fn between_seeds(scores: &[&Vec<f64>], correlation: Correlation) -> Option<Spread> {
    let seeds = scores.first().map_or(0, |scores| scores.len());
    let column = |seed: usize| scores.iter().map(|scores| scores[seed]).collect::<Vec<f64>>();
    let pairs = (0..seeds).flat_map(|first| (first + 1..seeds).map(move |second| (first, second)));
    Spread::of(pairs.map(|(first, second)| correlation(&column(first), &column(second)).ok()))
}

fn setting(
    course: &SharingCourse,
    grouping: Grouping,
    epochs: Epochs,
    groups: &[Group],
    alone: &Alone,
    records: &BTreeMap<TrainingKey, TrainingRecord>,
) -> Result<SharingRow, LaboratoryError> {
    let (mut pairs, mut shared_scores, mut within, mut ceiling) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut failed, mut seconds, mut candidates) = (0, 0.0, 0);
    let mut seen = BTreeSet::new();
    for (place, group) in groups.iter().enumerate() {
        let record = recorded(records, course.shared_key(group, epochs))?;
        seconds += record.seconds;
        candidates += group.members.len();
        shared_scores.push(record.scores.iter().flatten().copied().collect::<Vec<f64>>());
        let members = group.members.iter().map(|member| course.space.format(member));
        let mut of_group = Vec::new();
        for (member, (architecture, score)) in members.zip(&record.scores).enumerate() {
            let is_first = member < group.scored && seen.insert(architecture.clone());
            failed += usize::from(is_first && score.is_none());
            let (Some(shared), Some(whole)) = (*score, alone.whole.get(&architecture)) else { continue };
            let Some(mean) = mean(whole) else { continue };
            of_group.push((whole, mean, shared));
            if is_first {
                pairs.push(ScoredPair { architecture, group: place, alone: mean, shared });
            }
        }
        let (means, shared): (Vec<f64>, Vec<f64>) = of_group.iter().map(|(_, mean, shared)| (*mean, *shared)).unzip();
        let whole: Vec<&Vec<f64>> = of_group.iter().map(|(whole, ..)| *whole).collect();
        within.extend(kendall_tau(&means, &shared).ok());
        ceiling.extend(between_seeds(&whole, kendall_tau).map(|spread| spread.mean));
    }
    let k = groups.first().map_or(0, |group| group.members.len());
    let stream = format!("bootstrap: {grouping}, {k}, {epochs}");
    let estimated = |correlation: Correlation| {
        let statistic = |pairs: &[ScoredPair]| {
            let (alone, shared): (Vec<f64>, Vec<f64>) = pairs.iter().map(|pair| (pair.alone, pair.shared)).unzip();
            correlation(&alone, &shared).ok()
        };
        // Two are in one order or the other, and in the same one however often they are drawn again: that tells nothing.
        if pairs.len() < 3 {
            return None;
        }
        bootstrap(&pairs, statistic, PROBABILITY, RESAMPLES, &mut SeedStream::new(course.seed).rng(&stream, 0))
    };
    let all: Vec<f64> = pairs.iter().map(|pair| pair.shared).collect();
    Ok(SharingRow {
        grouping,
        k,
        epochs,
        groups: groups.len(),
        failed,
        kendall: estimated(kendall_tau),
        spearman: estimated(spearman),
        groups_within: within.len(),
        kendall_within: Spread::of(within.into_iter().map(Some)),
        ceiling_within: Spread::of(ceiling.into_iter().map(Some)),
        mean: mean(&all),
        stddev: pooled_stddev([all.as_slice()]),
        stddev_within: pooled_stddev(shared_scores.iter().map(Vec::as_slice)),
        seconds_per_candidate: seconds / candidates.max(1) as f64,
        pairs,
    })
}

fn recorded(records: &BTreeMap<TrainingKey, TrainingRecord>, key: TrainingKey) -> Result<&TrainingRecord, LaboratoryError> {
    records.get(&key).ok_or_else(|| LaboratoryError::UnfinishedTraining(Box::new(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_is_the_mean_over_all_pairs_of_seeds() {
        // Orders of three architectures with three seeds: 123, 132 and 321.
        let scores = [vec![1.0, 1.0, 3.0], vec![2.0, 3.0, 2.0], vec![3.0, 2.0, 1.0]];
        let scores: Vec<&Vec<f64>> = scores.iter().collect();
        // τ is 1/3, −1 and −1/3.
        let ceiling = between_seeds(&scores, kendall_tau).expect("defined");
        assert!((ceiling.mean + 1.0 / 3.0).abs() < 1e-12 && (ceiling.stddev - 2.0 / 3.0).abs() < 1e-12, "{ceiling:?}");
        let single = [vec![1.0], vec![2.0]];
        assert_eq!(between_seeds(&single.iter().collect::<Vec<_>>(), kendall_tau), None, "one seed has no ceiling");
        assert_eq!(between_seeds(&[], kendall_tau), None);
    }
}
