use crate::Table;
use bonas_core::{Architecture, CellDiagram, CellGraph, SearchSpace, SpaceError, StudyRng};
use rand::RngExt;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The part of a space that a table knows: a space of its own, for tables that hold few of its architectures.
///
/// Architectures are drawn uniformly among those of the table, and every change leads to another of them: to a neighbour in the whole
/// space where the table has one, to any other where it has none. Texts, graphs and canonical forms are those of the whole space.
pub struct TableSpace {
    whole: Arc<dyn SearchSpace>,
    table: Arc<Table>,
    members: Vec<Architecture>,
}

impl TableSpace {
    /// The members of `whole` that the table has.
    pub fn new(whole: Arc<dyn SearchSpace>, table: Arc<Table>) -> Self {
        let members: BTreeSet<_> = table.architectures().map(|architecture| whole.canonical(&architecture)).collect();
        Self { whole, table, members: members.into_iter().collect() }
    }

    fn has(&self, architecture: &Architecture) -> bool {
        self.members.binary_search(architecture).is_ok()
    }
}

impl SearchSpace for TableSpace {
    fn name(&self) -> &str {
        self.whole.name()
    }

    fn description(&self) -> &str {
        self.whole.description()
    }

    /// Members of the table; isomorphic ones count once.
    fn size(&self) -> u128 {
        self.members.len() as u128
    }

    fn vocabulary(&self) -> Vec<String> {
        self.whole.vocabulary()
    }

    fn validate(&self, architecture: &Architecture) -> Result<(), SpaceError> {
        self.whole.validate(architecture)?;
        if self.has(&self.whole.canonical(architecture)) {
            return Ok(());
        }
        let reason =
            format!("the table {} does not have it, and table.only_rows keeps the search to what it has", self.table.name());
        Err(SpaceError::Outside { space: self.name().into(), reason })
    }

    fn sample(&self, rng: &mut StudyRng) -> Architecture {
        self.members[rng.random_range(0..self.members.len())].clone()
    }

    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        let neighbors = self.neighbors(parent);
        if !neighbors.is_empty() {
            return neighbors[rng.random_range(0..neighbors.len())].clone();
        }
        let own = self.members.binary_search(&self.whole.canonical(parent)).unwrap_or(0);
        let others = self.members.len().saturating_sub(1).max(1);
        self.members[(own + 1 + rng.random_range(0..others)) % self.members.len()].clone()
    }

    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture> {
        let own = self.whole.canonical(architecture);
        let neighbors: BTreeSet<_> =
            self.whole.neighbors(architecture).iter().map(|neighbor| self.whole.canonical(neighbor)).collect();
        neighbors.into_iter().filter(|neighbor| *neighbor != own && self.has(neighbor)).collect()
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;
    use bonas_spaces::SpaceName;
    use std::io::Write;

    /// A few hundred architectures of the macro space of TransNAS-Bench-101, one of them without a neighbour.
    fn part() -> (Arc<dyn SearchSpace>, TableSpace) {
        let whole = SpaceName::TransNasMacro.build();
        let mut rng = SeedStream::new(1).rng("part", 0);
        let mut kept: BTreeSet<Architecture> = (0..300).map(|_| whole.sample(&mut rng)).collect();
        let lonely = kept.first().expect("a member").clone();
        whole.neighbors(&lonely).iter().for_each(|neighbor| {
            kept.remove(neighbor);
        });
        let folder = tempfile::tempdir().expect("a folder");
        let (csv, layout) = (folder.path().join("part.csv"), folder.path().join("part.toml"));
        let mut file = std::fs::File::create(&csv).expect("created");
        writeln!(file, "arch,score").expect("written");
        kept.iter().for_each(|member| writeln!(file, "{},1", whole.format(member)).expect("written"));
        let text = "name = 'part'\nspaces = ['transnas-macro']\narchitecture = ['arch']\n[[columns]]\ncolumn = 'score'\ntask = 't'\nmetric = 'm'\n";
        std::fs::write(&layout, text).expect("written");
        let table = Table::open(&csv, Some(&layout)).expect("a table");
        let space = TableSpace::new(whole.clone(), Arc::new(table));
        assert_eq!(space.size(), kept.len() as u128);
        assert!(space.neighbors(&lonely).is_empty());
        assert_ne!(space.mutate(&lonely, &mut rng), lonely);
        (whole, space)
    }

    #[test]
    fn what_is_drawn_and_changed_stays_in_the_table() {
        let (whole, space) = part();
        let mut rng = SeedStream::new(2).rng("walk", 0);
        let mut drawn = BTreeSet::new();
        for _ in 0..2000 {
            let parent = space.sample(&mut rng);
            let child = space.mutate(&parent, &mut rng);
            assert!(space.has(&parent) && space.has(&child) && parent != child);
            let near: Vec<_> = whole.neighbors(&parent).into_iter().filter(|neighbor| space.has(neighbor)).collect();
            assert_eq!(space.neighbors(&parent).len(), near.len());
            assert!(near.is_empty() || near.contains(&child));
            space.validate(&parent).expect("a member");
            drawn.insert(parent);
        }
        assert_eq!(drawn.len(), space.members.len(), "every member is drawn");
        let outside =
            std::iter::repeat_with(|| whole.sample(&mut rng)).find(|other| !space.has(other)).expect("there are others");
        let error = space.validate(&outside).expect_err("outside").to_string();
        assert!(error.contains("the table part does not have it"), "{error}");
    }
}
