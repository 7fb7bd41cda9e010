use crate::config::ExperimentConfig;
use crate::error::BonasError;
use crate::run_folder::RunFolder;
use crate::source::Source;
use bonas_benchmarks::file_digest;
use bonas_core::SearchSpace;
use bonas_search::StudyRecord;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Name under which the digest of the images is recorded.
pub(crate) const DATA_DIGEST: &str = "data.sha256";

/// Name under which the name of the data set is recorded.
pub(crate) const DATA_NAME: &str = "data.name";

/// Name under which the digest of the file that describes the space is recorded.
pub(crate) const SPACE_DIGEST: &str = "space.sha256";

/// Name under which the evaluator is recorded.
pub(crate) const EVALUATOR: &str = "evaluator";

/// Name under which the digests of the studies that are learned from are recorded.
pub(crate) const TRANSFER_DIGEST: &str = "transfer.sha256";

/// SHA-256 of the studies of the runs that are learned from, with commas between them; `None` where there is none.
pub(crate) fn transfer_digest(config: &ExperimentConfig) -> Result<Option<String>, BonasError> {
    let digest = |path| Ok::<_, BonasError>(file_digest(&RunFolder::open(path)?.study())?);
    let digests = config.knowledge.transfer_from.iter().map(|path| digest(path)).collect::<Result<Vec<_>, _>>()?;
    Ok((!digests.is_empty()).then(|| digests.join(",")))
}

/// SHA-256 of the file that describes the space; `None` for a space of bonas.
pub(crate) fn space_digest(config: &ExperimentConfig) -> Result<Option<String>, BonasError> {
    Ok(config.space.file().map(file_digest).transpose()?)
}

/// What is written down of an experiment before its first query.
pub(crate) fn study_record(
    config: &ExperimentConfig,
    space: &dyn SearchSpace,
    source: &Source,
) -> Result<StudyRecord, BonasError> {
    let details = [
        (DATA_DIGEST, source.digest().to_string()),
        (DATA_NAME, source.name().to_string()),
        ("device", config.device.to_string()),
        ("strategy", config.strategy.as_str().to_string()),
        (EVALUATOR, config.evaluator.as_str().to_string()),
    ];
    let counts = source.counts().into_iter().map(|(name, count)| (name, count.to_string()));
    let space_digest = space_digest(config)?.map(|digest| (SPACE_DIGEST, digest));
    let transfer_digest = transfer_digest(config)?.map(|digest| (TRANSFER_DIGEST, digest));
    let details = details
        .into_iter()
        .chain(space_digest)
        .chain(transfer_digest)
        .chain(counts)
        .map(|(name, value)| (name.to_string(), value));
    Ok(StudyRecord {
        space: space.name().to_string(),
        seed: config.study.seed,
        config: config.to_toml(),
        bonas: env!("CARGO_PKG_VERSION").to_string(),
        created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        details: details.collect::<BTreeMap<_, _>>(),
    })
}
