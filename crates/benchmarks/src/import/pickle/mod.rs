//! A reader of pickles that decodes data only.
//!
//! A pickle is a program for a small stack machine, and Python's own reader runs whatever functions it names. This one runs
//! none: a name is looked up in a fixed list of data classes, and every other name is an error. Nesting, memory, the memo and the
//! work that walking the result takes are bounded, and a container cannot hold itself.

mod globals;
mod machine;
mod memo;
mod meter;
mod numpy;
mod op;
mod value;

pub(crate) use machine::{Filter, Unfiltered, decode};
pub(crate) use memo::Uses;
pub(crate) use meter::Limits;
pub(crate) use numpy::half;
pub use numpy::numbers;
pub use value::{Blob, Node, Text, Value};

use super::input::Input;
use super::origin::Origin;
use crate::ImportError;
use std::path::Path;

/// Decodes the pickle that is `bytes`; `path` is for messages.
///
/// # Errors
///
/// [`ImportError::Damaged`] where the bytes are not a pickle of data, [`ImportError::ForeignClass`] for names outside the
/// list, [`ImportError::TooLarge`] where a limit is passed.
pub fn from_slice(path: &Path, bytes: &[u8]) -> Result<Value, ImportError> {
    decode(&mut Input::new(bytes, 0, Origin::file(path)), None, &Limits::default(), &mut Unfiltered)
}
