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
    let least = WORTH_A_THREAD.div_ceil(cost.max(1)).max(1);
    let items = items.into_par_iter().enumerate().with_min_len(least);
    items.for_each_init(buffers, |buffers, (place, item)| work(buffers, place, item));
}
