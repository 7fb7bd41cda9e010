//! Search with an evaluator of one's own, by asking and telling: `cargo run --release --example own_evaluator`.
//!
//! What is maximised here takes no time: half of it rewards separable convolutions in the normal cell, half of it few
//! parameters. Put a training, a simulation or a measurement in its place.

use bonas::core::{Architecture, CompletedTrial, Measurement, Outcome, SearchSpace, SeedStream};
use bonas::data::ImageShape;
use bonas::spaces::{DartsSpace, Primitive};
use bonas::supernet::{Blueprint, NetworkConfig, cost};
use bonas::{ExperimentConfig, build_strategy};
use std::error::Error;
use std::io::Write;
use std::sync::Arc;

const ROUNDS: u64 = 6;
const BATCH: usize = 8;

/// How good an architecture is; more is better.
fn score(space: &DartsSpace, architecture: &Architecture) -> f64 {
    let genotype = space.genotype(architecture);
    let operands = genotype.normal.nodes.iter().flatten();
    let separable = operands.filter(|operand| operand.primitive == Primitive::SepConv3x3).count();
    let image = ImageShape { channels: 3, height: 32, width: 32 };
    let parameters = cost(&Blueprint::Darts(genotype), &NetworkConfig::default(), image, 10).parameters;
    0.5 * separable as f64 / 8.0 + 0.5 * (-(parameters as f64) / 50_000.0).exp()
}

fn main() -> Result<(), Box<dyn Error>> {
    let space = Arc::new(DartsSpace::bonas());
    let mut config = ExperimentConfig::quick();
    config.bonas.initial = 2 * BATCH;
    let mut strategy = build_strategy(&config, space.clone())?;
    let seeds = SeedStream::new(config.study.seed);
    let mut best: Option<(f64, Architecture)> = None;

    for round in 0..ROUNDS {
        let proposals = strategy.ask(BATCH, &mut seeds.rng("ask", round))?;
        let mut completed = Vec::new();
        for proposal in proposals {
            // What is told is the canonical form: of all ways to write a cell, one.
            let architecture = space.canonical(&proposal.architecture);
            let score = score(&space, &architecture);
            if best.as_ref().is_none_or(|(highest, _)| score > *highest) {
                best = Some((score, architecture.clone()));
            }
            completed.push(CompletedTrial { architecture, outcome: Outcome::Measured(Measurement::new(score)?) });
        }
        strategy.tell(&completed);
        let highest = best.as_ref().map_or(0.0, |(score, _)| *score);
        writeln!(std::io::stdout(), "round {}: best score so far {highest:.4}", round + 1)?;
    }
    if let Some((_, architecture)) = best {
        writeln!(std::io::stdout(), "{}", space.format(&architecture))?;
    }
    Ok(())
}
