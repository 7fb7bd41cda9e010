//! Programs as [ONNX](https://onnx.ai): operator set [`OPSET`], 32-bit floats, any number of images at a time.

mod graph;
mod node;
pub mod proto;

use crate::error::ExportError;
use crate::program::Program;
use graph::graph;
use prost::Message;
use proto::{ModelProto, OperatorSetIdProto, StringStringEntryProto};

/// Version of the operators: old enough for every runtime of the last years.
pub const OPSET: i64 = 17;
/// Name of the input, [batch, channels, height, width].
pub const INPUT: &str = "images";
/// Name of the output, [batch, classes].
pub const OUTPUT: &str = "logits";
/// Name of the first dimension of both.
pub const BATCH: &str = "batch";

/// Version of the form of the file that operators of [`OPSET`] belong to.
const IR_VERSION: i64 = 8;
/// Protocol buffers end at 2 GiB.
const MOST_BYTES: usize = i32::MAX as usize;

/// What a file says beside the program.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OnnxOptions {
    /// Name of the graph.
    pub name: String,
    /// Version of the program that writes the file.
    pub version: String,
    /// What the file is, for its readers.
    pub description: String,
    /// What the input is, for its readers.
    pub input: String,
    /// Further properties and their values.
    pub metadata: Vec<(String, String)>,
    /// Mean and standard deviation of every channel, if the graph is to normalise its input itself.
    pub normalization: Option<(Vec<f32>, Vec<f32>)>,
}

/// A program as the bytes of an ONNX file.
///
/// # Errors
/// When it is larger than such files can be.
pub fn encode(program: &Program, options: &OnnxOptions) -> Result<Vec<u8>, ExportError> {
    encode_within(program, options, MOST_BYTES)
}

fn encode_within(program: &Program, options: &OnnxOptions, limit: usize) -> Result<Vec<u8>, ExportError> {
    let property = |(key, value): &(String, String)| StringStringEntryProto { key: key.clone(), value: value.clone() };
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "bonas".into(),
        producer_version: options.version.clone(),
        doc_string: options.description.clone(),
        graph: Some(graph(program, options)),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPSET }],
        metadata_props: options.metadata.iter().map(property).collect(),
    };
    match model.encoded_len() {
        bytes if bytes > limit => Err(ExportError::TooLarge { format: "ONNX", bytes, limit }),
        _ => Ok(model.encode_to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Operator, Shape, Step, Value};

    #[test]
    fn a_file_of_the_limit_is_written_and_one_byte_more_is_refused() {
        let image = Shape { channels: 3, height: 8, width: 8 };
        let step = Step { name: "relu".into(), operator: Operator::Relu, inputs: vec![Value::Images], shape: image };
        let program = Program { image, steps: vec![step] };
        let options = OnnxOptions::default();
        let file = encode(&program, &options).expect("small");
        assert_eq!(encode_within(&program, &options, file.len()).as_ref(), Ok(&file));
        let error = encode_within(&program, &options, file.len() - 1).expect_err("too large").to_string();
        let expected = format!("the network takes {} bytes as ONNX, whose files end at {}", file.len(), file.len() - 1);
        assert!(error.starts_with(&expected) && error.ends_with("export it as safetensors"), "{error}");
    }
}
