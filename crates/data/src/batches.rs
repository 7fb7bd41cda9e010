use crate::augment::Change;
use crate::mixup::Mixture;
use crate::{AugmentConfig, DataError, ImageSet, ImageShape, Normalization};
use bonas_core::StudyRng;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::mpsc::{IntoIter, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

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
    /// What the images were blended with, by mixup.
    pub mixed: Option<Mixed>,
}

/// The other part of blended images: a loss counts `labels` of the batch by `share`, and these by the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixed {
    /// The class of the other image, for every image.
    pub labels: Vec<i64>,
    /// Share of the image itself, in [0, 1]: λ of the paper.
    pub share: f64,
}

impl Batch {
    /// The images from the first on, so many at a time.
    pub fn split(&self, images: usize) -> impl Iterator<Item = Batch> + '_ {
        let images = images.max(1);
        self.labels.chunks(images).enumerate().map(move |(part, labels)| {
            let begin = part * images;
            let pixels = self.pixels[begin * self.shape.pixels()..][..labels.len() * self.shape.pixels()].to_vec();
            let mixed = |mixed: &Mixed| Mixed { labels: mixed.labels[begin..][..labels.len()].to_vec(), share: mixed.share };
            Batch { pixels, shape: self.shape, labels: labels.to_vec(), mixed: self.mixed.as_ref().map(mixed) }
        })
    }
}

/// A batch, or why there is none.
pub type BatchResult = Result<Batch, DataError>;

/// An endless stream of training batches, made by a background thread, which decodes images on all cores. Five batches at most wait
/// or are being made. It ends with the first error.
///
/// Each pass over the images is a new permutation, cut into whole batches; the remainder is left out (a set smaller than one
/// batch is one batch). Order and augmentation follow from the generator alone, however many threads decode. Dropping the stream ends its
/// thread.
pub struct TrainBatches {
    batches: IntoIter<BatchResult>,
    waited: Duration,
}

impl TrainBatches {
    /// Starts the stream.
    pub fn new(
        images: Arc<ImageSet>,
        normalization: Normalization,
        augment: AugmentConfig,
        batch_size: usize,
        mut rng: StudyRng,
    ) -> Self {
        let passes = move |send: &mut dyn FnMut(BatchResult) -> bool| {
            let mut order: Vec<usize> = (0..images.len()).collect();
            let pool = decoders(&images, &augment);
            let batch_size = batch_size.clamp(1, images.len());
            loop {
                order.shuffle(&mut rng);
                for places in order.chunks_exact(batch_size) {
                    let changes: Vec<Change> = places.iter().map(|_| augment.draw(images.shape(), &mut rng)).collect();
                    let mixture = Mixture::draw(augment.mixup, places.len(), &mut rng);
                    let mut batch = assemble(&images, places, &normalization, &augment, &changes, pool);
                    if let (Ok(batch), Some(mixture)) = (&mut batch, mixture) {
                        mixture.apply(batch);
                    }
                    if !send(batch) {
                        return;
                    }
                }
            }
        };
        Self { batches: in_background(passes), waited: Duration::ZERO }
    }

    /// How long the consumer has waited for batches.
    pub fn waited(&self) -> Duration {
        self.waited
    }
}

impl Iterator for TrainBatches {
    type Item = BatchResult;

    fn next(&mut self) -> Option<BatchResult> {
        let began = Instant::now();
        let batch = self.batches.next();
        self.waited += began.elapsed();
        batch
    }
}

/// Batches for a measurement: all images, or those at `places`, in order, unchanged but for the normalisation. The last
/// batch may be smaller. Made by a background thread, as those of [`TrainBatches`]; the first error is the last item.
///
/// # Panics
/// When a place is not below [`ImageSet::len`]: at once, since a thread that died midway would look like a smaller set.
pub fn evaluation_batches(
    images: &Arc<ImageSet>,
    places: Option<&[usize]>,
    normalization: &Normalization,
    batch_size: usize,
) -> impl Iterator<Item = BatchResult> + use<> {
    let images = images.clone();
    let places = places.map_or_else(|| (0..images.len()).collect(), <[usize]>::to_vec);
    assert!(places.iter().all(|&place| place < images.len()), "a place lies outside the {} images", images.len());
    let normalization = normalization.clone();
    in_background(move |send| {
        let augment = AugmentConfig::none();
        let pool = decoders(&images, &augment);
        for places in places.chunks(batch_size.max(1)) {
            let changes = vec![Change::default(); places.len()];
            if !send(assemble(&images, places, &normalization, &augment, &changes, pool)) {
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

/// Runs `produce` in a thread, which ends with the first error or batch that nobody takes any more; it gets a function that hands a
/// batch over and says whether anyone still wants more.
fn in_background(produce: impl FnOnce(&mut dyn FnMut(BatchResult) -> bool) + Send + 'static) -> IntoIter<BatchResult> {
    let (sender, receiver) = sync_channel(PREFETCHED);
    std::thread::spawn(move || {
        produce(&mut |batch| {
            let is_last = batch.is_err();
            sender.send(batch).is_ok() && !is_last
        });
    });
    receiver.into_iter()
}

/// Threads for work that is worth handing over: decoding, and changing whole pictures. They are none of the threads that train, which would
/// come to them late. Where there can be no threads, there is none but the stream's own.
fn decoders(images: &ImageSet, augment: &AugmentConfig) -> Option<&'static ThreadPool> {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let named = |index| format!("decoder {index}");
    let pool = || ThreadPoolBuilder::new().thread_name(named).build().ok();
    (images.is_on_disk() || augment.changes_pictures()).then(|| POOL.get_or_init(pool).as_ref()).flatten()
}

fn assemble(
    images: &ImageSet,
    places: &[usize],
    normalization: &Normalization,
    augment: &AugmentConfig,
    changes: &[Change],
    pool: Option<&ThreadPool>,
) -> BatchResult {
    let shape = images.shape();
    let mut pixels = vec![0.0; places.len() * shape.pixels()];
    let work: Vec<_> = pixels.chunks_exact_mut(shape.pixels()).zip(places).zip(changes).collect();
    let write =
        |((target, &place), change): ((&mut [f32], &usize), &Change)| augment.write(images, place, change, normalization, target);
    match pool {
        None => work.into_iter().try_for_each(write)?,
        // Of several errors, always the same is reported.
        Some(pool) => {
            let written: Vec<Result<(), DataError>> = pool.install(|| work.into_par_iter().map(write).collect());
            written.into_iter().collect::<Result<(), DataError>>()?;
        }
    }
    let labels = places.iter().map(|&place| i64::from(images.labels()[place])).collect();
    Ok(Batch { pixels, shape, labels, mixed: None })
}

#[cfg(test)]
mod streaming_tests;

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

    fn normalization(images: &ImageSet) -> Normalization {
        Normalization::of(images).expect("in memory")
    }

    fn stream(images: &Arc<ImageSet>, batch_size: usize, seed: u64) -> impl Iterator<Item = Batch> {
        let rng = SeedStream::new(seed).rng("batches", 0);
        let batches = TrainBatches::new(images.clone(), normalization(images), AugmentConfig::none(), batch_size, rng);
        batches.map(|batch| batch.expect("in memory"))
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
    fn a_consumer_that_is_slower_than_the_stream_hardly_waits() {
        let images = set(10);
        let rng = SeedStream::new(7).rng("batches", 0);
        let mut batches = TrainBatches::new(images.clone(), normalization(&images), AugmentConfig::none(), 3, rng);
        assert_eq!(batches.waited(), Duration::ZERO);
        let began = Instant::now();
        for _ in 0..20 {
            assert!(batches.next().is_some());
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(batches.waited() > Duration::ZERO && batches.waited() < began.elapsed() / 2, "{:?}", batches.waited());
    }

    #[test]
    fn measurements_see_images_in_order_with_the_last_partial_batch() {
        let images = set(7);
        let batches: Vec<Batch> =
            evaluation_batches(&images, None, &normalization(&images), 3).map(|batch| batch.expect("in memory")).collect();
        assert_eq!(batches.iter().map(|batch| batch.labels.len()).collect::<Vec<_>>(), [3, 3, 1]);
        assert_eq!(batches.into_iter().flat_map(|batch| batch.labels).collect::<Vec<_>>(), (0..7).collect::<Vec<_>>());
        let some = evaluation_batches(&images, Some(&[5, 1]), &normalization(&images), 3);
        assert_eq!(some.flat_map(|batch| batch.expect("in memory").labels).collect::<Vec<_>>(), [5, 1]);
    }

    #[test]
    fn a_batch_splits_into_whole_images() {
        let images = set(5);
        let rng = SeedStream::new(1).rng("batches", 0);
        let augment = AugmentConfig { mixup: 1.0, ..AugmentConfig::none() };
        let mut stream = TrainBatches::new(images.clone(), normalization(&images), augment, 5, rng);
        let batch = stream.next().expect("endless").expect("in memory");
        let mixed = batch.mixed.clone().expect("mixup");
        let parts: Vec<Batch> = batch.split(2).collect();
        assert_eq!(parts.iter().map(|part| part.labels.len()).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(parts.iter().flat_map(|part| part.pixels.clone()).collect::<Vec<_>>(), batch.pixels);
        assert_eq!(parts.iter().flat_map(|part| part.mixed.clone().expect("mixed").labels).collect::<Vec<_>>(), mixed.labels);
        assert!(parts.iter().all(|part| part.mixed.as_ref().is_some_and(|part| part.share == mixed.share)));
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
        drop(evaluation_batches(&images, Some(&[1, 3]), &normalization(&images), 2));
    }

    #[test]
    fn the_stream_of_a_seed_is_the_same_in_every_version() {
        let pixels = (0..2 * 3 * 64).map(|place| (place * 37 % 256) as u8).collect();
        let shape = ImageShape { channels: 3, height: 8, width: 8 };
        let images = ImageSet::new(pixels, shape, vec![0, 1], vec!["a".into(), "b".into()]).expect("valid");
        let normalization = Normalization { mean: vec![0.5; 3], stddev: vec![0.25; 3] };
        let augment = AugmentConfig { cutout: 3, ..AugmentConfig::default() };
        let rng = SeedStream::new(5).rng("batches", 0);
        let batches = TrainBatches::new(Arc::new(images), normalization, augment, 2, rng).take(4);
        let (mut labels, mut bytes) = (Vec::new(), Vec::new());
        for batch in batches.map(|batch| batch.expect("in memory")) {
            labels.extend(batch.labels);
            bytes.extend(batch.pixels.iter().flat_map(|value| value.to_le_bytes()));
        }
        assert_eq!(labels, [1, 0, 1, 0, 1, 0, 0, 1]);
        assert_eq!(crate::digest::sha256(&bytes), "4c597f3287e2cbecfba534cdc8b7e21eabc1e3ebaa7ec725692b101c7498f7e2");
    }

    #[test]
    fn a_set_smaller_than_a_batch_is_one_batch() {
        assert_eq!(stream(&set(3), 8, 0).next().map(|batch| batch.labels.len()), Some(3));
    }
}
