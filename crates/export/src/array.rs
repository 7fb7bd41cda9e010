/// Numbers with a shape, the last dimension running fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The shape.
    pub dims: Vec<usize>,
    /// As many numbers as the shape has places.
    pub values: Vec<f32>,
}

impl Array {
    /// A vector.
    pub fn vector(values: Vec<f32>) -> Self {
        Self { dims: vec![values.len()], values }
    }

    /// A matrix with rows and columns exchanged.
    ///
    /// # Panics
    /// When it is no matrix.
    #[must_use]
    pub fn transposed(&self) -> Self {
        let [rows, columns] = self.dims[..] else { panic!("{:?} is the shape of no matrix", self.dims) };
        let values = (0..columns).flat_map(|column| (0..rows).map(move |row| self.values[row * columns + column]));
        Self { dims: vec![columns, rows], values: values.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposing_exchanges_rows_and_columns() {
        let array = Array { dims: vec![2, 3], values: vec![0.0, 1.0, 2.0, 10.0, 11.0, 12.0] };
        let transposed = Array { dims: vec![3, 2], values: vec![0.0, 10.0, 1.0, 11.0, 2.0, 12.0] };
        assert_eq!(array.transposed(), transposed);
        assert_eq!(transposed.transposed(), array);
    }
}
