use super::observed::Observed;
use super::{fresh, origin};
use bonas_core::{CompletedTrial, Proposal, SearchSpace, SearchStrategy, StrategyError, StudyRng};
use std::sync::Arc;

/// Draws architectures uniformly, none twice, until the space is used up.
pub struct RandomSearch {
    space: Arc<dyn SearchSpace>,
    observed: Observed,
}

impl RandomSearch {
    /// Random search in `space`.
    pub fn new(space: Arc<dyn SearchSpace>) -> Self {
        Self { space, observed: Observed::default() }
    }
}

impl SearchStrategy for RandomSearch {
    fn ask(&self, count: usize, rng: &mut StudyRng) -> Result<Vec<Proposal>, StrategyError> {
        Ok(proposals(self.space.as_ref(), &self.observed, count, rng))
    }

    fn tell(&mut self, completed: &[CompletedTrial]) {
        self.observed.tell(completed);
    }
}

/// At most `count` random proposals that have not been evaluated: also how strategies with a model begin.
pub(super) fn proposals(space: &dyn SearchSpace, observed: &Observed, count: usize, rng: &mut StudyRng) -> Vec<Proposal> {
    let drawn = fresh::samples(space, count, &mut observed.seen().clone(), rng);
    drawn.into_iter().map(|architecture| Proposal { architecture, prediction: None, origin: origin::RANDOM.into() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_testing::toy::ToySpace;

    #[test]
    fn keeps_the_contract() {
        let space = Arc::new(ToySpace::new(3));
        bonas_testing::strategy::check(&|| Box::new(RandomSearch::new(space.clone())), space.as_ref());
    }
}
