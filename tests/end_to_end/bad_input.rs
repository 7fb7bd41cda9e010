//! Whatever people give to the program, the answer is one paragraph with the file, the place and the remedy.

mod configuration;
mod genotypes;
mod images;
mod runs;
mod settings;

use std::path::{Path, PathBuf};

/// Writes a file, and its folders, below `folder`.
fn file(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
    std::fs::write(&path, bytes).expect("written");
    path
}

/// A record of a CIFAR-10 binary.
fn cifar(label: u8, pixel: u8) -> Vec<u8> {
    [&[label][..], &[pixel; 3072]].concat()
}
