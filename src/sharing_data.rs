//! From trainings of a laboratory to what their page shows.

use crate::bench::SharingReport;
use bonas_laboratory::{Estimate, Grouping, GroupingFacts, ScoredPair, SharingRow, Spread};
use bonas_report::{Interval, MeanSpread, ScoredBoth, SharingData, SharingFacts, SharingGroup, SharingSetting};
use std::path::Path;

/// What the page of a comparison of weight sharing shows; `folder` names it.
pub fn sharing_data(report: &SharingReport, folder: &Path) -> SharingData {
    let summary = &report.summary;
    let rows = |grouping| summary.settings.iter().filter(move |row| row.grouping == grouping);
    SharingData {
        facts: SharingFacts {
            name: folder.display().to_string(),
            space: summary.space.clone(),
            data: report.data.clone(),
            train_images: report.train_images as u64,
            validation_images: report.validation_images as u64,
            alone_epochs: report.alone_epochs,
            alone_seeds: summary.alone_seeds,
            seed: summary.seed,
            version: env!("CARGO_PKG_VERSION").into(),
        },
        groups: summary.groupings.iter().map(|facts| group(facts, rows(facts.grouping))).collect(),
    }
}

fn group<'a>(facts: &GroupingFacts, rows: impl Iterator<Item = &'a SharingRow>) -> SharingGroup {
    let mean = |spread: Option<Spread>| spread.map(|spread| spread.mean);
    let (title, description) = match facts.grouping {
        Grouping::Random => ("Random architectures", "Architectures drawn at random meet.".to_string()),
        Grouping::Related => (
            "Related architectures",
            format!("Mutations of one parent meet, as in the rounds of a search; there are {} families.", facts.families),
        ),
    };
    SharingGroup {
        title: title.into(),
        description,
        architectures: facts.architectures,
        failed: facts.failed,
        mean: facts.mean,
        stddev_architectures: facts.stddev_architectures,
        stddev_seeds: facts.stddev_seeds,
        ceiling: mean(facts.ceiling),
        ceiling_spearman: mean(facts.ceiling_spearman),
        seconds: facts.seconds,
        settings: rows.map(setting).collect(),
    }
}

fn setting(row: &SharingRow) -> SharingSetting {
    let interval = |estimate: Option<Estimate>| estimate.map(|Estimate { value, low, high }| Interval { value, low, high });
    let both = |pair: &ScoredPair| ScoredBoth {
        architecture: pair.architecture.clone(),
        supernet: pair.group + 1,
        alone: pair.alone,
        shared: pair.shared,
    };
    SharingSetting {
        k: row.k,
        epochs: row.epochs.0,
        supernets: row.groups,
        failed: row.failed,
        kendall: interval(row.kendall),
        spearman: interval(row.spearman),
        within: row.kendall_within.map(|Spread { mean, stddev }| MeanSpread { mean, stddev }),
        ceiling_within: row.ceiling_within.map(|spread| spread.mean),
        mean: row.mean,
        seconds_per_candidate: row.seconds_per_candidate,
        pairs: row.pairs.iter().map(both).collect(),
    }
}
