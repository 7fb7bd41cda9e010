use crate::small::{bonas, refusal, search, succeed};

#[test]
fn networks_that_diverge_are_recorded_with_reasons() {
    let folder = tempfile::tempdir().expect("folder");
    let out = folder.path().join("run");
    let wild = ["--set", "supernet.optimizer.learning_rate=1e30", "--set", "supernet.optimizer.clip_norm=1e30"];
    let message = refusal(&mut search(&out, &wild), 1);
    assert!(message.contains("none of the 9 architectures could be measured"), "{message}");
    let shown = succeed(bonas(&["show"]).arg(&out));
    assert!(shown.contains("9 of them failed") && shown.contains("not finite"), "{shown}");
    assert!(succeed(bonas(&["report"]).arg(&out)).contains("report.html"));
}
