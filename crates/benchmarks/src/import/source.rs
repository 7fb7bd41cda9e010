use super::input::Input;
use super::origin::Origin;
use super::pickle::{Filter, Limits, Uses, Value, decode};
use super::progress::{Metered, Progress};
use crate::ImportError;
use bzip2::read::MultiBzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

const BUFFER: usize = 1 << 18;

/// A pickle in a file that is read from its beginning as often as needed.
pub(crate) struct Source {
    path: PathBuf,
    size: u64,
    place: Place,
}

enum Place {
    /// From an offset up to the end of the file.
    From(u64),
    /// An entry of an archive, stored as it is.
    Entry { name: String, start: u64, length: u64 },
    /// The whole file, compressed.
    Bzip2,
}

pub(crate) fn open(path: &Path) -> Result<File, ImportError> {
    File::open(path).map_err(|source| ImportError::Unreadable { path: path.to_path_buf(), source })
}

pub(crate) fn size(path: &Path) -> Result<u64, ImportError> {
    let metadata = std::fs::metadata(path);
    Ok(metadata.map_err(|source| ImportError::Unreadable { path: path.to_path_buf(), source })?.len())
}

impl Source {
    pub(crate) fn from(path: &Path, start: u64) -> Result<Self, ImportError> {
        Ok(Self { path: path.to_path_buf(), size: size(path)?, place: Place::From(start) })
    }

    pub(crate) fn entry(path: &Path, name: String, start: u64, length: u64) -> Result<Self, ImportError> {
        Ok(Self { path: path.to_path_buf(), size: size(path)?, place: Place::Entry { name, start, length } })
    }

    pub(crate) fn bzip2(path: &Path) -> Result<Self, ImportError> {
        Ok(Self { path: path.to_path_buf(), size: size(path)?, place: Place::Bzip2 })
    }

    /// The name of the entry of an archive, or nothing.
    pub(crate) fn entry_name(&self) -> &str {
        match &self.place {
            Place::Entry { name, .. } => name,
            _ => "",
        }
    }

    /// The bytes of an entry of an archive.
    pub(crate) fn input_bytes(&self, limit: u64) -> Result<Vec<u8>, ImportError> {
        let Place::Entry { length, .. } = &self.place else { return Ok(Vec::new()) };
        self.input(Progress { read: 0, total: self.size }, &mut |_| {})?.bytes(*length, limit, "an entry")
    }

    /// Reads from the beginning.
    pub(crate) fn input<'a>(
        &self,
        progress: Progress,
        report: &'a mut dyn FnMut(Progress),
    ) -> Result<Input<Box<dyn BufRead + 'a>>, ImportError> {
        let mut file = open(&self.path)?;
        let mut seek = |start| {
            let sought = file.seek(SeekFrom::Start(start));
            sought.map_err(|source| ImportError::Unreadable { path: self.path.clone(), source })
        };
        let (first, origin) = match &self.place {
            Place::From(start) => (seek(*start)?, Origin::file(&self.path)),
            Place::Entry { name, start, .. } => {
                seek(*start)?;
                (0, Origin::part(&self.path, name.clone()))
            }
            Place::Bzip2 => (0, Origin::part(&self.path, "what it holds once decompressed")),
        };
        let metered = BufReader::with_capacity(BUFFER, Metered::new(file, progress, report));
        let reader: Box<dyn BufRead + 'a> = match &self.place {
            Place::From(_) => Box::new(metered),
            Place::Entry { length, .. } => Box::new(metered.take(*length)),
            Place::Bzip2 => Box::new(BufReader::with_capacity(BUFFER, MultiBzDecoder::new(metered))),
        };
        Ok(Input::new(reader, first, origin))
    }

    /// Decodes the pickle in two passes, so that memory is bounded by what `filter` leaves.
    pub(crate) fn decode(&self, filter: &mut dyn Filter, report: &mut dyn FnMut(Progress)) -> Result<Value, ImportError> {
        let limits = Limits::default();
        let total = self.size.saturating_mul(2);
        let uses = Uses::count(&mut self.input(Progress { read: 0, total }, report)?, &limits)?;
        let second = Progress { read: self.size, total };
        let value = decode(&mut self.input(second, report)?, Some(uses), &limits, filter)?;
        // What precedes and follows the pickle in the file is not read.
        report(Progress { read: total, total });
        Ok(value)
    }

    /// Decodes a small pickle in one pass. `progress` is what was read before.
    pub(crate) fn decode_once(
        &self,
        filter: &mut dyn Filter,
        progress: Progress,
        report: &mut dyn FnMut(Progress),
    ) -> Result<Value, ImportError> {
        decode(&mut self.input(progress, report)?, None, &Limits::default(), filter)
    }
}
