use super::comparison::{Ranks, outcome_order, overall, tests_of_ranks};
use super::{Comparison, OverallRank, Sample};
use crate::course::unique;
use crate::journal::recorded;
use crate::{LaboratoryError, SearchKey, SearchRecord, Settings};
use bonas_bayes::mean;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Strategies ranked over the tasks of several comparisons, each with a space, a table and a budget of its own. What a strategy is, is
/// the same in all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeveralSummary {
    /// Seeds with which every strategy searched every task.
    pub seeds: Vec<u64>,
    /// All tasks, in the order of their folders.
    pub tasks: Vec<TaskRanks>,
    /// Mean rank of every strategy over all tasks, the best first.
    pub overall: Vec<OverallRank>,
    /// Paired tests of those ranks, seed by seed.
    pub overall_comparisons: Vec<Comparison>,
    /// Strategies that some folder has and another has not.
    pub left_out: BTreeSet<String>,
}

/// The strategies on one task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskRanks {
    /// The folder of its comparison.
    pub folder: PathBuf,
    /// Name of its space.
    pub space: String,
    /// Its name.
    pub task: String,
    /// Queries of a search.
    pub queries: usize,
    /// Mean rank of every strategy over the seeds, by its name.
    pub mean_ranks: BTreeMap<String, f64>,
}

/// A folder with searches.
struct Folder<'a> {
    path: &'a Path,
    settings: Settings,
    records: BTreeMap<SearchKey, SearchRecord>,
}

impl SeveralSummary {
    /// Ranks strategies over all tasks of these folders: the wanted ones, or those that all folders have. A seed counts if every
    /// strategy has searched every task with it.
    ///
    /// # Errors
    /// When a folder or strategy is named twice, a folder holds no searches, a wanted strategy is missing somewhere or has other settings, fewer than two strategies are in
    /// all folders, or no seed is in all of their searches.
    pub fn of(folders: &[PathBuf], wanted: &[String]) -> Result<Self, LaboratoryError> {
        let paths: Vec<String> = folders.iter().map(|path| path.display().to_string()).collect();
        unique("folder", &paths.iter().map(String::as_str).collect::<Vec<_>>())?;
        let folders = folders.iter().map(|path| Folder::read(path)).collect::<Result<Vec<_>, _>>()?;
        let Some(first) = folders.first() else { return Err(LaboratoryError::Nothing("folder")) };
        let all: BTreeSet<&str> = folders.iter().flat_map(Folder::strategies).collect();
        let common: Vec<&str> =
            all.iter().copied().filter(|name| folders.iter().all(|folder| folder.strategies().contains(name))).collect();
        for name in wanted {
            let lacks = |folder: &&Folder<'_>| !folder.strategies().contains(name.as_str());
            if let Some(folder) = folders.iter().find(lacks) {
                return Err(LaboratoryError::NotThere { path: folder.path.into(), strategy: name.clone() });
            }
        }
        let names: Vec<&str> = if wanted.is_empty() { common } else { wanted.iter().map(String::as_str).collect() };
        unique("strategy", &names)?;
        if names.len() < 2 {
            return Err(LaboratoryError::Nothing("second strategy in all of the folders"));
        }
        for name in &names {
            folders.iter().try_for_each(|other| first.agrees(other, name))?;
        }
        let seeds = common_seeds(&folders, &names)?;
        let (mut tasks, mut ranks) = (Vec::new(), Vec::<Ranks>::new());
        for folder in &folders {
            let queries = folder.queries()?;
            for task in folder.tasks(&names) {
                let of_task = outcome_order(&folder.samples(task, &names, &seeds), queries);
                let means = names.iter().zip(&of_task).map(|(name, ranks)| (name.to_string(), mean(ranks).unwrap_or_default()));
                tasks.push(TaskRanks {
                    folder: folder.path.into(),
                    space: folder.setting("space")?.into(),
                    task: task.into(),
                    queries,
                    mean_ranks: means.collect(),
                });
                ranks.push(of_task);
            }
        }
        let left_out = all.into_iter().filter(|name| !names.contains(name)).map(Into::into).collect();
        let (overall, overall_comparisons) = (overall(&names, &ranks), tests_of_ranks(&names, &ranks));
        Ok(Self { seeds: seeds.into_iter().collect(), tasks, overall, overall_comparisons, left_out })
    }
}

/// The seeds of every strategy on every task.
fn common_seeds(folders: &[Folder<'_>], names: &[&str]) -> Result<BTreeSet<u64>, LaboratoryError> {
    let mut common: Option<BTreeSet<u64>> = None;
    for folder in folders {
        for task in folder.tasks(names) {
            for name in names {
                let seeds: BTreeSet<u64> = folder.of(task, name).map(|search| search.key.seed).collect();
                let both: BTreeSet<u64> = common.map_or(seeds.clone(), |common| &common & &seeds);
                if both.is_empty() {
                    let (path, strategy, task) = (folder.path.into(), name.to_string(), task.to_string());
                    return Err(LaboratoryError::NoCommonSeed { path, strategy, task });
                }
                common = Some(both);
            }
        }
    }
    Ok(common.unwrap_or_default())
}

impl<'a> Folder<'a> {
    fn read(path: &'a Path) -> Result<Self, LaboratoryError> {
        let (settings, records) = recorded::<SearchRecord>(path)?;
        let folder = Self { path, settings, records };
        match folder.records.is_empty() {
            true => Err(LaboratoryError::Empty(path.into())),
            false => Ok(folder),
        }
    }

    fn strategies(&self) -> BTreeSet<&str> {
        self.records.keys().map(|key| key.strategy.as_str()).collect()
    }

    /// Tasks that one of these strategies has searched.
    fn tasks(&self, names: &[&str]) -> BTreeSet<&str> {
        let searched = self.records.keys().filter(|key| names.contains(&key.strategy.as_str()));
        searched.map(|key| key.task.as_str()).collect()
    }

    /// The searches of a strategy on a task, in the order of their seeds.
    fn of(&self, task: &str, strategy: &str) -> impl Iterator<Item = &SearchRecord> {
        self.records.values().filter(move |search| search.key.task == task && search.key.strategy == strategy)
    }

    fn samples<'b>(&'b self, task: &str, names: &[&'b str], seeds: &BTreeSet<u64>) -> Vec<Sample<'b>> {
        let searches = |strategy| self.of(task, strategy).filter(|search| seeds.contains(&search.key.seed)).collect();
        names.iter().map(|&strategy| Sample { strategy, searches: searches(strategy) }).collect()
    }

    fn setting(&self, key: &str) -> Result<&str, LaboratoryError> {
        let missing = || LaboratoryError::NoSetting { path: self.path.into(), key: key.into() };
        self.settings.common.get(key).map(String::as_str).ok_or_else(missing)
    }

    fn queries(&self) -> Result<usize, LaboratoryError> {
        let key = "study.budget.queries";
        self.setting(key)?.parse().map_err(|_| LaboratoryError::NoSetting { path: self.path.into(), key: key.into() })
    }

    /// Checks that a strategy is the same in both.
    fn agrees(&self, other: &Self, strategy: &str) -> Result<(), LaboratoryError> {
        let settings = |folder: &Self| folder.settings.contestants.get(strategy).cloned().unwrap_or_default();
        let (left, right) = (settings(self), settings(other));
        let Some(key) = left.keys().chain(right.keys()).find(|&key| left.get(key) != right.get(key)) else { return Ok(()) };
        let value = |of: &BTreeMap<String, String>| of.get(key).cloned().unwrap_or_else(|| "none".into());
        Err(LaboratoryError::OtherStrategy {
            strategy: strategy.into(),
            key: key.clone(),
            first: Box::new((self.path.into(), value(&left))),
            second: Box::new((other.path.into(), value(&right))),
        })
    }
}
