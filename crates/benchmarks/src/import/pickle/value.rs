use super::meter::{Charge, Excess, Limits};
use std::cell::{Cell, Ref, RefCell};
use std::fmt;
use std::rc::Rc;

/// What one value of a container takes, with the room that a growing list keeps free.
const PER_VALUE: u64 = 24;
const PER_NODE: u64 = 144;
const PER_LEAF: u64 = 64;

/// A value of a pickle. Cloning shares what lies below; there are no cycles.
#[derive(Clone)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer of at most 64 bits.
    Int(i64),
    /// A larger integer: its bytes, little endian, two's complement.
    Long(Blob),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Str(Text),
    /// Bytes.
    Bytes(Blob),
    /// A class or function of the allowed ones, as `module.name`. It stands for itself and is never called.
    Class(Text),
    /// A list.
    List(Node),
    /// A tuple.
    Tuple(Node),
    /// A set or a frozen set.
    Set(Node),
    /// A dict of any kind, in the order of the file.
    Dict(Node),
    /// An object of an allowed class: its class, the arguments it was made with, and its state.
    Object(Node),
}

/// A shared text.
#[derive(Clone)]
pub struct Text(Rc<(Box<str>, Charge)>);

/// Shared bytes.
#[derive(Clone)]
pub struct Blob(Rc<(Box<[u8]>, Charge)>);

/// A shared container.
#[derive(Clone)]
pub struct Node(Rc<Inner>);

struct Inner {
    content: RefCell<Content>,
    /// Set once the container lies in another one. From then on it must not change, which rules out cycles.
    sealed: Cell<bool>,
    /// Containers on the longest way down, with this one. Bounded, so that nothing recursive overflows the stack.
    depth: Cell<u32>,
    /// Values met when walking through everything below, counting shared ones every time.
    walk: Cell<u64>,
    charge: Charge,
}

pub(crate) enum Content {
    Items(Vec<Value>),
    Pairs(Vec<(Value, Value)>),
    Object { class: Text, args: Value, state: Value },
}

impl Text {
    pub(crate) fn new(text: String, limits: &Limits) -> Result<Self, Excess> {
        let charge = limits.charge(PER_LEAF + text.len() as u64)?;
        Ok(Self(Rc::new((text.into_boxed_str(), charge))))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0.0
    }
}

impl Blob {
    pub(crate) fn new(bytes: Vec<u8>, limits: &Limits) -> Result<Self, Excess> {
        let charge = limits.charge(PER_LEAF + bytes.len() as u64)?;
        Ok(Self(Rc::new((bytes.into_boxed_slice(), charge))))
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0.0
    }
}

impl Node {
    /// A container with this content. Everything in it is sealed.
    pub(crate) fn new(content: Content, limits: &Limits) -> Result<Self, Excess> {
        let charge = limits.charge(PER_NODE)?;
        let (sealed, depth, walk) = (Cell::new(false), Cell::new(1), Cell::new(1));
        let empty = RefCell::new(Content::Items(Vec::new()));
        let node = Self(Rc::new(Inner { content: empty, sealed, depth, walk, charge }));
        match &content {
            Content::Items(items) => node.adopt(items.iter(), limits)?,
            Content::Pairs(pairs) => node.adopt(pairs.iter().flat_map(|(key, value)| [key, value]), limits)?,
            Content::Object { args, state, .. } => node.adopt([args, state].into_iter(), limits)?,
        }
        node.0.content.replace(content);
        Ok(node)
    }

    fn adopt<'a>(&self, children: impl Iterator<Item = &'a Value>, limits: &Limits) -> Result<(), Excess> {
        let mut count = 0;
        for child in children {
            count += 1;
            let (depth, walk) = match child.node() {
                Some(node) => {
                    node.0.sealed.set(true);
                    (node.0.depth.get(), node.0.walk.get())
                }
                None => (0, 1),
            };
            self.0.depth.set(self.0.depth.get().max(depth + 1));
            self.0.walk.set(self.0.walk.get().saturating_add(walk));
        }
        // Checked after sealing: a container that was put into itself is sealed by now.
        if self.0.sealed.get() {
            return Err(Excess::Cycle);
        }
        if self.0.depth.get() > limits.depth {
            return Err(Excess::Depth);
        }
        if self.0.walk.get() > limits.walk {
            return Err(Excess::Walk);
        }
        self.0.charge.add(count * PER_VALUE)
    }

    pub(crate) fn append(&self, values: Vec<Value>, limits: &Limits) -> Result<(), Excess> {
        self.adopt(values.iter(), limits)?;
        if let Content::Items(items) = &mut *self.0.content.borrow_mut() {
            items.extend(values);
        }
        Ok(())
    }

    pub(crate) fn insert(&self, entries: Vec<(Value, Value)>, limits: &Limits) -> Result<(), Excess> {
        self.adopt(entries.iter().flat_map(|(key, value)| [key, value]), limits)?;
        if let Content::Pairs(pairs) = &mut *self.0.content.borrow_mut() {
            pairs.extend(entries);
        }
        Ok(())
    }

    pub(crate) fn set_state(&self, new: Value, limits: &Limits) -> Result<(), Excess> {
        self.adopt(std::iter::once(&new), limits)?;
        if let Content::Object { state, .. } = &mut *self.0.content.borrow_mut() {
            *state = new;
        }
        Ok(())
    }
}

impl Value {
    fn node(&self) -> Option<&Node> {
        match self {
            Self::List(node) | Self::Tuple(node) | Self::Set(node) | Self::Dict(node) | Self::Object(node) => Some(node),
            _ => None,
        }
    }

    /// What it is, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a bool",
            Self::Int(_) | Self::Long(_) => "an int",
            Self::Float(_) => "a float",
            Self::Str(_) => "a str",
            Self::Bytes(_) => "bytes",
            Self::Class(_) => "a class",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Set(_) => "a set",
            Self::Dict(_) => "a dict",
            Self::Object(_) => "an object",
        }
    }

    /// Items, entries or bytes that it holds itself.
    pub(crate) fn length(&self) -> usize {
        match self {
            Self::Str(text) => text.as_str().len(),
            Self::Bytes(bytes) | Self::Long(bytes) => bytes.as_slice().len(),
            _ => self.items().map(|items| items.len()).or(self.entries().map(|entries| entries.len())).unwrap_or(0),
        }
    }

    /// The text of a str.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bytes(bytes) | Self::Long(bytes) => Some(bytes.as_slice()),
            _ => None,
        }
    }

    /// An integer that fits.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// A number, whole or not.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// What a list, tuple or set holds.
    pub fn items(&self) -> Option<Ref<'_, [Value]>> {
        let content = self.node()?.0.content.borrow();
        Ref::filter_map(content, |content| if let Content::Items(items) = content { Some(items.as_slice()) } else { None }).ok()
    }

    /// What a dict holds, in the order of the file. A key may repeat: the last one counts.
    pub fn entries(&self) -> Option<Ref<'_, [(Value, Value)]>> {
        let content = self.node()?.0.content.borrow();
        Ref::filter_map(content, |content| if let Content::Pairs(pairs) = content { Some(pairs.as_slice()) } else { None }).ok()
    }

    /// The value below a text key of a dict, or of the dict that is an object's state.
    pub fn get(&self, key: &str) -> Option<Value> {
        if let Some(state) = self.state() {
            return state.entries().is_some().then(|| state.get(key)).flatten();
        }
        let entries = self.entries()?;
        entries.iter().rev().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value.clone())
    }

    /// `module.name` of an object's class, or of a class.
    pub fn class(&self) -> Option<Text> {
        match (self, self.node().map(|node| node.0.content.borrow()).as_deref()) {
            (Self::Class(name), _) => Some(name.clone()),
            (_, Some(Content::Object { class, .. })) => Some(class.clone()),
            _ => None,
        }
    }

    /// What an object was made with.
    pub fn args(&self) -> Option<Value> {
        match &*self.node()?.0.content.borrow() {
            Content::Object { args, .. } => Some(args.clone()),
            _ => None,
        }
    }

    /// The state of an object.
    pub fn state(&self) -> Option<Value> {
        match &*self.node()?.0.content.borrow() {
            Content::Object { state, .. } => Some(state.clone()),
            _ => None,
        }
    }

    /// The first keys of a dict for a message; for anything else, what it is.
    pub fn outline(&self) -> String {
        let Some(entries) = self.entries() else { return self.kind().into() };
        let keys = entries.iter().take(12).map(|(key, _)| match key {
            Self::Str(text) => format!("'{}'", text.as_str().chars().take(60).collect::<String>()),
            Self::Int(number) => number.to_string(),
            other => other.kind().to_string(),
        });
        let keys: Vec<String> = keys.collect();
        let more = if entries.len() > keys.len() { ", ..." } else { "" };
        format!("a dict with the keys [{}{more}]", keys.join(", "))
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(flag) => write!(f, "{flag:?}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Str(text) => write!(f, "{:?}", text.as_str()),
            Self::Bytes(bytes) => write!(f, "b\"{}\"", bytes.as_slice().escape_ascii()),
            Self::Long(bytes) => write!(f, "long{:?}", bytes.as_slice()),
            Self::Class(name) => write!(f, "<{}>", name.as_str()),
            Self::List(_) | Self::Tuple(_) | Self::Set(_) => {
                f.write_str(self.kind().trim_start_matches("a "))?;
                f.debug_list().entries(self.items().iter().flat_map(|items| items.iter())).finish()
            }
            Self::Dict(_) => {
                let entries = self.entries();
                let pairs = entries.iter().flat_map(|entries| entries.iter()).map(|(key, value)| (key, value));
                f.debug_map().entries(pairs).finish()
            }
            Self::Object(_) => {
                let name = self.class();
                write!(f, "{}", name.as_ref().map_or("", Text::as_str))?;
                write!(f, "{:?}{:?}", self.args().unwrap_or(Self::None), self.state().unwrap_or(Self::None))
            }
        }
    }
}
