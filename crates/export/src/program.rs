use crate::array::Array;

/// What a finished network computes: a batch of images becomes the logits of every image.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Channels, height and width of an image.
    pub image: Shape,
    /// In an order in which each reads earlier results alone; the last one computes the logits.
    pub steps: Vec<Step>,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Which no other step has, such as `cells.0.operations.1`. Its arrays are known by it: `NAME.weight`.
    pub name: String,
    /// What is computed.
    pub operator: Operator,
    /// What it is computed of.
    pub inputs: Vec<Value>,
    /// Size of the result for one image.
    pub shape: Shape,
}

/// What a step reads: the images, or the result of an earlier step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// The images.
    Images,
    /// The result of the step with this number, from 0.
    Result(usize),
}

/// Size of what is computed for one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Planes, or classes.
    pub channels: usize,
    /// Rows; 1 for logits.
    pub height: usize,
    /// Columns; 1 for logits.
    pub width: usize,
}

/// An operation, with its numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Operator {
    /// A convolution without bias.
    Convolution {
        /// [out, in / groups, kernel, kernel]
        weight: Array,
        /// Pixels from one output to the next.
        stride: usize,
        /// Zeros on every side.
        padding: usize,
        /// Pixels from one tap to the next.
        dilation: usize,
        /// Groups of channels that do not see each other.
        groups: usize,
    },
    /// Batch norm with fixed statistics.
    Norm(Norm),
    /// max(x, 0).
    Relu,
    /// min(max(x, 0), 6).
    Relu6,
    /// The maximum of a square window, or the mean of what of it lies inside the map.
    Pool {
        /// The maximum instead of the mean.
        is_max: bool,
        /// Side of the window.
        kernel: usize,
        /// Pixels from one output to the next.
        stride: usize,
        /// Pixels around the map that windows may begin at.
        padding: usize,
    },
    /// The first channels.
    FirstChannels(usize),
    /// So many channels of zeros behind the others.
    ZeroChannels(usize),
    /// Every `step`-th row and column, from the row and column `first`.
    Subsample {
        /// The first.
        first: usize,
        /// From one to the next.
        step: usize,
    },
    /// Rows of zeros below and columns of zeros to the right.
    Zeros {
        /// Rows.
        below: usize,
        /// Columns.
        right: usize,
    },
    /// Copies of the last row below and of the last column to the right.
    Repeat {
        /// Rows.
        below: usize,
        /// Columns.
        right: usize,
    },
    /// The sum of all inputs.
    Sum,
    /// The channels of all inputs, one after another.
    Concatenation,
    /// Nothing but zeros, of any size: the result of no input.
    Nothing(Shape),
    /// The mean of every plane, then a linear map.
    Classifier {
        /// [classes, channels]
        weight: Array,
        /// One number per class.
        bias: Vec<f32>,
    },
}

/// (x − mean) / √(variance + epsilon) · weight + bias, channel by channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Norm {
    /// Scale.
    pub weight: Vec<f32>,
    /// Shift.
    pub bias: Vec<f32>,
    /// Mean of the training images.
    pub mean: Vec<f32>,
    /// Variance of the training images.
    pub variance: Vec<f32>,
    /// What keeps the root from 0.
    pub epsilon: f32,
}

/// Writes a [`Program`] step by step.
#[derive(Clone, Debug)]
pub struct ProgramBuilder {
    program: Program,
}

impl ProgramBuilder {
    /// A program of no step, for images of this size.
    pub fn new(image: Shape) -> Self {
        Self { program: Program { image, steps: Vec::new() } }
    }

    /// Adds a step.
    ///
    /// # Panics
    /// When it reads a later step.
    pub fn push(&mut self, name: impl Into<String>, operator: Operator, inputs: Vec<Value>) -> Value {
        let shapes: Vec<Shape> = inputs.iter().map(|&input| self.program.shape(input)).collect();
        let shape = operator.shape(&shapes);
        self.program.steps.push(Step { name: name.into(), operator, inputs, shape });
        Value::Result(self.program.steps.len() - 1)
    }

    /// Adds a step of one input.
    ///
    /// # Panics
    /// When it reads a later step.
    pub fn then(&mut self, name: impl Into<String>, operator: Operator, input: Value) -> Value {
        self.push(name, operator, vec![input])
    }

    /// The sum of these; zeros of this size, if there are none.
    ///
    /// # Panics
    /// When one of them is the result of a later step.
    pub fn sum(&mut self, name: impl Into<String>, shape: Shape, inputs: Vec<Value>) -> Value {
        match inputs[..] {
            [] => self.push(name, Operator::Nothing(shape), inputs),
            [only] => only,
            _ => self.push(name, Operator::Sum, inputs),
        }
    }

    /// The channels of these, one after another.
    ///
    /// # Panics
    /// When there are none, or one of them is the result of a later step.
    pub fn concatenation(&mut self, name: impl Into<String>, inputs: Vec<Value>) -> Value {
        match inputs[..] {
            [only] => only,
            _ => self.push(name, Operator::Concatenation, inputs),
        }
    }

    /// Size of a value for one image.
    ///
    /// # Panics
    /// When it is the result of a later step.
    pub fn shape(&self, value: Value) -> Shape {
        self.program.shape(value)
    }

    /// The program whose last step computes the logits.
    pub fn finish(self) -> Program {
        self.program
    }
}

impl Program {
    /// Size of a value for one image.
    ///
    /// # Panics
    /// When it is the result of a step that is not there.
    pub fn shape(&self, value: Value) -> Shape {
        match value {
            Value::Images => self.image,
            Value::Result(step) => self.steps[step].shape,
        }
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.steps.last().map_or(0, |step| step.shape.channels)
    }
}

impl Operator {
    fn shape(&self, inputs: &[Shape]) -> Shape {
        let strided = |shape: Shape, kernel: usize, stride: usize, padding: usize| Shape {
            height: (shape.height + 2 * padding - kernel) / stride + 1,
            width: (shape.width + 2 * padding - kernel) / stride + 1,
            ..shape
        };
        match self {
            Self::Nothing(shape) => *shape,
            Self::Norm(_) | Self::Relu | Self::Relu6 | Self::Sum => inputs[0],
            Self::Convolution { weight, stride, padding, dilation, .. } => {
                let span = dilation * (weight.dims[2] - 1) + 1;
                Shape { channels: weight.dims[0], ..strided(inputs[0], span, *stride, *padding) }
            }
            Self::Pool { kernel, stride, padding, .. } => strided(inputs[0], *kernel, *stride, *padding),
            Self::FirstChannels(channels) => Shape { channels: *channels, ..inputs[0] },
            Self::ZeroChannels(new) => Shape { channels: inputs[0].channels + new, ..inputs[0] },
            Self::Subsample { first, step } => Shape {
                height: (inputs[0].height - first).div_ceil(*step),
                width: (inputs[0].width - first).div_ceil(*step),
                ..inputs[0]
            },
            Self::Zeros { below, right } | Self::Repeat { below, right } => {
                Shape { height: inputs[0].height + below, width: inputs[0].width + right, ..inputs[0] }
            }
            Self::Concatenation => Shape { channels: inputs.iter().map(|shape| shape.channels).sum(), ..inputs[0] },
            Self::Classifier { bias, .. } => Shape { channels: bias.len(), height: 1, width: 1 },
        }
    }
}
