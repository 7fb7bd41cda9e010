use bonas_data::ImageShape;

/// Size of a feature map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    /// Number of planes.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Shape {
    /// The same resolution with other channels.
    pub fn with_channels(self, channels: usize) -> Self {
        Self { channels, ..self }
    }

    /// Every `stride`-th row and column, starting at the first.
    pub fn strided(self, stride: usize) -> Self {
        Self { height: self.height.div_ceil(stride), width: self.width.div_ceil(stride), ..self }
    }

    /// Pixels of a plane.
    pub fn area(self) -> u64 {
        (self.height as u64).saturating_mul(self.width as u64)
    }

    /// Numbers of the whole map.
    pub fn elements(self) -> u64 {
        self.area().saturating_mul(self.channels as u64)
    }
}

impl From<ImageShape> for Shape {
    fn from(image: ImageShape) -> Self {
        Self { channels: image.channels, height: image.height, width: image.width }
    }
}

/// A place in a network. Feature maps that candidates have at one place and in one size share their weights.
///
/// Keys are ordered, and data only flows to larger ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Number of the cell or block; 0 are the image and the stem.
    pub layer: usize,
    /// Number within it.
    pub node: usize,
    /// Size of the map.
    pub shape: Shape,
}
