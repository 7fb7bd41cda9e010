/// Adam (Kingma & Ba, 2015) on one run of numbers, with the usual decays and bias correction.
pub(crate) struct Adam {
    learning_rate: f64,
    epsilon: f64,
    steps: i32,
    first: Vec<f32>,
    second: Vec<f32>,
}

const DECAYS: [f64; 2] = [0.9, 0.999];

impl Adam {
    pub(crate) fn new(parameters: usize, learning_rate: f64, epsilon: f64) -> Self {
        Self { learning_rate, epsilon, steps: 0, first: vec![0.0; parameters], second: vec![0.0; parameters] }
    }

    /// One step against the gradient.
    pub(crate) fn step(&mut self, parameters: &mut [f32], gradient: &[f32]) {
        self.steps += 1;
        let [first, second] = DECAYS.map(|decay| 1.0 - decay.powi(self.steps));
        // m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε), with one division by a root.
        let rate = (self.learning_rate * second.sqrt() / first) as f32;
        let epsilon = (self.epsilon * second.sqrt()) as f32;
        let [keep_first, keep_second] = DECAYS.map(|decay| decay as f32);
        let [add_first, add_second] = DECAYS.map(|decay| (1.0 - decay) as f32);
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((parameter, &gradient), (first, second)) in parameters.iter_mut().zip(gradient).zip(moments) {
            *first = keep_first * *first + add_first * gradient;
            *second = keep_second * *second + add_second * gradient * gradient;
            *parameter -= rate * *first / (second.sqrt() + epsilon);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_steps_by_hand() {
        let (mut adam, mut parameters) = (Adam::new(2, 0.1, 1e-8), [1.0_f32, -2.0]);
        adam.step(&mut parameters, &[0.5, -4.0]);
        // The first step is as long as the rate, whatever the gradient.
        assert!((parameters[0] - 0.9).abs() < 1e-6 && (parameters[1] + 1.9).abs() < 1e-6, "{parameters:?}");
        adam.step(&mut parameters, &[0.0, -4.0]);
        let expected = 0.1 * (0.9 * 0.05 / 0.19) / (0.999 * 0.000_25_f32 / 0.001_999).sqrt();
        assert!((parameters[0] - 0.9 + expected).abs() < 1e-5, "{parameters:?}");
        assert!((parameters[1] + 1.8).abs() < 1e-6, "{parameters:?}");
    }
}
