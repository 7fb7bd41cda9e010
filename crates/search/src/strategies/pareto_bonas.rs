use super::bonas::BonasConfig;
use super::observed_objectives::ObservedObjectives;
use super::whole_space::WholeSpace;
use super::{fresh, origin, out_of_range, tournament};
use crate::Objectives;
use crate::ask_seconds::{fitting, scoring};
use bonas_bayes::{ExpectedHypervolumeImprovement, Scale, TwoBeliefs, pareto_front};
use bonas_core::{
    Architecture, CellGraph, CompletedTrial, CostFunction, FittedSurrogate, Observations, Posterior, Prediction, Proposal,
    SearchSpace, SearchStrategy, StrategyError, StudyRng, Surrogate,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// Settings of [`ParetoBonas`] beside those of [`Bonas`](super::Bonas).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ParetoConfig {
    /// Whether a cost is looked up before an architecture is queried, or foreseen by a surrogate of its own.
    pub cost: CostBelief,
    /// The scale of the score on which the front is improved.
    pub scale: Scale,
}

/// What is believed of the cost of an architecture that was not queried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CostBelief {
    /// It is known exactly.
    #[default]
    Known,
    /// It is foreseen by a second surrogate, fitted to the costs of queried architectures alone.
    Modelled,
}

/// Candidates that may still be chosen after others were, beside those that are wanted.
const SHORTLIST: usize = 400;
/// How far below the worst that was observed the reference of the hypervolume lies, in parts of the observed range.
const MARGIN: f64 = 0.1;

/// BONAS for a score and a cost: candidates are ranked by the [`ExpectedHypervolumeImprovement`] of the Pareto front.
///
/// The score is believed as [`Bonas`](super::Bonas) believes it; the cost is known, or has a surrogate of its own of the same kind. The
/// front is that of the expected scores of what was measured, so that a lucky measurement does not bar the way, above a reference a tenth
/// of the observed range below the worst that was observed. The queries of a round are chosen one after the other: what the surrogate
/// expects of the first counts as observed when the next is chosen. A small space is scored whole; in a large one candidates are
/// evolved from the front, towards a high improvement, and drawn at random.
pub struct ParetoBonas {
    space: Arc<dyn SearchSpace>,
    surrogate: Box<dyn Surrogate>,
    cost: Arc<dyn CostFunction>,
    config: BonasConfig,
    pareto: ParetoConfig,
    observed: ObservedObjectives,
    /// The whole space, if it is small; listed when it is first needed.
    whole: OnceLock<Option<WholeSpace>>,
}

impl ParetoBonas {
    /// A search in `space` for the front of the score and this cost, with this surrogate.
    ///
    /// # Errors
    /// When a setting lies outside its range.
    pub fn new(
        space: Arc<dyn SearchSpace>,
        surrogate: Box<dyn Surrogate>,
        cost: Arc<dyn CostFunction>,
        config: BonasConfig,
        pareto: ParetoConfig,
    ) -> Result<Self, StrategyError> {
        config.validate().map_err(out_of_range)?;
        let observed = ObservedObjectives::new(Objectives { costs: vec![cost.name().into()] });
        Ok(Self { space, surrogate, cost, config, pareto, observed, whole: OnceLock::new() })
    }

    /// Fits what is believed to everything that was measured.
    fn fit(&self, rng: &mut StudyRng) -> Result<Beliefs<'_>, StrategyError> {
        let measured = self.observed.measured();
        let graphs: Vec<CellGraph> = measured.iter().map(|(architecture, _)| self.space.graph(architecture)).collect();
        let mut fit = |objective: usize| -> Result<_, StrategyError> {
            let values = measured.iter().map(|(_, point)| point[objective]).collect();
            let observations = Observations::new(graphs.clone(), values).map_err(|error| StrategyError::Other(error.into()))?;
            Ok(fitting(|| self.surrogate.fit(&observations, rng))?)
        };
        let score = fit(0)?;
        let cost = match self.pareto.cost {
            CostBelief::Known => CostSource::Known(self.cost.as_ref()),
            CostBelief::Modelled => CostSource::Modelled(fit(1)?),
        };
        let mut beliefs = Beliefs { score, cost, scale: self.pareto.scale, front: empty()? };
        let architectures: Vec<Architecture> = measured.iter().map(|(architecture, _)| architecture.clone()).collect();
        let (known, _) = beliefs.about(&architectures, &graphs)?;
        let points: Vec<[f64; 2]> = known.into_iter().flatten().map(|belief| belief.map(|[mean, _]| mean)).collect();
        beliefs.front = ExpectedHypervolumeImprovement::new(&points, reference(&points))?;
        Ok(beliefs)
    }

    /// Everything that may be queried this round, scored.
    fn candidates(&self, beliefs: &Beliefs<'_>, rng: &mut StudyRng) -> Result<Vec<Candidate>, StrategyError> {
        let space = self.space.as_ref();
        if let Some(whole) = self.whole.get_or_init(|| WholeSpace::list(space, self.config.exhaustive_up_to)) {
            let mut candidates = beliefs.score(&whole.members, &whole.graphs, origin::SPACE, self.config.scoring_batch)?;
            candidates.retain(|candidate| !self.observed.seen().contains(&candidate.architecture));
            return Ok(candidates);
        }
        let mut taken = self.observed.seen().clone();
        let score = |architectures: Vec<Architecture>, origin| {
            let graphs: Vec<_> = architectures.iter().map(|architecture| space.graph(architecture)).collect();
            beliefs.score(&architectures, &graphs, origin, self.config.scoring_batch)
        };
        let random = fresh::samples(space, self.config.pool_size - self.config.evolved(), &mut taken, rng);
        let mut pool = score(random, origin::POOL_RANDOM)?;
        let mut population = score(self.founders(rng), origin::POOL_EVOLVED)?;
        let wanted = pool.len() + self.config.evolved();
        while pool.len() < wanted && !population.is_empty() {
            let count = self.config.generation_size.min(wanted - pool.len());
            let children = self.breed(&population, count, &mut taken, rng);
            if children.is_empty() {
                break;
            }
            let children = score(children, origin::POOL_EVOLVED)?;
            population.extend(children.iter().cloned());
            population.drain(..population.len().saturating_sub(self.config.population_size));
            pool.extend(children);
        }
        Ok(pool)
    }

    /// The first parents: members of the front, after random ones.
    fn founders(&self, rng: &mut StudyRng) -> Vec<Architecture> {
        let measured = self.observed.measured();
        let points: Vec<Vec<f64>> = measured.iter().map(|(_, point)| point.clone()).collect();
        let front = pareto_front(&points);
        let elite = front.into_iter().rev().take(self.config.elite()).map(|place| measured[place].0.clone());
        let mut founders: Vec<Architecture> = elite.collect();
        let missing = self.config.population_size.saturating_sub(founders.len());
        founders.splice(0..0, (0..missing).map(|_| self.space.canonical(&self.space.sample(rng))));
        founders
    }

    fn breed(
        &self,
        population: &[Candidate],
        count: usize,
        taken: &mut BTreeSet<Architecture>,
        rng: &mut StudyRng,
    ) -> Vec<Architecture> {
        let mut child = || {
            let parent = tournament(population, self.config.tournament_size, |member| member.improvement, rng);
            fresh::child(self.space.as_ref(), &parent.architecture, taken, rng)
        };
        (0..count).filter_map(|_| child()).collect()
    }
}

impl SearchStrategy for ParetoBonas {
    fn ask(&self, count: usize, rng: &mut StudyRng) -> Result<Vec<Proposal>, StrategyError> {
        if self.observed.measured().len() < self.config.initial {
            let drawn = fresh::samples(self.space.as_ref(), count, &mut self.observed.seen().clone(), rng);
            let proposal = |architecture| Proposal { architecture, prediction: None, origin: origin::RANDOM.into() };
            return Ok(drawn.into_iter().map(proposal).collect());
        }
        let mut beliefs = self.fit(rng)?;
        let mut candidates = self.candidates(&beliefs, rng)?;
        candidates.sort_unstable_by(|left, right| {
            right.improvement.total_cmp(&left.improvement).then_with(|| left.architecture.cmp(&right.architecture))
        });
        candidates.truncate(SHORTLIST + count);
        let mut graphs: Vec<CellGraph> = candidates.iter().map(|candidate| self.space.graph(&candidate.architecture)).collect();
        let mut chosen = Vec::new();
        while chosen.len() < count && !candidates.is_empty() {
            let first = (0..candidates.len()).max_by(|&left, &right| {
                let order = candidates[left].improvement.total_cmp(&candidates[right].improvement);
                order.then_with(|| candidates[right].architecture.cmp(&candidates[left].architecture))
            });
            let Some(first) = first else { break };
            let (candidate, graph) = (candidates.remove(first), graphs.remove(first));
            if chosen.len() + 1 < count {
                beliefs.believe(&candidate, &graph)?;
                let architectures: Vec<_> = candidates.iter().map(|candidate| candidate.architecture.clone()).collect();
                let scored = beliefs.score(&architectures, &graphs, origin::SPACE, self.config.scoring_batch)?;
                // Whose cost is known stays known, so that the lists have the same length.
                candidates.iter_mut().zip(scored).for_each(|(candidate, scored)| candidate.improvement = scored.improvement);
            }
            chosen.push(candidate);
        }
        let proposal = |candidate: Candidate| Proposal {
            architecture: candidate.architecture,
            prediction: Some(candidate.prediction),
            origin: candidate.origin.into(),
        };
        Ok(chosen.into_iter().map(proposal).collect())
    }

    fn tell(&mut self, completed: &[CompletedTrial]) {
        self.observed.tell(completed);
    }
}

/// A candidate and what is expected of it.
#[derive(Clone, Debug)]
struct Candidate {
    architecture: Architecture,
    prediction: Prediction,
    belief: TwoBeliefs,
    /// Expected hypervolume improvement.
    improvement: f64,
    origin: &'static str,
}

/// What is believed of architectures, and the front that they may improve.
struct Beliefs<'a> {
    score: Box<dyn FittedSurrogate>,
    cost: CostSource<'a>,
    scale: Scale,
    front: ExpectedHypervolumeImprovement,
}

/// Where costs come from; they are negated, so that both objectives are maximised.
enum CostSource<'a> {
    Known(&'a dyn CostFunction),
    Modelled(Box<dyn FittedSurrogate>),
}

impl Beliefs<'_> {
    /// What is believed of each architecture, `None` where its cost is not known, and the posterior of the scores.
    fn about(
        &self,
        architectures: &[Architecture],
        graphs: &[CellGraph],
    ) -> Result<(Vec<Option<TwoBeliefs>>, Posterior), StrategyError> {
        let score = self.score.posterior(graphs)?;
        let (mean, stddev) = match self.scale {
            Scale::Outcome => (score.mean(), score.stddev()),
            Scale::Latent => (score.latent_mean(), score.latent_stddev()),
        };
        let costs: Vec<Option<[f64; 2]>> = match &self.cost {
            CostSource::Known(cost) => {
                architectures.iter().map(|architecture| cost.cost(architecture).map(|cost| [-cost, 0.0])).collect()
            }
            CostSource::Modelled(fitted) => {
                let costs = fitted.posterior(graphs)?;
                costs.mean().iter().zip(costs.stddev()).map(|(&mean, &stddev)| Some([mean, stddev])).collect()
            }
        };
        let scores = mean.iter().zip(stddev).map(|(&mean, &stddev)| [mean, stddev]);
        Ok((scores.zip(costs).map(|(score, cost)| cost.map(|cost| [score, cost])).collect(), score))
    }

    /// Candidates of these architectures, in their order; those whose cost is not known are left out.
    fn score(
        &self,
        architectures: &[Architecture],
        graphs: &[CellGraph],
        origin: &'static str,
        batch: usize,
    ) -> Result<Vec<Candidate>, StrategyError> {
        let mut candidates = Vec::with_capacity(architectures.len());
        for (architectures, graphs) in architectures.chunks(batch).zip(graphs.chunks(batch)) {
            let (beliefs, posterior) = scoring(|| self.about(architectures, graphs))?;
            let predictions = posterior.mean().iter().zip(posterior.stddev()).map(|(&mean, &stddev)| Prediction { mean, stddev });
            let known = architectures.iter().zip(beliefs).zip(predictions);
            let known: Vec<_> =
                known.filter_map(|((architecture, belief), prediction)| Some((architecture, belief?, prediction))).collect();
            let improvements = scoring(|| self.front.score(&known.iter().map(|known| known.1).collect::<Vec<_>>()))?;
            candidates.extend(known.into_iter().zip(improvements).map(|((architecture, belief, prediction), improvement)| {
                Candidate { architecture: architecture.clone(), prediction, belief, improvement, origin }
            }));
        }
        Ok(candidates)
    }

    /// Takes what is expected of a candidate for observed.
    fn believe(&mut self, candidate: &Candidate, graph: &CellGraph) -> Result<(), StrategyError> {
        if let Some(score) = self.score.believe(graph)? {
            self.score = score;
        }
        if let CostSource::Modelled(fitted) = &self.cost
            && let Some(cost) = fitted.believe(graph)?
        {
            self.cost = CostSource::Modelled(cost);
        }
        self.front = self.front.with(candidate.belief.map(|[mean, _]| mean))?;
        Ok(())
    }
}

fn empty() -> Result<ExpectedHypervolumeImprovement, StrategyError> {
    Ok(ExpectedHypervolumeImprovement::new(&[], [0.0; 2])?)
}

/// A little below the worst of each objective.
fn reference(points: &[[f64; 2]]) -> [f64; 2] {
    [0, 1].map(|objective| {
        let values = || points.iter().map(|point| point[objective]);
        let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        if least.is_finite() { least - MARGIN * (most - least).max(f64::EPSILON) } else { 0.0 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategies::test_objectives::{ToyCost, complete, volume};
    use bonas_core::SeedStream;
    use bonas_testing::toy::{ToySpace, ToySurrogate};

    fn configs() -> Vec<(BonasConfig, ParetoConfig)> {
        let bonas = |exhaustive_up_to| BonasConfig { initial: 10, exhaustive_up_to, pool_size: 80, ..BonasConfig::default() };
        [0, 20_000]
            .into_iter()
            .flat_map(|most| {
                [CostBelief::Known, CostBelief::Modelled]
                    .map(|cost| (bonas(most), ParetoConfig { cost, ..ParetoConfig::default() }))
            })
            .collect()
    }

    fn strategy(space: Arc<ToySpace>, (config, pareto): (BonasConfig, ParetoConfig)) -> ParetoBonas {
        ParetoBonas::new(space, Box::new(ToySurrogate), Arc::new(ToyCost), config, pareto).expect("valid")
    }

    #[test]
    fn keeps_the_contract() {
        let space = Arc::new(ToySpace::new(3));
        for config in configs() {
            bonas_testing::strategy::check(&|| Box::new(strategy(space.clone(), config.clone())), space.as_ref());
        }
    }

    #[test]
    fn proposals_are_new_and_foreseen_once_there_is_enough_to_learn_from() {
        for config in configs() {
            let space = Arc::new(ToySpace::new(3));
            let mut strategy = strategy(space, config);
            for round in 0..8 {
                let learns = strategy.observed.measured().len() >= 10;
                let proposals = strategy.ask(5, &mut SeedStream::new(4).rng("ask", round)).expect("proposals");
                assert_eq!(proposals.len(), 5);
                for proposal in &proposals {
                    assert_eq!(proposal.prediction.is_some(), learns);
                    assert!(!strategy.observed.seen().contains(&proposal.architecture));
                }
                let trials: Vec<_> = proposals.iter().map(|proposal| complete(&proposal.architecture)).collect();
                strategy.tell(&trials);
            }
        }
    }

    #[test]
    fn the_front_is_found_sooner_than_by_chance() {
        let mean =
            |make: &crate::strategies::test_objectives::Make<'_>| (0..10).map(|seed| volume(seed, 60, make)).sum::<f64>() / 10.0;
        let random = mean(&|space| Box::new(crate::RandomSearch::new(space)));
        for config in configs() {
            let found = mean(&|space| Box::new(strategy(space, config.clone())));
            assert!(found > random * 1.02, "{config:?}: {found} {random}");
        }
    }
}
