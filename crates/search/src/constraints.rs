use bonas_core::{Architecture, CellDiagram, CellGraph, CostFunction, SearchSpace, SeedStream, SpaceError, StudyRng};
use rand::RngExt;
use std::collections::BTreeSet;
use std::sync::Arc;
use thiserror::Error;

/// A space of at most so many architectures is listed, and drawn from exactly.
const LISTED: usize = 50_000;
/// Architectures of a larger space that are drawn in vain before one is walked to.
const DRAWS: usize = 1000;
/// Where walks begin.
const ANCHORS: usize = 32;
/// Steps of a walk from one architecture within the limits to another.
const STEPS: usize = 30;
/// Mutations tried before all neighbours are looked at.
const MUTATIONS: usize = 20;
/// Steps towards the limits when no drawn architecture keeps them.
const DESCENT: usize = 500;

/// The most that an architecture may cost.
#[derive(Clone)]
pub struct Limit {
    /// What is limited.
    pub cost: Arc<dyn CostFunction>,
    /// The most, in the unit of the cost.
    pub most: f64,
}

impl Limit {
    /// By which factor an architecture misses the limit, less 1; 0 within it, ∞ where the cost is not known.
    fn excess(&self, architecture: &Architecture) -> f64 {
        match self.cost.cost(architecture) {
            Some(cost) if cost <= self.most => 0.0,
            Some(cost) if self.most > 0.0 => cost / self.most - 1.0,
            Some(cost) => cost - self.most,
            None => f64::INFINITY,
        }
    }
}

/// Why a search cannot be limited.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ConstraintError {
    /// The limit is no number, or below 0.
    #[error("the limit of {name} must be a finite number of at least 0, but is {most}")]
    NoLimit {
        /// The cost.
        name: String,
        /// What was given.
        most: f64,
    },
    /// Nothing keeps all limits.
    #[error(
        "nothing to search: {} architecture of the space {space} is within {limits}; the closest found has {closest}; raise the limits",
        if *is_exact { "no" } else { "in many draws and a search for one, no" }
    )]
    NothingFeasible {
        /// The space.
        space: String,
        /// The limits, in words.
        limits: String,
        /// The costs of the architecture that misses them least, in words.
        closest: String,
        /// Whether all architectures were looked at.
        is_exact: bool,
    },
}

/// The part of a space that keeps limits: a space of its own, so that no strategy can propose anything else.
///
/// Small spaces are listed: architectures are drawn uniformly among those within the limits, and the size is their number. In large
/// ones, architectures are drawn from the whole space until one keeps the limits; where none of a thousand does, a walk of
/// mutations within the limits leads to one, which is then not drawn uniformly, and the size is that of the whole space. Every
/// change leads to a neighbour within the limits where there is one, and elsewhere where there is none. Texts, graphs and canonical
/// forms are those of the whole space.
pub struct ConstrainedSpace {
    whole: Arc<dyn SearchSpace>,
    limits: Vec<Limit>,
    known: Known,
}

/// What is known of the part within the limits.
enum Known {
    /// All of it, canonical, sorted.
    Members(Vec<Architecture>),
    /// A few of it.
    Anchors(Vec<Architecture>),
}

impl ConstrainedSpace {
    /// The part of `whole` within these limits. Nothing depends on chance: the same limits give the same space.
    ///
    /// # Errors
    /// When a limit is no number, or nothing can be found that keeps all of them.
    pub fn new(whole: Arc<dyn SearchSpace>, limits: Vec<Limit>) -> Result<Self, ConstraintError> {
        if let Some(limit) = limits.iter().find(|limit| !(limit.most.is_finite() && limit.most >= 0.0)) {
            return Err(ConstraintError::NoLimit { name: limit.cost.name().into(), most: limit.most });
        }
        let listed = whole.list(LISTED);
        let is_exact = listed.is_some();
        let (known, closest) = match listed {
            Some(all) => {
                let members = all.iter().filter(|member| excess(&limits, member) == 0.0).cloned().collect();
                let closest = least(&limits, all);
                (Known::Members(members), closest)
            }
            None => anchors(whole.as_ref(), &limits),
        };
        let space = Self { whole, limits, known };
        let (Known::Members(found) | Known::Anchors(found)) = &space.known;
        if found.is_empty() {
            let closest = closest.map_or("no known costs".into(), |closest| space.costs(&closest));
            let limits: Vec<String> =
                space.limits.iter().map(|limit| format!("{} ≤ {}", limit.cost.name(), limit.most)).collect();
            let (space, limits) = (space.name().into(), limits.join(", "));
            return Err(ConstraintError::NothingFeasible { space, limits, closest, is_exact });
        }
        Ok(space)
    }

    fn keeps(&self, architecture: &Architecture) -> bool {
        let canonical = self.whole.canonical(architecture);
        match &self.known {
            Known::Members(members) => members.binary_search(&canonical).is_ok(),
            Known::Anchors(_) => excess(&self.limits, &canonical) == 0.0,
        }
    }

    fn costs(&self, canonical: &Architecture) -> String {
        let cost = |limit: &Limit| match limit.cost.cost(canonical) {
            Some(cost) => format!("{} {cost}", limit.cost.name()),
            None => format!("no known {}", limit.cost.name()),
        };
        self.limits.iter().map(cost).collect::<Vec<_>>().join(", ")
    }

    /// Any within the limits but `parent`; `parent` itself where there is no other.
    fn elsewhere(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        if let Known::Members(members) = &self.known {
            let own = members.binary_search(&self.whole.canonical(parent)).unwrap_or(0);
            let others = members.len().saturating_sub(1).max(1);
            return members[(own + 1 + rng.random_range(0..others)) % members.len()].clone();
        }
        let other = (0..DRAWS).map(|_| self.sample(rng)).find(|other| other != parent);
        other.unwrap_or_else(|| parent.clone())
    }
}

/// Excess over all limits of a canonical architecture.
fn excess(limits: &[Limit], canonical: &Architecture) -> f64 {
    limits.iter().map(|limit| limit.excess(canonical)).sum()
}

/// The architecture that misses the limits least, the first of equals.
fn least(limits: &[Limit], all: impl IntoIterator<Item = Architecture>) -> Option<Architecture> {
    let all = all.into_iter().map(|member| (excess(limits, &member), member)).filter(|(excess, _)| excess.is_finite());
    all.reduce(|best, next| if next.0 < best.0 { next } else { best }).map(|(_, member)| member)
}

/// Some architectures within the limits and, of all that were looked at, the closest to them. Where none is drawn, the closest is
/// changed step by step towards the limits.
fn anchors(whole: &dyn SearchSpace, limits: &[Limit]) -> (Known, Option<Architecture>) {
    let mut rng = SeedStream::new(0).rng("limits", 0);
    let drawn: Vec<_> = (0..2 * DRAWS).map(|_| whole.canonical(&whole.sample(&mut rng))).collect();
    let mut found: Vec<_> = drawn.iter().filter(|member| excess(limits, member) == 0.0).take(ANCHORS).cloned().collect();
    let mut closest = least(limits, drawn);
    for _ in 0..DESCENT {
        let (Some(standing), true) = (&closest, found.is_empty()) else { break };
        let near = whole.neighbors(standing).into_iter().map(|neighbor| whole.canonical(&neighbor));
        let Some(next) = least(limits, near).filter(|next| excess(limits, next) < excess(limits, standing)) else { break };
        if excess(limits, &next) == 0.0 {
            found.push(next.clone());
        }
        closest = Some(next);
    }
    (Known::Anchors(found), closest)
}

impl SearchSpace for ConstrainedSpace {
    fn name(&self) -> &str {
        self.whole.name()
    }

    fn description(&self) -> &str {
        self.whole.description()
    }

    /// Members within the limits where they were listed, isomorphic ones once; otherwise of the whole space, which is then an upper bound.
    fn size(&self) -> u128 {
        match &self.known {
            Known::Members(members) => members.len() as u128,
            Known::Anchors(_) => self.whole.size(),
        }
    }

    fn vocabulary(&self) -> Vec<String> {
        self.whole.vocabulary()
    }

    fn validate(&self, architecture: &Architecture) -> Result<(), SpaceError> {
        self.whole.validate(architecture)?;
        if self.keeps(architecture) {
            return Ok(());
        }
        let reason = format!("it has {}, which is not within the limits", self.costs(&self.whole.canonical(architecture)));
        Err(SpaceError::Outside { space: self.name().into(), reason })
    }

    fn sample(&self, rng: &mut StudyRng) -> Architecture {
        match &self.known {
            Known::Members(members) => members[rng.random_range(0..members.len())].clone(),
            Known::Anchors(anchors) => {
                let drawn = (0..DRAWS).map(|_| self.whole.sample(rng)).find(|drawn| self.keeps(drawn));
                drawn.unwrap_or_else(|| {
                    let start = anchors[rng.random_range(0..anchors.len())].clone();
                    (0..STEPS).fold(start, |standing, _| {
                        let next = self.whole.mutate(&standing, rng);
                        if self.keeps(&next) { next } else { standing }
                    })
                })
            }
        }
    }

    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        if let Some(child) = (0..MUTATIONS).map(|_| self.whole.mutate(parent, rng)).find(|child| self.keeps(child)) {
            return child;
        }
        let neighbors = self.neighbors(parent);
        match neighbors.is_empty() {
            true => self.elsewhere(parent, rng),
            false => neighbors[rng.random_range(0..neighbors.len())].clone(),
        }
    }

    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture> {
        self.whole.neighbors(architecture).into_iter().filter(|neighbor| self.keeps(neighbor)).collect()
    }

    fn canonical(&self, architecture: &Architecture) -> Architecture {
        self.whole.canonical(architecture)
    }

    fn graph(&self, architecture: &Architecture) -> CellGraph {
        self.whole.graph(architecture)
    }

    fn diagrams(&self, architecture: &Architecture) -> Vec<CellDiagram> {
        self.whole.diagrams(architecture)
    }

    fn parse(&self, text: &str) -> Result<Architecture, SpaceError> {
        self.whole.parse(text)
    }

    fn format(&self, architecture: &Architecture) -> String {
        self.whole.format(architecture)
    }

    fn list(&self, most: usize) -> Option<Vec<Architecture>> {
        match &self.known {
            Known::Members(members) => (members.len() <= most).then(|| members.clone()),
            Known::Anchors(_) => {
                let all: BTreeSet<_> = self.whole.list(most)?.into_iter().filter(|member| self.keeps(member)).collect();
                Some(all.into_iter().collect())
            }
        }
    }
}

#[cfg(test)]
mod tests;
