use crate::FetchError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::path::PathBuf;
use std::str::FromStr;

/// What names of files may not hold as they are in an address (RFC 3986, unreserved characters and `/` may).
const IN_NAMES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');
/// The same for addresses that people wrote, in which reserved characters and `%` have their meaning.
const IN_ADDRESSES: &AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A place that may have the files of a manifest under their names, asked before the manifest's own addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mirror {
    /// A folder.
    Folder(PathBuf),
    /// The address to which the names are appended.
    Url(String),
}

impl FromStr for Mirror {
    type Err = FetchError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |reason| Err(FetchError::Mirror { value: text.into(), reason });
        match text.split_once("://") {
            _ if text.trim().is_empty() => wrong("it is empty"),
            Some(("http" | "https", "")) => wrong("the address names no server"),
            // A query would end up before the name of the file.
            Some(("http" | "https", rest)) if rest.contains(['?', '#']) => {
                wrong("the address has a query or a fragment; in the name of a folder, write %3F for ? and %23 for #")
            }
            Some(("http" | "https", rest)) if !rest.split('/').next().unwrap_or_default().is_ascii() => {
                wrong("the name of its server has letters beyond ASCII; write the form that begins with xn--")
            }
            Some(("http" | "https", _)) => {
                Ok(Self::Url(utf8_percent_encode(text.trim_end_matches('/'), IN_ADDRESSES).to_string()))
            }
            Some(_) => wrong("its protocol is not supported"),
            None => Ok(Self::Folder(text.into())),
        }
    }
}

/// The address of a file below another address.
pub(crate) fn below(base: &str, path: &str) -> String {
    format!("{}/{}", base.trim_end_matches('/'), utf8_percent_encode(path, IN_NAMES))
}

#[cfg(test)]
mod tests {
    use super::{Mirror, below};

    #[test]
    fn names_are_percent_encoded_and_addresses_keep_their_meaning() {
        assert_eq!(below("http://a/b", "sub/50% of #1?+é.bin"), "http://a/b/sub/50%25%20of%20%231%3F%2B%C3%A9.bin");
        assert_eq!(below("http://a/b/", "plain-name_1.tar.gz~"), "http://a/b/plain-name_1.tar.gz~");
        let mirror = |text: &str| text.parse::<Mirror>().map_err(|error| error.to_string());
        assert_eq!(mirror("http://a:8/my data/größe"), Ok(Mirror::Url("http://a:8/my%20data/gr%C3%B6%C3%9Fe".into())));
        assert_eq!(mirror("http://me@a/b%20c%23/"), Ok(Mirror::Url("http://me@a/b%20c%23".into())));
        assert_eq!(mirror("my data/#1?"), Ok(Mirror::Folder("my data/#1?".into())));
        let error = mirror("http://größe.example/a").expect_err("no host for a request");
        assert!(error.contains("xn--"), "{error}");
        let error = mirror("http://a/#1").expect_err("a fragment");
        assert!(error.contains("%23"), "{error}");
    }

    #[test]
    fn folders_and_addresses_are_told_apart() {
        let mirror = |text: &str| text.parse::<Mirror>().map_err(|error| error.to_string());
        assert_eq!(mirror("https://example.org/data/"), Ok(Mirror::Url("https://example.org/data".into())));
        assert_eq!(mirror("../data"), Ok(Mirror::Folder("../data".into())));
        let error = mirror("ftp://example.org").expect_err("not supported");
        assert!(error.contains("ftp://example.org") && error.contains("http://"), "{error}");
        assert!(mirror("").is_err() && mirror("http://").is_err() && mirror("http://example.org/?file=").is_err());
    }
}
