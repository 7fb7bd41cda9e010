use super::component::components;
use crate::feature::{Feature, counted};
use crate::hash::mix;
use bonas_core::{CellGraph, OperationRole};

/// Keeps the four kinds of places apart.
const PLACE: u64 = 0x706c_6163;
const DEPTH: u64 = 0x6465_7074;
const HEIGHT: u64 = 0x6865_6967;
const WIRE: u64 = 0x7769_7265;

/// What the kernel sees of an architecture: three blocks of numbers, none of which depends on the order of its nodes, and what else is
/// known of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Structure {
    /// Where each operation stands: how often an operation occurs at a depth below the inputs, at a height above the outputs, and
    /// at both; and how often it feeds each other operation. Sorted by key.
    pub(super) places: Vec<Feature>,
    /// Live operations, those on a path from an input to an output that no zero interrupts, counted by type for every cell.
    pub(super) live: Vec<f64>,
    /// Over those paths, for every cell: the most, the fewest and the mean of each operation that computes something, and of all of
    /// them; and the logarithm to base two of one more than the number of paths.
    pub(super) paths: Vec<f64>,
    /// What is known of the architecture beside its graph, one number for each of the [`Covariates`](crate::Covariates).
    pub(super) known: Vec<f64>,
}

impl Structure {
    /// The structure of a graph whose operations have these roles, one per entry of its vocabulary. Its places know of wires only if
    /// `wires` is set.
    pub(super) fn of(graph: &CellGraph, roles: &[OperationRole], wires: bool) -> Self {
        let wiring = Wiring::of(graph, roles);
        let (mut places, mut live, mut paths) = (Vec::new(), Vec::new(), Vec::new());
        for (cell, nodes) in components(graph).into_iter().enumerate() {
            wiring.places(cell as u64, &nodes, &mut places);
            if wires {
                wiring.wires(cell as u64, &nodes, &mut places);
            }
            wiring.live(&nodes, &mut live);
            wiring.paths(&nodes, &mut paths);
        }
        Self { places: counted(places), live, paths, known: Vec::new() }
    }
}

/// A graph's wires both ways, and which of its nodes are live.
struct Wiring<'a> {
    graph: &'a CellGraph,
    roles: &'a [OperationRole],
    before: Vec<Vec<usize>>,
    after: Vec<Vec<usize>>,
    live: Vec<bool>,
}

impl<'a> Wiring<'a> {
    fn of(graph: &'a CellGraph, roles: &'a [OperationRole]) -> Self {
        let nodes = graph.node_count();
        let (mut before, mut after) = (vec![Vec::new(); nodes], vec![Vec::new(); nodes]);
        for &(from, to) in graph.edges() {
            before[to].push(from);
            after[from].push(to);
        }
        let passes = |node: usize| roles[graph.operations()[node]] != OperationRole::Zero;
        let mut reached = vec![false; nodes];
        for node in 0..nodes {
            let feeds: &Vec<usize> = &before[node];
            reached[node] = passes(node) && (feeds.is_empty() || feeds.iter().any(|&feed| reached[feed]));
        }
        let mut leads = vec![false; nodes];
        for node in (0..nodes).rev() {
            let fed: &Vec<usize> = &after[node];
            leads[node] = passes(node) && (fed.is_empty() || fed.iter().any(|&next| leads[next]));
        }
        let live = reached.iter().zip(&leads).map(|(reached, leads)| reached & leads).collect();
        Self { graph, roles, before, after, live }
    }

    /// Inputs and outputs are no operations.
    fn is_operation(&self, node: usize) -> bool {
        !self.before[node].is_empty() && !self.after[node].is_empty()
    }

    fn operation(&self, node: usize) -> usize {
        self.graph.operations()[node]
    }

    /// Whether zeros and skips carry anything does not matter here: what is alive, the other blocks see.
    fn places(&self, cell: u64, nodes: &[usize], places: &mut Vec<(u64, usize)>) {
        let nodes_before = |node: usize| &self.before[node];
        let depth = longest(nodes.iter().copied(), nodes_before, self.graph.node_count());
        let height = longest(nodes.iter().rev().copied(), |node| &self.after[node], self.graph.node_count());
        for &node in nodes.iter().filter(|&&node| self.is_operation(node)) {
            let operation = mix(cell, self.operation(node) as u64);
            let (depth, height) = (depth[node] as u64, height[node] as u64);
            places.push((mix(mix(DEPTH, operation), depth), 1));
            places.push((mix(mix(HEIGHT, operation), height), 1));
            places.push((mix(mix(mix(PLACE, operation), depth), height), 1));
        }
    }

    /// Inputs and outputs are ends of wires like operations.
    fn wires(&self, cell: u64, nodes: &[usize], places: &mut Vec<(u64, usize)>) {
        for &from in nodes {
            let fed = mix(mix(WIRE, cell), self.operation(from) as u64);
            places.extend(self.after[from].iter().map(|&to| (mix(fed, self.operation(to) as u64), 1)));
        }
    }

    fn live(&self, nodes: &[usize], live: &mut Vec<f64>) {
        let first = live.len();
        live.resize(first + self.roles.len(), 0.0);
        for &node in nodes.iter().filter(|&&node| self.live[node] && self.is_operation(node)) {
            live[first + self.operation(node)] += 1.0;
        }
    }

    fn paths(&self, nodes: &[usize], paths: &mut Vec<f64>) {
        let computing = (0..self.roles.len()).filter(|&operation| self.roles[operation] == OperationRole::Ordinary);
        let count = self.over_paths(nodes, |_| 0.0).count;
        for kind in computing.map(Some).chain([None]) {
            let worth = |node: usize| {
                let operation = self.operation(node);
                let counts = match kind {
                    Some(kind) => operation == kind,
                    None => self.roles[operation] == OperationRole::Ordinary,
                };
                if counts && self.is_operation(node) { 1.0 } else { 0.0 }
            };
            let total = self.over_paths(nodes, worth);
            paths.extend([total.most, total.fewest, total.sum / total.count.max(1.0)]);
        }
        paths.push((1.0 + count).log2());
    }

    /// Of what the nodes of a live path are worth together: the most, the fewest and the sum over all live paths.
    fn over_paths(&self, nodes: &[usize], worth: impl Fn(usize) -> f64) -> Total {
        let mut totals = vec![Total::default(); self.graph.node_count()];
        let mut whole = Total::default();
        for &node in nodes.iter().filter(|&&node| self.live[node]) {
            let feeds = self.before[node].iter().filter(|&&feed| self.live[feed]);
            let mut total = feeds.fold(Total::default(), |total, &feed| total.joined(totals[feed]));
            if self.before[node].is_empty() {
                total.count = 1.0;
            }
            let own = worth(node);
            totals[node] = Total {
                count: total.count,
                sum: total.sum + own * total.count,
                most: total.most + own,
                fewest: total.fewest + own,
            };
            if self.after[node].is_empty() {
                whole = whole.joined(totals[node]);
            }
        }
        whole
    }
}

#[derive(Clone, Copy, Default)]
struct Total {
    count: f64,
    sum: f64,
    most: f64,
    fewest: f64,
}

impl Total {
    /// Both sets of paths together.
    fn joined(self, other: Self) -> Self {
        if self.count == 0.0 {
            return other;
        }
        if other.count == 0.0 {
            return self;
        }
        Self {
            count: self.count + other.count,
            sum: self.sum + other.sum,
            most: self.most.max(other.most),
            fewest: self.fewest.min(other.fewest),
        }
    }
}

/// Length of the longest path that ends in each node, given the nodes in an order that follows the wires.
fn longest<'a>(order: impl Iterator<Item = usize>, sources: impl Fn(usize) -> &'a Vec<usize>, count: usize) -> Vec<usize> {
    let mut lengths = vec![0; count];
    for node in order {
        lengths[node] = sources(node).iter().map(|&source| lengths[source] + 1).max().unwrap_or(0);
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{graph_and_relabelling, relabelled};
    use proptest::prelude::*;

    const ROLES: [OperationRole; 5] =
        [OperationRole::Ordinary, OperationRole::Ordinary, OperationRole::Zero, OperationRole::Identity, OperationRole::Ordinary];

    /// Input 0, output 1, and two parallel branches of two operations each.
    fn cell(operations: [usize; 4]) -> CellGraph {
        let [a, b, c, d] = operations;
        CellGraph::new(vec![0, a, b, c, d, 1], vec![(0, 1), (1, 3), (0, 2), (2, 4), (3, 5), (4, 5)], 5).expect("valid")
    }

    #[test]
    fn a_zero_takes_its_whole_branch_out_and_a_skip_is_no_computation() {
        // Upper branch: 4, then zero. Lower branch: skip, then 4.
        let structure = Structure::of(&cell([4, 3, 2, 4]), &ROLES, true);
        assert_eq!(structure.live, [0.0, 0.0, 0.0, 1.0, 1.0]);
        // Operations 0 and 1 (the ends, which are none), 4, all that compute, log2(1 + paths).
        assert_eq!(structure.paths, [0., 0., 0., 0., 0., 0., 1., 1., 1., 1., 1., 1., 1.]);
    }

    #[test]
    fn paths_have_a_most_a_fewest_and_a_mean() {
        let structure = Structure::of(&cell([4, 4, 4, 3]), &ROLES, true);
        assert_eq!(structure.live, [0.0, 0.0, 0.0, 1.0, 3.0]);
        assert_eq!(structure.paths[6..9], [2.0, 1.0, 1.5]);
        assert_eq!(structure.paths[12], 3_f64.log2());
    }

    #[test]
    fn without_a_path_all_is_zero() {
        let structure = Structure::of(&cell([2, 2, 4, 4]), &ROLES, true);
        assert!(structure.live.iter().chain(&structure.paths).all(|&value| value == 0.0), "{structure:?}");
        assert!(!structure.places.is_empty(), "what is not live still has a place");
    }

    #[test]
    fn swapping_two_operations_of_a_branch_moves_places_only() {
        let (left, right) = (Structure::of(&cell([4, 3, 3, 3]), &ROLES, true), Structure::of(&cell([3, 3, 4, 3]), &ROLES, true));
        assert_ne!(left.places, right.places);
        assert_eq!((left.live, left.paths), (right.live, right.paths));
    }

    /// How often each pair of operations is wired, in ascending order.
    fn wired(graph: &CellGraph) -> Vec<f64> {
        let places = |wires: bool| Structure::of(graph, &ROLES, wires).places;
        let without = places(false);
        let more = places(true).into_iter().filter(|place| !without.contains(place));
        let mut counts: Vec<f64> = more.map(|place| place.count).collect();
        counts.sort_by(f64::total_cmp);
        counts
    }

    #[test]
    fn wires_are_counted_by_what_they_connect() {
        // 0 → 4 twice, 4 → 3 and 4 → 4 once each, 3 → 1 and 4 → 1.
        assert_eq!(wired(&cell([4, 4, 3, 4])), [1.0, 1.0, 1.0, 1.0, 2.0]);
        // 0 → 3, 3 → 4 and 4 → 1, each in both branches.
        assert_eq!(wired(&cell([3, 3, 4, 4])), [2.0, 2.0, 2.0]);
    }

    proptest! {
        #[test]
        fn the_order_of_nodes_does_not_matter((graph, seed) in graph_and_relabelling()) {
            let other = Structure::of(&relabelled(&graph, seed), &ROLES, true);
            let structure = Structure::of(&graph, &ROLES, true);
            // Cells are told apart by their inputs, which these random graphs may share.
            if components(&graph).len() == 1 {
                prop_assert_eq!(structure, other);
            }
        }
    }
}
