//! Downloads of public files that manifests name: resumed after a cut, verified while they stream, from mirrors if there are any.
//!
//! A [`RemoteDataSet`] says which files there are and how to know them; [`fetch`] brings one of them into a folder. Under its
//! final name a file is always whole: it grows as `NAME.part` and is renamed once its length and its digests are those of the
//! manifest. [`unpack`] takes the files out of an archive that came so.

mod archive;
mod attempt;
mod client;
mod contents;
mod digest;
mod download;
mod error;
mod existing;
mod fetch;
mod fetched;
mod memo;
mod mirror;
mod options;
mod part;
mod remote;
mod unpack;

pub use attempt::{Attempt, Attempts};
pub use contents::{Contents, Member};
pub use digest::Digests;
pub use error::FetchError;
pub use fetch::fetch;
pub use fetched::{Fetched, Origin, Verification};
pub use mirror::Mirror;
pub use options::{FetchOptions, Sleep};
pub use remote::{RemoteDataSet, RemoteFile};
pub use unpack::{Unpacked, is_unpacked, unpack};
