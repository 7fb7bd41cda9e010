use super::protocol::Split;
use super::scores::Population;
use super::{Calibration, FitCourse, FitKey, FitRecord, FitSeconds, SurrogateContestant};
use crate::LaboratoryError;
use crate::statistics::{mean_absolute_error, rank_among};
use bonas_bayes::{BayesError, kendall_tau, spearman};
use bonas_benchmarks::TestScores;
use bonas_core::{CellGraph, Observations, Posterior, SeedStream, SurrogateError};
use std::time::Instant;

/// Fits once, and compares with what was not seen.
pub(super) fn fit(
    course: &FitCourse,
    surrogate: &SurrogateContestant,
    population: &Population<'_>,
    key: FitKey,
) -> Result<FitRecord, LaboratoryError> {
    let scores = population.scores(key.split)?;
    let measured: Vec<usize> = (0..scores.len()).filter(|&place| scores[place].is_some()).collect();
    if measured.len() < key.train + course.protocol.held_out(key.train) {
        return Err(LaboratoryError::too_few(course.protocol, key, measured.len()));
    }
    let split = Split::new(course.protocol, measured, key.train, key.split);
    let of = |places: &[usize]| places.iter().filter_map(|&place| scores[place]).collect::<Vec<f64>>();
    let graphs = |places: &[usize]| places.iter().map(|&place| population.graphs[place].clone()).collect::<Vec<CellGraph>>();
    let (seen, unseen) = (of(&split.train), of(&split.held_out));
    // What errors and intervals are judged on comes first, then what is only ranked.
    let mut predicted = split.held_out.clone();
    let ranked: Vec<(usize, f64)> = match &population.test {
        None => unseen.iter().copied().enumerate().collect(),
        Some(TestScores { scores: test, .. }) => {
            let mut judged = vec![false; test.len()];
            predicted.iter().for_each(|&place| judged[place] = true);
            predicted.extend((0..test.len()).filter(|&place| !judged[place] && test[place].is_some()));
            predicted.iter().enumerate().filter_map(|(at, &place)| Some((at, test[place]?))).collect()
        }
    };
    let failed = |source: SurrogateError| LaboratoryError::Fit { key: key.clone(), source: Box::new(source) };
    let built = (surrogate.build)().map_err(|source| LaboratoryError::BuildSurrogate { key: key.clone(), source })?;
    let observations = Observations::new(graphs(&split.train), seen.clone());
    let observations = observations.map_err(|error| failed(SurrogateError::Other(Box::new(error))))?;
    let asked = graphs(&predicted);
    let begun = Instant::now();
    let mut rng = SeedStream::new(key.split).rng("fit", key.train as u64);
    let fitted = built.fit(&observations, &mut rng).map_err(failed)?;
    let fit_seconds = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let posterior = fitted.posterior(&asked).map_err(failed)?;
    let seconds = FitSeconds { fit: fit_seconds, predict: begun.elapsed().as_secs_f64() };
    let observed = match surrogate.predicts_ranks {
        false => unseen,
        true => {
            let mut sorted = seen;
            sorted.sort_by(f64::total_cmp);
            unseen.iter().map(|&score| rank_among(&sorted, score)).collect()
        }
    };
    let (expected, wanted): (Vec<f64>, Vec<f64>) = ranked.iter().map(|&(at, score)| (posterior.mean()[at], score)).unzip();
    let defined = |correlation: Result<f64, BayesError>| match correlation {
        Ok(value) => Ok(Some(value)),
        Err(BayesError::Constant { .. }) => Ok(None),
        Err(error) => Err(failed(SurrogateError::Other(Box::new(error)))),
    };
    Ok(FitRecord {
        ranked: ranked.len(),
        kendall: defined(kendall_tau(&expected, &wanted))?,
        spearman: defined(spearman(&expected, &wanted))?,
        held_out: observed.len(),
        mae: mean_absolute_error(&posterior.mean()[..observed.len()], &observed),
        calibration: calibration(&posterior, &observed),
        seconds,
        key,
    })
}

/// Judged on the first candidates of the posterior, whose outcomes were observed; `None` if the posterior has no density for one.
fn calibration(posterior: &Posterior, observed: &[f64]) -> Option<Calibration> {
    let of_all = observed.iter().copied().enumerate();
    let densities: Option<Vec<f64>> = of_all.clone().map(|(index, outcome)| posterior.log_density(index, outcome)).collect();
    let standardised: Vec<f64> = of_all.map(|(index, outcome)| posterior.standardised(index, outcome)).collect();
    Some(Calibration::new(&standardised, &densities?))
}
