//! Contract suite: evaluator.
