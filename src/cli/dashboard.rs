use bonas::core::{EpochNumbers, Interrupt, Progress, TrainingCourse, TrainingStep};
use burn_train::Interrupter;
use burn_train::metric::{
    MetricDefinition, MetricEntry, MetricId, NumericAttributes, NumericEntry, SerializedEntry, format_float,
};
use burn_train::renderer::tui::TuiMetricsRendererWrapper;
use burn_train::renderer::{MetricState, MetricsRenderer};
use crossterm::cursor::Show;
use crossterm::event::DisableMouseCapture;
use crossterm::execute;
use crossterm::terminal::{LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, is_raw_mode_enabled};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const LOSS: &str = "Loss";
const ACCURACY: &str = "Accuracy";
const LEARNING_RATE: &str = "Learning rate";

/// How often the keys are looked at.
const KEY_INTERVAL: Duration = Duration::from_millis(50);

type Renderer = Box<dyn MetricsRenderer>;

/// Burn's dashboard as a display of a training.
///
/// It has the terminal until it is closed, by [`close`](Self::close) or by its user, so that what is to be noticed waits until then.
pub(super) struct Dashboard {
    state: Mutex<State>,
    interrupt: Interrupt,
    is_closed: Arc<AtomicBool>,
    /// Hands the wish of the user to stop on.
    keys: JoinHandle<()>,
}

struct State {
    /// None once the user closed it; it is made where the training begins, since it counts the time from there.
    renderer: Option<Renderer>,
    /// Makes it, behind so many finished epochs.
    make: Option<Box<dyn FnOnce(usize) -> Renderer + Send>>,
    /// Whether its thread was seen to have the terminal.
    was_seen: bool,
    /// Finished steps of the epoch.
    done: usize,
    /// Steps of an epoch.
    steps: usize,
    notices: Vec<String>,
}

impl Dashboard {
    /// Prepares a dashboard whose keys request the interrupt.
    ///
    /// # Errors
    /// When the terminal cannot be used.
    pub(super) fn open(interrupt: Interrupt) -> io::Result<Self> {
        // Burn's thread panics where this fails.
        enable_raw_mode()?;
        disable_raw_mode()?;
        let interrupter = Interrupter::new();
        let keys = interrupter.clone();
        Ok(Self::new(interrupt, keys, |finished| Box::new(TuiMetricsRendererWrapper::new(interrupter, Some(finished)))))
    }

    fn new(interrupt: Interrupt, keys: Interrupter, make: impl FnOnce(usize) -> Renderer + Send + 'static) -> Self {
        let state = State { renderer: None, make: Some(Box::new(make)), was_seen: false, done: 0, steps: 0, notices: Vec::new() };
        let (is_closed, asked) = (Arc::new(AtomicBool::new(false)), interrupt.clone());
        let ended = is_closed.clone();
        let keys = thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                if keys.should_stop() {
                    asked.request();
                }
                thread::sleep(KEY_INTERVAL);
            }
        });
        Self { state: Mutex::new(state), interrupt, is_closed, keys }
    }

    /// Gives the terminal back, and the notices that waited for it.
    pub(super) fn close(self) -> Vec<String> {
        self.is_closed.store(true, Ordering::Relaxed);
        let _ = self.keys.join();
        let State { renderer, notices, .. } = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(renderer) = renderer {
            close(renderer);
        }
        notices
    }

    /// Draws, unless the user closed the dashboard.
    fn draw(&self, draw: impl FnOnce(&mut dyn MetricsRenderer, &mut State)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut renderer) = state.renderer.take() else { return };
        let has_terminal = has_terminal();
        let gone = state.was_seen && !has_terminal;
        state.was_seen |= has_terminal;
        if !gone && catch_unwind(AssertUnwindSafe(|| draw(renderer.as_mut(), &mut state))).is_ok() {
            state.renderer = Some(renderer);
        } else if close(renderer) {
            self.interrupt.request();
        } else {
            state.notices.push("the dashboard lost its terminal; the training went on without".into());
        }
    }
}

impl Progress for Dashboard {
    fn begin(&self, _phase: &str, _steps: u64) {}

    fn advance(&self, _steps: u64, _message: &str) {}

    fn notice(&self, text: &str) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).notices.push(text.to_string());
    }

    fn training(&self, course: &TrainingCourse) {
        let TrainingCourse { epochs, finished, steps } = *course;
        {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.steps = steps;
            state.renderer = state.make.take().map(|make| make(finished));
        }
        self.draw(|renderer, _| {
            // What is not registered must not be updated.
            for (name, higher_is_better) in [(LOSS, false), (ACCURACY, true), (LEARNING_RATE, true)] {
                renderer.register_metric(definition(name, higher_is_better));
            }
            renderer.start(epochs, finished + 1, None, Some("training from scratch"));
            renderer.start_split("train", steps);
        });
    }

    fn step(&self, step: &TrainingStep) {
        self.draw(|renderer, state| {
            state.done += 1;
            renderer.update_train(number(LOSS, step.loss));
            renderer.update_train(number(LEARNING_RATE, step.learning_rate));
            renderer.update_split(state.done);
        });
    }

    fn epoch(&self, numbers: &EpochNumbers) {
        self.draw(|renderer, state| {
            // An epoch of an earlier process has no steps here.
            if state.done == 0 {
                renderer.update_train(number(LOSS, numbers.train_loss));
            }
            renderer.update_valid(number(LOSS, numbers.validation_loss));
            renderer.update_valid(number(ACCURACY, numbers.validation_accuracy));
            renderer.update_epoch(numbers.epoch);
            state.done = 0;
            renderer.start_split("train", state.steps);
        });
    }
}

/// Whether a dashboard has the terminal.
pub(super) fn has_terminal() -> bool {
    is_raw_mode_enabled().unwrap_or(false)
}

/// Gives the terminal back, if a dashboard has it.
pub(super) fn restore_terminal() {
    if has_terminal() {
        // There is nobody to tell of a terminal that is gone.
        let _ = disable_raw_mode();
        let _ = execute!(io::stdout(), DisableMouseCapture, LeaveAlternateScreen, Show);
    }
}

/// Closes a dashboard; true if its user had killed it, which panics in every call from then on.
fn close(renderer: Renderer) -> bool {
    // Burn's own hook would leave the alternate screen a second time, and lose the place of the cursor.
    drop(take_hook());
    set_hook(Box::new(|_| {}));
    let was_killed = catch_unwind(AssertUnwindSafe(|| drop(renderer))).is_err();
    drop(take_hook());
    restore_terminal();
    was_killed
}

fn definition(name: &str, higher_is_better: bool) -> MetricDefinition {
    let attributes = NumericAttributes { unit: None, higher_is_better }.into();
    MetricDefinition { metric_id: id(name), name: Arc::new(name.to_string()), description: None, attributes }
}

fn number(name: &str, value: f64) -> MetricState {
    let text = SerializedEntry::new(format_float(value, 4), value.to_string());
    MetricState::Numeric(MetricEntry::new(id(name), text), Some(NumericEntry::Value(value)))
}

fn id(name: &str) -> MetricId {
    MetricId::new(Arc::new(name.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_train::logger::{EvaluationProgressLogger, TrainingProgressLogger};
    use burn_train::renderer::{EvaluationName, MetricsRendererEvaluation, MetricsRendererTraining};
    use std::time::Instant;

    /// What was drawn, a line each; once killed, every call panics, as Burn's does.
    #[derive(Clone, Default)]
    struct Drawn {
        lines: Arc<Mutex<Vec<String>>>,
        is_killed: Arc<AtomicBool>,
    }

    impl Drawn {
        fn line(&self, line: String) {
            assert!(!self.is_killed.load(Ordering::Relaxed), "killed");
            self.lines.lock().expect("not poisoned").push(line);
        }

        fn number(&self, split: &str, state: &MetricState) {
            let MetricState::Numeric(entry, Some(value)) = state else { panic!("{state:?}") };
            let text = &entry.serialized_entry.formatted;
            self.line(format!("{split} {:?} {text} {}", entry.metric_id, value.current()));
        }

        fn lines(&self) -> Vec<String> {
            self.lines.lock().expect("not poisoned").drain(..).collect()
        }
    }

    /// The one that closes.
    struct Screen(Drawn);

    impl Drop for Screen {
        fn drop(&mut self) {
            self.0.line("closed".into());
        }
    }

    impl MetricsRendererTraining for Screen {
        fn update_train(&mut self, state: MetricState) {
            self.0.number("train", &state);
        }
        fn update_valid(&mut self, state: MetricState) {
            self.0.number("valid", &state);
        }
    }

    impl TrainingProgressLogger for Screen {
        fn start(&mut self, epochs: usize, first: usize, items: Option<usize>, _label: Option<&str>) {
            self.0.line(format!("start {first}/{epochs} {items:?}"));
        }
        fn update_epoch(&mut self, epoch: usize) {
            self.0.line(format!("epoch {epoch}"));
        }
        fn start_split(&mut self, split: &str, items: usize) {
            self.0.line(format!("{split} of {items}"));
        }
        fn update_split(&mut self, items: usize) {
            self.0.line(format!("done {items}"));
        }
        fn end_split(&mut self) {}
        fn end(&mut self) {}
        fn log_event_training(&mut self, _event: String) {}
    }

    impl MetricsRendererEvaluation for Screen {
        fn update_test(&mut self, _name: EvaluationName, _state: MetricState) {}
    }

    impl EvaluationProgressLogger for Screen {
        fn start_global_progress(&mut self, _tests: usize) {}
        fn start_test(&mut self, _name: &str, _items: usize) {}
        fn update_test_progress(&mut self, _items: usize) {}
        fn end_test(&mut self) {}
        fn end_global_progress(&mut self) {}
        fn log_event_evaluation(&mut self, _event: String) {}
    }

    impl MetricsRenderer for Screen {
        fn manual_close(&mut self) {}
        fn register_metric(&mut self, definition: MetricDefinition) {
            self.0.line(format!("metric {}", definition.name));
        }
    }

    /// A dashboard, what it draws, its keys, and the interrupt that they request.
    fn dashboard() -> (Dashboard, Drawn, Interrupter, Interrupt) {
        let (drawn, keys, interrupt) = (Drawn::default(), Interrupter::new(), Interrupt::default());
        let screen = drawn.clone();
        let make = move |finished| {
            screen.line(format!("opened behind {finished}"));
            Box::new(Screen(screen.clone())) as Renderer
        };
        (Dashboard::new(interrupt.clone(), keys.clone(), make), drawn, keys, interrupt)
    }

    fn numbers(epoch: usize) -> EpochNumbers {
        EpochNumbers { epoch, train_loss: 1.5, validation_loss: 1.25, validation_accuracy: 0.5 }
    }

    const COURSE: TrainingCourse = TrainingCourse { epochs: 3, finished: 1, steps: 2 };
    const STEP: TrainingStep = TrainingStep { loss: 0.75, learning_rate: 0.125 };

    #[test]
    fn it_draws_a_training_that_goes_on() {
        let (dashboard, drawn, ..) = dashboard();
        dashboard.notice("continuing");
        assert!(drawn.lines().is_empty(), "nothing before the training");
        dashboard.training(&COURSE);
        let opened =
            ["opened behind 1", "metric Loss", "metric Accuracy", "metric Learning rate", "start 2/3 None", "train of 2"];
        assert_eq!(drawn.lines(), opened);
        dashboard.epoch(&numbers(1));
        let metric = |name: &str| format!("{:?}", id(name));
        let (loss, accuracy, rate) = (metric(LOSS), metric(ACCURACY), metric(LEARNING_RATE));
        let measured = [format!("valid {loss} 1.2500 1.25"), format!("valid {accuracy} 0.5000 0.5")];
        let epoch = |number: usize| [format!("epoch {number}"), "train of 2".into()];
        let earlier = [vec![format!("train {loss} 1.5000 1.5")], measured.to_vec(), epoch(1).to_vec()].concat();
        assert_eq!(drawn.lines(), earlier);
        let step = |done: usize| {
            [format!("train {loss} 0.7500 0.75"), format!("train {rate} 0.1250 0.125"), format!("done {done}")].to_vec()
        };
        dashboard.step(&STEP);
        dashboard.step(&STEP);
        dashboard.epoch(&numbers(2));
        dashboard.step(&STEP);
        let steps = [step(1), step(2), measured.to_vec(), epoch(2).to_vec(), step(1)].concat();
        assert_eq!(drawn.lines(), steps, "the steps of an epoch are its losses, and counted anew");
        assert_eq!(dashboard.close(), ["continuing"], "notices wait for the terminal");
        assert_eq!(drawn.lines(), ["closed"]);
    }

    #[test]
    fn its_keys_stop_the_training() {
        let (dashboard, _, keys, interrupt) = dashboard();
        dashboard.training(&COURSE);
        assert!(!interrupt.is_requested());
        keys.stop(None);
        let patience = Instant::now() + Duration::from_secs(60);
        while !interrupt.is_requested() {
            assert!(Instant::now() < patience, "the wish to stop was not handed on");
            thread::sleep(KEY_INTERVAL);
        }
        assert!(dashboard.close().is_empty());
    }

    #[test]
    fn who_kills_it_interrupts_the_training() {
        let (dashboard, drawn, _, interrupt) = dashboard();
        dashboard.training(&COURSE);
        dashboard.step(&STEP);
        drawn.is_killed.store(true, Ordering::Relaxed);
        dashboard.step(&STEP);
        assert!(interrupt.is_requested());
        // Work goes on until it sees the interrupt.
        dashboard.step(&STEP);
        dashboard.epoch(&numbers(2));
        dashboard.notice("late");
        assert_eq!(dashboard.close(), ["late"]);
    }
}
