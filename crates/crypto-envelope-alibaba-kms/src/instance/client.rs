//! The gateway of one instance, and calls to it.

use std::time::SystemTime;

use crypto_envelope::{Result, SecretBytes, service};
use crypto_envelope_http::{Answer, Method, Outcome, Request, Transport, time};

use super::{
    answers::{Given, Read as _, Unreadable},
    calls,
    client_key::ClientKey,
    protobuf::Encoded,
    sign::{self, Headers},
};
use crate::{
    AlibabaKmsError, AlibabaKmsSettings,
    error::{self, Refusal},
};

/// A KMS instance, by its own gateway: `kst-….cryptoservice.kms.aliyuncs.com`. Clones share connections.
///
/// Calls run on one thread that is started for them once per process, so it does not matter who waits:
/// `.await` in any runtime, [`blocking::wait`](crypto_envelope::blocking::wait) without one.
#[derive(Clone, Debug)]
pub struct AlibabaKmsInstance {
    transport: Transport,
    key: ClientKey,
}

impl AlibabaKmsInstance {
    /// At `endpoint`, as the console shows it (`HOST` or `HOST:PORT`; always with TLS) or a URL, with
    /// the ClientKey of an application access point. Instances have a CA of their own:
    /// [`AlibabaKmsSettings::ca_file`].
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if this is not an endpoint, or one
    /// without TLS that is not on this machine.
    pub fn new(endpoint: &str, key: &ClientKey, settings: &AlibabaKmsSettings) -> Result<Self> {
        Ok(Self { transport: Transport::new(endpoint, settings.http())?, key: key.clone() })
    }

    /// Makes a call. Where an answer failed to come, or said that it may come later, it is tried again.
    ///
    /// # Errors
    ///
    /// A [`ProviderError`](crypto_envelope::provider::ProviderError) if KMS refuses or there is no answer;
    /// [`Error::InvalidInput`](crypto_envelope::Error::InvalidInput) if a parameter cannot be.
    pub async fn call<C: calls::Call>(&self, call: C) -> Result<C::Answer> {
        let key_id = call.name().filter(|name| !name.is_empty()).map(str::to_owned);
        self.call_about(key_id, call).await
    }

    /// As [`call`](Self::call). Errors name this key, whether the call does or not.
    pub(crate) async fn call_about<C: calls::Call>(
        &self,
        key_id: Option<String>,
        call: C,
    ) -> Result<C::Answer> {
        let about = error::Call { operation: C::API, key_id };
        let mut own = Headers::default();
        let asked_version = call.key_version()?;
        if let Some(version) = &asked_version {
            own.insert(KEY_VERSION, version)?;
        }
        let answer = self.exchange(&about, call.body()?, own).await?;
        let (key_version, length) = (answer.header(KEY_VERSION), call.length());
        let asked_version = asked_version.as_deref();
        let given = Given { body: answer.body(), key_version, asked_version, length };
        C::Answer::read(&given).map_err(|Unreadable { what, request_id }| {
            about.answered_wrongly(Some(&request_id), &format!("the answer is {what}")).into()
        })
    }

    /// The answer, if it is no refusal.
    async fn exchange(&self, about: &error::Call, body: Encoded, own: Headers) -> Result<Answer> {
        let Encoded { bytes: body, secrets } = body;
        let (this, call) = (self.clone(), about.clone());
        // Where the caller is: a signature takes longer than all else, and the thread of all calls is one.
        let mut first = Some(self.request(about.operation, &body, &own)?);
        let outcome = service::run(async move {
            let make = || match first.take() {
                Some(request) => Ok(request),
                None => this.request(call.operation, &body, &own),
            };
            this.transport.call(make, |outcome| may_pass(&call, outcome)).await
        });
        let answer = outcome.await??.map_err(|failed| about.clone().without_answer(&failed))?;
        if answer.is_success() {
            return Ok(answer);
        }
        Err(refused(about.clone(), &answer).without(&secrets).into())
    }

    fn request(&self, api: &str, body: &SecretBytes, own: &Headers) -> Result<Request> {
        let date = time::http_date(SystemTime::now());
        let headers = sign::signed(&self.key, api, &date, body.expose(), own)?;
        let headers =
            headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned().into()));
        let request = Request::new(Method::Post, sign::PATH.to_owned()).with_headers(headers);
        Ok(request.with_body(SecretBytes::from(body.expose())))
    }
}

/// Whether another attempt may bring something else.
fn may_pass(call: &error::Call, outcome: &Outcome) -> bool {
    match outcome {
        Ok(answer) if answer.is_success() => false,
        Ok(answer) => refused(call.clone(), answer).is_retryable(),
        Err(no_answer) => no_answer.may_pass(),
    }
}

fn refused(call: error::Call, answer: &Answer) -> AlibabaKmsError {
    let refusal = Refusal::of_instance(answer.status(), answer.body().expose());
    let skew = time::skew(answer.header("date").unwrap_or_default(), SystemTime::now(), "KMS");
    call.refused(refusal).with_skew(skew)
}

/// Which version of the key did it, or is to do it.
const KEY_VERSION: &str = "x-kms-migrationkeyversionid";

#[cfg(test)]
mod fault_tests;

#[cfg(test)]
mod tests {
    use crypto_envelope::{EncryptionContext, Encryptor, Error, blocking};
    use crypto_envelope_testkit::fake::alibaba_instance::{FakeAlibabaInstance, KeyKind};

    use super::*;
    use crate::AlibabaKmsInstanceProvider;

    fn tls() -> Result<FakeAlibabaInstance> {
        Ok(FakeAlibabaInstance::builder().tls().start()?)
    }

    fn encrypt(fake: &FakeAlibabaInstance, settings: &AlibabaKmsSettings) -> Result<()> {
        let key = fake.client_key();
        let key = ClientKey::from_private_key(key.id(), key.private_key())?;
        let instance = AlibabaKmsInstance::new(&fake.endpoint(), &key, settings)?;
        let key_id = fake.create_key(KeyKind::Symmetric).expect("a key");
        let encryptor = Encryptor::new(AlibabaKmsInstanceProvider::new(&instance, &key_id)?);
        blocking::wait(encryptor.encrypt(b"text", &EncryptionContext::new())).map(drop)
    }

    #[test]
    fn an_instance_is_trusted_by_its_own_ca() -> Result<()> {
        let (fake, other) = (tls()?, tls()?);
        let ca = |fake: &FakeAlibabaInstance| fake.ca_pem().expect("it speaks TLS").to_owned();
        let settings = AlibabaKmsSettings::new();
        encrypt(&fake, &settings.clone().ca_pem(ca(&fake).as_bytes())?)?;
        // Several may be in the file.
        let both = ca(&other) + &ca(&fake);
        encrypt(&fake, &settings.clone().ca_pem(both.as_bytes())?)?;
        encrypt(&fake, &settings.clone().danger_accept_any_certificate())?;
        let calls = fake.take_calls().len();
        for settings in [settings.clone().ca_pem(ca(&other).as_bytes())?, settings] {
            let refused = encrypt(&fake, &settings).expect_err("it was trusted");
            assert!(matches!(refused, Error::Provider(_)), "{refused}");
            assert!(refused.to_string().contains("not trusted"), "{refused}");
        }
        assert_eq!((calls, fake.take_calls().len()), (3, 0));
        Ok(())
    }
}
