use std::io::Read;

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read so far, over all passes.
    pub read: u64,
    /// Bytes to read, over all passes.
    pub total: u64,
}

/// A reader that tells how far it is.
pub(crate) struct Metered<'a, R> {
    inner: R,
    progress: Progress,
    report: &'a mut dyn FnMut(Progress),
}

impl<'a, R: Read> Metered<'a, R> {
    pub(crate) fn new(inner: R, progress: Progress, report: &'a mut dyn FnMut(Progress)) -> Self {
        Self { inner, progress, report }
    }
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read > 0 {
            self.progress.read += read as u64;
            (self.report)(self.progress);
        }
        Ok(read)
    }
}
