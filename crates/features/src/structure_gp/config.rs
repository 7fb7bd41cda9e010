use bonas_core::SurrogateError;
use serde::{Deserialize, Serialize};

/// Settings of [`StructureGp`](super::StructureGp). No search space needs other ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StructureGpConfig {
    /// Whether identities and zeros are known to be that; without it, they are operations like all others (an ablation).
    pub roles: bool,
    /// Whether it is seen which operations feed which; without it, only where each operation stands (an ablation).
    pub wires: bool,
    /// Most steps of L-BFGS to the kernel's parameters (0 to 1000); 0 leaves them at the mode of their prior.
    pub iterations: u64,
    /// Most observations by which the parameters are judged (2 to 2000): the best and a spread of the others.
    pub tuning_observations: usize,
    /// Most observations that are conditioned on (2 to 10,000): the best and a spread of the others. It bounds time and memory.
    pub max_observations: usize,
}

impl Default for StructureGpConfig {
    fn default() -> Self {
        Self { roles: true, wires: true, iterations: 15, tuning_observations: 128, max_observations: 1000 }
    }
}

impl StructureGpConfig {
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// [`SurrogateError::Config`] with the first that is not.
    pub fn check(&self) -> Result<(), SurrogateError> {
        let ranges = [
            ("iterations", self.iterations, 0, 1000),
            ("tuning_observations", self.tuning_observations as u64, 2, 2000),
            ("max_observations", self.max_observations as u64, 2, 10_000),
        ];
        match ranges.iter().find(|(_, value, least, most)| !(least..=most).contains(&value)) {
            Some((name, value, least, most)) => Err(SurrogateError::Config(format!(
                "surrogate.structure_gp.{name} must be from {least} to {most}, but is {value}"
            ))),
            None => Ok(()),
        }
    }
}
