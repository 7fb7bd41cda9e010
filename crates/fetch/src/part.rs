use crate::digest::Tally;
use crate::existing::tally;
use crate::memo::Memo;
use crate::{FetchError, RemoteFile};
use bonas_core::{Interrupt, Progress};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The growing file `NAME.part`: locked, hashed as it grows, renamed when it is whole. An empty one goes away when it is dropped.
pub(crate) struct Part {
    path: PathBuf,
    file: File,
    tally: Tally,
    memo: Option<Memo>,
    finished: bool,
}

impl Part {
    /// Opens the part of the file `path`, with the bytes of an earlier download if they can be of use.
    pub(crate) fn open(
        path: &Path,
        file: &RemoteFile,
        progress: &dyn Progress,
        interrupt: &Interrupt,
    ) -> Result<Self, FetchError> {
        let mut name = path.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        let handle = locked(&path)?;
        let memo = Memo::read(&Memo::path(&path));
        let mut part = Self { path, file: handle, tally: Tally::default(), memo, finished: false };
        part.tally = tally(&mut part.file, &part.path, file, progress, interrupt)?;
        if file.bytes.is_some_and(|bytes| part.bytes() > bytes) {
            part.clear()?;
        }
        Ok(part)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.tally.bytes()
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(crate) fn memo(&self) -> Option<&Memo> {
        self.memo.as_ref()
    }

    /// Appends bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        self.file.write_all(bytes).map_err(FetchError::io("write", &self.path))?;
        self.tally.update(bytes);
        Ok(())
    }

    /// Forgets all bytes.
    pub(crate) fn clear(&mut self) -> Result<(), FetchError> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        emptied.map_err(FetchError::io("write", &self.path))?;
        // Without its memo a part is of no use, so it does not matter if this one stays for lack of permission.
        let _ = fs::remove_file(Memo::path(&self.path));
        self.tally = Tally::default();
        self.memo = None;
        Ok(())
    }

    /// Forgets all bytes and remembers what the next ones are.
    pub(crate) fn restart(&mut self, memo: Memo) -> Result<(), FetchError> {
        self.clear()?;
        let path = Memo::path(&self.path);
        memo.write(&path).map_err(FetchError::io("write", path))?;
        self.memo = Some(memo);
        Ok(())
    }

    /// Gives the whole file its name. The lock is held until then.
    pub(crate) fn finish(mut self, path: &Path) -> Result<(), FetchError> {
        self.file.sync_all().map_err(FetchError::io("write", &self.path))?;
        fs::rename(&self.path, path).map_err(FetchError::io("write", path))?;
        self.finished = true;
        let _ = fs::remove_file(Memo::path(&self.path));
        sync_folder(path);
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Nobody can be told of a failure here, and the next download copes with an empty part.
        if !self.finished && self.bytes() == 0 && self.file.metadata().is_ok_and(|data| data.len() == 0) {
            let _ = fs::remove_file(&self.path);
            let _ = fs::remove_file(Memo::path(&self.path));
        }
    }
}

fn locked(path: &Path) -> Result<File, FetchError> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    let file = file.map_err(FetchError::io("write", path))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return Err(FetchError::Busy { path: path.into() }),
        // Some file systems have no locks: better to download without one than not at all.
        Err(TryLockError::Error(_)) | Ok(()) => {}
    }
    // Between opening and locking, another process may have finished this very file and renamed it.
    if path.exists() { Ok(file) } else { Err(FetchError::Busy { path: path.into() }) }
}

/// Makes the new name last through a power failure, where a folder can be synced.
pub(crate) fn sync_folder(path: &Path) {
    if let Some(Ok(folder)) = path.parent().map(File::open) {
        let _ = folder.sync_all();
    }
}
