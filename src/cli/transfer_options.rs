use bonas::Override;
use clap::Args;
use std::path::PathBuf;
use toml::Value;

/// What was found out before, and is learned from.
#[derive(Args)]
pub(super) struct TransferOptions {
    /// Run of another task in the same space, from whose trials the surrogate learns first; may be repeated
    #[arg(long, value_name = "RUN")]
    transfer_from: Vec<PathBuf>,
}

impl TransferOptions {
    /// The setting that they stand for.
    pub(super) fn setting(&self) -> Option<Override> {
        let runs: Vec<Value> = self.transfer_from.iter().map(|run| run.display().to_string().into()).collect();
        (!runs.is_empty()).then(|| Override::option("knowledge.transfer_from", runs))
    }
}
