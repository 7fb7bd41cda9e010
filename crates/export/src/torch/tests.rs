use super::*;
use crate::state_dict::Entry;

fn state(prefix: &str) -> StateDict {
    let array = |dims: &[usize]| {
        let count: usize = dims.iter().product();
        Entry::Floats(Array { dims: dims.to_vec(), values: (0..count).map(|value| value as f32 - 1.5).collect() })
    };
    let mut state = StateDict::default();
    for (name, dims) in [("stem.0.weight", &[2, 3, 1, 2][..]), ("bias", &[5]), ("classifier.weight", &[3, 4])] {
        state.push(format!("{prefix}{name}"), array(dims));
    }
    state
}

fn sorted(mut state: StateDict) -> StateDict {
    state.tensors.sort_by(|a, b| a.0.cmp(&b.0));
    state
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    for prefix in ["", "state_dict.", "module.", "state_dict.module."] {
        let mut written = state(prefix);
        written.push(format!("{prefix}stem.1.num_batches_tracked"), Entry::Integer(0));
        for (name, bytes) in
            [("a.pt", encode(&written)), ("a.safetensors", crate::safetensors::encode(&written, &[("key".into(), "x".into())]))]
        {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes.expect("written")).expect("written");
            assert_eq!(StateDict::read(&path).expect("read"), sorted(state("")), "{name} {prefix}");
        }
    }
}

#[test]
fn storages_begin_where_they_can_be_mapped() {
    let bytes = encode(&state("")).expect("written");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let starts: Vec<u64> =
        (0..archive.len()).map(|place| archive.by_index(place).expect("a file").data_start().expect("a place")).collect();
    assert!(starts.len() > 5 && starts.iter().all(|start| start % 64 == 0), "{starts:?}");
}

#[test]
fn what_is_no_file_of_weights_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, kind) in [("a.pt", "not a file of PyTorch"), ("a.safetensors", "not a safetensors file")] {
        let path = folder.path().join(name);
        std::fs::write(&path, "no weights at all").expect("written");
        let error = StateDict::read(&path).expect_err("no weights").to_string();
        assert!(error.contains(name) && error.contains(kind), "{error}");
    }
}
