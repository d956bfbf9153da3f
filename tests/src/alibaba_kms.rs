//! Both fake gateways of Alibaba Cloud KMS on the same keys, and who asks them: our clients, and the
//! vendor's own.

use std::fs;

use crypto_envelope_alibaba_kms::{
    AlibabaKmsInstance, AlibabaKmsOpenApi, AlibabaKmsSettings, ClientKey, openapi::AccessKey,
};
use crypto_envelope_testkit::fake::{
    alibaba_instance::{FakeAlibabaInstance, KeyKind},
    alibaba_openapi::FakeAlibabaOpenApi,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{peer::Peer, vectors::Result};

/// A running instance with TLS, and a gateway of the OpenAPI beside it.
#[derive(Debug)]
#[non_exhaustive]
pub struct AlibabaKms {
    /// The gateway of the instance.
    pub instance: FakeAlibabaInstance,
    /// The gateway of the OpenAPI.
    pub openapi: FakeAlibabaOpenApi,
    /// A symmetric key.
    pub key_id: String,
    folder: TempDir,
}

impl AlibabaKms {
    /// Starts both.
    ///
    /// # Errors
    ///
    /// If one does not start.
    pub fn start() -> Result<Self> {
        let instance = FakeAlibabaInstance::builder().tls().start()?;
        let openapi = FakeAlibabaOpenApi::beside(&instance)?;
        let key_id = instance.create_key(KeyKind::Symmetric)?;
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join(CA), instance.ca_pem().ok_or("no CA")?)?;
        fs::write(folder.path().join(CLIENT_KEY), instance.client_key().to_json(PASSWORD)?)?;
        Ok(Self { instance, openapi, key_id, folder })
    }

    /// Our client of the instance.
    ///
    /// # Errors
    ///
    /// If it does not take the CA, or the ClientKey.
    pub fn our_instance(&self) -> Result<AlibabaKmsInstance> {
        let password = PASSWORD.as_bytes().into();
        let key = ClientKey::from_file(self.folder.path().join(CLIENT_KEY), &password)?;
        let settings = AlibabaKmsSettings::new().ca_file(self.folder.path().join(CA))?;
        Ok(AlibabaKmsInstance::new(&self.instance.endpoint(), &key, &settings)?)
    }

    /// Our client of the OpenAPI.
    ///
    /// # Errors
    ///
    /// If it does not take the access key.
    pub fn our_openapi(&self) -> Result<AlibabaKmsOpenApi> {
        let key = self.openapi.access_key();
        let key = AccessKey::new(key.id(), key.secret().as_bytes())?;
        Ok(AlibabaKmsOpenApi::new(&self.openapi.endpoint(), &key, &AlibabaKmsSettings::new())?)
    }

    /// The vendor's clients of both.
    ///
    /// # Errors
    ///
    /// If they do not start.
    pub fn theirs(&self) -> Result<Theirs> {
        self.theirs_with_keys_of(self)
    }

    /// The vendor's clients of both, with the ClientKey and the access key of others.
    ///
    /// # Errors
    ///
    /// If they do not start.
    pub fn theirs_with_keys_of(&self, others: &Self) -> Result<Theirs> {
        let path = |kms: &Self, name| kms.folder.path().join(name).display().to_string();
        let key = others.openapi.access_key();
        let [instance, openapi] =
            [self.instance.endpoint(), self.openapi.endpoint()].map(|endpoint| {
                let (protocol, endpoint) = endpoint.split_once("://").unwrap_or_default();
                json!({"protocol": protocol, "endpoint": endpoint})
            });
        Ok(Theirs(Peer::alibaba_kms(&json!({
            "instance": with(instance, &json!({
                "client_key_file": path(others, CLIENT_KEY), "password": PASSWORD, "ca": path(self, CA),
            })),
            "openapi": with(openapi, &json!({
                "access_key_id": key.id(), "access_key_secret": key.secret(),
            })),
        }))?))
    }
}

/// The vendor's clients, by their names in `peer.py`.
#[derive(Debug)]
pub struct Theirs(Peer);

impl Theirs {
    /// What KMS answers.
    ///
    /// # Errors
    ///
    /// If it refuses, or the client cannot ask.
    pub fn ask(&mut self, client: &str, call: &str, parameters: &Value) -> Result<Value> {
        let mut answer = self.tell(client, call, parameters)?;
        match answer["refused"].take() {
            Value::Null => Ok(answer["answer"].take()),
            refused => Err(format!("{client} {call}: {refused}").into()),
        }
    }

    /// The code with which KMS refuses.
    ///
    /// # Errors
    ///
    /// If it does not refuse, or the client cannot ask.
    pub fn refused(&mut self, client: &str, call: &str, parameters: &Value) -> Result<String> {
        let answer = self.tell(client, call, parameters)?;
        let code = answer["refused"]["code"].as_str();
        Ok(code.ok_or_else(|| format!("{client} {call} was not refused: {answer}"))?.to_owned())
    }

    fn tell(&mut self, client: &str, call: &str, parameters: &Value) -> Result<Value> {
        self.0.ask(&json!({"client": client, "call": call, "parameters": parameters}))
    }
}

/// An object with further members.
#[must_use]
pub fn with(mut object: Value, more: &Value) -> Value {
    for (name, member) in more.as_object().into_iter().flatten() {
        object[name] = member.clone();
    }
    object
}

/// A string of an answer.
///
/// # Errors
///
/// If it is none.
pub fn text<'a>(answer: &'a Value, name: &str) -> Result<&'a str> {
    Ok(answer[name].as_str().ok_or_else(|| format!("no {name} in {answer}"))?)
}

/// Bytes of an answer of the client of an instance.
///
/// # Errors
///
/// If it is none.
pub fn bytes(answer: &Value, name: &str) -> Result<Vec<u8>> {
    let hex = text(&answer[name], "hex")?;
    let digits =
        |place| Ok(u8::from_str_radix(hex.get(place..place + 2).ok_or("half a byte")?, 16)?);
    (0..hex.len()).step_by(2).map(digits).collect()
}

/// Bytes in a request to the client of an instance.
#[must_use]
pub fn hex(bytes: &[u8]) -> Value {
    json!({"hex": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()})
}

/// For ClientKeys, which the console gives only with one.
const PASSWORD: &str = "a password of 8 and more";
const CLIENT_KEY: &str = "clientKey.json";
const CA: &str = "ca.pem";
