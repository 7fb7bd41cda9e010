use super::meter::{Charge, Excess, Limits};
use super::op::{Op, next_op};
use super::value::Value;
use crate::ImportError;
use crate::import::input::Input;
use std::collections::HashMap;
use std::io::BufRead;

/// What a slot takes.
const PER_SLOT: u64 = 48;

/// How often a pickle reads each memo slot.
///
/// Python's writer gives a slot to every text and container, read again or not: nearly two hundred million in the largest
/// tables. One pass that only counts lets the next one keep the few that matter, and only as long as they do.
#[derive(Debug, Default)]
pub(crate) struct Uses(Vec<u8>);

impl Uses {
    /// Counts through one pickle, up to its end.
    pub(crate) fn count<R: BufRead>(input: &mut Input<R>, limits: &Limits) -> Result<Self, ImportError> {
        let mut uses = Self::default();
        let mut slots = Slots::default();
        loop {
            let start = input.offset();
            match next_op(input)? {
                Op::Put(slot) => slots.check_put(slot, start, input, limits)?,
                Op::Memoize => slots.check_put(slots.written, start, input, limits)?,
                Op::Get(slot) => {
                    slots.check_get(slot, start, input)?;
                    uses.add(slot);
                }
                Op::Stop => return Ok(uses),
                _ => {}
            }
        }
    }

    fn add(&mut self, slot: u64) {
        let slot = slot as usize;
        if self.0.len() <= slot {
            self.0.resize(slot + 1, 0);
        }
        self.0[slot] = self.0[slot].saturating_add(1);
    }
}

/// Slots are numbered in the order of writing, from 0 or 1.
#[derive(Debug, Default)]
struct Slots {
    written: u64,
}

impl Slots {
    fn check_put<R: BufRead>(&mut self, slot: u64, at: u64, input: &Input<R>, limits: &Limits) -> Result<(), ImportError> {
        if self.written >= limits.slots {
            return Err(input.origin().too_large(at, "a memo", limits.slots));
        }
        if slot > self.written + 1 {
            let expected = format!("a memo slot of at most {}", self.written + 1);
            return Err(input.origin().damaged(at, expected, slot.to_string()));
        }
        self.written += 1;
        Ok(())
    }

    fn check_get<R: BufRead>(&self, slot: u64, at: u64, input: &Input<R>) -> Result<(), ImportError> {
        if slot > self.written {
            return Err(input.origin().damaged(at, "a memo slot that was written", slot.to_string()));
        }
        Ok(())
    }
}

/// Values that are read again.
pub(crate) struct Memo {
    values: HashMap<u64, (Value, Charge)>,
    slots: Slots,
    uses: Option<Uses>,
}

impl Memo {
    /// Without counts, every value is kept.
    pub(crate) fn new(uses: Option<Uses>) -> Self {
        Self { values: HashMap::new(), slots: Slots::default(), uses }
    }

    /// The slot that the next `MEMOIZE` writes.
    pub(crate) fn next(&self) -> u64 {
        self.slots.written
    }

    pub(crate) fn put<R: BufRead>(
        &mut self,
        (slot, value): (u64, &Value),
        at: u64,
        input: &Input<R>,
        limits: &Limits,
    ) -> Result<Result<(), Excess>, ImportError> {
        self.slots.check_put(slot, at, input, limits)?;
        let used = self.uses.as_ref().is_none_or(|uses| uses.0.get(slot as usize).is_some_and(|&count| count > 0));
        if used {
            match limits.charge(PER_SLOT) {
                Ok(charge) => drop(self.values.insert(slot, (value.clone(), charge))),
                Err(excess) => return Ok(Err(excess)),
            }
        }
        Ok(Ok(()))
    }

    pub(crate) fn get(&mut self, slot: u64) -> Option<Value> {
        let value = self.values.get(&slot)?.0.clone();
        if let Some(count) = self.uses.as_mut().and_then(|uses| uses.0.get_mut(slot as usize))
            && *count < u8::MAX
        {
            *count -= 1;
            if *count == 0 {
                self.values.remove(&slot);
            }
        }
        Some(value)
    }
}
