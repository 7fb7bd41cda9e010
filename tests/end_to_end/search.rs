use crate::small::{bonas, history, json, run, search, succeed, text};

#[test]
fn a_search_leaves_everything_that_it_promises() {
    let folder = tempfile::tempdir().expect("folder");
    let out = folder.path().join("run");
    let output = run(&mut search(&out, &[]));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
    assert_eq!((summary["queries"].as_u64(), summary["rounds"].as_u64()), (Some(9), Some(3)));
    let accuracy = summary["test_accuracy"].as_f64().expect("tested");
    assert!((0.0..=1.0).contains(&accuracy));
    assert!(text(&output.stderr).contains("round 3: best"), "progress goes to stderr");

    for file in ["config.toml", "study.db", "report.html"] {
        assert!(out.join(file).is_file(), "{file}");
    }
    let genotype = out.join("best/genotype.json");
    let drawn = succeed(bonas(&["draw"]).arg(&genotype));
    assert_eq!(std::fs::read_to_string(out.join("best/cell.svg")).expect("picture").trim(), drawn.trim());
    assert!(std::fs::metadata(out.join("best/model.safetensors")).expect("weights").len() > 1_000);

    let shown = succeed(bonas(&["show", "--top", "3"]).arg(&out));
    assert!(shown.contains("architecture") && shown.contains("9 trials, 0 of them failed"), "{shown}");
    let trials = history(&out);
    assert_eq!(trials.as_array().map(Vec::len), Some(9));
    assert!(trials[0]["prediction"].is_null() && trials[8]["prediction"]["mean"].is_f64(), "the surrogate spoke from round 2 on");

    std::fs::remove_file(out.join("report.html")).expect("removed");
    succeed(bonas(&["report"]).arg(&out));
    let report = std::fs::read_to_string(out.join("report.html")).expect("report");
    for request in ["src=\"http", "href=\"http", "@import", "url(http", "rel=\"stylesheet\""] {
        assert!(!report.contains(request), "the report asks the network: {request}");
    }
    assert!(report.contains("<svg"));

    // A finished run has nothing left to do.
    let again = json(bonas(&["resume", "--json"]).arg(&out));
    assert_eq!(again["test_accuracy"], summary["test_accuracy"]);
}

#[test]
fn every_strategy_evaluator_and_space_runs() {
    let folder = tempfile::tempdir().expect("folder");
    let variants: [&[&str]; 4] = [
        &["--strategy", "random", "--space", "darts"],
        &["--strategy", "regularized-evolution"],
        &["--evaluator", "stand-alone", "--queries", "3", "--set", "retrain.epochs=1"],
        &["--set", "surrogate.mode=paper", "--set", "acquisition.name=ei", "--queries", "6"],
    ];
    for (index, variant) in variants.iter().enumerate() {
        let out = folder.path().join(index.to_string());
        let summary = json(&mut search(&out, variant));
        assert!(summary["best_score"].is_f64(), "{variant:?}: {summary}");
    }
}

#[test]
fn ones_own_images_are_searched() {
    let folder = tempfile::tempdir().expect("folder");
    let images = folder.path().join("images");
    for (class, color) in [("dark", 40u8), ("light", 200)] {
        std::fs::create_dir_all(images.join(class)).expect("folder");
        for index in 0..40u8 {
            let pixel = bonas::data::ImageShape { channels: 3, height: 12, width: 12 }.pixels() as u8;
            let picture = image::RgbImage::from_pixel(12, 12 + u32::from(index % 2), image::Rgb([color, index, pixel]));
            picture.save(images.join(class).join(format!("{index}.png"))).expect("written");
        }
    }
    let images = images.display().to_string();
    let out = folder.path().join("run");
    let summary = json(&mut search(&out, &["--data", &images, "--set", "data.resize=12", "--queries", "3"]));
    assert!(summary["test_accuracy"].is_f64());
}

#[test]
fn help_and_lists_teach() {
    let help = succeed(&mut bonas(&["search", "--help"]));
    for option in ["--config", "--set", "--space", "--strategy", "--data", "--queries", "--seed", "--out", "--device", "--json"] {
        assert!(help.contains(option), "{option}");
    }
    assert!(succeed(&mut bonas(&["space", "list"])).contains("42134400"));
    let sample = || succeed(&mut bonas(&["space", "sample", "darts", "--count", "2", "--seed", "9"]));
    assert_eq!(sample(), sample());
    assert!(succeed(&mut bonas(&["completions", "bash"])).contains("complete"));
}
