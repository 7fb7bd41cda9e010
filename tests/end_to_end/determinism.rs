use crate::small::{history, json, metrics, search};

#[test]
fn the_same_seed_gives_the_same_study_in_another_process() {
    let folder = tempfile::tempdir().expect("folder");
    let study = |name: &str, seed: &str| {
        let out = folder.path().join(name);
        json(&mut search(&out, &["--seed", seed]));
        (history(&out), metrics(&out))
    };
    let first = study("first", "5");
    assert_eq!(first, study("second", "5"));
    assert_ne!(first.0, study("third", "6").0);
}
