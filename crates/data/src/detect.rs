use crate::DataError;
use crate::formats::has_pictures;
use std::path::{Path, PathBuf};

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A manifest file.
    Manifest(PathBuf),
    /// A folder of IDX files.
    Idx(PathBuf),
    /// CIFAR binaries; no test files is possible.
    Cifar {
        /// Training files, in the order of their names.
        train: Vec<PathBuf>,
        /// Test files.
        test: Vec<PathBuf>,
    },
    /// A pack of pictures, with its index beside it.
    Pack(PathBuf),
    /// Folders of pictures.
    Images {
        /// The folder of the training classes.
        train: PathBuf,
        /// The folder of the test classes; without it, a part of the training images is kept for the test.
        test: Option<PathBuf>,
    },
}

/// The names that the MNIST family uses.
pub(crate) const IDX_TRAIN: [&str; 2] = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte"];
pub(crate) const IDX_TEST: [&str; 2] = ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

/// Finds out what lies at a path, without opening a data file.
pub(crate) fn detect(path: &Path) -> Result<Layout, DataError> {
    let unreadable = |source| DataError::Unreadable { path: path.to_path_buf(), source };
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    let has_extension = |wanted: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted));
    if metadata.is_file() {
        return match () {
            () if has_extension("toml") => Ok(Layout::Manifest(path.to_path_buf())),
            () if has_extension("bin") => Ok(Layout::Cifar { train: vec![path.to_path_buf()], test: Vec::new() }),
            () if has_extension("pack") => Ok(Layout::Pack(path.to_path_buf())),
            () => Err(DataError::NothingFound(path.to_path_buf())),
        };
    }
    let candidates = [("IDX files", idx(path)), ("CIFAR binaries", cifar(path)?), ("folders of images", images(path)?)];
    let mut found = candidates.into_iter().filter_map(|(name, layout)| Some((name, layout?)));
    let Some((first, layout)) = found.next() else {
        return Err(DataError::NothingFound(path.to_path_buf()));
    };
    match found.next() {
        Some((second, _)) => Err(DataError::Ambiguous { path: path.to_path_buf(), first, second }),
        None => Ok(layout),
    }
}

/// The file of this name in a folder, plain or gzipped.
pub(crate) fn plain_or_gzipped(folder: &Path, name: &str) -> Option<PathBuf> {
    [folder.join(name), folder.join(format!("{name}.gz"))].into_iter().find(|path| path.is_file())
}

fn idx(folder: &Path) -> Option<Layout> {
    let any = IDX_TRAIN.iter().any(|name| plain_or_gzipped(folder, name).is_some());
    any.then(|| Layout::Idx(folder.to_path_buf()))
}

fn cifar(folder: &Path) -> Result<Option<Layout>, DataError> {
    let unreadable = |source| DataError::Unreadable { path: folder.to_path_buf(), source };
    let ambiguous = |path: &Path, first, second| DataError::Ambiguous { path: path.to_path_buf(), first, second };
    let (mut batches, mut train, mut test) = (Vec::new(), Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        if !name.ends_with(".bin") || !path.is_file() {
            continue;
        }
        match (name.contains("train"), name.contains("test")) {
            (true, true) => return Err(ambiguous(&path, "'train'", "'test' in its name")),
            (true, false) => train.push(path),
            (false, true) => test.push(path),
            (false, false) if name.starts_with("data_batch") => batches.push(path),
            (false, false) => {}
        }
    }
    if !batches.is_empty() && !train.is_empty() {
        return Err(ambiguous(folder, "data_batch_*.bin", "*train*.bin"));
    }
    train.append(&mut batches);
    train.sort();
    test.sort();
    Ok((!train.is_empty()).then_some(Layout::Cifar { train, test }))
}

fn images(folder: &Path) -> Result<Option<Layout>, DataError> {
    let train = folder.join("train");
    if train.is_dir() && has_pictures(&train)? {
        let test = ["test", "val"].map(|name| folder.join(name)).into_iter().find(|path| path.is_dir());
        return Ok(Some(Layout::Images { train, test }));
    }
    Ok(has_pictures(folder)?.then(|| Layout::Images { train: folder.to_path_buf(), test: None }))
}
