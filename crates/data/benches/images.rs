//! Images per second from JPEG files to augmented batches: `cargo bench -p bonas-data`. All cores decode; the times hold for a machine that
//! does nothing else.
#![allow(missing_docs)]

use bonas_core::SeedStream;
use bonas_data::{
    AugmentConfig, ColorJitter, DataConfig, DataSource, RandAugment, RandomResizedCrop, SearchData, TrainBatches,
    evaluation_batches,
};
use divan::Bencher;
use divan::counter::ItemsCount;
use std::path::Path;

const CLASSES: usize = 10;
const BATCH_SIZE: usize = 96;

fn main() {
    divan::main();
}

/// A folder of JPEG files as rich in detail as photographs.
fn pictures(per_class: usize, width: u32, height: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    for place in 0..CLASSES * per_class {
        let class = folder.path().join((place % CLASSES).to_string());
        std::fs::create_dir_all(&class).expect("class folder");
        let wave = |x: u32, y: u32, channel: u32| {
            let phase = (x * (3 + channel) + y * (5 + place as u32 % 7)) as f32 / 17.0;
            let grain = (x * 31 + y * 17 + channel * 7 + place as u32).wrapping_mul(2_654_435_761) >> 27;
            (110.0 + 90.0 * phase.sin() + grain as f32) as u8
        };
        let picture = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([0, 1, 2].map(|channel| wave(x, y, channel))));
        picture.save(class.join(format!("{place:05}.jpg"))).expect("written");
    }
    folder
}

fn open(folder: &Path, memory_mib: u64, resize: Option<u32>) -> SearchData {
    let shorter_side = resize.map(|side| side + side / 7);
    let config = DataConfig { path: Some(folder.to_path_buf()), memory_mib, resize, shorter_side, ..DataConfig::default() };
    DataSource::open(&config, 1).expect("pictures")
}

/// Takes batches from a stream that runs on from sample to sample, so that what it makes ahead counts once.
fn train(bencher: Bencher<'_, '_>, data: &SearchData, augment: &AugmentConfig, batches: usize) {
    let rng = SeedStream::new(1).rng("batches", 0);
    let mut stream = TrainBatches::new(data.train.clone(), data.normalization.clone(), augment.clone(), BATCH_SIZE, rng);
    let mut take = move || stream.by_ref().take(batches).map(|batch| batch.expect("whole pictures").labels.len()).sum::<usize>();
    take();
    bencher.counter(ItemsCount::new(batches * BATCH_SIZE)).bench_local(take);
}

fn darts() -> AugmentConfig {
    AugmentConfig { crop_padding: 4, cutout: 16, ..AugmentConfig::default() }
}

#[divan::bench(sample_count = 5)]
fn cifar_size_in_memory(bencher: Bencher<'_, '_>) {
    let folder = pictures(100, 32, 32);
    train(bencher, &open(folder.path(), 100, None), &darts(), 50);
}

#[divan::bench(sample_count = 5)]
fn cifar_size_in_memory_with_rand_augment_and_mixup(bencher: Bencher<'_, '_>) {
    let folder = pictures(100, 32, 32);
    let augment = AugmentConfig { rand_augment: Some(RandAugment::default()), mixup: 0.2, ..darts() };
    train(bencher, &open(folder.path(), 100, None), &augment, 50);
}

#[divan::bench(sample_count = 5)]
fn cifar_size_from_jpeg_files(bencher: Bencher<'_, '_>) {
    let folder = pictures(100, 32, 32);
    train(bencher, &open(folder.path(), 0, None), &darts(), 50);
}

#[divan::bench(sample_count = 3)]
fn imagenet_size_cropped_and_jittered(bencher: Bencher<'_, '_>) {
    let folder = pictures(20, 500, 375);
    let augment = AugmentConfig {
        random_resized_crop: Some(RandomResizedCrop::default()),
        color_jitter: Some(ColorJitter::default()),
        flip: true,
        ..AugmentConfig::none()
    };
    train(bencher, &open(folder.path(), 0, Some(224)), &augment, 4);
}

#[divan::bench(sample_count = 3)]
fn imagenet_size_measured(bencher: Bencher<'_, '_>) {
    let folder = pictures(20, 500, 375);
    let data = open(folder.path(), 0, Some(224));
    bencher.counter(ItemsCount::new(data.train.len())).bench(|| {
        let batches = evaluation_batches(&data.train, None, &data.normalization, BATCH_SIZE);
        batches.map(|batch| batch.expect("whole pictures").labels.len()).sum::<usize>()
    });
}
