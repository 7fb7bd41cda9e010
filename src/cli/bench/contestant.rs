use bonas::StrategyName;
use bonas::surrogate::SurrogateName;
use clap::ValueEnum;
use std::path::PathBuf;

/// Who takes part, as the command line says it: something that has a name, or a configuration under a name of its own.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ContestantArgument<T> {
    /// By its name.
    Named(T),
    /// As a file configures it.
    Configured { name: String, config: PathBuf },
}

/// Reads a strategy or `NAME=FILE`.
pub(super) fn strategy(text: &str) -> Result<ContestantArgument<StrategyName>, String> {
    read(text, StrategyName::value_variants(), |strategy| strategy.as_str())
}

/// Reads a surrogate or `NAME=FILE`.
pub(super) fn surrogate(text: &str) -> Result<ContestantArgument<SurrogateName>, String> {
    read(text, SurrogateName::ALL, |surrogate| surrogate.as_str())
}

fn read<T: Copy>(text: &str, known: &[T], name_of: impl Fn(T) -> &'static str) -> Result<ContestantArgument<T>, String> {
    if let Some((name, config)) = text.split_once('=') {
        return match name.is_empty() || config.is_empty() {
            true => Err("write NAME=FILE, with the configuration in the file".into()),
            false => Ok(ContestantArgument::Configured { name: name.into(), config: config.into() }),
        };
    }
    let named = known.iter().copied().find(|&known| name_of(known) == text);
    let names = || known.iter().map(|&known| name_of(known)).collect::<Vec<_>>().join(", ");
    named
        .map(ContestantArgument::Named)
        .ok_or_else(|| format!("there are {}, and NAME=FILE for one that a file configures", names()))
}
