/// At most `count` places of these targets, in ascending order: the better half of them are the best, the others lie evenly among
/// the rest in the order in which they were observed.
pub(super) fn best_and_evenly(targets: &[f64], count: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..targets.len()).collect();
    if targets.len() <= count {
        return places;
    }
    places.sort_by(|&left, &right| targets[right].total_cmp(&targets[left]).then(left.cmp(&right)));
    let mut rest = places.split_off(count - count / 2);
    rest.sort_unstable();
    let wanted = count / 2;
    places.extend((0..wanted).map(|step| rest[step * rest.len() / wanted]));
    places.sort_unstable();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_all_kept() {
        assert_eq!(best_and_evenly(&[1.0, 3.0, 2.0], 3), [0, 1, 2]);
    }

    #[test]
    fn half_are_the_best_and_half_lie_evenly_among_the_others() {
        let targets: Vec<f64> = (0..100).map(|place| f64::from(place % 10)).collect();
        let kept = best_and_evenly(&targets, 20);
        assert_eq!(kept.len(), 20);
        assert!(kept.is_sorted_by(|left, right| left < right));
        // All ten nines, and ten others from everywhere.
        assert_eq!(kept.iter().filter(|&&place| place % 10 == 9).count(), 10);
        let others: Vec<_> = kept.iter().filter(|&&place| place % 10 != 9).collect();
        assert_eq!(others.len(), 10);
        assert!(others.windows(2).all(|pair| (8..=12).contains(&(pair[1] - pair[0]))), "{others:?}");
    }
}
