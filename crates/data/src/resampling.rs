use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;

/// A part of a picture, in pixels; its borders may lie within pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Window {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Window {
    /// The part that is left when the shorter side of a picture of this size is brought to `side` and `target` is cut out of the center.
    pub(crate) fn center(size: (u32, u32), target: (u32, u32), side: u32) -> Self {
        let (whole_width, whole_height) = (f64::from(size.0), f64::from(size.1));
        let scale = whole_width.min(whole_height) / f64::from(side);
        let width = (f64::from(target.0) * scale).min(whole_width);
        let height = (f64::from(target.1) * scale).min(whole_height);
        Self { left: (whole_width - width) / 2.0, top: (whole_height - height) / 2.0, width, height }
    }
}

/// A part of a picture, brought to a size with a triangle filter that covers all pixels that fall together.
pub(crate) fn cut(picture: &RgbImage, window: Window, (width, height): (u32, u32)) -> RgbImage {
    let mut target = RgbImage::new(width, height);
    let options = ResizeOptions::new()
        .crop(window.left, window.top, window.width, window.height)
        .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    let source = TypedImageRef::from_buffer(picture.width(), picture.height(), picture.as_raw());
    let source: TypedImageRef<'_, U8x3> = source.expect("a picture has three bytes per pixel");
    let resized = TypedImage::from_buffer(width, height, &mut target);
    let mut resized: TypedImage<'_, U8x3> = resized.expect("three bytes per pixel");
    // By the type of its pixels: the other way has the compiler make the code of fourteen types of them, which takes it minutes.
    Resizer::new().resize_typed(&source, &mut resized, &options).expect("a window lies in its picture");
    target
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn the_center_is_what_is_left_of_a_picture_whose_shorter_side_was_scaled() {
        let window = Window::center((500, 400), (224, 224), 256);
        assert_eq!(window, Window { left: 75.0, top: 25.0, width: 350.0, height: 350.0 });
        let upright = Window::center((400, 500), (224, 224), 256);
        assert_eq!(upright, Window { left: 25.0, top: 75.0, width: 350.0, height: 350.0 });
        assert_eq!(Window::center((9, 5), (5, 5), 5), Window { left: 2.0, top: 0.0, width: 5.0, height: 5.0 });
    }

    #[test]
    fn a_window_of_the_wanted_size_is_taken_as_it_is() {
        let picture = RgbImage::from_fn(6, 5, |x, y| Rgb([10 * x as u8, 20 * y as u8, 7]));
        let part = cut(&picture, Window { left: 2.0, top: 1.0, width: 3.0, height: 2.0 }, (3, 2));
        assert_eq!(part.get_pixel(0, 0), &Rgb([20, 20, 7]));
        assert_eq!(part.get_pixel(2, 1), &Rgb([40, 40, 7]));
    }

    #[test]
    fn shrinking_takes_every_pixel_into_account() {
        let stripes = RgbImage::from_fn(64, 64, |x, _| Rgb([255 * (x % 2) as u8; 3]));
        let small = cut(&stripes, Window { left: 0.0, top: 0.0, width: 64.0, height: 64.0 }, (4, 4));
        assert!(small.pixels().all(|pixel| pixel.0[0].abs_diff(128) < 8), "{:?}", small.as_raw());
    }
}
