//! Writes a report of an invented study: `cargo run -p bonas-report --example sample -- report.html`.

use bonas_core::{Measurement, Outcome, Prediction};
use bonas_report::*;
use std::error::Error;

const ROUNDS: u32 = 5;
const BATCH: u64 = 16;
const CLASSES: [&str; 10] =
    ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];
const OPERATIONS: [&str; 7] =
    ["max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"];

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("give the path of the HTML file to write")?;
    std::fs::write(path, render(&sample()?)?)?;
    Ok(())
}

/// A value in [0, 1) that looks random and is the same on every run.
fn noise(index: u64) -> f64 {
    let mixed = (index + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed ^ (mixed >> 32)) >> 11) as f64 / (1u64 << 53) as f64
}

fn sample() -> Result<ReportData, Box<dyn Error>> {
    let trials = (0..u64::from(ROUNDS) * BATCH).map(trial).collect::<Result<Vec<_>, _>>()?;
    let mut scored: Vec<_> = trials.iter().filter_map(|trial| Some((trial.outcome.score()?, trial))).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let best_cells =
        scored.iter().take(4).enumerate().map(|(place, &(score, trial))| best_cell(place + 1, score, trial)).collect();
    let finalist = |(place, &(score, trial)): (usize, &(f64, &TrialEntry))| FinalistEntry {
        trial: trial.id,
        search_score: score,
        score: (place != 3).then(|| score + 0.03 * noise(900 + place as u64)),
        alone: if place < 2 { Alone::Score(score + 0.02) } else { Alone::Untrained },
    };
    let finalists = scored.iter().take(6).enumerate().map(finalist).collect();
    Ok(ReportData {
        study: facts(),
        score: ScoreFacts { name: "validation accuracy".into(), notation: ScoreNotation::Percent },
        prediction_scale: PredictionScale::Rank,
        trials,
        rounds: (0..ROUNDS).map(round).collect(),
        finalists,
        best_cells,
        retraining: Some(retraining()?),
        lookup: None,
        front: None,
    })
}

fn facts() -> StudyFacts {
    StudyFacts {
        run: "runs/fashion-7".into(),
        space: "darts".into(),
        strategy: "bonas".into(),
        data: "fashion-mnist-12k".into(),
        data_digest: "sha256:4f3c2a90d1b7e6855a0c9d2e7f1b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d".into(),
        seed: 7,
        device: "flex (CPU)".into(),
        created: "2026-03-14 09:26:53 UTC".into(),
        version: "0.1.0".into(),
        budget: "80 queries".into(),
        stop_reason: Some("80 of 80 queries used".into()),
        configuration: "[search]\nseed = 7\nqueries = 80\nbatch = 16\n\n[surrogate]\nloss = \"weighted\"\ntargets = \"rank\"\n"
            .into(),
    }
}

fn trial(index: u64) -> Result<TrialEntry, Box<dyn Error>> {
    let round = (index / BATCH) as u32;
    let spread = 0.09 / f64::from(round + 1).sqrt();
    let score = 0.905 - spread * noise(index).powf(1.3) - 0.012 * f64::from(ROUNDS - 1 - round) * noise(index + 900);
    let outcome = match index {
        9 => Outcome::Failed { reason: "the loss became NaN in epoch 3, step 41".into() },
        38 | 52 => Outcome::Failed { reason: "batch statistics of <cell 2> are not finite (max > 1e38 & rising)".into() },
        _ => Outcome::Measured(Measurement::new((score * 3000.0).round() / 3000.0)?),
    };
    let mean = (0.35 + 0.1 * f64::from(round) + 5.0 * (score - 0.86) + 0.35 * (noise(index + 300) - 0.5)).clamp(0.03, 0.97);
    let prediction = (round > 0).then(|| Prediction { mean, stddev: 0.04 + 0.12 * noise(index + 600) });
    let origin = if round == 0 || noise(index + 77) < 0.15 { "random" } else { "mutation" };
    Ok(TrialEntry {
        id: index + 1,
        round,
        architecture: genotype(index),
        outcome,
        cached: index == 61,
        prediction,
        origin: origin.into(),
    })
}

fn genotype(index: u64) -> String {
    let pick = |cell: u64, edge: u64| (noise(index * 64 + cell * 16 + edge), edge / 2 + 2);
    let cell = |cell| {
        let edges = (0..8).map(|edge| {
            let (value, inputs) = pick(cell, edge);
            let operation = OPERATIONS[(value * 7.0) as usize];
            format!("('{operation}', {})", (value * 1000.0) as u64 % inputs)
        });
        format!("[{}]", edges.collect::<Vec<_>>().join(", "))
    };
    format!("Genotype(normal={}, normal_concat=[2, 3, 4, 5], reduce={}, reduce_concat=[2, 3, 4, 5])", cell(0), cell(1))
}

fn round(round: u32) -> RoundEntry {
    let drift = noise(u64::from(round) + 5000);
    let tau = [None, Some(0.41), Some(-0.08), None, Some(0.56)][round as usize];
    RoundEntry {
        round,
        seconds: PhaseSeconds {
            propose: if round == 0 { 0.04 } else { 6.0 + 2.2 * f64::from(round) },
            evaluate: 71.0 + 9.0 * drift,
            record: 0.02,
        },
        correlation: (round > 0).then_some(RankCorrelation { tau_b: tau, pairs: if tau.is_none() { 1 } else { 15 } }),
    }
}

fn best_cell(rank: usize, score: f64, trial: &TrialEntry) -> BestCell {
    let drawing = |title: &str, salt| CellDrawing { title: title.into(), svg: placeholder(trial.id + salt) };
    BestCell {
        rank,
        score,
        text: format!("trial {}, round {}, by {}", trial.id, trial.round, trial.origin),
        genotype: trial.architecture.clone(),
        drawings: vec![drawing("normal", 0), drawing("reduction", 1000)],
    }
}

/// Two inputs, four states, one output; the same ids in every drawing, as a real layout library would have them.
fn placeholder(salt: u64) -> String {
    let node = |x: u32, y: u32, fill: &str, label: &str| {
        format!(
            r##"<rect x="{x}" y="{y}" width="64" height="26" rx="6" fill="{fill}" stroke="#5b6472"/><text x="{}" y="{}" font-family="sans-serif" font-size="12" text-anchor="middle" fill="#1c2330">{label}</text>"##,
            x + 32,
            y + 17
        )
    };
    let ys = [20, 66, 112, 158];
    let mut parts =
        vec![node(8, 50, "#dbe9f6", "c_{k-2}"), node(8, 110, "#dbe9f6", "c_{k-1}"), node(440, 88, "#f6e3c8", "c_{k}")];
    for (state, y) in ys.into_iter().enumerate() {
        parts.push(node(230, y, "#e5f0e3", &state.to_string()));
        for input in 0..2 {
            let from = if noise(salt * 8 + state as u64 * 2 + input) < 0.5 { 63 } else { 123 };
            parts.push(format!(
                r##"<path d="M72 {from}C150 {from} 150 {0} 228 {0}" fill="none" stroke="#8a93a3" marker-end="url(#arrow)"/>"##,
                y + 13
            ));
        }
        parts.push(format!(
            r##"<path d="M294 {0}C370 {0} 370 101 438 101" fill="none" stroke="#8a93a3" marker-end="url(#arrow)"/>"##,
            y + 13
        ));
    }
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 204"><defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#8a93a3"/></marker></defs>{}</svg>"##,
        parts.concat()
    )
}

fn retraining() -> Result<Retraining, ReportError> {
    let curve = (1..=30).map(|epoch| {
        let progress = 1.0 - (-(epoch as f64) / 6.0).exp();
        let wobble = 0.012 * (noise(epoch as u64 + 7000) - 0.5);
        let loss = 1.15 - 0.92 * progress - 2.0 * wobble;
        let learning_rate = 0.0125 * (1.0 + (std::f64::consts::PI * progress).cos());
        EpochEntry { epoch, train_loss: 1.1 * loss, learning_rate, loss, accuracy: 0.55 + 0.375 * progress + wobble }
    });
    let counts: Vec<Vec<u64>> = (0..10).map(|truth| (0..10).map(|predicted| confused(truth, predicted)).collect()).collect();
    let right: u64 = (0..10).map(|class| counts[class][class]).sum();
    let images: u64 = counts.iter().flatten().sum();
    Ok(Retraining {
        test: TestResult { accuracy: right as f64 / images as f64, images: Some(images) },
        curve: curve.collect(),
        parameters: 105_418,
        multiply_adds: Some(31_204_864),
        epochs: 30,
        seconds: 142.0,
        beyond_common: Vec::new(),
        confusion: Some(ConfusionMatrix::new(CLASSES.map(str::to_owned).to_vec(), counts)?),
        hardest: Vec::new(),
    })
}

fn confused(truth: usize, predicted: usize) -> u64 {
    let tops = [0, 2, 3, 4, 6];
    let wrong = |predicted: usize| match (tops.contains(&truth), tops.contains(&predicted)) {
        (true, true) => (11.0 * noise((truth * 10 + predicted) as u64)) as u64,
        (false, false) => (4.0 * noise((truth * 10 + predicted) as u64)) as u64,
        _ => 0,
    };
    if truth != predicted {
        return wrong(predicted);
    }
    200 - (0..10).filter(|&other| other != truth).map(wrong).sum::<u64>()
}
