//! Numbers from the bytes of little-endian files.

pub(crate) fn singles(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<4>();
    numbers.iter().map(|&number| f32::from_le_bytes(number)).collect()
}

pub(crate) fn doubles(bytes: &[u8]) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<8>();
    numbers.iter().map(|&number| f64::from_le_bytes(number) as f32).collect()
}

/// What to say of floats of 16 bits.
pub(crate) fn too_short(name: &str) -> String {
    format!("its tensor {name} has floats of 16 bits; save it with .float()")
}
