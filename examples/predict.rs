//! Load a trained or exported network (a run, or a file of `bonas export --format safetensors` or `bonas import`) and classify pictures:
//! `cargo run --release --example predict -- runs/mine picture.png …`.

use bonas::core::Interrupt;
use bonas::{DeviceName, Model};
use std::error::Error;
use std::io::Write;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let model = arguments.next().ok_or("name a run folder or a model.safetensors, then pictures")?;
    let pictures: Vec<PathBuf> = arguments.collect();

    let model = Model::open(&model, DeviceName::Auto)?;
    let card = model.card();
    let mut out = std::io::stdout();
    writeln!(out, "{}", card.genotype)?;
    let cost = card.cost()?;
    writeln!(out, "{} parameters, {} multiply-adds per image", cost.parameters, cost.multiply_adds)?;

    for prediction in model.predict(&pictures, 3, &Interrupt::default())? {
        let classes = prediction.classes.iter().map(|class| format!("{} {:.3}", class.class, class.probability));
        writeln!(out, "{}: {}", prediction.image, classes.collect::<Vec<_>>().join(", "))?;
    }
    Ok(())
}
