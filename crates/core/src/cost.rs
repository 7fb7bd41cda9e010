use crate::Architecture;

/// Name of the metric that counts trainable parameters.
pub const PARAMETERS: &str = "parameters";
/// Name of the metric that counts multiply-adds of one input.
pub const MULTIPLY_ADDS: &str = "multiply_adds";
/// Name of the metric that says how long one inference takes, in milliseconds.
pub const LATENCY_MS: &str = "latency_ms";

/// Says what an architecture costs its user, without training it: parameters, multiply-adds, or latency.
///
/// Searches limit costs and trade them against the score. A cost is a property of the architecture: asked twice, the answer is the
/// same.
pub trait CostFunction: Send + Sync {
    /// The metric under which trials record it, such as [`PARAMETERS`].
    fn name(&self) -> &str;

    /// The cost of an architecture in canonical form, in the unit of its metric; finite, less is better. `None` where it is not known:
    /// such an architecture keeps no limit.
    fn cost(&self, architecture: &Architecture) -> Option<f64>;
}
