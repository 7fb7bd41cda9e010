//! Pickles of every protocol as Python and numpy write them.

use bonas_benchmarks::ImportError;
use bonas_benchmarks::import::pickle::{Value, from_slice, numbers};
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pickle").join(name)
}

fn decode(name: &str) -> Result<Value, ImportError> {
    from_slice(Path::new(name), &std::fs::read(fixture(name)).expect("fixture"))
}

fn at(value: &Value, key: &str) -> Value {
    value.get(key).unwrap_or_else(|| panic!("{key} is missing in {value:?}"))
}

#[test]
fn every_protocol_means_the_same() {
    let names = (0..6).map(|protocol| format!("protocol{protocol}"));
    for protocol in names.chain(["optimized1".into(), "optimized4".into()]) {
        let value = decode(&format!("{protocol}.pickle")).expect("valid");
        assert!(matches!(at(&value, "none"), Value::None));
        assert_eq!(format!("{:?}", at(&value, "flags")), "list[true, false]");
        let ints = at(&value, "ints");
        let ints = ints.items().expect("a list");
        let small: Vec<_> = ints.iter().filter_map(Value::as_int).collect();
        assert_eq!(small, [0, 1, -1, 255, 256, 65536, -(1 << 31), 1 << 31, i64::MIN, i64::MAX], "{protocol}");
        let long = ints[10].as_bytes().expect("2^80").to_vec();
        assert_eq!((long[10], long.iter().map(|&byte| u32::from(byte)).sum::<u32>()), (1, 1));
        assert_eq!(numbers(&at(&value, "floats")), Some(vec![0.0, -1.5, 1e300, f64::INFINITY]));
        assert_eq!(at(&value, "text").as_str(), Some("a\u{e9}\u{4e2d}\u{1f600}\n'\"\\"), "{protocol}");
        assert_eq!(at(&value, "bytes").as_bytes(), Some(&b"\x00\xff'\n"[..]));
        assert_eq!(
            format!("{:?}", at(&value, "tuples")),
            "tuple[tuple[], tuple[1], tuple[1, 2], tuple[1, 2, 3], tuple[1, 2, 3, 4]]"
        );
        let nested = r#"{"a": {"b": {"c": list[1, {"d": 2}]}}, 3: "three", tuple[4, 5]: "pair"}"#;
        assert_eq!(format!("{:?}", at(&value, "nested")), nested);
        assert_eq!(format!("{:?}", at(&value, "shared")), r#"list[list["shared"], list["shared"]]"#);
        assert_eq!(format!("{:?}", at(&value, "set")), "set[7]");
        assert_eq!(numbers(&at(&value, "long list")).map(|list| (list.len(), list[1499])), Some((1500, 1499.0)));
    }
}

#[test]
fn numbers_of_numpy_are_numbers() {
    for name in ["numpy0.pickle", "numpy2.pickle", "numpy2-old.pickle", "numpy4.pickle", "numpy5.pickle"] {
        let value = decode(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let number = |key| at(&value, key).as_float();
        assert_eq!([number("float64"), number("float32"), number("float16")], [Some(1.25), Some(-2.5), Some(0.5)], "{name}");
        assert_eq!([at(&value, "int64").as_int(), at(&value, "uint8").as_int()], [Some(-3), Some(200)]);
        assert!(matches!(at(&value, "bool"), Value::Bool(true)));
        assert_eq!(at(&value, "str").as_str(), Some("caf\u{e9}"));
        assert_eq!(numbers(&at(&value, "big")), Some(vec![1.0, 2.0, 3.0]), "{name}");
        assert_eq!(numbers(&at(&value, "array")), Some(vec![0.5, 1.5, 2.5, 3.5]), "{name}");
        assert_eq!(numbers(&at(&value, "ints")), Some(vec![0.0, 1.0, 2.0, 3.0]));
    }
}

#[test]
fn code_is_named_and_never_run() {
    let message = decode("code.pickle").expect_err("os.system").to_string();
    assert!(message.starts_with("code.pickle names os.system at byte 0, which is not"), "{message}");
    let message = decode("code4.pickle").expect_err("posix.system").to_string();
    assert!(message.contains("posix.system at byte 19"), "{message}");
}

#[test]
fn a_list_that_holds_itself_is_refused() {
    let message = decode("loop.pickle").expect_err("a loop").to_string();
    assert!(message.contains("holds itself"), "{message}");
}

#[test]
fn bombs_are_refused() {
    let refused = |bytes: &[u8], what: &str| {
        let message = from_slice(Path::new("bomb"), bytes).expect_err(what).to_string();
        assert!(message.contains(what), "{message}");
    };
    // [[[[...]]]]
    let deep: Vec<u8> = [vec![b']'; 200_000], vec![b'a'; 199_999], vec![b'.']].concat();
    refused(&deep, "a nesting of more than 100");
    // Each list holds the one before twice: a walk would take 2^60 steps.
    let mut wide = vec![b']', b'q', 0];
    for level in 1..60 {
        wide.extend([b']', b'q', level, b'h', level - 1, b'a', b'h', level - 1, b'a']);
    }
    wide.push(b'.');
    refused(&wide, "a number of shared values");
    // The same list is copied again and again.
    let mut copies = b"cbuiltins\nlist\nq\x00(".to_vec();
    copies.extend(std::iter::repeat_n(b'N', 100_000));
    copies.extend(b"l\x85q\x010");
    copies.extend(std::iter::repeat_n(*b"h\x00h\x01R0", 100_000).flatten());
    refused(&copies, "copies of more than");
    // A text that claims to be longer than the file, and one that no table would need.
    refused(b"\x8d\x00\x00\x00\x08\x00\x00\x00\x00.", "a text of 134217728 bytes, found 1 bytes");
    refused(b"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "a length of more than 268435456");
    // A memo slot far from the others, and one that was never written.
    refused(b"Nr\xff\xff\xff\xff.", "a memo slot of at most 1, found 4294967295");
    refused(b"h\x07.", "a memo slot that was written, found 7");
}

#[test]
fn errors_name_the_byte() {
    let message = |bytes: &[u8]| from_slice(Path::new("x"), bytes).expect_err("damaged").to_string();
    assert_eq!(
        message(b"\x80\x02\x00."),
        "x is damaged at byte 2: expected an instruction of a pickle of data, found the byte 0x00. Download it again"
    );
    assert_eq!(
        message(b"N"),
        "x is damaged at byte 1: expected an instruction of a pickle, found the end of the data. Download it again"
    );
    assert!(message(b"NNs.").contains("at byte 2"), "{}", message(b"NNs."));
    assert!(message(b"(.").contains("a value on the stack"));
    assert!(message(b"I12x\n.").contains("at byte 1: expected a number, found '12x'"));
}
