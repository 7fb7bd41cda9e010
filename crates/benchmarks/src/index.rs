use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use std::hash::{BuildHasher, RandomState};

/// The decisions of all rows in one block, and where each row is.
///
/// Half a million architectures as values of their own would take as many allocations. The hash is keyed, so that no file can be made
/// to be slow; nothing depends on the order of the buckets.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// [row, decision].
    decisions: Vec<u8>,
    width: usize,
    rows: HashTable<u32>,
    state: RandomState,
}

/// Why a row is not entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The architecture has another number of decisions than those before it.
    Width,
    /// There are more rows than can be counted.
    Full,
}

impl Index {
    /// The rows of a block; or the number of the first row whose architecture an earlier one has.
    pub(crate) fn new(width: usize, decisions: Vec<u8>) -> Result<Self, usize> {
        let count = decisions.len().checked_div(width).unwrap_or(0);
        let mut index = Self { decisions, width, rows: HashTable::with_capacity(count), state: RandomState::new() };
        for row in 0..count {
            let number = u32::try_from(row).map_err(|_| row)?;
            let (decisions, state) = (&index.decisions, &index.state);
            let own = at(decisions, width, row);
            let is_same = |other: &u32| at(decisions, width, *other as usize) == own;
            let hash = |other: &u32| state.hash_one(at(decisions, width, *other as usize));
            match index.rows.entry(state.hash_one(own), is_same, hash) {
                Entry::Occupied(_) => return Err(row),
                Entry::Vacant(place) => drop(place.insert(number)),
            }
        }
        Ok(index)
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Decisions of an architecture; none where there is no architecture.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The decisions of all rows, [row, decision].
    pub(crate) fn decisions(&self) -> &[u8] {
        &self.decisions
    }

    /// The row of an architecture.
    pub(crate) fn find(&self, decisions: &[u8]) -> Option<usize> {
        let is_same = |row: &u32| at(&self.decisions, self.width, *row as usize) == decisions;
        self.rows.find(self.state.hash_one(decisions), is_same).map(|&row| row as usize)
    }

    /// The row of an architecture, a new one if there is none.
    pub(crate) fn find_or_add(&mut self, decisions: &[u8]) -> Result<usize, Refusal> {
        if self.rows.is_empty() {
            self.width = decisions.len();
        }
        if self.width != decisions.len() || self.width == 0 {
            return Err(Refusal::Width);
        }
        let number = u32::try_from(self.rows.len()).map_err(|_| Refusal::Full)?;
        let (known, width, state) = (&self.decisions, self.width, &self.state);
        let is_same = |row: &u32| at(known, width, *row as usize) == decisions;
        let hash = |row: &u32| state.hash_one(at(known, width, *row as usize));
        match self.rows.entry(state.hash_one(decisions), is_same, hash) {
            Entry::Occupied(row) => Ok(*row.get() as usize),
            Entry::Vacant(place) => {
                place.insert(number);
                self.decisions.extend_from_slice(decisions);
                Ok(number as usize)
            }
        }
    }
}

fn at(decisions: &[u8], width: usize, row: usize) -> &[u8] {
    &decisions[row * width..(row + 1) * width]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_whichever_way_they_came() {
        let rows: Vec<[u8; 3]> = (0..10_000_u32).map(|row| [(row >> 8) as u8, row as u8, 7]).collect();
        let mut grown = Index::default();
        for (row, decisions) in rows.iter().enumerate() {
            assert_eq!(grown.find_or_add(decisions), Ok(row));
        }
        assert_eq!(grown.find_or_add(&rows[77]), Ok(77));
        let whole = Index::new(3, rows.concat()).expect("all differ");
        assert_eq!((whole.len(), whole.width(), whole.decisions()), (10_000, 3, grown.decisions()));
        for (row, decisions) in rows.iter().enumerate() {
            assert_eq!((whole.find(decisions), grown.find(decisions)), (Some(row), Some(row)));
        }
        assert_eq!((whole.find(&[0, 0, 8]), whole.find(&[0, 0]), Index::default().find(&[])), (None, None, None));
    }

    #[test]
    fn what_is_no_row_is_refused() {
        assert_eq!(Index::new(2, vec![1, 2, 3, 4, 1, 2]).err(), Some(2));
        assert_eq!(Index::new(0, Vec::new()).map(|index| index.len()), Ok(0));
        let mut index = Index::default();
        assert_eq!(index.find_or_add(&[]), Err(Refusal::Width));
        assert_eq!((index.find_or_add(&[1, 2]), index.find_or_add(&[1])), (Ok(0), Err(Refusal::Width)));
    }
}
