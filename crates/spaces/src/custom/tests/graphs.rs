use super::{DARTS, FIXED_NODES, NAS_BENCH_201, TWO_CELLS, space};
use crate::{EdgeCellSpace, NasBenchMacroSpace, dot};
use bonas_core::{NodeKind, SearchSpace};

#[test]
fn cells_of_nas_bench_201_are_the_same_in_both_spaces() {
    let space = space(NAS_BENCH_201);
    let all = space.all().expect("small");
    assert_eq!(space.vocabulary(), EdgeCellSpace::nas_bench_201().vocabulary());
    assert_eq!(all, EdgeCellSpace::nas_bench_201().all().collect::<Vec<_>>());
    for cell in all.iter().step_by(13) {
        assert_eq!(space.graph(cell), EdgeCellSpace::nas_bench_201().graph(cell));
        let edges = |diagrams: &[bonas_core::CellDiagram]| diagrams[0].edges.clone();
        assert_eq!(edges(&space.diagrams(cell)), edges(&EdgeCellSpace::nas_bench_201().diagrams(cell)));
    }
}

#[test]
fn chains_have_the_graphs_of_other_chains() {
    let text = "name = 'x'\noperations = ['identity', 'MB3_K3', 'MB6_K5']\n[[stages]]\nrepeat = 8";
    let (space, architecture) = (space(text), NasBenchMacroSpace.parse("22212220").expect("official"));
    assert_eq!(space.vocabulary(), NasBenchMacroSpace.vocabulary());
    assert_eq!(space.graph(&architecture), NasBenchMacroSpace.graph(&architecture));
    assert_eq!(space.diagrams(&architecture)[0].edges, NasBenchMacroSpace.diagrams(&architecture)[0].edges);
}

#[test]
fn several_cells_are_a_disjoint_union_with_ends_of_their_own() {
    let space = space(TWO_CELLS);
    let ends = ["normal input", "normal output", "reduction input", "reduction output", "network input", "network output"];
    assert_eq!(space.vocabulary(), [&ends[..], &["a", "b", "wide", "narrow"]].concat());
    let text = "normal(0>1:a, 1>2:b, 2>3) reduction(0>1:a, 0>2:b, 1>2:a) network(narrow)";
    let architecture = space.parse(text).expect("an architecture");
    let graph = space.graph(&architecture);
    assert_eq!(graph.operations(), [0, 6, 7, 1, 2, 6, 7, 6, 3, 4, 9, 5]);
    let wires = [(0, 1), (1, 2), (2, 3), (4, 5), (4, 6), (5, 7), (6, 8), (7, 8), (9, 10), (9, 11), (10, 11)];
    assert_eq!(graph.edges(), wires);
    let titles: Vec<_> = space.diagrams(&architecture).into_iter().map(|diagram| diagram.title).collect();
    assert_eq!(titles, ["normal", "reduction", "network"]);
}

#[test]
fn operations_on_chosen_edges_make_a_line_graph() {
    let space = space(DARTS);
    let cell = space.parse("cell(0>2:sep, 1>2:sep, 1>3:sep, 2>3:skip)").expect("a cell");
    let graph = space.graph(&cell);
    assert_eq!(graph.operations(), [0, 1, 3, 3, 3, 4, 2]);
    assert_eq!(graph.edges(), [(0, 2), (1, 3), (1, 4), (2, 5), (2, 6), (3, 5), (3, 6), (4, 6), (5, 6)]);
}

#[test]
fn cells_are_drawn_with_operations_where_they_are() {
    let space = space(FIXED_NODES);
    let diagrams = space.diagrams(&space.parse("cell(2:c, 3:b, 4:a)").expect("a cell"));
    let nodes: Vec<_> = diagrams[0].nodes.iter().map(|node| node.label.as_str()).collect();
    assert_eq!(nodes, ["input 0", "input 1", "c", "b", "a", "output"]);
    assert_eq!(diagrams[0].nodes[4].kind, NodeKind::Operation);
    assert_eq!(diagrams[0].edges.len(), 6);
    assert!(dot(&diagrams).contains("input 1"));
}
