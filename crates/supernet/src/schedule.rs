use crate::OptimizerConfig;
use std::f64::consts::PI;

/// The cosine schedule without restarts (Loshchilov & Hutter, SGDR, 2017, equation 5), per step:
/// η = η_end + ½ (η_0 − η_end)(1 + cos(π · step / steps)).
pub fn cosine(config: &OptimizerConfig, step: usize, steps: usize) -> f64 {
    let progress = step as f64 / steps.max(1) as f64;
    config.final_learning_rate + 0.5 * (config.learning_rate - config.final_learning_rate) * (1.0 + (PI * progress).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_falls_from_the_first_rate_to_the_last() {
        let config = OptimizerConfig { learning_rate: 0.3, final_learning_rate: 0.1, ..OptimizerConfig::default() };
        assert!((cosine(&config, 0, 10) - 0.3).abs() < 1e-12);
        assert!((cosine(&config, 5, 10) - 0.2).abs() < 1e-12);
        assert!((cosine(&config, 10, 10) - 0.1).abs() < 1e-12);
    }
}
