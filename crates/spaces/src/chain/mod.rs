//! Networks as a chain of stages, with a choice for each.

mod diagram;
mod graph;
mod nas_bench_macro;
mod resnet;
mod transnas_macro;

pub use nas_bench_macro::NasBenchMacroSpace;
pub use resnet::ResNetSpace;
pub use transnas_macro::{MacroModule, TransNasMacroSpace};
