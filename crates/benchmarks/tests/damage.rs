//! Damaged tables: no panic, no hang, and errors that name the file and the place.

use bonas_benchmarks::import::{ImportReport, nas_bench_201, nats_bench, torch, trans_nas_bench_101};
use bonas_benchmarks::{ImportError, Release, Row, Table};
use proptest::prelude::*;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let bytes = std::fs::read(&path).expect("fixture");
    if !name.ends_with("bz2") {
        return bytes;
    }
    let mut plain = Vec::new();
    bzip2::read::BzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).expect("bzip2");
    plain
}

#[derive(Clone, Debug)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Truncate(prop::sample::Index),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
}

fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let place = any::<prop::sample::Index>;
    let one = prop_oneof![
        4 => (place(), 1u8..).prop_map(|(place, mask)| Damage::Flip(place, mask)),
        1 => place().prop_map(Damage::Truncate),
        2 => (place(), prop::collection::vec(any::<u8>(), 1..6)).prop_map(|(place, bytes)| Damage::Insert(place, bytes)),
        2 => (place(), 1usize..9).prop_map(|(place, count)| Damage::Remove(place, count)),
    ];
    prop::collection::vec(one, 1..4)
}

fn damaged(mut bytes: Vec<u8>, damage: &[Damage]) -> Vec<u8> {
    for damage in damage {
        let length = bytes.len();
        if length == 0 {
            return bytes;
        }
        match damage {
            Damage::Flip(place, mask) => bytes[place.index(length)] ^= mask,
            Damage::Truncate(place) => bytes.truncate(place.index(length)),
            Damage::Insert(place, new) => drop(bytes.splice(place.index(length)..place.index(length), new.iter().copied())),
            Damage::Remove(place, count) => {
                let start = place.index(length);
                bytes.drain(start..(start + count).min(length));
            }
        }
    }
    bytes
}

fn named(result: Result<(), ImportError>) -> Result<(), TestCaseError> {
    if let Err(error) = result {
        let message = error.to_string();
        let placed = message.contains("at byte ") || matches!(error, ImportError::Layout { .. });
        prop_assert!(message.contains("table.damaged") && placed, "{}", message);
    }
    Ok(())
}

fn macro_fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/nas-bench-macro/table.json")
}

/// An array that announces a thousand million rows is refused before there is memory for them.
#[test]
fn stored_tables_are_no_larger_than_their_file() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("damaged.npz");
    let (table, _) = Release::NasBenchMacro.import(&macro_fixture(), &mut |_| {}).expect("a table");
    table.save(&path).expect("saved");
    let bytes = std::fs::read(&path).expect("read");
    // Headers end in blanks, so that there is place for a longer number.
    let place = bytes.windows(4).position(|window| window == b"(2,8").or(bytes.windows(5).position(|window| window == b"(2, 8"));
    let place = 1 + place.expect("the shape of the decisions");
    let end = place + bytes[place..].iter().position(|&byte| byte == b'\n').expect("the end of the header");
    let header = format!("99999999999{}", String::from_utf8_lossy(&bytes[place + 1..end - 10]));
    let lying = [&bytes[..place], header.as_bytes(), &bytes[end..]].concat();
    assert_eq!(lying.len(), bytes.len());
    std::fs::write(&path, lying).expect("written");
    let message = Table::open(&path, None).expect_err("a lie").to_string();
    assert!(message.contains("decisions: the array claims to be larger than the file"), "{message}");
}

fn ignore(_: Row) -> Result<(), ImportError> {
    Ok(())
}

fn written<T>(bytes: &[u8], read: impl FnOnce(&Path) -> Result<T, ImportError>) -> Result<(), ImportError> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("table.damaged");
    std::fs::write(&path, bytes).expect("written");
    read(&path).map(drop)
}

fn report(path: &Path, result: Result<ImportReport, ImportError>) -> Result<ImportReport, ImportError> {
    result.inspect(|report| assert!(report.architectures < 1000, "{}", path.display()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nas_bench_201_survives(damage in damage(), zip in any::<bool>()) {
        let name = if zip { "nas-bench-201/zip.pth.bz2" } else { "nas-bench-201/flat.pth.bz2" };
        let bytes = damaged(fixture(name), &damage);
        named(written(&bytes, |path| report(path, nas_bench_201(path, &mut ignore, &mut |_| {}))))?;
    }

    #[test]
    fn trans_nas_bench_101_survives(damage in damage()) {
        let bytes = damaged(fixture("trans-nas-bench-101/table.pth"), &damage);
        named(written(&bytes, |path| report(path, trans_nas_bench_101(path, &mut ignore, &mut |_| {}))))?;
    }

    #[test]
    fn tensors_survive(damage in damage(), zip in any::<bool>()) {
        let bytes = damaged(fixture(if zip { "torch/zip.pth" } else { "torch/legacy.pth" }), &damage);
        named(written(&bytes, |path| {
            let file = torch::read(path)?;
            let entries = file.object().entries();
            entries.iter().flat_map(|entries| entries.iter()).try_for_each(|(_, value)| match file.tensor(value) {
                Ok(_) | Err(ImportError::Layout { .. }) => Ok(()),
                Err(error) => Err(error),
            })
        }))?;
    }

    #[test]
    fn stored_tables_survive(damage in damage()) {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("damaged.npz");
        let (table, _) = Release::NasBenchMacro.import(&macro_fixture(), &mut |_| {}).expect("a table");
        table.save(&path).expect("saved");
        std::fs::write(&path, damaged(std::fs::read(&path).expect("read"), &damage)).expect("written");
        if let Err(error) = Table::open(&path, None) {
            let message = error.to_string();
            prop_assert!(message.contains("damaged.npz is not a table of bonas: "), "{}", message);
        }
    }

    #[test]
    fn nats_bench_survives(damage in damage(), inside in any::<bool>()) {
        let name = "nats-bench/whole.pickle.pbz2";
        let bytes = if inside {
            let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            encoder.write_all(&damaged(fixture(name), &damage)).expect("compressed");
            encoder.finish().expect("compressed")
        } else {
            damaged(std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).expect("fixture"), &damage)
        };
        named(written(&bytes, |path| report(path, nats_bench(path, &mut ignore, &mut |_| {}))))?;
    }
}
