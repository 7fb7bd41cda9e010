use image::{Rgb, RgbImage};

/// What comes in from outside a picture, as in AutoAugment.
const OUTSIDE: Rgb<u8> = Rgb([128; 3]);

/// Replaces the pixel at the point (x, y) by that at (a·x + b·y + c, d·x + e·y + f). Points are the centers of pixels.
pub(super) fn warp(picture: &mut RgbImage, [a, b, c]: [f32; 3], [d, e, f]: [f32; 3]) {
    let source = picture.clone();
    let (width, height) = (source.width() as f32, source.height() as f32);
    for (column, row, pixel) in picture.enumerate_pixels_mut() {
        let (x, y) = (column as f32 + 0.5, row as f32 + 0.5);
        let (from_x, from_y) = (a * x + b * y + c, d * x + e * y + f);
        let is_inside = (0.0..width).contains(&from_x) && (0.0..height).contains(&from_y);
        *pixel = if is_inside { *source.get_pixel(from_x as u32, from_y as u32) } else { OUTSIDE };
    }
}

/// Turns a picture around its center.
pub(super) fn rotate(picture: &mut RgbImage, degrees: f32) {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let (x, y) = (picture.width() as f32 / 2.0, picture.height() as f32 / 2.0);
    warp(picture, [cosine, -sine, x - cosine * x + sine * y], [sine, cosine, y - sine * x - cosine * y]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square() -> RgbImage {
        RgbImage::from_fn(5, 5, |x, y| Rgb([10 * x as u8, 10 * y as u8, 0]))
    }

    #[test]
    fn a_quarter_turn_moves_every_pixel_of_a_square() {
        let mut turned = square();
        rotate(&mut turned, 90.0);
        let right = RgbImage::from_fn(5, 5, |x, y| *square().get_pixel(4 - y, x));
        assert_eq!(turned, right);
    }

    #[test]
    fn corners_that_turn_in_from_outside_are_grey() {
        let mut turned = square();
        rotate(&mut turned, 45.0);
        assert_eq!((turned.get_pixel(0, 0), turned.get_pixel(2, 2)), (&OUTSIDE, square().get_pixel(2, 2)));
    }

    #[test]
    fn the_identity_keeps_every_pixel() {
        let mut same = square();
        warp(&mut same, [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]);
        assert_eq!(same, square());
    }
}
