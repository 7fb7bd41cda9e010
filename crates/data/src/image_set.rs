use crate::DataError;
use serde::{Deserialize, Serialize};
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

/// Images of one shape with their labels, in memory.
#[derive(Clone, PartialEq, Eq)]
pub struct ImageSet {
    pixels: Vec<u8>,
    shape: ImageShape,
    labels: Vec<u32>,
    class_names: Vec<String>,
}

impl ImageSet {
    /// Checks and pairs pixels ([image, channel, row, column]) with labels.
    ///
    /// # Errors
    /// When there is no image or class, the pixels do not fill whole images, or a label names no class.
    pub fn new(pixels: Vec<u8>, shape: ImageShape, labels: Vec<u32>, class_names: Vec<String>) -> Result<Self, DataError> {
        let wrong = |reason| Err(DataError::Inconsistent(reason));
        if labels.is_empty() || shape.pixels() == 0 || class_names.is_empty() {
            return wrong("there is no image, no pixel or no class".into());
        }
        if pixels.len() != labels.len() * shape.pixels() {
            return wrong(format!("{} bytes do not make {} images of {} bytes", pixels.len(), labels.len(), shape.pixels()));
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

    /// All bytes: [image, channel, row, column].
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// One image: [channel, row, column].
    pub fn image(&self, index: usize) -> &[u8] {
        &self.pixels[index * self.shape.pixels()..][..self.shape.pixels()]
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

    /// Refuses a set, read from `path`, in which a class has no image.
    pub(crate) fn with_every_class(self, part: &'static str, path: &Path) -> Result<Self, DataError> {
        match self.by_class().iter().position(Vec::is_empty) {
            Some(class) => Err(DataError::EmptyClass { class: self.class_names[class].clone(), part, path: path.to_path_buf() }),
            None => Ok(self),
        }
    }

    /// The images at these places, in this order. The places must not be empty.
    pub(crate) fn select(&self, places: &[usize]) -> Self {
        let mut pixels = Vec::with_capacity(places.len() * self.shape.pixels());
        places.iter().for_each(|&place| pixels.extend_from_slice(self.image(place)));
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
        assert_eq!((some.pixels(), some.labels()), (&[1, 1, 2, 2][..], &[1, 0][..]));
    }

    #[test]
    fn a_class_without_images_is_named_with_its_place() {
        let error = new(&[1, 2], &[0]).expect("valid").with_every_class("training", Path::new("pets")).expect_err("no dog");
        assert!(error.to_string().starts_with("class 'dog' has no training image in pets;"), "{error}");
    }
}
