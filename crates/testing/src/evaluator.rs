//! Contract suite of evaluators.

use bonas_core::{Architecture, EvaluationContext, EvaluationError, Evaluator, Interrupt, Outcome, SeedStream, Silent};

/// Checks the contract of an evaluator on a batch of at least two distinct canonical architectures.
///
/// One outcome per member; the same batch with the same generator gives the same outcomes; a failure has a reason; a
/// request to stop ends the evaluation without outcomes; and the evaluator works again after it.
pub fn check(evaluator: &mut dyn Evaluator, batch: &[Architecture]) {
    assert!(batch.len() >= 2, "the suite needs at least two architectures");
    let first = evaluate(evaluator, batch, &Interrupt::default()).expect("the batch can be evaluated");
    assert_eq!(first.len(), batch.len(), "one outcome per member of the batch");
    for outcome in &first {
        match outcome {
            Outcome::Measured(measurement) => assert!(measurement.score().is_finite()),
            Outcome::Failed { reason } => assert!(!reason.is_empty(), "a failure without a reason"),
        }
    }
    let stopped = Interrupt::default();
    stopped.request();
    let result = evaluate(evaluator, batch, &stopped);
    assert!(
        matches!(result, Err(EvaluationError::Interrupted)),
        "a request to stop must be answered with Interrupted: {result:?}"
    );
    let again = evaluate(evaluator, batch, &Interrupt::default()).expect("the batch can be evaluated again");
    assert_eq!(first, again, "the same batch with the same generator gives the same outcomes");
}

fn evaluate(
    evaluator: &mut dyn Evaluator,
    batch: &[Architecture],
    interrupt: &Interrupt,
) -> Result<Vec<Outcome>, EvaluationError> {
    let context = EvaluationContext { round: 0, progress: &Silent, interrupt };
    evaluator.evaluate(batch, &mut SeedStream::new(11).rng("evaluate", 0), &context)
}
