use crate::config::ExperimentConfig;
use crate::source::Source;
use bonas_search::StudyRecord;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Name under which the digest of the images is recorded.
pub(crate) const DATA_DIGEST: &str = "data.sha256";

/// Name under which the name of the data set is recorded.
pub(crate) const DATA_NAME: &str = "data.name";

/// What is written down of an experiment before its first query.
pub(crate) fn study_record(config: &ExperimentConfig, source: &Source) -> StudyRecord {
    let details = [
        (DATA_DIGEST, source.digest().to_string()),
        (DATA_NAME, source.name().to_string()),
        ("device", config.device.to_string()),
        ("strategy", config.strategy.as_str().to_string()),
        ("evaluator", config.evaluator.as_str().to_string()),
    ];
    let counts = source.counts().into_iter().map(|(name, count)| (name, count.to_string()));
    let details = details.into_iter().chain(counts).map(|(name, value)| (name.to_string(), value));
    StudyRecord {
        space: config.space.to_string(),
        seed: config.study.seed,
        config: config.to_toml(),
        bonas: env!("CARGO_PKG_VERSION").to_string(),
        created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        details: details.collect::<BTreeMap<_, _>>(),
    }
}
