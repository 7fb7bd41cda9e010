use super::candidate::Candidate;
use bonas_core::{Architecture, SearchSpace};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How the queries of one round are chosen among scored candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BatchChoice {
    /// Those of the highest score, as the paper does.
    #[default]
    Top,
    /// Those of the highest score of which no two are neighbours. A candidate one change away from a chosen one would mostly
    /// teach the surrogate the same; its turn comes in the next round, if it still deserves one. When all that is left are
    /// neighbours of the chosen, the highest of them fill the round.
    ///
    /// Only neighbours are looked at, because surrogates tell how sure they are of single candidates, not how candidates
    /// hang together.
    Spread,
}

impl BatchChoice {
    /// At most `count` of the candidates, which come with the highest score first and leave in that order.
    pub(super) fn choose(self, space: &dyn SearchSpace, candidates: Vec<Candidate>, count: usize) -> Vec<Candidate> {
        match self {
            Self::Top => candidates.into_iter().take(count).collect(),
            Self::Spread => spread(space, candidates, count),
        }
    }
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
    super::candidate::highest_first(chosen)
}

fn neighborhood(space: &dyn SearchSpace, architecture: &Architecture) -> impl Iterator<Item = Architecture> {
    space.neighbors(architecture).into_iter().map(|neighbor| space.canonical(&neighbor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::Prediction;
    use bonas_testing::toy::ToySpace;

    fn chosen(choice: BatchChoice, count: usize) -> Vec<String> {
        let space = ToySpace::new(2);
        let scores = [("aa-aa", 0.9), ("aa-ab", 0.8), ("ab-aa", 0.7), ("bb-bb", 0.6), ("bb-bc", 0.5), ("cc-cc", 0.4)];
        let candidate = |(text, score): (&str, f64)| Candidate {
            architecture: space.parse(text).expect("valid"),
            prediction: Prediction { mean: score, stddev: 0.0 },
            score,
            origin: "test",
        };
        let chosen = choice.choose(&space, scores.map(candidate).to_vec(), count);
        chosen.iter().map(|candidate| space.format(&candidate.architecture)).collect()
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
