use crate::{DataError, embedded};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Which images, and how they are split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// A folder of IDX files, CIFAR binaries or images, one binary file, a pack of pictures, or a manifest; without it, or with the name
    /// `fashion-mnist-14k`, the embedded part of Fashion-MNIST.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Test images of the same kind, if they are not found beside the training images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_path: Option<PathBuf>,
    /// Share of the training images, class by class, that scores candidates and trains nothing.
    pub validation_fraction: f64,
    /// Share of an image folder without a `test` subfolder that is kept for the final test.
    pub test_fraction: f64,
    /// Side in pixels to which an image folder's images are resized; without it they must have one size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resize: Option<u32>,
    /// Length to which the shorter side of an image folder's images is brought before the center of `resize` × `resize` pixels is cut out, at
    /// least `resize`; without it, images are stretched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shorter_side: Option<u32>,
    /// Channels of an image folder's images: 1 (grey) or 3 (colour).
    pub channels: usize,
    /// Images to keep of each class, the first ones; without it, all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_per_class: Option<usize>,
    /// Mebibytes that the decoded images of a folder may take; images of a larger folder are decoded whenever they are needed.
    pub memory_mib: u64,
    /// Training images from which the normalisation of such a folder is measured; of others, all are taken.
    pub normalization_images: usize,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            path: None,
            test_path: None,
            validation_fraction: 1.0 / 6.0,
            test_fraction: 0.2,
            resize: None,
            shorter_side: None,
            channels: 3,
            limit_per_class: None,
            memory_mib: 2048,
            normalization_images: 5000,
        }
    }
}

impl DataConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// With the key and its range.
    pub fn validate(&self) -> Result<(), DataError> {
        let wrong = |key, range, value: String| Err(DataError::Config { key, range, value });
        for (key, fraction) in
            [("data.validation_fraction", self.validation_fraction), ("data.test_fraction", self.test_fraction)]
        {
            if !(fraction > 0.0 && fraction < 1.0) {
                return wrong(key, "above 0 and below 1", fraction.to_string());
            }
        }
        if ![1, 3].contains(&self.channels) {
            return wrong("data.channels", "1 (grey) or 3 (colour)", self.channels.to_string());
        }
        if let (None, Some(path)) = (self.location(), &self.test_path) {
            return wrong("data.test_path", "left out for the built-in data set, which has its own", path.display().to_string());
        }
        if self.resize == Some(0) {
            return wrong("data.resize", "at least 1", "0".into());
        }
        if let Some(side) = self.shorter_side.filter(|&side| self.resize.is_none_or(|resize| side < resize)) {
            return wrong("data.shorter_side", "at least data.resize, which it needs", side.to_string());
        }
        if self.normalization_images == 0 {
            return wrong("data.normalization_images", "at least 1", "0".into());
        }
        if self.limit_per_class == Some(0) {
            return wrong("data.limit_per_class", "at least 1", "0".into());
        }
        Ok(())
    }

    /// Where the images lie; nothing for the built-in data set.
    pub(crate) fn location(&self) -> Option<&Path> {
        self.path.as_deref().filter(|path| *path != Path::new(embedded::NAME))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_survive_a_round_trip() {
        let text = toml::to_string(&DataConfig::default()).expect("writable");
        assert_eq!(toml::from_str::<DataConfig>(&text).expect("readable"), DataConfig::default());
        assert!(DataConfig::default().validate().is_ok());
    }

    #[test]
    fn unknown_keys_are_refused() {
        let error = toml::from_str::<DataConfig>("chanels = 1").expect_err("a typing error").to_string();
        assert!(error.contains("unknown field `chanels`"), "{error}");
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let message = |text: &str| toml::from_str::<DataConfig>(text).expect("keys").validate().expect_err("range").to_string();
        assert_eq!(message("validation_fraction = 1.0"), "data.validation_fraction must be above 0 and below 1, but is 1");
        assert_eq!(message("test_fraction = nan"), "data.test_fraction must be above 0 and below 1, but is NaN");
        assert_eq!(message("channels = 4"), "data.channels must be 1 (grey) or 3 (colour), but is 4");
        assert_eq!(message("resize = 0"), "data.resize must be at least 1, but is 0");
        let side = "data.shorter_side must be at least data.resize, which it needs, but is";
        assert_eq!(message("shorter_side = 256"), format!("{side} 256"));
        assert_eq!(message("shorter_side = 223\nresize = 224"), format!("{side} 223"));
        assert_eq!(message("normalization_images = 0"), "data.normalization_images must be at least 1, but is 0");
        assert_eq!(message("limit_per_class = 0"), "data.limit_per_class must be at least 1, but is 0");
        assert!(message("test_path = 'x'").starts_with("data.test_path must be left out for the built-in data set"));
        assert!(message("path = 'fashion-mnist-14k'\ntest_path = 'x'").starts_with("data.test_path must be left out"));
    }
}
