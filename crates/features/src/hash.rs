/// Mixes a value into a state: a portable hash, the same on every machine and in every version of Rust.
///
/// Keys of features are such hashes, so that no dictionary has to be kept. Two different features share a key of 64 bits with a
/// probability of about 10⁻⁹ even among 10⁵ of them.
pub(crate) fn mix(state: u64, value: u64) -> u64 {
    finish(state.rotate_left(23) ^ finish(value))
}

/// The output function of SplitMix64 (Steele, Lea and Flood 2014), a bijection.
fn finish(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn order_matters_and_small_values_do_not_collide() {
        assert_ne!(mix(mix(0, 1), 2), mix(mix(0, 2), 1));
        let keys: HashSet<u64> = (0..300).flat_map(|first| (0..300).map(move |second| mix(mix(0, first), second))).collect();
        assert_eq!(keys.len(), 90_000);
    }

    #[test]
    fn keys_are_the_same_on_every_machine() {
        // The first output of SplitMix64 with the seed 0.
        assert_eq!(finish(0), 0xe220_a839_7b1d_cdaf);
    }
}
