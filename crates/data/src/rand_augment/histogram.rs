use image::RgbImage;

/// Replaces every value of a channel by what `table` makes of the channel's histogram.
fn look_up(picture: &mut RgbImage, table: impl Fn(&[u32; 256]) -> Option<[u8; 256]>) {
    for channel in 0..3 {
        let mut histogram = [0; 256];
        picture.pixels().for_each(|pixel| histogram[usize::from(pixel.0[channel])] += 1);
        if let Some(table) = table(&histogram) {
            picture.pixels_mut().for_each(|pixel| pixel.0[channel] = table[usize::from(pixel.0[channel])]);
        }
    }
}

/// Stretches the values of every channel from 0 to 255.
pub(super) fn stretch_contrast(picture: &mut RgbImage) {
    look_up(picture, |histogram| {
        let (lowest, highest) = (histogram.iter().position(|&count| count > 0)?, histogram.iter().rposition(|&count| count > 0)?);
        let scale = 255.0 / (highest - lowest) as f32;
        (highest > lowest).then(|| std::array::from_fn(|value| ((value as f32 - lowest as f32) * scale).round() as u8))
    });
}

/// Makes all values of every channel about equally frequent, by the rule of the Python Imaging Library.
pub(super) fn equalize(picture: &mut RgbImage) {
    look_up(picture, |histogram| {
        let last = histogram.iter().rposition(|&count| count > 0)?;
        let step = (histogram.iter().sum::<u32>() - histogram[last]) / 255;
        let mut below = step / 2;
        (step > 0).then(|| {
            histogram.map(|count| {
                let value = (below / step).min(255) as u8;
                below += count;
                value
            })
        })
    });
}

/// Inverts the values from `threshold` on.
pub(super) fn solarize(picture: &mut RgbImage, threshold: u8) {
    picture.iter_mut().filter(|value| **value >= threshold).for_each(|value| *value = 255 - *value);
}

/// Keeps the highest bits of every value.
pub(super) fn posterize(picture: &mut RgbImage, bits: u32) {
    let mask = u8::MAX.checked_shl(8 - bits.min(8)).unwrap_or(0);
    picture.iter_mut().for_each(|value| *value &= mask);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of one row, whose green channel is 7 throughout.
    fn row(values: &[u8]) -> RgbImage {
        let pixels = values.iter().flat_map(|&value| [value, 7, value]).collect();
        RgbImage::from_raw(values.len() as u32, 1, pixels).expect("three bytes per pixel")
    }

    fn changed(values: &[u8], change: impl Fn(&mut RgbImage)) -> Vec<u8> {
        let mut picture = row(values);
        change(&mut picture);
        assert!(picture.pixels().all(|pixel| pixel.0[0] == pixel.0[2]));
        picture.pixels().map(|pixel| pixel.0[0]).collect()
    }

    #[test]
    fn contrast_is_stretched_channel_by_channel() {
        assert_eq!(changed(&[50, 75, 100], stretch_contrast), [0, 128, 255]);
        assert_eq!(changed(&[9, 9], stretch_contrast), [9, 9]);
    }

    #[test]
    fn equalizing_spreads_values_by_their_rank() {
        let values: Vec<u8> = (0..1020).map(|place| 100 + (place / 255) as u8).collect();
        // Four values of 255 pixels each: a step of 3, from which 0, 85, 170 and 255 follow.
        let equalized = changed(&values, equalize);
        assert_eq!([equalized[0], equalized[300], equalized[600], equalized[1019]], [0, 85, 170, 255]);
        assert_eq!(changed(&[1, 2, 3], equalize), [1, 2, 3], "too few pixels for a step");
    }

    #[test]
    fn solarizing_inverts_the_bright_and_posterizing_drops_bits() {
        assert_eq!(changed(&[99, 100, 255], |picture| solarize(picture, 100)), [99, 155, 0]);
        assert_eq!(changed(&[0b1111_1111, 0b0101_0101], |picture| posterize(picture, 4)), [0b1111_0000, 0b0101_0000]);
        assert_eq!(changed(&[255, 1], |picture| posterize(picture, 8)), [255, 1]);
    }
}
