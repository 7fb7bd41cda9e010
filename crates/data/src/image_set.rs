use crate::DataError;
use crate::picture_files::PictureFiles;
use image::RgbImage;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::Path;

/// Size of every image of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageShape {
    /// 1 for grey, 3 for colour.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl ImageShape {
    /// Bytes of one image.
    pub fn pixels(&self) -> usize {
        self.channels * self.height * self.width
    }
}

/// Images of one shape with their labels, in memory or on the disk.
#[derive(Clone, PartialEq, Eq)]
pub struct ImageSet {
    pixels: Pixels,
    shape: ImageShape,
    labels: Vec<u32>,
    class_names: Vec<String>,
}

#[derive(Clone, PartialEq, Eq)]
enum Pixels {
    /// [image, channel, row, column]
    InMemory(Vec<u8>),
    OnDisk(PictureFiles),
}

impl ImageSet {
    /// Checks and pairs pixels ([image, channel, row, column]) with labels.
    ///
    /// # Errors
    /// When there is no image or class, the pixels do not fill whole images, or a label names no class.
    pub fn new(pixels: Vec<u8>, shape: ImageShape, labels: Vec<u32>, class_names: Vec<String>) -> Result<Self, DataError> {
        if pixels.len() != labels.len() * shape.pixels() && !labels.is_empty() {
            let (bytes, images) = (pixels.len(), labels.len());
            return Err(DataError::Inconsistent(format!(
                "{bytes} bytes do not make {images} images of {} bytes",
                shape.pixels()
            )));
        }
        Self::checked(Pixels::InMemory(pixels), shape, labels, class_names)
    }

    /// Pairs files, as many as there are labels, with labels.
    pub(crate) fn on_disk(
        files: PictureFiles,
        shape: ImageShape,
        labels: Vec<u32>,
        class_names: Vec<String>,
    ) -> Result<Self, DataError> {
        Self::checked(Pixels::OnDisk(files), shape, labels, class_names)
    }

    fn checked(pixels: Pixels, shape: ImageShape, labels: Vec<u32>, class_names: Vec<String>) -> Result<Self, DataError> {
        let wrong = |reason| Err(DataError::Inconsistent(reason));
        if labels.is_empty() || shape.pixels() == 0 || class_names.is_empty() {
            return wrong("there is no image, no pixel or no class".into());
        }
        if let Some(index) = labels.iter().position(|&label| label as usize >= class_names.len()) {
            return wrong(format!("image {index} has label {}, but there are only {} classes", labels[index], class_names.len()));
        }
        Ok(Self { pixels, shape, labels, class_names })
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Never true: a set has at least one image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Size of every image.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// All bytes, [image, channel, row, column], of a set in memory.
    pub fn pixels(&self) -> Option<&[u8]> {
        match &self.pixels {
            Pixels::InMemory(pixels) => Some(pixels),
            Pixels::OnDisk(_) => None,
        }
    }

    /// Whether the images are decoded whenever they are needed, since they take more memory than they may or are needed in their own size.
    pub fn is_on_disk(&self) -> bool {
        matches!(self.pixels, Pixels::OnDisk(_))
    }

    /// One image, [channel, row, column], as measurements see it.
    ///
    /// # Errors
    /// When it lies on the disk and cannot be read or decoded.
    pub fn image(&self, index: usize) -> Result<Cow<'_, [u8]>, DataError> {
        match &self.pixels {
            Pixels::InMemory(pixels) => Ok(Cow::Borrowed(&pixels[index * self.shape.pixels()..][..self.shape.pixels()])),
            Pixels::OnDisk(files) => files.image(index, self.shape).map(Cow::Owned),
        }
    }

    /// One image in the size of its file, where there is a file; grey as three equal channels.
    pub(crate) fn picture(&self, index: usize) -> Result<RgbImage, DataError> {
        match &self.pixels {
            Pixels::InMemory(_) => Ok(interleaved(&self.image(index)?, self.shape)),
            Pixels::OnDisk(files) => files.whole(index),
        }
    }

    /// The set in memory, unless it takes more than `bytes` there. What stays on the disk is looked at from outside.
    ///
    /// # Errors
    /// When a file is empty, cannot be read or, for memory, decoded; when sizes differ.
    pub(crate) fn within(self, bytes: u64) -> Result<Self, DataError> {
        let Pixels::OnDisk(files) = &self.pixels else { return Ok(self) };
        if self.len() as u64 * self.shape.pixels() as u64 > bytes {
            files.check(self.shape)?;
            return Ok(self);
        }
        Ok(Self { pixels: Pixels::InMemory(files.decode(self.shape)?), ..self })
    }

    /// Length of the file of every image, for images on the disk.
    pub(crate) fn file_lengths(&self) -> Option<impl Iterator<Item = Result<u64, DataError>>> {
        let Pixels::OnDisk(files) = &self.pixels else { return None };
        Some((0..self.len()).map(|index| files.bytes(index)))
    }

    /// The class of every image, an index of [`class_names`](Self::class_names).
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.class_names.len()
    }

    /// Names of the classes.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// The images of each class, in order.
    pub fn by_class(&self) -> Vec<Vec<usize>> {
        let mut classes = vec![Vec::new(); self.classes()];
        for (index, &label) in self.labels.iter().enumerate() {
            classes[label as usize].push(index);
        }
        classes
    }

    /// Refuses a set, read from `path`, that has but one class.
    pub(crate) fn with_several_classes(self, path: &Path) -> Result<Self, DataError> {
        match self.class_names.as_slice() {
            [class] => Err(DataError::OneClass { class: class.clone(), path: path.to_path_buf() }),
            _ => Ok(self),
        }
    }

    /// Refuses a set, read from `path`, in which a class has no image.
    pub(crate) fn with_every_class(self, part: &'static str, path: &Path) -> Result<Self, DataError> {
        match self.by_class().iter().position(Vec::is_empty) {
            Some(class) => Err(DataError::EmptyClass { class: self.class_names[class].clone(), part, path: path.to_path_buf() }),
            None => Ok(self),
        }
    }

    /// The images at these places, in this order. The places must not be empty.
    pub(crate) fn select(&self, places: &[usize]) -> Self {
        let pixels = match &self.pixels {
            Pixels::OnDisk(files) => Pixels::OnDisk(files.select(places)),
            Pixels::InMemory(pixels) => {
                let size = self.shape.pixels();
                let mut selected = Vec::with_capacity(places.len() * size);
                places.iter().for_each(|&place| selected.extend_from_slice(&pixels[place * size..][..size]));
                Pixels::InMemory(selected)
            }
        };
        Self {
            pixels,
            shape: self.shape,
            labels: places.iter().map(|&place| self.labels[place]).collect(),
            class_names: self.class_names.clone(),
        }
    }

    /// The first `count` images of every class, in their order.
    pub(crate) fn first_of_each_class(self, count: Option<usize>) -> Self {
        let Some(count) = count else { return self };
        let mut places: Vec<usize> = self.by_class().into_iter().flat_map(|class| class.into_iter().take(count)).collect();
        places.sort_unstable();
        self.select(&places)
    }

    /// What it is, for messages.
    pub fn describe(&self) -> String {
        let ImageShape { channels, height, width } = self.shape;
        format!("{channels}×{height}×{width}, {} classes", self.classes())
    }
}

/// [channel, row, column] as [row, column, channel], grey three times.
pub(crate) fn interleaved(image: &[u8], shape: ImageShape) -> RgbImage {
    let plane = shape.height * shape.width;
    let channel = |channel: usize| channel.min(shape.channels - 1) * plane;
    RgbImage::from_fn(shape.width as u32, shape.height as u32, |x, y| {
        let place = y as usize * shape.width + x as usize;
        image::Rgb([0, 1, 2].map(|index| image[channel(index) + place]))
    })
}

impl std::fmt::Debug for ImageSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImageSet({} images, {})", self.len(), self.describe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ImageShape = ImageShape { channels: 1, height: 1, width: 2 };

    fn new(pixels: &[u8], labels: &[u32]) -> Result<ImageSet, DataError> {
        ImageSet::new(pixels.to_vec(), SHAPE, labels.to_vec(), vec!["cat".into(), "dog".into()])
    }

    #[test]
    fn pixels_and_labels_must_belong_together() {
        let message = |pixels: &[u8], labels: &[u32]| new(pixels, labels).expect_err("invalid").to_string();
        assert_eq!(message(&[], &[]), "not an image set: there is no image, no pixel or no class");
        assert_eq!(message(&[1, 2, 3], &[0, 1]), "not an image set: 3 bytes do not make 2 images of 2 bytes");
        let label = message(&[1, 2, 3, 4], &[0, 2]);
        assert_eq!(label, "not an image set: image 1 has label 2, but there are only 2 classes");
    }

    #[test]
    fn the_first_images_of_each_class_keep_their_order() {
        let images = new(&[1, 1, 2, 2, 3, 3, 4, 4, 5, 5], &[1, 0, 1, 1, 0]).expect("valid");
        assert_eq!(images.by_class(), [vec![1, 4], vec![0, 2, 3]]);
        let some = images.first_of_each_class(Some(1));
        assert_eq!((some.pixels(), some.labels()), (Some(&[1, 1, 2, 2][..]), &[1, 0][..]));
    }

    #[test]
    fn a_class_without_images_is_named_with_its_place() {
        let error = new(&[1, 2], &[0]).expect("valid").with_every_class("training", Path::new("pets")).expect_err("no dog");
        assert!(error.to_string().starts_with("class 'dog' has no training image in pets;"), "{error}");
    }
}
