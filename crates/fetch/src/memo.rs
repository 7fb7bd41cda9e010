use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a server said about a file of which a part is kept; it lies beside the part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memo {
    /// The address.
    pub(crate) url: String,
    /// What `If-Range` may say: a strong `ETag`, or else `Last-Modified`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) validator: Option<String>,
    /// Size of the whole file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<u64>,
}

impl Memo {
    /// Where the memo of a part lies.
    pub(crate) fn path(part: &Path) -> PathBuf {
        let mut path = part.as_os_str().to_owned();
        path.push(".toml");
        path.into()
    }

    /// The memo of a part. One that is missing or damaged only costs the continuation.
    pub(crate) fn read(path: &Path) -> Option<Self> {
        toml::from_str(&std::fs::read_to_string(path).ok()?).ok()
    }

    pub(crate) fn write(&self, path: &Path) -> std::io::Result<()> {
        std::fs::write(path, toml::to_string(self).map_err(std::io::Error::other)?)
    }
}
