//! The search spaces of bonas: what can be built, how to move about in it, how it is written and drawn.
//!
//! A space is built from its name, and used through [`SearchSpace`](bonas_core::SearchSpace):
//!
//! ```
//! use bonas_core::SeedStream;
//! use bonas_spaces::SpaceName;
//!
//! let space = "bonas-darts".parse::<SpaceName>()?.build();
//! let architecture = space.sample(&mut SeedStream::new(0).rng("example", 0));
//! assert_eq!(space.parse(&space.format(&architecture))?, architecture);
//! let picture = bonas_spaces::svg(&space.diagrams(&architecture))?;
//! assert!(picture.starts_with("<svg"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod chain;
mod choice;
mod cursor;
mod custom;
mod darts;
mod distinct;
mod draw;
mod edge_cell;
mod encodings;
mod nas_bench_101;
mod nearest;
mod registry;
mod typed;

pub use chain::{MacroModule, NasBenchMacroSpace, ResNetSpace, TransNasMacroSpace};
pub use choice::SpaceChoice;
pub use custom::{
    AllEdges, CellDescription, CountLimit, CustomCell, CustomNode, CustomSpace, CustomSpaceError, EdgeOperations, Edges,
    NodeOperations, OperationsOn, Output, SpaceDescription, StageDescription,
};
pub use darts::{DartsCell, DartsGenotype, DartsSpace, Operand, Primitive};
pub use draw::{DrawError, dot, svg};
pub use edge_cell::EdgeCellSpace;
pub use encodings::{Encoding, Encodings, encode};
pub use nas_bench_101::NasBench101Space;
pub use registry::{SpaceName, UnknownSpace};
pub use typed::TypedSpace;
