use super::picture::{Decoded, Decoding, decode_file, size_of};
use crate::picture_files::PictureFiles;
use crate::{DataError, ImageSet, ImageShape};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// Lists the pictures of every class folder, in the order of their names. Of the pictures, only the size of the first is read, and that
/// only if they are not resized.
pub(crate) fn list_image_folder(folder: &Path, decoding: Decoding) -> Result<ImageSet, DataError> {
    let (mut class_names, mut paths, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for (class, class_folder) in class_folders(folder)?.into_iter().enumerate() {
        class_names.push(name(&class_folder));
        let pictures = pictures(&class_folder)?;
        labels.extend(pictures.iter().map(|_| class as u32));
        paths.extend(pictures.into_iter().map(Arc::from));
    }
    let Some(first) = paths.first() else {
        return Err(DataError::NothingFound(folder.to_path_buf()));
    };
    let (width, height) = match decoding.resize {
        Some(size) => size,
        None => size_of(first)?,
    };
    let shape = ImageShape { channels: decoding.channels, height: height as usize, width: width as usize };
    ImageSet::on_disk(PictureFiles { paths, decoding }, shape, labels, class_names)
}

/// Decodes single PNG or JPEG files to one shape, as the pictures of a folder are decoded whose `data.resize` gives that shape, and whose
/// `data.shorter_side` is `shorter_side`.
///
/// Returns the pixels of all pictures, [picture, channel, row, column]. Decoding runs on all cores; the order is that of `paths`.
///
/// # Errors
/// When a file cannot be read or decoded; the first such is named.
pub fn read_pictures(paths: &[PathBuf], shape: ImageShape, shorter_side: Option<u32>) -> Result<Vec<u8>, DataError> {
    let side = |pixels: usize| u32::try_from(pixels).map_err(|_| DataError::Inconsistent(format!("a side of {pixels} pixels")));
    let resize = Some((side(shape.width)?, side(shape.height)?));
    let decoding = Decoding { resize, shorter_side, channels: shape.channels };
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

    const PLAIN: Decoding = Decoding { resize: None, shorter_side: None, channels: 3 };

    fn read_image_folder(folder: &Path, decoding: Decoding) -> Result<ImageSet, DataError> {
        list_image_folder(folder, decoding)?.within(u64::MAX)
    }

    #[test]
    fn folders_are_classes_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().expect("folder");
        picture(&folder.path().join("dog/1.png"), 2, [10, 20, 30]);
        picture(&folder.path().join("cat/1.png"), 2, [1, 2, 3]);
        std::fs::write(folder.path().join("dog/notes.txt"), "no picture").expect("written");
        let images = read_image_folder(folder.path(), PLAIN).expect("readable");
        assert_eq!((images.class_names(), images.labels()), (&["cat".to_string(), "dog".to_string()][..], &[0, 1][..]));
        assert_eq!(*images.image(1).expect("in memory"), [10, 10, 10, 10, 20, 20, 20, 20, 30, 30, 30, 30]);
    }

    #[test]
    fn sizes_must_agree_unless_resized() {
        let folder = tempfile::tempdir().expect("folder");
        picture(&folder.path().join("a/1.png"), 2, [0, 0, 0]);
        picture(&folder.path().join("a/2.png"), 3, [0, 0, 0]);
        let error = read_image_folder(folder.path(), PLAIN).expect_err("two sizes").to_string();
        assert!(error.contains("2.png is 3×3 pixels") && error.contains("data.resize"), "{error}");
        let images = read_image_folder(folder.path(), Decoding { resize: Some((4, 4)), shorter_side: None, channels: 1 })
            .expect("resized");
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
        for (channels, shorter_side) in [(1, None), (3, None), (3, Some(5)), (1, Some(6))] {
            let images =
                read_image_folder(folder.path(), Decoding { resize: Some((4, 4)), shorter_side, channels }).expect("readable");
            let pixels = read_pictures(&files, ImageShape { channels, height: 4, width: 4 }, shorter_side).expect("readable");
            assert_eq!(Some(&pixels[..]), images.pixels());
        }
        let plain = read_pictures(&files[..1], ImageShape { channels: 3, height: 5, width: 7 }, None).expect("readable");
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
        assert_eq!(read_pictures(&[path], shape, None).expect_err("cut").to_string(), error);
        let missing = read_pictures(&[folder.path().join("b.png")], shape, None).expect_err("missing").to_string();
        assert!(missing.starts_with("cannot read") && missing.contains("b.png"), "{missing}");
    }
}
