use crate::Attempts;
use std::path::PathBuf;
use thiserror::Error;

/// Why a file could not be brought. Every message names the file or address, the place and what to do.
#[derive(Debug, Error)]
pub enum FetchError {
    /// No manifest has this name.
    #[error("there is no data set '{name}' to download{}. Known: {}", suggestion(nearest), known.join(", "))]
    UnknownDataSet {
        /// What was asked for.
        name: String,
        /// The known name most like it.
        nearest: Option<String>,
        /// All names.
        known: Vec<String>,
    },
    /// A manifest is not one.
    #[error("{} is not a manifest of remote files: {reason}; datasets/remote/cifar-10.toml shows one", path.display())]
    Manifest {
        /// The manifest, or the file that it describes wrongly.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A mirror is neither a folder nor an address that can be read.
    #[error("--mirror {value} cannot be used: {reason}. Name a folder, or an address that begins with http:// or https://")]
    Mirror {
        /// What was given.
        value: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A file or folder cannot be read, written or made.
    #[error("cannot {action} {}; check the path, its permissions and the free space, or choose another folder", path.display())]
    Io {
        /// Such as `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Someone else downloads the same file to the same place.
    #[error("{} is being downloaded or unpacked by another process; wait for it, or choose another folder", path.display())]
    Busy {
        /// The part.
        path: PathBuf,
    },
    /// The file is there already, but is another one.
    #[error(
        "{} is there already and is not the file that the manifest describes: {what} is {found}, the manifest says {expected}. \
         Download it again with --force, or move it away",
        path.display()
    )]
    Existing {
        /// The file.
        path: PathBuf,
        /// `its size`, `its SHA-256` or `its MD5`.
        what: &'static str,
        /// In the manifest.
        expected: String,
        /// On the disk.
        found: String,
    },
    /// What came is not what the manifest describes.
    #[error(
        "{origin} is not the file {file} that the manifest describes: {what} is {found}, the manifest says {expected}. What was \
         downloaded is removed. Try again, or name a folder or an address that has the right file with --mirror; if it stays so, \
         the file has changed at its source"
    )]
    Differs {
        /// Its name in the manifest.
        file: String,
        /// The address or file that it came from.
        origin: String,
        /// `its size`, `its SHA-256` or `its MD5`.
        what: &'static str,
        /// In the manifest.
        expected: String,
        /// Of what came.
        found: String,
    },
    /// No source has it.
    #[error(
        "cannot download {file}. Tried: {attempts}. Check the network (and HTTPS_PROXY, if there is a proxy), or name a folder \
         or an address that has the file with --mirror"
    )]
    NoSource {
        /// Its name in the manifest.
        file: String,
        /// Where it was looked for, and what happened.
        attempts: Attempts,
    },
    /// The publisher offers it to people only.
    #[error(
        "{file} has no address that a program can read. Download it by hand from {page}, then name the folder that has it with \
         --mirror: it is verified and put into its place"
    )]
    ByHand {
        /// Its name in the manifest.
        file: String,
        /// Where people find it.
        page: String,
    },
    /// An archive is damaged, or not what the manifest says.
    #[error(
        "{} cannot be unpacked: {reason}. Nothing of it is kept. Remove the file and bring it again; if it stays so, it is not \
         the archive that the manifest describes",
        path.display()
    )]
    Archive {
        /// The archive.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Someone asked to stop.
    #[error("interrupted: nothing of {} is unpacked; the same command begins anew with that", archive.display())]
    UnpackingInterrupted {
        /// The archive.
        archive: PathBuf,
    },
    /// Someone asked to stop.
    #[error("interrupted: {bytes} bytes of {file} are kept in {}; the same command goes on from there", part.display())]
    Interrupted {
        /// Its name in the manifest.
        file: String,
        /// Where the kept bytes lie.
        part: PathBuf,
        /// How many there are.
        bytes: u64,
    },
}

impl FetchError {
    /// For `map_err` of operations on files.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}
