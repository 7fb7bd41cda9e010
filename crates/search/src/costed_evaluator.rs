use bonas_core::{Architecture, CostFunction, EvaluationContext, EvaluationError, Evaluator, Outcome, StudyRng};
use std::sync::Arc;

/// An evaluator whose measurements also say what the architecture costs, one metric for each cost.
pub struct CostedEvaluator<'a> {
    /// Says how good architectures are.
    pub evaluator: Box<dyn Evaluator + 'a>,
    /// Say what they cost. Where one of them is not known, the trial has failed: it could not be compared.
    pub costs: Vec<Arc<dyn CostFunction>>,
}

impl CostedEvaluator<'_> {
    fn with_costs(&self, architecture: &Architecture, outcome: Outcome) -> Outcome {
        let Outcome::Measured(mut measurement) = outcome else { return outcome };
        for cost in &self.costs {
            match cost.cost(architecture) {
                Some(value) => measurement = measurement.with_metric(cost.name(), value),
                None => return Outcome::Failed { reason: format!("its {} is not known", cost.name()) },
            }
        }
        Outcome::Measured(measurement)
    }
}

impl Evaluator for CostedEvaluator<'_> {
    fn evaluate(
        &mut self,
        batch: &[Architecture],
        rng: &mut StudyRng,
        context: &EvaluationContext<'_>,
    ) -> Result<Vec<Outcome>, EvaluationError> {
        let outcomes = self.evaluator.evaluate(batch, rng, context)?;
        Ok(batch.iter().zip(outcomes).map(|(architecture, outcome)| self.with_costs(architecture, outcome)).collect())
    }

    fn comparable_across_batches(&self) -> bool {
        self.evaluator.comparable_across_batches()
    }
}
