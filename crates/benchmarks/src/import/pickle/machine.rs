use super::globals::{Kind, kind};
use super::memo::{Memo, Uses};
use super::meter::{Excess, Limits};
use super::numpy;
use super::op::{Op, next_op};
use super::value::{Blob, Content, Node, Text, Value};
use crate::ImportError;
use crate::import::input::Input;
use std::io::BufRead;

/// Sees what is put into dicts while a pickle is read, so that what a table does not need goes before the next row comes.
pub(crate) trait Filter {
    /// What of `entries` the dict is to hold. `key` lies below the dict on the stack: where the dict is a value of another
    /// dict, that is its key.
    ///
    /// # Errors
    ///
    /// Whatever ends the import.
    fn entries(&mut self, key: Option<&Value>, entries: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>, ImportError>;

    /// Sees a persistent id: how torch names the storages of tensors.
    fn persistent(&mut self, _id: &Value) {}
}

/// Keeps everything.
pub(crate) struct Unfiltered;

impl Filter for Unfiltered {
    fn entries(&mut self, _: Option<&Value>, entries: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>, ImportError> {
        Ok(entries)
    }
}

/// Decodes one pickle up to its end. With counts of an earlier pass, only memo slots that are read again are kept.
pub(crate) fn decode<R: BufRead>(
    input: &mut Input<R>,
    uses: Option<Uses>,
    limits: &Limits,
    filter: &mut dyn Filter,
) -> Result<Value, ImportError> {
    let (stack, marks) = (Vec::new(), Vec::new());
    let start = input.offset();
    Machine { input, limits, filter, memo: Memo::new(uses), stack, marks, at: start, start, copied: 0 }.run()
}

struct Machine<'a, R> {
    input: &'a mut Input<R>,
    limits: &'a Limits,
    filter: &'a mut dyn Filter,
    memo: Memo,
    stack: Vec<Value>,
    /// Heights of the stack at which marks lie.
    marks: Vec<usize>,
    /// Where the instruction begins that is carried out.
    at: u64,
    /// Where the pickle begins.
    start: u64,
    /// Values and bytes that were copied from one container to another.
    copied: u64,
}

/// What a pickle may copy for each of its bytes. Real ones copy what they have just read; one that copies the same again and
/// again would take for ever.
const COPIES_PER_BYTE: u64 = 16;

impl<R: BufRead> Machine<'_, R> {
    fn run(mut self) -> Result<Value, ImportError> {
        loop {
            self.at = self.input.offset();
            match next_op(self.input)? {
                Op::Stop => return self.pop(),
                op => self.step(op)?,
            }
            if self.stack.len() + self.marks.len() > self.limits.stack {
                return Err(self.input.origin().too_large(self.at, "a stack", self.limits.stack as u64));
            }
        }
    }

    fn step(&mut self, op: Op) -> Result<(), ImportError> {
        match op {
            Op::Nothing | Op::Stop => {}
            Op::Mark => self.marks.push(self.stack.len()),
            Op::Pop if self.marks.last() == Some(&self.stack.len()) => drop(self.marks.pop()),
            Op::Pop => drop(self.pop()?),
            Op::PopMark => drop(self.pop_to_mark()?),
            Op::Dup => self.stack.push(self.top()?.clone()),
            Op::None => self.stack.push(Value::None),
            Op::Bool(flag) => self.stack.push(Value::Bool(flag)),
            Op::Int(number) => self.stack.push(Value::Int(number)),
            Op::Float(number) => self.stack.push(Value::Float(number)),
            Op::Long(bytes) => self.push(|limits| Blob::new(bytes, limits).map(Value::Long))?,
            Op::Bytes(bytes) => self.push(|limits| Blob::new(bytes, limits).map(Value::Bytes))?,
            Op::Text(text) => self.push(|limits| Text::new(text, limits).map(Value::Str))?,
            Op::Get(slot) => self.recall(slot)?,
            Op::Put(slot) => self.memoize(slot)?,
            Op::Memoize => self.memoize(self.memo.next())?,
            op => return self.build(op),
        }
        Ok(())
    }

    /// The instructions that make or fill containers and objects.
    fn build(&mut self, op: Op) -> Result<(), ImportError> {
        match op {
            Op::EmptyList => self.push_items(Vec::new(), Value::List),
            Op::EmptyTuple => self.push_items(Vec::new(), Value::Tuple),
            Op::EmptySet => self.push_items(Vec::new(), Value::Set),
            Op::EmptyDict => self.push_pairs(Vec::new()),
            Op::List => self.marked_items(Value::List),
            Op::Tuple => self.marked_items(Value::Tuple),
            Op::FrozenSet => self.marked_items(Value::Set),
            Op::Tuples(count) => {
                let items = self.pop_many(count)?;
                self.push_items(items, Value::Tuple)
            }
            Op::Dict => {
                let flat = self.pop_to_mark()?;
                let pairs = self.paired(flat)?;
                self.push_pairs(pairs)
            }
            Op::Append => {
                let item = self.pop()?;
                self.append(vec![item])
            }
            Op::Appends | Op::AddItems => {
                let items = self.pop_to_mark()?;
                self.append(items)
            }
            Op::SetItem => {
                let flat = self.pop_many(2)?;
                self.insert(flat)
            }
            Op::SetItems => {
                let flat = self.pop_to_mark()?;
                self.insert(flat)
            }
            op => self.object(op),
        }
    }

    /// The instructions that name classes and make objects.
    fn object(&mut self, op: Op) -> Result<(), ImportError> {
        match op {
            Op::Global(module, name) => self.global(&module, &name),
            Op::StackGlobal => {
                let names = self.pop_many(2)?;
                let texts = (names.first().and_then(Value::as_str), names.get(1).and_then(Value::as_str));
                let (Some(module), Some(name)) = texts else {
                    return Err(self.damaged("two texts that name a class", "something else"));
                };
                self.global(module, name)
            }
            Op::Reduce | Op::NewObject => {
                let (args, class) = (self.pop()?, self.pop()?);
                self.call(&class, args)
            }
            Op::NewObjectWithNames => {
                let (_, args, class) = (self.pop()?, self.pop()?, self.pop()?);
                self.call(&class, args)
            }
            Op::Object => {
                let mut args = self.pop_to_mark()?;
                if args.is_empty() {
                    return Err(self.damaged("a class", "nothing"));
                }
                let class = args.remove(0);
                let args = self.node(Content::Items(args)).map(Value::Tuple)?;
                self.call(&class, args)
            }
            Op::Instance(module, name) => {
                let args = self.pop_to_mark()?;
                self.global(&module, &name)?;
                let class = self.pop()?;
                let args = self.node(Content::Items(args)).map(Value::Tuple)?;
                self.call(&class, args)
            }
            Op::Build => self.set_state(),
            Op::Persistent => {
                let id = self.pop()?;
                self.filter.persistent(&id);
                self.push_object("persistent", id)
            }
            Op::PersistentText(id) => {
                let id = self.checked(Text::new(id, self.limits)).map(Value::Str)?;
                self.push_object("persistent", id)
            }
            other => Err(self.damaged("an instruction of a pickle of data", format!("{other:?}"))),
        }
    }

    fn global(&mut self, module: &str, name: &str) -> Result<(), ImportError> {
        if kind(module, name).is_none() {
            let full = format!("{module}.{name}").chars().take(200).collect::<String>();
            return Err(self.input.origin().foreign(self.at, full));
        }
        let full = format!("{module}.{name}");
        self.push(|limits| Text::new(full, limits).map(Value::Class))
    }

    /// What a class makes of arguments, as data.
    fn call(&mut self, class: &Value, args: Value) -> Result<(), ImportError> {
        let Value::Class(name) = class else { return Err(self.damaged("a class to make an object of", class.kind())) };
        let name = name.clone();
        let known = name.as_str().rsplit_once('.').and_then(|(module, name)| kind(module, name));
        let Some(items) = args.items().filter(|_| matches!(args, Value::Tuple(_))) else {
            return Err(self.damaged("a tuple of arguments", args.kind()));
        };
        let first = items.first().map_or(0, Value::length);
        self.copies(first)?;
        let arguments: Vec<Value> = items.iter().take(8).cloned().collect();
        drop(items);
        match (known, arguments.as_slice()) {
            (Some(Kind::Dict), []) | (Some(Kind::DefaultDict), _) => self.push_pairs(Vec::new()),
            (Some(Kind::Dict), [pairs]) => {
                let pairs = self.pairs_of(pairs)?;
                self.push_pairs(pairs)
            }
            (Some(Kind::List), values) => self.copied(values, Value::List),
            (Some(Kind::Tuple), values) => self.copied(values, Value::Tuple),
            (Some(Kind::Set), values) => self.copied(values, Value::Set),
            (Some(Kind::Bytes | Kind::Encode), values) => self.push_bytes(values),
            (Some(Kind::NumpyScalar), [dtype, bytes]) => self.push_scalar(dtype, bytes),
            (Some(Kind::Reconstructor), [made, ..]) => self.reconstruct(made),
            (Some(Kind::Object), _) => self.push_object(name.as_str(), args),
            _ => Err(self.damaged(format!("arguments of {}", name.as_str()), format!("{} of them", arguments.len()))),
        }
    }

    /// Accounts for so many copied values or bytes.
    fn copies(&mut self, count: usize) -> Result<(), ImportError> {
        self.copied += count as u64;
        let limit = COPIES_PER_BYTE * (self.input.offset() - self.start + 1024);
        if self.copied > limit {
            return Err(self.input.origin().too_large(self.at, "copies", limit));
        }
        Ok(())
    }

    fn reconstruct(&mut self, made: &Value) -> Result<(), ImportError> {
        let Value::Class(name) = made else { return Err(self.damaged("a class to make an object of", made.kind())) };
        let known = name.as_str().rsplit_once('.').and_then(|(module, name)| kind(module, name));
        if known == Some(Kind::Dict) {
            return self.push_pairs(Vec::new());
        }
        let args = self.node(Content::Items(Vec::new())).map(Value::Tuple)?;
        self.push_object(name.as_str(), args)
    }

    fn push_object(&mut self, class: &str, args: Value) -> Result<(), ImportError> {
        let class = self.checked(Text::new(class.into(), self.limits))?;
        let object = self.node(Content::Object { class, args, state: Value::None }).map(Value::Object)?;
        self.stack.push(object);
        Ok(())
    }

    fn push_bytes(&mut self, values: &[Value]) -> Result<(), ImportError> {
        let bytes = match values {
            [] => Some(Vec::new()),
            [Value::Bytes(bytes), ..] => Some(bytes.as_slice().to_vec()),
            // Protocols 0 to 2 have no bytes: their writer spells them as a text of the first 256 characters.
            [Value::Str(text), ..] => text.as_str().chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect(),
            _ => None,
        };
        let Some(bytes) = bytes else { return Err(self.damaged("bytes", "something else")) };
        self.push(|limits| Blob::new(bytes, limits).map(Value::Bytes))
    }

    fn push_scalar(&mut self, dtype: &Value, bytes: &Value) -> Result<(), ImportError> {
        self.copies(bytes.length())?;
        match numpy::scalar(dtype, bytes) {
            Some(numpy::Scalar::Number(number)) => self.stack.push(number),
            Some(numpy::Scalar::Text(text)) => self.push(|limits| Text::new(text, limits).map(Value::Str))?,
            None => {
                return Err(
                    self.damaged("a number or text of numpy", "a type that tables do not use, or bytes that do not fit it")
                );
            }
        }
        Ok(())
    }

    /// A container made of the items of another one, or of nothing.
    fn copied(&mut self, values: &[Value], wrap: fn(Node) -> Value) -> Result<(), ImportError> {
        let items = match values {
            [] => Vec::new(),
            [value] => match value.items() {
                Some(items) => items.to_vec(),
                None => return Err(self.damaged("a list", value.kind())),
            },
            _ => return Err(self.damaged("one list", format!("{} arguments", values.len()))),
        };
        self.push_items(items, wrap)
    }

    /// The pairs that a dict is made of: another dict, or a list of pairs.
    fn pairs_of(&self, pairs: &Value) -> Result<Vec<(Value, Value)>, ImportError> {
        if let Some(entries) = pairs.entries() {
            return Ok(entries.to_vec());
        }
        let Some(items) = pairs.items() else { return Err(self.damaged("a list of pairs", pairs.kind())) };
        let pair = |item: &Value| match item.items().as_deref() {
            Some([key, value]) => Ok((key.clone(), value.clone())),
            _ => Err(self.damaged("a pair", item.kind())),
        };
        items.iter().map(pair).collect()
    }

    fn set_state(&mut self) -> Result<(), ImportError> {
        let state = self.pop()?;
        match self.top()?.clone() {
            Value::Object(node) => self.checked(node.set_state(state, self.limits)),
            // A dict may carry attributes beside its entries; tables have none that matter.
            Value::Dict(_) => Ok(()),
            other => Err(self.damaged("an object to give a state to", other.kind())),
        }
    }

    fn append(&mut self, items: Vec<Value>) -> Result<(), ImportError> {
        match self.top()?.clone() {
            Value::List(node) | Value::Set(node) => self.checked(node.append(items, self.limits)),
            other => Err(self.damaged("a list or set to add to", other.kind())),
        }
    }

    fn insert(&mut self, flat: Vec<Value>) -> Result<(), ImportError> {
        let entries = self.paired(flat)?;
        let Value::Dict(node) = self.top()?.clone() else { return Err(self.damaged("a dict to add to", self.top()?.kind())) };
        let floor = self.marks.last().copied().unwrap_or(0);
        let below = self.stack.len().checked_sub(2).filter(|&place| place >= floor);
        let entries = self.filter.entries(below.and_then(|place| self.stack.get(place)), entries)?;
        self.checked(node.insert(entries, self.limits))
    }

    fn paired(&self, flat: Vec<Value>) -> Result<Vec<(Value, Value)>, ImportError> {
        if !flat.len().is_multiple_of(2) {
            return Err(self.damaged("as many keys as values", format!("{} of both", flat.len())));
        }
        let mut pairs = Vec::with_capacity(flat.len() / 2);
        let mut flat = flat.into_iter();
        while let (Some(key), Some(value)) = (flat.next(), flat.next()) {
            pairs.push((key, value));
        }
        Ok(pairs)
    }

    fn marked_items(&mut self, wrap: fn(Node) -> Value) -> Result<(), ImportError> {
        let items = self.pop_to_mark()?;
        self.push_items(items, wrap)
    }

    fn push_items(&mut self, items: Vec<Value>, wrap: fn(Node) -> Value) -> Result<(), ImportError> {
        let node = self.node(Content::Items(items))?;
        self.stack.push(wrap(node));
        Ok(())
    }

    fn push_pairs(&mut self, pairs: Vec<(Value, Value)>) -> Result<(), ImportError> {
        let node = self.node(Content::Pairs(pairs))?;
        self.stack.push(Value::Dict(node));
        Ok(())
    }

    fn node(&self, content: Content) -> Result<Node, ImportError> {
        self.checked(Node::new(content, self.limits))
    }

    fn push(&mut self, make: impl FnOnce(&Limits) -> Result<Value, Excess>) -> Result<(), ImportError> {
        let value = self.checked(make(self.limits))?;
        self.stack.push(value);
        Ok(())
    }

    fn memoize(&mut self, slot: u64) -> Result<(), ImportError> {
        let value = self.top()?.clone();
        let stored = self.memo.put((slot, &value), self.at, self.input, self.limits)?;
        self.checked(stored)
    }

    fn recall(&mut self, slot: u64) -> Result<(), ImportError> {
        match self.memo.get(slot) {
            Some(value) => self.stack.push(value),
            None => return Err(self.damaged("a memo slot that was written", slot.to_string())),
        }
        Ok(())
    }

    /// The topmost value above the last mark.
    fn top(&self) -> Result<&Value, ImportError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        self.stack.get(floor..).and_then(<[Value]>::last).ok_or_else(|| self.damaged("a value on the stack", "none"))
    }

    fn pop(&mut self) -> Result<Value, ImportError> {
        self.top()?;
        self.stack.pop().ok_or_else(|| self.damaged("a value on the stack", "none"))
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Value>, ImportError> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len().checked_sub(count).filter(|&start| start >= floor) {
            Some(start) => Ok(self.stack.split_off(start)),
            None => Err(self.damaged(format!("{count} values on the stack"), "fewer")),
        }
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Value>, ImportError> {
        match self.marks.pop() {
            Some(mark) if mark <= self.stack.len() => Ok(self.stack.split_off(mark)),
            _ => Err(self.damaged("a mark on the stack", "none")),
        }
    }

    fn damaged(&self, expected: impl Into<String>, found: impl Into<String>) -> ImportError {
        self.input.origin().damaged(self.at, expected, found)
    }

    fn checked<T>(&self, made: Result<T, Excess>) -> Result<T, ImportError> {
        let origin = self.input.origin();
        made.map_err(|excess| match excess {
            Excess::Depth => origin.too_large(self.at, "a nesting", self.limits.depth.into()),
            Excess::Walk => origin.too_large(self.at, "a number of shared values", self.limits.walk),
            Excess::Memory(limit) => origin.too_large(self.at, "an amount of memory", limit),
            Excess::Cycle => {
                self.damaged("a container that is complete before it is used", "one that changes afterwards or holds itself")
            }
        })
    }
}
