/// Geometry of a square convolution, the same in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Side of the kernel, in taps.
    pub kernel: usize,
    /// Pixels from one output to the next.
    pub stride: usize,
    /// Zeros on every side of the image.
    pub padding: usize,
    /// Pixels from one tap to the next.
    pub dilation: usize,
}

impl Window {
    /// Pixels that the kernel spans beyond its first tap.
    pub(crate) fn reach(&self) -> usize {
        self.dilation * (self.kernel - 1)
    }

    /// Outputs along a side of `size` pixels.
    ///
    /// # Panics
    /// When the kernel is wider than the padded image.
    pub fn outputs(&self, size: usize) -> usize {
        let padded = size + 2 * self.padding;
        assert!(padded > self.reach(), "a kernel that spans {} pixels does not fit into {padded}", self.reach() + 1);
        (padded - self.reach() - 1) / self.stride + 1
    }
}
