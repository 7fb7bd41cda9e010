use crate::config::ExperimentConfig;
use crate::error::BonasError;
use crate::model::MODEL_FILE;
use crate::run_folder::write_whole;
use bonas_core::Architecture;
use bonas_supernet::{CardGenotype, Epoch, NetworkSpace};
use std::path::{Path, PathBuf};

const GENOTYPE: &str = "genotype.json";
const PICTURE: &str = "cell.svg";
const METRICS: &str = "metrics.json";
const CONFIG: &str = "config.toml";

/// The folder of one training and the names of the files in it: of its own, or `best/` of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainingFolder(PathBuf);

impl TrainingFolder {
    /// The folder at this path, which need not exist yet.
    pub fn new(path: &Path) -> Self {
        Self(path.to_path_buf())
    }

    /// Makes a new folder that says all that is needed to continue the training after a stop: settings and genotype.
    ///
    /// # Errors
    /// When it exists already, or cannot be written.
    pub(crate) fn create(path: &Path, config: &ExperimentConfig, genotype: &CardGenotype) -> Result<Self, BonasError> {
        let failed = |source| BonasError::Folder { path: path.to_path_buf(), source };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        match std::fs::create_dir(path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(BonasError::FolderExists(path.to_path_buf()));
            }
            other => other.map_err(failed)?,
        }
        let folder = Self(path.to_path_buf());
        folder.write_genotype(genotype)?;
        write_whole(&folder.config(), &config.to_toml())?;
        Ok(folder)
    }

    /// Whether it is the folder of a training of its own, which can be continued.
    pub fn can_be_resumed(&self) -> bool {
        self.config().is_file() && self.genotype().is_file()
    }

    /// Settings and genotype as [`create`](Self::create) wrote them.
    pub(crate) fn recorded(&self) -> Result<(ExperimentConfig, CardGenotype), BonasError> {
        let read = |path: PathBuf| {
            let text = std::fs::read_to_string(&path);
            text.map_err(|error| BonasError::RecordedConfig { path: path.clone(), reason: error.to_string() })
        };
        let unknown = |path, reason| BonasError::RecordedConfig { path, reason };
        let config = toml::from_str(&read(self.config())?);
        let genotype = serde_json::from_str(&read(self.genotype())?);
        Ok((
            config.map_err(|error: toml::de::Error| unknown(self.config(), error.message().to_string()))?,
            genotype.map_err(|error| unknown(self.genotype(), error.to_string()))?,
        ))
    }

    /// The epochs that were finished so far.
    pub(crate) fn epochs(&self) -> Result<Vec<Epoch>, BonasError> {
        let path = self.log();
        let unknown = |reason| BonasError::RecordedConfig { path: path.clone(), reason };
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            text => text.map_err(|error| unknown(error.to_string()))?,
        };
        text.lines().map(|line| serde_json::from_str(line).map_err(|error| unknown(error.to_string()))).collect()
    }

    /// The architecture that was recorded, in its space.
    pub(crate) fn architecture(&self, genotype: &CardGenotype, space: &NetworkSpace) -> Result<Architecture, BonasError> {
        let unknown = |reason| BonasError::RecordedConfig { path: self.genotype(), reason };
        genotype.architecture(space).map_err(unknown)
    }

    pub(crate) fn write_genotype(&self, genotype: &CardGenotype) -> Result<(), BonasError> {
        let json = serde_json::to_string_pretty(genotype).expect("plain data with text keys is JSON");
        write_whole(&self.genotype(), &json)
    }

    /// Whether all results are there.
    pub fn is_finished(&self) -> bool {
        [GENOTYPE, PICTURE, MODEL_FILE, METRICS].iter().all(|name| self.0.join(name).is_file())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Every setting, with which the training can be continued; a winner has those of its run.
    pub fn config(&self) -> PathBuf {
        self.0.join(CONFIG)
    }

    /// The genotype.
    pub fn genotype(&self) -> PathBuf {
        self.0.join(GENOTYPE)
    }

    /// The picture of the cell.
    pub fn picture(&self) -> PathBuf {
        self.0.join(PICTURE)
    }

    /// The trained network.
    pub fn model(&self) -> PathBuf {
        self.0.join(MODEL_FILE)
    }

    /// What the trained network achieved.
    pub fn metrics(&self) -> PathBuf {
        self.0.join(METRICS)
    }

    /// The metrics of every epoch, a line of JSON each, while the training runs.
    pub fn log(&self) -> PathBuf {
        self.0.join("metrics.jsonl")
    }

    /// The test images with the highest loss, as PNG files.
    pub fn hardest(&self) -> PathBuf {
        self.0.join("hardest")
    }

    /// The report of a training of its own.
    pub fn report(&self) -> PathBuf {
        self.0.join("report.html")
    }

    /// The state after each of the last epochs.
    pub fn checkpoints(&self) -> PathBuf {
        self.0.join("checkpoints")
    }
}
