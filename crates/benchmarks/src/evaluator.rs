use crate::{BenchmarkError, Objective, Table, TableConfig};
use bonas_core::{Architecture, COST_SECONDS, EvaluationContext, EvaluationError, Evaluator, Measurement, Outcome, StudyRng};
use rand::RngExt;
use std::sync::Arc;

/// Answers from a table of finished trainings, in no time. Training seconds of the table are reported as the cost of a trial, so
/// that budgets in hours of training work.
#[derive(Clone, Debug)]
pub struct TableEvaluator {
    table: Arc<Table>,
    objective: Objective,
}

impl TableEvaluator {
    /// An evaluator that answers with the validation values that the configuration names.
    ///
    /// # Errors
    /// As [`Objective::find`].
    pub fn new(table: Arc<Table>, config: &TableConfig) -> Result<Self, BenchmarkError> {
        let objective = Objective::find(&table, config)?;
        Ok(Self { table, objective })
    }

    /// Whether the table says how long trainings took, so that trials have costs.
    pub fn knows_costs(&self) -> bool {
        self.objective.cost.is_some()
    }

    fn outcome(&self, architecture: &Architecture, rng: &mut StudyRng) -> Outcome {
        let values = self.objective.columns.iter().filter_map(|&column| self.table.value(architecture, column));
        let values: Vec<f64> = values.collect();
        if values.is_empty() {
            let reason = format!("the table {} has no {} of it", self.table.name(), self.objective.column.key);
            return Outcome::Failed { reason };
        }
        let value = values[rng.random_range(0..values.len())];
        match Measurement::new(self.objective.column.score(value)) {
            Ok(measurement) => Outcome::Measured(match self.cost(architecture) {
                Some(seconds) => measurement.with_metric(COST_SECONDS, seconds),
                None => measurement,
            }),
            Err(error) => Outcome::Failed { reason: error.to_string() },
        }
    }

    fn cost(&self, architecture: &Architecture) -> Option<f64> {
        self.table.value(architecture, self.objective.cost?)
    }
}

impl Evaluator for TableEvaluator {
    fn evaluate(
        &mut self,
        batch: &[Architecture],
        rng: &mut StudyRng,
        _context: &EvaluationContext<'_>,
    ) -> Result<Vec<Outcome>, EvaluationError> {
        Ok(batch.iter().map(|architecture| self.outcome(architecture, rng)).collect())
    }
}
