//! Networks as graphs of feature maps: a [`Plan`] says what is computed, a [`PlanUnion`] what several plans share, a
//! [`GraphNetwork`] holds the weights, and a [`GraphPath`] is the program of one forward pass.

mod count;
mod layer;
mod module;
mod network;
mod path;
mod plan;
mod shape;
mod union;

pub use layer::Layer;
pub use network::GraphNetwork;
pub use path::GraphPath;
pub use plan::{Input, Join, Node, Plan, PlanBuilder};
pub use shape::{Key, Shape};
pub use union::PlanUnion;
