//! Times of networks against PyTorch's, which take turns in one run: `BONAS_PYTHON=PYTHON cargo bench --bench networks -- [NAME…]`, where
//! PYTHON is an interpreter that has torch. Both train and look at the same batch size with the same networks on two threads; PyTorch
//! in the faster of its default layout and channels_last. With `--stock`, Burn's own operations take part, in a process of their own. Compare ratios; absolute times depend on the machine.
#![allow(missing_docs, clippy::print_stdout)]

mod process;
mod pytorch;
mod stock;
mod subjects;

use pytorch::{Layout, Peer};
use rayon::ThreadPoolBuilder;
use std::time::Instant;
use stock::Stock;
use subjects::{Kind, Runner, Subject, subjects};

// As in the binary: without it, training is two to three times slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const THREADS: usize = 2;
const ROUNDS: usize = 3;
/// Steps of a turn that count; one before them does not, so that caches and threads are those of the one whose turn it is.
const STEPS: usize = 2;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    bonas::keep_freed_memory();
    // Cargo hands on an argument of its own.
    let (options, names): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|argument| argument.starts_with('-'));
    let has = |option| options.iter().any(|given| given == option);
    ThreadPoolBuilder::new().num_threads(THREADS).build_global()?;
    if has(stock::SERVE) {
        return stock::serve();
    }
    let mut stock = if has("--stock") { Some(Stock::start()?) } else { None };
    let mut peer = match Peer::start(THREADS) {
        Ok(peer) => Some(peer),
        Err(reason) => {
            println!("PyTorch does not take part: {reason}\nOnly times of bonas follow, no ratios.");
            None
        }
    };
    if let Some(peer) = &peer {
        println!("torch {}, {THREADS} threads, batch {}, medians of {} steps", peer.version, subjects::IMAGES, ROUNDS * STEPS);
    }
    println!(
        "{:<34} {:>9} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8}",
        "milliseconds", "bonas", "eager", "ch_last", "stock", "ratio", "wanted", "to stock"
    );
    for subject in subjects()? {
        for kind in [Kind::Training, Kind::Inference] {
            let name = format!("{} {}", subject.name, kind.name());
            if subject.wanted(kind).is_none() || !(names.is_empty() || names.iter().any(|part| name.contains(part))) {
                continue;
            }
            rayon::scope(|_| compare(&name, &subject, kind, peer.as_mut(), stock.as_mut()))?;
        }
    }
    Ok(())
}

fn compare(
    name: &str,
    subject: &Subject,
    kind: Kind,
    mut peer: Option<&mut Peer>,
    mut stock: Option<&mut Stock>,
) -> Result<(), Failure> {
    let mut runner = subject.runner(kind)?;
    if let Some(peer) = &mut peer {
        let twin = peer.build(&subject.twin)?;
        let ours = [subject.parameters()?, subject.multiply_adds];
        if twin != ours {
            let both = format!("[parameters, multiply-adds]: {ours:?} here, {twin:?} there");
            return Err(format!("{name}: the networks differ, {both}").into());
        }
    }
    let mut times: [Vec<f64>; 4] = Default::default();
    for round in 0..ROUNDS {
        let candidates: Vec<usize> = (0..=STEPS).map(|step| (round * STEPS + step) % subject.candidates).collect();
        times[0].extend(&seconds(&mut runner, &candidates)?[1..]);
        if let Some(peer) = &mut peer {
            for (layout, times) in Layout::ALL.into_iter().zip(&mut times[1..]) {
                times.extend(&peer.run(kind, layout, &candidates)?[1..]);
            }
        }
        if let Some(stock) = &mut stock {
            times[3].extend(&stock.run(subject, kind, &candidates)?[1..]);
        }
    }
    let [ours, eager, last, stock] = times.map(median);
    let wanted = subject.wanted(kind).unwrap_or(f64::NAN);
    let milliseconds = [ours, eager, last, stock].map(|seconds| shown(1e3 * seconds, 1));
    let ratios = [ours / eager.min(last), wanted, ours / stock].map(|ratio| shown(ratio, 2));
    let row: String =
        milliseconds.iter().map(|cell| format!(" {cell:>9}")).chain(ratios.iter().map(|cell| format!(" {cell:>8}"))).collect();
    println!("{name:<34}{row}");
    Ok(())
}

/// Of one run of each of these candidates.
fn seconds(runner: &mut Runner, candidates: &[usize]) -> Result<Vec<f64>, Failure> {
    let timed = |&candidate: &usize| -> Result<f64, Failure> {
        let clock = Instant::now();
        runner.run(candidate)?;
        Ok(clock.elapsed().as_secs_f64())
    };
    candidates.iter().map(timed).collect()
}

/// A number, or a dash for what was not measured.
fn shown(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$}") } else { "–".into() }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
