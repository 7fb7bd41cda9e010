use crate::existing::CHUNK;
use crate::{Contents, FetchError, Member};
use bonas_core::{Interrupt, Progress};
use flate2::read::GzDecoder;
use std::cell::Cell;
use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::path::{Component, Path};
use std::rc::Rc;
use tar::{Archive, Entry, EntryType};

/// What an archive may have besides the members that are wanted: names, padding, small texts.
const MOST_OTHER_BYTES: u64 = 64 << 20;

type Files<'a> = Archive<Unzipped<'a>>;

/// Writes the members of an archive into a folder.
pub(crate) fn extract(
    archive: &Path,
    file: File,
    contents: &Contents,
    folder: &Path,
    progress: &dyn Progress,
    interrupt: &Interrupt,
) -> Result<(), FetchError> {
    let extraction = Extraction { archive, contents, folder, interrupt };
    let bytes = file.metadata().map_err(FetchError::io("read", archive))?.len();
    progress.begin(&format!("unpacking {}", archive.file_name().unwrap_or_default().to_string_lossy()), bytes);
    let failure = Rc::new(Cell::new(None));
    let most = contents.bytes().saturating_add(MOST_OTHER_BYTES);
    let counted = Counted { file, progress, failure: Rc::clone(&failure) };
    let unzipped = Unzipped { decoder: GzDecoder::new(BufReader::with_capacity(CHUNK, counted)), left: most, most };
    extraction.all(Archive::new(unzipped)).map_err(|error| match failure.take() {
        // A disk that cannot be read is no fault of the archive.
        Some(source) => FetchError::io("read", archive)(source),
        None => error,
    })
}

struct Extraction<'a> {
    archive: &'a Path,
    contents: &'a Contents,
    folder: &'a Path,
    interrupt: &'a Interrupt,
}

impl Extraction<'_> {
    fn all(&self, mut files: Files<'_>) -> Result<(), FetchError> {
        let mut found = vec![false; self.contents.members.len()];
        for entry in files.entries().map_err(|error| self.damaged(error))? {
            self.check_interrupt()?;
            let mut entry = entry.map_err(|error| self.damaged(error))?;
            let path = self.path(&entry)?;
            let Some(place) = self.contents.member(&path) else { continue };
            let member = &self.contents.members[place];
            if std::mem::replace(&mut found[place], true) {
                return Err(self.wrong(format!("it has '{path}' twice")));
            }
            if entry.header().entry_type() == EntryType::Directory || entry.size() != member.bytes {
                let reason = format!("'{path}' has {} bytes in it, the manifest says {}", entry.size(), member.bytes);
                return Err(self.wrong(reason));
            }
            self.write(&mut entry, member)?;
        }
        // The end of the stream has the checksum of all of it.
        std::io::copy(&mut files.into_inner(), &mut std::io::sink()).map_err(|error| self.damaged(error))?;
        match self.contents.members.iter().zip(found).find(|(_, found)| !found) {
            Some((member, _)) => Err(self.wrong(format!("it has no '{}'", self.contents.name(member)))),
            None => Ok(()),
        }
    }

    /// The path of an entry, which must be a plain file or a folder below the archive's top.
    fn path(&self, entry: &Entry<'_, Unzipped<'_>>) -> Result<String, FetchError> {
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        if !matches!(kind, EntryType::Regular | EntryType::Continuous | EntryType::Directory | EntryType::XGlobalHeader) {
            return Err(self.wrong(format!("'{path}' is a link or a special file, which is never unpacked")));
        }
        let leaves = Path::new(&path).components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir));
        if leaves || path.contains('\\') {
            return Err(self.wrong(format!("'{path}' would leave the folder that it is unpacked into")));
        }
        Ok(path.trim_start_matches("./").trim_end_matches('/').to_string())
    }

    fn write(&self, entry: &mut impl Read, member: &Member) -> Result<(), FetchError> {
        let path = self.folder.join(&member.path);
        let parent = path.parent().unwrap_or(self.folder);
        fs::create_dir_all(parent).map_err(FetchError::io("make the folder", parent))?;
        let mut file = File::create_new(&path).map_err(FetchError::io("write", &path))?;
        let mut left = member.bytes;
        let mut chunk = vec![0; CHUNK];
        while left > 0 {
            self.check_interrupt()?;
            match entry.read(&mut chunk).map_err(|error| self.damaged(error))? {
                0 => return Err(self.wrong(format!("it ends within '{}'", self.contents.name(member)))),
                read => {
                    file.write_all(&chunk[..read]).map_err(FetchError::io("write", &path))?;
                    left = left.saturating_sub(read as u64);
                }
            }
        }
        file.sync_all().map_err(FetchError::io("write", &path))
    }

    fn check_interrupt(&self) -> Result<(), FetchError> {
        match self.interrupt.is_requested() {
            true => Err(FetchError::UnpackingInterrupted { archive: self.archive.into() }),
            false => Ok(()),
        }
    }

    fn damaged(&self, error: std::io::Error) -> FetchError {
        self.wrong(error.to_string())
    }

    fn wrong(&self, reason: String) -> FetchError {
        FetchError::Archive { path: self.archive.into(), reason }
    }
}

impl Contents {
    /// The name of a member in the archive.
    fn name(&self, member: &Member) -> String {
        self.from.as_ref().map_or(member.path.clone(), |from| format!("{}/{}", from.trim_end_matches('/'), member.path))
    }
}

/// The file of an archive, of which every read is progress.
struct Counted<'a> {
    file: File,
    progress: &'a dyn Progress,
    failure: Rc<Cell<Option<std::io::Error>>>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer).map_err(|error| {
            let copy = std::io::Error::new(error.kind(), error.to_string());
            self.failure.set(Some(error));
            copy
        })?;
        self.progress.advance(read as u64, "");
        Ok(read)
    }
}

/// What is in the gzip file, up to a limit: a small file can hold any number of bytes.
struct Unzipped<'a> {
    decoder: GzDecoder<BufReader<Counted<'a>>>,
    left: u64,
    most: u64,
}

impl Read for Unzipped<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.decoder.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            std::io::Error::other(format!("it holds more than {} bytes, far more than the manifest lists", self.most))
        })?;
        Ok(read)
    }
}
