//! A gateway of the OpenAPI, and calls to it.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use crypto_envelope::{Result, SecretBytes, service};
use crypto_envelope_http::{Answer, Method, Outcome, Request, Transport, time};

use super::{
    access_key::AccessKey,
    calls::{self, Call},
    json,
    query::Parameters,
    signature::{Placement, Signature, SignedRequest, ToSign},
};
use crate::{
    AlibabaKmsError, AlibabaKmsSettings,
    error::{self, Refusal},
};

/// A gateway of the OpenAPI: the shared one of a region (`kms.REGION.aliyuncs.com`), the one inside of a
/// VPC (`kms-vpc.REGION.aliyuncs.com`), or the dedicated one of an instance
/// (`kst-….cryptoservice.kms.aliyuncs.com`, whose CA the settings name). Clones share connections.
///
/// Calls run on one thread that is started for them once per process, so it does not matter who waits:
/// `.await` in any runtime, [`blocking::wait`](crypto_envelope::blocking::wait) without one.
///
/// ```no_run
/// use crypto_envelope::blocking;
/// use crypto_envelope_alibaba_kms::{
///     AlibabaKmsOpenApi, AlibabaKmsSettings,
///     openapi::{Credentials, DescribeKey},
/// };
///
/// # fn main() -> crypto_envelope::Result<()> {
/// let credentials = Credentials::find()?;
/// let settings = AlibabaKmsSettings::new();
/// let kms = AlibabaKmsOpenApi::new("kms.cn-hangzhou.aliyuncs.com", credentials.access_key(), &settings)?;
/// let described = blocking::wait(kms.call(DescribeKey::new("key-hzz62f1cb66fa42qo0001")))?;
/// # let _ = described;
/// # Ok(())
/// # }
/// ```
///
/// # Secrets in memory
///
/// Parameters, requests and answers are wiped once they were used, as far as they belong to this crate. The
/// HTTP library has copies of its own that it does not wipe: of the URL ([`Placement::Url`]), of the headers with
/// the security token of a temporary access key (and not its secret, which is never sent), and of what it
/// reads and writes, before it is put together here. The JSON parser has those of texts that are written with
/// escapes, and of answers that end halfway.
#[derive(Clone, Debug)]
pub struct AlibabaKmsOpenApi {
    transport: Transport,
    access_key: AccessKey,
    signature: Signature,
    placement: Placement,
}

impl AlibabaKmsOpenApi {
    /// At `endpoint`, as `HOST`, `HOST:PORT` (with TLS) or a URL.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if this is not an endpoint, or one
    /// without TLS that is not on this machine.
    pub fn new(
        endpoint: &str,
        access_key: &AccessKey,
        settings: &AlibabaKmsSettings,
    ) -> Result<Self> {
        Ok(Self {
            transport: Transport::new(endpoint, settings.http())?,
            access_key: access_key.clone(),
            signature: Signature::default(),
            placement: Placement::default(),
        })
    }

    /// Signs in another way.
    #[must_use]
    pub fn with_signature(mut self, signature: Signature) -> Self {
        self.signature = signature;
        self
    }

    /// Puts the parameters elsewhere.
    #[must_use]
    pub fn with_placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }

    /// Makes a call. Where an answer failed to come, or said that it may come later, it is tried again.
    ///
    /// `CreateKey` and `CreateKeyVersion` are not, unless KMS said that it was too busy: what they make would be
    /// there twice. If they fail without an answer, or with a status of 500 and above, look whether it was made.
    ///
    /// `CreateAlias`, `DeleteAlias`, `ScheduleKeyDeletion` and `CancelKeyDeletion` may be refused because an
    /// attempt before, whose answer was lost, has done it already:
    /// [`AlibabaKmsError::is_after_lost_attempt`] says so.
    ///
    /// # Errors
    ///
    /// A [`ProviderError`](crypto_envelope::provider::ProviderError) if KMS refuses or there is no answer;
    /// [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if a parameter cannot be.
    pub async fn call<C: Call>(&self, call: C) -> Result<C::Answer> {
        let parameters = Arc::new(call.parameters()?);
        let this = self.clone();
        service::run(async move { this.exchange(&call, &parameters).await }).await?
    }

    async fn exchange<C: Call>(&self, call: &C, parameters: &Parameters) -> Result<C::Answer> {
        let about = calls::about(call);
        let make = || self.request(C::ACTION, parameters);
        let lost = AtomicBool::new(false);
        let may_pass = |outcome: &Outcome| {
            lost.fetch_or(is_lost(outcome), Ordering::Relaxed);
            may_pass(&about, outcome)
        };
        let answer = self.transport.call(make, may_pass).await?;
        let answer = answer.map_err(|no_answer| about.clone().without_answer(&no_answer))?;
        if answer.is_success() {
            return calls::read_answer(call, answer.body().expose());
        }
        let error = refused(about, &answer).without(&self.secrets(parameters));
        let is_unclear = lost.into_inner() && !is_lost(&Ok(answer)) && ONCE.contains(&C::ACTION);
        Err(if is_unclear { error.after_lost_attempt() } else { error }.into())
    }

    /// What must not come back in words: as it is sent, and as it is meant.
    fn secrets(&self, parameters: &Parameters) -> Vec<SecretBytes> {
        let plaintexts = parameters.iter().filter(|(name, _)| *name == "Plaintext");
        let token = self.access_key.security_token();
        let texts = plaintexts.map(|(_, text)| text).chain(token);
        let forms = |text: &str| [Some(text.as_bytes().into()), json::decoded(text.as_bytes())];
        texts.flat_map(forms).flatten().collect()
    }

    fn request(&self, action: &str, parameters: &Parameters) -> Result<Request> {
        let (date, nonce) = (time::iso_date(SystemTime::now()), nonce()?);
        let mut request = self.signature.sign(&ToSign {
            action,
            parameters,
            placement: self.placement,
            host: self.transport.host(),
            access_key: &self.access_key,
            date: &date,
            nonce: &nonce,
            headers: &[],
        });
        request.push("accept", "application/json");
        let SignedRequest { target, headers, mut body } = request;
        let body = SecretBytes::from(mem::take(&mut *body).into_bytes());
        Ok(Request::new(Method::Post, target).with_headers(headers).with_body(body))
    }
}

/// Whether another attempt may bring something else, and does no harm.
fn may_pass(call: &error::Call, outcome: &Outcome) -> bool {
    match outcome {
        Ok(answer) if answer.is_success() => false,
        Ok(answer) if MAKING.contains(&call.operation) => {
            refused(call.clone(), answer).is_throttled()
        }
        Ok(answer) => refused(call.clone(), answer).is_retryable(),
        Err(no_answer) => no_answer.may_pass() && !MAKING.contains(&call.operation),
    }
}

/// Whether nobody knows if it was done: proxies say as well that they got no answer.
fn is_lost(outcome: &Outcome) -> bool {
    outcome.as_ref().map_or(true, |answer| answer.status() >= 500)
}

fn refused(call: error::Call, answer: &Answer) -> AlibabaKmsError {
    let refusal = Refusal::of_openapi(answer.status(), answer.body().expose());
    let skew = time::skew(answer.header("date").unwrap_or_default(), SystemTime::now(), "KMS");
    call.refused(refusal).with_skew(skew)
}

/// What makes something new each time: it is tried again only if KMS had no time for it.
const MAKING: [&str; 2] = ["CreateKey", "CreateKeyVersion"];
/// What is refused the second time because of the first. All else that changes something comes to the same
/// twice.
const ONCE: [&str; 4] = ["CancelKeyDeletion", "CreateAlias", "DeleteAlias", "ScheduleKeyDeletion"];

/// A text that nobody used before.
fn nonce() -> Result<String> {
    let random = SecretBytes::random(16)?;
    Ok(random.expose().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod fault_tests;
