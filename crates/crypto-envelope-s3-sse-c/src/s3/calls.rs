//! Calls with keys: sent so that nobody hears of the key, answered so that nothing is taken on trust.

pub(super) mod get_object;
pub(super) mod head_object;
mod list_objects;
pub(super) mod put_object;

use std::{error::Error as StdError, future::Future};

use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};
use crypto_envelope_aws::Failure;
use tracing::{instrument::WithSubscriber as _, subscriber::NoSubscriber};

/// Makes one call with a request of the AWS SDK: `send!(client, about, request)`. Each operation has types of its
/// own, which a function could not take.
macro_rules! send {
    ($client:expr, $about:expr, $request:expr) => {
        $client.call($about, |guard| $request.customize().interceptor(guard).send())
    };
}
pub(crate) use send;

use crate::{
    CustomerKeyDigest, SseCClient, SseCError, SseCErrorKind,
    headers::Echo,
    s3::error::About,
    s3::guard::{Guard, Seen},
};

/// What an answer says of the length of an object, in bytes.
pub(crate) fn length_of(said: Option<i64>) -> Option<u64> {
    said.and_then(|said| u64::try_from(said).ok())
}

/// An answer, and what it says about encryption.
pub(crate) struct Answered<T> {
    pub(crate) output: T,
    pub(crate) seen: Seen,
}

impl SseCClient {
    /// Makes one call of the AWS SDK, which retries it as it is set to.
    ///
    /// The AWS SDK tells all headers of a request to whoever listens to `tracing`, the key among them: here
    /// nobody listens.
    pub(crate) async fn call<T, E, F>(
        &self,
        about: &About,
        make: impl FnOnce(Guard) -> F,
    ) -> Result<Answered<T>, SseCError>
    where
        E: ProvideErrorMetadata + StdError + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let guard = Guard::new(self.transport(), about.operation);
        let call = make(guard.clone()).with_subscriber(NoSubscriber::default());
        // The futures of the AWS SDK are tens of kilobytes long.
        match Box::pin(call).await {
            Ok(output) => Ok(Answered { output, seen: guard.seen() }),
            Err(error) => {
                let error = SseCError::of(about.clone(), Failure::of(&error));
                Err(error.without_quotes(|said| guard.is_told_by(said)))
            }
        }
    }
}

impl<T> Answered<T> {
    /// Gives the answer to something that is read, if it says that this is under the key.
    pub(crate) fn under(self, key: &CustomerKeyDigest, about: &About) -> Result<T, SseCError> {
        match self.seen.echo(key) {
            Echo::Right => Ok(self.output),
            Echo::Missing => {
                Err(SseCError::found(about.clone(), SseCErrorKind::NotEncrypted, TOOK_NO_NOTICE))
            }
            Echo::Wrong => Err(another_key(about)),
        }
    }
}

/// The server says that it used another key than the one that it was sent.
pub(crate) fn another_key(about: &About) -> SseCError {
    let finding = "the server answered about another customer key than the one that it was sent";
    SseCError::found(about.clone(), SseCErrorKind::Unproven, finding)
}

const TOOK_NO_NOTICE: &str = "the server took no notice of the customer key: the object is not under \
                              one, or the server has none";
