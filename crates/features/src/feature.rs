/// One thing that a graph has a number of times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feature {
    /// What it is, as a hash.
    pub key: u64,
    /// Number of nodes that it is made of.
    pub length: usize,
    /// How often it occurs.
    pub count: f64,
}

/// Joins equal keys; the result is sorted by key.
pub(crate) fn counted(mut keys: Vec<(u64, usize)>) -> Vec<Feature> {
    keys.sort_unstable();
    let groups = keys.chunk_by(|left, right| left == right);
    groups.map(|group| Feature { key: group[0].0, length: group[0].1, count: group.len() as f64 }).collect()
}
