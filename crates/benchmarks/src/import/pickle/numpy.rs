use super::value::Value;

/// What numpy's scalars become.
pub(crate) enum Scalar {
    Number(Value),
    Text(String),
}

/// A type of numpy, as far as tables use it.
struct Type {
    /// `f`, `i`, `u`, `b`, `S` or `U`.
    family: char,
    width: usize,
    big: bool,
}

impl Type {
    fn of(dtype: &Value) -> Option<Self> {
        if !matches!(dtype.class()?.as_str(), "numpy.dtype") {
            return None;
        }
        let args = dtype.args()?;
        let items = args.items()?;
        let code = items.first()?.as_str()?;
        let code = code.trim_start_matches(['<', '>', '|', '=']);
        let family = code.chars().next().filter(char::is_ascii)?;
        let width: usize = code.get(1..)?.parse().ok()?;
        let state = dtype.state()?;
        let order = state.items().and_then(|items| items.get(1).and_then(|order| order.as_str().map(|order| order == ">")));
        let known = match family {
            'f' => matches!(width, 2 | 4 | 8),
            'i' | 'u' => matches!(width, 1 | 2 | 4 | 8),
            'b' => width == 1,
            'S' => width > 0,
            'U' => width > 0 && width <= usize::MAX / 4,
            _ => false,
        };
        known.then_some(Self { family, width, big: order.unwrap_or(false) })
    }

    fn bytes(&self) -> usize {
        if self.family == 'U' { 4 * self.width } else { self.width }
    }

    /// The bytes of a number, low to high.
    fn word(&self, raw: &[u8]) -> Option<u64> {
        let byte = |place: usize| raw.get(if self.big { self.width.checked_sub(1 + place)? } else { place });
        (0..self.width).try_fold(0, |word, place| Some(word | u64::from(*byte(place)?) << (8 * place)))
    }

    fn number(&self, raw: &[u8]) -> Option<Value> {
        let word = self.word(raw)?;
        let unused = 64 - 8 * self.width as u32;
        Some(match (self.family, self.width) {
            ('f', 8) => Value::Float(f64::from_bits(word)),
            ('f', 4) => Value::Float(f32::from_bits(word as u32).into()),
            ('f', _) => Value::Float(half(word as u16)),
            ('i', _) => Value::Int((word << unused) as i64 >> unused),
            ('u', _) => i64::try_from(word).map_or(Value::Float(word as f64), Value::Int),
            ('b', _) => Value::Bool(word != 0),
            _ => return None,
        })
    }
}

/// A half precision number.
pub(crate) fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 != 0 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

/// The scalar of a type with these bytes; none for types that tables do not use.
pub(crate) fn scalar(dtype: &Value, bytes: &Value) -> Option<Scalar> {
    let kind = Type::of(dtype)?;
    // Python 2 wrote bytes as a text.
    let raw = bytes.as_bytes().or(bytes.as_str().map(str::as_bytes))?;
    if raw.len() != kind.bytes() {
        return None;
    }
    match kind.family {
        'S' => String::from_utf8(raw.to_vec()).ok().map(|text| Scalar::Text(text.trim_end_matches('\0').into())),
        'U' => {
            let word = |raw: &[u8]| Type { family: 'u', width: 4, big: kind.big }.word(raw);
            let letters = raw.chunks_exact(4).map(|raw| char::from_u32(word(raw)? as u32));
            Some(Scalar::Text(letters.collect::<Option<String>>()?.trim_end_matches('\0').into()))
        }
        _ => kind.number(raw).map(Scalar::Number),
    }
}

/// The numbers of a list, a tuple, a single number or an array of numpy; none for anything else.
pub fn numbers(value: &Value) -> Option<Vec<f64>> {
    if let Some(number) = value.as_float() {
        return Some(vec![number]);
    }
    if let Some(items) = value.items() {
        return items.iter().map(Value::as_float).collect();
    }
    let (class, args, state) = (value.class()?, value.args()?, value.state()?);
    let (args, state) = (args.items()?, state.items());
    let (dtype, raw) = match (class.as_str().rsplit('.').next()?, state.as_deref(), &*args) {
        ("_reconstruct", Some([_, _, dtype, _, raw]), _) => (dtype, raw),
        ("_frombuffer", _, [raw, dtype, ..]) => (dtype, raw),
        _ => return None,
    };
    let (kind, raw) = (Type::of(dtype)?, raw.as_bytes()?);
    raw.chunks_exact(kind.bytes()).map(|raw| kind.number(raw)?.as_float()).collect()
}
