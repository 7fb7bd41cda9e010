use super::Failure;
use super::console::stop_on_signal;
use super::device_options::admit_device;
use super::summary::print_line;
use bonas::{DeviceName, Evaluation, EvaluationSplit, Model};
use clap::Args;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use std::path::PathBuf;
use std::process::ExitCode;

/// Measure a trained network on the images of a data set
///
/// Images are read and split as for the training of the network, by the same seed. For example:
/// bonas evaluate runs/mine --data my-images/
#[derive(Args)]
pub(super) struct EvaluateArguments {
    /// Run folder, folder of `bonas train`, or model file
    model: PathBuf,
    /// Images: a folder per class, CIFAR binaries, IDX files, or a manifest; without it, those that are part of the program
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Which of the images
    #[arg(long, value_enum, default_value_t = EvaluationSplit::Test)]
    split: EvaluationSplit,
    /// Where to compute: auto, cpu, cuda:N, vulkan:N, wgpu:N or metal; a GPU is checked before its first use
    #[arg(long, value_name = "DEVICE", default_value_t = DeviceName::Auto)]
    device: DeviceName,
    /// Print one JSON object, with the confusion matrix
    #[arg(long)]
    json: bool,
}

impl EvaluateArguments {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        admit_device(self.device)?;
        let model = Model::open(&self.model, self.device)?;
        let evaluation = model.evaluate(self.data.as_deref(), self.split, &stop_on_signal())?;
        if evaluation.trained_on_this_data == Some(false) {
            anstream::eprintln!(
                "warning: the training images beside these are not those of the network ({}); if its training images are among \
                 these in another split, the accuracy is too high",
                model.card().training.name
            );
        }
        if self.json {
            print_line(&serde_json::to_string(&evaluation).map_err(Failure::other)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        print_line(&table(&evaluation).to_string())?;
        let Evaluation { accuracy, loss, images, .. } = evaluation;
        print_line(&format!("accuracy {accuracy:.4} on {images} images, loss {loss:.4}"))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn table(evaluation: &Evaluation) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["class", "images", "correct", "accuracy", "others taken for it", "most often taken for"]);
    for (class, row) in evaluation.per_class.iter().enumerate() {
        table.add_row([
            row.class.clone(),
            row.images.to_string(),
            row.correct.to_string(),
            format!("{:.4}", row.accuracy),
            row.mistaken.to_string(),
            confused_with(evaluation, class),
        ]);
    }
    for column in table.column_iter_mut().skip(1).take(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The class that images of this one are most often mistaken for, if they ever are.
fn confused_with(evaluation: &Evaluation, class: usize) -> String {
    let others = evaluation.confusion[class].iter().enumerate().filter(|&(other, &count)| other != class && count > 0);
    let most = others.rev().max_by_key(|&(_, count)| count);
    most.map_or("–".into(), |(other, count)| format!("{} ({count})", evaluation.per_class[other].class))
}
