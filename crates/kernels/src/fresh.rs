//! Results whose memory is cleared by whoever writes it, piece by piece, while the piece is in that core's cache. Cleared as a whole beforehand, by
//! one thread, a result would pass through memory once more: a fifth of a training step.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A result of `length` numbers, of which `write` clears every piece.
///
/// # Panics
/// When it leaves some out.
#[allow(unsafe_code)]
pub(crate) fn filled(length: usize, write: impl FnOnce(Piece<'_>)) -> Vec<f32> {
    let mut numbers = Vec::with_capacity(length);
    let cleared = AtomicUsize::new(0);
    write(Piece { numbers: &mut numbers.spare_capacity_mut()[..length], cleared: &cleared });
    assert_eq!(cleared.into_inner(), length, "numbers of a result that were written");
    // SAFETY: there is room for them, and all are initialised: pieces do not overlap, none is cleared twice, and those that were cleared are
    // together as long as the whole.
    unsafe { numbers.set_len(length) };
    numbers
}

/// Memory for a part of a new result.
pub(crate) struct Piece<'a> {
    numbers: &'a mut [MaybeUninit<f32>],
    cleared: &'a AtomicUsize,
}

/// Memory that a result is written to or added to.
pub(crate) trait Target<'a>: Send + Sized {
    /// Whether there are numbers in it already.
    const HOLDS_NUMBERS: bool;

    /// Pieces of `size` numbers; the last may be shorter.
    fn pieces(self, size: usize) -> impl ExactSizeIterator<Item = Self>;

    /// Its numbers: zeros where it holds none.
    fn numbers(self) -> &'a mut [f32];
}

impl<'a> Target<'a> for Piece<'a> {
    const HOLDS_NUMBERS: bool = false;

    fn pieces(self, size: usize) -> impl ExactSizeIterator<Item = Self> {
        let Self { numbers, cleared } = self;
        numbers.chunks_mut(size).map(move |numbers| Self { numbers, cleared })
    }

    #[allow(unsafe_code)]
    fn numbers(self) -> &'a mut [f32] {
        self.numbers.fill(MaybeUninit::new(0.0));
        self.cleared.fetch_add(self.numbers.len(), Ordering::Relaxed);
        // SAFETY: the first line initialises all of them.
        unsafe { self.numbers.assume_init_mut() }
    }
}

impl<'a> Target<'a> for &'a mut [f32] {
    const HOLDS_NUMBERS: bool = true;

    fn pieces(self, size: usize) -> impl ExactSizeIterator<Item = Self> {
        self.chunks_mut(size)
    }

    fn numbers(self) -> &'a mut [f32] {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_up_the_whole() {
        let numbers = filled(7, |whole| {
            for (place, piece) in whole.pieces(3).enumerate() {
                let numbers = piece.numbers();
                assert!(numbers.iter().all(|&number| number == 0.0));
                numbers.fill(place as f32);
            }
        });
        assert_eq!(numbers, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0]);
        assert!(filled(0, |whole| assert_eq!(whole.pieces(3).len(), 0)).is_empty());
    }

    #[test]
    #[should_panic(expected = "numbers of a result that were written")]
    fn a_piece_left_out_is_noticed() {
        filled(7, |whole| whole.pieces(3).skip(1).for_each(|piece| piece.numbers().fill(1.0)));
    }
}
