use std::cell::Cell;
use std::rc::Rc;

/// What a pickle may ask for.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Containers in containers.
    pub(crate) depth: u32,
    /// Values met when walking through the result, which sharing could make exponential.
    pub(crate) walk: u64,
    /// Values and marks on the stack.
    pub(crate) stack: usize,
    /// Memo slots.
    pub(crate) slots: u64,
    meter: Rc<Meter>,
}

#[derive(Debug)]
struct Meter {
    live: Cell<u64>,
    limit: u64,
}

/// Why a value was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Excess {
    Depth,
    Walk,
    Memory(u64),
    /// A container would hold itself, or changes after another one took it in.
    Cycle,
}

/// Memory that a value takes, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    meter: Rc<Meter>,
    bytes: Cell<u64>,
}

impl Limits {
    /// Limits with so many bytes of values alive at a time.
    pub(crate) fn with_memory(limit: u64) -> Self {
        let meter = Rc::new(Meter { live: Cell::new(0), limit });
        Self { depth: 100, walk: 1 << 28, stack: 1 << 24, slots: 1 << 29, meter }
    }

    pub(crate) fn charge(&self, bytes: u64) -> Result<Charge, Excess> {
        let charge = Charge { meter: Rc::clone(&self.meter), bytes: Cell::new(0) };
        charge.add(bytes)?;
        Ok(charge)
    }

    /// Bytes of values that are alive.
    #[cfg(test)]
    pub(crate) fn live(&self) -> u64 {
        self.meter.live.get()
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::with_memory(1 << 30)
    }
}

impl Charge {
    pub(crate) fn add(&self, bytes: u64) -> Result<(), Excess> {
        let live = self.meter.live.get().saturating_add(bytes);
        if live > self.meter.limit {
            return Err(Excess::Memory(self.meter.limit));
        }
        self.meter.live.set(live);
        self.bytes.set(self.bytes.get() + bytes);
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.meter.live.set(self.meter.live.get().saturating_sub(self.bytes.get()));
    }
}
