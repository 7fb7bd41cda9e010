use super::{FitKey, Protocol};
use crate::course::unique;
use crate::{LaboratoryError, Task};
use bonas_core::{BoxError, SearchSpace, Surrogate};
use std::ops::Range;
use std::sync::Arc;

/// Builds a fresh surrogate.
type Build = dyn Fn() -> Result<Box<dyn Surrogate>, BoxError> + Sync;

/// A surrogate that takes part.
pub struct SurrogateContestant {
    /// Its name, which no other contestant has.
    pub name: String,
    /// Whether its outcomes are ranks among the training scores, in (0, 1), rather than scores.
    pub predicts_ranks: bool,
    /// Builds it, fresh, in the thread that uses it.
    pub build: Box<Build>,
}

/// All fits that are to be compared: every surrogate on every task with every size and split.
pub struct FitCourse {
    /// The space of all of them.
    pub space: Arc<dyn SearchSpace>,
    /// The tasks.
    pub tasks: Vec<Task>,
    /// The surrogates.
    pub surrogates: Vec<SurrogateContestant>,
    /// Numbers of architectures to train on.
    pub train: Vec<usize>,
    /// Seeds of the splits.
    pub splits: Range<u64>,
    /// What is trained on and what is ranked.
    pub protocol: Protocol,
}

impl FitCourse {
    /// Checks names and numbers.
    ///
    /// # Errors
    /// When nothing is to be done, something comes twice, or a size leaves too little of a table.
    pub fn validate(&self) -> Result<(), LaboratoryError> {
        let tasks: Vec<&str> = self.tasks.iter().map(|task| task.name.as_str()).collect();
        let surrogates: Vec<&str> = self.surrogates.iter().map(|surrogate| surrogate.name.as_str()).collect();
        let sizes: Vec<String> = self.train.iter().map(usize::to_string).collect();
        unique("task", &tasks)?;
        unique("surrogate", &surrogates)?;
        unique("size", &sizes.iter().map(String::as_str).collect::<Vec<_>>())?;
        if self.splits.is_empty() {
            return Err(LaboratoryError::Nothing("split"));
        }
        // Some architectures may lack a score; that is seen when they are split.
        let too_large =
            |(_, task, key): &(_, usize, FitKey)| self.tasks[*task].table.len() < key.train + self.protocol.held_out(key.train);
        match self.keys().find(too_large) {
            Some((_, task, key)) => Err(LaboratoryError::too_few(self.protocol, key, self.tasks[task].table.len())),
            None => Ok(()),
        }
    }

    /// Number of fits.
    pub fn fits(&self) -> usize {
        self.keys().count()
    }

    /// Every fit in the order in which they are begun: by split, so that a course that was cut short has complete comparisons.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&SurrogateContestant, usize, FitKey)> {
        let key = |surrogate: &SurrogateContestant, task: &Task, train, split| FitKey {
            task: task.name.clone(),
            surrogate: surrogate.name.clone(),
            train,
            split,
        };
        self.splits.clone().flat_map(move |split| {
            self.tasks.iter().enumerate().flat_map(move |(place, task)| {
                self.train.iter().flat_map(move |&train| {
                    self.surrogates.iter().map(move |surrogate| (surrogate, place, key(surrogate, task, train, split)))
                })
            })
        })
    }
}
