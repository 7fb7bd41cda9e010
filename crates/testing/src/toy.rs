//! Contract suite: toy.
