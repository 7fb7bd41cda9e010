use std::path::PathBuf;
use thiserror::Error;

/// Why a network cannot be written in a format, or weights not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExportError {
    /// The format ends at a size.
    #[error("the network takes {bytes} bytes as {format}, whose files end at {limit}; export it as safetensors")]
    TooLarge {
        /// Name of the format.
        format: &'static str,
        /// Size of the file.
        bytes: usize,
        /// The largest size.
        limit: usize,
    },
    /// The writer of a format refuses.
    #[error("the network cannot be written as {format}: {reason}")]
    Unwritable {
        /// Name of the format.
        format: &'static str,
        /// What the writer says.
        reason: String,
    },
    /// A file of weights cannot be used.
    #[error("cannot read the weights in {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}
