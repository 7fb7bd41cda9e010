//! Makes the embedded part of Fashion-MNIST from the full data set, byte for byte as in `datasets/fashion-mnist-14k/`.
//!
//! cargo run --release -p bonas-data --example make_fashion_part -- /usr/share/datasets/fashion-mnist datasets/fashion-mnist-14k
//!
//! The rule: of each class, the first 1,200 training and the first 200 test images, in the order of the original files.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::error::Error;
use std::fs;
use std::io::{Read, Write};
use std::path::Path;

const PIXELS: usize = 28 * 28;
const CLASSES: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source, target] = &arguments[..] else {
        return Err("give the folder of the full data set and the folder to write".into());
    };
    fs::create_dir_all(target)?;
    for (prefix, per_class) in [("train", 1_200), ("t10k", 200)] {
        part(Path::new(source), Path::new(target), prefix, per_class)?;
    }
    Ok(())
}

fn part(source: &Path, target: &Path, prefix: &str, per_class: usize) -> Result<(), Box<dyn Error>> {
    let (images_name, labels_name) = (format!("{prefix}-images-idx3-ubyte.gz"), format!("{prefix}-labels-idx1-ubyte.gz"));
    let images = decompress(&source.join(&images_name))?;
    let labels = decompress(&source.join(&labels_name))?;
    let (mut kept_images, mut kept_labels) = (Vec::new(), Vec::new());
    let mut counts = [0; CLASSES];
    for (image, &label) in images[16..].chunks_exact(PIXELS).zip(&labels[8..]) {
        let count = &mut counts[usize::from(label)];
        if *count < per_class {
            *count += 1;
            kept_images.extend_from_slice(image);
            kept_labels.push(label);
        }
    }
    let count = u32::try_from(kept_labels.len())?;
    let header = |words: &[u32]| words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    compress(&target.join(images_name), &[header(&[0x0803, count, 28, 28]), kept_images].concat())?;
    compress(&target.join(labels_name), &[header(&[0x0801, count]), kept_labels].concat())
}

fn decompress(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = Vec::new();
    GzDecoder::new(fs::File::open(path)?).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn compress(path: &Path, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let mut encoder = GzEncoder::new(fs::File::create(path)?, Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()?;
    Ok(())
}
