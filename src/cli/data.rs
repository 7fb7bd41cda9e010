use super::Failure;
use super::console::{Console, stop_on_signal};
use super::summary::print_line;
use bonas::benchmarks::import::ImportReport;
use bonas::benchmarks::{Layout, Release, Table, Unit};
use bonas::core::{Interrupt, Progress};
use bonas::data::{DataConfig, DataSource, ImageSet, Normalization, evaluation_batches};
use bonas::fetch::{FetchError, FetchOptions, Mirror, RemoteDataSet, RemoteFile, fetch, is_unpacked, unpack};
use clap::builder::PossibleValue;
use clap::{Args, Subcommand, ValueEnum};
use comfy_table::presets;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Extension of tables in the stored form.
const STORED: &str = "npz";

/// List, download, import and check data sets and tables
#[derive(Subcommand)]
pub(super) enum DataCommand {
    /// List what can be downloaded, imported and read
    List,
    Pull(PullArguments),
    Import(ImportArguments),
    Check(CheckArguments),
}

/// Download a public data set or table, and verify it
///
/// A broken download goes on where it stopped. Nothing unverified or unfinished ever lies under the final name. Archives are
/// unpacked into a folder of their own; they may be removed then.
#[derive(Args)]
#[command(after_help = "Examples:
  bonas data pull nas-bench-macro --out tables
  bonas data pull cifar-10                        then: bonas search --data cifar-10
  bonas data pull fashion-mnist --out fashion     then: bonas search --data fashion
  bonas data pull cifar-100 --mirror https://example.org/files
  bonas data pull imagenet16 --mirror Downloads --out imagenet16")]
pub(super) struct PullArguments {
    /// Name of the data set (`bonas data list`), or a manifest of one's own
    name: String,
    /// Folder to put the files into
    #[arg(long, default_value = ".")]
    out: PathBuf,
    /// Folder or address that has the files, asked first
    #[arg(long, value_name = "FOLDER|URL")]
    mirror: Option<Mirror>,
    /// Replace a file that is there but differs
    #[arg(long)]
    force: bool,
}

/// Import the official release of a benchmark as a table that opens at once
///
/// Pickles are read as data: no code of the file is run. An import that is cut off leaves nothing under the name of the table; start it
/// again. For example:
/// bonas data import nas-bench-201 NAS-Bench-201-v1_1-096897.pth --out nb201.npz
#[derive(Args)]
pub(super) struct ImportArguments {
    /// What is imported: a release, or csv
    #[arg(value_enum)]
    kind: Kind,
    /// The file or folder
    path: PathBuf,
    /// The table to write, which must not exist yet
    #[arg(long, value_name = "FILE.npz")]
    out: PathBuf,
    /// Layout of a CSV file; without it, the known one that its header matches
    #[arg(long)]
    layout: Option<PathBuf>,
}

/// Check images or a table, and say what is in it
///
/// For example: bonas data check my-images/, or bonas data check nb201.npz
#[derive(Args)]
pub(super) struct CheckArguments {
    /// Images (folder, binary, manifest) or a table (.npz, .csv)
    path: PathBuf,
    /// Layout of a CSV file
    #[arg(long)]
    layout: Option<PathBuf>,
}

/// What can be imported.
#[derive(Clone, Copy)]
enum Kind {
    Release(Release),
    Csv,
}

impl ValueEnum for Kind {
    fn value_variants<'a>() -> &'a [Self] {
        const KINDS: [Kind; 7] = [
            Kind::Release(Release::ALL[0]),
            Kind::Release(Release::ALL[1]),
            Kind::Release(Release::ALL[2]),
            Kind::Release(Release::ALL[3]),
            Kind::Release(Release::ALL[4]),
            Kind::Release(Release::ALL[5]),
            Kind::Csv,
        ];
        &KINDS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::Release(release) => release.as_str(),
            Self::Csv => "csv",
        }))
    }
}

impl DataCommand {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::List => list(),
            Self::Pull(arguments) => arguments.run(),
            Self::Import(arguments) => arguments.run(),
            Self::Check(arguments) => arguments.run(),
        }
    }
}

fn list() -> Result<ExitCode, Failure> {
    let mut table = comfy_table::Table::new();
    table.load_style(presets::NOTHING).set_header(["name", "how", "what it is"]);
    table.add_row(["fashion-mnist-14k", "built in", "a balanced part of Fashion-MNIST, the default of bonas search"]);
    for set in RemoteDataSet::known() {
        table.add_row([set.name.as_str(), "pull", set.description.trim()]);
    }
    for release in Release::ALL {
        table.add_row([release.as_str(), "import", "the official release"]);
    }
    for layout in Layout::known() {
        table.add_row([layout.name.as_str(), "CSV", layout.note.as_deref().unwrap_or_default()]);
    }
    print_line(&table.to_string())?;
    Ok(ExitCode::SUCCESS)
}

impl PullArguments {
    fn run(self) -> Result<ExitCode, Failure> {
        let manifest = Path::new(&self.name);
        let set = match manifest.is_file() {
            true => RemoteDataSet::open(manifest),
            false => RemoteDataSet::named(&self.name),
        };
        let set = set.map_err(Failure::other)?;
        let options = FetchOptions { mirror: self.mirror.clone(), force: self.force, ..FetchOptions::default() };
        let (console, interrupt) = (Console::new(), stop_on_signal());
        for file in &set.files {
            console.line(&format!("{}: {}", set.name, file.path));
            for line in self.bring(file, &options, &console, &interrupt).map_err(Failure::other)? {
                print_line(&line)?;
            }
        }
        console.finish();
        Ok(ExitCode::SUCCESS)
    }

    /// Brings a file and what is in it, and says so line by line.
    fn bring(
        &self,
        file: &RemoteFile,
        options: &FetchOptions,
        console: &Console,
        interrupt: &Interrupt,
    ) -> Result<Vec<String>, FetchError> {
        let mut lines = Vec::new();
        // An archive that was removed after it was unpacked is not downloaded again.
        let is_done = file.unpack.is_some() && !self.force && is_unpacked(file, &self.out);
        if !is_done || self.out.join(&file.path).exists() {
            lines.push(fetch(file, &self.out, options, console, interrupt)?.to_string());
        }
        lines.extend(unpack(file, &self.out, self.force, console, interrupt)?.map(|unpacked| unpacked.to_string()));
        Ok(lines)
    }
}

impl ImportArguments {
    fn run(self) -> Result<ExitCode, Failure> {
        if self.out.extension().is_none_or(|extension| extension != STORED) {
            return Err(Failure::usage(format!("{} does not end in .{STORED}, by which tables are known", self.out.display())));
        }
        if self.out.exists() {
            return Err(Failure::other(format!("{} exists already; choose another name", self.out.display())));
        }
        if let (Kind::Release(_), Some(_)) = (&self.kind, &self.layout) {
            return Err(Failure::usage("--layout describes CSV files; an official release needs none"));
        }
        let table = match self.kind {
            Kind::Csv => Table::open(&self.path, self.layout.as_deref()).map_err(Failure::other)?,
            Kind::Release(release) => self.import(release)?,
        };
        table.save(&self.out).map_err(Failure::other)?;
        describe(&table)?;
        print_line(&format!("table: {}", self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }

    fn import(&self, release: Release) -> Result<Table, Failure> {
        let console = Console::new();
        let mut done = 0;
        let mut report_progress = |progress: bonas::benchmarks::import::Progress| {
            // A bar of a thousand steps, whatever the size of the file.
            if done == 0 {
                console.begin("importing", 1000);
            }
            let now = 1000 * progress.read / progress.total.max(1);
            console.advance(now.saturating_sub(done), "");
            done = now.max(done).max(1);
        };
        let (table, report) = release.import(&self.path, &mut report_progress).map_err(Failure::other)?;
        console.finish();
        print_report(&report)?;
        Ok(table)
    }
}

fn print_report(report: &ImportReport) -> Result<(), Failure> {
    let join = |values: Vec<String>| if values.is_empty() { "none".to_string() } else { values.join(", ") };
    print_line(&format!("{} architectures", report.architectures))?;
    print_line(&format!("tasks: {}", join(report.tasks.iter().cloned().collect())))?;
    print_line(&format!("epochs: {}", join(report.epochs.iter().map(u32::to_string).collect())))?;
    print_line(&format!("seeds: {}", join(report.seeds.iter().map(u32::to_string).collect())))?;
    for (column, missing) in report.missing() {
        print_line(&format!("{missing} architectures have no {column}"))?;
    }
    Ok(())
}

fn describe(table: &Table) -> Result<(), Failure> {
    print_line(&format!("{}: {} architectures of the space {}", table.name(), table.len(), table.space()))?;
    for (place, column) in table.columns().iter().enumerate() {
        // A score is negative where smaller is better; people know the value.
        let best = table.values(place).max_by(|a, b| column.score(*a).total_cmp(&column.score(*b)));
        let unit = match column.unit {
            Unit::Plain => "",
            Unit::Percent => " %",
            Unit::Seconds => " s",
            Unit::Milliseconds => " ms",
        };
        let best = best.map_or(String::new(), |best| format!(", best {best}{unit}"));
        print_line(&format!("  {}: {} values{best}", column.key, table.values(place).count()))?;
    }
    Ok(())
}

/// Decodes images that stay on the disk, to see whether all are whole.
fn decode_all(images: &Arc<ImageSet>, normalization: &Normalization) -> Result<(), Failure> {
    const BATCH_SIZE: usize = 64;
    let console = Console::new();
    console.begin("decoding", images.len() as u64);
    for batch in evaluation_batches(images, None, normalization, BATCH_SIZE) {
        console.advance(batch.map_err(Failure::other)?.labels.len() as u64, "");
    }
    console.finish();
    Ok(())
}

impl CheckArguments {
    fn run(self) -> Result<ExitCode, Failure> {
        let is_table = self.path.extension().is_some_and(|extension| extension == STORED || extension == "csv");
        match is_table {
            true => describe(&Table::open(&self.path, self.layout.as_deref()).map_err(Failure::other)?)?,
            false => self.images()?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn images(&self) -> Result<(), Failure> {
        let config = DataConfig { path: Some(self.path.clone()), ..DataConfig::default() };
        let data = DataSource::open(&config, 0).map_err(Failure::other)?;
        let sizes = [("training", &data.train), ("validation", &data.validation)];
        for (part, images) in sizes {
            print_line(&format!("{part}: {} images, {}", images.len(), images.describe()))?;
            if images.is_on_disk() {
                decode_all(images, &data.normalization)?;
            }
        }
        print_line(&format!("sha256: {}", data.digest))?;
        DataSource::check_test(&config, 0, &data.train).map_err(Failure::other)?;
        print_line("test images: there, and of the same classes and size")
    }
}
