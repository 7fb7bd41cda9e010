//! The surrogate `structure-gp`: see [`StructureGp`].

mod component;
mod config;
mod distances;
mod exponentials;
mod gap_targets;
mod kernel;
mod posterior_mode;
mod seen;
mod source_belief;
mod structure;
mod subset;
mod widening;

pub use config::StructureGpConfig;
pub use source_belief::SourceBelief;

use crate::Covariates;
use bonas_bayes::ConditionedProcess;
use bonas_core::{
    CellGraph, FittedSurrogate, Observations, OperationRole, Posterior, StudyRng, Surrogate, SurrogateError, check_vocabulary,
};
use distances::{Apart, Distances, Units};
use gap_targets::GapTargets;
use kernel::Kernel;
use ndarray::{Array1, ArrayView1};
use posterior_mode::posterior_mode;
use seen::Seen;
use std::fmt;
use std::sync::Arc;
use structure::Structure;
use subset::best_and_evenly;
use widening::widening;

/// Fewest observations that have a scale.
const MIN_OBSERVATIONS: usize = 2;

/// Observations whose mean distance is the unit of distances: the first, which strategies draw at random. Later ones crowd where
/// the scores are high, and would change what the prior of the kernel says.
const REFERENCE: usize = 10;

/// Graphs whose kernels are held at a time, few enough that a cache holds them.
const CHUNK: usize = 256;

/// A Gaussian process on what a cell computes, our own surrogate.
///
/// It sees three blocks of numbers: where every operation stands (its depth below the inputs, its height above the outputs, and what it
/// feeds), which operations are alive (zeros cut their paths, [`OperationRole`]), and over the live paths the most, the fewest and the mean of
/// every operation. The kernel is a sum of three products of Gaussian kernels, from all blocks down to the paths alone; its ten
/// parameters are fitted by marginal likelihood under a log-normal prior, so that ten observations are enough to begin with.
/// Scores are fitted as the logarithm of how far they fall short of the best, which has no unit and is finest near the top.
///
/// Where scores are comparable within groups only ([`Observations::groups`]), every group has a level of its own, a normal variable of
/// fitted variance that is integrated out; the posterior is of the scores without it.
///
/// Intervals of what will be observed ([`Posterior::with_predictive`]) are as much wider (with many observations, also narrower) as
/// leaving out one observation after the other shows; the latent belief, by which a search decides, is not.
///
/// Any number of nodes and any wiring will do, the order of nodes does not matter, and nothing is drawn at random. The incumbent is the
/// highest *expected* score among the observed, so that a lucky measurement does not bar the way. A fit costs O(N³) and a
/// prediction O(N²) for N observations, of which there are at most [`StructureGpConfig::max_observations`].
#[derive(Clone)]
pub struct StructureGp {
    config: StructureGpConfig,
    view: View,
}

impl fmt::Debug for StructureGp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StructureGp").field("config", &self.config).finish_non_exhaustive()
    }
}

/// What is seen of graphs.
#[derive(Clone)]
struct View {
    roles: Arc<[OperationRole]>,
    wires: bool,
    covariates: Option<Arc<dyn Covariates>>,
    seen: Arc<Seen>,
}

impl View {
    fn structures(&self, graphs: &[CellGraph]) -> Result<Vec<Arc<Structure>>, SurrogateError> {
        check_vocabulary(graphs, self.roles.len())?;
        let mut structures = self.seen.structures(graphs, |graph| Structure::of(graph, &self.roles, self.wires));
        if let Some(covariates) = &self.covariates {
            for (structure, known) in structures.iter_mut().zip(covariates.of(graphs)?) {
                Arc::make_mut(structure).known = known;
            }
        }
        Ok(structures)
    }
}

impl StructureGp {
    /// A surrogate for graphs whose operations have these roles, one per entry of their vocabulary
    /// ([`OperationRole::of_vocabulary`]).
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn new(config: StructureGpConfig, roles: Vec<OperationRole>) -> Result<Self, SurrogateError> {
        config.check()?;
        let known = |role: OperationRole| if config.roles { role } else { OperationRole::Ordinary };
        let view =
            View { roles: roles.into_iter().map(known).collect(), wires: config.wires, covariates: None, seen: Arc::default() };
        Ok(Self { view, config })
    }

    /// The same with more known of architectures than their graphs say: scores are expected to follow these numbers linearly, as far as
    /// observations do, and the rest is as without them.
    #[must_use]
    pub fn with_covariates(mut self, covariates: Arc<dyn Covariates>) -> Self {
        self.view.covariates = Some(covariates);
        self
    }

    /// Fits the observations. The result can be shared between threads.
    ///
    /// # Errors
    /// As [`Surrogate::fit`].
    pub fn fit_shared(&self, observations: &Observations) -> Result<FittedStructureGp, SurrogateError> {
        observations.at_least(MIN_OBSERVATIONS)?;
        let (scale, targets) = GapTargets::of(observations.scores());
        let kept = best_and_evenly(&targets, self.config.max_observations);
        let structures = self.view.structures(observations.graphs())?;
        let units = Units::of(&structures[..structures.len().min(REFERENCE)]);
        let structures: Vec<_> = kept.iter().map(|&place| Arc::clone(&structures[place])).collect();
        let targets: Vec<f64> = kept.iter().map(|&place| targets[place]).collect();
        let groups = observations.groups().map(|groups| kept.iter().map(|&place| groups[place]).collect::<Vec<_>>());
        let groups = groups.filter(|groups| groups.iter().any(|group| *group != groups[0]));
        let kernel = self.kernel(&structures, &targets, groups.as_deref(), units.clone());
        let distances = Distances::from(&structures, units);
        let apart = distances.to(&structures);
        let covariance = kernel.at(&measured(apart.clone(), groups.as_deref()));
        let process = ConditionedProcess::fit(covariance.view(), ArrayView1::from(&targets), kernel.noise_variance())?;
        let expected = process.predict(kernel.at(&apart).view(), kernel.own(&apart).view())?;
        let widening = widening(&process, self.config.tuning_observations);
        let incumbent = expected.mean.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Ok(FittedStructureGp { view: self.view.clone(), distances, kernel, process, scale, widening, incumbent })
    }
}

impl Surrogate for StructureGp {
    fn fit(&self, observations: &Observations, _rng: &mut StudyRng) -> Result<Box<dyn FittedSurrogate>, SurrogateError> {
        Ok(Box::new(self.fit_shared(observations)?))
    }
}

impl StructureGp {
    /// Tuned on a part of the observations: the best and a spread of the others.
    fn kernel(&self, structures: &[Arc<Structure>], targets: &[f64], groups: Option<&[usize]>, units: Units) -> Kernel {
        let part = best_and_evenly(targets, self.config.tuning_observations);
        let structures: Vec<_> = part.iter().map(|&place| Arc::clone(&structures[place])).collect();
        let targets: Array1<f64> = part.iter().map(|&place| targets[place]).collect();
        let groups = groups.map(|groups| part.iter().map(|&place| groups[place]).collect::<Vec<_>>());
        let apart = measured(Distances::from(&structures, units).to(&structures), groups.as_deref());
        posterior_mode(&apart, targets.view(), self.config.iterations)
    }
}

/// Observed structures seen from themselves, as they were measured.
fn measured(apart: Apart, groups: Option<&[usize]>) -> Apart {
    match groups {
        Some(groups) => apart.in_groups(groups),
        None => apart,
    }
}

/// [`StructureGp`] after its fit.
pub struct FittedStructureGp {
    view: View,
    distances: Distances,
    kernel: Kernel,
    process: ConditionedProcess,
    scale: GapTargets,
    /// How many times as wide as the process says intervals of observed scores are.
    widening: f64,
    incumbent: f64,
}

impl FittedStructureGp {
    fn latent(&self, graphs: &[CellGraph]) -> Result<bonas_bayes::Gaussians, SurrogateError> {
        let mut latent = bonas_bayes::Gaussians { mean: Vec::new(), variance: Vec::new() };
        for chunk in graphs.chunks(CHUNK) {
            // More of them than are kept are seen once.
            let view = match graphs.len() > Seen::MOST {
                true => View { seen: Arc::default(), ..self.view.clone() },
                false => self.view.clone(),
            };
            let apart = self.distances.to(&view.structures(chunk)?);
            let predicted = self.process.predict(self.kernel.at(&apart).view(), self.kernel.own(&apart).view())?;
            latent.mean.extend(predicted.mean);
            latent.variance.extend(predicted.variance);
        }
        Ok(latent)
    }
}

impl FittedSurrogate for FittedStructureGp {
    fn posterior(&self, graphs: &[CellGraph]) -> Result<Posterior, SurrogateError> {
        self.scale.posterior(self.latent(graphs)?, self.kernel.noise_variance(), self.widening)
    }

    fn incumbent(&self) -> f64 {
        self.incumbent
    }

    fn believe(&self, graph: &CellGraph) -> Result<Option<Box<dyn FittedSurrogate>>, SurrogateError> {
        let structures = self.view.structures(std::slice::from_ref(graph))?;
        let apart = self.distances.to(&structures);
        let (cross, own) = (self.kernel.at(&apart), self.kernel.own(&apart));
        let expected = self.process.predict(cross.view(), own.view())?.mean[0];
        Ok(Some(Box::new(Self {
            view: self.view.clone(),
            distances: self.distances.with(&structures[0]),
            kernel: self.kernel.clone(),
            process: self.process.observe(cross.row(0), own[0], expected)?,
            scale: self.scale,
            widening: self.widening,
            incumbent: self.incumbent,
        })))
    }
}

#[cfg(test)]
mod tests;
