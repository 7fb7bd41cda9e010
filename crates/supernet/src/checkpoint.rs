use crate::error::SupernetError;
use crate::retrain::Epoch;
use crate::step::LearnerState;
use bonas_core::Progress;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path as FilePath, PathBuf};

/// What every checkpoint begins with.
const MAGIC: &[u8; 16] = b"bonas checkpoint";
/// Version of the layout.
const FORMAT: u32 = 1;
const LENGTH_BYTES: usize = 8;
const DIGEST_BYTES: usize = 32;
const EXTENSION: &str = "checkpoint";
/// How many are kept: the newest, and one to fall back to.
const KEPT: usize = 2;

/// The folder in which a training keeps what it needs to continue, one file after every epoch, the last two of them.
///
/// A file has a line of identification, the length of a JSON header (eight bytes, little endian), the header, the parts that the
/// header lists (records of Burn), and the SHA-256 of all that. It is written beside its place, synchronised and renamed, so that a
/// crash or a full disk at any moment leaves the one before it whole.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
    settings: Value,
}

/// A training between two epochs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Checkpoint {
    /// One entry per finished epoch; schedule and random streams follow from their number.
    pub(crate) history: Vec<Epoch>,
    /// Weights and momentum.
    pub(crate) learner: LearnerState,
    /// Seed of the order and the augmentation of the training images.
    pub(crate) stream: [u8; 32],
    /// How long it took.
    pub(crate) time: TrainingTime,
}

/// How long a training took, all of its processes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrainingTime {
    /// Seconds of training.
    pub(crate) seconds: f64,
    /// Those of them in which it waited for images.
    pub(crate) waiting: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: u32,
    bonas: String,
    settings: Value,
    history: Vec<EpochBits>,
    steps: u64,
    parts: usize,
    stream: [u8; 32],
    time: TrainingTime,
    sections: Vec<Section>,
}

/// An epoch with its numbers as bits: readers of JSON may round the last digit, and a resumed training must not differ in it.
#[derive(Serialize, Deserialize)]
struct EpochBits(usize, [u64; 4]);

#[derive(Serialize, Deserialize)]
struct Section {
    name: SectionName,
    bytes: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SectionName {
    Network,
    Optimizer,
    Average,
}

impl EpochBits {
    fn of(epoch: &Epoch) -> Self {
        let Epoch { epoch, train_loss, validation_loss, validation_accuracy, learning_rate } = *epoch;
        Self(epoch, [train_loss, validation_loss, validation_accuracy, learning_rate].map(f64::to_bits))
    }

    fn epoch(&self) -> Epoch {
        let [train_loss, validation_loss, validation_accuracy, learning_rate] = self.1.map(f64::from_bits);
        Epoch { epoch: self.0, train_loss, validation_loss, validation_accuracy, learning_rate }
    }
}

/// Why a file cannot be used.
enum Unusable {
    /// It is not what was written; an older one may be.
    Damaged(String),
    /// It is whole, and of something else.
    Other(SupernetError),
}

impl Checkpoints {
    /// Checkpoints in this folder, of a training with these settings: everything that decides its course, in plain data. Only a
    /// training with equal settings continues from them.
    pub fn new(folder: PathBuf, settings: &impl Serialize) -> Self {
        // Through text, as those they are compared with: numbers may be rounded on the way.
        let text = serde_json::to_string(settings).expect("settings are plain data with text keys");
        let settings = serde_json::from_str(&text).expect("what was written as JSON is JSON");
        Self { folder, settings }
    }

    /// The folder.
    pub fn folder(&self) -> &FilePath {
        &self.folder
    }

    /// The files that are there, the newest first.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files: Vec<(usize, PathBuf)> = std::fs::read_dir(&self.folder)
            .map(|entries| entries.flatten().filter_map(|entry| Some((epoch_of(&entry.path())?, entry.path()))).collect())
            .unwrap_or_default();
        files.sort_by_key(|file| std::cmp::Reverse(file.0));
        files.into_iter().map(|(_, path)| path).collect()
    }

    /// The newest checkpoint that is whole; damaged ones are skipped with a notice.
    ///
    /// # Errors
    /// When all are damaged, or one belongs to another training or version.
    pub(crate) fn latest(&self, progress: &dyn Progress) -> Result<Option<Checkpoint>, SupernetError> {
        let files = self.files();
        for path in &files {
            match self.read(path) {
                Ok(checkpoint) => return Ok(Some(checkpoint)),
                Err(Unusable::Other(error)) => return Err(error),
                Err(Unusable::Damaged(reason)) => {
                    progress
                        .notice(&format!("the checkpoint {} is damaged ({reason}); trying the one before it", path.display()));
                }
            }
        }
        match files.first() {
            None => Ok(None),
            Some(path) => Err(SupernetError::Checkpoint {
                action: "read",
                path: path.clone(),
                reason: "neither it nor the one before it is whole; remove the folder and begin the training again".into(),
            }),
        }
    }

    fn read(&self, path: &FilePath) -> Result<Checkpoint, Unusable> {
        let damaged = |reason: &str| Unusable::Damaged(reason.to_string());
        let bytes = std::fs::read(path).map_err(|error| Unusable::Damaged(error.to_string()))?;
        let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| damaged("it does not begin like a checkpoint"))?;
        let (_, digest) = rest.split_last_chunk::<DIGEST_BYTES>().ok_or_else(|| damaged("it is cut off"))?;
        if Sha256::digest(&bytes[..bytes.len() - DIGEST_BYTES])[..] != digest[..] {
            return Err(damaged("its checksum is wrong: it is cut off or was changed"));
        }
        let other =
            |reason: String| Unusable::Other(SupernetError::Checkpoint { action: "use", path: path.to_path_buf(), reason });
        let body = &rest[..rest.len() - DIGEST_BYTES];
        let (length, body) = body.split_first_chunk::<LENGTH_BYTES>().ok_or_else(|| damaged("it has no header"))?;
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let header = body.get(..length).ok_or_else(|| damaged("its header is cut off"))?;
        let value: Value = serde_json::from_slice(header).map_err(|error| Unusable::Damaged(error.to_string()))?;
        if value["format"] != FORMAT {
            let version = value["bonas"].as_str().unwrap_or("of another version");
            return Err(other(format!(
                "it has format {} (written by bonas {version}), this version reads format {FORMAT}; continue with the version that \
                 wrote it",
                value["format"]
            )));
        }
        let header: Header = serde_json::from_value(value).map_err(|error| other(format!("its header is wrong: {error}")))?;
        if let Some(difference) = difference(&header.settings, &self.settings, "") {
            return Err(other(format!(
                "it is of another training: {difference}; continue with the settings it began with, or train into another folder"
            )));
        }
        header.checkpoint(&body[length..]).ok_or_else(|| damaged("its parts are not those it lists"))
    }

    /// Writes a checkpoint, whole or not at all, and removes those before the one before it.
    ///
    /// # Errors
    /// When it cannot be written, such as on a full disk. Those that were there are untouched then.
    pub(crate) fn save(&self, checkpoint: &Checkpoint) -> Result<(), SupernetError> {
        let path = self.folder.join(format!("epoch-{:04}.{EXTENSION}", checkpoint.history.len()));
        let partial = path.with_added_extension("part");
        let written = std::fs::create_dir_all(&self.folder).and_then(|()| {
            self.write(checkpoint, &partial)?;
            std::fs::rename(&partial, &path)?;
            synchronize_folder(&self.folder)
        });
        if let Err(error) = written {
            // What there is of it only fills the disk.
            let _ = std::fs::remove_file(&partial);
            let kept = match self.files().first() {
                Some(kept) => format!("the training can be continued from {}", kept.display()),
                None => "no epoch is lost that was saved before".into(),
            };
            let reason = format!("{error}; {kept}, once there is room for it");
            return Err(SupernetError::Checkpoint { action: "write", path, reason });
        }
        for old in self.files().into_iter().skip(KEPT) {
            // One too many does no harm.
            let _ = std::fs::remove_file(old);
        }
        Ok(())
    }

    fn write(&self, checkpoint: &Checkpoint, path: &FilePath) -> io::Result<()> {
        let header = serde_json::to_vec(&Header::of(checkpoint, &self.settings))?;
        let mut digest = Sha256::new();
        let mut file = File::create(path)?;
        let mut put = |bytes: &[u8]| {
            digest.update(bytes);
            file.write_all(bytes)
        };
        put(MAGIC)?;
        put(&(header.len() as u64).to_le_bytes())?;
        put(&header)?;
        for (_, bytes) in checkpoint.sections() {
            put(bytes)?;
        }
        let digest = digest.finalize();
        file.write_all(&digest)?;
        file.sync_all()
    }
}

impl Checkpoint {
    fn sections(&self) -> impl Iterator<Item = (SectionName, &[u8])> {
        let LearnerState { trainee, optimizer, average, .. } = &self.learner;
        let always = [(SectionName::Network, &trainee[..]), (SectionName::Optimizer, &optimizer[..])];
        always.into_iter().chain(average.iter().map(|average| (SectionName::Average, &average[..])))
    }
}

impl Header {
    fn of(checkpoint: &Checkpoint, settings: &Value) -> Self {
        let Checkpoint { history, learner, stream, time } = checkpoint;
        Self {
            format: FORMAT,
            bonas: env!("CARGO_PKG_VERSION").into(),
            settings: settings.clone(),
            history: history.iter().map(EpochBits::of).collect(),
            steps: learner.steps,
            parts: learner.parts,
            stream: *stream,
            time: *time,
            sections: checkpoint.sections().map(|(name, bytes)| Section { name, bytes: bytes.len() }).collect(),
        }
    }

    /// `None` where the parts are not those of the header.
    fn checkpoint(self, mut rest: &[u8]) -> Option<Checkpoint> {
        let [mut network, mut optimizer, mut average] = [const { None }; 3];
        for Section { name, bytes } in self.sections {
            let (section, behind) = rest.split_at_checked(bytes)?;
            let place = match name {
                SectionName::Network => &mut network,
                SectionName::Optimizer => &mut optimizer,
                SectionName::Average => &mut average,
            };
            *place = Some(section.to_vec());
            rest = behind;
        }
        let history = self.history.iter().map(EpochBits::epoch).collect();
        let (parts, steps) = (self.parts, self.steps);
        let learner = LearnerState { trainee: network?, optimizer: optimizer?, average, parts, steps };
        rest.is_empty().then_some(Checkpoint { history, learner, stream: self.stream, time: self.time })
    }
}

/// The first setting in which two trainings differ, with both values.
fn difference(there: &Value, here: &Value, key: &str) -> Option<String> {
    if let (Value::Object(there), Value::Object(here)) = (there, here) {
        let keys: std::collections::BTreeSet<&String> = there.keys().chain(here.keys()).collect();
        return keys.into_iter().find_map(|name| {
            let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
            difference(there.get(name).unwrap_or(&Value::Null), here.get(name).unwrap_or(&Value::Null), &key)
        });
    }
    (there != here).then(|| format!("its {key} is {there}, not {here}"))
}

/// The epoch that a checkpoint's name says.
fn epoch_of(path: &FilePath) -> Option<usize> {
    path.file_name()?.to_str()?.strip_prefix("epoch-")?.strip_suffix(EXTENSION)?.strip_suffix('.')?.parse().ok()
}

/// A renamed file is only safe once its folder is written, too.
fn synchronize_folder(folder: &FilePath) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bonas_core::Silent;
    use serde_json::json;
    use std::sync::Mutex;

    fn checkpoint(epochs: usize) -> Checkpoint {
        let epoch = |epoch| Epoch {
            epoch,
            train_loss: 0.1 + 0.2,
            validation_loss: 1.0 / 3.0,
            validation_accuracy: 2e-300,
            learning_rate: f64::from_bits(0x3f9a_5b1e_77aa_0f01),
        };
        let history = (1..=epochs).map(epoch).collect();
        let average = (epochs > 2).then(|| vec![3; 100]);
        let learner = LearnerState { trainee: vec![1; 100], optimizer: vec![2; 50], average, parts: 2, steps: 70 };
        Checkpoint { history, learner, stream: [7; 32], time: TrainingTime { seconds: 1.5, waiting: 0.25 } }
    }

    fn settings() -> Value {
        json!({ "architecture": "a cell", "retrain": { "epochs": 8, "optimizer": { "learning_rate": 0.025 } } })
    }

    #[derive(Default)]
    struct Notices(Mutex<Vec<String>>);

    impl Progress for Notices {
        fn begin(&self, _phase: &str, _steps: u64) {}
        fn advance(&self, _steps: u64, _message: &str) {}
        fn notice(&self, text: &str) {
            self.0.lock().expect("not poisoned").push(text.to_string());
        }
    }

    #[test]
    fn the_last_two_are_kept_and_the_newest_comes_back_to_the_last_bit() {
        let folder = tempfile::tempdir().expect("a folder");
        let checkpoints = Checkpoints::new(folder.path().join("checkpoints"), &settings());
        assert!(checkpoints.latest(&Silent).expect("an empty folder").is_none());
        for epochs in [1, 2, 9, 10, 11] {
            checkpoints.save(&checkpoint(epochs)).expect("written");
            assert_eq!(checkpoints.latest(&Silent).expect("read"), Some(checkpoint(epochs)));
        }
        let names: Vec<String> = std::fs::read_dir(checkpoints.folder())
            .expect("listed")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names.len(), 2, "{names:?}");
        assert!(["epoch-0010.checkpoint", "epoch-0011.checkpoint"].iter().all(|name| names.iter().any(|found| found == name)));
    }

    /// Every byte matters: whichever is changed, wherever the file is cut.
    #[test]
    fn damage_anywhere_is_noticed_and_the_one_before_is_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let checkpoints = Checkpoints::new(folder.path().into(), &settings());
        checkpoints.save(&checkpoint(1)).expect("written");
        checkpoints.save(&checkpoint(2)).expect("written");
        let newest = checkpoints.files().remove(0);
        let whole = std::fs::read(&newest).expect("read");
        let falls_back = |bytes: &[u8]| {
            std::fs::write(&newest, bytes).expect("written");
            let notices = Notices::default();
            assert_eq!(checkpoints.latest(&notices).expect("the other one"), Some(checkpoint(1)));
            let notices = notices.0.into_inner().expect("not poisoned");
            assert!(notices.len() == 1 && notices[0].contains("epoch-0002.checkpoint is damaged"), "{notices:?}");
        };
        for place in 0..whole.len() {
            let mut changed = whole.clone();
            changed[place] ^= 1;
            falls_back(&changed);
            falls_back(&whole[..place]);
        }
        falls_back(&[&whole[..], b"more"].concat());
        std::fs::write(checkpoints.files().remove(1), "no checkpoint").expect("written");
        let error = checkpoints.latest(&Silent).expect_err("none is whole").to_string();
        assert!(error.contains("neither it nor the one before it is whole; remove the folder"), "{error}");
    }

    #[test]
    fn a_checkpoint_of_another_training_names_the_first_difference() {
        let folder = tempfile::tempdir().expect("a folder");
        let of = |settings: &Value| Checkpoints::new(folder.path().into(), settings);
        of(&settings()).save(&checkpoint(1)).expect("written");
        let refuses = |settings: Value, expected: &str| {
            let error = of(&settings).latest(&Silent).expect_err("another training").to_string();
            assert!(error.contains(expected), "{error}");
        };
        let mut other = settings();
        other["architecture"] = json!("another cell");
        refuses(other, "its architecture is \"a cell\", not \"another cell\"");
        let mut other = settings();
        other["retrain"]["optimizer"]["learning_rate"] = json!(0.1);
        refuses(other, "its retrain.optimizer.learning_rate is 0.025, not 0.1");
        let mut other = settings();
        other["seed"] = json!(2);
        refuses(other, "its seed is null, not 2");
        assert!(of(&settings()).latest(&Silent).expect("the same").is_some());
    }

    #[test]
    fn a_checkpoint_that_cannot_be_written_leaves_the_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let checkpoints = Checkpoints::new(folder.path().into(), &settings());
        checkpoints.save(&checkpoint(1)).expect("written");
        // A folder in its way, which no user can write to as a file.
        std::fs::create_dir(folder.path().join("epoch-0002.checkpoint.part")).expect("made");
        let error = checkpoints.save(&checkpoint(2)).expect_err("not written").to_string();
        assert!(error.contains("cannot write the checkpoint") && error.contains("epoch-0001.checkpoint"), "{error}");
        assert_eq!(checkpoints.latest(&Silent).expect("read"), Some(checkpoint(1)));
    }
}
