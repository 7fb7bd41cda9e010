use crate::TrialRecord;
use bonas_bayes::pareto_front;
use bonas_core::Outcome;

/// What a search with several objectives maximises: the score first, then costs, by the names of their metrics and negated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Objectives {
    /// Metrics that are kept low.
    pub costs: Vec<String>,
}

impl Objectives {
    /// The objectives of an outcome, all maximised; `None` where it failed or lacks one.
    pub fn of(&self, outcome: &Outcome) -> Option<Vec<f64>> {
        let score = outcome.score()?;
        let costs = self.costs.iter().map(|name| outcome.metric(name).map(|cost| -cost));
        std::iter::once(Some(score)).chain(costs).collect()
    }

    /// The trials of the Pareto front, the highest score first, the earliest of equals. Cached answers are left out.
    pub fn front<'a>(&self, trials: &'a [TrialRecord]) -> Vec<&'a TrialRecord> {
        let measured = trials.iter().filter(|trial| !trial.cached).filter_map(|trial| Some((self.of(&trial.outcome)?, trial)));
        let (points, trials): (Vec<Vec<f64>>, Vec<&TrialRecord>) = measured.unzip();
        let mut front: Vec<_> = pareto_front(&points).into_iter().map(|place| (points[place][0], trials[place])).collect();
        front.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.id.cmp(&right.1.id)));
        front.into_iter().map(|(_, trial)| trial).collect()
    }
}
