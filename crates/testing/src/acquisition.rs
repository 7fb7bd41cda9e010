//! Contract suite: acquisition.

use bonas_core::{Acquisition, Posterior, SeedStream};

/// Checks that an acquisition scores as the contract says: one finite score per candidate, rising with the mean, each candidate
/// scored for itself whatever stands beside it.
pub fn check(acquisition: &dyn Acquisition) {
    scores_are_finite_and_one_per_candidate(acquisition);
    scores_rise_with_the_mean(acquisition);
    scores_follow_the_order_of_candidates(acquisition);
    scores_repeat_with_the_generator(acquisition);
}

/// Checks an acquisition that draws from its generator: one finite score per candidate, the same from the same generator and
/// others from another, higher for a higher mean on the average of many rounds.
pub fn check_random(acquisition: &dyn Acquisition) {
    scores_are_finite_and_one_per_candidate(acquisition);
    scores_repeat_with_the_generator(acquisition);
    another_generator_gives_other_scores(acquisition);
    average_scores_rise_with_the_mean(acquisition);
}

/// Scores of candidates with these means and standard deviations against an incumbent of 0.
fn score(acquisition: &dyn Acquisition, means: &[f64], stddevs: &[f64]) -> Vec<f64> {
    let posterior = Posterior::gaussian(means.to_vec(), stddevs.to_vec()).expect("the suite's posterior is valid");
    let mut rng = SeedStream::new(0).rng("acquisition", 0);
    acquisition.score(&posterior, 0.0, &mut rng).expect("a valid posterior can be scored")
}

fn scores_are_finite_and_one_per_candidate(acquisition: &dyn Acquisition) {
    assert!(score(acquisition, &[], &[]).is_empty(), "no candidate, no score");
    let (means, stddevs) = ([-30.0, -1.0, 0.0, 1.0, 30.0], [0.01, 0.5, 1.0, 2.0, 30.0]);
    let scores = score(acquisition, &means, &stddevs);
    assert_eq!(scores.len(), means.len(), "one score per candidate");
    assert!(scores.iter().all(|score| score.is_finite()), "scores must be finite: {scores:?}");
}

fn scores_rise_with_the_mean(acquisition: &dyn Acquisition) {
    let means: Vec<f64> = (-20..=20).map(|step| f64::from(step) / 10.0).collect();
    for stddev in [0.2, 1.0, 3.0] {
        let scores = score(acquisition, &means, &vec![stddev; means.len()]);
        let rises = scores.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(rises, "at a standard deviation of {stddev} a larger mean must score higher: {scores:?}");
    }
}

fn scores_follow_the_order_of_candidates(acquisition: &dyn Acquisition) {
    let (means, stddevs) = ([0.4, -0.3, 1.2, 0.0], [0.1, 0.9, 0.3, 0.5]);
    let forward = score(acquisition, &means, &stddevs);
    let reverse = |values: &[f64]| values.iter().rev().copied().collect::<Vec<f64>>();
    let mut backward = score(acquisition, &reverse(&means), &reverse(&stddevs));
    backward.reverse();
    assert_eq!(forward, backward, "the score of a candidate must not depend on its place");
    let alone = score(acquisition, &means[2..3], &stddevs[2..3]);
    assert_eq!(forward[2], alone[0], "the score of a candidate must not depend on the others");
}

fn scores_repeat_with_the_generator(acquisition: &dyn Acquisition) {
    let (means, stddevs) = ([0.4, -0.3], [0.1, 0.9]);
    assert_eq!(score(acquisition, &means, &stddevs), score(acquisition, &means, &stddevs), "same generator, same scores");
}

fn another_generator_gives_other_scores(acquisition: &dyn Acquisition) {
    let posterior = Posterior::gaussian(vec![0.4, -0.3], vec![0.1, 0.9]).expect("the suite's posterior is valid");
    let score = |round| {
        let mut rng = SeedStream::new(0).rng("acquisition", round);
        acquisition.score(&posterior, 0.0, &mut rng).expect("a valid posterior can be scored")
    };
    assert_ne!(score(0), score(1), "the generator is ignored");
}

fn average_scores_rise_with_the_mean(acquisition: &dyn Acquisition) {
    const ROUNDS: u64 = 4000;
    let posterior = Posterior::gaussian(vec![-0.5, 0.0, 0.5], vec![1.0; 3]).expect("the suite's posterior is valid");
    let mut sums = [0.0; 3];
    for round in 0..ROUNDS {
        let mut rng = SeedStream::new(0).rng("acquisition", round);
        let scores = acquisition.score(&posterior, 0.0, &mut rng).expect("a valid posterior can be scored");
        sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += score);
    }
    assert!(sums.is_sorted_by(|left, right| left < right), "a larger mean must score higher on the average: {sums:?}");
}
