use bonas_core::SpaceError;

/// Below this similarity (0: nothing in common, 1: equal) a suggestion would rather confuse than help.
const LEAST_SIMILARITY: f64 = 0.5;

/// The known name most like `name`, if one is like it at all; the first of equals.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let mut best = None;
    let mut most = LEAST_SIMILARITY;
    for candidate in known {
        let similarity = strsim::normalized_damerau_levenshtein(&name, candidate);
        if similarity > most {
            (best, most) = (Some(candidate), similarity);
        }
    }
    best
}

/// The error for an operation that a space does not have.
pub(crate) fn unknown_operation(name: &str, offset: impl Into<Option<usize>>, space: &str, known: &[&str]) -> SpaceError {
    SpaceError::UnknownOperation {
        name: name.into(),
        offset: offset.into(),
        nearest: nearest(name, known.iter().copied()).map(str::to_owned),
        space: space.into(),
        known: known.iter().map(|name| name.to_string()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let known = ["sep_conv_3x3", "sep_conv_5x5", "skip_connect"];
        assert_eq!(nearest("sep_conv_5x6", known), Some("sep_conv_5x5"));
        assert_eq!(nearest("Skip_Conect", known), Some("skip_connect"));
        assert_eq!(nearest("transformer", known), None);
        assert_eq!(nearest("", known), None);
    }
}
