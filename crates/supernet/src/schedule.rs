use crate::config::{OptimizerConfig, RetrainConfig, ScheduleShape};
use std::f64::consts::PI;

/// The cosine schedule without restarts (Loshchilov & Hutter, SGDR, 2017, equation 5), per step:
/// η = η_end + ½ (η_0 − η_end)(1 + cos(π · step / steps)).
pub fn cosine(config: &OptimizerConfig, step: usize, steps: usize) -> f64 {
    let progress = step as f64 / steps.max(1) as f64;
    config.final_learning_rate + 0.5 * (config.learning_rate - config.final_learning_rate) * (1.0 + (PI * progress).cos())
}

/// The learning rate of a step (from 0) of a training from scratch with so many steps in an epoch: a linear warm-up, and behind it a
/// cosine over the steps that are left, or an exponential decay by the epochs since.
pub fn learning_rate(config: &RetrainConfig, step: usize, epoch_steps: usize) -> f64 {
    let optimizer = &config.optimizer;
    let warmup = (config.schedule.warmup_epochs * epoch_steps as f64).round() as usize;
    if step < warmup {
        return optimizer.learning_rate * (step + 1) as f64 / warmup as f64;
    }
    let step = step - warmup;
    match config.schedule.shape {
        ScheduleShape::Cosine => cosine(optimizer, step, (config.epochs * epoch_steps).saturating_sub(warmup)),
        ScheduleShape::Exponential => {
            let epochs = (step / epoch_steps.max(1)) as f64;
            (optimizer.learning_rate * config.schedule.decay.powf(epochs)).max(optimizer.final_learning_rate)
        }
    }
}

/// The probability of dropped paths in an epoch (from 0): linear, zero in the first (DARTS: p · epoch / epochs).
pub(crate) fn drop_path(config: &RetrainConfig, epoch: usize) -> f64 {
    config.drop_path * epoch as f64 / config.epochs as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ScheduleConfig;

    #[test]
    fn it_falls_from_the_first_rate_to_the_last() {
        let config = OptimizerConfig { learning_rate: 0.3, final_learning_rate: 0.1, ..OptimizerConfig::default() };
        assert!((cosine(&config, 0, 10) - 0.3).abs() < 1e-12);
        assert!((cosine(&config, 5, 10) - 0.2).abs() < 1e-12);
        assert!((cosine(&config, 10, 10) - 0.1).abs() < 1e-12);
    }

    fn config(shape: ScheduleShape, warmup_epochs: f64) -> RetrainConfig {
        let schedule = ScheduleConfig { shape, decay: 0.5, warmup_epochs };
        let optimizer = OptimizerConfig { learning_rate: 0.8, final_learning_rate: 0.05, ..OptimizerConfig::default() };
        RetrainConfig { epochs: 10, schedule, optimizer, ..RetrainConfig::default() }
    }

    fn assert_rates(config: &RetrainConfig, expected: &[(usize, f64)]) {
        for &(step, rate) in expected {
            let found = learning_rate(config, step, 4);
            assert!((found - rate).abs() < 1e-12, "step {step}: {found}, not {rate}");
        }
    }

    #[test]
    fn without_warm_up_the_cosine_is_the_one_that_searches_have() {
        let config = config(ScheduleShape::Cosine, 0.0);
        for step in 0..40 {
            assert_eq!(learning_rate(&config, step, 4), cosine(&config.optimizer, step, 40));
        }
    }

    #[test]
    fn the_warm_up_is_linear_and_the_cosine_takes_the_rest() {
        // 8 of 40 steps.
        let config = config(ScheduleShape::Cosine, 2.0);
        assert_rates(&config, &[(0, 0.1), (3, 0.4), (7, 0.8), (8, 0.8), (24, 0.425), (40, 0.05)]);
        assert_rates(&self::config(ScheduleShape::Cosine, 0.5), &[(0, 0.4), (1, 0.8), (2, 0.8), (21, 0.425)]);
    }

    #[test]
    fn the_exponential_schedule_is_constant_within_an_epoch_and_ends_at_its_floor() {
        let rates = [(0, 0.8), (3, 0.8), (4, 0.4), (7, 0.4), (8, 0.2), (12, 0.1), (16, 0.05), (39, 0.05)];
        assert_rates(&config(ScheduleShape::Exponential, 0.0), &rates);
        assert_rates(&config(ScheduleShape::Exponential, 1.0), &rates.map(|(step, rate)| (step + 4, rate)));
    }

    #[test]
    fn drop_path_grows_from_nothing() {
        let config = RetrainConfig { drop_path: 0.2, epochs: 600, ..RetrainConfig::default() };
        assert_eq!([0, 300, 599].map(|epoch| drop_path(&config, epoch)), [0.0, 0.1, 0.2 * 599.0 / 600.0]);
    }
}
