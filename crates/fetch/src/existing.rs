use crate::digest::{Difference, Tally};
use crate::{FetchError, Fetched, Origin, RemoteFile};
use bonas_core::{Interrupt, Progress};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Bytes that are read or written at once.
pub(crate) const CHUNK: usize = 1 << 16;

/// The file, if it is there and right; nothing if it has to be brought.
pub(crate) fn existing(
    file: &RemoteFile,
    path: &Path,
    force: bool,
    progress: &dyn Progress,
    interrupt: &Interrupt,
) -> Result<Option<Fetched>, FetchError> {
    let mut handle = match File::open(path) {
        Ok(handle) => handle,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FetchError::io("read", path)(error)),
    };
    if force && !file.has_digest() {
        return Ok(None);
    }
    let tally = tally(&mut handle, path, file, progress, interrupt)?;
    match tally.difference(file) {
        None => Ok(Some(Fetched::new(file, path.into(), &tally, Origin::Kept))),
        Some(_) if force => Ok(None),
        Some(Difference { what, expected, found }) => Err(FetchError::Existing { path: path.into(), what, expected, found }),
    }
}

/// Reads all that a file has.
pub(crate) fn tally(
    handle: &mut File,
    path: &Path,
    file: &RemoteFile,
    progress: &dyn Progress,
    interrupt: &Interrupt,
) -> Result<Tally, FetchError> {
    let bytes = handle.metadata().map_err(FetchError::io("read", path))?.len();
    let mut tally = Tally::default();
    if bytes == 0 {
        return Ok(tally);
    }
    progress.begin(&format!("checking {}", file.path), bytes);
    let mut chunk = vec![0; CHUNK];
    loop {
        if interrupt.is_requested() {
            return Err(FetchError::Interrupted { file: file.path.clone(), part: path.into(), bytes });
        }
        let read = handle.read(&mut chunk).map_err(FetchError::io("read", path))?;
        if read == 0 {
            return Ok(tally);
        }
        tally.update(&chunk[..read]);
        progress.advance(read as u64, "");
    }
}
