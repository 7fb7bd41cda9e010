use crate::{AugmentConfig, ImageSet, ImageShape, Normalization};
use bonas_core::StudyRng;
use rand::seq::SliceRandom;
use std::sync::Arc;
use std::sync::mpsc::{IntoIter, sync_channel};

/// Batches that wait for their consumer; more would only cost memory.
const PREFETCHED: usize = 4;

/// Normalised images with their labels, ready to become a tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// [image, channel, row, column]
    pub pixels: Vec<f32>,
    /// Size of every image.
    pub shape: ImageShape,
    /// One class per image.
    pub labels: Vec<i64>,
}

/// An endless stream of training batches, made by a background thread.
///
/// Each pass over the images is a new permutation, cut into whole batches; the remainder is left out (a set smaller than one
/// batch is one batch). Order and augmentation follow from the generator alone. Dropping the stream ends its thread.
pub struct TrainBatches(IntoIter<Batch>);

impl TrainBatches {
    /// Starts the stream.
    pub fn new(
        images: Arc<ImageSet>,
        normalization: Normalization,
        augment: AugmentConfig,
        batch_size: usize,
        mut rng: StudyRng,
    ) -> Self {
        let passes = move |send: &mut dyn FnMut(Batch) -> bool| {
            let mut order: Vec<usize> = (0..images.len()).collect();
            let batch_size = batch_size.clamp(1, images.len());
            loop {
                order.shuffle(&mut rng);
                for places in order.chunks_exact(batch_size) {
                    let batch = assemble(&images, places, &normalization, |image| augment.apply(image, images.shape(), &mut rng));
                    if !send(batch) {
                        return;
                    }
                }
            }
        };
        Self(in_background(passes))
    }
}

impl Iterator for TrainBatches {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        self.0.next()
    }
}

/// Batches for a measurement: all images, or those at `places`, in order, unchanged but for the normalisation. The last
/// batch may be smaller. Made by a background thread.
///
/// # Panics
/// When a place is not below [`ImageSet::len`]: at once, since a thread that died midway would look like a smaller set.
pub fn evaluation_batches(
    images: &Arc<ImageSet>,
    places: Option<&[usize]>,
    normalization: &Normalization,
    batch_size: usize,
) -> impl Iterator<Item = Batch> + use<> {
    let images = images.clone();
    let places = places.map_or_else(|| (0..images.len()).collect(), <[usize]>::to_vec);
    assert!(places.iter().all(|&place| place < images.len()), "a place lies outside the {} images", images.len());
    let normalization = normalization.clone();
    in_background(move |send| {
        for places in places.chunks(batch_size.max(1)) {
            if !send(assemble(&images, places, &normalization, |_| {})) {
                return;
            }
        }
    })
}

/// At most `count` different images, drawn at random, in the set's order.
pub fn evaluation_subset(images: &ImageSet, count: usize, rng: &mut StudyRng) -> Vec<usize> {
    let mut places: Vec<usize> = (0..images.len()).collect();
    let (drawn, _) = places.partial_shuffle(rng, count);
    let mut drawn = drawn.to_vec();
    drawn.sort_unstable();
    drawn
}

/// Runs `produce` in a thread, which ends with the first batch that nobody takes any more; it gets a function that hands a batch over and says whether anyone still wants more.
fn in_background(produce: impl FnOnce(&mut dyn FnMut(Batch) -> bool) + Send + 'static) -> IntoIter<Batch> {
    let (sender, receiver) = sync_channel(PREFETCHED);
    std::thread::spawn(move || produce(&mut |batch| sender.send(batch).is_ok()));
    receiver.into_iter()
}

fn assemble(images: &ImageSet, places: &[usize], normalization: &Normalization, mut change: impl FnMut(&mut [f32])) -> Batch {
    let shape = images.shape();
    let mut pixels = vec![0.0; places.len() * shape.pixels()];
    for (target, &place) in pixels.chunks_exact_mut(shape.pixels()).zip(places) {
        normalization.apply(images.image(place), target);
        change(target);
    }
    let labels = places.iter().map(|&place| i64::from(images.labels()[place])).collect();
    Batch { pixels, shape, labels }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::SeedStream;

    fn set(count: usize) -> Arc<ImageSet> {
        let shape = ImageShape { channels: 1, height: 1, width: 1 };
        let labels = (0..count as u32).collect();
        let names = (0..count).map(|class| class.to_string()).collect();
        Arc::new(ImageSet::new((0..count as u8).collect(), shape, labels, names).expect("valid"))
    }

    fn stream(images: &Arc<ImageSet>, batch_size: usize, seed: u64) -> TrainBatches {
        let rng = SeedStream::new(seed).rng("batches", 0);
        TrainBatches::new(images.clone(), Normalization::of(images), AugmentConfig::none(), batch_size, rng)
    }

    #[test]
    fn every_pass_sees_every_image_once() {
        let images = set(12);
        let mut stream = stream(&images, 4, 1);
        let mut orders = Vec::new();
        for _ in 0..3 {
            let order: Vec<i64> = stream.by_ref().take(3).flat_map(|batch| batch.labels).collect();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..12).collect::<Vec<_>>());
            orders.push(order);
        }
        assert_ne!(orders[0], orders[1]);
    }

    #[test]
    fn the_stream_follows_from_the_seed_however_slowly_it_is_read() {
        let images = set(10);
        let fast: Vec<Batch> = stream(&images, 3, 7).take(9).collect();
        let slow = stream(&images, 3, 7).take(9).inspect(|_| std::thread::sleep(std::time::Duration::from_millis(2)));
        assert_eq!(fast, slow.collect::<Vec<_>>());
        assert_ne!(fast, stream(&images, 3, 8).take(9).collect::<Vec<_>>());
    }

    #[test]
    fn measurements_see_images_in_order_with_the_last_partial_batch() {
        let images = set(7);
        let batches: Vec<Batch> = evaluation_batches(&images, None, &Normalization::of(&images), 3).collect();
        assert_eq!(batches.iter().map(|batch| batch.labels.len()).collect::<Vec<_>>(), [3, 3, 1]);
        assert_eq!(batches.into_iter().flat_map(|batch| batch.labels).collect::<Vec<_>>(), (0..7).collect::<Vec<_>>());
        let some = evaluation_batches(&images, Some(&[5, 1]), &Normalization::of(&images), 3);
        assert_eq!(some.flat_map(|batch| batch.labels).collect::<Vec<_>>(), [5, 1]);
    }

    #[test]
    fn a_subset_has_different_images_and_at_most_all() {
        let images = set(9);
        let mut rng = SeedStream::new(0).rng("subset", 0);
        let mut some = evaluation_subset(&images, 5, &mut rng);
        some.dedup();
        assert_eq!(some.len(), 5);
        assert_eq!(evaluation_subset(&images, 50, &mut rng).len(), 9);
    }

    #[test]
    fn dropping_a_stream_ends_its_thread() {
        let images = set(10);
        let mut endless = stream(&images, 3, 0);
        assert!(endless.next().is_some());
        assert!(Arc::strong_count(&images) > 1, "the thread holds the images");
        drop(endless);
        let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while Arc::strong_count(&images) > 1 {
            assert!(std::time::Instant::now() < patience, "the thread still holds the images");
            std::thread::yield_now();
        }
    }

    #[test]
    #[should_panic(expected = "outside the 3 images")]
    fn a_place_outside_the_set_is_refused_at_once() {
        let images = set(3);
        drop(evaluation_batches(&images, Some(&[1, 3]), &Normalization::of(&images), 2));
    }

    #[test]
    fn a_set_smaller_than_a_batch_is_one_batch() {
        assert_eq!(stream(&set(3), 8, 0).next().map(|batch| batch.labels.len()), Some(3));
    }
}
