use crate::ImportError;
use crate::import::input::Input;
use std::io::BufRead;

/// The longest text or block of bytes. The largest arrays in tables hold far less.
const LONGEST: u64 = 1 << 28;
/// The longest line of protocol 0.
const LINE: u64 = 1 << 24;

/// One instruction of a pickle with its argument.
#[derive(Debug)]
pub(crate) enum Op {
    Nothing,
    Mark,
    Stop,
    Pop,
    PopMark,
    Dup,
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// An integer beyond 64 bits, little endian, two's complement.
    Long(Vec<u8>),
    Text(String),
    Bytes(Vec<u8>),
    Get(u64),
    Put(u64),
    Memoize,
    EmptyList,
    EmptyTuple,
    EmptyDict,
    EmptySet,
    List,
    Tuple,
    Dict,
    FrozenSet,
    /// A tuple of the topmost values.
    Tuples(usize),
    Append,
    Appends,
    SetItem,
    SetItems,
    AddItems,
    Global(String, String),
    StackGlobal,
    Reduce,
    Build,
    NewObject,
    NewObjectWithNames,
    Object,
    Instance(String, String),
    PersistentText(String),
    Persistent,
}

/// Reads the next instruction.
pub(crate) fn next_op<R: BufRead>(input: &mut Input<R>) -> Result<Op, ImportError> {
    let start = input.offset();
    let code = input.byte("an instruction of a pickle")?;
    Ok(match code {
        b'(' => Op::Mark,
        b'.' => Op::Stop,
        b'0' => Op::Pop,
        b'1' => Op::PopMark,
        b'2' => Op::Dup,
        b'N' => Op::None,
        0x88 => Op::Bool(true),
        0x89 => Op::Bool(false),
        b'a' => Op::Append,
        b'e' => Op::Appends,
        b's' => Op::SetItem,
        b'u' => Op::SetItems,
        0x90 => Op::AddItems,
        b']' => Op::EmptyList,
        b')' => Op::EmptyTuple,
        b'}' => Op::EmptyDict,
        0x8f => Op::EmptySet,
        b'l' => Op::List,
        b't' => Op::Tuple,
        b'd' => Op::Dict,
        0x91 => Op::FrozenSet,
        0x85..=0x87 => Op::Tuples(usize::from(code - 0x84)),
        b'R' => Op::Reduce,
        b'b' => Op::Build,
        0x81 => Op::NewObject,
        0x92 => Op::NewObjectWithNames,
        b'o' => Op::Object,
        b'Q' => Op::Persistent,
        0x93 => Op::StackGlobal,
        0x94 => Op::Memoize,
        0x80 => {
            input.byte("a protocol number")?;
            Op::Nothing
        }
        0x95 => {
            input.array::<8>("the length of a frame")?;
            Op::Nothing
        }
        b'I' | b'L' | b'F' | b'S' | b'V' | b'c' | b'i' | b'g' | b'p' | b'P' => return text_op(code, input),
        _ => return binary_op(code, start, input),
    })
}

fn binary_op<R: BufRead>(code: u8, start: u64, input: &mut Input<R>) -> Result<Op, ImportError> {
    Ok(match code {
        b'K' => Op::Int(input.byte("a byte")?.into()),
        b'M' => Op::Int(u16::from_le_bytes(input.array("two bytes")?).into()),
        b'J' => Op::Int(i32::from_le_bytes(input.array("four bytes")?).into()),
        b'G' => Op::Float(f64::from_be_bytes(input.array("eight bytes of a number")?)),
        0x8a | 0x8b => {
            let length = sized(input, if code == 0x8a { 1 } else { 4 })?;
            long(input.bytes(length, 1 << 10, "an integer")?)
        }
        b'U' | b'T' => {
            let length = sized(input, if code == b'U' { 1 } else { 4 })?;
            text_or_bytes(input.bytes(length, LONGEST, "a text")?)
        }
        0x8c => text(input, 1)?,
        b'X' => text(input, 4)?,
        0x8d => text(input, 8)?,
        b'C' => bytes(input, 1)?,
        b'B' => bytes(input, 4)?,
        0x8e | 0x96 => bytes(input, 8)?,
        b'h' => Op::Get(sized(input, 1)?),
        b'j' => Op::Get(sized(input, 4)?),
        b'q' => Op::Put(sized(input, 1)?),
        b'r' => Op::Put(sized(input, 4)?),
        _ => return Err(input.origin().damaged(start, "an instruction of a pickle of data", format!("the byte {code:#04x}"))),
    })
}

/// The instructions of protocol 0, whose arguments are lines.
fn text_op<R: BufRead>(code: u8, input: &mut Input<R>) -> Result<Op, ImportError> {
    let start = input.offset();
    let line = input.line(LINE, "a line")?;
    Ok(match code {
        b'S' => match quoted(&line) {
            Some(bytes) => text_or_bytes(bytes),
            None => return Err(input.origin().damaged(start, "a text in quotes", shown(&line))),
        },
        b'V' => Op::Text(raw_unicode(&line)),
        b'c' => Op::Global(name(input, start, line)?, second_name(input)?),
        b'i' => Op::Instance(name(input, start, line)?, second_name(input)?),
        b'P' => Op::PersistentText(name(input, start, line)?),
        b'g' => Op::Get(number(input, start, &line)?),
        b'p' => Op::Put(number(input, start, &line)?),
        b'F' => Op::Float(number(input, start, &line)?),
        b'I' if line == b"00" => Op::Bool(false),
        b'I' if line == b"01" => Op::Bool(true),
        _ => {
            let wide: i128 = number(input, start, line.strip_suffix(b"L").unwrap_or(&line))?;
            i64::try_from(wide).map_or_else(|_| Op::Long(wide.to_le_bytes().to_vec()), Op::Int)
        }
    })
}

fn name<R: BufRead>(input: &Input<R>, start: u64, line: Vec<u8>) -> Result<String, ImportError> {
    String::from_utf8(line).map_err(|error| input.origin().damaged(start, "a name", shown(error.as_bytes())))
}

fn second_name<R: BufRead>(input: &mut Input<R>) -> Result<String, ImportError> {
    let start = input.offset();
    let line = input.line(LINE, "a name")?;
    name(input, start, line)
}

fn number<R: BufRead, T: std::str::FromStr>(input: &Input<R>, start: u64, line: &[u8]) -> Result<T, ImportError> {
    let parsed = std::str::from_utf8(line).ok().and_then(|line| line.trim().parse().ok());
    parsed.ok_or_else(|| input.origin().damaged(start, "a number", shown(line)))
}

fn shown(bytes: &[u8]) -> String {
    format!("'{}'", bytes[..bytes.len().min(40)].escape_ascii())
}

/// A little endian length of so many bytes.
fn sized<R: BufRead>(input: &mut Input<R>, width: usize) -> Result<u64, ImportError> {
    Ok(match width {
        1 => input.byte("a length")?.into(),
        4 => u32::from_le_bytes(input.array("a length")?).into(),
        _ => u64::from_le_bytes(input.array("a length")?),
    })
}

fn bytes<R: BufRead>(input: &mut Input<R>, width: usize) -> Result<Op, ImportError> {
    let length = sized(input, width)?;
    Ok(Op::Bytes(input.bytes(length, LONGEST, "bytes")?))
}

/// A text in UTF-8. Lone surrogates, which Python writes but UTF-8 forbids, are replaced.
fn text<R: BufRead>(input: &mut Input<R>, width: usize) -> Result<Op, ImportError> {
    let length = sized(input, width)?;
    let raw = input.bytes(length, LONGEST, "a text")?;
    Ok(Op::Text(String::from_utf8(raw).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())))
}

/// Python 2 did not tell texts from bytes.
fn text_or_bytes(raw: Vec<u8>) -> Op {
    String::from_utf8(raw).map_or_else(|error| Op::Bytes(error.into_bytes()), Op::Text)
}

fn long(raw: Vec<u8>) -> Op {
    if raw.len() > 8 {
        return Op::Long(raw);
    }
    let sign = if raw.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
    Op::Int(i64::from_le_bytes(std::array::from_fn(|place| raw.get(place).copied().unwrap_or(sign))))
}

fn quoted(line: &[u8]) -> Option<Vec<u8>> {
    let line = line.trim_ascii_end();
    let inner = match line {
        [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner,
        _ => return None,
    };
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let [escaped, tail @ ..] = rest else { return None };
        rest = tail;
        bytes.push(match escaped {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'\\' | b'\'' | b'"' => *escaped,
            b'x' => {
                let (digits, tail) = rest.split_at_checked(2)?;
                rest = tail;
                u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
            }
            _ => return None,
        });
    }
    Some(bytes)
}

/// Latin-1 with `\uXXXX` and `\UXXXXXXXX`.
fn raw_unicode(line: &[u8]) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let [first, tail @ ..] = rest {
        let digits = match rest {
            [b'\\', b'u', ..] => 4,
            [b'\\', b'U', ..] => 8,
            _ => 0,
        };
        let escaped = (digits > 0).then(|| rest.get(2..2 + digits)).flatten();
        let code = escaped.and_then(|digits| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match code.and_then(char::from_u32) {
            Some(escaped) => {
                text.push(escaped);
                rest = &rest[2 + digits..];
            }
            None => {
                text.push(char::from(*first));
                rest = tail;
            }
        }
    }
    text
}
