use super::summary::print_line;
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
        // Into memory first: clap_complete panics where the reader of stdout has gone away.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "bonas", &mut script);
        print_line(String::from_utf8_lossy(&script).trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}
