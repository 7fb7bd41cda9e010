use super::{diagram, graph};
use crate::cursor::Cursor;
use bonas_core::{Architecture, CellDiagram, CellGraph, SearchSpace, SpaceError, StudyRng};
use rand::RngExt;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

const NAME: &str = "transnas-macro";
/// What a module does, in the order of the official digits 1 to 4.
const MODULES: [&str; 4] = ["normal", "channels x2", "resolution /2", "channels x2, resolution /2"];
const LENGTHS: RangeInclusive<usize> = 4..=6;
/// How often channels may be doubled and the resolution halved.
const DOUBLINGS: RangeInclusive<usize> = 1..=3;
const HALVINGS: RangeInclusive<usize> = 1..=4;
/// Fills up architectures of fewer modules.
const ABSENT: u8 = 4;

static ALL: LazyLock<Vec<Architecture>> = LazyLock::new(all);

/// The macro space of TransNAS-Bench-101 (Duan et al., CVPR 2021): four to six modules, of which one to three double the channels and
/// one to four halve the resolution, 3,256 networks.
///
/// An architecture has six decisions; those of modules that are not there are 4.
#[derive(Clone, Copy, Debug, Default)]
pub struct TransNasMacroSpace;

/// What a module does to the size of what passes through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MacroModule {
    /// Whether it doubles the channels.
    pub doubles: bool,
    /// Whether it halves the resolution.
    pub halves: bool,
}

impl TransNasMacroSpace {
    /// The modules of a network, from the input to the output.
    pub fn modules(&self, architecture: &Architecture) -> Vec<MacroModule> {
        let module = |module: &u8| MacroModule { doubles: [1, 3].contains(module), halves: [2, 3].contains(module) };
        modules(architecture).iter().map(module).collect()
    }
}

fn all() -> Vec<Architecture> {
    let of_length = |length: usize| {
        (0..MODULES.len().pow(length as u32)).map(move |number| {
            let module = |place: usize| match place < length {
                true => (number / MODULES.len().pow((length - 1 - place) as u32) % MODULES.len()) as u8,
                false => ABSENT,
            };
            Architecture::new((0..*LENGTHS.end()).map(module).collect::<Vec<_>>())
        })
    };
    LENGTHS.flat_map(of_length).filter(|architecture| check(architecture).is_ok()).collect()
}

fn modules(architecture: &Architecture) -> &[u8] {
    let decisions = architecture.decisions();
    let length = decisions.iter().position(|&module| module == ABSENT).unwrap_or(decisions.len());
    &decisions[..length]
}

fn check(architecture: &Architecture) -> Result<(), SpaceError> {
    let outside = |reason| Err(SpaceError::Outside { space: NAME.into(), reason });
    let (decisions, modules) = (architecture.decisions(), modules(architecture));
    if decisions.len() != *LENGTHS.end() {
        return outside(format!("it has {} decisions instead of {}", decisions.len(), LENGTHS.end()));
    }
    if decisions[modules.len()..].iter().any(|&module| module != ABSENT) {
        return outside("a module follows the last one".into());
    }
    if let Some(module) = modules.iter().find(|&&module| module > ABSENT) {
        return outside(format!("module {module} does not exist"));
    }
    let count = |wanted: [u8; 2]| modules.iter().filter(|module| wanted.contains(module)).count();
    for (what, count, range) in [
        ("modules", modules.len(), LENGTHS),
        ("modules that double the channels", count([1, 3]), DOUBLINGS),
        ("modules that halve the resolution", count([2, 3]), HALVINGS),
    ] {
        if !range.contains(&count) {
            return outside(format!("it has {count} {what}; there may be {} to {}", range.start(), range.end()));
        }
    }
    Ok(())
}

impl SearchSpace for TransNasMacroSpace {
    fn name(&self) -> &str {
        NAME
    }

    fn description(&self) -> &str {
        "TransNAS-Bench-101 macro: four to six modules that double channels or halve the resolution"
    }

    fn size(&self) -> u128 {
        ALL.len() as u128
    }

    fn vocabulary(&self) -> Vec<String> {
        graph::vocabulary(&MODULES)
    }

    fn validate(&self, architecture: &Architecture) -> Result<(), SpaceError> {
        check(architecture)
    }

    fn sample(&self, rng: &mut StudyRng) -> Architecture {
        ALL[rng.random_range(0..ALL.len())].clone()
    }

    /// A module changed, added at the end or taken from it, each possible change alike.
    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        let neighbors = self.neighbors(parent);
        neighbors[rng.random_range(0..neighbors.len())].clone()
    }

    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture> {
        let modules = modules(architecture);
        let changed = |place: usize, module: u8| {
            let mut decisions = architecture.decisions().to_vec();
            decisions[place] = module;
            Architecture::new(decisions)
        };
        // The last module may be taken away, and the place behind it filled.
        let places = 0..(modules.len() + 1).min(*LENGTHS.end());
        let changes = places.flat_map(|place| (0..=ABSENT).map(move |module| changed(place, module)));
        changes.filter(|changed| changed != architecture && check(changed).is_ok()).collect()
    }

    fn canonical(&self, architecture: &Architecture) -> Architecture {
        architecture.clone()
    }

    fn graph(&self, architecture: &Architecture) -> CellGraph {
        graph::graph(modules(architecture).iter().map(|&module| usize::from(module)), MODULES.len())
    }

    fn diagrams(&self, architecture: &Architecture) -> Vec<CellDiagram> {
        vec![diagram::diagram(modules(architecture).iter().map(|&module| MODULES[usize::from(module)]))]
    }

    /// Reads the official string, `64-XXXX-basic`, a digit from 1 to 4 for each module.
    fn parse(&self, text: &str) -> Result<Architecture, SpaceError> {
        let mut cursor = Cursor::new(text);
        cursor.literal("64-")?;
        let mut decisions = Vec::with_capacity(*LENGTHS.end());
        while decisions.len() < *LENGTHS.start() || (decisions.len() < *LENGTHS.end() && !cursor.is_next("-")) {
            decisions.push(cursor.digit(1..=MODULES.len() as u8)? - 1);
        }
        cursor.literal("-basic")?;
        cursor.end()?;
        decisions.resize(*LENGTHS.end(), ABSENT);
        let architecture = Architecture::new(decisions);
        check(&architecture).map(|()| architecture)
    }

    fn format(&self, architecture: &Architecture) -> String {
        let digits: String = modules(architecture).iter().map(|module| (module + 1).to_string()).collect();
        format!("64-{digits}-basic")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_official_string_is_read_and_written() {
        for text in ["64-4111-basic", "64-231441-basic"] {
            let architecture = TransNasMacroSpace.parse(text).expect("official");
            assert_eq!(TransNasMacroSpace.format(&architecture), text);
        }
        let message = |text: &str| TransNasMacroSpace.parse(text).expect_err("no network").to_string();
        insta::assert_snapshot!(message("64-111-basic"), @"cannot read the architecture at byte 6: expected a digit from 1 to 4, found `-basic`");
        insta::assert_snapshot!(message("64-1111-basic"), @"not an architecture of space transnas-macro: it has 0 modules that double the channels; there may be 1 to 3");
    }

    #[test]
    fn there_are_3256_networks_and_all_can_be_reached() {
        assert_eq!(TransNasMacroSpace.size(), 3_256);
        let mut reached = BTreeSet::from([ALL[0].clone()]);
        let mut frontier = vec![ALL[0].clone()];
        while let Some(architecture) = frontier.pop() {
            let new: Vec<_> =
                TransNasMacroSpace.neighbors(&architecture).into_iter().filter(|next| reached.insert(next.clone())).collect();
            frontier.extend(new);
        }
        assert_eq!(reached.len(), ALL.len());
    }
}
