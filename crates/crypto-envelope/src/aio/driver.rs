//! Where the work of an engine is done: here, or on a thread that may block.

use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{runtime::Handle, task::JoinHandle};

pub(super) use super::offload::poll_turn;
use super::{
    engine::Engine,
    machine::Machine,
    offload::{lost, pay, runtime_for},
};
use crate::{Error, Result, io::room};

/// Keeps a [`Machine`], and sends it away for what takes long.
///
/// A machine is in one place only. It is gone after an error, and with the thread that had it, so
/// nothing can go on from a state that nobody knows.
pub(super) struct Driver<E: Engine>(State<E>);

enum State<E: Engine> {
    Here(Box<Machine<E>>),
    Away(JoinHandle<(Box<Machine<E>>, Result<()>)>),
    Lost,
}

impl<E: Engine> Driver<E> {
    pub(super) fn new(engine: E) -> Self {
        Self(State::Here(Box::new(Machine::new(engine))))
    }

    /// Waits until the machine is back. The error of its last step comes out here.
    pub(super) fn poll_here(&mut self, context: &mut Context<'_>) -> Poll<Result<&mut Machine<E>>> {
        if let State::Away(thread) = &mut self.0 {
            let joined = ready!(Pin::new(thread).poll(context));
            self.0 = State::Lost;
            let (machine, stepped) = joined.map_err(|error| lost(&error))?;
            stepped?;
            self.0 = State::Here(machine);
        }
        Poll::Ready(match &mut self.0 {
            State::Here(machine) => Ok(machine),
            State::Away(_) | State::Lost => Err(Error::Misuse { what: E::FAILED }),
        })
    }

    /// The machine, if it is not away.
    pub(super) fn here(&self) -> Option<&Machine<E>> {
        match &self.0 {
            State::Here(machine) => Some(machine),
            State::Away(_) | State::Lost => None,
        }
    }

    /// Nothing can follow.
    pub(super) fn fail(&mut self) {
        self.0 = State::Lost;
    }

    /// Pushes `piece`, which is copied if it is to travel.
    pub(super) fn push_slice(&mut self, piece: &[u8], context: &mut Context<'_>) -> Result<()> {
        let (length, work) = (piece.len(), self.push_work(piece.len()));
        let Some(runtime) = runtime_for(work) else {
            return self.step_here(work, |machine| machine.push(piece), context);
        };
        let mut machine = self.take()?;
        room(&mut machine.input, length).copy_from_slice(piece);
        self.send(machine, &runtime, move |machine| machine.push_input(length));
        Ok(())
    }

    /// Pushes `piece`, which travels as it is.
    #[cfg(feature = "stream")]
    pub(super) fn push_shared(
        &mut self,
        piece: bytes::Bytes,
        context: &mut Context<'_>,
    ) -> Result<()> {
        self.step(self.push_work(piece.len()), move |machine| machine.push(&piece), context)
    }

    /// Pushes the first `length` bytes of the machine's own input.
    pub(super) fn push_input(&mut self, length: usize, context: &mut Context<'_>) -> Result<()> {
        self.step(self.push_work(length), move |machine| machine.push_input(length), context)
    }

    /// Ends with the first `length` bytes of the machine's own input.
    pub(super) fn finish_input(&mut self, length: usize, context: &mut Context<'_>) -> Result<()> {
        let work = self.here().map_or(0, |machine| machine.finish_work(length));
        self.step(work, move |machine| machine.finish_input(length), context)
    }

    fn push_work(&self, length: usize) -> usize {
        self.here().map_or(0, |machine| machine.push_work(length))
    }

    fn step(
        &mut self,
        work: usize,
        step: impl FnOnce(&mut Machine<E>) -> Result<()> + Send + 'static,
        context: &mut Context<'_>,
    ) -> Result<()> {
        let Some(runtime) = runtime_for(work) else {
            return self.step_here(work, step, context);
        };
        let machine = self.take()?;
        self.send(machine, &runtime, step);
        Ok(())
    }

    fn send(
        &mut self,
        mut machine: Box<Machine<E>>,
        runtime: &Handle,
        step: impl FnOnce(&mut Machine<E>) -> Result<()> + Send + 'static,
    ) {
        self.0 = State::Away(runtime.spawn_blocking(move || {
            let stepped = step(&mut machine);
            (machine, stepped)
        }));
    }

    fn step_here(
        &mut self,
        work: usize,
        step: impl FnOnce(&mut Machine<E>) -> Result<()>,
        context: &mut Context<'_>,
    ) -> Result<()> {
        let mut machine = self.take()?;
        step(&mut machine)?;
        self.0 = State::Here(machine);
        pay(work, context);
        Ok(())
    }

    fn take(&mut self) -> Result<Box<Machine<E>>> {
        match mem::replace(&mut self.0, State::Lost) {
            State::Here(machine) => Ok(machine),
            State::Away(_) | State::Lost => Err(Error::Misuse { what: E::FAILED }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::poll_fn,
        sync::mpsc,
        thread::{self, ThreadId},
    };

    use tokio::runtime::{Builder, Runtime};
    use zeroize::Zeroizing;

    use super::*;
    use crate::{
        aio::{engine::Batches, offload::INLINE},
        blocking,
    };

    /// Says where it was pushed, and how much work that would have been.
    struct Fake {
        work: usize,
        push: Box<dyn FnMut() + Send>,
    }

    impl Engine for Fake {
        type End = ();

        const BATCHES: Batches = Batches::AsRead;
        const FAILED: &'static str = "failed before";

        fn push_work(&self, _: usize) -> usize {
            self.work
        }

        fn finish_work(&self, _: usize) -> usize {
            self.work
        }

        fn push(&mut self, _: &[u8], _: &mut Zeroizing<Vec<u8>>) -> Result<usize> {
            (self.push)();
            Ok(0)
        }

        fn finish(mut self, _: &[u8], _: &mut Zeroizing<Vec<u8>>) -> Result<(usize, ())> {
            (self.push)();
            Ok((0, ()))
        }
    }

    fn runtime() -> Runtime {
        Builder::new_current_thread().build().expect("a runtime")
    }

    /// Pushes a piece, and waits for it.
    async fn push(driver: &mut Driver<Fake>) -> Result<()> {
        poll_fn(|context| Poll::Ready(driver.push_slice(b"piece", context))).await?;
        poll_fn(|context| driver.poll_here(context).map_ok(|_| ())).await
    }

    /// On which threads a piece and the end are worked on.
    async fn threads(work: usize) -> Result<Vec<ThreadId>> {
        let (sender, receiver) = mpsc::channel();
        let push_here = move || sender.send(thread::current().id()).expect("it is received");
        let mut driver = Driver::new(Fake { work, push: Box::new(push_here) });
        push(&mut driver).await?;
        poll_fn(|context| Poll::Ready(driver.finish_input(0, context))).await?;
        poll_fn(|context| driver.poll_here(context).map_ok(|_| ())).await?;
        drop(driver);
        Ok(receiver.iter().collect())
    }

    #[test]
    fn what_takes_long_is_done_elsewhere() -> Result<()> {
        let here = thread::current().id();
        let little = runtime().block_on(threads(INLINE))?;
        assert_eq!(little, [here, here]);
        let much = runtime().block_on(threads(INLINE + 1))?;
        assert!(much.len() == 2 && !much.contains(&here));
        let without_runtime = blocking::wait(threads(INLINE + 1))?;
        assert_eq!(without_runtime, [here, here]);
        Ok(())
    }

    /// Nobody knows what became of the engine.
    #[test]
    fn an_engine_that_is_lost_stays_lost() {
        let broken = || Fake { work: INLINE + 1, push: Box::new(|| panic!("as it should")) };
        let mut driver = Driver::new(broken());
        let panicked = runtime().block_on(push(&mut driver));
        assert!(matches!(panicked, Err(Error::Internal { .. })), "{panicked:?}");
        let after = runtime().block_on(push(&mut driver));
        assert!(matches!(after, Err(Error::Misuse { .. })), "{after:?}");

        let runtime = runtime();
        let handle = runtime.handle().clone();
        drop(runtime);
        let _entered = handle.enter();
        let mut driver = Driver::new(broken());
        let context = &mut Context::from_waker(std::task::Waker::noop());
        assert!(driver.push_slice(b"piece", context).is_ok());
        let cancelled = driver.poll_here(context).map_ok(|_| ());
        assert!(matches!(cancelled, Poll::Ready(Err(Error::Io(_)))), "{cancelled:?}");
        assert!(matches!(driver.push_slice(b"piece", context), Err(Error::Misuse { .. })));
    }

    /// A panic here must not leave the engine to those who catch it.
    #[test]
    fn an_engine_that_panicked_here_is_lost() {
        let mut driver = Driver::new(Fake { work: 1, push: Box::new(|| panic!("as it should")) });
        let context = &mut Context::from_waker(std::task::Waker::noop());
        let pushed = std::panic::AssertUnwindSafe(|| driver.push_slice(b"piece", context));
        assert!(std::panic::catch_unwind(pushed).is_err());
        assert!(matches!(driver.poll_here(context), Poll::Ready(Err(Error::Misuse { .. }))));
    }

    #[test]
    fn little_work_is_paid_for() {
        let turns = async |work: usize| {
            let mut driver = Driver::new(Fake { work, push: Box::new(|| {}) });
            poll_fn(|context| {
                let mut turns = 0;
                while poll_turn(context).is_ready() {
                    driver.push_slice(b"piece", context).expect("it does not fail");
                    turns += 1;
                }
                Poll::Ready(turns)
            })
            .await
        };
        let runtime = runtime();
        let (many, few) = (runtime.block_on(turns(1)), runtime.block_on(turns(INLINE)));
        assert!((1..many / 10).contains(&few), "{few} of {many}");
    }
}
