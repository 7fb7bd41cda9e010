use super::candidate::{Candidate, Scorer, by_score, highest_first};
use bonas_core::{Architecture, CellGraph, FittedSurrogate, SearchSpace, StrategyError, StudyRng};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How the queries of one round are chosen among scored candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BatchChoice {
    /// One after the other: the surrogate believes that each has the outcome it expects, and the next is the one of the highest
    /// score after that (kriging believer; Ginsbourger, Le Riche and Carraro, 2010). Only the best few hundred are scored again.
    /// With a surrogate that cannot do this, as `top`.
    #[default]
    Believer,
    /// Those of the highest score, as the paper does.
    Top,
    /// Those of the highest score of which no two are neighbours. A candidate one change away from a chosen one would mostly
    /// teach the surrogate the same; its turn comes in the next round, if it still deserves one. When all that is left are
    /// neighbours of the chosen, the highest of them fill the round.
    Spread,
}

impl BatchChoice {
    /// At most `count` of the candidates, which come with the highest score first and leave in the order in which they are wanted.
    ///
    /// # Errors
    /// When the surrogate or the acquisition fails.
    pub(super) fn choose(
        self,
        scorer: &Scorer<'_>,
        candidates: Vec<Candidate>,
        count: usize,
        rng: &mut StudyRng,
    ) -> Result<Vec<Candidate>, StrategyError> {
        Ok(match self {
            Self::Believer => believer(scorer, candidates, count, rng)?,
            Self::Top => candidates.into_iter().take(count).collect(),
            Self::Spread => spread(scorer.space, candidates, count),
        })
    }
}

/// Candidates of the highest scores that may still be chosen after others were, beside those that are wanted: what is believed of
/// a few lowers the scores of their like, and does not raise others.
const SHORTLIST: usize = 400;

fn believer(
    scorer: &Scorer<'_>,
    mut candidates: Vec<Candidate>,
    count: usize,
    rng: &mut StudyRng,
) -> Result<Vec<Candidate>, StrategyError> {
    candidates.truncate(SHORTLIST + count);
    let mut graphs: Vec<CellGraph> = candidates.iter().map(|candidate| scorer.space.graph(&candidate.architecture)).collect();
    let mut chosen: Vec<Candidate> = Vec::new();
    let mut believing: Option<Box<dyn FittedSurrogate>> = None;
    while chosen.len() < count
        && let Some(place) = highest(&candidates)
    {
        chosen.push(candidates.remove(place));
        let graph = graphs.remove(place);
        if chosen.len() == count {
            break;
        }
        let Some(fitted) = believing.as_deref().unwrap_or(scorer.fitted).believe(&graph)? else {
            chosen.extend(candidates.into_iter().take(count - chosen.len()));
            break;
        };
        let architectures: Vec<_> = candidates.iter().map(|candidate| candidate.architecture.clone()).collect();
        let scores = Scorer { fitted: fitted.as_ref(), ..*scorer }.score_known(&architectures, &graphs, "", rng)?;
        candidates.iter_mut().zip(scores).for_each(|(candidate, scored)| candidate.score = scored.score);
        believing = Some(fitted);
    }
    Ok(chosen)
}

/// Place of the highest score; of equals, the first in the order of their decisions.
fn highest(candidates: &[Candidate]) -> Option<usize> {
    (0..candidates.len()).min_by(|&left, &right| by_score(&candidates[left], &candidates[right]))
}

fn spread(space: &dyn SearchSpace, candidates: Vec<Candidate>, count: usize) -> Vec<Candidate> {
    let mut crowded = BTreeSet::new();
    let (mut chosen, mut passed_over) = (Vec::new(), Vec::new());
    for candidate in candidates {
        if chosen.len() == count {
            break;
        }
        if crowded.contains(&candidate.architecture) {
            passed_over.push(candidate);
        } else {
            crowded.extend(neighborhood(space, &candidate.architecture));
            chosen.push(candidate);
        }
    }
    let missing = count - chosen.len();
    chosen.extend(passed_over.into_iter().take(missing));
    highest_first(chosen)
}

fn neighborhood(space: &dyn SearchSpace, architecture: &Architecture) -> impl Iterator<Item = Architecture> {
    space.neighbors(architecture).into_iter().map(|neighbor| space.canonical(&neighbor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::{Posterior, Prediction, SeedStream, SurrogateError};
    use bonas_testing::toy::{ToySpace, ToyUcb};

    /// Expects the more of a graph the smaller its operations are, but very little of graphs that differ in one node or none from
    /// one that it believes in.
    #[derive(Clone, Default)]
    struct Crowd {
        believed: Vec<CellGraph>,
        cannot: bool,
    }

    impl FittedSurrogate for Crowd {
        fn posterior(&self, graphs: &[CellGraph]) -> Result<Posterior, SurrogateError> {
            let differ = |left: &CellGraph, right: &CellGraph| {
                left.operations().iter().zip(right.operations()).filter(|(left, right)| left != right).count()
            };
            let mean = |graph: &CellGraph| match self.believed.iter().any(|other| differ(other, graph) < 2) {
                true => -1e6,
                false => -(graph.operations().iter().sum::<usize>() as f64),
            };
            let mean = graphs.iter().map(mean).collect();
            Ok(Posterior::gaussian(mean, vec![0.0; graphs.len()]).expect("finite"))
        }

        fn incumbent(&self) -> f64 {
            0.0
        }

        fn believe(&self, graph: &CellGraph) -> Result<Option<Box<dyn FittedSurrogate>>, SurrogateError> {
            if self.cannot {
                return Ok(None);
            }
            let mut believing = self.clone();
            believing.believed.push(graph.clone());
            Ok(Some(Box::new(believing)))
        }
    }

    fn chosen_by(choice: BatchChoice, count: usize, fitted: &Crowd) -> Vec<String> {
        let space = ToySpace::new(2);
        let scorer = Scorer { space: &space, fitted, acquisition: &ToyUcb, batch: 3 };
        let scores = [("aa-aa", 0.9), ("aa-ab", 0.8), ("ab-aa", 0.7), ("bb-bb", 0.6), ("bb-bc", 0.5), ("cc-cc", 0.4)];
        let candidate = |(text, score): (&str, f64)| Candidate {
            architecture: space.parse(text).expect("valid"),
            prediction: Prediction { mean: score, stddev: 0.0 },
            score,
            origin: "test",
        };
        let candidates = scores.map(candidate).to_vec();
        let chosen = choice.choose(&scorer, candidates, count, &mut SeedStream::new(0).rng("choose", 0)).expect("finite");
        chosen.iter().map(|candidate| space.format(&candidate.architecture)).collect()
    }

    fn chosen(choice: BatchChoice, count: usize) -> Vec<String> {
        chosen_by(choice, count, &Crowd::default())
    }

    #[test]
    fn a_believer_scores_again_after_every_choice() {
        assert_eq!(chosen(BatchChoice::Believer, 3), ["aa-aa", "bb-bb", "cc-cc"]);
        assert_eq!(chosen(BatchChoice::Believer, 9).len(), 6);
        assert_eq!(chosen(BatchChoice::Believer, 0), [""; 0]);
    }

    #[test]
    fn a_surrogate_that_cannot_believe_gets_the_top() {
        let cannot = Crowd { cannot: true, ..Crowd::default() };
        assert_eq!(chosen_by(BatchChoice::Believer, 3, &cannot), ["aa-aa", "aa-ab", "ab-aa"]);
    }

    #[test]
    fn the_top_is_the_highest_scores() {
        assert_eq!(chosen(BatchChoice::Top, 3), ["aa-aa", "aa-ab", "ab-aa"]);
    }

    #[test]
    fn a_spread_batch_passes_over_the_neighbors_of_what_is_chosen() {
        assert_eq!(chosen(BatchChoice::Spread, 3), ["aa-aa", "bb-bb", "cc-cc"]);
        assert_eq!(chosen(BatchChoice::Spread, 0), [""; 0]);
    }

    #[test]
    fn a_spread_batch_is_filled_with_neighbors_when_nothing_else_is_left() {
        assert_eq!(chosen(BatchChoice::Spread, 5), ["aa-aa", "aa-ab", "ab-aa", "bb-bb", "cc-cc"]);
        assert_eq!(chosen(BatchChoice::Spread, 9).len(), 6);
    }
}
