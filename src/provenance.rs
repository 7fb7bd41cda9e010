use crate::config::ExperimentConfig;
use bonas_data::SearchData;
use bonas_search::StudyRecord;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Name under which the digest of the images is recorded.
pub(crate) const DATA_DIGEST: &str = "data.sha256";

/// Name under which the name of the data set is recorded.
pub(crate) const DATA_NAME: &str = "data.name";

/// What is written down of an experiment before its first query.
pub(crate) fn study_record(config: &ExperimentConfig, data: &SearchData) -> StudyRecord {
    let details = [
        (DATA_DIGEST, data.digest.clone()),
        (DATA_NAME, data.name.clone()),
        ("data.train_images", data.train.len().to_string()),
        ("data.validation_images", data.validation.len().to_string()),
        ("device", config.device.to_string()),
        ("strategy", config.strategy.as_str().to_string()),
    ];
    StudyRecord {
        space: config.space.to_string(),
        seed: config.study.seed,
        config: config.to_toml(),
        bonas: env!("CARGO_PKG_VERSION").to_string(),
        created: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
        details: details.map(|(name, value)| (name.to_string(), value)).into_iter().collect::<BTreeMap<_, _>>(),
    }
}
