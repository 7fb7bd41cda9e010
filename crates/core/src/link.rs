/// How outcomes hang on the latent scale on which a belief is Gaussian: a map that rises everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Link {
    /// The outcome is the latent value.
    #[default]
    Identity,
    /// The outcome is the logistic sigmoid of the latent value, in (0, 1).
    Logistic,
    /// The outcome falls short of `limit` by `exp(−(center + scale · latent))`.
    LogShortfall {
        /// What no outcome reaches.
        limit: f64,
        /// −ln of the shortfall at the latent value 0.
        center: f64,
        /// Change of it per latent unit; above 0.
        scale: f64,
    },
}

impl Link {
    /// The outcome at a latent value.
    pub fn outcome(self, latent: f64) -> f64 {
        match self {
            Self::Identity => latent,
            // Of the two forms, each is exact where the other overflows.
            Self::Logistic if latent >= 0.0 => 1.0 / (1.0 + (-latent).exp()),
            Self::Logistic => latent.exp() / (1.0 + latent.exp()),
            Self::LogShortfall { limit, center, scale } => limit - (-(center + scale * latent)).exp(),
        }
    }

    /// The latent value of an outcome; ±∞ at the end of the range that the outcome lies at or beyond.
    pub fn latent(self, outcome: f64) -> f64 {
        match self {
            Self::Identity => outcome,
            Self::Logistic if outcome <= 0.0 => f64::NEG_INFINITY,
            Self::Logistic if outcome >= 1.0 => f64::INFINITY,
            Self::Logistic => (outcome / (1.0 - outcome)).ln(),
            Self::LogShortfall { limit, .. } if outcome >= limit => f64::INFINITY,
            Self::LogShortfall { limit, center, scale } => (-(limit - outcome).ln() - center) / scale,
        }
    }

    /// Logarithm of the derivative of [`latent`](Self::latent): what turns a latent density into one of outcomes. Only inside the
    /// range.
    pub(crate) fn log_slope(self, outcome: f64) -> f64 {
        match self {
            Self::Identity => 0.0,
            Self::Logistic => -outcome.ln() - (1.0 - outcome).ln(),
            Self::LogShortfall { limit, scale, .. } => -(limit - outcome).ln() - scale.ln(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINKS: [Link; 3] = [Link::Identity, Link::Logistic, Link::LogShortfall { limit: 0.95, center: 2.0, scale: 0.7 }];

    #[test]
    fn maps_rise_and_have_their_inverse_and_slope() {
        for link in LINKS {
            for latent in [-3.0, -0.4, 0.0, 1.1, 2.5] {
                let outcome = link.outcome(latent);
                assert!((link.latent(outcome) - latent).abs() < 1e-12, "{link:?} at {latent}");
                let step = 1e-6 * (link.outcome(latent + 0.1) - outcome);
                let slope = (link.latent(outcome + step) - link.latent(outcome - step)) / (2.0 * step);
                assert!((slope.ln() - link.log_slope(outcome)).abs() < 1e-5, "{link:?} at {latent}");
            }
        }
        assert_eq!((Link::Logistic.outcome(-1e4), Link::Logistic.outcome(1e4)), (0.0, 1.0));
    }

    #[test]
    fn outcomes_out_of_range_are_infinitely_far() {
        assert_eq!((Link::Logistic.latent(0.0), Link::Logistic.latent(1.5)), (f64::NEG_INFINITY, f64::INFINITY));
        assert_eq!((LINKS[2].latent(0.95), LINKS[2].latent(0.96)), (f64::INFINITY, f64::INFINITY));
    }
}
