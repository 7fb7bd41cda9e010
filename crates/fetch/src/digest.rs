use crate::RemoteFile;
use md5::Md5;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Digests of some bytes, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// SHA-256.
    pub sha256: String,
    /// MD5, for publishers that name nothing else. It tells accidents, not attacks.
    pub md5: String,
}

/// Digests and length of a file of which more is yet to come.
#[derive(Clone, Default)]
pub(crate) struct Tally {
    sha256: Sha256,
    md5: Md5,
    bytes: u64,
}

/// What a file has, but should not have.
pub(crate) struct Difference {
    pub(crate) what: &'static str,
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Tally {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.md5.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn digests(&self) -> Digests {
        let hexadecimal = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Digests { sha256: hexadecimal(&self.sha256.clone().finalize()), md5: hexadecimal(&self.md5.clone().finalize()) }
    }

    /// The first thing in which the bytes differ from what a manifest says.
    pub(crate) fn difference(&self, file: &RemoteFile) -> Option<Difference> {
        let found = self.digests();
        let size = file.bytes.map(|bytes| ("its size", format!("{bytes} bytes"), format!("{} bytes", self.bytes)));
        let sha256 = file.sha256.clone().map(|expected| ("its SHA-256", expected, found.sha256));
        let md5 = file.md5.clone().map(|expected| ("its MD5", expected, found.md5));
        let mut all = [size, sha256, md5].into_iter().flatten();
        all.find(|(_, expected, found)| !expected.eq_ignore_ascii_case(found)).map(|(what, expected, found)| Difference {
            what,
            expected,
            found,
        })
    }
}
