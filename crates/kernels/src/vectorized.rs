//! Loops compiled for the vector instructions of the CPU that runs them.

use pulp::{Arch, Simd, WithSimd};
use std::sync::LazyLock;

/// Which instructions kernels are computed with, if not the widest that there are: a name in [`available`].
const VARIABLE: &str = "BONAS_VECTORS";

/// A loop over plain slices. `FUSED` says whether a multiplication and an addition are one instruction here; where they are not,
/// `mul_add` would be a slow call of the C library.
pub(crate) trait Kernel {
    fn run<const FUSED: bool>(self);
}

struct Dispatched<K>(K);

impl<K: Kernel> WithSimd for Dispatched<K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        if size_of::<S::f32s>() > size_of::<f32>() {
            self.0.run::<true>();
        } else {
            self.0.run::<false>();
        }
    }
}

/// Runs a kernel in the version for this CPU. Implementations of [`Kernel`] inline everything, or the instructions of the
/// version do not reach it.
pub(crate) fn vectorized(kernel: impl Kernel) {
    vectors().dispatch(Dispatched(kernel));
}

#[inline(always)]
pub(crate) fn multiply_add<const FUSED: bool>(a: f32, b: f32, sum: f32) -> f32 {
    if FUSED { a.mul_add(b, sum) } else { a * b + sum }
}

/// The vector instructions that kernels are computed with: `avx512`, `avx2` (with FMA), `neon` or `none`. They are the widest of this CPU, or
/// those that the environment variable `BONAS_VECTORS` names, so that a machine can stand in for one that has less.
///
/// # Panics
/// When the variable names instructions that this CPU or this program does not have.
pub fn vector_instructions() -> &'static str {
    CHOSEN.0
}

pub(crate) fn vectors() -> Arch {
    CHOSEN.1
}

static CHOSEN: LazyLock<(&str, Arch)> = LazyLock::new(|| {
    let all = available();
    let Some(wanted) = std::env::var_os(VARIABLE) else { return all[0] };
    let names: Vec<&str> = all.iter().map(|&(name, _)| name).collect();
    let chosen = all.iter().find(|&&(name, _)| wanted == name);
    *chosen.unwrap_or_else(|| panic!("{VARIABLE} is `{}`; this machine has: {}", wanted.display(), names.join(", ")))
});

/// All instructions that there are kernels for and that this CPU has, the widest first.
fn available() -> Vec<(&'static str, Arch)> {
    let mut all = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        use pulp::x86::{V3, V4};
        all.extend(V4::try_new().map(|simd| ("avx512", Arch::V4(simd))));
        all.extend(V3::try_new().map(|simd| ("avx2", Arch::V3(simd))));
    }
    #[cfg(target_arch = "aarch64")]
    all.extend(pulp::aarch64::Neon::try_new().map(|simd| ("neon", Arch::Neon(simd))));
    all.push(("none", Arch::Scalar));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    struct Lanes;

    impl WithSimd for Lanes {
        type Output = usize;

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            S::F32_LANES
        }
    }

    fn lanes(arch: Arch) -> usize {
        arch.dispatch(Lanes)
    }

    /// Asked of the standard library: instructions that the vector crate was not built for are no less there.
    #[test]
    fn the_widest_instructions_of_this_cpu_are_there() {
        #[cfg(target_arch = "x86_64")]
        let expected = match (std::is_x86_feature_detected!("avx512f"), std::is_x86_feature_detected!("avx2")) {
            (true, _) => 16,
            (_, true) => 8,
            _ => 1,
        };
        #[cfg(target_arch = "aarch64")]
        let expected = 4;
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let expected = 1;
        let all = available();
        assert_eq!(lanes(all[0].1), expected);
        assert!(all.windows(2).all(|pair| lanes(pair[0].1) > lanes(pair[1].1)), "the widest first");
    }

    /// The tests of this crate again, in processes that compute as a CPU with less would.
    #[test]
    fn kernels_are_right_with_all_vector_instructions() {
        for (name, _) in available().into_iter().filter(|&(name, _)| name != vector_instructions()) {
            let mut tests = Command::new(std::env::current_exe().expect("this program"));
            tests.args(["--skip", "with_all_vector_instructions"]).env(VARIABLE, name);
            let output = tests.output().expect("tests that begin");
            let told = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "with {name}: {told}");
            assert!(told.contains("kernels_are_computed_with_what_was_asked_for ... ok"), "with {name}: {told}");
        }
    }

    #[test]
    fn kernels_are_computed_with_what_was_asked_for() {
        let wanted = std::env::var(VARIABLE).unwrap_or_else(|_| available()[0].0.into());
        assert_eq!(vector_instructions(), wanted);
        assert_eq!(
            lanes(vectors()),
            match vector_instructions() {
                "avx512" => 16,
                "avx2" => 8,
                "neon" => 4,
                _ => 1,
            }
        );
    }
}
