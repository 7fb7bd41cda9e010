//! Changes of colour, each a blend of a picture with what it would be at factor 0 (Haeberli & Voorhies, 1994); factor 1 changes nothing.

use image::RgbImage;

/// Blends with black.
pub(crate) fn brighten(picture: &mut RgbImage, factor: f32) {
    picture.iter_mut().for_each(|value| *value = blend(0.0, *value, factor));
}

/// Blends with the mean grey of the picture.
pub(crate) fn change_contrast(picture: &mut RgbImage, factor: f32) {
    let sum: f64 = picture.pixels().map(|pixel| f64::from(grey(pixel.0))).sum();
    let mean = (sum / (f64::from(picture.width()) * f64::from(picture.height()))) as f32;
    picture.iter_mut().for_each(|value| *value = blend(mean, *value, factor));
}

/// Blends every pixel with its grey.
pub(crate) fn saturate(picture: &mut RgbImage, factor: f32) {
    for pixel in picture.pixels_mut() {
        let grey = grey(pixel.0);
        pixel.0 = pixel.0.map(|value| blend(grey, value, factor));
    }
}

/// Turns the hue of every pixel by a share of the circle of colours: by 1/3, red becomes green, green blue and blue red. Value and saturation
/// (of HSV) stay.
pub(crate) fn turn_hue(picture: &mut RgbImage, share: f32) {
    for pixel in picture.pixels_mut() {
        pixel.0 = turned(pixel.0, share);
    }
}

fn turned(pixel: [u8; 3], share: f32) -> [u8; 3] {
    let [red, green, blue] = pixel.map(f32::from);
    let (highest, lowest) = (red.max(green).max(blue), red.min(green).min(blue));
    let range = highest - lowest;
    if range == 0.0 {
        return pixel;
    }
    // In sixths of the circle, from red.
    let hue = if highest == red {
        (green - blue) / range
    } else if highest == green {
        2.0 + (blue - red) / range
    } else {
        4.0 + (red - green) / range
    };
    let hue = hue + 6.0 * share;
    // How far a channel is from the sixths where it is highest, at 0, 2 and 4: it falls from the first sixth away from there to the second.
    [0.0, 2.0, 4.0].map(|place| {
        let distance = (hue - place).rem_euclid(6.0);
        let distance = distance.min(6.0 - distance);
        (lowest + range * (2.0 - distance).clamp(0.0, 1.0)).round() as u8
    })
}

/// Blends with a smoothed picture: the mean of a pixel, five times, and its eight neighbours. Pixels at the border stay.
pub(crate) fn sharpen(picture: &mut RgbImage, factor: f32) {
    let source = picture.clone();
    let (width, height) = picture.dimensions();
    for (column, row, pixel) in picture.enumerate_pixels_mut() {
        if column == 0 || row == 0 || column + 1 == width || row + 1 == height {
            continue;
        }
        let mut sum = pixel.0.map(|value| 4.0 * f32::from(value));
        for (y, x) in (row - 1..=row + 1).flat_map(|y| (column - 1..=column + 1).map(move |x| (y, x))) {
            sum.iter_mut().zip(source.get_pixel(x, y).0).for_each(|(sum, value)| *sum += f32::from(value));
        }
        pixel.0 = std::array::from_fn(|channel| blend((sum[channel] / 13.0).round(), pixel.0[channel], factor));
    }
}

/// `zero` at factor 0 and `value` at factor 1, within what a byte holds.
pub(crate) fn blend(zero: f32, value: u8, factor: f32) -> u8 {
    (zero + factor * (f32::from(value) - zero)).round() as u8
}

/// Luma of ITU-R BT.601.
fn grey([red, green, blue]: [u8; 3]) -> f32 {
    (0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)).round()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLORS: [u8; 6] = [200, 100, 0, 20, 40, 60];

    fn changed(change: impl Fn(&mut RgbImage, f32), factor: f32) -> Vec<u8> {
        let mut picture = RgbImage::from_raw(2, 1, COLORS.to_vec()).expect("two pixels");
        change(&mut picture, factor);
        picture.into_raw()
    }

    #[test]
    fn factor_one_changes_nothing() {
        for change in [brighten, change_contrast, saturate] {
            assert_eq!(changed(change, 1.0), COLORS);
        }
    }

    #[test]
    fn factor_zero_is_black_the_mean_grey_or_grey() {
        assert_eq!(changed(brighten, 0.0), [0; 6]);
        // 0.299·200 + 0.587·100 = 118.5 and 0.299·20 + 0.587·40 + 0.114·60 = 36.3, in whole numbers 119 and 36: mean 77.5.
        assert_eq!(changed(change_contrast, 0.0), [78; 6]);
        assert_eq!(changed(saturate, 0.0), [119, 119, 119, 36, 36, 36]);
    }

    #[test]
    fn a_third_of_the_circle_moves_every_channel_on() {
        assert_eq!(turned([255, 0, 0], 1.0 / 3.0), [0, 255, 0]);
        assert_eq!(turned([255, 0, 0], -1.0 / 3.0), [0, 0, 255]);
        assert_eq!(turned([255, 0, 0], 1.0 / 6.0), [255, 255, 0]);
        assert_eq!(turned([255, 0, 0], 0.5), [0, 255, 255]);
        for color in [[200, 100, 0], [20, 40, 60], [7, 7, 7], [10, 250, 90], [90, 3, 250]] {
            let [red, green, blue] = color;
            assert_eq!(turned(color, 1.0 / 3.0), [blue, red, green], "{color:?}");
            assert_eq!((turned(color, 0.0), turned(color, 1.0)), (color, color));
        }
    }

    #[test]
    fn sharpness_moves_a_pixel_away_from_its_neighbours() {
        let point = |factor| {
            let mut picture = RgbImage::from_fn(3, 3, |x, y| image::Rgb([if (x, y) == (1, 1) { 130 } else { 0 }; 3]));
            sharpen(&mut picture, factor);
            assert_eq!(picture.get_pixel(0, 1).0, [0; 3]);
            picture.get_pixel(1, 1).0
        };
        assert_eq!((point(0.0), point(1.0), point(1.5)), ([50; 3], [130; 3], [170; 3]));
    }

    #[test]
    fn values_stay_within_a_byte() {
        assert_eq!(changed(brighten, 2.0), [255, 200, 0, 40, 80, 120]);
        assert_eq!(changed(saturate, 3.0)[..3], [255, 62, 0]);
    }
}
