use super::read;
use crate::DataError;
use image::imageops::FilterType;
use image::{DynamicImage, ImageError, ImageReader};
use std::io::Cursor;
use std::path::Path;

/// How pictures are decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoding {
    /// Width and height; without it, pictures stay as they are.
    pub(crate) resize: Option<(u32, u32)>,
    pub(crate) channels: usize,
}

/// A picture as [channel, row, column].
pub(super) struct Decoded {
    /// Width and height.
    pub(super) size: (u32, u32),
    pub(super) pixels: Vec<u8>,
}

/// Decodes a PNG or JPEG file.
pub(super) fn decode_file(path: &Path, decoding: Decoding) -> Result<Decoded, DataError> {
    decode(&read(path)?, decoding).map_err(|source| DataError::Undecodable { path: path.to_path_buf(), source })
}

/// Decodes the bytes of a PNG or JPEG file, told apart by their first ones.
pub(super) fn decode(bytes: &[u8], decoding: Decoding) -> Result<Decoded, ImageError> {
    let picture = ImageReader::new(Cursor::new(bytes)).with_guessed_format()?.decode()?;
    let picture = match decoding.resize {
        Some((width, height)) if (picture.width(), picture.height()) != (width, height) => {
            picture.resize_exact(width, height, FilterType::Triangle)
        }
        _ => picture,
    };
    Ok(planar(picture, decoding.channels))
}

fn planar(picture: DynamicImage, channels: usize) -> Decoded {
    let size = (picture.width(), picture.height());
    let interleaved = match channels {
        1 => picture.into_luma8().into_raw(),
        _ => picture.into_rgb8().into_raw(),
    };
    let pixels = (0..channels).flat_map(|channel| interleaved.iter().skip(channel).step_by(channels).copied()).collect();
    Decoded { size, pixels }
}
