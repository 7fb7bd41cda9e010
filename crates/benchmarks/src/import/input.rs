use super::origin::Origin;
use crate::ImportError;
use std::io::{BufRead, Read};

/// Grown in steps of this many bytes, so that a length that lies allocates no more than the file has.
const STEP: u64 = 1 << 16;

/// A reader that knows its offset and turns every failure into an error that names it.
pub(crate) struct Input<R> {
    reader: R,
    offset: u64,
    origin: Origin,
}

impl<R: BufRead> Input<R> {
    /// `offset` is that of the reader's first byte.
    pub(crate) fn new(reader: R, offset: u64, origin: Origin) -> Self {
        Self { reader, offset, origin }
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn at_end(&mut self) -> Result<bool, ImportError> {
        let (offset, origin) = (self.offset, &self.origin);
        Ok(self.reader.fill_buf().map_err(|error| origin.io(offset, "more data", error))?.is_empty())
    }

    pub(crate) fn array<const N: usize>(&mut self, expected: &str) -> Result<[u8; N], ImportError> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes).map_err(|error| self.origin.io(self.offset, expected, error))?;
        self.offset += N as u64;
        Ok(bytes)
    }

    pub(crate) fn byte(&mut self, expected: &str) -> Result<u8, ImportError> {
        Ok(self.array::<1>(expected)?[0])
    }

    /// Exactly `length` bytes, at most `limit`.
    pub(crate) fn bytes(&mut self, length: u64, limit: u64, expected: &str) -> Result<Vec<u8>, ImportError> {
        if length > limit {
            return Err(self.origin.too_large(self.offset, "a length", limit));
        }
        let mut bytes = Vec::with_capacity(length.min(STEP) as usize);
        let read = (&mut self.reader).take(length).read_to_end(&mut bytes);
        let read = read.map_err(|error| self.origin.io(self.offset, expected, error))? as u64;
        if read < length {
            return Err(self.origin.damaged(self.offset, format!("{expected} of {length} bytes"), format!("{read} bytes")));
        }
        self.offset += length;
        Ok(bytes)
    }

    /// The bytes up to a line feed, without it.
    pub(crate) fn line(&mut self, limit: u64, expected: &str) -> Result<Vec<u8>, ImportError> {
        let mut line = Vec::new();
        let read = (&mut self.reader).take(limit).read_until(b'\n', &mut line);
        read.map_err(|error| self.origin.io(self.offset, expected, error))?;
        if line.last() != Some(&b'\n') {
            if line.len() as u64 == limit {
                return Err(self.origin.too_large(self.offset, "a line", limit));
            }
            return Err(self.origin.damaged(self.offset, format!("{expected} that ends in a line feed"), "the end of the data"));
        }
        self.offset += line.len() as u64;
        line.pop();
        Ok(line)
    }
}
