use super::module::Part;
use super::path::{GraphPath, Instruction, Step};
use super::plan::Join;
use super::union::PlanUnion;
use crate::build::Build;
use crate::classifier::Classifier;
use crate::error::SupernetError;
use crate::normalization::{Norm, Normalize};
use crate::precision::cast;
use crate::program::Tracer;
use crate::sum::added;
use bonas_export::{Shape, Value};
use bonas_kernels::concatenate_channels;
use burn::module::Module;
use burn::tensor::Tensor;

/// The weights of a union of plans: the parts of all edges, and a classifier for every place and size of features.
#[derive(Module, Debug)]
pub struct GraphNetwork {
    parts: Vec<Part>,
    classifiers: Vec<Classifier>,
}

impl GraphNetwork {
    pub(crate) fn new(union: &PlanUnion, classes: usize, build: &mut Build<'_>) -> Self {
        let parts = union.parts().iter().map(|(_, input)| Part::new(&input.layers, input.source.shape, build)).collect();
        let classifiers = union.features().map(|features| Classifier::new(features, classes, build)).collect();
        Self { parts, classifiers }
    }

    /// Images [batch, channels, height, width] → logits [batch, classes]: the mean over the ends of the path.
    pub fn forward(&self, images: Tensor<4>, path: &GraphPath, normalize: &mut Normalize<'_>) -> Tensor<2> {
        self.run(images, path, None, normalize).0
    }

    /// The same, and the features behind the last reduction of the path.
    pub(crate) fn forward_tapped(
        &self,
        images: Tensor<4>,
        path: &GraphPath,
        normalize: &mut Normalize<'_>,
    ) -> (Tensor<2>, Tensor<4>) {
        let (logits, tapped) = self.run(images, path, Some(path.tap), normalize);
        (logits, tapped.expect("a path computes all its maps"))
    }

    /// Logits, and the map at a place.
    fn run(
        &self,
        images: Tensor<4>,
        path: &GraphPath,
        tap: Option<usize>,
        normalize: &mut Normalize<'_>,
    ) -> (Tensor<2>, Option<Tensor<4>>) {
        let mut tapped = (tap == Some(0)).then(|| images.clone());
        let mut maps: Vec<Option<Tensor<4>>> = vec![Some(images.clone())];
        for instruction in path.instructions.iter().skip(1) {
            let map = self.compute(instruction, &maps, &images, normalize);
            if tap == Some(maps.len()) {
                tapped = Some(map.clone());
            }
            maps.push(Some(map));
            instruction.done.iter().for_each(|&place| maps[place] = None);
        }
        let logits = path.ends.iter().map(|&(place, classifier)| {
            let features = maps[place].clone().expect("features are kept to the end");
            self.classifiers[classifier].forward(features)
        });
        let sum = logits.reduce(|sum, logits| sum + logits).expect("every path has an end");
        let mean = match path.ends.len() {
            1 => sum,
            ends => sum / ends as f32,
        };
        (mean, tapped)
    }

    fn compute(
        &self,
        instruction: &Instruction,
        maps: &[Option<Tensor<4>>],
        images: &Tensor<4>,
        normalize: &mut Normalize<'_>,
    ) -> Tensor<4> {
        let ways = instruction.ways.iter().filter_map(|way| self.compute_way(way, maps, normalize));
        ways.reduce(|sum, way| sum + way).unwrap_or_else(|| {
            let shape = instruction.shape;
            let zeros = Tensor::zeros([images.dims()[0], shape.channels, shape.height, shape.width], &images.device());
            cast(zeros, images.dtype())
        })
    }

    /// `None` where there are no inputs.
    fn compute_way(&self, way: &Step, maps: &[Option<Tensor<4>>], normalize: &mut Normalize<'_>) -> Option<Tensor<4>> {
        // Of what stands alone nothing would be left.
        let drops = normalize.drops() && way.join == Join::Sum && way.inputs.len() > 1;
        let mut add = |sum: Option<Tensor<4>>, place: usize, part: Option<usize>| {
            let map = maps[place].clone().expect("a map is kept until its last reader");
            match part.map(|part| &self.parts[part]) {
                Some(part) if drops && !part.is_identity() => {
                    let result = part.forward(None, map, normalize);
                    added(sum, normalize.dropped(result))
                }
                Some(part) => part.forward(sum, map, normalize),
                None => added(sum, map),
            }
        };
        let mut inputs = way.inputs.iter();
        let joined = match way.join {
            Join::Sum => inputs.fold(None, |sum, &(place, part)| Some(add(sum, place, part)))?,
            Join::Concatenation if way.inputs.len() > 1 => {
                concatenate_channels(inputs.map(|&(place, part)| add(None, place, part)).collect())
            }
            Join::Concatenation => inputs.next().map(|&(place, part)| add(None, place, part))?,
        };
        Some(if way.factor == 1.0 { joined } else { joined * way.factor })
    }

    /// What [`forward`](Self::forward) computes on the path of one plan.
    pub(crate) fn trace(&self, path: &GraphPath, tracer: &mut Tracer<'_>) -> Result<Value, SupernetError> {
        let mut maps = vec![Value::Images];
        for (place, instruction) in path.instructions.iter().enumerate().skip(1) {
            let [way] = &instruction.ways[..] else { panic!("a plan computes every map in one way") };
            let mut inputs = Vec::with_capacity(way.inputs.len());
            for &(source, part) in &way.inputs {
                inputs.push(match part {
                    Some(part) => self.parts[part].trace(maps[source], &format!("parts.{part}"), tracer)?,
                    None => maps[source],
                });
            }
            let name = format!("maps.{place}");
            let super::Shape { channels, height, width } = instruction.shape;
            maps.push(match way.join {
                Join::Sum => tracer.program.sum(name, Shape { channels, height, width }, inputs),
                Join::Concatenation => tracer.program.concatenation(name, inputs),
            });
        }
        let [(place, classifier)] = path.ends[..] else { panic!("a plan has one end") };
        self.classifiers[classifier].trace(maps[place], format!("classifiers.{classifier}"), tracer)
    }

    pub(crate) fn norms(&self) -> Vec<&Norm> {
        self.parts.iter().flat_map(Part::norms).collect()
    }

    /// Inputs of the classifier of a stand-alone network.
    #[cfg(test)]
    pub(crate) fn features(&self) -> usize {
        self.classifiers[0].dims()[0]
    }
}
