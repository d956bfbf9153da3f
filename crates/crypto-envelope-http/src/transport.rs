//! The way to a service.

use crypto_envelope::{
    Error, Result,
    service::{self, place},
};
use reqwest::Client;
use tokio::runtime::Handle;

use crate::{
    Answer, HttpSettings, NoAnswer, OpenedAnswer, Request,
    answer::Headed,
    patience::{Patience, Watch},
    retry::Retries,
    settings::PlainHttp,
};

/// The way to one host. Clones share connections, of which there are as many as there are requests at the
/// same time.
#[derive(Clone, Debug)]
pub struct Transport {
    client: Client,
    /// Without a slash at the end.
    url: String,
    retries: Retries,
    patience: Patience,
    longest: usize,
}

/// What came of an attempt.
pub type Outcome<A = Answer> = Result<A, NoAnswer>;

impl Transport {
    /// To `endpoint`, as `HOST`, `HOST:PORT` (with TLS) or a URL.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if this is not an endpoint, or one without TLS that is not on this machine.
    pub fn new(endpoint: &str, settings: &HttpSettings) -> Result<Self> {
        let url = url_of(endpoint)?;
        if !place::is_confidential(&url) && settings.plain_http() == PlainHttp::ToThisMachine {
            return Err(Error::invalid_input(
                "the endpoint is http: what is sent would cross the network in clear; use https (for \
                 a stand-in of the service in a network of one's own, http can be allowed by name)",
            ));
        }
        let client = settings.client(place::is_here(&url)).build().map_err(|error| {
            Error::invalid_input(format!("no HTTP client can be made: {}", service::chain(&error)))
        })?;
        let (retries, patience) = (settings.retries(), settings.patience());
        Ok(Self { client, url, retries, patience, longest: settings.longest() })
    }

    /// The host that requests are for, with its port if it has one of its own.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.split_once("://").map_or(&*self.url, |(_, host)| host)
    }

    /// Sends what `make` makes, anew for each attempt, since dates and signatures grow old; until
    /// `may_pass` says of the outcome that another attempt would be of no use, or there were enough. In
    /// between it waits, as long as the service asked for in `Retry-After` if that is not too long.
    ///
    /// It has to be called in [`service::run`].
    ///
    /// # Errors
    ///
    /// What `make` fails with; [`Error::InvalidInput`] for a request that cannot be sent as it is, or if
    /// there is no runtime; [`Error::Provider`] if there is no randomness for a pause.
    pub async fn call(
        &self,
        make: impl FnMut() -> Result<Request> + Send,
        may_pass: impl FnMut(&Outcome) -> bool + Send,
    ) -> Result<Outcome> {
        self.try_until(make, may_pass, |request, watch| self.whole(request, watch)).await
    }

    /// As [`call`](Self::call), up to the point where an answer begins: its body comes piece by piece. An
    /// outcome that is tried again is dropped with its connection.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub async fn open(
        &self,
        make: impl FnMut() -> Result<Request> + Send,
        may_pass: impl FnMut(&Outcome<OpenedAnswer>) -> bool + Send,
    ) -> Result<Outcome<OpenedAnswer>> {
        self.try_until(make, may_pass, |request, watch| self.opened(request, watch)).await
    }

    async fn try_until<A: Headed, Sent: Future<Output = Outcome<A>>>(
        &self,
        mut make: impl FnMut() -> Result<Request>,
        mut may_pass: impl FnMut(&Outcome<A>) -> bool,
        send: impl Fn(reqwest::Request, Watch) -> Sent,
    ) -> Result<Outcome<A>> {
        if Handle::try_current().is_err() {
            return Err(Error::invalid_input("a call to a service outside of service::run"));
        }
        let mut attempts = 0;
        loop {
            let request = make()?;
            let watch = Watch::start(self.patience);
            let outcome = send(request.for_host(&self.url, &watch)?, watch).await;
            attempts += 1;
            if !may_pass(&outcome) {
                return Ok(outcome);
            }
            let asked = outcome.as_ref().ok().and_then(|answer| answer.head().retry_after());
            match self.retries.pause_after(attempts, asked)? {
                Some(pause) => {
                    drop(outcome);
                    tokio::time::sleep(pause).await;
                }
                None => return Ok(outcome),
            }
        }
    }

    async fn whole(&self, request: reqwest::Request, watch: Watch) -> Outcome {
        let whole = async { Answer::read(self.begin(request).await?, self.longest, &watch).await };
        watch.over(whole).await
    }

    async fn opened(&self, request: reqwest::Request, watch: Watch) -> Outcome<OpenedAnswer> {
        let response = watch.over(self.begin(request)).await?;
        Ok(OpenedAnswer::new(response, self.patience.duration()))
    }

    async fn begin(&self, request: reqwest::Request) -> Result<reqwest::Response, NoAnswer> {
        self.client.execute(request).await.map_err(|error| NoAnswer::of(&error))
    }
}

fn url_of(endpoint: &str) -> Result<String> {
    let url =
        if endpoint.contains("://") { endpoint.to_owned() } else { format!("https://{endpoint}") };
    let url = url.trim_end_matches('/').to_owned();
    let (scheme, host) = url.split_once("://").unwrap_or_default();
    let is_scheme = ["http", "https"].contains(&scheme);
    let is_host = !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte));
    if is_scheme && is_host && reqwest::Url::parse(&url).is_ok() {
        return Ok(url);
    }
    Err(Error::invalid_input(format!(
        "{endpoint:?} is not the endpoint of a service: give HOST, HOST:PORT or https://HOST"
    )))
}

#[cfg(test)]
mod tests;
