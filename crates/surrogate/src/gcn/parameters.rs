use super::{Convolution, Gcn};
use crate::layer::Linear;
use bonas_core::SurrogateError;
use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};
use std::ops::Range;

/// Where the parameters of a graph convolutional network lie in one run of numbers: layer by layer its weight `[inputs, width]`, bias,
/// gamma and beta, then weight and bias of the head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub(super) layers: usize,
    pub(super) inputs: usize,
    pub(super) width: usize,
}

impl Places {
    pub(super) fn of(network: &Gcn) -> Self {
        let [inputs, width] = network.layers.first().map_or([0, 0], |layer| layer.linear.weight.val().dims());
        Self { layers: network.layers.len(), inputs, width }
    }

    /// Inputs of a layer, from 0.
    pub(super) fn inputs(&self, layer: usize) -> usize {
        if layer == 0 { self.inputs } else { self.width }
    }

    fn begin(&self, layer: usize) -> usize {
        (0..layer).map(|layer| (self.inputs(layer) + 3) * self.width).sum()
    }

    pub(super) fn weight(&self, layer: usize) -> Range<usize> {
        let begin = self.begin(layer);
        begin..begin + self.inputs(layer) * self.width
    }

    fn vector(&self, layer: usize, place: usize) -> Range<usize> {
        let begin = self.weight(layer).end + place * self.width;
        begin..begin + self.width
    }

    fn bias(&self, layer: usize) -> Range<usize> {
        self.vector(layer, 0)
    }

    pub(super) fn gamma(&self, layer: usize) -> Range<usize> {
        self.vector(layer, 1)
    }

    pub(super) fn beta(&self, layer: usize) -> Range<usize> {
        self.vector(layer, 2)
    }

    pub(super) fn head(&self) -> Range<usize> {
        let begin = self.begin(self.layers);
        begin..begin + self.width
    }

    pub(super) fn head_bias(&self) -> usize {
        self.head().end
    }

    pub(super) fn len(&self) -> usize {
        self.head_bias() + 1
    }
}

/// The parameters of a network as one run of numbers.
///
/// # Errors
/// When a device does not give them.
pub(super) fn read(network: &Gcn) -> Result<Vec<f32>, SurrogateError> {
    fn add<const D: usize>(tensor: &Param<Tensor<D>>, values: &mut Vec<f32>) -> Result<(), SurrogateError> {
        values.extend(tensor.val().try_into_vec_as::<f32>().map_err(|error| SurrogateError::Other(Box::new(error)))?);
        Ok(())
    }
    let mut values = Vec::with_capacity(Places::of(network).len());
    for Convolution { linear, norm } in &network.layers {
        add(&linear.weight, &mut values)?;
        [&linear.bias, &norm.gamma, &norm.beta].into_iter().try_for_each(|vector| add(vector, &mut values))?;
    }
    add(&network.head.weight, &mut values)?;
    add(&network.head.bias, &mut values)?;
    Ok(values)
}

/// Puts a run of numbers into the parameters of a network.
pub(super) fn write(network: &mut Gcn, values: &[f32], device: &Device) {
    let places = Places::of(network);
    let vector = |range: Range<usize>| Param::from_data(TensorData::new(values[range.clone()].to_vec(), [range.len()]), device);
    let matrix =
        |range: Range<usize>, shape: [usize; 2]| Param::from_data(TensorData::new(values[range].to_vec(), shape), device);
    for (layer, Convolution { linear, norm }) in network.layers.iter_mut().enumerate() {
        let shape = [places.inputs(layer), places.width];
        *linear = Linear { weight: matrix(places.weight(layer), shape), bias: vector(places.bias(layer)) };
        (norm.gamma, norm.beta) = (vector(places.gamma(layer)), vector(places.beta(layer)));
    }
    let bias = places.head_bias();
    network.head = Linear { weight: matrix(places.head(), [places.width, 1]), bias: vector(bias..bias + 1) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GcnConfig;
    use bonas_core::SeedStream;
    use burn::module::Module;

    #[test]
    fn what_is_written_is_read_back() {
        let (config, device) = (GcnConfig { layers: 3, width: 4, ..GcnConfig::default() }, Device::flex());
        let mut network = Gcn::new(&config, 2, &mut SeedStream::new(1).rng("network", 0), &device);
        let places = Places::of(&network);
        assert_eq!(places.len(), network.num_params());
        let values: Vec<f32> = (0..places.len()).map(|value| value as f32).collect();
        write(&mut network, &values, &device);
        assert_eq!(read(&network).expect("readable"), values);
        let gamma: Vec<f32> = network.layers[1].norm.gamma.val().try_into_vec_as().expect("readable");
        assert_eq!(gamma, values[places.gamma(1)]);
    }
}
