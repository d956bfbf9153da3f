//! A few calls that are on their way at the same time.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
};

/// A few futures, of which each is polled whenever one of them can go on: for calls to COS, which take far
/// longer than that.
pub(super) struct Flight<'f, T> {
    futures: Vec<Pin<Box<dyn Future<Output = T> + Send + 'f>>>,
}

impl<'f, T> Flight<'f, T> {
    pub(super) fn new() -> Self {
        Self { futures: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.futures.len()
    }

    pub(super) fn add(&mut self, future: impl Future<Output = T> + Send + 'f) {
        self.futures.push(Box::pin(future));
    }

    /// The output of the first that is ready. None if there are none.
    pub(super) async fn next(&mut self) -> Option<T> {
        if self.futures.is_empty() {
            return None;
        }
        let (place, output) = poll_fn(|context| {
            for (place, future) in self.futures.iter_mut().enumerate() {
                if let Poll::Ready(output) = future.as_mut().poll(context) {
                    return Poll::Ready((place, output));
                }
            }
            Poll::Pending
        })
        .await;
        drop(self.futures.swap_remove(place));
        Some(output)
    }

    /// What `other` gives, while the calls go on. Those that are ready meanwhile stay so.
    pub(super) async fn meanwhile<O>(
        &mut self,
        other: impl Future<Output = O>,
        mut ready: impl FnMut(T),
    ) -> O {
        let mut other = std::pin::pin!(other);
        poll_fn(|context| {
            let mut place = 0;
            while let Some(future) = self.futures.get_mut(place) {
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => {
                        drop(self.futures.swap_remove(place));
                        ready(output);
                    }
                    Poll::Pending => place += 1,
                }
            }
            other.as_mut().poll(context)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::ready, task::Context};

    use crypto_envelope::{Result, blocking};

    use super::*;

    #[test]
    fn the_first_that_is_ready_comes_first() -> Result<()> {
        let mut flight = Flight::new();
        assert!(blocking::wait(async { Ok(flight.next().await) })?.is_none());
        flight.add(std::future::pending());
        flight.add(ready(2));
        flight.add(ready(3));
        assert_eq!(flight.len(), 3);
        let first = blocking::wait(async { Ok(flight.next().await) })?;
        let second = blocking::wait(async { Ok(flight.next().await) })?;
        assert_eq!((first, second), (Some(2), Some(3)));
        assert_eq!(flight.len(), 1);
        Ok(())
    }

    #[test]
    fn calls_go_on_while_something_else_is_awaited() -> Result<()> {
        let mut flight = Flight::new();
        flight.add(ready(1));
        flight.add(ready(2));
        let seen = Cell::new(0);
        let polled = Cell::new(false);
        let other = poll_fn(|context: &mut Context<'_>| {
            if polled.replace(true) {
                return Poll::Ready("there");
            }
            context.waker().wake_by_ref();
            Poll::Pending
        });
        let got = blocking::wait(async {
            Ok(flight.meanwhile(other, |output| seen.set(seen.get() + output)).await)
        })?;
        assert_eq!((got, seen.get(), flight.len()), ("there", 3, 0));
        Ok(())
    }
}
