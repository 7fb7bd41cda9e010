/// Vertices that a cell can have, input and output included.
pub(super) const MAX_VERTICES: usize = 7;
/// Pairs of vertices that an edge can join: 7 · 6 / 2.
pub(super) const PAIRS: usize = 21;

/// The pairs, as the strict upper triangle of a 7×7 matrix is read: row by row.
const PAIR_LIST: [(usize, usize); PAIRS] = pair_list();

const fn pair_list() -> [(usize, usize); PAIRS] {
    let mut pairs = [(0, 1); PAIRS];
    let mut place = 1;
    while place < PAIRS {
        let (from, to) = pairs[place - 1];
        pairs[place] = if to + 1 < MAX_VERTICES { (from, to + 1) } else { (from + 1, from + 2) };
        place += 1;
    }
    pairs
}

/// Edges between seven vertices, each from a lower to a higher one. Ordered like their bits in [`PAIR_LIST`]'s order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Edges(u32);

impl Edges {
    /// The edges whose bits are set, the first pair in bit 20.
    pub(super) fn from_bits(bits: u32) -> Self {
        debug_assert!(bits >> PAIRS == 0);
        Self(bits)
    }

    /// The edges of a triangle that is read row by row.
    pub(super) fn from_triangle(triangle: impl IntoIterator<Item = bool>) -> Self {
        let edges = PAIR_LIST.into_iter().zip(triangle).filter(|&(_, is_edge)| is_edge);
        edges.map(|(pair, _)| pair).collect()
    }

    /// Whether each pair is an edge.
    pub(super) fn triangle(self) -> impl Iterator<Item = bool> {
        (0..PAIRS).map(move |place| self.0 & bit(place) != 0)
    }

    /// The edges `(from, to)`, row by row.
    pub(super) fn pairs(self) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        PAIR_LIST.into_iter().enumerate().filter(move |&(place, _)| self.0 & bit(place) != 0).map(|(_, pair)| pair)
    }

    /// Number of edges.
    pub(super) fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether there is an edge between these vertices.
    pub(super) fn contains(self, from: usize, to: usize) -> bool {
        from < to && self.0 & bit(place(from, to)) != 0
    }

    /// The edges, except that this pair is one if it was none, and none if it was one.
    pub(super) fn flipped(self, from: usize, to: usize) -> Self {
        Self(self.0 ^ bit(place(from, to)))
    }

    /// The edges and this one.
    pub(super) fn with(self, from: usize, to: usize) -> Self {
        Self(self.0 | bit(place(from, to)))
    }
}

impl FromIterator<(usize, usize)> for Edges {
    fn from_iter<I: IntoIterator<Item = (usize, usize)>>(pairs: I) -> Self {
        pairs.into_iter().fold(Self::default(), |edges, (from, to)| edges.with(from, to))
    }
}

/// Place of a pair, `from` being lower than `to`, in [`PAIR_LIST`].
const fn place(from: usize, to: usize) -> usize {
    from * (2 * MAX_VERTICES - 1 - from) / 2 + to - from - 1
}

const fn bit(place: usize) -> u32 {
    1 << (PAIRS - 1 - place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_stand_at_their_places() {
        for (index, (from, to)) in PAIR_LIST.into_iter().enumerate() {
            assert!(from < to && to < MAX_VERTICES);
            assert_eq!(place(from, to), index);
        }
    }

    #[test]
    fn the_triangle_is_read_row_by_row() {
        let edges: Edges = [(0, 1), (0, 6), (1, 2), (5, 6)].into_iter().collect();
        let triangle: Vec<bool> = edges.triangle().collect();
        assert_eq!(triangle.iter().map(|&bit| if bit { '1' } else { '0' }).collect::<String>(), "100001100000000000001");
        assert_eq!(Edges::from_triangle(triangle), edges);
        assert_eq!(edges, Edges::from_bits(0b1_0000_1100_0000_0000_0001));
        assert_eq!(edges.count(), 4);
        assert!(edges.contains(1, 2) && !edges.contains(2, 1) && !edges.contains(1, 3));
        assert_eq!(edges.flipped(0, 1).flipped(0, 2).pairs().collect::<Vec<_>>(), [(0, 2), (0, 6), (1, 2), (5, 6)]);
    }
}
