use super::INPUT;
use super::proto::{AttributeProto, AttributeType, DataType, NodeProto, TensorProto};
use crate::array::Array;
use crate::program::{Norm, Operator, Shape, Step};

/// The nodes of a graph and the arrays they read.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    pub(super) nodes: Vec<NodeProto>,
    pub(super) initializers: Vec<TensorProto>,
}

impl Nodes {
    /// Adds (images − mean) / stddev and returns the name of the result.
    pub(super) fn normalization(&mut self, images: &str, mean: &[f32], stddev: &[f32]) -> String {
        let planes = |values: &[f32]| Array { dims: vec![1, values.len(), 1, 1], values: values.to_vec() };
        let mean = self.floats("normalization.mean".into(), &planes(mean));
        let stddev = self.floats("normalization.std".into(), &planes(stddev));
        self.push("Sub", &[images, &mean], "normalization.centred", Vec::new());
        self.push("Div", &["normalization.centred", &stddev], "normalization", Vec::new());
        "normalization".into()
    }

    /// Adds what computes a step.
    pub(super) fn step(&mut self, step: &Step, inputs: &[String], output: &str) {
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let name = &step.name;
        match &step.operator {
            Operator::Convolution { weight, stride, padding, dilation, groups } => {
                let kernel = weight.dims[2];
                let weight = self.floats(format!("{name}.weight"), weight);
                let mut attributes = window(kernel, *stride, *padding);
                attributes.extend([ints("dilations", &[*dilation; 2]), int("group", *groups)]);
                self.push("Conv", &[inputs[0], &weight], output, attributes);
            }
            Operator::Norm(norm) => self.norm(name, norm, inputs[0], output),
            Operator::Relu => self.push("Relu", &inputs, output, Vec::new()),
            Operator::Relu6 => {
                let least = self.scalar(format!("{name}.min"), 0.0);
                let most = self.scalar(format!("{name}.max"), 6.0);
                self.push("Clip", &[inputs[0], &least, &most], output, Vec::new());
            }
            Operator::Pool { is_max, kernel, stride, padding } => {
                // A mean leaves the padding out: `count_include_pad` is 0 where it is not named.
                let kind = if *is_max { "MaxPool" } else { "AveragePool" };
                self.push(kind, &inputs, output, window(*kernel, *stride, *padding));
            }
            Operator::FirstChannels(channels) => self.slice(name, inputs[0], output, [&[0], &[*channels as i64], &[1], &[1]]),
            Operator::Subsample { first, step } => {
                let (first, step) = (*first as i64, *step as i64);
                self.slice(name, inputs[0], output, [&[first; 2], &[i64::MAX; 2], &[2, 3], &[step; 2]]);
            }
            Operator::ZeroChannels(new) => self.pad(name, inputs[0], output, [*new, 0, 0], "constant"),
            Operator::Zeros { below, right } => self.pad(name, inputs[0], output, [0, *below, *right], "constant"),
            Operator::Repeat { below, right } => self.pad(name, inputs[0], output, [0, *below, *right], "edge"),
            Operator::Sum if inputs.len() == 2 => self.push("Add", &inputs, output, Vec::new()),
            Operator::Sum => self.push("Sum", &inputs, output, Vec::new()),
            Operator::Concatenation => self.push("Concat", &inputs, output, vec![int("axis", 1)]),
            Operator::Nothing(shape) => self.nothing(name, *shape, output),
            Operator::Classifier { weight, bias } => self.classifier(name, weight, bias, inputs[0], output),
        }
    }

    fn norm(&mut self, name: &str, norm: &Norm, input: &str, output: &str) {
        let arrays =
            [("weight", &norm.weight), ("bias", &norm.bias), ("running_mean", &norm.mean), ("running_var", &norm.variance)];
        let [weight, bias, mean, variance] =
            arrays.map(|(part, values)| self.floats(format!("{name}.{part}"), &Array::vector(values.clone())));
        let attributes = vec![float("epsilon", norm.epsilon)];
        self.push("BatchNormalization", &[input, &weight, &bias, &mean, &variance], output, attributes);
    }

    fn classifier(&mut self, name: &str, weight: &Array, bias: &[f32], input: &str, output: &str) {
        let (mean, features) = (format!("{name}.mean"), format!("{name}.features"));
        let weight = self.floats(format!("{name}.weight"), weight);
        let bias = self.floats(format!("{name}.bias"), &Array::vector(bias.to_vec()));
        self.push("GlobalAveragePool", &[input], &mean, Vec::new());
        self.push("Flatten", &[&mean], &features, vec![int("axis", 1)]);
        self.push("Gemm", &[&features, &weight, &bias], output, vec![int("transB", 1)]);
    }

    /// Zeros for as many images as come in.
    fn nothing(&mut self, name: &str, shape: Shape, output: &str) {
        let (batch, dims) = (format!("{name}.batch"), format!("{name}.dims"));
        let sizes = [shape.channels, shape.height, shape.width].map(|size| size as i64);
        let shape = self.integers(format!("{name}.shape"), &sizes);
        self.push("Shape", &[INPUT], &batch, vec![int("end", 1)]);
        self.push("Concat", &[&batch, &shape], &dims, vec![int("axis", 0)]);
        self.push("ConstantOfShape", &[&dims], output, Vec::new());
    }

    fn slice(&mut self, name: &str, input: &str, output: &str, [starts, ends, axes, steps]: [&[i64]; 4]) {
        let arrays = [("starts", starts), ("ends", ends), ("axes", axes), ("steps", steps)];
        let [starts, ends, axes, steps] = arrays.map(|(part, values)| self.integers(format!("{name}.{part}"), values));
        self.push("Slice", &[input, &starts, &ends, &axes, &steps], output, Vec::new());
    }

    fn pad(&mut self, name: &str, input: &str, output: &str, [behind, below, right]: [usize; 3], mode: &str) {
        let pads = self.integers(format!("{name}.pads"), &[0, 0, 0, 0, 0, behind as i64, below as i64, right as i64]);
        self.push("Pad", &[input, &pads], output, vec![text("mode", mode)]);
    }

    fn push(&mut self, op_type: &str, inputs: &[&str], output: &str, attribute: Vec<AttributeProto>) {
        self.nodes.push(NodeProto {
            input: inputs.iter().map(ToString::to_string).collect(),
            output: vec![output.into()],
            name: output.into(),
            op_type: op_type.into(),
            attribute,
        });
    }

    fn floats(&mut self, name: String, array: &Array) -> String {
        let bytes = array.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializer(name, array.dims.iter().map(|&size| size as i64).collect(), DataType::Float, bytes)
    }

    fn scalar(&mut self, name: String, value: f32) -> String {
        self.initializer(name, Vec::new(), DataType::Float, value.to_le_bytes().to_vec())
    }

    fn integers(&mut self, name: String, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.initializer(name, vec![values.len() as i64], DataType::Int64, bytes)
    }

    fn initializer(&mut self, name: String, dims: Vec<i64>, data_type: DataType, raw_data: Vec<u8>) -> String {
        self.initializers.push(TensorProto { dims, data_type: data_type.into(), name: name.clone(), raw_data });
        name
    }
}

fn window(kernel: usize, stride: usize, padding: usize) -> Vec<AttributeProto> {
    vec![ints("kernel_shape", &[kernel; 2]), ints("strides", &[stride; 2]), ints("pads", &[padding; 4])]
}

fn int(name: &str, value: usize) -> AttributeProto {
    AttributeProto { i: Some(value as i64), ..attribute(name, AttributeType::Int) }
}

fn ints(name: &str, values: &[usize]) -> AttributeProto {
    AttributeProto { ints: values.iter().map(|&value| value as i64).collect(), ..attribute(name, AttributeType::Ints) }
}

fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { f: Some(value), ..attribute(name, AttributeType::Float) }
}

fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto { s: Some(value.as_bytes().to_vec()), ..attribute(name, AttributeType::String) }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: kind.into(), ..AttributeProto::default() }
}
