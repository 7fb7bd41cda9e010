use crate::refusal::{FAILED, USAGE, refuses};
use crate::small::{self, assert_same, bonas, folder, history, json, run, search, text};
use std::path::Path;

#[test]
fn the_doctor_finds_that_the_cpu_computes_right() {
    let folder = folder();
    let doctor = |arguments: &[&str]| {
        let mut command = bonas(arguments);
        command.env("XDG_CACHE_HOME", folder.path());
        run(&mut command)
    };
    let output = doctor(&["doctor", "--device", "cpu", "--all-networks", "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let diagnosis: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let cpu = &diagnosis["devices"][0];
    assert_eq!(
        (cpu["device"].as_str(), cpu["passed"].as_bool(), &cpu["failure"]),
        (Some("cpu"), Some(true), &serde_json::Value::Null)
    );
    // Burn's own operations add in another order: what differs by nothing would not have been compared.
    let is_rounding = |error: &serde_json::Value| (f64::MIN_POSITIVE..1e-4).contains(&error.as_f64().expect("a number"));
    for error in ["gradient_error", "logit_error"] {
        assert!(is_rounding(&cpu[error]), "{error}: {}", cpu[error]);
    }
    let networks = cpu["networks"].as_array().expect("networks of other spaces");
    assert_eq!(networks.len(), 6, "every space but two with the operations of DARTS");
    for networks in networks {
        assert!(is_rounding(&networks["gradient_error"]), "{networks}");
    }
    assert_eq!(cpu["model"].as_str(), Some(bonas_kernels::vector_instructions()));
    assert!(cpu["images_per_second"].as_f64().expect("measured") > 0.0);
    assert_eq!(diagnosis["auto"].as_str(), Some("cpu"));
}

#[test]
fn a_device_that_takes_too_long_is_a_line_of_the_table() {
    let folder = folder();
    let output = run(bonas(&["doctor", "--device", "cpu", "--timeout", "0"]).env("XDG_CACHE_HOME", folder.path()));
    assert_eq!(output.status.code(), Some(FAILED));
    let table = text(&output.stdout);
    assert!(table.contains("FAILED") && table.contains("cpu: failed at opening it: no end after 0 s"), "{table}");
    assert!(table.contains("--device auto is cpu"), "{table}");
}

#[test]
fn the_doctor_wants_names_of_devices() {
    refuses(&mut bonas(&["doctor", "--device", "auto"]), USAGE, &["`auto` is what the doctor finds out"]);
    if !cfg!(feature = "metal") {
        refuses(&mut bonas(&["doctor", "--device", "metal"]), USAGE, &["no metal backend", "--features metal"]);
    }
}

#[test]
fn mixed_precision_is_for_gpus() {
    let folder = folder();
    let out = folder.path().join("run");
    for setting in [["--precision", "bf16"], ["--set", "retrain.optimizer.precision=f16"]] {
        let mut search = search(&out, &setting);
        refuses(&mut search, FAILED, &["the CPU computes in full precision alone", "--precision"]);
        assert!(!out.exists());
    }
    refuses(&mut bonas(&["search", "--precision", "int8"]), USAGE, &["int8", "bf16"]);
}

#[test]
fn a_search_on_two_devices_follows_from_its_seed() {
    let folder = folder();
    let study = |name: &str, threads: &str| {
        let out = folder.path().join(name);
        json(search(&out, &["--device", "cpu,cpu", "--seed", "5"]).env("RAYON_NUM_THREADS", threads));
        out
    };
    let first = study("first", "1");
    assert_same(&first, &study("second", "3"));
    let (arch, out) = (first.join("best/genotype.json").display().to_string(), folder.path().join("trained"));
    let mut train = bonas(&["train", "--arch", &arch, "--device", "cpu,cpu", "--out"]);
    refuses(train.arg(&out), FAILED, &["only a search takes several devices (cpu,cpu)"]);
    assert!(!out.exists());
}

#[test]
fn a_backend_that_a_configuration_names_must_be_compiled_in() {
    if cfg!(feature = "metal") {
        return;
    }
    let folder = folder();
    let (config, out) = (folder.path().join("mine.toml"), folder.path().join("run"));
    std::fs::write(&config, "device = \"metal\"\n").expect("written");
    let mut search = bonas(&["search", "--config", &config.display().to_string(), "--out"]);
    refuses(search.arg(&out), FAILED, &["no metal backend", "--features metal", "--device cpu"]);
    assert!(!out.exists(), "a run folder without a run");
}

/// The same study on a GPU and on the CPU: the doctor agrees, random rounds query the same architectures, and training loses as much.
#[test]
#[ignore = "needs a GPU or its software driver: BONAS_TEST_DEVICE=wgpu:0 cargo test --release --features wgpu-untuned --test end_to_end -- --ignored on_a_gpu"]
fn what_is_computed_on_a_gpu_is_what_the_cpu_computes() {
    let device = std::env::var("BONAS_TEST_DEVICE").expect("BONAS_TEST_DEVICE names the device");
    let folder = folder();
    let on = |arguments: &[&str], device: &str, out: &str| {
        let out = folder.path().join(out);
        let mut command = bonas(arguments);
        json(command.args(["--json", "--seed", "3", "--device", device, "--out"]).arg(&out).env("XDG_CACHE_HOME", folder.path()));
        out
    };
    let mut doctor = bonas(&["doctor", "--all-networks", "--json", "--timeout", "3600", "--device", &device]);
    let diagnosis = json(doctor.env("XDG_CACHE_HOME", folder.path()));
    assert_eq!(diagnosis["devices"][0]["passed"].as_bool(), Some(true), "{diagnosis}");

    let settings = ["--set", "study.budget.queries=3", "--set", "finals.candidates=0", "--set", "finals.trained=1"];
    let search: Vec<&str> = ["search"].into_iter().chain(small::settings()).chain(settings).collect();
    let [right, found] = ["cpu", device.as_str()].map(|name| on(&search, name, &format!("search-{}", name.replace(':', "-"))));
    let architectures = |run: &Path| {
        let trials = history(run).into_iter();
        trials.map(|trial| trial["text"].as_str().expect("an architecture").to_string()).collect::<Vec<_>>()
    };
    assert_eq!(architectures(&found), architectures(&right));

    let winner = right.display().to_string();
    let sizes =
        ["network.channels=4", "network.cells=4", "data.limit_per_class=10", "retrain.batch_size=100", "retrain.epochs=2"];
    let sizes = sizes.into_iter().flat_map(|size| ["--set", size]);
    let train: Vec<&str> = ["train", "--recipe", "darts-cifar", "--arch", &winner].into_iter().chain(sizes).collect();
    let losses = |name: &str| {
        let out = on(&train, name, &format!("train-{}", name.replace(':', "-")));
        let log = std::fs::read_to_string(out.join("metrics.jsonl")).expect("a log of epochs");
        let epochs = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        epochs.map(|epoch| epoch["train_loss"].as_f64().expect("a loss")).collect::<Vec<_>>()
    };
    let (right, found) = (losses("cpu"), losses(&device));
    assert_eq!((right.len(), found.len()), (2, 2));
    // One step an epoch. Where rounding moves a number over the edge of a ReLU, its gradient goes elsewhere, so only the first loss is the same.
    for ((right, found), most) in right.iter().zip(&found).zip([1e-5, 5e-3]) {
        assert!((right - found).abs() < most * right, "{right} {found}");
    }
}
