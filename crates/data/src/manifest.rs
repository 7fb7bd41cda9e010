use crate::DataError;
use crate::digest::sha256;
use crate::formats::read;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A data set described by a file of `datasets/`: what it is, where it comes from, and how to know its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Short name.
    pub name: String,
    /// What it is, and by which rule it was made.
    pub description: String,
    /// Where it comes from.
    pub origin: String,
    /// Its licence.
    pub licence: String,
    /// Names of the classes, in the order of their labels.
    pub classes: Vec<String>,
    /// Training images, IDX.
    pub train_images: ManifestFile,
    /// Training labels, IDX.
    pub train_labels: ManifestFile,
    /// Test images, IDX.
    pub test_images: ManifestFile,
    /// Test labels, IDX.
    pub test_labels: ManifestFile,
}

/// A pack of pictures described by a file as [`Manifest`] describes IDX files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackManifest {
    /// Short name.
    pub name: String,
    /// What it is, and by which rule it was made.
    pub description: String,
    /// Where it comes from.
    pub origin: String,
    /// Its licence.
    pub licence: String,
    /// Names of the classes, in the order of their labels.
    pub classes: Vec<String>,
    /// PNG or JPEG files, one after another.
    pub pack: ManifestFile,
    /// A CSV file with the columns split (train or test), label, file, offset and length.
    pub index: ManifestFile,
}

/// What a manifest describes.
pub(crate) enum Described {
    Idx(Manifest),
    Pack(PackManifest),
}

impl Described {
    /// Reads a manifest, which is a pack's if it names one.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, DataError> {
        match toml::from_str::<toml::Table>(text).is_ok_and(|table| table.contains_key("pack")) {
            true => PackManifest::parse(path, text).map(Self::Pack),
            false => Manifest::parse(path, text).map(Self::Idx),
        }
    }
}

/// A file of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// Where it lies, from the manifest's folder.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Reads a manifest from its text; `path` is for messages.
    ///
    /// # Errors
    /// When it is not TOML, a key is unknown or missing, or there is no class.
    pub fn parse(path: &Path, text: &str) -> Result<Self, DataError> {
        parse(path, text, |manifest: &Self| &manifest.classes)
    }
}

impl PackManifest {
    /// Reads a manifest from its text; `path` is for messages.
    ///
    /// # Errors
    /// When it is not TOML, a key is unknown or missing, or there is no class.
    pub fn parse(path: &Path, text: &str) -> Result<Self, DataError> {
        parse(path, text, |manifest: &Self| &manifest.classes)
    }
}

fn parse<M: DeserializeOwned>(path: &Path, text: &str, classes: impl Fn(&M) -> &[String]) -> Result<M, DataError> {
    let wrong = |reason: String| DataError::Manifest { path: path.to_path_buf(), reason };
    let manifest: M = toml::from_str(text).map_err(|error| wrong(error.to_string().trim().to_string()))?;
    match classes(&manifest).is_empty() {
        true => Err(wrong("its list of classes is empty".into())),
        false => Ok(manifest),
    }
}

impl ManifestFile {
    /// Reads the file below `folder` and checks it.
    pub(crate) fn read(&self, folder: &Path) -> Result<(PathBuf, Vec<u8>), DataError> {
        let path = folder.join(&self.path);
        let bytes = read(&path)?;
        self.check(&path, &bytes)?;
        Ok((path, bytes))
    }

    /// Checks that bytes are this file's.
    pub(crate) fn check(&self, path: &Path, bytes: &[u8]) -> Result<(), DataError> {
        let differs =
            |what, expected: String, found: String| Err(DataError::Checksum { path: path.to_path_buf(), what, expected, found });
        if bytes.len() as u64 != self.bytes {
            return differs("its size", format!("{} bytes", self.bytes), format!("{} bytes", bytes.len()));
        }
        let found = sha256(bytes);
        if !found.eq_ignore_ascii_case(&self.sha256) {
            return differs("its SHA-256", self.sha256.clone(), found);
        }
        Ok(())
    }
}
