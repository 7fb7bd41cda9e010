use super::*;
use crate::{ColorJitter, DataConfig, DataSource, RandAugment, RandomResizedCrop, SearchData};
use bonas_core::SeedStream;
use std::path::{Path, PathBuf};

const CLASSES: [&str; 2] = ["cat", "dog"];

/// A folder of two classes with so many pictures each, no two alike, and of several sizes.
fn pictures(count: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    for (class, name) in CLASSES.iter().enumerate() {
        std::fs::create_dir_all(folder.path().join(name)).expect("class folder");
        for index in 0..count {
            let color =
                |x: u32, y: u32| image::Rgb([(x * 9 + index) as u8, (y * 7) as u8, (120 * class as u32 + x + 5 * index) as u8]);
            let picture = image::RgbImage::from_fn(20 + index % 5, 16 + index % 3, color);
            picture.save(folder.path().join(name).join(format!("{index:03}.png"))).expect("written");
        }
    }
    folder
}

fn config(folder: &Path) -> DataConfig {
    DataConfig { path: Some(folder.to_path_buf()), resize: Some(8), shorter_side: Some(10), ..DataConfig::default() }
}

fn on_disk(folder: &Path) -> SearchData {
    let data = DataSource::open(&DataConfig { memory_mib: 0, ..config(folder) }, 3).expect("pictures");
    assert!(data.train.is_on_disk() && data.validation.is_on_disk());
    data
}

fn full() -> AugmentConfig {
    AugmentConfig {
        random_resized_crop: Some(RandomResizedCrop::default()),
        rand_augment: Some(RandAugment::default()),
        color_jitter: Some(ColorJitter::default()),
        mixup: 0.2,
        ..AugmentConfig::default()
    }
}

fn train(data: &SearchData, augment: &AugmentConfig, seed: u64) -> TrainBatches {
    let rng = SeedStream::new(seed).rng("batches", 0);
    TrainBatches::new(data.train.clone(), data.normalization.clone(), augment.clone(), 4, rng)
}

fn take(batches: impl Iterator<Item = BatchResult>, count: usize) -> Vec<Batch> {
    batches.take(count).map(|batch| batch.expect("whole pictures")).collect()
}

/// The files of the training pictures.
fn files(folder: &Path) -> Vec<PathBuf> {
    let classes = CLASSES.iter().flat_map(|class| std::fs::read_dir(folder.join(class)).expect("class folder"));
    classes.map(|entry| entry.expect("entry").path()).collect()
}

#[test]
fn images_on_the_disk_give_the_batches_of_images_in_memory() {
    let folder = pictures(30);
    let (memory, disk) = (DataSource::open(&config(folder.path()), 3).expect("pictures"), on_disk(folder.path()));
    assert!(!memory.train.is_on_disk());
    assert_eq!(memory.normalization, disk.normalization);
    let augment = AugmentConfig { cutout: 3, ..AugmentConfig::default() };
    assert_eq!(take(train(&memory, &augment, 1), 30), take(train(&disk, &augment, 1), 30));
    let validation = |data: &SearchData| take(evaluation_batches(&data.validation, None, &data.normalization, 3), 9);
    assert_eq!(validation(&memory), validation(&disk));
}

#[test]
fn a_folder_stays_on_the_disk_if_it_is_too_large_or_needed_in_its_own_size() {
    let folder = pictures(30);
    let open = |augment| DataSource::open_to_train(&config(folder.path()), &augment, 3).expect("pictures").train.is_on_disk();
    assert!(!open(AugmentConfig { random_resized_crop: None, ..full() }));
    assert!(open(full()));
    let large = DataConfig { resize: Some(400), shorter_side: None, memory_mib: 20, ..config(folder.path()) };
    let at = |memory_mib| DataSource::open(&DataConfig { memory_mib, ..large.clone() }, 3).expect("pictures").train.is_on_disk();
    // 48 of the 60 pictures are no test images: 48 · 3 · 400 · 400 bytes are 21.97 MiB.
    assert!(at(21) && !at(22));
}

#[test]
fn batches_follow_from_the_seed_however_many_threads_decode() {
    let folder = pictures(12);
    let (data, augment) = (on_disk(folder.path()), full());
    let (first, places) = (take(train(&data, &augment, 1), 6), [7, 0, 3, 11, 5]);
    assert_eq!(first, take(train(&data, &augment, 1), 6));
    assert_ne!(first, take(train(&data, &augment, 2), 6));
    let rng = &mut SeedStream::new(1).rng("changes", 0);
    let changes: Vec<Change> = places.iter().map(|_| augment.draw(data.train.shape(), rng)).collect();
    let with = |threads: Option<usize>| {
        let pool = threads.map(|threads| ThreadPoolBuilder::new().num_threads(threads).build().expect("threads"));
        assemble(&data.train, &places, &data.normalization, &augment, &changes, pool.as_ref()).expect("whole pictures")
    };
    let alone = with(None);
    for threads in [1, 2, 5] {
        assert_eq!(with(Some(threads)), alone);
    }
}

#[test]
fn a_random_window_is_another_in_every_pass_and_measurements_see_the_center() {
    let folder = pictures(12);
    let data = on_disk(folder.path());
    let image_of_class = |batches: Vec<Batch>| batches.into_iter().map(|batch| batch.pixels).collect::<Vec<_>>();
    let crop = AugmentConfig { random_resized_crop: Some(RandomResizedCrop::default()), ..AugmentConfig::none() };
    let passes = image_of_class(take(train(&data, &crop, 1), 8));
    assert!(passes.iter().enumerate().all(|(place, batch)| passes[..place].iter().all(|other| other != batch)));
    // The whole picture of one color is that color in every window.
    let plain = tempfile::tempdir().expect("folder");
    for class in CLASSES {
        std::fs::create_dir_all(plain.path().join(class)).expect("class folder");
        for index in 0..10 {
            let path = plain.path().join(class).join(format!("{index}.png"));
            image::RgbImage::from_pixel(31, 17, image::Rgb([50, 100, 150])).save(path).expect("written");
        }
    }
    let data = on_disk(plain.path());
    for batch in
        take(train(&data, &crop, 1), 3).iter().chain(&take(evaluation_batches(&data.train, None, &data.normalization, 4), 3))
    {
        assert!(batch.pixels.iter().all(|&value| value == 0.0), "nothing but the mean");
    }
}

#[test]
fn images_in_memory_can_be_cropped_and_jittered_too() {
    let shape = ImageShape { channels: 1, height: 6, width: 6 };
    let images = ImageSet::new((0..72).collect(), shape, vec![0, 1], vec!["a".into(), "b".into()]).expect("valid");
    let images = Arc::new(images);
    let normalization = Normalization::of(&images).expect("in memory");
    let rng = SeedStream::new(1).rng("batches", 0);
    let batches = take(TrainBatches::new(images, normalization, full(), 2, rng), 3);
    assert!(batches.iter().all(|batch| batch.pixels.len() == 72 && batch.pixels.iter().any(|&value| value != batch.pixels[0])));
    assert_ne!(batches[0].pixels, batches[1].pixels);
}

#[test]
fn no_more_than_a_few_batches_are_decoded_ahead() {
    let folder = pictures(60);
    let data = on_disk(folder.path());
    for mut batches in [
        Box::new(train(&data, &full(), 1)) as Box<dyn Iterator<Item = BatchResult>>,
        Box::new(evaluation_batches(&data.train, None, &data.normalization, 4)),
    ] {
        assert!(batches.next().is_some_and(|batch| batch.is_ok()));
        std::thread::sleep(std::time::Duration::from_millis(300));
        let hidden = folder.path().join("hidden");
        std::fs::create_dir_all(&hidden).expect("folder");
        for class in CLASSES {
            std::fs::rename(folder.path().join(class), hidden.join(class)).expect("moved");
        }
        let rest: Vec<BatchResult> = batches.collect();
        let decoded = rest.iter().filter(|batch| batch.is_ok()).count();
        assert!((1..=PREFETCHED + 1).contains(&decoded), "{decoded} batches were decoded while nobody took any");
        assert_eq!(rest.len(), decoded + 1, "the error ends the stream");
        for class in CLASSES {
            std::fs::rename(hidden.join(class), folder.path().join(class)).expect("moved back");
        }
    }
}

#[test]
fn a_damaged_picture_ends_training_and_measurement_with_its_name() {
    let folder = pictures(12);
    let data = on_disk(folder.path());
    for path in files(folder.path()) {
        let bytes = std::fs::read(&path).expect("read");
        std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("cut");
    }
    let training = train(&data, &full(), 1).next().expect("an item").expect_err("damaged").to_string();
    let measured = evaluation_batches(&data.validation, None, &data.normalization, 3).next().expect("an item");
    let measured = measured.expect_err("damaged").to_string();
    for error in [training, measured] {
        assert!(error.starts_with("cannot decode the image") && error.contains(".png; repair or remove it"), "{error}");
    }
    let error = DataSource::open(&DataConfig { memory_mib: 0, ..config(folder.path()) }, 3).expect_err("damaged").to_string();
    assert!(error.starts_with("cannot decode the image"), "{error}");
}

#[test]
fn empty_pictures_and_other_sizes_are_found_before_the_training() {
    let folder = pictures(12);
    let open = |resize: Option<u32>| {
        let config = DataConfig { memory_mib: 0, resize, shorter_side: None, test_fraction: 0.1, ..config(folder.path()) };
        DataSource::open(&config, 3)
            .and_then(|data| DataSource::check_test(&config, 3, &data.train))
            .expect_err("damaged")
            .to_string()
    };
    let sizes = open(None);
    assert!(sizes.contains("pixels, but the first image is") && sizes.contains("data.resize"), "{sizes}");
    let path = folder.path().join("dog/003.png");
    std::fs::write(&path, "").expect("emptied");
    let empty = open(Some(8));
    assert_eq!(empty, format!("cannot decode the image {}; repair or remove it", path.display()));
}
