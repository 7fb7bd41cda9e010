use super::{SharingData, SharingGroup, SharingSetting};
use crate::ReportError;
use crate::fits::check::{correlation, not_negative, within};

/// Refuses what is not finite or outside its domain, so that no NaN reaches a reader.
pub(super) fn check(data: &SharingData) -> Result<(), ReportError> {
    for group in &data.groups {
        check_group(group)?;
        group.settings.iter().try_for_each(|setting| check_setting(&group.title, setting))?;
    }
    Ok(())
}

fn check_group(group: &SharingGroup) -> Result<(), ReportError> {
    let place = |what: &'static str| move || format!("{what} of {}", group.title);
    for ceiling in group.ceiling.into_iter().chain(group.ceiling_spearman) {
        correlation(place("the ceiling"), ceiling)?;
    }
    finite(place("the mean score"), group.mean)?;
    let numbers = group.stddev_architectures.into_iter().chain(group.stddev_seeds).chain(group.seconds);
    numbers.into_iter().try_for_each(|value| not_negative(place("a deviation or time"), value))
}

fn check_setting(title: &str, setting: &SharingSetting) -> Result<(), ReportError> {
    let place = |what: &'static str| move || format!("{what} of k = {}, {} epochs, {title}", setting.k, setting.epochs);
    not_negative(place("the length"), setting.epochs)?;
    let intervals = setting.kendall.into_iter().chain(setting.spearman);
    let ends = intervals.flat_map(|interval| [interval.value, interval.low, interval.high]);
    let within_groups = setting.within.map(|within| within.mean).into_iter().chain(setting.ceiling_within);
    ends.chain(within_groups).try_for_each(|value| correlation(place("a correlation"), value))?;
    finite(place("the mean score"), setting.mean)?;
    not_negative(place("the deviation of τ"), setting.within.map_or(0.0, |within| within.stddev))?;
    not_negative(place("the time"), setting.seconds_per_candidate)?;
    let scores = setting.pairs.iter().flat_map(|pair| [pair.alone, pair.shared]);
    scores.into_iter().try_for_each(|score| finite(place("a score"), Some(score)))
}

fn finite(place: impl Fn() -> String, value: Option<f64>) -> Result<(), ReportError> {
    value.map_or(Ok(()), |value| within(place, value, f64::MIN, f64::MAX, "a finite number"))
}
