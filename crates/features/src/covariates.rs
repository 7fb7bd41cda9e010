use bonas_core::{CellGraph, SurrogateError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Most graphs whose numbers are remembered.
const REMEMBERED: usize = 100_000;

/// Numbers that are known of an architecture before it is measured: its size, or what another task has taught of it.
pub trait Covariates: Send + Sync {
    /// Numbers for every graph, as many for each, all finite. `[graphs][covariates]`
    ///
    /// # Errors
    /// When a graph is one of which nothing is known.
    fn of(&self, graphs: &[CellGraph]) -> Result<Vec<Vec<f64>>, SurrogateError>;
}

/// Numbers listed for every architecture, by its graph.
#[derive(Clone, Debug, Default)]
pub struct KnownValues {
    values: HashMap<CellGraph, Vec<f64>>,
}

impl KnownValues {
    /// These numbers for these graphs; of equal graphs, the first counts.
    ///
    /// # Errors
    /// When a number is not finite, or a graph has more or fewer of them than the first.
    pub fn new(values: impl IntoIterator<Item = (CellGraph, Vec<f64>)>) -> Result<Self, SurrogateError> {
        let mut known = HashMap::new();
        let mut width = None;
        for (graph, values) in values {
            let expected = *width.get_or_insert(values.len());
            if values.len() != expected || values.iter().any(|value| !value.is_finite()) {
                let reason =
                    format!("{expected} finite numbers must be known of every architecture, but of one they are {values:?}");
                return Err(SurrogateError::Config(reason));
            }
            known.entry(graph).or_insert(values);
        }
        Ok(Self { values: known })
    }
}

impl Covariates for KnownValues {
    fn of(&self, graphs: &[CellGraph]) -> Result<Vec<Vec<f64>>, SurrogateError> {
        let unknown = |graph: &CellGraph| {
            let reason = format!(
                "nothing is known of an architecture with {} nodes and {} edges; keep the search to the architectures of the table \
                 (table.only_rows), or leave out the inputs",
                graph.node_count(),
                graph.edges().len()
            );
            SurrogateError::Config(reason)
        };
        graphs.iter().map(|graph| self.values.get(graph).cloned().ok_or_else(|| unknown(graph))).collect()
    }
}

/// The numbers of another, each computed once: a search looks at most of its candidates every round. Beyond a hundred thousand graphs, nothing
/// more is remembered.
pub struct RememberedCovariates<C> {
    of: C,
    known: Mutex<HashMap<CellGraph, Vec<f64>>>,
}

impl<C: Covariates> RememberedCovariates<C> {
    /// Nothing is computed yet.
    pub fn new(of: C) -> Self {
        Self { of, known: Mutex::default() }
    }
}

impl<C: Covariates> Covariates for RememberedCovariates<C> {
    fn of(&self, graphs: &[CellGraph]) -> Result<Vec<Vec<f64>>, SurrogateError> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut numbers: Vec<Option<Vec<f64>>> = graphs.iter().map(|graph| known.get(graph).cloned()).collect();
        let new: Vec<usize> = (0..graphs.len()).filter(|&place| numbers[place].is_none()).collect();
        let asked: Vec<CellGraph> = new.iter().map(|&place| graphs[place].clone()).collect();
        for (place, found) in new.into_iter().zip(self.of.of(&asked)?) {
            if known.len() < REMEMBERED {
                known.insert(graphs[place].clone(), found.clone());
            }
            numbers[place] = Some(found);
        }
        Ok(numbers.into_iter().flatten().collect())
    }
}

/// The numbers of several, one after the other.
pub struct JoinedCovariates(pub Vec<Arc<dyn Covariates>>);

impl Covariates for JoinedCovariates {
    fn of(&self, graphs: &[CellGraph]) -> Result<Vec<Vec<f64>>, SurrogateError> {
        let mut joined = vec![Vec::new(); graphs.len()];
        for part in &self.0 {
            joined.iter_mut().zip(part.of(graphs)?).for_each(|(all, more)| all.extend(more));
        }
        Ok(joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(operation: usize) -> CellGraph {
        CellGraph::new(vec![0, operation], vec![(0, 1)], 4).expect("valid")
    }

    #[test]
    fn values_are_found_by_graph_and_joined() {
        let known = KnownValues::new([(graph(1), vec![1.0, 2.0]), (graph(2), vec![3.0, 4.0]), (graph(1), vec![9.0, 9.0])]);
        let known: Arc<dyn Covariates> = Arc::new(known.expect("finite"));
        let joined = JoinedCovariates(vec![known.clone(), known]);
        assert_eq!(joined.of(&[graph(2), graph(1)]).expect("known"), [[3.0, 4.0, 3.0, 4.0], [1.0, 2.0, 1.0, 2.0]]);
        let error = joined.of(&[graph(3)]).expect_err("unknown").to_string();
        assert!(error.contains("2 nodes and 1 edges") && error.contains("table.only_rows"), "{error}");
    }

    /// Counts what it is asked.
    #[derive(Default)]
    struct Counted(Mutex<usize>);

    impl Covariates for Counted {
        fn of(&self, graphs: &[CellGraph]) -> Result<Vec<Vec<f64>>, SurrogateError> {
            *self.0.lock().expect("whole") += graphs.len();
            Ok(graphs.iter().map(|graph| vec![graph.operations()[1] as f64]).collect())
        }
    }

    #[test]
    fn what_is_remembered_is_computed_once_and_the_same() {
        let remembered = RememberedCovariates::new(Counted::default());
        assert_eq!(remembered.of(&[graph(2), graph(1)]).expect("known"), [[2.0], [1.0]]);
        assert_eq!(remembered.of(&[graph(1), graph(3), graph(2), graph(3)]).expect("known"), [[1.0], [3.0], [2.0], [3.0]]);
        assert_eq!(remembered.of(&[graph(3)]).expect("known"), [[3.0]]);
        assert_eq!(*remembered.of.0.lock().expect("whole"), 4, "a graph that is new and twice in a list is computed twice");
    }

    #[test]
    fn numbers_that_are_none_or_missing_are_refused() {
        assert!(KnownValues::new([(graph(1), vec![f64::NAN])]).is_err());
        assert!(KnownValues::new([(graph(1), vec![1.0]), (graph(2), vec![])]).is_err());
    }
}
