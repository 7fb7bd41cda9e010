//! Contract suite: acquisition for two objectives.

/// Scores candidates, `[[mean, stddev]; 2]` each, against a front above a reference.
pub type FrontScores<'a> = dyn Fn(&[[f64; 2]], [f64; 2], &[[[f64; 2]; 2]]) -> Vec<f64> + 'a;

const FRONT: [[f64; 2]; 3] = [[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]];
const REFERENCE: [f64; 2] = [0.0, 0.0];

/// Checks that candidates are scored as the contract says: one finite score per candidate that is not negative, rising with either mean,
/// each candidate scored for itself, the same with the objectives exchanged, and nothing for what is certainly dominated.
pub fn check(score: &FrontScores<'_>) {
    let beliefs = [[[0.4, 0.1], [3.0, 0.9]], [[2.5, 0.3], [2.5, 0.0]], [[-30.0, 0.01], [9.0, 1.0]], [[1e3, 40.0], [0.5, 0.2]]];
    let scores = score(&FRONT, REFERENCE, &beliefs);
    assert!(score(&FRONT, REFERENCE, &[]).is_empty(), "no candidate, no score");
    assert_eq!(scores.len(), beliefs.len(), "one score per candidate");
    assert!(scores.iter().all(|score| score.is_finite() && *score >= 0.0), "scores must be finite and not negative: {scores:?}");
    for (place, belief) in beliefs.iter().enumerate() {
        assert_eq!(score(&FRONT, REFERENCE, &[*belief])[0], scores[place], "a score must not depend on the other candidates");
    }
    rises(score, |mean| [[mean, 0.5], [1.5, 0.5]]);
    rises(score, |mean| [[1.5, 0.5], [mean, 0.5]]);
    let exchanged = |point: &[f64; 2]| [point[1], point[0]];
    let front: Vec<_> = FRONT.iter().map(exchanged).collect();
    let turned: Vec<_> = beliefs.iter().map(|belief| [belief[1], belief[0]]).collect();
    for (left, right) in scores.iter().zip(score(&front, exchanged(&REFERENCE), &turned)) {
        assert!((left - right).abs() <= 1e-9 * left.abs().max(1.0), "the order of objectives must not matter: {left} {right}");
    }
    assert_eq!(score(&FRONT, REFERENCE, &[[[1.9, 0.0], [1.9, 0.0]]]), [0.0], "what is certainly dominated adds nothing");
}

fn rises(score: &FrontScores<'_>, belief: impl Fn(f64) -> [[f64; 2]; 2]) {
    let beliefs: Vec<_> = (0..=40).map(|step| belief(f64::from(step) / 10.0)).collect();
    let scores = score(&FRONT, REFERENCE, &beliefs);
    assert!(scores.windows(2).all(|pair| pair[0] < pair[1]), "a larger mean must score higher: {scores:?}");
}
