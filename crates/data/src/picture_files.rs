use crate::formats::{Decoded, Decoding, decode_file, decode_whole, size_of};
use crate::{DataError, ImageShape};
use image::RgbImage;
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;

/// Pictures that stay on the disk until they are needed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PictureFiles {
    pub(crate) paths: Vec<Arc<Path>>,
    pub(crate) decoding: Decoding,
}

impl PictureFiles {
    /// Those at these places.
    pub(crate) fn select(&self, places: &[usize]) -> Self {
        Self { paths: places.iter().map(|&place| self.paths[place].clone()).collect(), decoding: self.decoding }
    }

    /// One picture as measurements see it: [channel, row, column].
    pub(crate) fn image(&self, index: usize, shape: ImageShape) -> Result<Vec<u8>, DataError> {
        let decoded = decode_file(&self.paths[index], self.decoding)?;
        self.check_size(index, decoded.size, shape)?;
        Ok(decoded.pixels)
    }

    /// One picture in its own size.
    pub(crate) fn whole(&self, index: usize) -> Result<RgbImage, DataError> {
        decode_whole(&self.paths[index], self.decoding.channels)
    }

    /// All pictures: [picture, channel, row, column]. Decoding runs on all cores.
    pub(crate) fn decode(&self, shape: ImageShape) -> Result<Vec<u8>, DataError> {
        let decode = |path: &Arc<Path>| decode_file(path, self.decoding);
        let decoded: Vec<Decoded> = self.paths.par_iter().map(decode).collect::<Result<_, _>>()?;
        for (index, picture) in decoded.iter().enumerate() {
            self.check_size(index, picture.size, shape)?;
        }
        Ok(decoded.into_iter().flat_map(|picture| picture.pixels).collect())
    }

    /// Looks for files that are empty, and for sizes that differ where pictures are not resized, without decoding. What is damaged behind
    /// its beginning is found when it is needed.
    pub(crate) fn check(&self, shape: ImageShape) -> Result<(), DataError> {
        let check = |index: usize| {
            let path = &self.paths[index];
            match self.decoding.resize {
                Some(_) if self.bytes(index)? > 0 => Ok(()),
                _ => self.check_size(index, size_of(path)?, shape),
            }
        };
        (0..self.paths.len()).into_par_iter().map(check).collect()
    }

    /// Length of a file.
    pub(crate) fn bytes(&self, index: usize) -> Result<u64, DataError> {
        let path = &self.paths[index];
        let metadata = std::fs::metadata(path);
        metadata.map(|file| file.len()).map_err(|source| DataError::Unreadable { path: path.to_path_buf(), source })
    }

    fn check_size(&self, index: usize, (width, height): (u32, u32), shape: ImageShape) -> Result<(), DataError> {
        if (height as usize, width as usize) == (shape.height, shape.width) {
            return Ok(());
        }
        Err(DataError::MixedSizes {
            path: self.paths[index].to_path_buf(),
            found: format!("{width}×{height}"),
            expected: format!("{}×{}", shape.width, shape.height),
        })
    }
}
