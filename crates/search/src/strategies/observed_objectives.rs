use crate::Objectives;
use bonas_core::{Architecture, CompletedTrial};
use std::collections::BTreeSet;

/// All that a strategy with several objectives remembers.
#[derive(Clone, Debug)]
pub(super) struct ObservedObjectives {
    objectives: Objectives,
    seen: BTreeSet<Architecture>,
    measured: Vec<(Architecture, Vec<f64>)>,
}

impl ObservedObjectives {
    pub(super) fn new(objectives: Objectives) -> Self {
        Self { objectives, seen: BTreeSet::new(), measured: Vec::new() }
    }

    /// Adds trials in the order of their recording, and returns those that are new and have all objectives.
    pub(super) fn tell(&mut self, completed: &[CompletedTrial]) -> &[(Architecture, Vec<f64>)] {
        let known = self.measured.len();
        for trial in completed {
            if !self.seen.insert(trial.architecture.clone()) {
                continue;
            }
            if let Some(point) = self.objectives.of(&trial.outcome) {
                self.measured.push((trial.architecture.clone(), point));
            }
        }
        &self.measured[known..]
    }

    /// Everything evaluated, failures included.
    pub(super) fn seen(&self) -> &BTreeSet<Architecture> {
        &self.seen
    }

    /// Everything measured with all its objectives, all maximised, in the order of recording.
    pub(super) fn measured(&self) -> &[(Architecture, Vec<f64>)] {
        &self.measured
    }
}
