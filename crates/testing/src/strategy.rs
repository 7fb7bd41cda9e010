//! Contract suite: strategy.
