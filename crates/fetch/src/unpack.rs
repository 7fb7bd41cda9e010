use crate::archive::extract;
use crate::part::sync_folder;
use crate::{Contents, FetchError, RemoteFile};
use bonas_core::{Interrupt, Progress};
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Files out of an archive, in their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked {
    /// The folder that has them.
    pub folder: PathBuf,
    /// How many they are.
    pub files: usize,
    /// Their size in all.
    pub bytes: u64,
    /// Whether all of them were there, in their sizes.
    pub kept: bool,
}

/// Whether the members of an archive lie below this folder, in their sizes; true if nothing is to be unpacked.
pub fn is_unpacked(file: &RemoteFile, folder: &Path) -> bool {
    let into = |contents: &Contents| beside(file, folder).join(&contents.into);
    file.unpack.as_ref().is_none_or(|contents| is_complete(contents, &into(contents)))
}

/// Unpacks an archive that lies in this folder; nothing if the manifest does not ask for that.
///
/// The members grow in the folder `INTO.part` and are renamed when all of the archive was read and found right. Members that are
/// there in their size are kept; `force` replaces all. Files that the manifest does not name are never touched.
///
/// # Errors
/// When the archive cannot be read, is damaged or cut short, lacks a member or has one of another size, has a link, a special
/// file or a path that leaves its folder, or holds much more than is listed; when a member's place is taken by something
/// else, the folder cannot be written, another process unpacks the same archive, or the interrupt is requested.
pub fn unpack(
    file: &RemoteFile,
    folder: &Path,
    force: bool,
    progress: &dyn Progress,
    interrupt: &Interrupt,
) -> Result<Option<Unpacked>, FetchError> {
    let Some(contents) = &file.unpack else { return Ok(None) };
    if let Some(fault) = file.fault() {
        return Err(FetchError::Manifest { path: file.path.clone().into(), reason: format!("its file '{}' {fault}", file.path) });
    }
    let archive = folder.join(&file.path);
    let into = beside(file, folder).join(&contents.into);
    let done = |kept| Unpacked { folder: into.clone(), files: contents.members.len(), bytes: contents.bytes(), kept };
    if !force {
        if is_complete(contents, &into) {
            return Ok(Some(done(true)));
        }
        check_places(contents, &into)?;
    }
    let handle = locked(&archive)?;
    let temporary = Temporary::make(&into)?;
    extract(
        &archive,
        handle.try_clone().map_err(FetchError::io("read", &archive))?,
        contents,
        &temporary.0,
        progress,
        interrupt,
    )?;
    put(contents, &temporary.0, &into)?;
    Ok(Some(done(false)))
}

impl fmt::Display for Unpacked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.kept { "there already, sizes checked" } else { "unpacked" };
        let files = if self.files == 1 { "file" } else { "files" };
        write!(formatter, "{}: {} {files}, {} bytes, {how}", self.folder.display(), self.files, self.bytes)
    }
}

/// The folder of the archive.
fn beside(file: &RemoteFile, folder: &Path) -> PathBuf {
    folder.join(&file.path).parent().map_or_else(|| folder.to_path_buf(), Path::to_path_buf)
}

fn is_complete(contents: &Contents, into: &Path) -> bool {
    contents.members.iter().all(|member| has_size(&into.join(&member.path), member.bytes))
}

fn has_size(path: &Path, bytes: u64) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() == bytes)
}

/// Refuses to write over a file of another size.
fn check_places(contents: &Contents, into: &Path) -> Result<(), FetchError> {
    for member in &contents.members {
        let path = into.join(&member.path);
        match fs::symlink_metadata(&path) {
            Ok(_) if has_size(&path, member.bytes) => {}
            Ok(data) => {
                let (what, found) = ("its size", format!("{} bytes", data.len()));
                return Err(FetchError::Existing { path, what, expected: format!("{} bytes", member.bytes), found });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(FetchError::io("read", path)(error)),
        }
    }
    Ok(())
}

/// Opens the archive; its lock keeps a second process from unpacking into the same folder.
fn locked(archive: &Path) -> Result<File, FetchError> {
    let file = File::open(archive).map_err(FetchError::io("read", archive))?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(FetchError::Busy { path: archive.into() }),
        // Some file systems have no locks: better to unpack without one than not at all.
        Err(TryLockError::Error(_)) | Ok(()) => Ok(file),
    }
}

/// The folder `INTO.part`, removed with all that is in it unless it was renamed.
struct Temporary(PathBuf);

impl Temporary {
    fn make(into: &Path) -> Result<Self, FetchError> {
        let mut name = into.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        // What a killed process left there is of no use: the archive has it all.
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(FetchError::io("remove", path)(error)),
            _ => {}
        }
        fs::create_dir_all(&path).map_err(FetchError::io("make the folder", &path))?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Nobody can be told of a failure here; the next call removes it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Gives the members their names: the folder as a whole if it is new, else file by file.
fn put(contents: &Contents, temporary: &Path, into: &Path) -> Result<(), FetchError> {
    if !into.exists() {
        fs::rename(temporary, into).map_err(FetchError::io("write", into))?;
        sync_folder(into);
        return Ok(());
    }
    for member in &contents.members {
        let path = into.join(&member.path);
        let parent = path.parent().unwrap_or(into);
        fs::create_dir_all(parent).map_err(FetchError::io("make the folder", parent))?;
        fs::rename(temporary.join(&member.path), &path).map_err(FetchError::io("write", &path))?;
    }
    sync_folder(&into.join(&contents.members[0].path));
    Ok(())
}
