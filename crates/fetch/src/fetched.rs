use crate::digest::Tally;
use crate::{Digests, RemoteFile};
use std::fmt;
use std::path::PathBuf;

/// A file that is in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Where it lies.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Its digests.
    pub digests: Digests,
    /// Whether they were compared with something.
    pub verification: Verification,
    /// How it came there.
    pub origin: Origin,
}

/// Whether a file is known to be the one that the manifest means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Its SHA-256 is that of the manifest.
    Sha256,
    /// Its MD5 is that of the manifest, which names no SHA-256.
    Md5,
    /// The manifest names no digest.
    Unverified,
}

/// How a file came to its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was there.
    Kept,
    /// From a folder named with `--mirror`.
    Copied(PathBuf),
    /// From the network.
    Downloaded {
        /// The address that gave the last of it.
        url: String,
        /// Bytes that came over the network now; fewer than the file has if an earlier download was continued.
        transferred: u64,
    },
}

impl Fetched {
    pub(crate) fn new(file: &RemoteFile, path: PathBuf, tally: &Tally, origin: Origin) -> Self {
        let verification = Verification::of(file);
        Self { path, bytes: tally.bytes(), digests: tally.digests(), verification, origin }
    }

    /// Whether a digest of the manifest was compared.
    pub fn is_verified(&self) -> bool {
        self.verification != Verification::Unverified
    }
}

impl Verification {
    fn of(file: &RemoteFile) -> Self {
        match (&file.sha256, &file.md5) {
            (Some(_), _) => Self::Sha256,
            (None, Some(_)) => Self::Md5,
            (None, None) => Self::Unverified,
        }
    }
}

impl fmt::Display for Fetched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {} bytes, ", self.path.display(), self.bytes)?;
        match self.verification {
            Verification::Sha256 => write!(formatter, "verified (SHA-256)"),
            Verification::Md5 => write!(formatter, "verified (MD5)"),
            Verification::Unverified => {
                write!(formatter, "unverified: its SHA-256 is {}, the manifest names none", self.digests.sha256)
            }
        }
    }
}
