//! Callers, and what they do for how long.

use std::{
    pin::Pin,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crypto_envelope::Result;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinSet,
    time::timeout,
};

use super::{
    board::Board,
    cpu,
    periods::Periods,
    summary::{Part, Summary, Teller},
    tally::Tally,
};
use crate::{
    failure::{Code, Failure},
    interrupt::watch,
};

/// Makes one call.
pub(crate) type Calls =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<()>> + Send>> + Send + Sync>;

/// How much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Calls at once.
    pub(crate) concurrency: u16,
    pub(crate) warm_up: Duration,
    pub(crate) duration: Duration,
    pub(crate) period: Duration,
}

/// Makes calls, and tells of them while they are made and at the end.
pub(crate) fn run(calls: &Calls, load: Load, teller: &Teller) -> Result<(), Failure> {
    let runtime = runtime(load.concurrency)?;
    watch::start();
    if !load.warm_up.is_zero() {
        let warm_up = Load { duration: load.warm_up, period: load.warm_up, ..load };
        measure(&runtime, calls, warm_up, |_, _| Ok(()))?;
    }
    let mut total = Tally::new();
    let cpu = cpu::spent();
    let start = Instant::now();
    let begun = measure(&runtime, calls, load, |tally, period| {
        total.add_all(tally);
        let Some(took) = period else { return Ok(()) };
        teller.period(&Part { tally, took }, &Part { tally: &total, took: start.elapsed() })
    })?;
    let took = start.elapsed();
    let summary = Summary { tally: total, begun, took, cpu: cpu::spent().saturating_sub(cpu) };
    let is_interrupted = watch::came();
    teller.summary(&summary, is_interrupted)?;
    if is_interrupted {
        watch::end();
    }
    summary.failure().map_or(Ok(()), Err)
}

/// Gives what came of the calls of each period to `take`, with its length, and at last what is left; how many
/// calls have begun.
fn measure(
    runtime: &Runtime,
    calls: &Calls,
    load: Load,
    mut take: impl FnMut(&Tally, Option<Duration>) -> Result<(), Failure>,
) -> Result<u64, Failure> {
    let board = Arc::new(Board::new());
    let start = Instant::now();
    let mut periods = Periods::new(start, load.period);
    runtime.block_on(async {
        let mut callers = JoinSet::new();
        for _ in 0..load.concurrency {
            callers.spawn(keep_calling(calls.clone(), board.clone(), start + load.duration));
        }
        while !watch::came() {
            let now = Instant::now();
            if let Some(took) = periods.passed(now) {
                take(&board.take()?, Some(took))?;
            }
            let wait = periods.end().saturating_duration_since(now).min(GLANCE);
            match timeout(wait, callers.join_next()).await {
                Ok(Some(ended)) => ended.map_err(|_| panicked())?,
                Ok(None) => break,
                Err(_) => {}
            }
        }
        // They end when it is over, or a little later.
        if let Some(took) = periods.passed(Instant::now()) {
            take(&board.take()?, Some(took))?;
        }
        // Nobody waits for those that are under way when it is interrupted.
        callers.shutdown().await;
        take(&board.take()?, None)?;
        Ok(board.begun())
    })
}

/// One caller. The last call may end later.
async fn keep_calling(calls: Calls, board: Arc<Board>, end: Instant) {
    while Instant::now() < end {
        let Some(began) = board.begin() else { return };
        let outcome = calls().await;
        board.finish(began, outcome);
    }
}

fn runtime(concurrency: u16) -> Result<Runtime, Failure> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(usize::from(concurrency));
    let runtime = Builder::new_multi_thread().worker_threads(threads).enable_time().build();
    runtime.map_err(|error| Failure::io("cannot start threads", &error))
}

fn panicked() -> Failure {
    Failure::new(Code::Internal, "a call panicked")
}

/// How long an interruption may have to wait.
const GLANCE: Duration = Duration::from_millis(50);
