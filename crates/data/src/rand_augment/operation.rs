use super::histogram::{equalize, posterize, solarize, stretch_contrast};
use super::warp::{rotate, warp};
use crate::color::{brighten, change_contrast, saturate, sharpen};
use image::RgbImage;

/// What a picture can undergo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Identity,
    StretchContrast,
    Equalize,
    Rotate,
    Solarize,
    Saturation,
    Posterize,
    Contrast,
    Brightness,
    Sharpness,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    /// Of AutoAugment alone.
    Invert,
}

/// The strongest change of a factor of color.
const FACTOR: f32 = 0.9;
/// The strongest rotation, in degrees.
const DEGREES: f32 = 30.0;
/// The strongest shear: pixels to the side per pixel.
const SHEAR: f32 = 0.3;
/// The strongest translation as a share of the side: 150 of the 331 pixels of AutoAugment.
const SHIFT: f32 = 150.0 / 331.0;
/// The most bits that are lost of a color.
const BITS: f32 = 4.0;

impl Operation {
    /// Those of RandAugment.
    pub(super) const ALL: [Self; 14] = [
        Self::Identity,
        Self::StretchContrast,
        Self::Equalize,
        Self::Rotate,
        Self::Solarize,
        Self::Saturation,
        Self::Posterize,
        Self::Contrast,
        Self::Brightness,
        Self::Sharpness,
        Self::ShearX,
        Self::ShearY,
        Self::TranslateX,
        Self::TranslateY,
    ];

    /// Changes a picture. `strength` is in [0, 1]; `sign` is 1 or −1, of a strength that has a direction.
    pub(crate) fn apply(self, picture: &mut RgbImage, strength: f32, sign: f32) {
        let factor = 1.0 + sign * strength * FACTOR;
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        match self {
            Self::Identity => {}
            Self::StretchContrast => stretch_contrast(picture),
            Self::Equalize => equalize(picture),
            Self::Rotate => rotate(picture, sign * strength * DEGREES),
            Self::Solarize => solarize(picture, (255.0 * (1.0 - strength)).round() as u8),
            Self::Invert => solarize(picture, 0),
            Self::Saturation => saturate(picture, factor),
            Self::Posterize => posterize(picture, 8 - (strength * BITS).round() as u32),
            Self::Contrast => change_contrast(picture, factor),
            Self::Brightness => brighten(picture, factor),
            Self::Sharpness => sharpen(picture, factor),
            Self::ShearX => warp(picture, [1.0, sign * strength * SHEAR, 0.0], [0.0, 1.0, 0.0]),
            Self::ShearY => warp(picture, [1.0, 0.0, 0.0], [sign * strength * SHEAR, 1.0, 0.0]),
            Self::TranslateX => warp(picture, [1.0, 0.0, sign * (strength * SHIFT * width).trunc()], [0.0, 1.0, 0.0]),
            Self::TranslateY => warp(picture, [1.0, 0.0, 0.0], [0.0, 1.0, sign * (strength * SHIFT * height).trunc()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> RgbImage {
        RgbImage::from_fn(12, 12, |x, y| image::Rgb([20 * x as u8, 255 - 20 * y as u8, 10 * (x + y) as u8]))
    }

    fn changed(operation: Operation, strength: f32, sign: f32) -> RgbImage {
        let mut picture = picture();
        operation.apply(&mut picture, strength, sign);
        picture
    }

    #[test]
    fn strength_zero_changes_nothing_but_histograms() {
        use Operation::{Equalize, Solarize, StretchContrast};
        for operation in Operation::ALL.into_iter().filter(|operation| ![StretchContrast, Equalize, Solarize].contains(operation))
        {
            assert_eq!(changed(operation, 0.0, 1.0), picture(), "{operation:?}");
        }
    }

    #[test]
    fn strengths_are_those_of_the_paper() {
        let dark = changed(Operation::Brightness, 1.0, -1.0);
        assert_eq!(dark.get_pixel(10, 0).0, [20, 26, 10], "a tenth");
        let coarse = changed(Operation::Posterize, 1.0, 1.0);
        assert_eq!(coarse.get_pixel(11, 1).0, [220 & 0xf0, 235 & 0xf0, 120 & 0xf0], "four bits");
        let inverse = changed(Operation::Solarize, 1.0, 1.0);
        assert_eq!(inverse.get_pixel(3, 1).0, [255 - 60, 255 - 235, 255 - 40]);
        // 150/331 of 12 pixels are 5.4.
        let left = changed(Operation::TranslateX, 1.0, 1.0);
        assert_eq!((left.get_pixel(2, 4), left.get_pixel(7, 4)), (picture().get_pixel(7, 4), &image::Rgb([128; 3])));
        let up = changed(Operation::TranslateY, 1.0, -1.0);
        assert_eq!((up.get_pixel(2, 7), up.get_pixel(7, 4)), (picture().get_pixel(2, 2), &image::Rgb([128; 3])));
        // The last row samples 0.3 · 11.5 = 3.45 pixels to the right, the first 0.15.
        let sheared = changed(Operation::ShearX, 1.0, 1.0);
        assert_eq!((sheared.get_pixel(2, 0), sheared.get_pixel(2, 11)), (picture().get_pixel(2, 0), picture().get_pixel(5, 11)));
    }
}
