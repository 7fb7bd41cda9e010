use super::population::Group;
use super::{Epochs, TrainingKey};
use crate::LaboratoryError;
use crate::course::unique;
use bonas_core::{Architecture, BoxError, Evaluator, SearchSpace};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Builds a fresh evaluator.
type BuildAlone = dyn Fn() -> Result<Box<dyn Evaluator>, BoxError> + Sync;
/// Builds a fresh evaluator that trains for so many epochs.
type BuildShared = dyn Fn(Epochs) -> Result<Box<dyn Evaluator>, BoxError> + Sync;

/// Which architectures share a sub-supernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grouping {
    /// Architectures drawn at random.
    Random,
    /// Mutations of one parent, as they meet in the rounds of a search.
    Related,
}

impl Grouping {
    /// Every grouping.
    pub const ALL: &[Self] = &[Self::Random, Self::Related];

    /// The name as the command line writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Related => "related",
        }
    }
}

impl fmt::Display for Grouping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// All trainings that are to be compared: every architecture alone with every seed, and every group for every number of epochs.
///
/// Architectures are drawn one after another, and groups are neighbours in that order, so that a course with more architectures,
/// families, sizes, epochs or seeds repeats nothing of a smaller one, but for the group at its end.
pub struct SharingCourse {
    /// The space of all architectures.
    pub space: Arc<dyn SearchSpace>,
    /// Which groups are formed.
    pub groupings: Vec<Grouping>,
    /// How many architectures are drawn at random.
    pub architectures: usize,
    /// How many parents have mutations; of each there are as many as the largest group holds.
    pub families: usize,
    /// Numbers of candidates that share a sub-supernet: k.
    pub sizes: Vec<usize>,
    /// Lengths of the training of a sub-supernet.
    pub epochs: Vec<Epochs>,
    /// Seeds of the stand-alone trainings.
    pub seeds: Range<u64>,
    /// Seed of everything else that is random: architectures and sub-supernets.
    pub seed: u64,
    /// Builds what trains one architecture by itself.
    pub alone: Box<BuildAlone>,
    /// Builds what trains a group in one sub-supernet.
    pub shared: Box<BuildShared>,
}

/// A training that is to be done.
pub(super) struct Training {
    pub(super) key: TrainingKey,
    pub(super) members: Vec<Architecture>,
}

impl SharingCourse {
    /// Checks the numbers.
    ///
    /// # Errors
    /// When nothing is to be done, something comes twice, or a group would be larger than the number of architectures.
    pub fn validate(&self) -> Result<(), LaboratoryError> {
        fn texts<T: ToString>(values: &[T]) -> Vec<String> {
            values.iter().map(T::to_string).collect()
        }
        fn check(what: &'static str, texts: &[String]) -> Result<(), LaboratoryError> {
            unique(what, &texts.iter().map(String::as_str).collect::<Vec<_>>())
        }
        check("grouping", &texts(&self.groupings))?;
        check("group size", &texts(&self.sizes))?;
        check("number of epochs", &texts(&self.epochs))?;
        if self.seeds.is_empty() {
            return Err(LaboratoryError::Nothing("seed"));
        }
        if self.sizes.contains(&0) {
            return Err(LaboratoryError::Nothing("candidate in a group"));
        }
        let is_used = |grouping| self.groupings.contains(&grouping);
        if is_used(Grouping::Related) && self.families == 0 {
            return Err(LaboratoryError::Nothing("family"));
        }
        match self.sizes.iter().find(|&&size| is_used(Grouping::Random) && size > self.architectures) {
            Some(&size) => Err(LaboratoryError::GroupTooLarge { size, architectures: self.architectures }),
            None => Ok(()),
        }
    }

    /// The number of members of a family.
    pub(super) fn family_size(&self) -> usize {
        self.sizes.iter().copied().max().unwrap_or_default()
    }

    /// Number of stand-alone trainings and of sub-supernets.
    ///
    /// # Errors
    /// When the course makes no sense, or the space has too few architectures.
    pub fn trainings(&self) -> Result<(usize, usize), LaboratoryError> {
        let all = self.all_trainings()?;
        let alone = all.iter().filter(|training| matches!(training.key, TrainingKey::Alone { .. })).count();
        Ok((alone, all.len() - alone))
    }

    /// Every training once, in the order in which they are begun: alone by seeds, then sub-supernets, the short ones first.
    pub(super) fn all_trainings(&self) -> Result<Vec<Training>, LaboratoryError> {
        self.validate()?;
        let mut seen = BTreeSet::new();
        let mut trainings = Vec::new();
        let mut add = |key: TrainingKey, members: Vec<Architecture>| {
            if seen.insert(key.clone()) {
                trainings.push(Training { key, members });
            }
        };
        let populations = self.groupings.iter().map(|&grouping| self.population(grouping)).collect::<Result<Vec<_>, _>>()?;
        for seed in self.seeds.clone() {
            for architecture in populations.iter().flatten().flatten() {
                add(TrainingKey::Alone { architecture: self.space.format(architecture), seed }, vec![architecture.clone()]);
            }
        }
        let mut epochs = self.epochs.clone();
        epochs.sort();
        for &epochs in &epochs {
            for population in &populations {
                for group in self.sizes.iter().flat_map(|&size| Group::all(population, size)) {
                    add(self.shared_key(&group, epochs), group.members);
                }
            }
        }
        Ok(trainings)
    }

    pub(super) fn shared_key(&self, group: &Group, epochs: Epochs) -> TrainingKey {
        let members = group.members.iter().map(|member| self.space.format(member)).collect();
        TrainingKey::Shared { epochs, members }
    }
}
