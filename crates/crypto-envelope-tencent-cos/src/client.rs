//! A bucket, and calls to it.

mod abandoned;
#[cfg(test)]
mod fake_tests;
mod opened;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use crypto_envelope::{Error, Result, SecretBytes, service};
use crypto_envelope_http as http;

use self::opened::Opened;
pub use self::{abandoned::AbandonedUploads, opened::OpenedObject};
use crate::{
    Call, CosCredentials, CosEndpoint, CosError, CosErrorKind, CosMethod, CosSettings,
    CredentialsSource, GetObject, Presign, PresignedUrl,
    answer::Head,
    calls::{self, Exchange},
    error::Refusal,
    request::Request,
};

/// A bucket of COS, and calls to it. Clones share connections.
///
/// Calls run on one thread that is started for them once per process, so it does not matter who waits: `.await`
/// in any runtime, [`blocking::wait`](crypto_envelope::blocking::wait) without one.
///
/// ```no_run
/// use crypto_envelope::blocking;
/// use crypto_envelope_tencent_cos::{
///     CosBucket, CosClient, CosCredentials, CosEndpoint, CosSettings, GetObject, ObjectKey, PutObject,
/// };
///
/// # fn main() -> crypto_envelope::Result<()> {
/// let endpoint = CosEndpoint::new(CosBucket::new("examplebucket-1250000000")?, "ap-beijing")?;
/// let credentials = CosCredentials::from_environment()?;
/// let cos = CosClient::new(endpoint, credentials, &CosSettings::new())?;
///
/// let key = ObjectKey::new("exampleobject")?;
/// blocking::wait(cos.call(PutObject::new(key.clone(), b"text".to_vec())))?;
/// let bytes = blocking::wait(async { cos.open(GetObject::new(key)).await?.whole(1 << 20).await })?;
/// assert_eq!(bytes, b"text");
/// # Ok(())
/// # }
/// ```
///
/// # Retries
///
/// Where an answer failed to come, or said that it may come later, a call is tried again. One that is refused
/// then, because an attempt before has done it after all, says so: [`CosError::is_after_lost_attempt`]. An object
/// whose bytes break off is asked for the rest of them.
#[derive(Clone, Debug)]
pub struct CosClient {
    transport: http::Transport,
    endpoint: Arc<CosEndpoint>,
    credentials: Arc<dyn CredentialsSource>,
    max_attempts: u32,
}

impl CosClient {
    /// Of the bucket at this endpoint.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the endpoint is without TLS and not on this machine, and the settings do not
    /// allow that.
    pub fn new(
        endpoint: CosEndpoint,
        credentials: impl CredentialsSource,
        settings: &CosSettings,
    ) -> Result<Self> {
        let transport = http::Transport::new(&endpoint.url(), settings.http())?;
        let (endpoint, credentials) = (Arc::new(endpoint), Arc::new(credentials));
        Ok(Self { transport, endpoint, credentials, max_attempts: settings.attempts() })
    }

    /// Where the bucket is.
    #[must_use]
    pub fn endpoint(&self) -> &CosEndpoint {
        &self.endpoint
    }

    /// Makes a call. What COS says of the checksum of what it got is compared.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] with a [`CosError`] inside if COS refuses, or there is no answer, or it is no good;
    /// [`Error::InvalidInput`] if the call cannot be made as it is; what the source of the credentials fails
    /// with.
    pub async fn call<C: Call>(&self, call: C) -> Result<C::Answer> {
        let prepared = self.prepare(call).await?;
        let call = Arc::clone(&prepared.call);
        let about = calls::about(&*call, self.endpoint.bucket());
        let (answer, head) = service::run(prepared.exchange()).await??;
        // Here, as it takes time that others wait for there.
        let checked = call.check(&answer);
        checked.map_err(|wrong| calls::wrongly_answered(about, wrong, &head, &[]))?;
        Ok(answer)
    }

    /// Begins to read an object: what is known of it is there, its bytes are still to come.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub async fn open(&self, call: GetObject) -> Result<OpenedObject> {
        let opened = self.begin(call.clone()).await?;
        Ok(OpenedObject::new(self.clone(), call, opened))
    }

    /// Signs a URL in advance, for whoever has it.
    ///
    /// # Errors
    ///
    /// As [`Presign::url`]; what the source of the credentials fails with.
    pub async fn presign(&self, presign: Presign) -> Result<PresignedUrl> {
        presign.url(&self.endpoint, &self.credentials.credentials().await?)
    }

    async fn begin(&self, call: GetObject) -> Result<Opened> {
        service::run(self.prepare(call).await?.open()).await?
    }

    async fn prepare<E: Exchange>(&self, call: E) -> Result<Prepared<E>> {
        let credentials = self.credentials.credentials().await?;
        let token = credentials.key().and_then(|key| key.token());
        let headers = call.headers()?;
        let secrets = headers.secrets().chain(token).map(|secret| secret.as_bytes().into());
        let secrets = secrets.collect();
        let (transport, endpoint) = (self.transport.clone(), Arc::clone(&self.endpoint));
        Ok(Prepared { call: Arc::new(call), transport, endpoint, credentials, secrets })
    }
}

/// A call, and all that it takes.
struct Prepared<E> {
    call: Arc<E>,
    transport: http::Transport,
    endpoint: Arc<CosEndpoint>,
    credentials: CosCredentials,
    /// What must not come back in words.
    secrets: Vec<SecretBytes>,
}

impl<E: Exchange> Prepared<E> {
    async fn exchange(self) -> Result<(E::Answer, Head)> {
        let lost = AtomicBool::new(false);
        let may_pass = |outcome: &http::Outcome| match outcome {
            Ok(answer) => {
                let read = self.read(&head_of(answer.head()), answer.body().expose());
                let kind = read.as_ref().err().map(CosError::kind);
                // Proxies, and COS itself, say so as well of what has been done meanwhile.
                lost.fetch_or(kind == Some(CosErrorKind::Unavailable), Ordering::Relaxed);
                read.is_err_and(|error| error.is_retryable())
            }
            Err(no_answer) => {
                lost.fetch_or(no_answer.may_have_arrived(), Ordering::Relaxed);
                no_answer.may_pass()
            }
        };
        let answer = self.transport.call(|| self.request(), may_pass).await?;
        let answer = answer.map_err(|no_answer| self.without_answer(&no_answer))?;
        let head = head_of(answer.head());
        match self.read(&head, answer.body().expose()) {
            Ok(answer) => Ok((answer, head)),
            Err(error) => Err(self.after(error, lost.into_inner()).into()),
        }
    }

    /// Says of a refusal that the call itself may be its reason.
    fn after(&self, error: CosError, is_lost: bool) -> CosError {
        let is_clear = self.call.is_idempotent() || error.is_retryable() || !is_lost;
        if is_clear { error } else { error.after_lost_attempt() }
    }

    fn read(&self, head: &Head, body: &[u8]) -> Result<E::Answer, CosError> {
        let bucket = self.endpoint.bucket();
        calls::read_answer(&*self.call, bucket, head, body, &self.secrets)
            .map_err(|error| error.with_clock(head.value("date"), SystemTime::now()))
    }

    fn request(&self) -> Result<http::Request> {
        let now = SystemTime::now();
        let request = Request::new(&*self.call, &self.endpoint, &self.credentials, now)?;
        let Request { method, target, headers, body } = request;
        let method = match method {
            CosMethod::Get => http::Method::Get,
            CosMethod::Head => http::Method::Head,
            CosMethod::Put => http::Method::Put,
            CosMethod::Post => http::Method::Post,
            CosMethod::Delete => http::Method::Delete,
        };
        Ok(http::Request::new(method, target).with_headers(headers.into_pairs()).with_body(body))
    }

    fn without_answer(&self, no_answer: &http::NoAnswer) -> Error {
        calls::about(&*self.call, self.endpoint.bucket()).without_answer(no_answer).into()
    }
}

impl Prepared<GetObject> {
    async fn open(self) -> Result<Opened> {
        let may_pass = |outcome: &http::Outcome<http::OpenedAnswer>| match outcome {
            // Why is in the body, which is still to come.
            Ok(answer) => {
                let kind = CosErrorKind::of_status(answer.status());
                !answer.is_success()
                    && matches!(kind, CosErrorKind::Throttled | CosErrorKind::Unavailable)
            }
            Err(no_answer) => no_answer.may_pass(),
        };
        let opened = self.transport.open(|| self.request(), may_pass).await?;
        let opened = opened.map_err(|no_answer| self.without_answer(&no_answer))?;
        let head = head_of(opened.head());
        if head.is_success() {
            return Ok(Opened { properties: self.read(&head, &[])?, answer: opened });
        }
        let answer = opened.whole(LONGEST_REFUSAL).await;
        let body = answer.as_ref().map_or(&[][..], |answer| answer.body().expose());
        let about = calls::about(&*self.call, self.endpoint.bucket());
        let error = about.refused(Refusal::of(&head, body), &self.secrets);
        Err(error.with_clock(head.value("date"), SystemTime::now()).into())
    }
}

fn head_of(head: &http::Head) -> Head {
    Head::new(head.status(), head.headers())
}

/// In bytes.
const LONGEST_REFUSAL: usize = 64 << 10;
