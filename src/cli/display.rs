use super::Failure;
use super::console::{Console, stop_on_signal};
#[cfg(feature = "dashboard")]
use super::dashboard::Dashboard;
use bonas::core::{Interrupt, Progress};
use clap::Args;
use std::io::IsTerminal;

/// How a training shows how far it is: with a bar or lines on stderr, or on the dashboard.
#[derive(Args)]
pub(super) struct DisplayOptions {
    /// Show the training on Burn's dashboard instead of a bar: curves of loss, accuracy and learning rate. Keys: arrows choose a curve;
    /// q, then s, stops as Ctrl-C does without it. Needs a terminal, and a build with `--features dashboard`
    #[arg(long)]
    pub(super) dashboard: bool,
}

impl DisplayOptions {
    /// Whether what is asked for can be shown here.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if !self.dashboard {
            return Ok(());
        }
        if !cfg!(feature = "dashboard") {
            return Err(Failure::usage(
                "this build of bonas has no dashboard; build one with `cargo build --release --features dashboard`, or leave \
                 --dashboard out for a bar",
            ));
        }
        if !std::io::stdout().is_terminal() {
            return Err(Failure::usage(
                "the dashboard is drawn on stdout, which is no terminal here; leave --dashboard out for lines of text on stderr",
            ));
        }
        Ok(())
    }

    /// Works with this display and closes it again. The work may be stopped by a signal, or by the keys of the dashboard.
    pub(super) fn show<T>(&self, work: impl FnOnce(&dyn Progress, Interrupt) -> T) -> Result<T, Failure> {
        let (console, interrupt) = (Console::new(), stop_on_signal());
        #[cfg(feature = "dashboard")]
        if self.dashboard {
            let dashboard = Dashboard::open(interrupt.clone()).map_err(|error| {
                Failure::other(format!("the dashboard cannot use this terminal ({error}); leave --dashboard out for a bar"))
            })?;
            let done = work(&dashboard, interrupt);
            let notices = dashboard.close();
            // A bar that never began is not drawn around them.
            console.finish();
            notices.iter().for_each(|notice| console.notice(notice));
            return Ok(done);
        }
        let done = work(&console, interrupt);
        console.finish();
        Ok(done)
    }
}

/// Whether a dashboard has the terminal, so that nothing else may be written there.
pub(super) fn has_terminal() -> bool {
    #[cfg(feature = "dashboard")]
    return super::dashboard::has_terminal();
    #[cfg(not(feature = "dashboard"))]
    false
}

/// Gives the terminal back, if a dashboard has it.
pub(super) fn restore_terminal() {
    #[cfg(feature = "dashboard")]
    super::dashboard::restore_terminal();
}
