use super::node::Nodes;
use super::proto::{DataType, DimensionProto, GraphProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto};
use super::{BATCH, INPUT, OUTPUT, OnnxOptions};
use crate::program::{Operator, Program, Shape, Step, Value};

/// A program as a graph.
pub(super) fn graph(program: &Program, options: &OnnxOptions) -> GraphProto {
    let mut nodes = Nodes::default();
    let images = match &options.normalization {
        Some((mean, stddev)) => nodes.normalization(INPUT, mean, stddev),
        None => INPUT.to_string(),
    };
    let name = |value: Value| match value {
        Value::Images => images.clone(),
        Value::Result(place) => result_name(program, place),
    };
    for (place, step) in program.steps.iter().enumerate() {
        let inputs: Vec<String> = step.inputs.iter().map(|&input| name(input)).collect();
        nodes.step(step, &inputs, &result_name(program, place));
    }
    let last = program.steps.len().saturating_sub(1);
    let inner = program.steps.iter().take(last).map(|step| value(&step.name, map(step.shape), ""));
    GraphProto {
        name: options.name.clone(),
        input: vec![value(INPUT, map(program.image), &options.input)],
        output: vec![value(OUTPUT, vec![dynamic(), fixed(program.classes())], "before the softmax, in the order of the classes")],
        value_info: inner.collect(),
        node: nodes.nodes,
        initializer: nodes.initializers,
    }
}

fn result_name(program: &Program, place: usize) -> String {
    match &program.steps[place] {
        Step { operator: Operator::Classifier { .. }, .. } if place + 1 == program.steps.len() => OUTPUT.into(),
        step => step.name.clone(),
    }
}

fn value(name: &str, dim: Vec<DimensionProto>, doc_string: &str) -> ValueInfoProto {
    let tensor = TensorTypeProto { elem_type: DataType::Float.into(), shape: Some(TensorShapeProto { dim }) };
    ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type: Some(tensor) }), doc_string: doc_string.into() }
}

fn map(shape: Shape) -> Vec<DimensionProto> {
    vec![dynamic(), fixed(shape.channels), fixed(shape.height), fixed(shape.width)]
}

fn dynamic() -> DimensionProto {
    DimensionProto { dim_param: Some(BATCH.into()), dim_value: None }
}

fn fixed(size: usize) -> DimensionProto {
    DimensionProto { dim_value: Some(size as i64), dim_param: None }
}
