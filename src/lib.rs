#![recursion_limit = "256"]
//! x
