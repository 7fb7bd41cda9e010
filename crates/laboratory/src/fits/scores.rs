use crate::{LaboratoryError, Task};
use bonas_benchmarks::{TableEvaluator, TestScores};
use bonas_core::{Architecture, CellGraph, EvaluationContext, Evaluator, Interrupt, SearchSpace, SeedStream, Silent};

/// All architectures of a task, and what surrogates see of them.
pub(super) struct Population<'a> {
    task: &'a Task,
    architectures: Vec<Architecture>,
    /// [architecture]
    pub(super) graphs: Vec<CellGraph>,
    /// Scores on test images; none where they are not asked for.
    pub(super) test: Option<TestScores>,
}

impl<'a> Population<'a> {
    pub(super) fn new(task: &'a Task, space: &dyn SearchSpace, with_test: bool) -> Result<Self, LaboratoryError> {
        let architectures: Vec<Architecture> = task.table.architectures().collect();
        let graphs = architectures.iter().map(|architecture| space.graph(architecture)).collect();
        let test = match with_test {
            false => None,
            true => {
                let test = TestScores::of(&task.table, &task.config)?;
                Some(test.ok_or_else(|| LaboratoryError::NoTest(task.name.clone()))?)
            }
        };
        Ok(Self { task, architectures, graphs, test })
    }

    /// The validation score of every architecture, as a search would see it; `None` where the table has none. Where the table is asked
    /// for single trainings, the seed of the split draws them.
    pub(super) fn scores(&self, seed: u64) -> Result<Vec<Option<f64>>, LaboratoryError> {
        let mut evaluator = TableEvaluator::new(self.task.table.clone(), &self.task.config)?;
        let context = EvaluationContext { round: 0, progress: &Silent, interrupt: &Interrupt::default() };
        let outcomes = evaluator.evaluate(&self.architectures, &mut SeedStream::new(seed).rng("scores", 0), &context);
        let outcomes = outcomes.map_err(|error| LaboratoryError::Evaluation(Box::new(error)))?;
        Ok(outcomes.iter().map(|outcome| outcome.score()).collect())
    }
}
