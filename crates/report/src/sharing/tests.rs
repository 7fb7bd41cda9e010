use crate::*;

fn setting(k: usize, epochs: f64, tau: Option<f64>) -> SharingSetting {
    let interval = |value: f64| Interval { value, low: value - 0.3, high: (value + 0.3).min(1.0) };
    let pair = |place: u8| ScoredBoth {
        architecture: format!("cell<{place}>"),
        supernet: 1,
        alone: 0.5 + f64::from(place) / 100.0,
        shared: 0.4 + f64::from(place) / 50.0,
    };
    SharingSetting {
        k,
        epochs,
        supernets: 8 / k,
        failed: 0,
        kendall: tau.map(interval),
        spearman: tau.map(interval),
        within: tau.map(|tau| MeanSpread { mean: tau, stddev: 0.9 }),
        ceiling_within: Some(0.75),
        mean: Some(0.45),
        seconds_per_candidate: 2.5,
        pairs: (0..8).map(pair).collect(),
    }
}

fn group(title: &str, settings: Vec<SharingSetting>) -> SharingGroup {
    SharingGroup {
        title: title.into(),
        description: "They meet.".into(),
        architectures: 8,
        failed: 1,
        mean: Some(0.54),
        stddev_architectures: Some(0.02),
        stddev_seeds: Some(0.01),
        ceiling: Some(0.8125),
        ceiling_spearman: Some(0.9),
        seconds: Some(12.0),
        settings,
    }
}

fn data() -> SharingData {
    let settings =
        |best| vec![setting(4, 2.0, Some(0.1)), setting(4, 0.5, None), setting(8, 2.0, Some(best)), setting(8, 0.5, Some(0.0))];
    let facts = SharingFacts { name: "bench".into(), space: "s".into(), data: "fashion".into(), ..SharingFacts::default() };
    SharingData { facts, groups: vec![group("Random", settings(0.25)), group("Related", settings(0.5))] }
}

#[test]
fn the_best_setting_and_the_ceiling_are_named() {
    let page = render_sharing(&data()).expect("rendered");
    assert!(page.contains("<h1>Sub-supernets rank with τ = 0.50 at best; training alone agrees with itself at 0.81</h1>"));
    let winners: Vec<&str> = page.split("<tr class=\"winner\">").skip(1).collect();
    assert!(winners.len() == 2 && winners[0].contains(">0.250<") && winners[1].contains(">0.500<"));
    assert!(
        page.contains("-0.05 to 0.55")
            && page.contains("54.00\u{a0}%")
            && page.contains("1 of them failed")
            && page.contains(">none<")
    );
    assert!(page.contains("cell&lt;7&gt;: alone 57.00\u{a0}%, together 54.00\u{a0}%, sub-supernet 1, 2 epochs"), "escaped");
}

#[test]
fn every_group_has_its_charts_and_nothing_lies_outside() {
    let page = render_sharing(&data()).expect("rendered");
    for chart in ["kendall-0", "within-0", "scores-0-4", "scores-0-8", "kendall-1", "within-1", "scores-1-4", "scores-1-8"] {
        assert_eq!(page.matches(&format!("id=\"chart-{chart}-title\"")).count(), 1, "{chart}");
    }
    // Two lengths of each k in each group, and no τ for one of them.
    assert_eq!(page.matches("k = 8, 0.5: ").count(), 4);
    assert_eq!(page.matches("k = 4, 0.5: ").count(), 0);
    // A deviation reaches beyond the largest correlation there is; its whisker ends at the frame.
    let whiskers = page.split("class=\"whiskers").skip(1).filter_map(|part| part.split("</g>").next());
    let ends = whiskers.flat_map(|part| part.split('V').skip(1)).filter_map(|end| end.split('"').next()?.parse::<f64>().ok());
    let ends: Vec<f64> = ends.collect();
    assert!(ends.len() == 12 && ends.iter().all(|&end| (26.0..=250.0).contains(&end)), "{ends:?}");
    let (shown, _) = page.rsplit_once("<script>").expect("a script");
    assert!(!shown.contains("NaN") && !shown.contains("href=\"http") && !shown.contains(" src="));
}

#[test]
fn what_is_undefined_is_said() {
    let mut data = data();
    for group in &mut data.groups {
        (group.ceiling, group.seconds, group.mean) = (None, None, None);
        group.settings.iter_mut().for_each(|setting| (setting.kendall, setting.within, setting.pairs) = (None, None, vec![]));
    }
    let page = render_sharing(&data).expect("rendered");
    assert!(page.contains("<h1>No rank correlation is defined</h1>") && !page.contains("<tr class=\"winner\">"));
}

#[test]
fn numbers_outside_their_domain_are_refused() {
    let refused = |change: fn(&mut SharingData)| {
        let mut data = data();
        change(&mut data);
        render_sharing(&data).expect_err("refused").to_string()
    };
    let text = refused(|data| data.groups[1].settings[0].kendall = Some(Interval { value: 0.0, low: f64::NAN, high: 0.1 }));
    assert!(text.starts_with("a correlation of k = 4, 2 epochs, Related is NaN"), "{text}");
    assert!(refused(|data| data.groups[0].ceiling = Some(2.0)).starts_with("the ceiling of Random is 2"));
    assert!(
        refused(|data| data.groups[0].settings[1].pairs[0].alone = f64::INFINITY).starts_with("a score of k = 4, 0.5 epochs")
    );
}
