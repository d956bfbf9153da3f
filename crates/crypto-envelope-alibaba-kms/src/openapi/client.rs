//! A gateway of the OpenAPI, and calls to it.

use std::{sync::Arc, time::SystemTime};

use crypto_envelope::{Result, SecretBytes, service};
use reqwest::Method;

use super::{
    access_key::AccessKey,
    calls::{self, Call},
    query::Parameters,
    signature::{Placement, Signature, ToSign},
};
use crate::{
    AlibabaKmsSettings,
    error::{self, Refusal},
    time,
    transport::{self, Outcome, Transport},
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
            transport: Transport::new(endpoint, settings)?,
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

    /// Makes a call. Where an answer failed to come it is tried again, unless it makes something that would
    /// then be there twice, such as a key.
    ///
    /// # Errors
    ///
    /// A [`ProviderError`](crypto_envelope::provider::ProviderError) if KMS refuses or there is no answer;
    /// [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if a parameter cannot be.
    pub async fn call<C: Call + 'static>(&self, call: C) -> Result<C::Answer>
    where
        C::Answer: 'static,
    {
        let parameters = Arc::new(call.parameters()?);
        let this = self.clone();
        service::run(async move { this.exchange(&call, &parameters).await }).await?
    }

    async fn exchange<C: Call>(&self, call: &C, parameters: &Parameters) -> Result<C::Answer> {
        let about = error::Call { operation: C::ACTION, key_id: call.name().map(str::to_owned) };
        let make = || self.request(C::ACTION, parameters);
        let outcome = self.transport.call(make, |outcome| may_pass(&about, outcome)).await?;
        match outcome {
            Ok(answer) => {
                let skew = time::skew(answer.header("date").unwrap_or_default(), SystemTime::now());
                calls::read_answer(call, answer.status, answer.body.expose(), skew)
            }
            Err(no_answer) => Err(about.without_answer(&no_answer).into()),
        }
    }

    fn request(&self, action: &str, parameters: &Parameters) -> Result<transport::Request> {
        let (date, nonce) = (time::iso_date(SystemTime::now()), nonce()?);
        let request = self.signature.sign(&ToSign {
            action,
            parameters,
            placement: self.placement,
            host: self.transport.host(),
            access_key: &self.access_key,
            date: &date,
            nonce: &nonce,
            headers: &[],
        });
        let mut headers = vec![("accept".to_owned(), "application/json".to_owned())];
        headers
            .extend(request.headers.iter().map(|(name, value)| (name.clone(), value.to_string())));
        Ok(transport::Request {
            method: Method::POST,
            target: request.target.to_string(),
            headers,
            body: SecretBytes::from(request.body.as_bytes()),
        })
    }
}

/// Whether another attempt may bring something else, and does no harm.
fn may_pass(call: &error::Call, outcome: &Outcome) -> bool {
    match outcome {
        Ok(answer) if answer.is_success() => false,
        Ok(answer) => {
            let refusal = Refusal::of_openapi(answer.status, answer.body.expose());
            call.clone().refused(refusal).is_retryable()
        }
        Err(no_answer) => no_answer.may_pass() && !MAKING.contains(&call.operation),
    }
}

/// What makes something new each time.
const MAKING: [&str; 2] = ["CreateKey", "CreateKeyVersion"];

/// A text that nobody used before.
fn nonce() -> Result<String> {
    let random = SecretBytes::random(16)?;
    Ok(random.expose().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod fault_tests;
