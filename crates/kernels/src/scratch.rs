//! Buffers that threads keep from one kernel to the next. Asked for and cleared anew for every kernel, they take as long as a twentieth of a
//! convolution, and are in no cache when they are written.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

thread_local! {
    static KEPT: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// Buffers that a thread keeps; a kernel takes two or three at a time.
const MOST: usize = 4;

/// A buffer with whatever an earlier kernel of this thread left in it. Nothing that is computed may depend on that: in builds with debug assertions
/// there is no number in it, and a result that does is none either.
pub(crate) struct Scratch {
    /// As long as the longest that it has been: what was cleared once is not cleared again.
    numbers: Vec<f32>,
    length: usize,
}

impl Scratch {
    pub(crate) fn new(length: usize) -> Self {
        let mut numbers = KEPT.with_borrow_mut(Vec::pop).unwrap_or_default();
        if numbers.len() < length {
            numbers.resize(length, 0.0);
        }
        if cfg!(debug_assertions) {
            numbers.fill(f32::NAN);
        }
        Self { numbers, length }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let numbers = std::mem::take(&mut self.numbers);
        // While a thread ends, there is nowhere to keep it.
        let _ = KEPT.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            if kept.len() < MOST {
                kept.push(numbers);
            }
        });
    }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.numbers[..self.length]
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.numbers[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_gets_its_buffers_back() {
        let kept = std::thread::spawn(|| {
            let first = Scratch::new(1000);
            let place = first.as_ptr();
            drop(first);
            let (second, other) = (Scratch::new(100), Scratch::new(100));
            assert_eq!(second.as_ptr(), place);
            assert_ne!(other.as_ptr(), place);
            assert_eq!([second.len(), other.len()], [100; 2]);
        });
        kept.join().expect("a thread that kept its buffers");
    }
}
