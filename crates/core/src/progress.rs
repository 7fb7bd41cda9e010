use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Where long work reports how far it is. Libraries never print; the binary shows bars, lines or nothing.
pub trait Progress: Sync {
    /// A phase of `steps` steps begins; it replaces the phase before it.
    fn begin(&self, phase: &str, steps: u64);
    /// `steps` more steps of the current phase are done; `message` is a short state such as `loss 1.23`.
    fn advance(&self, steps: u64, message: &str);
    /// Something that the user should know but need not act on, such as a batch that was split for want of memory.
    fn notice(&self, _text: &str) {}
    /// A training from scratch begins, or goes on; every epoch behind which it goes on comes as [`epoch`](Self::epoch) next.
    fn training(&self, _course: &TrainingCourse) {}
    /// One more step of that training.
    fn step(&self, _step: &TrainingStep) {}
    /// An epoch of that training, measured.
    fn epoch(&self, _numbers: &EpochNumbers) {}
}

/// How long a training is, and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrainingCourse {
    /// Epochs of the whole training.
    pub epochs: usize,
    /// Those that an earlier process has trained.
    pub finished: usize,
    /// Steps of every epoch.
    pub steps: usize,
}

/// What a step of a training came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrainingStep {
    /// Loss of its batch, in nats, with all that the recipe adds to it.
    pub loss: f64,
    /// Its learning rate.
    pub learning_rate: f64,
}

/// What an epoch of a training came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochNumbers {
    /// From 1.
    pub epoch: usize,
    /// Mean loss of its steps, in nats.
    pub train_loss: f64,
    /// Mean loss on the validation images, in nats.
    pub validation_loss: f64,
    /// Share of the validation images that are classified right, in [0, 1].
    pub validation_accuracy: f64,
}

/// Progress that goes nowhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _phase: &str, _steps: u64) {}
    fn advance(&self, _steps: u64, _message: &str) {}
}

/// A flag, shared with a signal handler, that asks long work to stop at its next step.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks to stop. Safe to call from a signal handler's thread.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether someone asked to stop.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
