//! Contract suite: acquisition.
