//! For callers without an async runtime.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use crate::{Error, Result};

/// Runs a future to its end on this thread, which sleeps while there is nothing to do.
///
/// No runtime is started: this serves providers that need none, such as those with local keys.
/// A provider that does network I/O brings a runtime of its own or must be awaited inside one.
///
/// ```
/// # use crypto_envelope::{blocking, Encryptor, EncryptionContext, SecretBytes, provider::RawAesProvider};
/// # fn main() -> crypto_envelope::Result<()> {
/// # let provider = RawAesProvider::new("example", "key", &SecretBytes::random(32)?)?;
/// let encryptor = Encryptor::new(provider);
/// let message = blocking::wait(encryptor.encrypt(b"plaintext", &EncryptionContext::new()))?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of the future. With the feature `tokio`, [`Error::Misuse`] if
/// called on a thread that drives a tokio runtime: sleeping there would stop the runtime. Also
/// where there are no threads, as on wasm32, if the future is not ready at once: nobody could wake
/// it. With local keys it always is.
pub fn wait<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    check_outside_of_runtime()?;
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(result) => return result,
            Poll::Pending if HAS_THREADS => thread::park(),
            Poll::Pending => return Err(Error::Misuse { what: ALONE }),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(feature = "tokio")]
fn check_outside_of_runtime() -> Result<()> {
    match tokio::runtime::Handle::try_current() {
        Ok(_) => Err(Error::Misuse {
            what: "blocking::wait inside a tokio runtime would stop it: use .await, or \
                   Handle::block_on on a thread of spawn_blocking",
        }),
        Err(_) => Ok(()),
    }
}

#[cfg(not(feature = "tokio"))]
#[expect(clippy::unnecessary_wraps, reason = "same signature with the feature")]
fn check_outside_of_runtime() -> Result<()> {
    Ok(())
}

/// Parking would return at once, and the loop would never end.
pub(crate) const HAS_THREADS: bool =
    cfg!(any(not(target_family = "wasm"), target_feature = "atomics"));
const ALONE: &str = "blocking::wait for something that is not ready, where there are no threads \
                     that could make it so: use .await";

#[cfg(test)]
mod tests {
    use std::{future, time::Duration};

    use super::*;

    #[test]
    fn a_future_that_is_ready_is_returned() -> Result<()> {
        assert_eq!(wait(future::ready(Ok(7)))?, 7);
        Ok(())
    }

    #[test]
    fn a_future_is_woken_from_another_thread() -> Result<()> {
        let mut polls = 0;
        let woken_later = future::poll_fn(|context| {
            polls += 1;
            if polls == 3 {
                return Poll::Ready(Ok(polls));
            }
            let waker = context.waker().clone();
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(5));
                waker.wake();
            });
            Poll::Pending
        });
        assert_eq!(wait(woken_later)?, 3);
        Ok(())
    }

    #[cfg(feature = "tokio")]
    #[test]
    fn inside_a_runtime_it_is_an_error() -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let result = runtime.block_on(async { wait(future::ready(Ok(()))) });
        assert!(matches!(result, Err(Error::Misuse { .. })));
        Ok(())
    }
}
