use crate::*;

fn strategy(name: &str, mean_rank: f64, queries: &[f64]) -> StrategyEntry {
    let curve = vec![
        RegretPoint { query: 1, low: 0.02, median: 0.03, high: 0.05 },
        RegretPoint { query: 7, low: 0.0, median: 0.004, high: 0.01 },
    ];
    StrategyEntry {
        name: name.into(),
        mean_rank,
        queries: queries.to_vec(),
        regrets: vec![0.0, 0.004, 0.01],
        mean_queries: queries.iter().sum::<f64>() / queries.len() as f64,
        median_queries: queries[queries.len() / 2],
        censored: queries.iter().filter(|&&query| query > 20.0).count(),
        regret: Some(0.0047),
        test_regret: Some(0.006),
        curve,
        hypervolume_regret: None,
        hypervolume_curve: vec![],
        seconds: StrategySeconds { fit: 1.0, score: 0.5, propose: 0.1, record: 0.01 },
    }
}

fn comparison(p_value: f64) -> ComparisonData {
    let test = PairedTest { first: "random".into(), second: "<best>".into(), first_better: 1, second_better: 2, p_value };
    let task = |name: &str| TaskComparison {
        name: name.into(),
        objective: "accuracy, validation".into(),
        test: Some("accuracy, test".into()),
        notation: ScoreNotation::Percent,
        best_score: 0.916,
        architectures: 15_625,
        strategies: vec![strategy("random", 1.8, &[12.0, 21.0, 21.0]), strategy("<best>", 1.2, &[4.0, 9.0, 11.0])],
        tests_of_queries: vec![test.clone()],
        tests_of_regret: vec![test.clone()],
        hypervolume: None,
        tests_of_hypervolume: vec![],
    };
    let facts =
        ComparisonFacts { name: "bench".into(), queries: 20, batch: 5, seeds: 3, first_seed: 1, ..ComparisonFacts::default() };
    let overall = [("<best>", 1.2), ("random", 1.8)].map(|(name, mean_rank)| OverallEntry { name: name.into(), mean_rank });
    ComparisonData { facts, tasks: vec![task("one"), task("two")], overall: overall.into(), overall_tests: vec![test] }
}

#[test]
fn the_winner_is_marked_and_named_only_where_it_is_clear() {
    let page = render_comparison(&comparison(0.01)).expect("rendered");
    assert!(page.contains("<h1>&lt;best&gt; is ahead of all others</h1>"), "escaped, and clear");
    assert_eq!(page.matches(r#"class="winner""#).count(), 3);
    // One for each task, in the column of queries and in that of regrets, and one over all.
    assert_eq!(page.matches(r#"class="number significant""#).count(), 5);
    let page = render_comparison(&comparison(0.2)).expect("rendered");
    assert!(page.contains("&lt;best&gt; comes first, not clearly ahead of 1 other"));
    assert_eq!(page.matches(r#"class="number significant""#).count(), 0);
}

#[test]
fn censored_numbers_are_lower_bounds() {
    let page = render_comparison(&comparison(0.01)).expect("rendered");
    assert!(page.contains("≥ 18.0") && page.contains("&gt; 20.0"), "mean and median of random");
    assert!(page.contains(">8.0<") && page.contains("1/3") && page.contains("3/3"));
    assert!(page.contains("count as 21 queries"));
}

#[test]
fn every_task_has_its_charts_and_ids_are_unique() {
    let page = render_comparison(&comparison(0.01)).expect("rendered");
    for chart in ["regret", "queries", "final", "found"] {
        for task in 0..2 {
            assert_eq!(page.matches(&format!("id=\"chart-{chart}-{task}-title\"")).count(), 1, "{chart} {task}");
        }
    }
    assert_eq!(page.matches(r#"<g class="box s0""#).count() + page.matches(r#"<g class="box s1""#).count(), 8);
    let (shown, _) = page.rsplit_once("<script>").expect("a script");
    assert!(!shown.contains("NaN") && !shown.contains("href=\"http") && !shown.contains(" src="));
}

#[test]
fn fronts_are_shown_where_there_are_several_objectives() {
    let plain = render_comparison(&comparison(0.01)).expect("rendered");
    assert!(!plain.contains("volume"), "nothing is said of fronts with one objective");
    let mut data = comparison(0.01);
    let task = &mut data.tasks[1];
    (task.hypervolume, task.tests_of_hypervolume) = (Some(0.87654), task.tests_of_queries.clone());
    task.strategies[0].hypervolume_regret = Some(0.0625);
    task.strategies[0].hypervolume_curve = vec![RegretPoint { query: 3, low: 0.1, median: 0.25, high: 0.5 }];
    let page = render_comparison(&data).expect("rendered");
    assert!(page.contains("0.87654") && page.contains(">0.06250<"));
    let charts = [0, 1].map(|task| page.matches(&format!("id=\"chart-hypervolume-{task}-title\"")).count());
    assert_eq!(charts, [0, 1]);
    assert_eq!(page.matches("p, volume").count(), 1);
    data.tasks[1].strategies[0].hypervolume_curve[0].low = -0.1;
    assert!(
        render_comparison(&data).expect_err("negative").to_string().starts_with("a missing hypervolume of random on two is -0.1")
    );
}

#[test]
fn small_and_odd_comparisons_are_drawn() {
    let mut alone = comparison(0.01);
    alone.tasks.truncate(1);
    alone.tasks[0].strategies.truncate(1);
    alone.overall.truncate(1);
    let entry = &mut alone.tasks[0].strategies[0];
    (entry.regrets, entry.curve, entry.regret, entry.test_regret) = (vec![], vec![], None, None);
    let page = render_comparison(&alone).expect("rendered");
    assert!(page.contains("&lt;best&gt; alone") && page.contains("none") && !page.contains("All tasks together"));
    let many: Vec<_> = (0..11).map(|place| strategy(&format!("s-{place}"), f64::from(place), &[3.0, 3.0, 3.0])).collect();
    let mut crowd = comparison(0.01);
    crowd.tasks[0].strategies = many;
    assert!(render_comparison(&crowd).expect("rendered").contains("strategy s2 dashed"));
}

#[test]
fn numbers_outside_their_domain_are_refused() {
    let mut data = comparison(f64::NAN);
    assert!(render_comparison(&data).expect_err("no probability").to_string().contains("the p-value of random against <best>"));
    data = comparison(0.1);
    data.tasks[1].strategies[0].curve[0].high = f64::INFINITY;
    assert!(render_comparison(&data).expect_err("infinite").to_string().starts_with("a regret of random on two is inf"));
}
