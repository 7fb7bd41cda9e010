use crate::DataError;

/// Size of every image of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// Refuses a set in which a class has no image.
    pub(crate) fn with_every_class(self, part: &'static str) -> Result<Self, DataError> {
        match self.by_class().iter().position(Vec::is_empty) {
            Some(class) => Err(DataError::EmptyClass { class: self.class_names[class].clone(), part }),
            None => Ok(self),
        }
    }

    /// The images at these places, in this order. The places must not be empty.
    pub(crate) fn select(&self, places: &[usize]) -> Self {
        Self {
            pixels: places.iter().flat_map(|&place| self.image(place)).copied().collect(),
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
    pub(crate) fn describe(&self) -> String {
        let ImageShape { channels, height, width } = self.shape;
        format!("{channels}×{height}×{width}, {} classes", self.classes())
    }
}

impl std::fmt::Debug for ImageSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImageSet({} images, {})", self.len(), self.describe())
    }
}
