use std::cmp::Ordering;

/// Ranks from 1 for the first in `order`; equals share the mean of their places.
pub fn average_ranks<T>(values: &[T], order: impl Fn(&T, &T) -> Ordering) -> Vec<f64> {
    let mut places: Vec<usize> = (0..values.len()).collect();
    places.sort_by(|&left, &right| order(&values[left], &values[right]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for equals in places.chunk_by(|&left, &right| order(&values[left], &values[right]).is_eq()) {
        let rank = before as f64 + (equals.len() + 1) as f64 / 2.0;
        equals.iter().for_each(|&place| ranks[place] = rank);
        before += equals.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_share_the_mean_of_their_places() {
        assert_eq!(average_ranks(&[3.0, 1.0, 3.0, 2.0], f64::total_cmp), [3.5, 1.0, 3.5, 2.0]);
        assert_eq!(average_ranks(&[5, 5, 5], i32::cmp), [2.0; 3]);
    }
}
