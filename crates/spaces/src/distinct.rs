use crate::{CustomSpace, CustomSpaceError, EdgeCellSpace, SpaceChoice, SpaceName};
use bonas_core::{Architecture, SearchSpace};
use std::collections::HashSet;

/// Spaces with more architectures are not looked through, which would take longer than seconds.
const MOST_LOOKED_AT: u128 = 200_000;

impl SpaceChoice {
    /// The number of architectures up to isomorphism; of cells with operations on edges, with `none` and `skip_connect`
    /// simplified away by the rule of NAS-Bench-201.
    ///
    /// `None` where it is not known: a space of more than 200,000 architectures is not looked through, and a cell of one's own
    /// with fixed wiring or with more than eight nodes between inputs and output has no canonical form that shows isomorphism.
    ///
    /// # Errors
    /// When the file cannot be read or describes no space.
    pub fn distinct(&self) -> Result<Option<u128>, CustomSpaceError> {
        match self {
            Self::Known(name) => Ok(known(*name)),
            Self::File(path) => {
                let space = CustomSpace::open(path)?;
                let is_countable = space.size() <= MOST_LOOKED_AT && space.shows_isomorphism();
                let all = is_countable.then(|| space.all()).flatten();
                Ok(all.map(|all| canonical_forms(&space, &all)))
            }
        }
    }
}

fn known(name: SpaceName) -> Option<u128> {
    match name {
        // Its size counts isomorphic cells once.
        SpaceName::NasBench101 => Some(name.build().size()),
        SpaceName::NasBench201 => Some(EdgeCellSpace::nas_bench_201().distinct()),
        SpaceName::TransNasMicro => Some(EdgeCellSpace::transnas_micro().distinct()),
        // Chains have no two ways to number their blocks.
        SpaceName::TransNasMacro | SpaceName::NasBenchMacro | SpaceName::ResNet => Some(name.build().size()),
        SpaceName::Darts | SpaceName::BonasDarts => None,
    }
}

fn canonical_forms(space: &dyn SearchSpace, all: &[Architecture]) -> u128 {
    all.iter().map(|architecture| space.canonical(architecture)).collect::<HashSet<_>>().len() as u128
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn tables_have_the_published_numbers_of_cells() {
        assert_eq!(known(SpaceName::NasBench101), Some(423_624));
        assert_eq!(known(SpaceName::NasBench201), Some(6_466));
        assert_eq!(known(SpaceName::TransNasMacro), Some(3_256));
        assert_eq!(known(SpaceName::NasBenchMacro), Some(6_561));
        assert_eq!((known(SpaceName::Darts), known(SpaceName::BonasDarts)), (None, None));
    }

    #[test]
    fn a_space_of_ones_own_is_counted_class_by_class() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("two.toml");
        let count = |cell: &str| {
            let text =
                format!("name = 'two'\noperations = ['a', 'b', 'c']\n[[cells]]\nnodes = 4\noperations_on = 'nodes'\n{cell}");
            std::fs::write(&path, text).expect("written");
            let choice = SpaceChoice::File(path.clone());
            (choice.build().expect("a space").size(), choice.distinct().expect("a space"))
        };
        // Two nodes of three operations each: in a row, or side by side, where the order means nothing.
        assert_eq!(count("operands = 1\noutput = 'all'\n"), (18, Some(9 + 6)));
        assert_eq!(
            count("edges = [[0, 1], [0, 2], [1, 3], [2, 3]]\n"),
            (9, None),
            "symmetries of fixed wiring are not looked for"
        );
        assert!(SpaceChoice::File(Path::new("missing.toml").into()).distinct().is_err());
    }
}
