use crate::LaboratoryError;
use bonas_bayes::{hypervolume, pareto_front};
use bonas_benchmarks::{Objective, Table, TableConfig};
use bonas_core::{Architecture, CostFunction, SearchSpace};
use bonas_search::{Objectives, TrialRecord};
use std::sync::Arc;

/// The objectives of a task that has several, and the scale on which fronts are compared.
///
/// Every objective is scaled so that the worst of the searched part of the table is 0 and the best 1; the reference of all hypervolumes
/// is the worst of each. So a hypervolume lies between 0 and 1, and says nothing of units.
#[derive(Clone)]
pub struct TradeOff {
    /// What architectures cost, one further objective each; trials record them.
    pub costs: Vec<Arc<dyn CostFunction>>,
    worst: Vec<f64>,
    best: Vec<f64>,
    hypervolume: f64,
    front: usize,
}

impl std::fmt::Debug for TradeOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TradeOff").field("worst", &self.worst).field("best", &self.best).finish_non_exhaustive()
    }
}

impl TradeOff {
    /// Looks through the part of a table that `space` has: its means in the searched column and these costs.
    ///
    /// # Errors
    /// When the table has no such column, or not two architectures with all objectives that differ in each.
    pub fn new(
        space: &dyn SearchSpace,
        table: &Table,
        config: &TableConfig,
        costs: Vec<Arc<dyn CostFunction>>,
    ) -> Result<Self, LaboratoryError> {
        let objective = Objective::find(table, config)?;
        let point = |architecture: Architecture| -> Option<Vec<f64>> {
            space.validate(&architecture).ok()?;
            let score = objective.mean_score(table, &architecture)?;
            let costs = costs.iter().map(|cost| cost.cost(&architecture).map(|cost| -cost));
            std::iter::once(Some(score)).chain(costs).collect()
        };
        let points: Vec<Vec<f64>> = table.architectures().filter_map(point).collect();
        let ends = |worst: bool| -> Vec<f64> {
            let better = |left: f64, right: f64| if worst { left.min(right) } else { left.max(right) };
            let of = |objective: usize| points.iter().map(|point| point[objective]).reduce(better).unwrap_or(f64::NAN);
            (0..=costs.len()).map(of).collect()
        };
        let (worst, best) = (ends(true), ends(false));
        if worst.iter().zip(&best).any(|(worst, best)| worst.partial_cmp(best) != Some(std::cmp::Ordering::Less)) {
            return Err(LaboratoryError::NoTradeOff(table.name().into()));
        }
        let mut trade_off = Self { costs, worst, best, hypervolume: 0.0, front: 0 };
        let scaled: Vec<Vec<f64>> = points.iter().map(|point| trade_off.scaled(point)).collect();
        let front: Vec<Vec<f64>> = pareto_front(&scaled).into_iter().map(|place| scaled[place].clone()).collect();
        trade_off.front = front.len();
        trade_off.hypervolume = trade_off.volume(&front);
        Ok(trade_off)
    }

    /// Architectures on the front of the table.
    pub fn front_size(&self) -> usize {
        self.front
    }

    /// Hypervolume of the front of the table.
    pub fn best_hypervolume(&self) -> f64 {
        self.hypervolume
    }

    /// What is maximised.
    pub fn objectives(&self) -> Objectives {
        Objectives { costs: self.costs.iter().map(|cost| cost.name().to_string()).collect() }
    }

    /// How much less the front of the first trials dominates than that of the table, after every query, from the first; nothing is
    /// dominated by those that were charged before the first trial.
    pub(crate) fn regrets(&self, trials: &[TrialRecord], charged: usize) -> Vec<f64> {
        let objectives = self.objectives();
        let (mut front, mut regrets): (Vec<Vec<f64>>, Vec<f64>) = (Vec::new(), vec![self.hypervolume; charged]);
        for trial in trials.iter().filter(|trial| !trial.cached) {
            if let Some(point) = objectives.of(&trial.outcome) {
                front.push(self.scaled(&point));
                front = pareto_front(&front).into_iter().map(|place| front[place].clone()).collect();
            }
            regrets.push(self.hypervolume - self.volume(&front));
        }
        regrets
    }

    fn scaled(&self, point: &[f64]) -> Vec<f64> {
        let scale = |((value, worst), best): ((&f64, &f64), &f64)| (value - worst) / (best - worst);
        point.iter().zip(&self.worst).zip(&self.best).map(scale).collect()
    }

    fn volume(&self, scaled: &[Vec<f64>]) -> f64 {
        hypervolume(scaled, &vec![0.0; self.worst.len()])
    }
}
