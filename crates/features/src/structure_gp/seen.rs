use super::structure::Structure;
use bonas_core::CellGraph;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Structures of graphs that were looked at before. A search of a small space asks for the same candidates in every round, and to work out anew what
/// they are like takes it a fifth of its time.
#[derive(Default)]
pub(super) struct Seen(Mutex<FxHashMap<CellGraph, Arc<Structure>>>);

impl Seen {
    /// Structures that are kept at most, some 60 MB of them.
    pub(super) const MOST: usize = 1 << 14;

    /// The structure of each graph, `of` it where it is not known.
    pub(super) fn structures(&self, graphs: &[CellGraph], of: impl Fn(&CellGraph) -> Structure) -> Vec<Arc<Structure>> {
        // Entries are written as a whole: a thread that panicked while it held them left none of them half done.
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let structure = |graph: &CellGraph| {
            if let Some(structure) = seen.get(graph) {
                return Arc::clone(structure);
            }
            let structure = Arc::new(of(graph));
            if seen.len() < Self::MOST {
                seen.insert(graph.clone(), Arc::clone(&structure));
            }
            structure
        };
        graphs.iter().map(structure).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_structure_is_worked_out_once() {
        let graph = |operation| CellGraph::new(vec![0, operation, 1], vec![(0, 1), (1, 2)], 4).expect("valid");
        let asked = Cell::new(0);
        let of = |graph: &CellGraph| {
            asked.set(asked.get() + 1);
            Structure { places: Vec::new(), live: vec![graph.operations()[1] as f64], paths: Vec::new(), known: Vec::new() }
        };
        let seen = Seen::default();
        let live =
            |graphs: &[CellGraph]| seen.structures(graphs, of).iter().map(|structure| structure.live[0]).collect::<Vec<_>>();
        assert_eq!(live(&[graph(2), graph(3), graph(2)]), [2.0, 3.0, 2.0]);
        assert_eq!((live(&[graph(3), graph(2)]), asked.get()), (vec![3.0, 2.0], 2));
    }
}
