//! Contract suite: space.
