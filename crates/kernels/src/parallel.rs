use std::sync::{Mutex, PoisonError};

/// Multiplications below which handing work to another thread costs more than it saves.
const WORTH_A_THREAD: usize = 200_000;

/// Multiplications of a product in the time in which a number comes from memory and goes back: what only passes over numbers costs that.
pub(crate) const MOVED: usize = 16;

/// Parts that a sum over images is cut into. Fixed, so that the order of additions does not depend on the threads.
const PARTS: usize = 8;

/// Images per part of a sum over `images`.
pub(crate) fn part(images: usize) -> usize {
    images.div_ceil(PARTS).max(1)
}

/// Calls `work` for every item with its place, on as many threads as pay. `cost` is the number of multiplications of an item.
pub(crate) fn for_each<T: Send>(items: Vec<T>, cost: usize, work: impl Fn(usize, T) + Sync + Send) {
    for_each_with(items, cost, || (), |(), place, item| work(place, item));
}

/// The same with buffers that are made once for the items which a thread takes one after the other; what an item leaves in them, the next one
/// finds.
pub(crate) fn for_each_with<T: Send, B>(
    items: Vec<T>,
    cost: usize,
    buffers: impl Fn() -> B + Sync + Send,
    work: impl Fn(&mut B, usize, T) + Sync + Send,
) {
    let total = items.len().saturating_mul(cost);
    if total < 2 * WORTH_A_THREAD {
        let mut buffers = buffers();
        items.into_iter().enumerate().for_each(|(place, item)| work(&mut buffers, place, item));
        return;
    }
    let workers = (total / WORTH_A_THREAD).min(rayon::current_num_threads()).min(items.len());
    let queue = Mutex::new(items.into_iter().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || {
        let Some(mut item) = next() else { return };
        let mut buffers = buffers();
        loop {
            work(&mut buffers, item.0, item.1);
            match next() {
                Some(another) => item = another,
                None => return,
            }
        }
    };
    rayon::scope(|scope| {
        (1..workers).for_each(|_| scope.spawn(|_| run()));
        run();
    });
}
