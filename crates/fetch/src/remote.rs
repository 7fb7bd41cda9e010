use crate::{Contents, FetchError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Component, Path};

/// The manifests that are part of the program.
const KNOWN: &[&str] = &[
    include_str!("../../../datasets/remote/cifar-10.toml"),
    include_str!("../../../datasets/remote/cifar-100.toml"),
    include_str!("../../../datasets/remote/fashion-mnist.toml"),
    include_str!("../../../datasets/remote/imagenet16.toml"),
    include_str!("../../../datasets/remote/kmnist.toml"),
    include_str!("../../../datasets/remote/mnist.toml"),
    include_str!("../../../datasets/remote/nas-bench-101.toml"),
    include_str!("../../../datasets/remote/nas-bench-101-full.toml"),
    include_str!("../../../datasets/remote/nas-bench-macro.toml"),
];
/// Below this similarity (0: nothing in common, 1: equal) a suggestion would rather confuse than help.
const LEAST_SIMILARITY: f64 = 0.5;

/// Public files that belong together, described by a file of `datasets/remote/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteDataSet {
    /// Short name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Where it comes from.
    pub origin: String,
    /// Its licence.
    pub licence: String,
    /// Its files.
    pub files: Vec<RemoteFile>,
}

/// A public file, and how to know it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteFile {
    /// Where it lies in the folder of its data set, with `/` between the parts.
    pub path: String,
    /// Addresses that have it, best first. Without any, people download it at the `page`.
    pub urls: Vec<String>,
    /// The page where people can download it, for files that have no address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Its size, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Its SHA-256 in hexadecimal, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Its MD5 in hexadecimal, where one is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub md5: Option<String>,
    /// What is unpacked, if it is an archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpack: Option<Contents>,
}

impl RemoteDataSet {
    /// Reads a manifest from its text; `path` is for messages.
    ///
    /// # Errors
    /// When it is not TOML, a key is unknown or missing, there is no file, or a file has no safe name or no usable address.
    pub fn parse(path: &Path, text: &str) -> Result<Self, FetchError> {
        let wrong = |reason: String| FetchError::Manifest { path: path.to_path_buf(), reason };
        let set: Self = toml::from_str(text).map_err(|error| wrong(error.to_string().trim().to_string()))?;
        if set.files.is_empty() {
            return Err(wrong("its list of files is empty".into()));
        }
        let mut names = BTreeSet::new();
        for file in &set.files {
            file.fault().map_or(Ok(()), |fault| Err(wrong(format!("its file '{}' {fault}", file.path))))?;
            if !names.insert(file.path.to_lowercase()) {
                return Err(wrong(format!("it names the file '{}' twice", file.path)));
            }
        }
        Ok(set)
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// When the file cannot be read, or is no such manifest.
    pub fn open(path: &Path) -> Result<Self, FetchError> {
        let text = std::fs::read_to_string(path).map_err(FetchError::io("read", path))?;
        Self::parse(path, &text)
    }

    /// The data sets that the program knows.
    pub fn known() -> Vec<Self> {
        KNOWN.iter().map(|text| toml::from_str(text).expect("the manifests of the program are checked by its tests")).collect()
    }

    /// The known data set of this name.
    ///
    /// # Errors
    /// When there is none, with the name most like it.
    pub fn named(name: &str) -> Result<Self, FetchError> {
        let known = Self::known();
        if let Some(set) = known.iter().find(|set| set.name.eq_ignore_ascii_case(name)) {
            return Ok(set.clone());
        }
        let known: Vec<_> = known.into_iter().map(|set| set.name).collect();
        Err(FetchError::UnknownDataSet { name: name.into(), nearest: nearest(name, &known), known })
    }
}

impl RemoteFile {
    /// What is wrong with the description, as the end of a sentence.
    pub(crate) fn fault(&self) -> Option<String> {
        let hexadecimal = |text: &String, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_safe(&self.path) {
            return Some("has a path that is empty, absolute or leaves its folder".into());
        }
        if self.urls.is_empty() && (self.page.is_none() || !self.has_digest()) {
            return Some("has no urls; without any, it needs a page to download it by hand, and a sha256 or md5".into());
        }
        if let Some(url) = self.urls.iter().find(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            return Some(format!("has the address '{url}', which begins with neither http:// nor https://"));
        }
        if let Some(url) = self.urls.iter().find(|url| !url.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Some(format!("has the address '{url}' with blanks or letters beyond ASCII; write those percent-encoded"));
        }
        if self.sha256.as_ref().is_some_and(|digest| !hexadecimal(digest, 64)) {
            return Some("has a sha256 that is not 64 hexadecimal digits".into());
        }
        if self.md5.as_ref().is_some_and(|digest| !hexadecimal(digest, 32)) {
            return Some("has an md5 that is not 32 hexadecimal digits".into());
        }
        self.unpack.as_ref().and_then(|contents| contents.fault(&self.path))
    }

    /// Whether a manifest says how to know the bytes.
    pub(crate) fn has_digest(&self) -> bool {
        self.sha256.is_some() || self.md5.is_some()
    }
}

/// Whether a path stays below the folder that it is joined to, on every system.
pub(crate) fn is_safe(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    !path.is_empty() && !path.contains(['\\', ':']) && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn nearest(name: &str, known: &[String]) -> Option<String> {
    let name = name.to_lowercase();
    let similar = known.iter().map(|known| (strsim::normalized_damerau_levenshtein(&name, known), known));
    let best = similar.filter(|(similarity, _)| *similarity > LEAST_SIMILARITY).max_by(|one, other| one.0.total_cmp(&other.0));
    best.map(|(_, known)| known.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "name = 'n'\ndescription = 'd'\norigin = 'o'\nlicence = 'l'\n";

    fn message(text: &str) -> String {
        RemoteDataSet::parse(Path::new("n.toml"), text).expect_err("a fault").to_string()
    }

    fn with_file(file: &str) -> String {
        format!("{SMALL}[[files]]\n{file}\n")
    }

    #[test]
    fn the_known_manifests_are_sound_and_have_different_names() {
        let mut names = BTreeSet::new();
        for text in KNOWN {
            let set = RemoteDataSet::parse(Path::new("known"), text).expect("sound");
            assert!(names.insert(set.name.clone()), "{} is there twice", set.name);
            assert!(set.files.iter().all(RemoteFile::has_digest), "{} can be verified", set.name);
        }
        assert_eq!(RemoteDataSet::known().len(), KNOWN.len());
    }

    #[test]
    fn data_sets_are_found_by_name_and_slips_are_answered() {
        assert_eq!(RemoteDataSet::named("CIFAR-10").expect("known").name, "cifar-10");
        let error = RemoteDataSet::named("fashon-mnist").expect_err("a slip").to_string();
        assert!(error.contains("did you mean 'fashion-mnist'?") && error.contains("nas-bench-101-full"), "{error}");
        let error = RemoteDataSet::named("words").expect_err("unknown").to_string();
        assert!(!error.contains("did you mean"), "{error}");
    }

    #[test]
    fn faults_of_manifests_are_named() {
        assert!(message("nam = 'n'").contains("unknown field `nam`"));
        assert!(
            message(&format!("{SMALL}files = []"))
                .contains("n.toml is not a manifest of remote files: its list of files is empty")
        );
        assert!(message(&with_file("path = 'a'\nurls = []")).contains("'a' has no urls"));
        assert!(message(&with_file("path = 'a'\nurls = ['ftp://x']")).contains("'ftp://x'"));
        assert!(message(&with_file("path = 'a'\nurls = ['http://x']\nsha256 = 'abc'")).contains("64 hexadecimal digits"));
        assert!(message(&with_file("path = 'a'\nurls = ['http://x']\nmd5 = 'abc'")).contains("32 hexadecimal digits"));
        let twice = format!("{}[[files]]\npath = 'A'\nurls = ['http://x']", with_file("path = 'a'\nurls = ['http://x']"));
        assert!(message(&twice).contains("'A' twice"));
    }

    #[test]
    fn faults_of_archives_are_named() {
        let archive = |path: &str, into: &str, members: &str| {
            let unpack = format!("unpack = {{ into = '{into}', members = [{members}] }}");
            message(&with_file(&format!("path = '{path}'\nurls = ['http://x']\n{unpack}")))
        };
        let member = "{ path = 'a', bytes = 1 }";
        assert!(archive("a.zip", "a", member).contains("neither .tar.gz nor .tgz"));
        assert!(archive("a.tgz", "../a", member).contains("unpacks '../a', a path that is empty, absolute or leaves"));
        assert!(archive("a.tgz", "A.tgz", member).contains("its own name"));
        assert!(archive("a.tgz", "a", "").contains("list of members is empty"));
        assert!(archive("a.tgz", "a", "{ path = '/b', bytes = 1 }").contains("unpacks '/b'"));
        assert!(archive("a.tgz", "a", &format!("{member}, {}", member.replace("'a'", "'A'"))).contains("'A' twice"));
        assert!(archive("a.tgz", "a", "{ path = 'a', byte = 1 }").contains("unknown field `byte`"));
    }

    #[test]
    fn a_file_without_address_needs_a_page_and_a_digest() {
        let digest = format!("md5 = '{}'", "0".repeat(32));
        assert!(message(&with_file("path = 'a'\nurls = []\npage = 'http://x'")).contains("a sha256 or md5"));
        assert!(message(&with_file(&format!("path = 'a'\nurls = []\n{digest}"))).contains("needs a page"));
        let sound = with_file(&format!("path = 'a'\nurls = []\npage = 'http://x'\n{digest}"));
        assert!(RemoteDataSet::parse(Path::new("n.toml"), &sound).is_ok());
        assert!(message(&with_file("path = 'a'\nurls = ['http://x/a b']")).contains("percent-encoded"));
    }

    #[test]
    fn paths_that_leave_the_folder_are_refused() {
        for path in ["", "..", "../a", "/a", "a/../../b", "c:a", "a\\\\b", "."] {
            let text = with_file(&format!("path = \"{path}\"\nurls = ['http://x']"));
            assert!(message(&text).contains("leaves its folder"), "{path}");
        }
        assert!(is_safe("a/b.gz") && is_safe("a b"));
    }
}
