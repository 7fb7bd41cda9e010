use super::tensor::Tensor;
use bonas_export::onnx::proto::{AttributeProto, NodeProto};

/// The result of a node.
pub(super) fn compute(node: &NodeProto, inputs: &[&Tensor]) -> Tensor {
    let each = |function: &dyn Fn(f32) -> f32| {
        Tensor::floats(inputs[0].dims.clone(), inputs[0].values().iter().map(|&x| function(x)).collect())
    };
    match node.op_type.as_str() {
        "Relu" => each(&|x| x.max(0.0)),
        "Clip" => each(&|x| x.clamp(inputs[1].values()[0], inputs[2].values()[0])),
        "Add" | "Sum" => inputs[1..].iter().fold(inputs[0].clone(), |sum, input| {
            assert_eq!(sum.dims, input.dims, "{}", node.name);
            let values = sum.values().iter().zip(input.values()).map(|(a, b)| a + b).collect();
            Tensor::floats(sum.dims, values)
        }),
        "Sub" => planewise(inputs, |x, number| x - number),
        "Div" => planewise(inputs, |x, number| x / number),
        "Conv" => convolution(node, inputs[0], inputs[1]),
        "BatchNormalization" => norm(node, inputs),
        "MaxPool" => pool(node, inputs[0], |window| window.iter().copied().fold(f32::NEG_INFINITY, f32::max)),
        "AveragePool" => pool(node, inputs[0], |window| window.iter().sum::<f32>() / window.len() as f32),
        "Slice" => slice(inputs),
        "Pad" => pad(node, inputs[0], inputs[1].whole()),
        "Concat" => concatenation(node, inputs),
        "Shape" => {
            let dims = inputs[0].dims.iter().take(int(node, "end") as usize);
            Tensor::integers(dims.map(|&size| size as i64).collect())
        }
        "ConstantOfShape" => {
            let dims: Vec<usize> = inputs[0].whole().iter().map(|&size| size as usize).collect();
            let count = dims.iter().product();
            Tensor::floats(dims, vec![0.0; count])
        }
        "GlobalAveragePool" => {
            let [images, channels, height, width] = inputs[0].map();
            let area = height * width;
            let means = inputs[0].values().chunks(area).map(|plane| plane.iter().sum::<f32>() / area as f32);
            Tensor::floats(vec![images, channels, 1, 1], means.collect())
        }
        "Flatten" => {
            let rows = inputs[0].dims[0];
            Tensor::floats(vec![rows, inputs[0].values().len() / rows], inputs[0].values().to_vec())
        }
        "Gemm" => linear(node, inputs),
        other => panic!("the reference knows no {other}"),
    }
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name == name)
}

fn int(node: &NodeProto, name: &str) -> i64 {
    attribute(node, name).and_then(|attribute| attribute.i).unwrap_or_else(|| panic!("{} has no {name}", node.name))
}

/// An attribute with the same number for both or all four directions.
fn both(node: &NodeProto, name: &str) -> usize {
    let ints =
        attribute(node, name).map(|attribute| &attribute.ints[..]).unwrap_or_else(|| panic!("{} has no {name}", node.name));
    assert!(ints.iter().all(|&size| size == ints[0]), "{}: {name} {ints:?}", node.name);
    ints[0] as usize
}

/// With one number for every channel.
fn planewise(inputs: &[&Tensor], function: impl Fn(f32, f32) -> f32) -> Tensor {
    assert_eq!(inputs[1].dims, [1, inputs[0].dims[1], 1, 1]);
    Tensor::of(inputs[0].map(), |place| function(inputs[0].at(place), inputs[1].values()[place[1]]))
}

/// Rows or columns of the result, and which of the input a tap of the window sees.
struct Taps {
    outputs: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
    size: usize,
}

impl Taps {
    fn of(node: &NodeProto, kernel: usize, dilation: usize, size: usize) -> Self {
        let (stride, padding) = (both(node, "strides"), both(node, "pads"));
        let outputs = (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
        Self { outputs, stride, padding, dilation, size }
    }

    fn at(&self, output: usize, tap: usize) -> Option<usize> {
        let place = (output * self.stride + tap * self.dilation).checked_sub(self.padding)?;
        (place < self.size).then_some(place)
    }
}

fn convolution(node: &NodeProto, x: &Tensor, weight: &Tensor) -> Tensor {
    let ([images, channels, height, width], [outputs, inputs, kernel, other]) = (x.map(), weight.map());
    let (groups, dilation) = (int(node, "group") as usize, both(node, "dilations"));
    assert_eq!((kernel, kernel, inputs * groups), (other, both(node, "kernel_shape"), channels), "{}", node.name);
    let rows = Taps::of(node, kernel, dilation, height);
    let columns = Taps::of(node, kernel, dilation, width);
    Tensor::of([images, outputs, rows.outputs, columns.outputs], |[image, output, row, column]| {
        let first = output / (outputs / groups) * inputs;
        let mut sum = 0.0;
        for input in 0..inputs {
            for down in 0..kernel {
                let Some(y) = rows.at(row, down) else { continue };
                for right in 0..kernel {
                    let Some(z) = columns.at(column, right) else { continue };
                    sum += x.at([image, first + input, y, z]) * weight.at([output, input, down, right]);
                }
            }
        }
        sum
    })
}

/// Of what of every window lies inside the map.
fn pool(node: &NodeProto, x: &Tensor, function: impl Fn(&[f32]) -> f32) -> Tensor {
    assert!(attribute(node, "count_include_pad").is_none(), "the padding does not count");
    let ([images, channels, height, width], kernel) = (x.map(), both(node, "kernel_shape"));
    let (rows, columns) = (Taps::of(node, kernel, 1, height), Taps::of(node, kernel, 1, width));
    Tensor::of([images, channels, rows.outputs, columns.outputs], |[image, channel, row, column]| {
        let seen = (0..kernel).filter_map(|tap| rows.at(row, tap));
        let seen = seen.flat_map(|y| (0..kernel).filter_map(|tap| columns.at(column, tap)).map(move |z| (y, z)));
        function(&seen.map(|(y, z)| x.at([image, channel, y, z])).collect::<Vec<_>>())
    })
}

fn norm(node: &NodeProto, inputs: &[&Tensor]) -> Tensor {
    let epsilon = attribute(node, "epsilon").and_then(|attribute| attribute.f).expect("an epsilon");
    let [weight, bias, mean, variance] = [1, 2, 3, 4].map(|place| inputs[place].values());
    Tensor::of(inputs[0].map(), |place| {
        let channel = place[1];
        (inputs[0].at(place) - mean[channel]) / (variance[channel] + epsilon).sqrt() * weight[channel] + bias[channel]
    })
}

fn slice(inputs: &[&Tensor]) -> Tensor {
    let [starts, ends, axes, steps] = [1, 2, 3, 4].map(|place| inputs[place].whole());
    let mut dims = inputs[0].map();
    let (mut first, mut step) = ([0; 4], [1; 4]);
    for (place, &axis) in axes.iter().enumerate() {
        let axis = axis as usize;
        (first[axis], step[axis]) = (starts[place] as usize, steps[place] as usize);
        let end = dims[axis].min(usize::try_from(ends[place]).expect("an end"));
        dims[axis] = (end - first[axis]).div_ceil(step[axis]);
    }
    Tensor::of(dims, |place| inputs[0].at(std::array::from_fn(|axis| first[axis] + place[axis] * step[axis])))
}

fn pad(node: &NodeProto, x: &Tensor, pads: &[i64]) -> Tensor {
    let mode = attribute(node, "mode").and_then(|attribute| attribute.s.as_deref());
    let [images, channels, height, width] = x.map();
    assert_eq!(pads[..5], [0; 5], "{}", node.name);
    let dims = [images, channels + pads[5] as usize, height + pads[6] as usize, width + pads[7] as usize];
    Tensor::of(dims, |[image, channel, row, column]| match mode {
        Some(b"edge") => x.at([image, channel, row.min(height - 1), column.min(width - 1)]),
        Some(b"constant") if channel < channels && row < height && column < width => x.at([image, channel, row, column]),
        Some(b"constant") => 0.0,
        other => panic!("{}: mode {other:?}", node.name),
    })
}

fn concatenation(node: &NodeProto, inputs: &[&Tensor]) -> Tensor {
    if int(node, "axis") == 0 {
        return Tensor::integers(inputs.iter().flat_map(|input| input.whole().to_vec()).collect());
    }
    let [images, _, height, width] = inputs[0].map();
    let channels: Vec<(&Tensor, usize)> =
        inputs.iter().flat_map(|input| (0..input.dims[1]).map(|channel| (*input, channel))).collect();
    Tensor::of([images, channels.len(), height, width], |[image, channel, row, column]| {
        let (input, channel) = channels[channel];
        input.at([image, channel, row, column])
    })
}

fn linear(node: &NodeProto, inputs: &[&Tensor]) -> Tensor {
    assert_eq!(int(node, "transB"), 1);
    let [x, weight, bias] = inputs else { panic!("{} reads three arrays", node.name) };
    let features = weight.dims[1];
    let row = |row: &[f32]| -> Vec<f32> {
        let rows = weight.values().chunks(features).zip(bias.values());
        rows.map(|(weights, bias)| row.iter().zip(weights).map(|(x, weight)| x * weight).sum::<f32>() + bias).collect()
    };
    let values = x.values().chunks(features).flat_map(row).collect();
    Tensor::floats(vec![x.dims[0], bias.values().len()], values)
}
