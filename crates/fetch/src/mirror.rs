use crate::FetchError;
use std::path::PathBuf;
use std::str::FromStr;

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
            Some(("http" | "https", rest)) if rest.contains(['?', '#']) => wrong("the address has a query or a fragment"),
            Some(("http" | "https", _)) => Ok(Self::Url(text.trim_end_matches('/').into())),
            Some(_) => wrong("its protocol is not supported"),
            None => Ok(Self::Folder(text.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Mirror;

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
