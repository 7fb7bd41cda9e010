use bonas_core::{Architecture, EvaluationContext, EvaluationError, Outcome, Silent, StudyRng};
use burn::tensor::Device;
use rand::SeedableRng;
use std::panic::resume_unwind;

/// Deals a batch out to the devices, in turn, and evaluates the shares side by side; outcomes come back in the order of the batch.
///
/// Every share has a random stream of its own, drawn in the order of the devices, so that results do not depend on which is done first.
/// With one device, or one architecture, `rng` itself is used. The first device reports the progress.
pub(crate) fn on_each_device<F>(
    devices: &[Device],
    batch: &[Architecture],
    rng: &mut StudyRng,
    context: &EvaluationContext<'_>,
    evaluate: F,
) -> Result<Vec<Outcome>, EvaluationError>
where
    F: Fn(&Device, &[Architecture], &mut StudyRng, &EvaluationContext<'_>) -> Result<Vec<Outcome>, EvaluationError> + Sync,
{
    let shares = devices.len().min(batch.len());
    if shares <= 1 {
        let device = devices.first().ok_or_else(|| EvaluationError::Other("an evaluator needs at least one device".into()))?;
        return in_pool(device, || evaluate(device, batch, rng, context));
    }
    let share = |first: usize| batch.iter().skip(first).step_by(shares).cloned().collect::<Vec<_>>();
    let work: Vec<_> = devices[..shares]
        .iter()
        .enumerate()
        .map(|(index, device)| (index, device, share(index), StudyRng::from_rng(rng)))
        .collect();
    let evaluate = &evaluate;
    let mut results = std::thread::scope(|scope| {
        let threads = work.into_iter().map(|(index, device, share, mut rng)| {
            let (round, interrupt) = (context.round, context.interrupt);
            let progress = if index == 0 { context.progress } else { &Silent };
            scope.spawn(move || {
                let context = EvaluationContext { round, progress, interrupt };
                in_pool(device, || evaluate(device, &share, &mut rng, &context))
            })
        });
        let threads: Vec<_> = threads.collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect::<Vec<_>>()
    });
    let mut outcomes = Vec::with_capacity(results.len());
    for result in results.drain(..) {
        outcomes.push(result?.into_iter());
    }
    Ok((0..batch.len()).filter_map(|index| outcomes[index % shares].next()).collect())
}

/// From inside the thread pool, small pieces of work are handed over without waking a sleeping thread each time. Work for a GPU
/// would only keep a thread of the pool waiting.
fn in_pool<T: Send>(device: &Device, work: impl FnOnce() -> T + Send) -> T {
    if is_cpu(device) { rayon::scope(|_| work()) } else { work() }
}

pub(crate) fn is_cpu(device: &Device) -> bool {
    device.clone().without_autodiff() == Device::flex()
}
