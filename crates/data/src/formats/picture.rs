use super::read;
use crate::DataError;
use crate::resampling::{Window, cut};
use image::imageops::FilterType;
use image::{DynamicImage, ImageError, ImageReader, RgbImage};
use std::io::Cursor;
use std::path::Path;

/// How pictures are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decoding {
    /// Width and height; without it, pictures stay as they are.
    pub(crate) resize: Option<(u32, u32)>,
    /// Length to which the shorter side is brought before the center is cut out; without it, pictures are stretched.
    pub(crate) shorter_side: Option<u32>,
    pub(crate) channels: usize,
}

/// A picture as [channel, row, column].
pub(crate) struct Decoded {
    /// Width and height.
    pub(crate) size: (u32, u32),
    pub(crate) pixels: Vec<u8>,
}

impl Decoded {
    /// From [row, column, channel].
    pub(crate) fn planar(size: (u32, u32), interleaved: &[u8], channels: usize) -> Self {
        let pixels = (0..channels).flat_map(|channel| interleaved.iter().skip(channel).step_by(channels).copied()).collect();
        Self { size, pixels }
    }
}

/// Decodes a PNG or JPEG file as it is seen in measurements.
pub(crate) fn decode_file(path: &Path, decoding: Decoding) -> Result<Decoded, DataError> {
    decode(&read(path)?, decoding).map_err(undecodable(path))
}

/// As [`decode_file`], from bytes.
pub(super) fn decode(bytes: &[u8], decoding: Decoding) -> Result<Decoded, ImageError> {
    let picture = open(bytes)?;
    let size = (picture.width(), picture.height());
    let picture = match (decoding.resize, decoding.shorter_side) {
        (None, _) => picture,
        (Some(target), Some(side)) => {
            let rgb = in_channels(picture, decoding.channels);
            DynamicImage::from(cut(&rgb, Window::center(size, target, side), target))
        }
        (Some(target), None) if size == target => picture,
        (Some((width, height)), None) => picture.resize_exact(width, height, FilterType::Triangle),
    };
    let size = (picture.width(), picture.height());
    Ok(match decoding.channels {
        1 => Decoded::planar(size, picture.into_luma8().as_raw(), 1),
        channels => Decoded::planar(size, picture.into_rgb8().as_raw(), channels),
    })
}

/// Decodes a PNG or JPEG file to its own size; grey, if there is but one channel.
pub(crate) fn decode_whole(path: &Path, channels: usize) -> Result<RgbImage, DataError> {
    let picture = open(&read(path)?).map_err(undecodable(path))?;
    Ok(in_channels(picture, channels))
}

/// Width and height of a PNG or JPEG file, of which nothing but the beginning is read.
pub(crate) fn size_of(path: &Path) -> Result<(u32, u32), DataError> {
    ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|source| DataError::Unreadable { path: path.to_path_buf(), source })?
        .into_dimensions()
        .map_err(undecodable(path))
}

/// Decodes bytes, told apart by their first ones.
fn open(bytes: &[u8]) -> Result<DynamicImage, ImageError> {
    ImageReader::new(Cursor::new(bytes)).with_guessed_format()?.decode()
}

fn in_channels(picture: DynamicImage, channels: usize) -> RgbImage {
    match channels {
        1 => DynamicImage::from(picture.into_luma8()).into_rgb8(),
        _ => picture.into_rgb8(),
    }
}

fn undecodable(path: &Path) -> impl FnOnce(ImageError) -> DataError {
    move |source| DataError::Undecodable { path: path.to_path_buf(), source }
}
