use super::{Arguments, Failure};
use clap::{Args, CommandFactory};
use std::process::ExitCode;

/// Print a completion script for a shell
///
/// For example: bonas completions bash > ~/.local/share/bash-completion/completions/bonas
#[derive(Args)]
pub(super) struct CompletionsArguments {
    shell: clap_complete::Shell,
}

impl CompletionsArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        clap_complete::generate(self.shell, &mut Arguments::command(), "bonas", &mut std::io::stdout());
        Ok(ExitCode::SUCCESS)
    }
}
