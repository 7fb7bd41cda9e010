use crate::remote::is_safe;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Which files of an archive (`.tar.gz` or `.tgz`) are unpacked, and where to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// The folder that they are unpacked into, beside the archive.
    pub into: String,
    /// The folder of the archive that has them; without it, its top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The files. Whatever else the archive has is left in it.
    pub members: Vec<Member>,
}

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its path below `from`, and below `into`.
    pub path: String,
    /// Its size, which is also the most that is ever written of it.
    pub bytes: u64,
}

impl Contents {
    /// What is wrong with the description of an archive of this name, as the end of a sentence.
    pub(crate) fn fault(&self, archive: &str) -> Option<String> {
        let archive = archive.to_lowercase();
        if !archive.ends_with(".tar.gz") && !archive.ends_with(".tgz") {
            return Some("is to be unpacked, but its name ends in neither .tar.gz nor .tgz".into());
        }
        let members = self.members.iter().map(|member| &member.path);
        if let Some(path) = [&self.into].into_iter().chain(&self.from).chain(members).find(|path| !is_safe(path)) {
            return Some(format!("unpacks '{path}', a path that is empty, absolute or leaves its folder"));
        }
        if self.into.eq_ignore_ascii_case(&archive) {
            return Some(format!("is to be unpacked into '{}', which is its own name", self.into));
        }
        if self.members.is_empty() {
            return Some("is to be unpacked, but its list of members is empty".into());
        }
        let mut paths = BTreeSet::new();
        let twice = self.members.iter().find(|member| !paths.insert(member.path.to_lowercase()));
        twice.map(|member| format!("unpacks '{}' twice", member.path))
    }

    /// The member that a path of the archive means, by its place in the list.
    pub(crate) fn member(&self, path: &str) -> Option<usize> {
        let below = match &self.from {
            None => path,
            Some(from) => path.strip_prefix(from.trim_end_matches('/'))?.strip_prefix('/')?,
        };
        self.members.iter().position(|member| member.path == below)
    }

    /// Size of all members.
    pub(crate) fn bytes(&self) -> u64 {
        self.members.iter().map(|member| member.bytes).fold(0, u64::saturating_add)
    }
}
