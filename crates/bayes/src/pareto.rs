//! Several objectives at once: domination, the Pareto front and what it dominates. Everything is maximised.

/// Whether `left` is at least as good as `right` in every objective, and better in one.
pub fn dominates(left: &[f64], right: &[f64]) -> bool {
    left.iter().zip(right).all(|(left, right)| left >= right) && left.iter().zip(right).any(|(left, right)| left > right)
}

/// Places of the points that no other point dominates, in their order; of equal points, the first.
pub fn pareto_front(points: &[Vec<f64>]) -> Vec<usize> {
    let is_beaten = |place: usize| {
        let own = &points[place];
        points.iter().enumerate().any(|(other, point)| dominates(point, own) || (other < place && point == own))
    };
    (0..points.len()).filter(|&place| !is_beaten(place)).collect()
}

/// Volume of what the points dominate above `reference` (Zitzler and Thiele, 1998), exactly: the space is cut into slices along the
/// last objective, and each slice is the same question with one objective less (Knowles, 2002). A point that is not above the reference
/// in every objective adds nothing. Every point has as many objectives as the reference.
pub fn hypervolume(points: &[Vec<f64>], reference: &[f64]) -> f64 {
    let above = |point: &&Vec<f64>| point.iter().zip(reference).all(|(value, least)| value > least);
    let points: Vec<&[f64]> = points.iter().filter(above).map(Vec::as_slice).collect();
    sliced(points, reference)
}

fn sliced(mut points: Vec<&[f64]>, reference: &[f64]) -> f64 {
    let Some((&least, reference)) = reference.split_last() else { return 0.0 };
    let last = reference.len();
    if last == 0 {
        return points.iter().map(|point| point[0] - least).fold(0.0, f64::max);
    }
    points.sort_by(|left, right| right[last].total_cmp(&left[last]));
    let floor = |place: usize| points.get(place + 1).map_or(least, |next| next[last]);
    let slice = |place: usize| {
        let height = points[place][last] - floor(place);
        if height > 0.0 { height * sliced(points[..=place].to_vec(), reference) } else { 0.0 }
    };
    (0..points.len()).map(slice).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;
    use rand::RngExt;

    #[test]
    fn the_front_is_what_nothing_dominates() {
        let points = [[1.0, 3.0], [2.0, 2.0], [2.0, 1.0], [0.5, 0.5], [3.0, 0.0], [2.0, 2.0]].map(|point| point.to_vec());
        assert_eq!(pareto_front(&points), [0, 1, 4]);
        assert!(
            dominates(&[2.0, 2.0], &[2.0, 1.0]) && !dominates(&[2.0, 2.0], &[2.0, 2.0]) && !dominates(&[3.0, 0.0], &[2.0, 1.0])
        );
        assert!(pareto_front(&[]).is_empty());
    }

    #[test]
    fn volumes_known_by_hand() {
        // Rectangles of 1×3, 1×2 and 1×1 beside each other.
        let stairs = [[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]].map(|point| point.to_vec());
        assert_eq!(hypervolume(&stairs, &[0.0, 0.0]), 6.0);
        assert_eq!(hypervolume(&stairs, &[1.0, 1.0]), 1.0, "only (2, 2) is above the reference");
        assert_eq!(hypervolume(&[], &[0.0, 0.0]), 0.0);
        assert_eq!(hypervolume(&[vec![2.0]], &[0.5]), 1.5);
        // Two boxes 1×1×3 and 2×2×1 share a unit cube.
        let boxes = [[1.0, 1.0, 3.0], [2.0, 2.0, 1.0]].map(|point| point.to_vec());
        assert_eq!(hypervolume(&boxes, &[0.0; 3]), 3.0 + 4.0 - 1.0);
    }

    #[test]
    fn volumes_match_the_part_of_random_points_that_is_dominated() {
        let mut rng = SeedStream::new(4).rng("volume", 0);
        for objectives in [2, 3, 4] {
            let mut draw = || (0..objectives).map(|_| rng.random::<f64>()).collect::<Vec<f64>>();
            let points: Vec<Vec<f64>> = (0..12).map(|_| draw()).collect();
            let dominated = (0..40_000).filter(|_| {
                let dart = draw();
                points.iter().any(|point| point.iter().zip(&dart).all(|(value, dart)| value > dart))
            });
            let (estimate, exact) = (dominated.count() as f64 / 40_000.0, hypervolume(&points, &vec![0.0; objectives]));
            // Three standard deviations of a proportion are 0.0075 at most.
            assert!((estimate - exact).abs() < 0.0075, "{objectives} objectives: {estimate} {exact}");
            let front: Vec<Vec<f64>> = pareto_front(&points).into_iter().map(|place| points[place].clone()).collect();
            assert!((hypervolume(&front, &vec![0.0; objectives]) - exact).abs() < 1e-12, "the front is what counts");
        }
    }
}
