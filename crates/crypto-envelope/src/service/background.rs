//! Where calls of key services run.

use std::{
    future::{Future, pending, poll_fn},
    io,
    pin::Pin,
    process,
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    task::{Context, Poll, Waker},
    thread,
};

use tokio::{
    runtime::{Builder, Handle},
    task::JoinHandle,
};

use crate::{
    Error, Result,
    provider::{ProviderError, ProviderErrorKind},
};

/// Runs `work` in a tokio runtime that is started once per process on a thread of its own, whatever
/// runtime the caller is in, if any. So connections, and calls that several callers wait for, do not
/// depend on the runtime of one of them. If the future is dropped, the work is aborted.
///
/// The work must not block: it would hold up all others.
///
/// # Errors
///
/// A [`ProviderError`] if the thread cannot be started, the work panicked, or this process was forked
/// after the thread was started.
pub fn run<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = Result<T>> + Send {
    // The futures of HTTP clients are tens of kilobytes long.
    let work = Box::pin(work);
    async move { Running { process: process::id(), work: background()?.spawn(work) }.await }
}

/// Does `work` as [`run`] does it, with nobody who is told how it ends.
pub fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    if let Ok(background) = background() {
        let left = unsettled();
        background.spawn(async move {
            work.await;
            drop(left);
        });
    }
}

/// Waits until all that was [spawned](spawn) is over, also by what [`run`] has just aborted: for a program
/// that is about to end.
pub async fn settled() {
    // What was aborted before is dropped before this has its turn.
    let _ = run(async {}).await;
    poll_fn(|context| {
        let mut spawned = spawned();
        if spawned.left == 0 {
            return Poll::Ready(());
        }
        spawned.waiting.push(context.waker().clone());
        Poll::Pending
    })
    .await;
}

/// Work that nobody is told the end of.
struct Spawned {
    left: usize,
    waiting: Vec<Waker>,
}

fn spawned() -> MutexGuard<'static, Spawned> {
    static SPAWNED: Mutex<Spawned> = Mutex::new(Spawned { left: 0, waiting: Vec::new() });
    SPAWNED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Work that [`settled`] waits for, as long as this is there.
#[derive(Debug)]
#[must_use]
pub struct Unsettled(());

/// Has [`settled`] wait for something that is not [spawned](spawn), such as a thread that has a file.
pub fn unsettled() -> Unsettled {
    spawned().left += 1;
    Unsettled(())
}

impl Drop for Unsettled {
    fn drop(&mut self) {
        let mut spawned = spawned();
        spawned.left -= 1;
        if spawned.left == 0 {
            spawned.waiting.drain(..).for_each(Waker::wake);
        }
    }
}

struct Running<T> {
    process: u32,
    work: JoinHandle<T>,
}

impl<T> Future for Running<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // In a process that was forked meanwhile nobody works at it.
        if self.process != process::id() {
            return Poll::Ready(Err(forked()));
        }
        let outcome = Pin::new(&mut self.work).poll(context);
        outcome.map_err(|_| failed("a call of a key service panicked").into())
    }
}

impl<T> Drop for Running<T> {
    fn drop(&mut self) {
        // In a process that was forked, a lock of its runtime may be held by nobody.
        if self.process == process::id() {
            self.work.abort();
        }
    }
}

/// The runtime of this process.
struct Background {
    process: u32,
    handle: Handle,
}

fn background() -> Result<Handle> {
    static BACKGROUND: Mutex<Option<Background>> = Mutex::new(None);
    // What a panic would leave behind is none.
    let mut background = BACKGROUND.lock().unwrap_or_else(PoisonError::into_inner);
    running_in(&mut background, process::id())
}

fn running_in(background: &mut Option<Background>, process: u32) -> Result<Handle> {
    match background {
        Some(running) if running.process == process => Ok(running.handle.clone()),
        // Its thread, and what drives the connections, are those of the other process.
        Some(_) => Err(forked()),
        None => {
            let handle = start().map_err(|error| {
                failed("cannot start a thread for calls of key services").with_source(error)
            })?;
            Ok(background.insert(Background { process, handle }).handle.clone())
        }
    }
}

/// On a thread of our own, where the runtime begins and ends: one with several threads panics if it
/// cannot start them, and any if it ends inside of another.
fn start() -> io::Result<Handle> {
    let (sender, started) = mpsc::sync_channel(1);
    let drive = move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        let handle = runtime.as_ref().map(|runtime| runtime.handle().clone());
        let is_awaited = sender.send(handle.map_err(io::Error::kind)).is_ok();
        if let (Ok(runtime), true) = (runtime, is_awaited) {
            runtime.block_on(pending::<()>());
        }
    };
    thread::Builder::new().name("key-services".into()).spawn(drive)?;
    Ok(started.recv().map_err(io::Error::other)??)
}

fn forked() -> Error {
    ProviderError::new(ProviderErrorKind::Other, FORKED).into()
}

fn failed(what: &str) -> ProviderError {
    ProviderError::new(ProviderErrorKind::Unavailable, what)
}

const FORKED: &str =
    "a call of a key service in a process that was forked after its parent made one: fork first";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_was_forked_later_is_told() -> Result<()> {
        let mut background = None;
        running_in(&mut background, 1)?;
        running_in(&mut background, 1)?;
        let error = running_in(&mut background, 2).expect_err("it has no thread");
        assert!(error.to_string().contains("forked"), "{error}");
        Ok(())
    }

    #[test]
    fn what_was_spawned_is_waited_for() -> Result<()> {
        let (sender, receiver) = mpsc::channel();
        let work = sender.clone();
        // Its end spawns more, as an upload does that is dropped.
        let running = run(async move {
            let _more = OnDrop(work);
            pending::<()>().await;
        });
        let mut running = Box::pin(running);
        let mut context = Context::from_waker(Waker::noop());
        assert!(running.as_mut().poll(&mut context).is_pending());
        // Begun, so that there is something to drop.
        crate::blocking::wait(run(async {}))?;
        drop(running);
        crate::blocking::wait(async {
            settled().await;
            Ok(())
        })?;
        assert_eq!(receiver.try_recv(), Ok("done"));
        Ok(())
    }

    struct OnDrop(mpsc::Sender<&'static str>);

    impl Drop for OnDrop {
        fn drop(&mut self) {
            let sender = self.0.clone();
            spawn(async move {
                tokio::task::yield_now().await;
                let _ = sender.send("done");
            });
        }
    }
}
