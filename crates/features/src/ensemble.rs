use bonas_core::{CellGraph, FittedSurrogate, Link, Observations, Posterior, SeedStream, StudyRng, Surrogate, SurrogateError};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// More members than this are taken for a slip.
const MAX_MEMBERS: usize = 1000;

/// Settings of an [`Ensemble`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EnsembleConfig {
    /// Fits of the inner surrogate (1 to 1000).
    pub members: usize,
    /// Whether every member is fitted to a sample of the observations, drawn with replacement and as large as they are, instead
    /// of to all of them. Members of a surrogate that draws no random number differ by nothing else.
    pub bootstrap: bool,
}

impl Default for EnsembleConfig {
    fn default() -> Self {
        Self { members: 5, bootstrap: false }
    }
}

impl EnsembleConfig {
    /// Checks that every setting is in its range; `table` is where the settings stand, such as `surrogate.ensemble`.
    ///
    /// # Errors
    /// [`SurrogateError::Config`] with the first that is not.
    pub fn check(&self, table: &str) -> Result<(), SurrogateError> {
        if !(1..=MAX_MEMBERS).contains(&self.members) {
            let members = self.members;
            return Err(SurrogateError::Config(format!("{table}.members must be in [1, {MAX_MEMBERS}], but is {members}")));
        }
        Ok(())
    }
}

/// Several fits of one surrogate, each with a random stream of its own (Lakshminarayanan, Pritzel and Blundell, *Deep
/// ensembles*, NeurIPS 2017).
///
/// The posterior is their mixture, by its moments: the mean of the means, and the mean of the variances (within) plus the variance
/// of the means (between), on both scales. Observations are judged on the scale of the members' link where all have the same, and on
/// that of the outcomes otherwise.
pub struct Ensemble {
    inner: Box<dyn Surrogate>,
    config: EnsembleConfig,
}

impl Ensemble {
    /// An ensemble of fits of `inner`.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn new(inner: Box<dyn Surrogate>, config: EnsembleConfig) -> Result<Self, SurrogateError> {
        config.check("surrogate.ensemble")?;
        Ok(Self { inner, config })
    }

    fn fit_member(&self, observations: &Observations, rng: &mut StudyRng) -> Result<Box<dyn FittedSurrogate>, SurrogateError> {
        if !self.config.bootstrap || observations.is_empty() {
            return self.inner.fit(observations, rng);
        }
        let drawn: Vec<usize> = (0..observations.len()).map(|_| rng.random_range(0..observations.len())).collect();
        let graphs = drawn.iter().map(|&index| observations.graphs()[index].clone()).collect();
        let scores = drawn.iter().map(|&index| observations.scores()[index]).collect();
        let sample = Observations::new(graphs, scores).map_err(|error| SurrogateError::Other(Box::new(error)))?;
        self.inner.fit(&sample, rng)
    }
}

impl Surrogate for Ensemble {
    fn fit(&self, observations: &Observations, rng: &mut StudyRng) -> Result<Box<dyn FittedSurrogate>, SurrogateError> {
        let streams = SeedStream::new(rng.next_u64());
        let member = |index: usize| self.fit_member(observations, &mut streams.rng("member", index as u64));
        let members = (0..self.config.members).map(member).collect::<Result<Vec<_>, _>>()?;
        Ok(Box::new(FittedEnsemble { members }))
    }
}

struct FittedEnsemble {
    /// At least one.
    members: Vec<Box<dyn FittedSurrogate>>,
}

impl FittedSurrogate for FittedEnsemble {
    fn posterior(&self, graphs: &[CellGraph]) -> Result<Posterior, SurrogateError> {
        let members = self.members.iter().map(|member| member.posterior(graphs)).collect::<Result<Vec<_>, _>>()?;
        let (mean, stddev) = mixture(&members, |member| (member.mean(), member.stddev()));
        let (latent_mean, latent_stddev) = mixture(&members, |member| (member.latent_mean(), member.latent_stddev()));
        let posterior = Posterior::with_latent(mean, stddev, latent_mean, latent_stddev);
        let posterior = match common_link(&members) {
            Link::Identity => posterior,
            link => {
                let (_, observed) = mixture(&members, |member| member.predictive());
                posterior.and_then(|posterior| posterior.with_predictive(link, observed))
            }
        };
        posterior.map_err(|error| SurrogateError::Other(Box::new(error)))
    }

    /// The best target that any member saw: under `bootstrap` a member may have missed it.
    fn incumbent(&self) -> f64 {
        self.members.iter().map(|member| member.incumbent()).fold(f64::NEG_INFINITY, f64::max)
    }
}

/// The link of all members; [`Link::Identity`] where they differ, as under `bootstrap` the scales of their samples do.
fn common_link(members: &[Posterior]) -> Link {
    let first = members[0].link();
    if members.iter().all(|member| member.link() == first) { first } else { Link::Identity }
}

/// Means and standard deviations of the mixture of the members, on the scale that `of` picks.
fn mixture(members: &[Posterior], of: impl Fn(&Posterior) -> (&[f64], &[f64])) -> (Vec<f64>, Vec<f64>) {
    let average = |value: &dyn Fn(&Posterior) -> f64| members.iter().map(value).sum::<f64>() / members.len() as f64;
    let graph = |index: usize| {
        let mean = average(&|member| of(member).0[index]);
        let within = average(&|member| of(member).1[index].powi(2));
        let between = average(&|member| (of(member).0[index] - mean).powi(2));
        (mean, (within + between).sqrt())
    };
    (0..members[0].len()).map(graph).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GaussianTargets, WlGp, WlGpConfig};

    fn wl_gp() -> Box<dyn Surrogate> {
        Box::new(WlGp::new(WlGpConfig { max_iterations: 1, targets: GaussianTargets::Scores }).expect("valid"))
    }

    fn ensemble(members: usize, bootstrap: bool) -> Ensemble {
        Ensemble::new(wl_gp(), EnsembleConfig { members, bootstrap }).expect("valid")
    }

    fn chains() -> Observations {
        let chain = |index: usize| CellGraph::new(vec![0, index % 3, index / 3], vec![(0, 1), (1, 2)], 3).expect("valid");
        Observations::new((0..9).map(chain).collect(), (0..9).map(|index| f64::from(index * index)).collect()).expect("valid")
    }

    fn fit(surrogate: &dyn Surrogate) -> Box<dyn FittedSurrogate> {
        surrogate.fit(&chains(), &mut SeedStream::new(1).rng("fit", 0)).expect("fits")
    }

    #[test]
    fn contract_with_and_without_bootstrap() {
        bonas_testing::surrogate::check(&ensemble(3, true));
        bonas_testing::surrogate::check(&ensemble(2, false));
    }

    #[test]
    fn a_mixture_by_hand() {
        let member = |mean: f64, stddev: f64| Posterior::gaussian(vec![mean, 0.0], vec![stddev, 0.0]).expect("valid");
        let (mean, stddev) = mixture(&[member(1.0, 0.0), member(3.0, 2.0)], |member| (member.mean(), member.stddev()));
        // Within (0 + 4) / 2, between (1 + 1) / 2.
        assert_eq!((mean, stddev), (vec![2.0, 0.0], vec![3_f64.sqrt(), 0.0]));
    }

    #[test]
    fn the_link_is_that_of_all_or_none() {
        let member = |link: Link| Posterior::gaussian(vec![0.5], vec![0.1]).and_then(|own| own.with_predictive(link, vec![1.0]));
        let members = |links: [Link; 2]| links.map(|link| member(link).expect("valid"));
        assert_eq!(common_link(&members([Link::Logistic; 2])), Link::Logistic);
        assert_eq!(common_link(&members([Link::Logistic, Link::Identity])), Link::Identity);
    }

    #[test]
    fn equal_members_are_as_one_and_bootstrapped_ones_differ() {
        let graphs = chains().graphs().to_vec();
        let posterior = |surrogate: &dyn Surrogate| fit(surrogate).posterior(&graphs).expect("finite");
        let (single, equal) = (posterior(wl_gp().as_ref()), posterior(&ensemble(4, false)));
        for (left, right) in single.mean().iter().zip(equal.mean()).chain(single.stddev().iter().zip(equal.stddev())) {
            assert!((left - right).abs() < 1e-9 * left.abs().max(1.0), "{left} {right}");
        }
        let spread = posterior(&ensemble(4, true));
        assert!(single.mean().iter().zip(spread.mean()).any(|(left, right)| (left - right).abs() > 1e-3));
        assert_eq!(fit(&ensemble(8, true)).incumbent(), 64.0, "of eight samples, one has the best");
    }

    #[test]
    fn numbers_of_members_out_of_range_are_refused() {
        for members in [0, 1001] {
            let error = Ensemble::new(wl_gp(), EnsembleConfig { members, bootstrap: false }).err().expect("refused").to_string();
            assert!(error.contains(&format!("surrogate.ensemble.members must be in [1, 1000], but is {members}")), "{error}");
        }
    }
}
