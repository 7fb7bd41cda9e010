//! Search a network for one's own images: `cargo run --release --example own_images -- FOLDER runs/mine`.
//!
//! The folder has one folder of pictures per class, or such folders in train/ and test/. What is found is in the run folder: the
//! network in `best/`, which `examples/predict.rs` loads, and the report.

use bonas::{Experiment, ExperimentConfig, RunFolder, Watch};
use std::error::Error;
use std::io::Write;
use std::path::PathBuf;

/// Side to which pictures are resized, and their channels.
const SIDE: u32 = 32;
const CHANNELS: usize = 3;
const QUERIES: usize = 32;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(images), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("name a folder of images, and a run folder that is not there yet".into());
    };

    // The default experiment takes minutes on two cores; its settings are those of configs/quick.toml.
    let mut config = ExperimentConfig::quick();
    config.data.path = Some(images);
    config.data.resize = Some(SIDE);
    config.data.channels = CHANNELS;
    config.study.budget.queries = Some(QUERIES);
    // Nothing larger is ever queried.
    config.constraints.max_params = Some(60_000.0);

    let experiment = Experiment::start(config, RunFolder::create(&out)?)?;
    // An observer of one's own in the watch would see every round.
    let finished = experiment.run(&Watch::default())?;

    let mut screen = std::io::stdout();
    if let Some(best) = &finished.best {
        writeln!(screen, "{} queries; the best: {}", finished.queries, best.text)?;
    }
    if let Some(metrics) = &finished.metrics {
        let (accuracy, parameters) = (metrics.test_accuracy, metrics.parameters);
        writeln!(screen, "trained from scratch: test accuracy {accuracy:.4}, {parameters} parameters")?;
    }
    writeln!(screen, "{}", finished.run.best().display())?;
    Ok(())
}
