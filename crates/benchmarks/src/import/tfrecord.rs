use super::input::Input;
use crate::ImportError;
use std::io::BufRead;

/// The longest record. Those of tables have a few hundred bytes.
const LONGEST: u64 = 1 << 24;

/// The records of a TFRecord file: length, checksum of the length, data, checksum of the data.
pub(crate) struct Records<R> {
    input: Input<R>,
}

impl<R: BufRead> Records<R> {
    pub(crate) fn new(input: Input<R>) -> Self {
        Self { input }
    }

    pub(crate) fn input(&self) -> &Input<R> {
        &self.input
    }

    /// The next record with the offset of its data; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, Vec<u8>)>, ImportError> {
        if self.input.at_end()? {
            return Ok(None);
        }
        let length = self.input.array::<8>("the length of a record")?;
        self.check(&length, "the length of a record")?;
        let start = self.input.offset();
        let data = self.input.bytes(u64::from_le_bytes(length), LONGEST, "a record")?;
        self.check(&data, "a record")?;
        Ok(Some((start, data)))
    }

    fn check(&mut self, data: &[u8], what: &str) -> Result<(), ImportError> {
        let at = self.input.offset();
        let (found, expected) = (u32::from_le_bytes(self.input.array("a checksum")?), masked(data));
        if found == expected {
            return Ok(());
        }
        Err(self.input.origin().damaged(at, format!("{expected:#010x}, the checksum of {what}"), format!("{found:#010x}")))
    }
}

/// CRC-32C, rotated and shifted so that the checksum of data that hold checksums stays sound.
pub(crate) fn masked(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}
