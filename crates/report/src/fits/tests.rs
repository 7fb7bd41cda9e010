use crate::*;

fn spread(mean: f64) -> Option<MeanSpread> {
    Some(MeanSpread { mean, stddev: 0.02 })
}

fn fit(train: usize, tau: f64) -> FitEntry {
    let coverage = [(0.5, 0.45), (0.8, 0.75), (0.95, 0.9)];
    FitEntry {
        train,
        kendall: spread(tau),
        spearman: spread(tau + 0.1),
        mae: spread(0.01),
        coverage: coverage.map(|(probability, observed)| Coverage { probability, observed: spread(observed) }).into(),
        negative_log_likelihood: spread(-1.5),
        fit_seconds: 0.25,
        predict_seconds: 0.125,
    }
}

fn surrogate(name: &str, predicts_ranks: bool, taus: [f64; 2]) -> SurrogateEntry {
    SurrogateEntry { name: name.into(), predicts_ranks, fits: vec![fit(78, taus[0]), fit(156, taus[1])] }
}

fn comparison(surrogates: Vec<SurrogateEntry>) -> FitComparison {
    let facts = FitFacts { name: "bench".into(), space: "s".into(), splits: 10, ..FitFacts::default() };
    let task = FitTask {
        name: "one".into(),
        objective: "accuracy, validation".into(),
        ranked: "accuracy, test".into(),
        architectures: 15_625,
        notation: ScoreNotation::Percent,
        ceiling: Some(0.875),
        surrogates,
    };
    FitComparison { facts, tasks: vec![task] }
}

#[test]
fn the_best_of_each_size_is_marked() {
    let two = vec![surrogate("<gp>", false, [0.6, 0.65]), surrogate("gcn", true, [0.5, 0.7])];
    let page = render_fits(&comparison(two)).expect("rendered");
    assert!(page.contains("<h1>&lt;gp&gt; ranks best in 1 of 2 comparisons</h1>"), "escaped");
    let winners: Vec<&str> = page.split("<tr class=\"winner\">").skip(1).collect();
    assert!(winners.len() == 2 && winners[0].contains("&lt;gp&gt;") && winners[1].contains("gcn"));
    assert!(page.contains("0.600 ± 0.020") && page.contains("1.000\u{a0}%") && page.contains("0.0100 (rank)"));
    assert!(page.contains("75.0\u{a0}%") && page.contains("In 95 %") && page.contains("would reach τ = <b>0.875</b>"));
    let throughout = vec![surrogate("gp", false, [0.5, 0.7]), surrogate("gcn", true, [0.4, 0.65])];
    assert!(render_fits(&comparison(throughout)).expect("rendered").contains("<h1>gp ranks best throughout</h1>"));
}

#[test]
fn errors_of_ranks_and_scores_have_charts_of_their_own() {
    let charts = |surrogates| {
        let page = render_fits(&comparison(surrogates)).expect("rendered");
        let (shown, _) = page.rsplit_once("<script>").expect("a script");
        assert!(!shown.contains("NaN"));
        ["kendall", "spearman", "mae", "mae-ranks", "coverage", "calibration"]
            .map(|chart| page.matches(&format!("id=\"chart-{chart}-0-title\"")).count())
    };
    assert_eq!(charts(vec![surrogate("gp", false, [0.5, 0.7]), surrogate("gcn", true, [0.6, 0.65])]), [1; 6]);
    assert_eq!(charts(vec![surrogate("gcn", true, [0.6, 0.65])]), [1, 1, 0, 1, 1, 1]);
}

#[test]
fn what_is_missing_is_left_out() {
    let mut bare = surrogate("npenas", true, [0.1, 0.2]);
    for fit in &mut bare.fits {
        (fit.kendall, fit.spearman, fit.negative_log_likelihood) = (None, None, None);
        fit.coverage.iter_mut().for_each(|coverage| coverage.observed = None);
    }
    let page = render_fits(&comparison(vec![bare])).expect("rendered");
    assert!(page.contains("<h1>Nothing could be ranked</h1>") && page.contains(">none<"));
    assert!(!page.contains("chart-kendall") && !page.contains("chart-calibration") && !page.contains("winner\">"));
    let empty = FitComparison { tasks: vec![], ..comparison(vec![]) };
    assert!(render_fits(&empty).expect("rendered").contains("Nothing could be ranked"));
}

#[test]
fn numbers_outside_their_domain_are_refused() {
    let refused = |change: fn(&mut FitEntry)| {
        let mut data = comparison(vec![surrogate("gp", false, [0.5, 0.7])]);
        change(&mut data.tasks[0].surrogates[0].fits[1]);
        render_fits(&data).expect_err("refused").to_string()
    };
    assert!(refused(|fit| fit.kendall = spread(1.5)).starts_with("τ of gp on 156 of one is 1.5"));
    assert!(refused(|fit| fit.mae = spread(f64::NAN)).starts_with("the error of gp"));
    assert!(refused(|fit| fit.coverage[0].observed = spread(-0.1)).starts_with("the coverage of gp"));
    assert!(refused(|fit| fit.fit_seconds = f64::INFINITY).starts_with("a time of gp"));
}
