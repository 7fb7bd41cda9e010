use super::*;
use std::path::PathBuf;

fn config(path: impl Into<PathBuf>) -> DataConfig {
    DataConfig { path: Some(path.into()), ..DataConfig::default() }
}

fn write_pictures(folder: &Path, class: &str, count: usize) {
    std::fs::create_dir_all(folder.join(class)).expect("folder");
    for index in 0..count {
        let color = image::Rgb([index as u8, 7, 9]);
        image::RgbImage::from_pixel(2, 2, color).save(folder.join(class).join(format!("{index:03}.png"))).expect("written");
    }
}

fn byte(set: &ImageSet, index: usize) -> u8 {
    set.image(index).expect("in memory")[0]
}

fn cifar(path: &Path, records: usize) {
    let bytes: Vec<u8> = (0..records).flat_map(|index| std::iter::once((index % 10) as u8).chain([index as u8; 3072])).collect();
    std::fs::write(path, bytes).expect("written");
}

#[test]
fn the_embedded_set_is_balanced_and_split_ten_to_two() {
    let data = DataSource::open(&DataConfig::default(), 1).expect("embedded");
    assert_eq!((data.name.as_str(), data.train.len(), data.validation.len()), ("fashion-mnist-14k", 10_000, 2_000));
    assert!(data.train.by_class().iter().all(|class| class.len() == 1_000));
    assert_eq!(data.train.class_names()[9], "Ankle boot");
    let test = DataSource::open_test(&DataConfig::default(), 1).expect("embedded");
    assert!(test.images.by_class().iter().all(|class| class.len() == 200));
    test.check_fits(&data.train).expect("one data set");
    let named = DataSource::open(&config("fashion-mnist-14k"), 1).expect("by its name");
    assert_eq!((named.digest, named.name), (data.digest, data.name));
}

#[test]
fn the_split_follows_from_the_seed_and_the_digest_does_not() {
    let limited = DataConfig { limit_per_class: Some(30), ..DataConfig::default() };
    let open = |seed| DataSource::open(&limited, seed).expect("embedded");
    assert_eq!(open(1).train.pixels(), open(1).train.pixels());
    assert_ne!(open(1).train.pixels(), open(2).train.pixels());
    assert_eq!(open(1).digest, open(2).digest);
    assert_ne!(
        open(1).digest,
        DataSource::open(&DataConfig { limit_per_class: Some(29), ..limited.clone() }, 1).expect("less").digest
    );
}

#[test]
fn the_search_never_opens_test_files() {
    let folder = tempfile::tempdir().expect("folder");
    cifar(&folder.path().join("my_train.bin"), 60);
    std::fs::write(folder.path().join("my_test.bin"), "no record").expect("written");
    std::fs::write(folder.path().join("others.pack"), "ignored").expect("written");
    let config = config(folder.path());
    assert_eq!(DataSource::open(&config, 0).expect("training images").train.len(), 50);
    let error = DataSource::open_test(&config, 0).expect_err("damaged").to_string();
    assert!(error.contains("my_test.bin is damaged"), "{error}");
    std::fs::remove_file(folder.path().join("my_test.bin")).expect("removed");
    assert_eq!(DataSource::open(&config, 0).expect("training images").train.len(), 50);
    assert!(DataSource::open_test(&config, 0).expect_err("missing").to_string().contains("has no test images"));
}

#[test]
fn a_single_file_is_trained_on_and_tested_by_another() {
    let folder = tempfile::tempdir().expect("folder");
    let (train, test) = (folder.path().join("train.bin"), folder.path().join("held_out.bin"));
    cifar(&train, 60);
    cifar(&test, 20);
    let error = DataSource::open_test(&config(&train), 0).expect_err("no test").to_string();
    assert!(error.contains("has no test images") && error.contains("data.test_path"), "{error}");
    let both = DataConfig { test_path: Some(test), ..config(&train) };
    assert_eq!(DataSource::open_test(&both, 0).expect("named").images.len(), 20);
}

#[test]
fn an_image_folder_without_a_test_part_gives_one_that_training_never_sees() {
    let folder = tempfile::tempdir().expect("folder");
    write_pictures(folder.path(), "cat", 30);
    write_pictures(folder.path(), "dog", 20);
    let data = DataSource::open(&config(folder.path()), 5).expect("folder");
    let test = DataSource::open_test(&config(folder.path()), 5).expect("cut");
    assert_eq!((data.train.len(), data.validation.len(), test.images.len()), (33, 7, 10));
    let images = |set: &ImageSet| (0..set.len()).map(|index| (set.labels()[index], byte(set, index))).collect::<Vec<_>>();
    let mut all = [images(&data.train), images(&data.validation), images(&test.images)].concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 50, "no image is in two parts");
}

#[test]
fn an_image_folder_with_a_test_part_keeps_it() {
    let folder = tempfile::tempdir().expect("folder");
    for class in ["cat", "dog"] {
        write_pictures(&folder.path().join("train"), class, 12);
        write_pictures(&folder.path().join("test"), class, 3);
    }
    let data = DataSource::open(&config(folder.path()), 5).expect("folder");
    assert_eq!((data.train.len(), data.validation.len()), (20, 4));
    let test = DataSource::open_test(&config(folder.path()), 5).expect("there");
    assert_eq!(test.images.len(), 6);
    test.check_fits(&data.train).expect("same classes");
    std::fs::rename(folder.path().join("test/dog"), folder.path().join("test/fox")).expect("renamed");
    let other = DataSource::open_test(&config(folder.path()), 5).expect("there").check_fits(&data.train);
    let error = other.expect_err("a fox").to_string();
    let fox = folder.path().join("test/fox");
    assert!(error.starts_with(&format!("class 'fox' of the test images in {} has no training images", fox.display())), "{error}");
    assert!(error.contains("those are of cat, dog"), "{error}");
    std::fs::remove_dir_all(fox).expect("removed");
    let other = DataSource::open_test(&config(folder.path()), 5).expect("there").check_fits(&data.train);
    assert!(other.expect_err("no dog").to_string().starts_with("the test images (3×2×2, 1 classes: cat) do not fit"));
}

#[test]
fn which_cifar_files_are_meant_must_be_plain() {
    let folder = tempfile::tempdir().expect("folder");
    let open = || DataSource::open(&config(folder.path()), 0).map(|data| data.train.len() + data.validation.len());
    for batch in 1..=2 {
        cifar(&folder.path().join(format!("data_batch_{batch}.bin")), 60);
    }
    std::fs::create_dir(folder.path().join("notes")).expect("folder");
    assert_eq!(open().expect("two batches beside a folder without pictures"), 120);
    cifar(&folder.path().join("small_train.bin"), 60);
    let error = open().expect_err("which?").to_string();
    assert!(error.contains("holds both data_batch_*.bin and *train*.bin"), "{error}");
    cifar(&folder.path().join("latest_train.bin"), 60);
    let error = open().expect_err("which?").to_string();
    assert!(error.contains("latest_train.bin holds both 'train' and 'test' in its name; name the file"), "{error}");
}

#[test]
fn plain_and_gzipped_idx_files_are_found_by_their_names() {
    let folder = tempfile::tempdir().expect("folder");
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/fashion-mnist-14k");
    let copy = |name: &str| std::fs::copy(built_in.join(name), folder.path().join(name)).expect("copied");
    copy("train-images-idx3-ubyte.gz");
    let mut labels = Vec::new();
    let packed = std::fs::read(built_in.join("train-labels-idx1-ubyte.gz")).expect("read");
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed[..]), &mut labels).expect("unpacked");
    std::fs::write(folder.path().join("train-labels-idx1-ubyte"), labels).expect("written");
    let data = DataSource::open(&config(folder.path()), 1).expect("IDX");
    let default = DataSource::open(&DataConfig::default(), 1).expect("embedded");
    assert_eq!((data.train.pixels(), data.train.labels()), (default.train.pixels(), default.train.labels()));
    let error = DataSource::open_test(&config(folder.path()), 1).expect_err("not copied").to_string();
    assert!(error.contains("t10k-images-idx3-ubyte"), "{error}");
}

#[test]
fn what_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().expect("folder");
    let open = |path: &Path| DataSource::open(&config(path), 0).expect_err("wrong").to_string();
    assert!(open(&folder.path().join("missing")).starts_with("cannot read"));
    assert!(open(folder.path()).contains("no images found"));
    std::fs::create_dir(folder.path().join("empty")).expect("folder");
    write_pictures(folder.path(), "cat", 12);
    assert!(open(folder.path()).contains("class 'empty' has no training image in"));
    cifar(&folder.path().join("train.bin"), 20);
    assert!(open(folder.path()).contains("holds both CIFAR binaries and folders of images"));
    let idx = tempfile::tempdir().expect("folder");
    std::fs::write(idx.path().join("train-images-idx3-ubyte"), [0; 3]).expect("written");
    assert!(open(idx.path()).contains("train-labels-idx1-ubyte"));
}

#[test]
fn a_validation_part_that_would_be_empty_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    cifar(&folder.path().join("train.bin"), 20);
    let error = DataSource::open(&config(folder.path()), 0).expect_err("two images a class").to_string();
    assert!(error.contains("validation part would have no image of class 'airplane'"), "{error}");
}

#[test]
fn a_manifest_knows_its_files() {
    let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let data = DataSource::open(&config(datasets.join("fashion-mnist-14k.toml")), 1).expect("manifest");
    assert_eq!(data.digest, DataSource::open(&DataConfig::default(), 1).expect("embedded").digest);

    let folder = tempfile::tempdir().expect("folder");
    let text = std::fs::read_to_string(datasets.join("fashion-mnist-14k.toml")).expect("read");
    let manifest = folder.path().join("fashion.toml");
    std::fs::create_dir(folder.path().join("fashion-mnist-14k")).expect("folder");
    let labels = folder.path().join("fashion-mnist-14k/train-images-idx3-ubyte.gz");
    let mut bytes = std::fs::read(datasets.join("fashion-mnist-14k/train-images-idx3-ubyte.gz")).expect("read");
    bytes[5_000] ^= 1;
    std::fs::write(&labels, &bytes).expect("written");
    std::fs::write(&manifest, &text).expect("written");
    let error = DataSource::open(&config(&manifest), 1).expect_err("a flipped bit").to_string();
    assert!(error.contains("its SHA-256 is") && error.contains("Download it again"), "{error}");
    std::fs::write(&manifest, format!("colour = 1\n{text}")).expect("written");
    let error = DataSource::open(&config(&manifest), 1).expect_err("unknown key").to_string();
    assert!(error.contains("line 1") && error.contains("unknown field `colour`"), "{error}");
}

#[test]
#[allow(clippy::print_stderr)]
fn the_shared_part_of_cifar_10_is_read() {
    let Some(shared) = std::env::var_os("BONAS_SHARED_DATA") else {
        eprintln!("skipped: BONAS_SHARED_DATA is not set");
        return;
    };
    let data = DataSource::open(&config(Path::new(&shared).join("cifar-10")), 1).expect("CIFAR-10");
    assert_eq!((data.train.len(), data.validation.len(), data.train.classes()), (8_330, 1_670, 10));
    assert!(data.train.by_class().iter().all(|class| class.len() == 833));
    for (mean, known) in data.normalization.mean.iter().zip([0.4913, 0.4821, 0.4465]) {
        assert!((mean - known).abs() < 0.01, "{mean} {known}");
    }
    let test = DataSource::open_test(&config(Path::new(&shared).join("cifar-10")), 1).expect("test");
    assert_eq!(test.images.len(), 2_000);
    assert!(test.images.by_class().iter().all(|class| class.len() == 200));
}

/// Writes `a.pack` and its index with ten training and three test pictures of each of two classes.
fn write_pack(folder: &Path) -> (Vec<u8>, String) {
    let (mut pack, mut index) = (Vec::new(), "split,label,file,offset,length\n".to_string());
    for place in 0..26u8 {
        let mut picture = std::io::Cursor::new(Vec::new());
        image::RgbImage::from_pixel(2, 2, image::Rgb([place; 3]))
            .write_to(&mut picture, image::ImageFormat::Png)
            .expect("written");
        let split = if place < 20 { "train" } else { "test" };
        index += &format!("{split},{},{place},{},{}\n", place % 2, pack.len(), picture.get_ref().len());
        pack.extend(picture.into_inner());
    }
    std::fs::write(folder.join("a.pack"), &pack).expect("written");
    std::fs::write(folder.join("a_index.csv"), &index).expect("written");
    (pack, index)
}

#[test]
fn a_pack_is_read_with_the_index_beside_it() {
    let folder = tempfile::tempdir().expect("folder");
    write_pack(folder.path());
    let config = config(folder.path().join("a.pack"));
    let data = DataSource::open(&config, 1).expect("pack");
    assert_eq!((data.name.as_str(), data.train.len(), data.validation.len()), ("a", 16, 4));
    let test = DataSource::open_test(&config, 1).expect("pack");
    assert_eq!(test.images.len(), 6);
    test.check_fits(&data.train).expect("one pack");
    std::fs::remove_file(folder.path().join("a_index.csv")).expect("removed");
    let error = DataSource::open(&config, 1).expect_err("no index").to_string();
    assert!(error.starts_with("cannot read") && error.contains("a_index.csv"), "{error}");
}

#[test]
fn a_pack_is_checked_against_its_manifest() {
    let folder = tempfile::tempdir().expect("folder");
    let (mut pack, index) = write_pack(folder.path());
    let file = |name: &str, bytes: &[u8]| {
        format!("path = '{name}'\nbytes = {}\nsha256 = '{}'\n", bytes.len(), crate::digest::sha256(bytes))
    };
    let text = format!(
        "name = 'a'\ndescription = 'b'\norigin = 'c'\nlicence = 'd'\nclasses = ['cat', 'dog']\n[pack]\n{}[index]\n{}",
        file("a.pack", &pack),
        file("a_index.csv", index.as_bytes())
    );
    std::fs::write(folder.path().join("pets.toml"), &text).expect("written");
    let open = || DataSource::open(&config(folder.path().join("pets.toml")), 1);
    assert_eq!(open().expect("described").train.class_names(), ["cat", "dog"]);
    std::fs::write(folder.path().join("a_index.csv"), index.replacen("train,0", "train,1", 1)).expect("written");
    let error = open().expect_err("another label").to_string();
    assert!(error.contains("a_index.csv is not the file that its manifest describes: its SHA-256 is"), "{error}");
    std::fs::write(folder.path().join("a_index.csv"), &index).expect("written");
    pack.pop();
    std::fs::write(folder.path().join("a.pack"), &pack).expect("written");
    let error = open().expect_err("cut").to_string();
    assert!(error.contains("a.pack is not the file that its manifest describes: its size is"), "{error}");
    std::fs::write(folder.path().join("pets.toml"), text.replace("[pack]", "colour = 1\n[pack]")).expect("written");
    assert!(open().expect_err("unknown key").to_string().contains("unknown field `colour`"));
}

#[test]
fn a_file_with_the_name_of_a_known_pack_must_be_that_pack() {
    let folder = tempfile::tempdir().expect("folder");
    write_pack(folder.path());
    let path = folder.path().join("cifar10_all_jpeg.pack");
    std::fs::rename(folder.path().join("a.pack"), &path).expect("renamed");
    std::fs::rename(folder.path().join("a_index.csv"), folder.path().join("cifar10_all_jpeg_index.csv")).expect("renamed");
    let error = DataSource::open(&config(path), 1).expect_err("another pack").to_string();
    assert!(error.contains("the manifest says 55250913 bytes. Download it again"), "{error}");
}

#[test]
#[allow(clippy::print_stderr)]
fn the_shared_pack_of_cifar_10_is_read_whole() {
    let Some(shared) = std::env::var_os("BONAS_SHARED_DATA") else {
        eprintln!("skipped: BONAS_SHARED_DATA is not set");
        return;
    };
    let config = config(Path::new(&shared).join("cifar-10/cifar10_all_jpeg.pack"));
    let config = DataConfig { validation_fraction: 0.1, ..config };
    let data = DataSource::open(&config, 1).expect("CIFAR-10");
    assert_eq!((data.train.len(), data.validation.len(), data.train.class_names()[9].as_str()), (45_000, 5_000, "truck"));
    assert!(data.validation.by_class().iter().all(|class| class.len() == 500));
    for (mean, known) in data.normalization.mean.iter().zip([0.4913, 0.4821, 0.4465]) {
        assert!((mean - known).abs() < 0.002, "{mean} {known}");
    }
    let test = DataSource::open_test(&config, 1).expect("test");
    test.check_fits(&data.train).expect("one data set");
    assert!(test.images.by_class().iter().all(|class| class.len() == 1_000));
    // The decoded parts beside the pack come from the same files, decoded by others.
    let part = DataSource::open_test(
        &DataConfig { path: config.path.as_deref().and_then(Path::parent).map(Path::to_path_buf), ..config.clone() },
        1,
    );
    let part = part.expect("binaries").images;
    let first = part.image(0).expect("in memory");
    let near = |image: &[u8], other: &[u8]| image.iter().zip(other).all(|(a, b)| a.abs_diff(*b) <= 3);
    let places = &test.images.by_class()[part.labels()[0] as usize];
    assert!(places.iter().any(|&place| near(&test.images.image(place).expect("in memory"), &first)));
}
