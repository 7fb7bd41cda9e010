use super::Primitive;
use super::cell::{Cell, INPUTS};
use bonas_core::CellGraph;

/// Operation types of a cell that are not primitives: two inputs and the output.
const TERMINALS: [&str; 3] = ["c_{k-2}", "c_{k-1}", "c_{k}"];

/// Names of the operation types: the terminals of every cell, then the primitives, which the cells have in common.
pub(super) fn vocabulary(cell_names: &[&str], primitives: &[Primitive]) -> Vec<String> {
    let terminals = cell_names.iter().flat_map(|cell| TERMINALS.map(|terminal| format!("{cell} {terminal}")));
    terminals.chain(primitives.iter().map(|primitive| primitive.name().to_owned())).collect()
}

/// The disjoint union of the cells, eleven nodes each: `c_{k-2}`, `c_{k-1}`, two operations per intermediate node, output.
pub(super) fn graph(cells: &[Cell], primitives: usize) -> CellGraph {
    let first_primitive = TERMINALS.len() * cells.len();
    let (mut operations, mut edges) = (Vec::new(), Vec::new());
    for (place, cell) in cells.iter().enumerate() {
        let first = operations.len();
        let terminal = TERMINALS.len() * place;
        operations.extend([terminal, terminal + 1]);
        operations.extend(cell.0.iter().flatten().map(|&(_, operation)| first_primitive + usize::from(operation)));
        operations.push(terminal + 2);
        edges.extend(cell_edges(cell).map(|(from, to)| (first + from, first + to)));
    }
    CellGraph::new(operations, edges, first_primitive + primitives).expect("a valid cell reads only earlier, distinct nodes")
}

fn cell_edges(cell: &Cell) -> impl Iterator<Item = (usize, usize)> {
    let operands = cell.0.iter().flatten().enumerate();
    let output = INPUTS + cell.0.len() * 2;
    operands.flat_map(move |(place, &(source, _))| {
        let node = INPUTS + place;
        producers(usize::from(source)).map(move |from| (from, node)).chain([(node, output)])
    })
}

/// The graph nodes whose results a source is: an input itself, or both operations of an intermediate node.
fn producers(source: usize) -> std::ops::Range<usize> {
    match source.checked_sub(INPUTS) {
        None => source..source + 1,
        Some(intermediate) => INPUTS + 2 * intermediate..INPUTS + 2 * intermediate + 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: Cell = Cell([[(0, 0), (1, 1)], [(0, 2), (2, 3)], [(1, 0), (3, 1)], [(0, 2), (1, 3)]]);

    #[test]
    fn a_cell_has_eleven_nodes_and_the_edges_of_its_sources() {
        let graph = graph(&[CELL], 4);
        assert_eq!(graph.operations(), [0, 1, 3, 4, 5, 6, 3, 4, 5, 6, 2]);
        let inner: Vec<_> = graph.edges().iter().copied().filter(|&(_, to)| to != 10).collect();
        assert_eq!(inner, [(0, 2), (0, 4), (0, 8), (1, 3), (1, 6), (1, 9), (2, 5), (3, 5), (4, 7), (5, 7)]);
        let ends: Vec<_> = graph.edges().iter().filter(|&&(_, to)| to == 10).map(|&(from, _)| from).collect();
        assert_eq!(ends, [2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn two_cells_share_primitives_and_nothing_else() {
        let graph = graph(&[CELL, CELL], 4);
        assert_eq!((graph.node_count(), graph.vocabulary()), (22, 10));
        assert_eq!(graph.operations()[..4], [0, 1, 6, 7]);
        assert_eq!(graph.operations()[11..15], [3, 4, 6, 7]);
        assert!(graph.edges().iter().all(|&(from, to)| (from < 11) == (to < 11)));
    }

    #[test]
    fn every_type_has_a_name() {
        let names = vocabulary(&["normal", "reduce"], &[Primitive::SkipConnect]);
        assert_eq!(names[2..4], ["normal c_{k}", "reduce c_{k-2}"]);
        assert_eq!((names.len(), names[6].as_str()), (7, "skip_connect"));
    }
}
