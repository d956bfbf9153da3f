//! Messages under keys of AWS KMS that go between us and an official SDK. Both ask the same fake,
//! which writes down for what.

use std::fs;

use crypto_envelope::{
    AlgorithmSuite, CommitmentPolicy, Decryptor, EncryptionContext, Encryptor, blocking,
    provider::{EcCurve, EcKey, KeyProvider, MultiProvider, RsaKey, RsaPadding},
};
use crypto_envelope_aws_kms::{
    AwsKmsClients, AwsKmsDiscoveryFilter, AwsKmsDiscoveryProvider, AwsKmsEcdhProvider,
    AwsKmsProvider, AwsKmsRsaProvider,
};
use crypto_envelope_testkit::fake::aws_kms::{Call, FakeAwsKms};
use serde_json::{Value, json};

use crate::{
    aws_kms::Kms,
    interop,
    peer::Peer,
    vectors::{Result, writing_policy},
};

/// Keys that write a message, and keys that read it.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "tests make their own")]
pub struct Case {
    /// Which of its interfaces the peer uses.
    pub api: &'static str,
    /// The suite of the message.
    pub suite: AlgorithmSuite,
    /// What the message is bound to.
    pub context: EncryptionContext,
    /// The first one generates.
    pub writing: Vec<Key>,
    /// One of them is enough.
    pub reading: Vec<Key>,
}

/// A key, as both sides make one of it.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "tests make their own")]
pub enum Key {
    /// The KMS key of this ARN.
    Strict(String),
    /// The KMS key of this ARN, and its replicas.
    MultiRegion(String),
    /// Keys of the account of this ARN that are in its region.
    Discovery(String),
    /// Keys of the account of this ARN that have a replica in its region.
    MultiRegionDiscovery(String),
    /// The KMS key of this ARN, which is an RSA key with this public key in PEM.
    Rsa(String, RsaPadding, String),
    /// The KMS key of this ARN, which is on an elliptic curve, and a public key in PEM that it agrees with.
    Ecdh(String, &'static str),
    /// The KMS key of this ARN, which is on this curve, and whoever wrapped for it.
    EcdhDiscovery(String, EcCurve),
    /// One that KMS knows nothing of.
    Raw(interop::Key),
}

/// Both sides, and the KMS that they ask.
#[derive(Debug)]
pub struct Sides {
    kms: Kms,
    peer: Peer,
}

impl Sides {
    /// With the official SDK for Python.
    ///
    /// # Errors
    ///
    /// If one of them does not start.
    pub fn with_python() -> Result<Self> {
        let kms = Kms::start()?;
        Ok(Self { peer: Peer::python_with_kms(&kms.fake.endpoint())?, kms })
    }

    /// To create keys.
    #[must_use]
    pub fn kms(&self) -> &FakeAwsKms {
        &self.kms.fake
    }

    /// They write and read, we read and write, all with the same calls to KMS.
    ///
    /// # Errors
    ///
    /// What is not as it should be.
    pub fn agree(&mut self, case: &Case) -> Result<()> {
        drop(self.kms.fake.take_calls());
        let theirs = self.they_write(case)?;
        let their_writing = Asked::of(&self.kms.fake.take_calls());
        let ours = self.we_write(case)?;
        let our_writing = Asked::of(&self.kms.fake.take_calls());
        self.they_read(case, &ours)?;
        let their_reading = Asked::of(&self.kms.fake.take_calls());
        self.we_read(case, &theirs)?;
        let our_reading = Asked::of(&self.kms.fake.take_calls());
        if our_writing != their_writing {
            return Err(format!("to write we ask {our_writing:?}, they {their_writing:?}").into());
        }
        if our_reading != their_reading {
            return Err(format!("to read we ask {our_reading:?}, they {their_reading:?}").into());
        }
        Ok(())
    }

    /// What one side writes neither of them can read.
    ///
    /// # Errors
    ///
    /// Who can read what.
    pub fn agree_to_refuse(&mut self, case: &Case) -> Result<()> {
        for (writer, message) in [("they", self.they_write(case)?), ("we", self.we_write(case)?)] {
            if self.they_read(case, &message).is_ok() {
                return Err(format!("they read what {writer} wrote").into());
            }
            if self.we_read(case, &message).is_ok() {
                return Err(format!("we read what {writer} wrote").into());
            }
        }
        Ok(())
    }

    /// Neither of them writes such a message.
    ///
    /// # Errors
    ///
    /// Who does.
    pub fn agree_not_to_write(&mut self, case: &Case) -> Result<()> {
        if self.they_write(case).is_ok() {
            return Err("they write it".into());
        }
        if self.we_write(case).is_ok() {
            return Err("we write it".into());
        }
        Ok(())
    }

    fn they_write(&mut self, case: &Case) -> Result<Vec<u8>> {
        let (message, _) = self.ask(case, "encrypt", &case.writing, TEXT)?;
        Ok(message)
    }

    fn they_read(&mut self, case: &Case, message: &[u8]) -> Result<()> {
        let (text, answer) = self.ask(case, "decrypt", &case.reading, message)?;
        if text != TEXT {
            return Err("they read another text".into());
        }
        if case.context.iter().any(|(key, value)| answer["context"][key] != value) {
            return Err(format!("they read another context: {answer}").into());
        }
        Ok(())
    }

    fn ask(
        &mut self,
        case: &Case,
        op: &str,
        keys: &[Key],
        input: &[u8],
    ) -> Result<(Vec<u8>, Value)> {
        let folder = tempfile::tempdir()?;
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        fs::write(&from, input)?;
        let context: serde_json::Map<_, _> =
            case.context.iter().map(|(key, value)| (key.to_owned(), json!(value))).collect();
        let keys = keys.iter().map(Key::request).collect::<Vec<_>>();
        let answer = self.peer.ask(&json!({
            "op": op, "api": case.api, "suite": format!("{:04x}", case.suite.id()),
            "frame_length": interop::FRAME, "keys": keys, "context": context,
            "input": from, "output": to,
        }))?;
        Ok((fs::read(&to)?, answer))
    }

    fn we_write(&self, case: &Case) -> Result<Vec<u8>> {
        let encryptor = Encryptor::builder(self.provider(&case.writing, interop::Key::writer)?)
            .commitment_policy(writing_policy(case.suite))
            .suite(case.suite)
            .build()?;
        Ok(blocking::wait(encryptor.encrypt(TEXT, &case.context))?)
    }

    fn we_read(&self, case: &Case, message: &[u8]) -> Result<()> {
        let decryptor = Decryptor::builder(self.provider(&case.reading, interop::Key::reader)?)
            .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
            .build()?;
        let opened = blocking::wait(decryptor.decrypt(message, &case.context))?;
        if opened.plaintext() == TEXT { Ok(()) } else { Err("we read another text".into()) }
    }

    fn provider(
        &self,
        keys: &[Key],
        raw: fn(&interop::Key) -> Result<Box<dyn KeyProvider>>,
    ) -> Result<MultiProvider> {
        let mut providers = keys.iter().map(|key| key.provider(&self.kms.clients, raw));
        let first = providers.next().ok_or("a case has keys")??;
        providers.try_fold(MultiProvider::new(first), |all, one| Ok(all.with_child(one?)))
    }
}

impl Key {
    fn request(&self) -> Value {
        let of = |kind: &str, arn: &str| {
            let [region, account] = [3, 4].map(|part| arn.split(':').nth(part));
            json!({ "kms": kind, "arn": arn, "region": region, "account": account })
        };
        match self {
            Self::Strict(arn) => of("strict", arn),
            Self::MultiRegion(arn) => of("multi-region", arn),
            Self::Discovery(arn) => of("discovery", arn),
            Self::MultiRegionDiscovery(arn) => of("multi-region-discovery", arn),
            Self::Rsa(arn, padding, public_key) => {
                let mut request = of("rsa", arn);
                request["padding"] = json!(interop::padding_name(*padding));
                request["public"] = json!(public_key);
                request
            }
            Self::Ecdh(arn, peer) => {
                let mut request = of("ecdh", arn);
                request["peer"] = json!(peer);
                request
            }
            Self::EcdhDiscovery(arn, curve) => {
                let mut request = of("ecdh-discovery", arn);
                request["curve"] = json!(curve.name());
                request
            }
            Self::Raw(key) => key.request(),
        }
    }

    fn provider(
        &self,
        clients: &AwsKmsClients,
        raw: fn(&interop::Key) -> Result<Box<dyn KeyProvider>>,
    ) -> Result<Box<dyn KeyProvider>> {
        Ok(match self {
            Self::Strict(arn) => Box::new(AwsKmsProvider::new(clients, arn)?),
            Self::MultiRegion(arn) => {
                Box::new(AwsKmsProvider::new(clients, arn)?.multi_region_aware())
            }
            Self::Discovery(arn) => Box::new(discovery(clients, arn)?),
            Self::MultiRegionDiscovery(arn) => {
                let region = arn.split(':').nth(3).unwrap_or_default();
                Box::new(discovery(clients, arn)?.replicas_in(region)?)
            }
            Self::Rsa(arn, padding, public_key) => {
                let public_key = RsaKey::parse(public_key.as_bytes())?;
                let provider = AwsKmsRsaProvider::new(clients, arn, *padding)?;
                Box::new(provider.with_public_key(&public_key)?)
            }
            Self::Ecdh(arn, peer) => {
                let provider = blocking::wait(AwsKmsEcdhProvider::load(clients, arn))?;
                Box::new(provider.with_peer(&EcKey::parse(peer.as_bytes())?)?)
            }
            Self::EcdhDiscovery(arn, _) => {
                Box::new(blocking::wait(AwsKmsEcdhProvider::load(clients, arn))?)
            }
            Self::Raw(key) => raw(key)?,
        })
    }
}

fn discovery(clients: &AwsKmsClients, arn: &str) -> Result<AwsKmsDiscoveryProvider> {
    let account = arn.split(':').nth(4).unwrap_or_default();
    Ok(AwsKmsDiscoveryProvider::new(clients, AwsKmsDiscoveryFilter::new("aws", [account])?))
}

/// What KMS was asked, without what is another with every call.
#[derive(Debug, PartialEq)]
struct Asked(Vec<Value>);

impl Asked {
    fn of(calls: &[Call]) -> Self {
        let asked = calls
            .iter()
            .map(|call| json!([call.operation, call.region, essence(&call.request), call.error]));
        Self(asked.collect())
    }
}

fn essence(request: &Value) -> Value {
    let mut request = request.clone();
    let Some(members) = request.as_object_mut() else { return request };
    // Empty or left out is the same.
    members.retain(|_, value| *value != json!({}) && *value != json!([]));
    for (member, value) in members {
        match member.as_str() {
            "CiphertextBlob" | "Plaintext" => *value = json!("bytes"),
            // Each signed message has a verification key of its own.
            "EncryptionContext" if value["aws-crypto-public-key"].is_string() => {
                value["aws-crypto-public-key"] = json!("a key");
            }
            _ => {}
        }
    }
    request
}

const TEXT: &[u8] = b"for whoever may ask KMS";
