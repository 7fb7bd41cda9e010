//! The charts. Each is a figure that takes data that has something to show; sections decide what to say where there is none.

mod axis;
mod boxes;
mod curves;
mod epochs;
mod found;
mod frame;
mod front;
mod phases;
mod prediction;
mod progress;
mod regret;
mod scatter;

pub(crate) use boxes::{BoxRow, boxes};
pub(crate) use curves::{Curve, CurveChart, CurvePoint, Measured, calibration, over_sizes, with_whiskers};
pub(crate) use epochs::epochs;
pub(crate) use found::found;
pub(crate) use front::front;
pub(crate) use phases::phases;
pub(crate) use prediction::prediction;
pub(crate) use progress::progress;
pub(crate) use regret::{over_queries, regret};
pub(crate) use scatter::{Cloud, CloudPoint, scatter};

use axis::Axis;
use frame::{Frame, Size, px};

/// The full width of the page.
const WIDE: Size = Size { width: 960, height: 380 };

/// The same, less high.
const SHORT: Size = Size { width: 960, height: 260 };

/// Half the width of the page.
const HALF: Size = Size { width: 480, height: 300 };

/// Style of everything that belongs to a round: how far to go from the colour of the first to that of the last.
fn round_tint(phase: f64) -> String {
    format!("--t:{:.0}%", phase * 100.0)
}
