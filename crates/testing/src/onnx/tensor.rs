use bonas_export::onnx::proto::{DataType, TensorProto};

/// Numbers with a shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    pub(super) dims: Vec<usize>,
    numbers: Numbers,
}

#[derive(Clone, Debug, PartialEq)]
enum Numbers {
    Floats(Vec<f32>),
    Integers(Vec<i64>),
}

impl Tensor {
    pub(super) fn floats(dims: Vec<usize>, values: Vec<f32>) -> Self {
        assert_eq!(dims.iter().product::<usize>(), values.len(), "{dims:?}");
        Self { dims, numbers: Numbers::Floats(values) }
    }

    pub(super) fn integers(values: Vec<i64>) -> Self {
        Self { dims: vec![values.len()], numbers: Numbers::Integers(values) }
    }

    pub(super) fn read(array: &TensorProto) -> Self {
        let dims: Vec<usize> = array.dims.iter().map(|&size| usize::try_from(size).expect("a size")).collect();
        match array.data_type() {
            DataType::Float => {
                let values = array.raw_data.chunks(4).map(|bytes| f32::from_le_bytes(bytes.try_into().expect("4 bytes")));
                Self::floats(dims, values.collect())
            }
            DataType::Int64 => {
                let values = array.raw_data.chunks(8).map(|bytes| i64::from_le_bytes(bytes.try_into().expect("8 bytes")));
                let tensor = Self::integers(values.collect());
                assert_eq!(tensor.dims, dims, "{}", array.name);
                tensor
            }
            DataType::Undefined => panic!("{} has a type", array.name),
        }
    }

    pub(super) fn values(&self) -> &[f32] {
        let Numbers::Floats(values) = &self.numbers else { panic!("{self:?} has floats") };
        values
    }

    pub(super) fn whole(&self) -> &[i64] {
        let Numbers::Integers(values) = &self.numbers else { panic!("{self:?} has integers") };
        values
    }

    /// Of [batch, channels, height, width].
    pub(super) fn map(&self) -> [usize; 4] {
        self.dims[..].try_into().expect("four dimensions")
    }

    pub(super) fn at(&self, [image, channel, row, column]: [usize; 4]) -> f32 {
        let [_, channels, height, width] = self.map();
        self.values()[((image * channels + channel) * height + row) * width + column]
    }

    /// A map whose numbers are a function of their places.
    pub(super) fn of(dims: [usize; 4], number: impl Fn([usize; 4]) -> f32) -> Self {
        let mut values = Vec::with_capacity(dims.iter().product());
        for image in 0..dims[0] {
            for channel in 0..dims[1] {
                for row in 0..dims[2] {
                    values.extend((0..dims[3]).map(|column| number([image, channel, row, column])));
                }
            }
        }
        Self::floats(dims.to_vec(), values)
    }
}
