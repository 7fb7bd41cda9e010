//! Contract suite: surrogate.
