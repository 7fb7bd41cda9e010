use crate::client::{Answer, Client, Range};
use crate::existing::CHUNK;
use crate::memo::Memo;
use crate::part::Part;
use crate::{FetchError, FetchOptions, RemoteFile};
use bonas_core::{Interrupt, Progress};
use std::io::{ErrorKind, Read};

/// Why a source gave no file.
pub(crate) enum Failure {
    /// It may work in a moment.
    Passing(String),
    /// Another source has to be asked.
    Lasting(String),
    /// No source can help.
    Final(FetchError),
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::Final(error)
    }
}

/// A download of one file, at whatever addresses.
pub(crate) struct Download<'a> {
    pub(crate) file: &'a RemoteFile,
    pub(crate) options: &'a FetchOptions,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) client: Client,
    /// Bytes that came over the network.
    pub(crate) transferred: u64,
}

impl Download<'_> {
    /// Completes the part from an address, trying again after passing failures.
    pub(crate) fn complete(&mut self, url: &str, part: &mut Part) -> Result<(), Failure> {
        let mut failures = 0;
        let mut furthest = part.bytes();
        loop {
            let reason = match self.once(url, part) {
                Err(Failure::Passing(reason)) => reason,
                other => return other,
            };
            // A server that gets further each time is worth more patience than one that fails at once.
            if part.bytes() > furthest {
                (failures, furthest) = (0, part.bytes());
            }
            if failures == self.options.retries {
                return Err(Failure::Lasting(format!("{reason} ({} times in a row)", failures + 1)));
            }
            self.options.pause(failures, self.interrupt);
            failures += 1;
        }
    }

    fn once(&mut self, url: &str, part: &mut Part) -> Result<(), Failure> {
        self.check_interrupt(part)?;
        if self.is_whole(url, part) {
            return Ok(());
        }
        let range = self.range(url, part);
        // Without a digest, the connection is all that vouches for the bytes.
        let keep_https = url.starts_with("https://") && !self.file.has_digest();
        match self.client.get(url, range.as_ref(), keep_https).map_err(unanswered)? {
            Answer::Whole { memo, body } => {
                self.check_total(memo.bytes)?;
                let total = memo.bytes;
                part.restart(memo)?;
                self.stream(body, total, part)
            }
            Answer::Rest { from, total, body } if range.is_some() && from == part.bytes() => {
                self.check_total(total)?;
                let known = part.memo().filter(|memo| memo.url == url).and_then(|memo| memo.bytes);
                self.stream(body, total.or(known), part)
            }
            Answer::Rest { .. } | Answer::OutOfRange => {
                part.clear()?;
                Err(Failure::Passing("it did not send the bytes that were asked for".into()))
            }
            Answer::Refused { status, is_passing: true } => Err(Failure::Passing(format!("it answered {status}"))),
            Answer::Refused { status, is_passing: false } => Err(Failure::Lasting(format!("it answered {status}"))),
        }
    }

    /// Whether nothing is missing, as far as that can be known beforehand.
    fn is_whole(&self, url: &str, part: &Part) -> bool {
        let memo = part.memo().filter(|memo| memo.url == url).and_then(|memo| memo.bytes);
        self.file.bytes.or(memo.filter(|_| part.bytes() > 0)) == Some(part.bytes())
    }

    /// How to go on with a part: if it is known that the rest belongs to it, or if a digest will tell.
    fn range(&self, url: &str, part: &Part) -> Option<Range> {
        let validator = part.memo().filter(|memo| memo.url == url).and_then(|memo| memo.validator.clone());
        let is_safe = validator.is_some() || self.file.has_digest();
        (part.bytes() > 0 && is_safe).then(|| Range { from: part.bytes(), validator })
    }

    fn check_total(&self, total: Option<u64>) -> Result<(), Failure> {
        match (total, self.file.bytes) {
            (Some(total), Some(expected)) if total != expected => {
                Err(Failure::Lasting(format!("its file has {total} bytes, the manifest says {expected}")))
            }
            _ => Ok(()),
        }
    }

    fn check_interrupt(&self, part: &Part) -> Result<(), Failure> {
        if !self.interrupt.is_requested() {
            return Ok(());
        }
        let (file, path) = (self.file.path.clone(), part.path().to_path_buf());
        Err(FetchError::Interrupted { file, part: path, bytes: part.bytes() }.into())
    }

    /// Appends a body to the part. `total` is the size of the whole file.
    fn stream(&mut self, mut body: Box<dyn Read>, total: Option<u64>, part: &mut Part) -> Result<(), Failure> {
        let total = self.file.bytes.or(total);
        self.progress.begin(&format!("downloading {}", self.file.path), total.unwrap_or(0));
        self.progress.advance(part.bytes(), "");
        let mut chunk = vec![0; CHUNK];
        loop {
            self.check_interrupt(part)?;
            let read = match body.read(&mut chunk) {
                Ok(0) => return ended(part.bytes(), total),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Failure::Passing(cut(part.bytes(), total, &error.to_string()))),
            };
            self.transferred += read as u64;
            if let Some(total) = total.filter(|total| part.bytes() + read as u64 > *total) {
                part.clear()?;
                return Err(Failure::Lasting(format!("it sent more than the {total} bytes of the file")));
            }
            part.write(&chunk[..read])?;
            self.progress.advance(read as u64, "");
        }
    }

    /// Copies the file from a folder.
    pub(crate) fn copy(&mut self, source: &std::path::Path, part: &mut Part) -> Result<(), Failure> {
        let lasting = |error: std::io::Error| Failure::Lasting(error.to_string());
        let mut from = std::fs::File::open(source).map_err(lasting)?;
        let total = from.metadata().map_err(lasting)?.len();
        self.check_total(Some(total))?;
        part.restart(Memo { url: source.display().to_string(), validator: None, bytes: Some(total) })?;
        self.progress.begin(&format!("copying {}", self.file.path), total);
        let mut chunk = vec![0; CHUNK];
        loop {
            self.check_interrupt(part)?;
            let read = from.read(&mut chunk).map_err(lasting)?;
            if read == 0 {
                return Ok(());
            }
            part.write(&chunk[..read])?;
            self.progress.advance(read as u64, "");
        }
    }
}

/// A body came to its end; whether that was the end of the file is another question.
fn ended(bytes: u64, total: Option<u64>) -> Result<(), Failure> {
    match total {
        Some(total) if bytes < total => Err(Failure::Passing(cut(bytes, Some(total), "the server ended it"))),
        _ => Ok(()),
    }
}

fn cut(bytes: u64, total: Option<u64>, reason: &str) -> String {
    let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
    format!("the connection broke after {bytes}{of} bytes: {reason}")
}

/// Only what a second try could change is passing.
fn unanswered(error: ureq::Error) -> Failure {
    match error {
        ureq::Error::BadUri(_)
        | ureq::Error::Http(_)
        | ureq::Error::InvalidProxyUrl
        | ureq::Error::RequireHttpsOnly(_)
        | ureq::Error::TooManyRedirects
        | ureq::Error::RedirectFailed
        | ureq::Error::Tls(_)
        | ureq::Error::Rustls(_) => Failure::Lasting(error.to_string()),
        error => Failure::Passing(error.to_string()),
    }
}
