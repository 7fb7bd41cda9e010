//! Results whose memory is cleared by whoever writes it, piece by piece, while the piece is in that core's cache, or is written row by row without being
//! cleared at all. Cleared as a whole beforehand, by one thread, a result would pass through memory once more: a fifth of a training step.

use crate::product::{LANES, ProductRows, Strided, store};
use crate::row::{load_row, store_row};
use pulp::Simd;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A result of `length` numbers, of which `write` clears or writes every piece.
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

impl Piece<'_> {
    /// Its first `size` numbers, and the others.
    pub(crate) fn split(self, size: usize) -> (Self, Self) {
        let Self { numbers, cleared } = self;
        let (first, others) = numbers.split_at_mut(size);
        (Self { numbers: first, cleared }, Self { numbers: others, cleared })
    }

    /// Copies as many numbers.
    pub(crate) fn copy(self, numbers: &[f32]) {
        self.cleared.fetch_add(self.numbers.write_copy_of_slice(numbers).len(), Ordering::Relaxed);
    }
}

/// Memory that a result is written to or added to.
pub(crate) trait Target<'a>: Send + Sized {
    /// Whether there are numbers in it already.
    const HOLDS_NUMBERS: bool;

    /// Its rows, as a product takes them.
    type Rows: ProductRows;

    /// Rows of so many numbers.
    fn rows(self, columns: usize) -> Self::Rows;

    /// Pieces of `size` numbers; the last may be shorter.
    fn pieces(self, size: usize) -> impl ExactSizeIterator<Item = Self>;

    /// Its numbers: zeros where it holds none.
    fn numbers(self) -> &'a mut [f32];

    /// Writes, or adds, rows of `width` numbers, of which `values` gives vectors at a place of all `N`; there may be fewer rows.
    fn write_rows<S: Simd, const N: usize>(
        self,
        simd: S,
        width: usize,
        tally: &mut Tally<'a>,
        values: impl FnMut(usize) -> [S::f32s; N],
    );
}

/// Numbers of a result that were written and not yet counted there: threads that count one row after the other wait for each other.
#[derive(Default)]
pub(crate) struct Tally<'a> {
    written: usize,
    cleared: Option<&'a AtomicUsize>,
}

impl<'a> Tally<'a> {
    fn add(&mut self, written: usize, cleared: &'a AtomicUsize) {
        if self.cleared.is_some_and(|other| !std::ptr::eq(other, cleared)) {
            self.count();
        }
        self.cleared = Some(cleared);
        self.written += written;
    }

    fn count(&mut self) {
        if let Some(cleared) = self.cleared {
            cleared.fetch_add(std::mem::take(&mut self.written), Ordering::Relaxed);
        }
    }
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        self.count();
    }
}

impl<'a> Target<'a> for Piece<'a> {
    const HOLDS_NUMBERS: bool = false;

    type Rows = NewRows<'a>;

    fn rows(self, columns: usize) -> NewRows<'a> {
        let Self { numbers, cleared } = self;
        assert_eq!(numbers.len() % columns, 0, "numbers of whole rows");
        NewRows { written: vec![0; numbers.len() / columns], numbers, columns, cleared }
    }

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

    #[inline(always)]
    fn write_rows<S: Simd, const N: usize>(
        self,
        simd: S,
        width: usize,
        tally: &mut Tally<'a>,
        mut values: impl FnMut(usize) -> [S::f32s; N],
    ) {
        let Self { numbers, cleared } = self;
        let rows = numbers.len() / width;
        assert!(rows <= N && numbers.len() == rows * width, "rows of a piece");
        for at in (0..width).step_by(S::F32_LANES) {
            for (row, value) in values(at).into_iter().enumerate() {
                if row == rows {
                    break;
                }
                store_new(simd, &mut numbers[row * width..][..width][at..], value);
            }
        }
        tally.add(numbers.len(), cleared);
    }
}

/// Rows of a new result, each written from its first number to its last.
pub(crate) struct NewRows<'a> {
    numbers: &'a mut [MaybeUninit<f32>],
    columns: usize,
    /// How many numbers of each row are.
    written: Vec<usize>,
    cleared: &'a AtomicUsize,
}

impl<'a> NewRows<'a> {
    /// All numbers.
    ///
    /// # Panics
    /// When some were not written.
    #[allow(unsafe_code)]
    pub(crate) fn finished(mut self) -> &'a mut [f32] {
        assert!(self.written.iter().all(|&written| written == self.columns), "rows of a result that were written");
        // SAFETY: rows are written from their beginning on, and all of them were to their end.
        unsafe { std::mem::take(&mut self.numbers).assume_init_mut() }
    }
}

impl Drop for NewRows<'_> {
    fn drop(&mut self) {
        self.cleared.fetch_add(self.written.iter().sum(), Ordering::Relaxed);
    }
}

impl ProductRows for NewRows<'_> {
    #[inline(always)]
    fn put<S: Simd>(&mut self, simd: S, [row, start]: [usize; 2], width: usize, numbers: &[S::f32s]) {
        let written = &mut self.written[row];
        assert!(*written == start && numbers.len() * S::F32_LANES >= width, "where a row goes on");
        let target = &mut self.numbers[row * self.columns..][..self.columns][start..][..width];
        for (target, &numbers) in target.chunks_mut(S::F32_LANES).zip(numbers) {
            store_new(simd, target, numbers);
        }
        *written += width;
    }
}

/// Writes a vector, or as much of it as there is room for.
#[inline(always)]
fn store_new<S: Simd>(_: S, target: &mut [MaybeUninit<f32>], value: S::f32s) {
    if let [first, ..] = S::as_uninit_mut_simd_f32s(target).0 {
        first.write(value);
        return;
    }
    let mut numbers = [0.0; LANES];
    store::<S>(&mut numbers, 0, value);
    // A copy of a known length is an instruction or two, any other is a call.
    match target.len() {
        8 => _ = target.write_copy_of_slice(&numbers[..8]),
        4 => _ = target.write_copy_of_slice(&numbers[..4]),
        length => _ = target.write_copy_of_slice(&numbers[..length]),
    }
}

impl<'a> Target<'a> for &'a mut [f32] {
    const HOLDS_NUMBERS: bool = true;

    type Rows = Strided<'a, true>;

    fn rows(self, columns: usize) -> Strided<'a, true> {
        Strided { numbers: self, step: columns }
    }

    fn pieces(self, size: usize) -> impl ExactSizeIterator<Item = Self> {
        self.chunks_mut(size)
    }

    fn numbers(self) -> &'a mut [f32] {
        self
    }

    #[inline(always)]
    fn write_rows<S: Simd, const N: usize>(
        self,
        simd: S,
        width: usize,
        _: &mut Tally<'a>,
        mut values: impl FnMut(usize) -> [S::f32s; N],
    ) {
        let rows = self.len() / width;
        for at in (0..width).step_by(S::F32_LANES) {
            for (row, value) in values(at).into_iter().enumerate() {
                if row == rows {
                    break;
                }
                let value = simd.add_f32s(value, load_row(simd, self, [row, width], at));
                store_row(simd, self, [row, width], at, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::Scalar;

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

    /// Vectors of one number.
    fn scalar() -> Scalar {
        Scalar::new()
    }

    #[test]
    fn rows_are_written_or_added_to() {
        let values = |at: usize| [at as f32, 10.0 + at as f32];
        let numbers = filled(12, |whole| {
            let mut tally = Tally::default();
            whole.pieces(6).for_each(|piece| piece.write_rows(scalar(), 3, &mut tally, values));
        });
        assert_eq!(numbers, [0.0, 1.0, 2.0, 10.0, 11.0, 12.0].repeat(2));
        // Of the second row there is none.
        let mut row = [100.0; 3];
        row.as_mut_slice().write_rows(scalar(), 3, &mut Tally::default(), values);
        assert_eq!(row, [100.0, 101.0, 102.0]);
    }

    #[test]
    fn one_tally_counts_for_two_results() {
        let [mut first, mut second] = [AtomicUsize::new(0), AtomicUsize::new(0)];
        let mut tally = Tally::default();
        tally.add(2, &first);
        tally.add(3, &first);
        tally.add(4, &second);
        tally.add(1, &first);
        drop(tally);
        assert_eq!([*first.get_mut(), *second.get_mut()], [6, 4]);
    }

    #[test]
    fn products_go_to_rows_one_number_after_the_other() {
        let numbers = filled(6, |whole| {
            let mut rows = whole.rows(3);
            rows.put(scalar(), [1, 0], 2, &[3.0, 4.0]);
            rows.put(scalar(), [0, 0], 3, &[0.0, 1.0, 2.0]);
            rows.put(scalar(), [1, 2], 1, &[5.0]);
            assert_eq!(rows.finished(), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        });
        assert_eq!(numbers.len(), 6);
    }

    #[test]
    #[should_panic(expected = "numbers of a result that were written")]
    fn a_row_left_out_is_noticed() {
        filled(6, |whole| whole.rows(3).put(scalar(), [1, 0], 3, &[3.0, 4.0, 5.0]));
    }

    #[test]
    #[should_panic(expected = "rows of a result that were written")]
    fn rows_are_not_read_before_they_are_written() {
        filled(6, |whole| {
            let mut rows = whole.rows(3);
            rows.put(scalar(), [1, 0], 3, &[3.0, 4.0, 5.0]);
            rows.finished();
        });
    }

    #[test]
    #[should_panic(expected = "where a row goes on")]
    fn a_gap_in_a_row_is_refused() {
        filled(3, |whole| whole.rows(3).put(scalar(), [0, 1], 2, &[1.0, 2.0]));
    }

    #[test]
    fn parts_of_a_piece_are_copied() {
        let numbers = filled(5, |whole| {
            let (first, others) = whole.split(2);
            others.copy(&[3.0, 4.0, 5.0]);
            first.copy(&[1.0, 2.0]);
        });
        assert_eq!(numbers, [1.0, 2.0, 3.0, 4.0, 5.0]);
    }
}
