use rayon::prelude::*;

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
    let total = items.len().saturating_mul(cost);
    if total < 2 * WORTH_A_THREAD {
        items.into_iter().enumerate().for_each(|(place, item)| work(place, item));
        return;
    }
    let least = WORTH_A_THREAD.div_ceil(cost.max(1)).max(1);
    items.into_par_iter().enumerate().with_min_len(least).for_each(|(place, item)| work(place, item));
}
