use super::picture::{Decoded, Decoding, decode_file};
use crate::{DataError, ImageSet, ImageShape};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Whether some folder below this one holds a picture.
pub(crate) fn has_pictures(folder: &Path) -> Result<bool, DataError> {
    for class_folder in class_folders(folder)? {
        if !pictures(&class_folder)?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The folders below a folder, sorted by name, hidden ones left out: each is a class.
fn class_folders(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut folders: Vec<PathBuf> = entries(folder)?.into_iter().filter(|path| path.is_dir()).collect();
    folders.retain(|path| !is_hidden(path));
    Ok(folders)
}

/// Reads the pictures of every class folder, in the order of their names. Decoding runs on all cores.
pub(crate) fn read_image_folder(folder: &Path, decoding: Decoding) -> Result<ImageSet, DataError> {
    let mut class_names = Vec::new();
    let mut files = Vec::new();
    for (class, class_folder) in class_folders(folder)?.into_iter().enumerate() {
        class_names.push(name(&class_folder));
        let pictures = pictures(&class_folder)?;
        files.extend(pictures.into_iter().map(|path| (path, class as u32)));
    }
    let decoded: Vec<Decoded> = files.par_iter().map(|(path, _)| decode_file(path, decoding)).collect::<Result<_, _>>()?;
    let Some(first) = decoded.first() else {
        return Err(DataError::NothingFound(folder.to_path_buf()));
    };
    let (width, height) = first.size;
    if let Some(index) = decoded.iter().position(|image| image.size != first.size) {
        let text = |(width, height): (u32, u32)| format!("{width}×{height}");
        let (path, first_path) = (files[index].0.clone(), files[0].0.clone());
        return Err(DataError::MixedSizes {
            path,
            found: text(decoded[index].size),
            first: first_path,
            expected: text(first.size),
        });
    }
    let shape = ImageShape { channels: decoding.channels, height: height as usize, width: width as usize };
    let labels = files.iter().map(|&(_, class)| class).collect();
    ImageSet::new(decoded.into_iter().flat_map(|image| image.pixels).collect(), shape, labels, class_names)
}

/// Decodes single PNG or JPEG files to one shape, as the pictures of a folder are decoded whose `data.resize` gives that shape.
///
/// Returns the pixels of all pictures, [picture, channel, row, column]. Decoding runs on all cores; the order is that of `paths`.
///
/// # Errors
/// When a file cannot be read or decoded; the first such is named.
pub fn read_pictures(paths: &[PathBuf], shape: ImageShape) -> Result<Vec<u8>, DataError> {
    let side = |pixels: usize| u32::try_from(pixels).map_err(|_| DataError::Inconsistent(format!("a side of {pixels} pixels")));
    let decoding = Decoding { resize: Some((side(shape.width)?, side(shape.height)?)), channels: shape.channels };
    let decoded: Vec<Result<Decoded, DataError>> = paths.par_iter().map(|path| decode_file(path, decoding)).collect();
    let mut pixels = Vec::with_capacity(paths.len() * shape.pixels());
    for picture in decoded {
        pixels.append(&mut picture?.pixels);
    }
    Ok(pixels)
}

fn pictures(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let is_picture = |path: &PathBuf| {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        extension.is_some_and(|extension| ["png", "jpg", "jpeg"].contains(&extension.as_str())) && !is_hidden(path)
    };
    Ok(entries(folder)?.into_iter().filter(is_picture).collect())
}

/// The entries of a folder, sorted by name, so that no result depends on the file system.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let unreadable = |source| DataError::Unreadable { path: folder.to_path_buf(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn is_hidden(path: &Path) -> bool {
    name(path).starts_with('.')
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    fn picture(path: &Path, side: u32, color: [u8; 3]) {
        std::fs::create_dir_all(path.parent().expect("class folder")).expect("folder");
        RgbImage::from_pixel(side, side, Rgb(color)).save(path).expect("written");
    }

    const PLAIN: Decoding = Decoding { resize: None, channels: 3 };

    #[test]
    fn folders_are_classes_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().expect("folder");
        picture(&folder.path().join("dog/1.png"), 2, [10, 20, 30]);
        picture(&folder.path().join("cat/1.png"), 2, [1, 2, 3]);
        std::fs::write(folder.path().join("dog/notes.txt"), "no picture").expect("written");
        let images = read_image_folder(folder.path(), PLAIN).expect("readable");
        assert_eq!((images.class_names(), images.labels()), (&["cat".to_string(), "dog".to_string()][..], &[0, 1][..]));
        assert_eq!(images.image(1), [10, 10, 10, 10, 20, 20, 20, 20, 30, 30, 30, 30]);
    }

    #[test]
    fn sizes_must_agree_unless_resized() {
        let folder = tempfile::tempdir().expect("folder");
        picture(&folder.path().join("a/1.png"), 2, [0, 0, 0]);
        picture(&folder.path().join("a/2.png"), 3, [0, 0, 0]);
        let error = read_image_folder(folder.path(), PLAIN).expect_err("two sizes").to_string();
        assert!(error.contains("2.png is 3×3 pixels") && error.contains("data.resize"), "{error}");
        let images = read_image_folder(folder.path(), Decoding { resize: Some((4, 4)), channels: 1 }).expect("resized");
        assert_eq!(images.shape(), ImageShape { channels: 1, height: 4, width: 4 });
    }

    #[test]
    fn single_pictures_are_decoded_as_those_of_a_folder() {
        let folder = tempfile::tempdir().expect("folder");
        let gradient = RgbImage::from_fn(7, 5, |x, y| Rgb([30 * x as u8, 50 * y as u8, 9 * (x + y) as u8]));
        std::fs::create_dir(folder.path().join("a")).expect("class folder");
        for name in ["a/1.png", "a/2.jpg"] {
            gradient.save(folder.path().join(name)).expect("written");
        }
        let files = ["a/1.png", "a/2.jpg"].map(|name| folder.path().join(name));
        for channels in [1, 3] {
            let images = read_image_folder(folder.path(), Decoding { resize: Some((4, 4)), channels }).expect("readable");
            let pixels = read_pictures(&files, ImageShape { channels, height: 4, width: 4 }).expect("readable");
            assert_eq!(pixels, images.pixels());
        }
        let plain = read_pictures(&files[..1], ImageShape { channels: 3, height: 5, width: 7 }).expect("readable");
        assert_eq!(&plain[..7], [0, 30, 60, 90, 120, 150, 180], "the red of the first row");
    }

    #[test]
    fn a_broken_picture_is_named() {
        let folder = tempfile::tempdir().expect("folder");
        picture(&folder.path().join("a/1.png"), 2, [0, 0, 0]);
        let path = folder.path().join("a/1.png");
        std::fs::write(&path, &std::fs::read(&path).expect("read")[..40]).expect("cut");
        let error = read_image_folder(folder.path(), PLAIN).expect_err("cut").to_string();
        assert!(error.starts_with("cannot decode the image") && error.contains("1.png"), "{error}");
        let shape = ImageShape { channels: 3, height: 2, width: 2 };
        assert_eq!(read_pictures(&[path], shape).expect_err("cut").to_string(), error);
        let missing = read_pictures(&[folder.path().join("b.png")], shape).expect_err("missing").to_string();
        assert!(missing.starts_with("cannot read") && missing.contains("b.png"), "{missing}");
    }
}
