use crate::error::SupernetError;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What Burn's backends say when an allocation fails, in lower case.
const SIGNS: [&str; 6] =
    ["out of memory", "out-of-memory", "out of device memory", "out_of_memory", "outofmemory", "can't allocate buffer"];

/// Does the work; if the device has not the memory for it, that is [`SupernetError::OutOfMemory`], whether the backend returned it as
/// an error or panicked. Any other panic goes on. `images` is how many the work has on the device at a time.
///
/// `work` must not leave anything half done: it runs again after a failure.
pub(crate) fn if_memory_lasts<T>(images: usize, work: impl FnOnce() -> Result<T, SupernetError>) -> Result<T, SupernetError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Err(SupernetError::Device { reason, .. })) if is_lack_of_memory(&reason) => {
            Err(SupernetError::OutOfMemory { images, reason })
        }
        Ok(result) => result,
        Err(panic) => match text(panic.as_ref()).filter(|text| is_lack_of_memory(text)) {
            Some(reason) => Err(SupernetError::OutOfMemory { images, reason: reason.to_string() }),
            None => resume_unwind(panic),
        },
    }
}

fn is_lack_of_memory(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    SIGNS.iter().any(|sign| reason.contains(sign))
}

fn text(panic: &(dyn Any + Send)) -> Option<&str> {
    panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied())
}

/// A device with less memory than the tests' computer has: a stand-in for the failures of a GPU, injected where a micro-batch begins.
#[cfg(test)]
pub(crate) mod injected {
    use crate::error::SupernetError;
    use std::cell::Cell;

    /// How the pretended device fails.
    #[derive(Clone, Copy)]
    pub(crate) enum Failure {
        Error,
        Panic,
    }

    thread_local! {
        static LIMIT: Cell<Option<(usize, Failure)>> = const { Cell::new(None) };
    }

    /// From now on, this thread's device has memory for so many images.
    pub(crate) fn limit(images: usize, failure: Failure) {
        LIMIT.set(Some((images, failure)));
    }

    pub(crate) fn allocate(images: usize) -> Result<(), SupernetError> {
        match LIMIT.get() {
            Some((limit, Failure::Error)) if images > limit => {
                Err(SupernetError::Device { doing: "reading the loss", reason: "injected: OutOfMemory { size: 1 }".into() })
            }
            Some((limit, Failure::Panic)) if images > limit => panic!("injected: the server is out of memory"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lack_of_memory_is_taken_for_one() {
        let failed = |reason: &str| {
            let reason = reason.to_string();
            if_memory_lasts::<()>(8, || Err(SupernetError::Device { doing: "testing", reason })).expect_err("failed")
        };
        // The words of cubecl-runtime 0.11.3: `IoError` and `LaunchError`.
        for reason in [
            "out of device memory allocating 9 bytes",
            "can't allocate buffer of size: 9",
            "An out-of-memory error happened during launch",
            "IoError: OutOfMemory { size: 9 }",
        ] {
            assert!(matches!(failed(reason), SupernetError::OutOfMemory { images: 8, .. }), "{reason}");
        }
        assert!(matches!(failed("device lost"), SupernetError::Device { .. }));
        let panicked = if_memory_lasts::<()>(3, || panic!("CUDA_ERROR_OUT_OF_MEMORY")).expect_err("failed");
        assert!(matches!(panicked, SupernetError::OutOfMemory { images: 3, .. }));
        let other = catch_unwind(|| if_memory_lasts::<()>(3, || panic!("index out of bounds")));
        assert!(other.is_err(), "other panics go on");
    }
}
