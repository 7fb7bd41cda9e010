use super::graph::{Ends, ends, graph};
use super::{CustomSpace, Part, canonical, diagram, text};
use bonas_core::{Architecture, CellDiagram, CellGraph, SearchSpace, SpaceError, StudyRng};
use rand::RngExt;

/// How often a single change at random is tried before all changes are listed.
const TRIES: usize = 64;

impl SearchSpace for CustomSpace {
    fn name(&self) -> &str {
        &self.description.name
    }

    fn description(&self) -> &str {
        &self.about
    }

    /// Combinations of decisions that keep all constraints, counted exactly; `u128::MAX` if there are more than that.
    fn size(&self) -> u128 {
        self.size
    }

    /// The ends of every cell (`input`, `output`; with several cells behind the name of the cell), then the operations.
    fn vocabulary(&self) -> Vec<String> {
        let ends = self.parts.iter().flat_map(|part| ends(&part.cell, self.parts.len() == 1));
        ends.chain(self.operations.iter().cloned()).collect()
    }

    fn validate(&self, architecture: &Architecture) -> Result<(), SpaceError> {
        let (decisions, expected) = (architecture.decisions(), self.options().count());
        if decisions.len() != expected {
            return Err(self.outside(format!("it has {} decisions instead of {expected}", decisions.len())));
        }
        let mut ranges = decisions.iter().zip(self.options()).enumerate();
        if let Some((place, (decision, options))) = ranges.find(|(_, (decision, options))| usize::from(**decision) >= *options) {
            return Err(self.outside(format!("decision {place} is {decision}, but there are only {options} options")));
        }
        self.broken(decisions).map_or(Ok(()), |broken| Err(self.outside(broken)))
    }

    /// Draws every decision uniformly, again until the constraints are kept: every architecture is equally likely.
    fn sample(&self, rng: &mut StudyRng) -> Architecture {
        if let Some(listed) = &self.listed {
            return listed[rng.random_range(0..listed.len())].clone();
        }
        loop {
            let decisions = self.draw(rng);
            if self.limits.is_empty() || self.broken(&decisions).is_none() {
                return Architecture::new(decisions);
            }
        }
    }

    /// One decision changed, each possible change alike; two where no single change keeps the constraints.
    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        let options: Vec<usize> = self.options().collect();
        let changes: usize = options.iter().map(|options| options - 1).sum();
        for _ in 0..TRIES {
            let child = changed(parent.decisions(), &options, rng.random_range(0..changes));
            if self.broken(&child).is_none() {
                return Architecture::new(child);
            }
        }
        let neighbors = self.neighbors(parent);
        match neighbors.is_empty() {
            false => neighbors[rng.random_range(0..neighbors.len())].clone(),
            true => self.another(parent, rng),
        }
    }

    /// Architectures with one other decision; those with two others, if there are none.
    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture> {
        let options: Vec<usize> = self.options().collect();
        let decisions = architecture.decisions();
        let keeping = |decisions: &Vec<u8>| self.broken(decisions).is_none();
        let single: Vec<_> = singles(decisions, &options).filter(keeping).map(Architecture::new).collect();
        match single.is_empty() {
            false => single,
            true => doubles(decisions, &options).filter(keeping).map(Architecture::new).collect(),
        }
    }

    /// With searched wiring and up to eight nodes between inputs and output, the smallest decisions over all numberings of these
    /// nodes; the architecture itself for chains, fixed wiring and larger cells.
    fn canonical(&self, architecture: &Architecture) -> Architecture {
        let decisions = architecture.decisions();
        let of = |part: &Part| canonical::canonical(&part.cell, &decisions[part.first..part.first + part.options.len()]);
        Architecture::new(self.parts.iter().flat_map(of).collect::<Vec<_>>())
    }

    /// The disjoint union of the cells. Operations on edges become nodes: edge (a, b) feeds every edge (b, c).
    fn graph(&self, architecture: &Architecture) -> CellGraph {
        let ends_of = |part: &Part| part.cell.inputs + 1;
        let all_ends: usize = self.parts.iter().map(ends_of).sum();
        let (mut types, mut wires, mut first) = (Vec::new(), Vec::new(), 0);
        for part in &self.parts {
            let nodes = part.nodes(architecture.decisions());
            let wired = graph(&part.cell, &nodes, &Ends { first, operations: all_ends });
            let offset = types.len();
            wires.extend(wired.wires.into_iter().map(|(from, to)| (offset + from, offset + to)));
            types.extend(wired.types);
            first += ends_of(part);
        }
        CellGraph::new(types, wires, all_ends + self.operations.len()).expect("the nodes of a cell are numbered forward")
    }

    fn diagrams(&self, architecture: &Architecture) -> Vec<CellDiagram> {
        let of = |part: &Part| diagram::diagram(&part.cell, &part.nodes(architecture.decisions()), &self.operations);
        self.parts.iter().map(of).collect()
    }

    /// Reads what [`format`](SearchSpace::format) writes, with white space and items in any order. Besides, where all wiring is
    /// fixed, the names of all operations in a row, `conv3|skip|conv5`; and, unless the name of an operation begins with a digit,
    /// the numbers of all decisions, `0 2 1`.
    fn parse(&self, text: &str) -> Result<Architecture, SpaceError> {
        let architecture = Architecture::new(text::parse(self, text)?);
        self.validate(&architecture).map(|()| architecture)
    }

    /// Writes a chain as `conv3|skip|conv5`, a cell with operations on edges as `cell(0>1:conv3, 0>2:skip, 1>2:conv1)`, one with
    /// operations on nodes as `cell(0>1:conv3, 0+1>2:skip)` or, if the wiring is fixed, `cell(1:conv3, 2:skip)`. Names with
    /// blanks or signs of this grammar are quoted, as is the last of a chain if another name is its beginning.
    fn format(&self, architecture: &Architecture) -> String {
        text::format(self, architecture.decisions())
    }
}

impl CustomSpace {
    fn outside(&self, reason: String) -> SpaceError {
        SpaceError::Outside { space: self.description.name.clone(), reason }
    }

    /// Any other architecture. There is one: a space has two at least.
    fn another(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        loop {
            let child = self.sample(rng);
            if child != *parent {
                return child;
            }
        }
    }
}

/// The decisions with change number `change` of all single changes.
fn changed(decisions: &[u8], options: &[usize], mut change: usize) -> Vec<u8> {
    let mut decisions = decisions.to_vec();
    for (decision, options) in decisions.iter_mut().zip(options) {
        if change < options - 1 {
            *decision = ((usize::from(*decision) + 1 + change) % options) as u8;
            break;
        }
        change -= options - 1;
    }
    decisions
}

fn singles<'a>(decisions: &'a [u8], options: &'a [usize]) -> impl Iterator<Item = Vec<u8>> + 'a {
    from_place(decisions, options, 0).map(|(_, decisions)| decisions)
}

fn doubles<'a>(decisions: &'a [u8], options: &'a [usize]) -> impl Iterator<Item = Vec<u8>> + 'a {
    let second = |(place, decisions): (usize, Vec<u8>)| {
        from_place(&decisions, options, place + 1).map(|(_, decisions)| decisions).collect::<Vec<_>>()
    };
    from_place(decisions, options, 0).flat_map(second)
}

/// Every single change of a decision from `place` on, with its place.
fn from_place<'a>(decisions: &'a [u8], options: &'a [usize], place: usize) -> impl Iterator<Item = (usize, Vec<u8>)> + 'a {
    let changes = (place..options.len()).flat_map(|place| (0..options[place]).map(move |option| (place, option as u8)));
    changes.filter(|&(place, option)| decisions[place] != option).map(|(place, option)| {
        let mut decisions = decisions.to_vec();
        decisions[place] = option;
        (place, decisions)
    })
}
