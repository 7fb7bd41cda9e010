//! What an ONNX file must be, and what it computes, by a reference of a few lines: slow, and nothing but the definitions of the
//! [operators](https://onnx.ai/onnx/operators/) that bonas writes.

mod operators;
mod tensor;

use bonas_export::onnx::proto::{GraphProto, ModelProto, NodeProto, TensorShapeProto, ValueInfoProto};
use bonas_export::onnx::{BATCH, INPUT, OPSET, OUTPUT};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use tensor::Tensor;

/// Reads a file and checks its form: versions, names that are unique, nodes that read what is there before them, arrays that are
/// read and as long as their shapes, any number of images, nothing that nothing reads.
pub fn read(file: &[u8]) -> ModelProto {
    let model = ModelProto::decode(file).expect("protocol buffers");
    let versions: Vec<_> = model.opset_import.iter().map(|set| (set.domain.as_str(), set.version)).collect();
    assert_eq!(versions, [("", OPSET)]);
    let graph = graph(&model);
    assert!(!graph.name.is_empty(), "a graph has a name");
    let (input, output) = (&graph.input[..], &graph.output[..]);
    let ([input], [output]) = (input, output) else { panic!("one input, one output") };
    assert_eq!((input.name.as_str(), output.name.as_str()), (INPUT, OUTPUT));
    for value in [input, output] {
        assert_eq!(shape(value).dim[0].dim_param.as_deref(), Some(BATCH), "{}", value.name);
    }
    let mut known: BTreeSet<&str> = [INPUT].into();
    let mut read: BTreeSet<&str> = [OUTPUT].into();
    for array in &graph.initializer {
        assert!(known.insert(&array.name), "{} is there twice", array.name);
        Tensor::read(array);
    }
    let mut names = BTreeSet::new();
    for node in &graph.node {
        assert!(names.insert(&node.name), "two nodes are called {}", node.name);
        for input in &node.input {
            assert!(known.contains(input.as_str()), "{} reads {input}, which is not there yet", node.name);
            read.insert(input);
        }
        for output in &node.output {
            assert!(known.insert(output), "{output} is there twice");
        }
    }
    let unread: Vec<_> = known.difference(&read).collect();
    assert!(unread.is_empty(), "nothing reads {unread:?}");
    model
}

/// Number of nodes of every kind.
pub fn node_types(model: &ModelProto) -> BTreeMap<String, usize> {
    let mut types = BTreeMap::new();
    for node in &graph(model).node {
        *types.entry(node.op_type.clone()).or_insert(0) += 1;
    }
    types
}

/// What the file computes of images [batch, channels, height, width]: logits [batch, classes]. Every result must have the size that
/// the file says.
pub fn run(model: &ModelProto, images: &[f32], dims: [usize; 4]) -> Vec<f32> {
    let graph = graph(model);
    let mut values: BTreeMap<&str, Tensor> = graph.initializer.iter().map(|array| (&*array.name, Tensor::read(array))).collect();
    values.insert(INPUT, Tensor::floats(dims.to_vec(), images.to_vec()));
    for node in &graph.node {
        let inputs: Vec<&Tensor> = node.input.iter().map(|input| &values[input.as_str()]).collect();
        let result = operators::compute(node, &inputs);
        values.insert(output(node), result);
    }
    for value in graph.value_info.iter().chain(&graph.input).chain(&graph.output) {
        let [batch, rest @ ..] = &shape(value).dim[..] else { panic!("{} has no dimensions", value.name) };
        assert_eq!(batch.dim_param.as_deref(), Some(BATCH), "{}", value.name);
        let sizes = rest.iter().map(|dimension| dimension.dim_value.expect("a size") as usize);
        let stated: Vec<usize> = [dims[0]].into_iter().chain(sizes).collect();
        assert_eq!(values[value.name.as_str()].dims, stated, "{}", value.name);
    }
    values[OUTPUT].values().to_vec()
}

fn graph(model: &ModelProto) -> &GraphProto {
    model.graph.as_ref().expect("a graph")
}

fn output(node: &NodeProto) -> &str {
    let [output] = &node.output[..] else { panic!("{} has one output", node.name) };
    output
}

fn shape(value: &ValueInfoProto) -> &TensorShapeProto {
    let tensor = value.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref()).expect("a tensor");
    tensor.shape.as_ref().expect("a shape")
}
