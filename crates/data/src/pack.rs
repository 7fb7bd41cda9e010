use crate::formats::{Decoding, Part, read, read_pack};
use crate::{DataError, ImageSet, PackManifest};
use std::path::{Path, PathBuf};

const CIFAR_10: &str = include_str!("../../../datasets/cifar-10-jpeg.toml");

/// The files of a pack of pictures, and what is known about them.
pub(crate) struct Pack {
    pack: PathBuf,
    index: PathBuf,
    manifest: Option<PackManifest>,
}

impl Pack {
    /// The pack at a path, its index (`a_index.csv` for `a.pack`) beside it. What has the name of a known pack must be that pack.
    pub(crate) fn at(path: &Path) -> Result<Self, DataError> {
        let known = PackManifest::parse(Path::new("datasets/cifar-10-jpeg.toml"), CIFAR_10)?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        Ok(Self {
            pack: path.to_path_buf(),
            index: path.with_file_name(format!("{stem}_index.csv")),
            manifest: (path.file_name() == known.pack.path.file_name()).then_some(known),
        })
    }

    /// The pack that a manifest in `folder` describes.
    pub(crate) fn described(manifest: PackManifest, folder: &Path) -> Self {
        Self { pack: folder.join(&manifest.pack.path), index: folder.join(&manifest.index.path), manifest: Some(manifest) }
    }

    /// Decodes the training or the test pictures; the others stay closed.
    pub(crate) fn read(self, part: Part, decoding: Decoding) -> Result<ImageSet, DataError> {
        let (pack, index) = (read(&self.pack)?, read(&self.index)?);
        if let Some(manifest) = &self.manifest {
            manifest.pack.check(&self.pack, &pack)?;
            manifest.index.check(&self.index, &index)?;
        }
        let classes = self.manifest.map(|manifest| manifest.classes);
        read_pack((&self.pack, &pack), (&self.index, &index), classes, part, decoding)
    }
}
