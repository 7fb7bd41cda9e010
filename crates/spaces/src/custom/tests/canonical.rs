use super::{
    DARTS, FREE, FREE_EDGE_LISTS, FREE_LISTS, FREE_ON_EDGES, OPERAND_LISTS, OPERANDS, SMALL, TARGET_LISTS, TWO_CELLS, space,
};
use bonas_core::{Architecture, CellGraph, SearchSpace};
use bonas_testing::space::graph_colors;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn canonical_forms_are_the_smallest_of_isomorphic_architectures() {
    let lists = [FREE_LISTS, OPERAND_LISTS, FREE_EDGE_LISTS, TARGET_LISTS];
    for text in [OPERANDS, FREE, FREE_ON_EDGES, DARTS, TWO_CELLS].into_iter().chain(lists) {
        let space = space(text);
        let mut classes: BTreeMap<Architecture, Vec<Architecture>> = BTreeMap::new();
        for architecture in space.all().expect("a small space") {
            classes.entry(space.canonical(&architecture)).or_default().push(architecture);
        }
        for (canonical, members) in &classes {
            assert_eq!(Some(canonical), members.iter().min(), "{}", space.name());
        }
    }
}

/// Two architectures of one class have isomorphic graphs, and those of two classes have not.
#[test]
fn classes_are_those_of_isomorphic_graphs() {
    for text in [FREE, FREE_ON_EDGES, DARTS, FREE_LISTS, OPERAND_LISTS, FREE_EDGE_LISTS, TARGET_LISTS] {
        let space = space(text);
        let all = space.all().expect("a small space");
        let canonical: BTreeSet<_> = all.iter().map(|architecture| space.canonical(architecture)).collect();
        let graphs: BTreeSet<_> = all.iter().map(|architecture| smallest(&space.graph(architecture))).collect();
        assert!(canonical.len() >= graphs.len(), "{}: a class has two graphs", space.name());
        if ["free", "free-lists", "operand-lists"].contains(&space.name()) {
            assert_eq!(canonical.len(), graphs.len(), "isomorphic graphs in two classes");
        }
        for architecture in all.iter().step_by(7) {
            let graph = |architecture| smallest(&space.graph(architecture));
            assert_eq!(graph(architecture), graph(&space.canonical(architecture)));
        }
    }
}

/// Places with different lists cannot be exchanged at will, and the smallest decision first can lead nowhere: with `a` at node 1, no
/// place is left for `b`.
#[test]
fn numberings_keep_operations_in_the_lists_of_their_places() {
    let text = "name = 'x'\n[[cells]]\nnodes = 5\noperations_on = 'nodes'\noperands = 1\nnode_operations = [\
                { node = 1, operations = ['a', 'b'] }, { node = 2, operations = ['a', 'c'] }, { node = 3, operations = ['a', 'c'] }]";
    let space = space(text);
    let canonical = |text: &str| space.format(&space.canonical(&space.parse(text).expect("an architecture")));
    assert_eq!(canonical("cell(0>1:b, 0>2:a, 0>3:c)"), "cell(0>1:b, 0>2:a, 0>3:c)");
    assert_eq!(canonical("cell(0>1:b, 0>2:c, 1>3:a)"), "cell(0>1:b, 0>2:c, 1>3:a)");
    assert_eq!(canonical("cell(0>1:b, 0>2:c, 0>3:a)"), "cell(0>1:b, 0>2:a, 0>3:c)");
    assert_eq!(canonical("cell(0>1:a, 0>2:a, 2>3:c)"), "cell(0>1:a, 0>2:a, 1>3:c)");
}

/// The smallest of all numberings of a graph, found by trying them; by its colours if there are too many.
fn smallest(graph: &CellGraph) -> (Vec<usize>, Vec<(usize, usize)>, Vec<u64>) {
    let nodes = graph.node_count();
    if nodes > 6 {
        return (Vec::new(), Vec::new(), graph_colors(graph));
    }
    let numbered = |numbers: &Vec<usize>| {
        let mut operations = vec![0; nodes];
        numbers.iter().enumerate().for_each(|(node, &number)| operations[number] = graph.operations()[node]);
        let mut edges: Vec<_> = graph.edges().iter().map(|&(from, to)| (numbers[from], numbers[to])).collect();
        edges.sort_unstable();
        (operations, edges, Vec::new())
    };
    permutations(nodes).iter().map(numbered).min().expect("there is one")
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let inserted = |shorter: Vec<usize>| {
        (0..=last).map(move |place| [&shorter[..place], &[last], &shorter[place..]].concat()).collect::<Vec<_>>()
    };
    permutations(last).into_iter().flat_map(inserted).collect()
}

#[test]
fn chains_and_fixed_wiring_are_their_own_canonical_form() {
    for text in SMALL.iter().filter(|text| !text.contains("operands") && !text.contains("free_edges")) {
        let space = space(text);
        for architecture in space.all().expect("a small space").iter().step_by(11) {
            assert_eq!(&space.canonical(architecture), architecture);
        }
    }
}

/// Eight nodes alike that read the input: 8! numberings, but no two to tell apart.
#[test]
fn nodes_that_can_be_exchanged_are_tried_once() {
    let text = "name = 'x'\noperations = ['a', 'b']\n[[cells]]\nnodes = 10\noperations_on = 'nodes'\noperands = 1";
    let space = space(text);
    let star = space.parse("cell(0>1:a, 0>2:a, 0>3:a, 0>4:b, 0>5:a, 0>6:a, 0>7:a, 0>8:a)").expect("a cell");
    let canonical = "cell(0>1:a, 0>2:a, 0>3:a, 0>4:a, 0>5:a, 0>6:a, 0>7:a, 0>8:b)";
    assert_eq!(space.format(&space.canonical(&star)), canonical);
}
