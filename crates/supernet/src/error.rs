use bonas_core::EvaluationError;
use std::path::PathBuf;
use thiserror::Error;

/// Why a network could not be built, trained, measured or stored.
#[derive(Debug, Error)]
pub enum SupernetError {
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// A setting lies outside its range.
    #[error("{key} must be {range}, but is {value}")]
    Config {
        /// Full name of the setting, such as `supernet.batch_size`.
        key: String,
        /// What is allowed.
        range: String,
        /// What was given.
        value: String,
    },
    /// An operation of a space that a user described has no network.
    #[error(
        "no networks can be built of the space {space}: its operation '{operation}' is not in the library, which has {known}; \
         rename it, or search a table of the space with --evaluator table --table FILE"
    )]
    UnknownOperation {
        /// Name of the space.
        space: String,
        /// Name of the operation.
        operation: String,
        /// The names that there are.
        known: String,
    },
    /// Training ended in numbers that are not finite.
    #[error("training diverged {place}: the {what} is not finite; try a lower {remedy}")]
    Diverged {
        /// Where, such as `in epoch 3, step 17`.
        place: String,
        /// What was not finite.
        what: &'static str,
        /// The setting to lower.
        remedy: &'static str,
    },
    /// The data could not be read.
    #[error("the images could not be read")]
    Data(#[source] bonas_core::BoxError),
    /// Numbers could not be read back from the device.
    #[error("the device failed while {doing}: {reason}")]
    Device {
        /// What was being done.
        doing: &'static str,
        /// What Burn said.
        reason: String,
    },
    /// The device has not enough memory, even for one image at a time.
    #[error(
        "the device ran out of memory with {images} images at a time: {reason}; free memory on it, lower network.channels or \
         network.cells, or use another device"
    )]
    OutOfMemory {
        /// Images of the smallest part that was tried.
        images: usize,
        /// What Burn said.
        reason: String,
    },
    /// A checkpoint could not be written, read or used.
    #[error("cannot {action} the checkpoint {}: {reason}", path.display())]
    Checkpoint {
        /// `write`, `read` or `use`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What went wrong, and what to do.
        reason: String,
    },
    /// The file of the epochs' metrics could not be written.
    #[error("cannot write {}: {reason}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// What went wrong, and what to do.
        reason: String,
    },
    /// A network of a space that the public DARTS code knows nothing of.
    #[error("only networks of DARTS have names in the public code, and {genotype} is none; export it as ONNX or safetensors")]
    NoPublicLayout {
        /// The architecture.
        genotype: String,
    },
    /// Weights under public names do not fit the network.
    #[error("the weights do not fit: {reason}; check the genotype, whose operands must be in the order of the training")]
    PublicWeights {
        /// What is wrong, with names of tensors.
        reason: String,
    },
    /// Weights could not be written or read.
    #[error("cannot {action} the weights in {}: {reason}", path.display())]
    Weights {
        /// `write` or `read`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
}

impl From<bonas_data::DataError> for SupernetError {
    fn from(error: bonas_data::DataError) -> Self {
        Self::Data(Box::new(error))
    }
}

impl SupernetError {
    /// A finished network whose output is no number.
    pub fn not_finite() -> Self {
        Self::Diverged { place: "before measurement".into(), what: "output", remedy: "learning_rate" }
    }
}

impl From<SupernetError> for EvaluationError {
    fn from(error: SupernetError) -> Self {
        match error {
            SupernetError::Interrupted => Self::Interrupted,
            other => Self::Other(Box::new(other)),
        }
    }
}
