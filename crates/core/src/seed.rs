use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// The generator of every random choice: portable, so the same seed gives the same study on any machine.
pub type StudyRng = ChaCha8Rng;

/// Derives independent random streams, one per (purpose, index), from the one seed of a study.
///
/// Streams do not depend on each other: a phase that draws more or fewer numbers changes no other phase, and a resumed
/// study continues with the same streams as an uninterrupted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeedStream(u64);

impl SeedStream {
    /// The streams of a study with this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The stream for a purpose, such as `"ask"`, and an index, such as the round.
    pub fn rng(&self, purpose: &str, index: u64) -> StudyRng {
        let mut hash = Sha256::new();
        hash.update(self.0.to_le_bytes());
        hash.update((purpose.len() as u64).to_le_bytes());
        hash.update(purpose.as_bytes());
        hash.update(index.to_le_bytes());
        StudyRng::from_seed(hash.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn streams_differ_by_seed_purpose_and_index() {
        let first = |seed, purpose: &str, index| SeedStream::new(seed).rng(purpose, index).next_u64();
        let reference = first(1, "ask", 0);
        assert_eq!(reference, first(1, "ask", 0));
        for other in [first(2, "ask", 0), first(1, "evaluate", 0), first(1, "ask", 1)] {
            assert_ne!(reference, other);
        }
    }

    #[test]
    fn streams_are_the_same_on_every_machine() {
        assert_eq!(SeedStream::new(7).rng("ask", 3).next_u64(), 11_485_760_028_339_891_169);
    }
}
