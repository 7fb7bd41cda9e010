use super::cell::Cell;
use super::rules::Change;
use super::{DartsGenotype, DartsSpace, diagram, graph, text};
use bonas_core::{Architecture, CellDiagram, CellGraph, SearchSpace, SpaceError, StudyRng};
use rand::RngExt;

impl SearchSpace for DartsSpace {
    fn name(&self) -> &str {
        self.name.as_str()
    }

    fn description(&self) -> &str {
        if self.is_shared() {
            "DARTS cells as BONAS searched them: one cell for normal and reduction, four operations"
        } else {
            "DARTS cells: a normal and a reduction cell, seven operations"
        }
    }

    /// Architectures that differ only in the order of a node's operands count once.
    fn size(&self) -> u128 {
        let cell: u128 = self.choices.iter().map(|choices| choices.len() as u128).product();
        cell.pow(self.cell_names.len() as u32)
    }

    fn vocabulary(&self) -> Vec<String> {
        graph::vocabulary(self.cell_names, self.primitives)
    }

    fn validate(&self, architecture: &Architecture) -> Result<(), SpaceError> {
        let (given, needed) = (architecture.decisions().len(), self.cell_names.len() * Cell::DECISIONS);
        if given != needed {
            return Err(self.outside(format!("it has {given} decisions instead of {needed}")));
        }
        self.cells(architecture).iter().zip(self.cell_names).try_for_each(|(cell, name)| {
            self.rules.check(cell).map_err(|reason| self.outside(format!("in the {name} cell, {reason}")))
        })
    }

    /// Uniform over architectures of which those that differ only in the order of operands count once.
    fn sample(&self, rng: &mut StudyRng) -> Architecture {
        let mut cell = || Cell(std::array::from_fn(|node| self.choices[node][rng.random_range(0..self.choices[node].len())]));
        let cells: Vec<Cell> = self.cell_names.iter().map(|_| cell()).collect();
        Self::encode(&cells)
    }

    /// With equal chances changes an operation or a source (Real et al., *Regularized Evolution*, AAAI 2019) of one operand,
    /// each possible change alike. The child differs from its parent in more than the order of operands, but can be
    /// isomorphic to it: of two equal nodes a third may read the one instead of the other.
    fn mutate(&self, parent: &Architecture, rng: &mut StudyRng) -> Architecture {
        let change = if rng.random_bool(0.5) { Change::Operation } else { Change::Source };
        let cells = self.cells(parent);
        let changed = self.changed(&cells, change);
        let (place, cell) = changed[rng.random_range(0..changed.len())];
        Self::encode(&replaced(&cells, place, cell))
    }

    fn neighbors(&self, architecture: &Architecture) -> Vec<Architecture> {
        let cells = self.cells(architecture);
        let changed = [Change::Operation, Change::Source].into_iter().flat_map(|change| self.changed(&cells, change));
        changed.map(|(place, cell)| Self::encode(&replaced(&cells, place, cell))).collect()
    }

    /// Nodes and operands in the order that makes the decisions smallest; every cell has an order of its own.
    fn canonical(&self, architecture: &Architecture) -> Architecture {
        let cells: Vec<Cell> = self.cells(architecture).iter().map(Cell::canonical).collect();
        Self::encode(&cells)
    }

    fn graph(&self, architecture: &Architecture) -> CellGraph {
        graph::graph(&self.cells(architecture), self.primitives.len())
    }

    fn diagrams(&self, architecture: &Architecture) -> Vec<CellDiagram> {
        let titles: &[&str] = if self.is_shared() { &["normal and reduction cell"] } else { &["normal cell", "reduction cell"] };
        let cells = self.cells(architecture);
        titles.iter().zip(&cells).map(|(title, cell)| diagram::diagram(title, &self.darts_cell(cell))).collect()
    }

    /// Reads `Genotype(…)` as public DARTS code writes it, with or without `NAME =` before it, and JSON, both that of
    /// [`DartsGenotype`](super::DartsGenotype) and one with the keys and flat lists of the Python form.
    fn parse(&self, text: &str) -> Result<Architecture, SpaceError> {
        self.architecture(&text::genotype(text, self)?)
    }

    /// Writes `Genotype(…)` as public DARTS code does; both cells, even if they are one.
    fn format(&self, architecture: &Architecture) -> String {
        self.genotype(architecture).to_string()
    }
}

impl DartsSpace {
    /// Reads a genotype in the same forms as [`SearchSpace::parse`], with all operands in the order of the text.
    ///
    /// # Errors
    /// Where the text is none, or names what this space lacks.
    pub fn parse_genotype(&self, text: &str) -> Result<DartsGenotype, SpaceError> {
        text::genotype(text, self)
    }

    /// Every change of one of the cells: its place and what it becomes.
    fn changed(&self, cells: &[Cell], change: Change) -> Vec<(usize, Cell)> {
        let changed = |(place, cell)| self.rules.changed(cell, change).into_iter().map(move |cell| (place, cell));
        cells.iter().enumerate().flat_map(changed).collect()
    }
}

fn replaced(cells: &[Cell], place: usize, cell: Cell) -> Vec<Cell> {
    let mut cells = cells.to_vec();
    cells[place] = cell;
    cells
}

#[cfg(test)]
mod tests {
    use crate::{DartsCell, DartsGenotype, DartsSpace, Operand, Primitive};
    use bonas_core::{Architecture, SearchSpace, SeedStream, SpaceError};
    use bonas_testing::space::graph_colors;
    use std::collections::BTreeMap;

    const V2: &str = "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), \
        ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], \
        reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), \
        ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])";

    fn v2(space: &DartsSpace) -> DartsGenotype {
        space.genotype(&space.parse(V2).expect("a published genotype"))
    }

    /// The genotype with every operand of one kind of cell replaced.
    fn edited(cell: &DartsCell, edit: impl Fn(Operand) -> Operand) -> DartsCell {
        DartsCell { nodes: cell.nodes.iter().map(|node| node.map(&edit)).collect() }
    }

    fn swapped_inputs(cell: &DartsCell) -> DartsCell {
        edited(cell, |operand| Operand { source: [1, 0].get(operand.source).copied().unwrap_or(operand.source), ..operand })
    }

    /// Exchanges nodes `a` and `a + 1`, the second of which must not read the first.
    fn exchanged(cell: &DartsCell, a: usize) -> DartsCell {
        let moved = |source| {
            if source == a + 2 {
                a + 3
            } else if source == a + 3 {
                a + 2
            } else {
                source
            }
        };
        let mut cell = edited(cell, |operand| Operand { source: moved(operand.source), ..operand });
        cell.nodes.swap(a, a + 1);
        cell
    }

    #[test]
    fn sizes_are_those_of_the_closed_forms() {
        assert_eq!(DartsSpace::darts().size(), (180 * 49_u128.pow(4)).pow(2));
        assert_eq!(DartsSpace::bonas().size(), 42_134_400);
    }

    #[test]
    fn swapped_inputs_are_another_architecture() {
        let space = DartsSpace::darts();
        let genotype = v2(&space);
        for swapped in [
            DartsGenotype { normal: swapped_inputs(&genotype.normal), ..genotype.clone() },
            DartsGenotype { reduce: swapped_inputs(&genotype.reduce), ..genotype.clone() },
        ] {
            let (a, b) = (space.architecture(&genotype).expect("valid"), space.architecture(&swapped).expect("valid"));
            assert_ne!(space.canonical(&a), space.canonical(&b));
            assert_ne!(graph_colors(&space.graph(&a)), graph_colors(&space.graph(&b)));
        }
    }

    #[test]
    fn swapped_operands_are_the_same_architecture() {
        let space = DartsSpace::darts();
        let genotype = v2(&space);
        let swap = |cell: &DartsCell| DartsCell { nodes: cell.nodes.iter().map(|&[a, b]| [b, a]).collect() };
        let swapped = DartsGenotype { normal: swap(&genotype.normal), reduce: swap(&genotype.reduce) };
        let (a, b) = (space.architecture(&genotype).expect("valid"), space.architecture(&swapped).expect("valid"));
        assert_ne!(a, b);
        assert_eq!(space.canonical(&a), space.canonical(&b));
        assert_eq!(graph_colors(&space.graph(&a)), graph_colors(&space.graph(&b)));
    }

    #[test]
    fn each_cell_is_relabelled_on_its_own() {
        let space = DartsSpace::darts();
        let genotype = v2(&space);
        // In the normal cell node 2 doesn't read node 1; in the reduction cell node 3 doesn't read node 2.
        let normal = DartsGenotype { normal: exchanged(&genotype.normal, 1), ..genotype.clone() };
        let reduce = DartsGenotype { reduce: exchanged(&genotype.reduce, 2), ..genotype.clone() };
        let original = space.architecture(&genotype).expect("valid");
        for relabelled in [normal, reduce] {
            let relabelled = space.architecture(&relabelled).expect("valid");
            assert_ne!(relabelled, original);
            assert_eq!(space.canonical(&relabelled), space.canonical(&original));
            assert_eq!(graph_colors(&space.graph(&relabelled)), graph_colors(&space.graph(&original)));
        }
        let exchanged_cells = DartsGenotype { normal: genotype.reduce.clone(), reduce: genotype.normal.clone() };
        let exchanged_cells = space.architecture(&exchanged_cells).expect("valid");
        assert_ne!(graph_colors(&space.graph(&exchanged_cells)), graph_colors(&space.graph(&original)));
    }

    #[test]
    fn sampling_is_uniform() {
        const DRAWS: usize = 19_000;
        let space = DartsSpace::bonas();
        let mut rng = SeedStream::new(5).rng("uniform", 0);
        // Node 0 has 28 choices, node 3 has 190; by χ² (27 and 189 degrees of freedom) far below the .9999 quantiles.
        let mut counts = [BTreeMap::<Vec<u8>, usize>::new(), BTreeMap::new()];
        for _ in 0..DRAWS {
            let sample = space.sample(&mut rng);
            for (count, node) in counts.iter_mut().zip([0, 3]) {
                *count.entry(sample.decisions()[4 * node..4 * node + 4].to_vec()).or_default() += 1;
            }
        }
        for (count, (choices, quantile)) in counts.iter().zip([(28, 64.0), (190, 270.0)]) {
            let expected = DRAWS as f64 / choices as f64;
            let chi_squared: f64 = count.values().map(|&count| (count as f64 - expected).powi(2) / expected).sum();
            assert_eq!(count.len(), choices);
            assert!(chi_squared < quantile, "χ² is {chi_squared} for {choices} choices");
        }
    }

    #[test]
    fn half_of_the_mutations_change_an_operation_and_each_changes_one_decision() {
        for space in [DartsSpace::darts(), DartsSpace::bonas()] {
            let parent = space.sample(&mut SeedStream::new(0).rng("parent", 0));
            let mut rng = SeedStream::new(0).rng("mutate", 0);
            let mut operations = 0;
            for _ in 0..1000 {
                let child = space.mutate(&parent, &mut rng);
                let pairs = parent.decisions().iter().zip(child.decisions());
                let changed: Vec<usize> = pairs.enumerate().filter(|(_, (a, b))| a != b).map(|(place, _)| place).collect();
                assert_eq!(changed.len(), 1);
                operations += changed[0] % 2;
            }
            assert!((430..570).contains(&operations), "{operations} of 1000 mutations changed an operation");
        }
    }

    #[test]
    fn neighbours_differ_in_more_than_operand_order() {
        for space in [DartsSpace::darts(), DartsSpace::bonas()] {
            let mut rng = SeedStream::new(0).rng("neighbours", 0);
            for _ in 0..50 {
                let architecture = space.sample(&mut rng);
                let family = std::iter::once(architecture.clone()).chain(space.neighbors(&architecture));
                let sorted = |a: &Architecture| space.cells(a).iter().map(|cell| cell.with_sorted_operands()).collect::<Vec<_>>();
                let mut forms: Vec<_> = family.map(|architecture| sorted(&architecture)).collect();
                let count = forms.len();
                forms.sort();
                forms.dedup();
                assert_eq!(forms.len(), count);
            }
        }
    }

    #[test]
    fn an_operation_of_another_space_is_named() {
        let darts = DartsSpace::darts();
        let mut genotype = v2(&darts);
        genotype.normal.nodes[1][0].primitive = Primitive::SepConv5x5;
        let error = DartsSpace::bonas().architecture(&genotype).expect_err("not one of the four");
        assert!(matches!(error, SpaceError::UnknownOperation { .. }));
        insta::assert_snapshot!(error, @"unknown operation 'sep_conv_5x5' in space bonas-darts; did you mean 'sep_conv_3x3'? It has: max_pool_3x3, skip_connect, sep_conv_3x3, dil_conv_3x3");
    }

    #[test]
    fn broken_genotypes_are_refused_with_the_rule() {
        let space = DartsSpace::darts();
        let refusal = |edit: fn(&mut DartsGenotype)| {
            let mut genotype = v2(&space);
            edit(&mut genotype);
            space.architecture(&genotype).expect_err("broken").to_string()
        };
        insta::assert_snapshot!(refusal(|g| g.normal.nodes[1][0].source = 3), @"not an architecture of space darts: in the normal cell, node 1 reads source 3, but only sources 0 to 2 come before it");
        insta::assert_snapshot!(refusal(|g| g.reduce.nodes[0][1].source = 0), @"not an architecture of space darts: in the reduce cell, both operands of node 0 read source 0, but they must differ");
        insta::assert_snapshot!(refusal(|g| g.normal.nodes[0][0].source = 256), @"not an architecture of space darts: source 256 does not exist; a cell has sources 0 to 4");
        insta::assert_snapshot!(refusal(|g| { g.reduce.nodes.pop(); }), @"not an architecture of space darts: the reduce cell has 3 nodes instead of 4");
        let bonas = DartsSpace::bonas();
        insta::assert_snapshot!(bonas.architecture(&DartsGenotype { reduce: v2(&space).normal, ..v2(&space) }).map(|_| "fine").expect("one cell"), @"fine");
        insta::assert_snapshot!(bonas.architecture(&v2(&space)).expect_err("two cells"), @"not an architecture of space bonas-darts: the normal and the reduction cell differ, but this space has one cell for both");
        let mut twice = DartsGenotype { reduce: v2(&space).normal, ..v2(&space) };
        twice.normal.nodes[0][1] = twice.normal.nodes[0][0];
        twice.reduce = twice.normal.clone();
        insta::assert_snapshot!(bonas.architecture(&twice).expect_err("the same twice"), @"not an architecture of space bonas-darts: in the shared cell, both operands of node 0 are the same");
        insta::assert_snapshot!(space.validate(&Architecture::new([0; 31])).expect_err("short"), @"not an architecture of space darts: it has 31 decisions instead of 32");
    }
}
