use bonas_core::{Architecture, CellDiagram, CellGraph, DiagramEdge, DiagramNode, NodeKind, SearchSpace, SpaceError, StudyRng};
use rand::RngExt;

/// Operations a position may hold; operation `i` is written as the letter `a + i`.
const LETTERS: u8 = 4;

/// A chain of stages, each a pair of parallel operations whose results meet in the next stage.
///
/// Swapping the operations of a pair changes nothing, so the canonical form has every pair in ascending order: of the
/// 4^(2s) members of a space of s stages, 10^s are distinct. Text form: `ab-cc-ad`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToySpace {
    stages: usize,
}

impl ToySpace {
    /// A space of this many stages (1 to 16).
    pub fn new(stages: usize) -> Self {
        assert!((1..=16).contains(&stages), "a toy space has 1 to 16 stages, not {stages}");
        Self { stages }
    }

    /// Number of members that differ in more than the order within pairs.
    pub fn distinct(&self) -> usize {
        10_usize.pow(u32::try_from(self.stages).unwrap())
    }

    /// Every canonical member, sorted.
    pub fn enumerate(&self) -> Vec<Architecture> {
        let mut members = vec![Vec::new()];
        for _ in 0..self.stages {
            members =
                members.iter().flat_map(|prefix: &Vec<u8>| pairs().map(move |pair| [&prefix[..], &pair].concat())).collect();
        }
        members.into_iter().map(Architecture::new).collect()
    }

    fn outside(&self, reason: String) -> SpaceError {
        SpaceError::Outside { space: self.name().into(), reason }
    }
}

fn pairs() -> impl Iterator<Item = [u8; 2]> {
    (0..LETTERS).flat_map(|first| (first..LETTERS).map(move |second| [first, second]))
}

fn letter(operation: u8) -> char {
    char::from(b'a' + operation)
}

/// Nodes in topological order: the input (0), the operations in the order of the decisions, the output.
fn edges(stages: usize) -> Vec<(usize, usize)> {
    let pair = |stage: usize| [2 * stage + 1, 2 * stage + 2];
    let output = 2 * stages + 1;
    let mut edges: Vec<_> = pair(0).map(|node| (0, node)).to_vec();
    for stage in 1..stages {
        edges.extend(pair(stage - 1).iter().flat_map(|&from| pair(stage).map(|to| (from, to))));
    }
    edges.extend(pair(stages - 1).map(|node| (node, output)));
    edges
}

impl SearchSpace for ToySpace {
    fn name(&self) -> &str {
        "toy"
    }

    fn description(&self) -> &str {
        "a chain of pairs of parallel operations, for tests"
    }

    fn size(&self) -> u128 {
        u128::from(LETTERS).pow(2 * u32::try_from(self.stages).unwrap())
    }

    fn vocabulary(&self) -> Vec<String> {
        let letters = (0..LETTERS).map(|operation| letter(operation).to_string());
        ["input", "output"].map(String::from).into_iter().chain(letters).collect()
    }

    fn validate(&self, architecture: &Architecture) -> Result<(), SpaceError> {
        let decisions = architecture.decisions();
        if decisions.len() != 2 * self.stages {
            return Err(self.outside(format!("{} operations instead of {}", decisions.len(), 2 * self.stages)));
        }
        match decisions.iter().position(|&operation| operation >= LETTERS) {
            Some(place) => Err(self.outside(format!("operation {} at position {place}", decisions[place]))),
            None => Ok(()),
        }
    }

    fn sample(&self, rng: &mut StudyRng) -> Architecture {
        Architecture::new((0..2 * self.stages).map(|_| rng.random_range(0..LETTERS)).collect::<Vec<_>>())
    }

    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        let mut decisions = parent.decisions().to_vec();
        let place = rng.random_range(0..decisions.len());
        decisions[place] = (decisions[place] + rng.random_range(1..LETTERS)) % LETTERS;
        Architecture::new(decisions)
    }

    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture> {
        let decisions = architecture.decisions();
        let change = |place: usize, operation: u8| {
            let mut neighbor = decisions.to_vec();
            neighbor[place] = operation;
            Architecture::new(neighbor)
        };
        let places = 0..decisions.len();
        places
            .flat_map(|place| (0..LETTERS).filter(move |&to| to != decisions[place]).map(move |to| (place, to)))
            .map(|(place, to)| change(place, to))
            .collect()
    }

    fn canonical(&self, architecture: &Architecture) -> Architecture {
        let mut decisions = architecture.decisions().to_vec();
        decisions.chunks_mut(2).for_each(<[u8]>::sort_unstable);
        Architecture::new(decisions)
    }

    fn graph(&self, architecture: &Architecture) -> CellGraph {
        let inner = architecture.decisions().iter().map(|&operation| 2 + usize::from(operation));
        let operations = [0].into_iter().chain(inner).chain([1]).collect();
        CellGraph::new(operations, edges(self.stages), 2 + usize::from(LETTERS)).unwrap()
    }

    fn diagrams(&self, architecture: &Architecture) -> Vec<CellDiagram> {
        let node = |label: String, kind| DiagramNode { label, kind };
        let inner = architecture.decisions().iter().map(|&operation| node(letter(operation).to_string(), NodeKind::Operation));
        let mut nodes = vec![node("input".into(), NodeKind::Input)];
        nodes.extend(inner);
        nodes.push(node("output".into(), NodeKind::Output));
        let edges = edges(self.stages).into_iter().map(|(from, to)| DiagramEdge { from, to, label: String::new() }).collect();
        vec![CellDiagram { title: "toy".into(), nodes, edges }]
    }

    fn parse(&self, text: &str) -> Result<Architecture, SpaceError> {
        let mut decisions = Vec::new();
        for (offset, symbol) in text.char_indices() {
            let expects_dash = offset % 3 == 2;
            match symbol {
                '-' if expects_dash => {}
                'a'..='d' if !expects_dash => decisions.push(symbol as u8 - b'a'),
                _ => {
                    let expected = if expects_dash { "'-'" } else { "a letter from a to d" };
                    return Err(SpaceError::Syntax { offset, expected: expected.into(), found: format!("'{symbol}'") });
                }
            }
        }
        let architecture = Architecture::new(decisions);
        self.validate(&architecture)?;
        Ok(architecture)
    }

    fn format(&self, architecture: &Architecture) -> String {
        let pair = |pair: &[u8]| pair.iter().map(|&operation| letter(operation)).collect::<String>();
        architecture.decisions().chunks(2).map(pair).collect::<Vec<_>>().join("-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;

    #[test]
    fn keeps_the_contract() {
        crate::space::check(&ToySpace::new(3));
    }

    #[test]
    fn text_round_trips_and_names_the_place_of_an_error() {
        let space = ToySpace::new(3);
        let architecture = space.parse("ab-dc-aa").unwrap();
        assert_eq!(space.format(&architecture), "ab-dc-aa");
        assert_eq!(space.format(&space.canonical(&architecture)), "ab-cd-aa");
        assert!(matches!(space.parse("ab-xc-aa"), Err(SpaceError::Syntax { offset: 3, .. })));
        assert!(matches!(space.parse("ab-cd"), Err(SpaceError::Outside { .. })));
    }

    #[test]
    fn every_sample_has_its_canonical_form_in_the_enumeration() {
        let space = ToySpace::new(2);
        let members = space.enumerate();
        assert_eq!((members.len(), members.is_sorted()), (space.distinct(), true));
        let mut rng = SeedStream::new(0).rng("toy", 0);
        for _ in 0..100 {
            let sample = space.sample(&mut rng);
            assert!(members.binary_search(&space.canonical(&sample)).is_ok());
            assert!(space.neighbors(&sample).contains(&space.mutate(&sample, &mut rng)));
        }
    }
}
