//! Calls of tests.

use std::time::Duration;

use crypto_envelope::{Error, Result, SecretBytes, blocking, service};

use crate::{HttpSettings, Method, OpenedAnswer, Outcome, Request, Transport};

/// Tests have no time to wait for pauses.
pub(crate) fn settings() -> HttpSettings {
    HttpSettings::new("test").shortest_pause(Duration::from_millis(1))
}

pub(crate) fn post() -> Request {
    Request::new(Method::Post, "/".to_owned())
        .with_header("x-test", "yes".to_owned())
        .with_body(SecretBytes::from(&b"body"[..]))
}

pub(crate) fn get() -> Request {
    Request::new(Method::Get, "/".to_owned())
}

/// What comes of a request that is made by `make` for each attempt.
pub(crate) fn call(
    endpoint: &str,
    settings: &HttpSettings,
    mut make: impl FnMut() -> Request + Send + 'static,
    may_pass: impl FnMut(&Outcome) -> bool + Send + 'static,
) -> Result<Outcome> {
    let transport = Transport::new(endpoint, settings)?;
    blocking::wait(service::run(async move { transport.call(move || Ok(make()), may_pass).await }))?
}

/// What comes of the only attempt.
pub(crate) fn send(
    endpoint: &str,
    settings: &HttpSettings,
    make: fn() -> Request,
) -> Result<Outcome> {
    call(endpoint, settings, make, |_| false)
}

/// The answer to the only attempt, opened.
pub(crate) fn open(
    endpoint: &str,
    settings: &HttpSettings,
    make: fn() -> Request,
) -> Result<OpenedAnswer> {
    let transport = Transport::new(endpoint, settings)?;
    let outcome =
        blocking::wait(service::run(
            async move { transport.open(|| Ok(make()), |_| false).await },
        ))??;
    outcome.map_err(|failed| Error::invalid_input(failed.message()))
}
