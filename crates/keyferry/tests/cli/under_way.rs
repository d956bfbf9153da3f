//! Programs that are under way.

use std::{
    process::Child,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

use crypto_envelope_testkit::fake::http::Fault;
use rustix::process::{Pid, Signal, kill_process};

use crate::sandbox::{Ran, TestResult};

/// From then on this goes wrong with an operation, when so many calls have passed.
pub(crate) fn after(calls: u32, operation: &'static str, fault: Fault) -> Fault {
    let left = AtomicU32::new(calls);
    fault.always().when(move |called| {
        called == operation && left.try_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_err()
    })
}

pub(crate) fn wait_until(
    child: &mut Child,
    mut is_so: impl FnMut() -> TestResult<bool>,
) -> TestResult {
    let deadline = Instant::now() + Duration::from_mins(1);
    while Instant::now() < deadline {
        if is_so()? {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            return Err(format!("it ended early: {status}").into());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Err("it did not come to that within a minute".into())
}

/// Kills it as nothing else does: nobody can tidy up.
pub(crate) fn kill(mut child: Child) -> TestResult {
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// Has it end in its own way, by as many signals.
pub(crate) fn interrupt(child: Child, signals: &[Signal]) -> TestResult<Ran> {
    for signal in signals {
        kill_process(Pid::from_child(&child), *signal)?;
    }
    Ran::from(child.wait_with_output()?).expect(130)
}
