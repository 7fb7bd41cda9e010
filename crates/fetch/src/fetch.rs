use crate::client::Client;
use crate::digest::Difference;
use crate::download::{Download, Failure};
use crate::existing::existing;
use crate::mirror::below;
use crate::part::Part;
use crate::{Attempt, Attempts, FetchError, FetchOptions, Fetched, Mirror, Origin, RemoteFile};
use bonas_core::{Interrupt, Progress};
use std::path::{Path, PathBuf};

/// A place that may have the file.
enum Source {
    File(PathBuf),
    Url(String),
}

/// Brings a file into a folder, which is made if need be; nothing is done if the file is there and right.
///
/// The file grows as `NAME.part`, which stays after a cut or an interrupt, so that the next call goes on from there. The mirror
/// is asked first, then the addresses of the manifest, in their order.
///
/// # Errors
/// When no source has the file or what they have differs from the manifest, the file is there but is another one, the folder
/// cannot be written, another process downloads the same file, the description is faulty, or the interrupt is requested.
pub fn fetch(
    file: &RemoteFile,
    folder: &Path,
    options: &FetchOptions,
    progress: &dyn Progress,
    interrupt: &Interrupt,
) -> Result<Fetched, FetchError> {
    if let Some(fault) = file.fault() {
        return Err(FetchError::Manifest { path: file.path.clone().into(), reason: format!("its file '{}' {fault}", file.path) });
    }
    let path = folder.join(&file.path);
    if let Some(kept) = existing(file, &path, options.force, progress, interrupt)? {
        return Ok(kept);
    }
    if let (true, None, Some(page)) = (file.urls.is_empty(), &options.mirror, &file.page) {
        return Err(FetchError::ByHand { file: file.path.clone(), page: page.clone() });
    }
    let parent = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent).map_err(FetchError::io("make the folder", parent))?;
    let mut part = Part::open(&path, file, progress, interrupt)?;
    let client = Client::new(options);
    let mut download = Download { file, options, progress, interrupt, client, transferred: 0 };
    let origin = from_any(&mut download, &mut part)?;
    let fetched = Fetched::new(file, path.clone(), part.tally(), origin);
    part.finish(&path)?;
    Ok(fetched)
}

/// Completes the part from the first source that has the right file.
fn from_any(download: &mut Download<'_>, part: &mut Part) -> Result<Origin, FetchError> {
    let mut attempts = Attempts::default();
    let mut difference = None;
    for source in sources(download.file, download.options) {
        match bring(&source, download, part) {
            Ok(None) => return Ok(source.origin(download.transferred)),
            Ok(Some(error)) => {
                difference.get_or_insert(error);
            }
            Err(Failure::Final(error)) => return Err(error),
            Err(Failure::Passing(reason) | Failure::Lasting(reason)) => {
                attempts.0.push(Attempt { source: source.to_string(), reason });
            }
        }
    }
    // A wrong file is the more telling news than an address that does not answer.
    Err(difference.unwrap_or_else(|| FetchError::NoSource { file: download.file.path.clone(), attempts }))
}

/// Completes the part from one source; a file that is not the right one is forgotten and told.
fn bring(source: &Source, download: &mut Download<'_>, part: &mut Part) -> Result<Option<FetchError>, Failure> {
    let was_begun = part.bytes() > 0;
    from(source, download, part)?;
    // The wrong bytes may be those of an earlier download or of another source: this one deserves a try of its own.
    if was_begun && part.tally().difference(download.file).is_some() {
        part.clear()?;
        from(source, download, part)?;
    }
    let error = differs(download.file, source, part);
    if error.is_some() {
        part.clear()?;
    }
    Ok(error)
}

fn from(source: &Source, download: &mut Download<'_>, part: &mut Part) -> Result<(), Failure> {
    match source {
        Source::File(path) => download.copy(path, part),
        Source::Url(url) => download.complete(url, part),
    }
}

fn differs(file: &RemoteFile, source: &Source, part: &Part) -> Option<FetchError> {
    let Difference { what, expected, found } = part.tally().difference(file)?;
    Some(FetchError::Differs { file: file.path.clone(), origin: source.to_string(), what, expected, found })
}

fn sources(file: &RemoteFile, options: &FetchOptions) -> Vec<Source> {
    let mirror = options.mirror.as_ref().map(|mirror| match mirror {
        Mirror::Folder(folder) => Source::File(folder.join(&file.path)),
        Mirror::Url(base) => Source::Url(below(base, &file.path)),
    });
    mirror.into_iter().chain(file.urls.iter().cloned().map(Source::Url)).collect()
}

impl Source {
    fn origin(self, transferred: u64) -> Origin {
        match self {
            Self::File(path) => Origin::Copied(path),
            Self::Url(url) => Origin::Downloaded { url, transferred },
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Url(url) => formatter.write_str(url),
        }
    }
}
