/// What an operation does to a cell's wiring, whatever the network learns.
///
/// Surrogates that know it see that a skip connection is a wire and that a zero is none: cells that compute the same then look
/// the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OperationRole {
    /// It computes something.
    Ordinary,
    /// It passes its input on.
    Identity,
    /// It passes nothing on, as if it were not there.
    Zero,
}

/// Names that the field gives to operations without a computation.
const IDENTITIES: [&str; 4] = ["identity", "skip", "skip-connect", "skip-connection"];
const ZEROS: [&str; 3] = ["none", "zero", "zeroize"];

impl OperationRole {
    /// The role of an operation of this name, as the public benchmarks name them: `none` and `zero` are zeros, `skip_connect`,
    /// `identity` and their like are identities. Capitals, blanks, `-` and `_` do not matter.
    pub fn of(name: &str) -> Self {
        let name = name.trim().to_lowercase().replace(['_', ' '], "-");
        if IDENTITIES.contains(&name.as_str()) {
            Self::Identity
        } else if ZEROS.contains(&name.as_str()) {
            Self::Zero
        } else {
            Self::Ordinary
        }
    }

    /// The roles of a whole [`vocabulary`](crate::SearchSpace::vocabulary).
    pub fn of_vocabulary(names: &[String]) -> Vec<Self> {
        names.iter().map(|name| Self::of(name)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_field_are_known() {
        for (name, role) in [
            ("none", OperationRole::Zero),
            ("Zeroize", OperationRole::Zero),
            ("skip_connect", OperationRole::Identity),
            ("Identity", OperationRole::Identity),
            ("nor_conv_3x3", OperationRole::Ordinary),
            ("normal c_{k-1}", OperationRole::Ordinary),
            ("skip_lstm", OperationRole::Ordinary),
        ] {
            assert_eq!(OperationRole::of(name), role, "{name}");
        }
    }
}
