//! A dict of tensors in the [pickle](https://docs.python.org/3/library/pickletools.html) language, protocol 2. Only what
//! `torch.load(…, weights_only=True)` takes is written.

use crate::state_dict::{Entry, StateDict};

const PROTOCOL: [u8; 2] = [0x80, 2];
const EMPTY_DICT: u8 = b'}';
const EMPTY_TUPLE: u8 = b')';
const MARK: u8 = b'(';
const TUPLE: u8 = b't';
const TEXT: u8 = b'X';
const INTEGER: u8 = 0x8a;
const FALSE: u8 = 0x89;
const GLOBAL: u8 = b'c';
const CALL: u8 = b'R';
const PERSISTENT: u8 = b'Q';
const SET_ITEMS: u8 = b'u';
const STOP: u8 = b'.';

/// The pickle of a state dict whose tensors are the files `data/0`, `data/1`, … beside it.
pub(super) fn state_dict(state: &StateDict) -> Vec<u8> {
    let mut pickle = Pickle(PROTOCOL.to_vec());
    pickle.op(EMPTY_DICT);
    pickle.op(MARK);
    for (number, (name, entry)) in state.tensors.iter().enumerate() {
        pickle.text(name);
        pickle.tensor(number, entry);
    }
    pickle.op(SET_ITEMS);
    pickle.op(STOP);
    pickle.0
}

struct Pickle(Vec<u8>);

impl Pickle {
    /// `_rebuild_tensor_v2(storage, offset, size, strides, requires_grad, hooks)`
    fn tensor(&mut self, number: usize, entry: &Entry) {
        let (storage, dims, count) = match entry {
            Entry::Floats(array) => ("FloatStorage", &array.dims[..], array.values.len()),
            Entry::Integer(_) => ("LongStorage", &[][..], 1),
        };
        self.global("torch._utils", "_rebuild_tensor_v2");
        self.op(MARK);
        self.op(MARK);
        self.text("storage");
        self.global("torch", storage);
        self.text(&number.to_string());
        self.text("cpu");
        self.integer(count);
        self.op(TUPLE);
        self.op(PERSISTENT);
        self.integer(0);
        self.integers(dims.iter().copied());
        self.integers((1..=dims.len()).map(|place| dims[place..].iter().product()));
        self.op(FALSE);
        self.global("collections", "OrderedDict");
        self.op(EMPTY_TUPLE);
        self.op(CALL);
        self.op(TUPLE);
        self.op(CALL);
    }

    fn op(&mut self, code: u8) {
        self.0.push(code);
    }

    fn text(&mut self, text: &str) {
        self.op(TEXT);
        self.0.extend((text.len() as u32).to_le_bytes());
        self.0.extend(text.as_bytes());
    }

    fn global(&mut self, module: &str, name: &str) {
        self.op(GLOBAL);
        self.0.extend(format!("{module}\n{name}\n").as_bytes());
    }

    fn integer(&mut self, value: usize) {
        self.op(INTEGER);
        let bytes = (value as u64).to_le_bytes();
        self.op(bytes.len() as u8);
        self.0.extend(bytes);
    }

    fn integers(&mut self, values: impl Iterator<Item = usize>) {
        self.op(MARK);
        values.for_each(|value| self.integer(value));
        self.op(TUPLE);
    }
}
