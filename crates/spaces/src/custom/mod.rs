//! Search spaces that a user describes in a TOML file, or in a [`SpaceDescription`].

mod build;
mod build_cell;
mod canonical;
mod cell;
mod count;
mod decoded;
mod description;
mod diagram;
mod error;
mod graph;
mod keys;
mod lists;
mod names;
mod rules;
mod search_space;
#[cfg(test)]
mod tests;
mod text;

pub use decoded::{CustomCell, CustomNode};
pub use description::{
    AllEdges, CellDescription, CountLimit, EdgeOperations, Edges, NodeOperations, OperationsOn, Output, SpaceDescription,
    StageDescription,
};
pub use error::CustomSpaceError;

use bonas_core::{Architecture, StudyRng};
use cell::{Cell, Node};
use count::Tracked;
use rand::RngExt;
use rules::{Limit, Rules};
use std::path::Path;

/// A decision is one byte, and 255 is never a valid one.
const MOST_OPTIONS: usize = 255;
/// More decisions than this are taken for a slip.
const MOST_DECISIONS: usize = 4096;

/// A search space that its user describes: cells with operations on nodes or edges, fixed or searched wiring, chains, and limits
/// on what is used how often and behind what.
///
/// The format is explained key by key in `configs/spaces/my-cells.toml`.
///
/// ```
/// use bonas_core::{SearchSpace, SeedStream};
/// use bonas_spaces::CustomSpace;
///
/// let text = r#"
///     name = "my-chain"
///     operations = ["conv3", "conv5", "skip"]
///     at_most = [{ operation = "skip", count = 1 }]
///     [[stages]]
///     repeat = 3
/// "#;
/// let space = CustomSpace::parse_toml("my-chain.toml", text)?;
/// assert_eq!(space.size(), 8 + 3 * 4);
/// let architecture = space.parse("conv3|skip|conv5")?;
/// assert_eq!(space.format(&architecture), "conv3|skip|conv5");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CustomSpace {
    description: SpaceDescription,
    about: String,
    /// The operations of all parts, each once.
    operations: Vec<String>,
    parts: Vec<Part>,
    /// Limits over all parts.
    limits: Vec<Limit>,
    size: u128,
    /// Every architecture, where so few keep the constraints that drawing at random would not find them.
    listed: Option<Vec<Architecture>>,
}

/// A cell or the chain, with what it must keep and its place among the decisions.
#[derive(Clone, Debug)]
struct Part {
    cell: Cell,
    rules: Rules,
    options: Vec<usize>,
    first: usize,
}

impl CustomSpace {
    /// Reads the description of a space from a TOML file.
    ///
    /// # Errors
    /// When it cannot be read, or describes no space: with the file, the place, and what to do.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, CustomSpaceError> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|source| CustomSpaceError::Io { path: path.into(), source })?;
        Self::parse_toml(path, &text)
    }

    /// Reads the description of a space from TOML; the path is only named in errors.
    ///
    /// # Errors
    /// When it describes no space: with the file, the place, and what to do.
    pub fn parse_toml(path: impl AsRef<Path>, text: &str) -> Result<Self, CustomSpaceError> {
        let path = path.as_ref();
        let refused = |error: toml::de::Error| CustomSpaceError::Toml { path: path.into(), reason: error.to_string() };
        keys::check(path, &toml::from_str(text).map_err(refused)?)?;
        let description: SpaceDescription = toml::from_str(text).map_err(refused)?;
        description.build().map_err(|error| error.in_file(path))
    }

    /// What the space was built from.
    pub fn space_description(&self) -> &SpaceDescription {
        &self.description
    }

    /// The operations of all cells and stages, each once, in the order in which they are first named.
    pub fn operations(&self) -> &[String] {
        &self.operations
    }

    /// Every architecture, in the order of the decisions; `None` if there are more than two million combinations of decisions to
    /// look at.
    pub fn all(&self) -> Option<Vec<Architecture>> {
        let options: Vec<usize> = self.options().collect();
        if count::product_of(&options) > count::MOST_ENUMERATED {
            return None;
        }
        let mut all = Vec::new();
        count::each(&options, &mut |decisions| {
            if self.broken(decisions).is_none() {
                all.push(Architecture::new(decisions));
            }
        });
        Some(all)
    }

    /// Whether isomorphic architectures, and only those, have the same canonical form.
    pub(crate) fn shows_isomorphism(&self) -> bool {
        self.parts.iter().all(|part| part.cell.chain || canonical::is_complete(&part.cell))
    }

    fn options(&self) -> impl Iterator<Item = usize> {
        self.parts.iter().flat_map(|part| part.options.iter().copied())
    }

    /// The rule that decisions within their ranges break, in words.
    fn broken(&self, decisions: &[u8]) -> Option<String> {
        let parts: Vec<_> = self.parts.iter().map(|part| (part, part.nodes(decisions))).collect();
        let broken = |(part, nodes): &(&Part, Vec<Node>)| {
            let broken = part.rules.broken(&part.cell, nodes, &self.operations)?;
            Some(format!("{}: {broken}", part.cell.name))
        };
        let used = |operation| parts.iter().map(|(_, nodes)| rules::count(nodes, operation)).sum();
        let all = Rules { limits: self.limits.clone(), forbid: Vec::new() };
        parts.iter().find_map(broken).or_else(|| all.limit_broken(&used, &self.operations))
    }

    /// Draws uniformly among all combinations of decisions in which every part keeps its own rules.
    fn draw(&self, rng: &mut StudyRng) -> Vec<u8> {
        let mut decisions = Vec::new();
        for part in &self.parts {
            loop {
                let drawn = part.draw(rng);
                if part.keeps_rules(&drawn, &self.operations) {
                    decisions.extend(drawn);
                    break;
                }
            }
        }
        decisions
    }

    /// Whether any rule can forbid a change.
    fn is_constrained(&self) -> bool {
        let constrained = |part: &Part| {
            let rules = !part.rules.limits.is_empty() || !part.rules.forbid.is_empty();
            rules || part.cell.must_connect || part.cell.max_edges.is_some()
        };
        !self.limits.is_empty() || self.parts.iter().any(constrained)
    }

    /// Counts the architectures exactly.
    fn count(&self) -> Result<u128, String> {
        let limits = self.parts.iter().flat_map(|part| &part.rules.limits).chain(&self.limits);
        let tracked = Tracked::new(limits);
        let mut total = tracked.nothing();
        for part in &self.parts {
            total = tracked.both(&total, &count::tally(&part.cell, &part.rules, &self.operations, &tracked)?)?;
        }
        let keeping = tracked.keeping(total, &self.limits);
        Ok(keeping.into_values().fold(0, |sum: u128, number| sum.saturating_add(number)))
    }
}

impl Part {
    /// The nodes that the decisions of a whole architecture say.
    fn nodes(&self, decisions: &[u8]) -> Vec<Node> {
        self.cell.nodes_of(&decisions[self.first..self.first + self.options.len()])
    }

    fn draw(&self, rng: &mut StudyRng) -> Vec<u8> {
        self.options.iter().map(|&options| rng.random_range(0..options) as u8).collect()
    }

    fn keeps_rules(&self, decisions: &[u8], names: &[String]) -> bool {
        self.rules.broken(&self.cell, &self.cell.nodes_of(decisions), names).is_none()
    }
}
