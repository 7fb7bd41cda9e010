//! What all tests with mutated files share.

use std::time::Duration;

/// No input may take longer, on a slow machine with other work.
pub(crate) const SLOWEST: Duration = Duration::from_secs(2);

/// A xorshift generator: fast, and the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }
}

/// The bytes after one to five changes; `telling` are bytes that mean something to the reader.
pub(crate) fn mutate(seed: &[u8], telling: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len() + 1);
        let end = (at + dice.below(24)).min(bytes.len());
        match dice.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 if at < bytes.len() => bytes[at] = telling[dice.below(telling.len())],
            2 => bytes.truncate(at),
            3 => bytes.insert(at, telling[dice.below(telling.len())]),
            4 => drop(bytes.drain(at..end)),
            5 => {
                let copy = bytes[at..end].to_vec();
                let to = dice.below(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            _ => {
                let noise: Vec<u8> = (0..dice.below(8)).map(|_| dice.below(256) as u8).collect();
                bytes.splice(at..at, noise);
            }
        }
    }
    bytes
}

/// The most memory that this process ever held, where the system tells.
pub(crate) fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
