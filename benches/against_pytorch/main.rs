//! Times of training steps and of inference against PyTorch and against Burn's stock operations, alternately in one run:
//! `BONAS_PYTHON=/path/to/python cargo bench --bench against_pytorch`. Every side is a process of its own that answers a request a line;
//! a ratio below 1 means that bonas is faster. Without a Python that has PyTorch, the stock operations alone are compared with.
#![allow(missing_docs, clippy::print_stdout, clippy::print_stderr)]
#![recursion_limit = "256"]

mod nas_bench_201;
mod peer;
mod serve;
mod work;

use peer::Peer;
use work::{Mode, Work};

// As in the binary: without it, training is two to three times slower.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Turns of every side.
const TURNS: usize = 4;

fn main() {
    if std::env::args().any(|argument| argument == "--serve") {
        return serve::serve();
    }
    let program = std::env::current_exe().expect("the path of this program");
    let own =
        |variables: &[(&str, &str)]| Peer::start(program.as_os_str(), &["--serve"], variables).expect("this program starts");
    let (mut ours, mut stock) = (own(&[]), own(&[("BONAS_STOCK_OPERATIONS", "1")]));
    let python = std::env::var_os("BONAS_PYTHON").unwrap_or_else(|| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/pytorch/peer.py");
    let mut torch = Peer::start(&python, &[script], &[]).ok();
    println!("median ms a step (least): bonas, stock Burn, PyTorch; ratios of medians bonas / other");
    for work in Work::ALL {
        for mode in [Mode::Train, Mode::Infer] {
            let steps = work.steps();
            let [mut mine, mut burn] = [Vec::new(), Vec::new()];
            let mut layouts = [Vec::new(), Vec::new()];
            for _ in 0..TURNS {
                mine.extend(ours.ask(&work.request(mode, "default", steps)).expect("bonas answers"));
                burn.extend(stock.ask(&work.request(mode, "default", steps)).expect("stock Burn answers"));
                for (layout, seconds) in ["default", "channels_last"].into_iter().zip(&mut layouts) {
                    let answer = torch.as_mut().map(|torch| torch.ask(&work.request(mode, layout, steps)));
                    match answer {
                        Some(Ok(answer)) => seconds.extend(answer),
                        Some(Err(reason)) => {
                            println!("PyTorch is not timed: {reason}. Name a Python that has it in BONAS_PYTHON.");
                            torch = None;
                        }
                        None => {}
                    }
                }
            }
            let (mine, burn) = (Times::of(mine), Times::of(burn));
            let best = layouts.into_iter().filter(|times| !times.is_empty()).map(Times::of);
            let best = best.min_by(|left, right| left.median.total_cmp(&right.median));
            print!("{:<28} {:<6} {mine} | {burn} ({:.2})", work.title(), mode.name(), mine.median / burn.median);
            match best {
                Some(best) => println!(" | {best} ({:.2})", mine.median / best.median),
                None => println!(),
            }
        }
    }
}

struct Times {
    median: f64,
    least: f64,
}

impl Times {
    fn of(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        Self { median: seconds[seconds.len() / 2], least: seconds[0] }
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:8.1} ({:.1})", 1e3 * self.median, 1e3 * self.least)
    }
}
