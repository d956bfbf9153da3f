//! An RSA key in KMS: anybody encrypts, KMS decrypts.

mod road;

use std::sync::Arc;

use crypto_envelope::{
    EncryptedDataKey, Error, Result,
    hazmat::{self, RsaEncryptor},
    provider::{
        KeyDescription, KeyProvider, Properties, ProviderError, ProviderErrorKind, RsaKey,
        RsaPadding, Targets, UnwrapRequest, Unwrapped, WrapRequest, async_trait,
    },
};

use self::road::{PublicKey, Road};
use super::{wrapped_key, wrapped_rsa_key::WrappedRsaKey};
use crate::{AlibabaKmsInstance, AlibabaKmsOpenApi};

/// Wraps data keys with the public half of an RSA key of KMS, without a call; KMS unwraps them, inside of an
/// instance or behind an OpenAPI gateway. What was wrapped for one road opens on the other, if the key is the
/// same.
///
/// What is encrypted, by RSAES-OAEP with SHA-256, is the SHA-384 of the encryption context and then the data
/// key, so that a key opens under its own context only.
///
/// An RSA key of KMS can have several versions, each with a key pair of its own, and none is the one to use.
/// So a provider that encrypts has the public key of one of them. Wrapped keys name it, and a provider opens
/// those of all versions of its key.
///
/// # Security
///
/// Anybody who has the public key can wrap: a message that opens was **not** necessarily written by
/// somebody you trust. For that reason suites that sign, whose verification key only the wrapping would vouch
/// for, are refused. KMS does not see the context, so no policy can ask for it. No call sends a secret.
#[derive(Clone, Debug)]
pub struct AlibabaKmsRsaProvider {
    key_id: String,
    public: Option<Arc<Public>>,
    road: Option<Road>,
}

/// The public key of a version.
#[derive(Debug)]
struct Public {
    version_id: String,
    encryptor: RsaEncryptor,
}

impl AlibabaKmsRsaProvider {
    /// Binds the context; authenticates nobody; no suites that sign.
    pub const PROPERTIES: Properties =
        Properties::new(Targets::UNSIGNED_MESSAGES.union(Targets::KEY_RINGS)).binding_context();

    /// Decrypts by an instance, with the key of this id, `key-…`. Not with an alias: messages name the key
    /// itself. [`with_public_key`](Self::with_public_key) and its like let it encrypt too.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is an alias, or cannot be an id.
    pub fn by_instance(instance: &AlibabaKmsInstance, key_id: &str) -> Result<Self> {
        Ok(Self { road: Some(Road::Instance(instance.clone())), ..Self::without_kms(key_id)? })
    }

    /// As [`by_instance`](Self::by_instance), by an OpenAPI gateway.
    ///
    /// # Errors
    ///
    /// As [`by_instance`](Self::by_instance).
    pub fn by_openapi(kms: &AlibabaKmsOpenApi, key_id: &str) -> Result<Self> {
        Ok(Self { road: Some(Road::OpenApi(kms.clone())), ..Self::without_kms(key_id)? })
    }

    /// Only encrypts, with a public key that was got before: no credentials, no network.
    ///
    /// # Errors
    ///
    /// As [`by_instance`](Self::by_instance) and [`with_public_key`](Self::with_public_key).
    pub fn offline(key_id: &str, version_id: &str, public_key: &RsaKey) -> Result<Self> {
        Self::without_kms(key_id)?.with_public_key(version_id, public_key)
    }

    /// Lets it encrypt, with the public key of this version of the key. The console shows both, and so does
    /// [`GetPublicKey`](crate::openapi::GetPublicKey); [`RsaKey::parse`] reads the PEM text.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it cannot be used, or has less than 2048 bits, or this cannot be the id of
    /// a version.
    pub fn with_public_key(mut self, version_id: &str, public_key: &RsaKey) -> Result<Self> {
        wrapped_key::check_version_id(version_id)?;
        let encryptor = RsaEncryptor::new(public_key, RsaPadding::OaepSha256)?;
        if encryptor.modulus_length() < SHORTEST_MODULUS {
            return Err(Error::invalid_input("a KMS RSA key has 2048 bits or more"));
        }
        self.public = Some(Arc::new(Public { version_id: version_id.to_owned(), encryptor }));
        Ok(self)
    }

    /// Lets it encrypt, with the public key that KMS gives now: an OpenAPI gateway that of the newest version,
    /// an instance the one that it says itself.
    ///
    /// # Errors
    ///
    /// A [`ProviderError`] if KMS refuses, or it cannot be told which version that is; as
    /// [`with_public_key`](Self::with_public_key).
    pub async fn with_public_key_of_kms(self) -> Result<Self> {
        let found = self.road()?.public_key(&self.key_id).await?;
        self.with_found(&found)
    }

    /// Lets it encrypt, with the public key that KMS gives for this version.
    ///
    /// # Errors
    ///
    /// As [`with_public_key_of_kms`](Self::with_public_key_of_kms).
    pub async fn with_public_key_of_version(self, version_id: &str) -> Result<Self> {
        wrapped_key::check_version_id(version_id)?;
        let found = self.road()?.public_key_of_version(&self.key_id, version_id).await?;
        self.with_found(&found)
    }

    /// The key.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The version whose public key encrypts, if there is one.
    #[must_use]
    pub fn version_id(&self) -> Option<&str> {
        self.public.as_ref().map(|public| public.version_id.as_str())
    }

    /// What a wrapped key is, if an RSA key of Alibaba Cloud KMS wrapped it: of whoever, without a call.
    #[must_use]
    pub fn recognize(key: &EncryptedDataKey) -> Option<KeyDescription> {
        WrappedRsaKey::of(key).map(|wrapped| wrapped.describe())
    }

    fn without_kms(key_id: &str) -> Result<Self> {
        wrapped_key::check_key_id(key_id)?;
        Ok(Self { key_id: key_id.to_owned(), public: None, road: None })
    }

    fn with_found(self, found: &PublicKey) -> Result<Self> {
        self.with_public_key(&found.version_id, &RsaKey::parse(found.pem.as_bytes())?)
    }

    fn road(&self) -> Result<&Road> {
        self.road.as_ref().ok_or_else(|| unsupported("was made without access to KMS"))
    }

    fn own(&self, key: &EncryptedDataKey) -> Option<WrappedRsaKey> {
        WrappedRsaKey::of(key).filter(|wrapped| wrapped.key_id == self.key_id)
    }
}

#[async_trait]
impl KeyProvider for AlibabaKmsRsaProvider {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Self::PROPERTIES.check(request.target)?;
        wrapped_key::check_secret(request.secret)?;
        let public = self.public.as_ref();
        let public = public.ok_or_else(|| unsupported("needs the public key to encrypt"))?;
        let bound = hazmat::bind(request.secret, request.context)?;
        let ciphertext = public.encryptor.encrypt(&bound)?;
        let (key_id, version_id) = (self.key_id.clone(), public.version_id.clone());
        Ok(vec![WrappedRsaKey { key_id, version_id }.store(ciphertext)?])
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        Self::PROPERTIES.check(request.target)?;
        let Some(wrapped) = self.own(request.key) else { return Ok(Unwrapped::NotMine) };
        let ciphertext = request.key.ciphertext();
        if ciphertext.is_empty() {
            return Err(Error::unauthentic_key());
        }
        let bound = self.road()?.decrypt(&wrapped, ciphertext).await?;
        let secret = hazmat::release(&bound, request.context)?;
        wrapped_key::check_length(&secret, request.target, &self.key_id)?;
        Ok(Unwrapped::Key(secret))
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.own(key).map(|wrapped| wrapped.describe())
    }

    fn properties(&self) -> Properties {
        Self::PROPERTIES
    }
}

fn unsupported(what: &str) -> Error {
    let message = format!("this provider of a KMS RSA key {what}");
    ProviderError::new(ProviderErrorKind::Unsupported, message).into()
}

/// In bytes.
const SHORTEST_MODULUS: usize = 2048 / 8;

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use crypto_envelope::{
        AlgorithmSuite, Decryptor, EncryptionContext, Encryptor, SecretBytes, blocking,
        provider::{DetachedTarget, Target},
    };
    use crypto_envelope_testkit::{
        conformance,
        fake::{
            alibaba_instance::{KeyKind, lie},
            alibaba_openapi::lie as openapi_lie,
        },
    };
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        openapi::CreateKeyVersion, test_gateway::TestGateway, test_instance::TestInstance,
    };

    const RING: Target = Target::Detached(DetachedTarget::KeyRing);

    fn blue() -> EncryptionContext {
        EncryptionContext::from([("tenant", "blue")])
    }

    /// An instance with an RSA key, and that.
    fn start() -> Result<(TestInstance, AlibabaKmsRsaProvider)> {
        let mut kms = TestInstance::start()?;
        kms.key_id = kms.fake.create_key(KeyKind::Rsa2048Encrypt).expect("a key");
        let provider = AlibabaKmsRsaProvider::by_instance(&kms.instance, &kms.key_id)?;
        let provider = blocking::wait(provider.with_public_key_of_kms())?;
        assert_eq!(kms.operations(), ["GetPublicKey"]);
        Ok((kms, provider))
    }

    fn by_openapi(kms: &TestInstance, gateway: &TestGateway) -> Result<AlibabaKmsRsaProvider> {
        AlibabaKmsRsaProvider::by_openapi(&gateway.kms, &kms.key_id)
    }

    fn version(id: &str, day: u8) -> Value {
        let date = format!("2024-01-{day:02}T00:11:22Z");
        json!({"KeyId": "key", "KeyVersionId": id, "CreationDate": date})
    }

    /// The gateway says so of the versions of a key.
    fn pretend(gateway: &TestGateway, total_count: u32, versions: &[Value]) {
        let (total_count, versions) = (json!(total_count), json!(versions));
        gateway.fake.clear_faults();
        gateway.fake.inject(openapi_lie::answer("ListKeyVersions", move |answer| {
            answer["TotalCount"] = total_count.clone();
            answer["KeyVersions"]["KeyVersion"] = versions.clone();
        }));
    }

    fn wrap(provider: &AlibabaKmsRsaProvider, secret: &SecretBytes) -> Result<EncryptedDataKey> {
        let keys = blocking::wait(provider.wrap(WrapRequest::new(secret, RING, &blue())))?;
        Ok(keys.into_iter().next().expect("a wrapped key"))
    }

    fn unwrap(provider: &AlibabaKmsRsaProvider, key: &EncryptedDataKey) -> Result<Unwrapped> {
        blocking::wait(provider.unwrap(UnwrapRequest::new(key, RING, &blue())))
    }

    #[test]
    fn the_rules_of_providers_are_kept() -> Result<()> {
        let (_kms, provider) = start()?;
        let outcome = blocking::wait(async { Ok(conformance::check(&provider).await) })?;
        assert!(outcome.is_ok(), "{outcome:?}");
        Ok(())
    }

    #[test]
    fn what_one_road_wrapped_the_other_opens() -> Result<()> {
        let (kms, by_instance) = start()?;
        let version_id = by_instance.version_id().expect("a public key").to_owned();
        let gateway = TestGateway::beside(&kms)?;
        let by_openapi = by_openapi(&kms, &gateway)?;
        let by_openapi = blocking::wait(by_openapi.with_public_key_of_kms())?;
        assert_eq!(by_openapi.version_id(), Some(version_id.as_str()));
        assert_eq!(gateway.operations(), ["ListKeyVersions", "GetPublicKey"]);
        let secret = SecretBytes::random(32)?;
        for wrapping in [&by_instance, &by_openapi] {
            let _ = kms.operations();
            let key = wrap(wrapping, &secret)?;
            assert!(kms.operations().is_empty() && gateway.operations().is_empty());
            for unwrapping in [&by_instance, &by_openapi] {
                let found = unwrap(unwrapping, &key)?;
                assert!(matches!(found, Unwrapped::Key(found) if found.equals(secret.expose())));
            }
            assert_eq!(gateway.operations(), ["AsymmetricDecrypt"]);
        }
        Ok(())
    }

    #[test]
    fn the_newest_version_encrypts_and_all_are_opened() -> Result<()> {
        let (kms, by_instance) = start()?;
        let gateway = TestGateway::beside(&kms)?;
        let first = by_openapi(&kms, &gateway)?;
        let first = blocking::wait(first.with_public_key_of_kms())?;
        let later = SystemTime::now() + Duration::from_mins(1);
        gateway.fake.set_clock(Some(later));
        let made = blocking::wait(gateway.kms.call(CreateKeyVersion::new(&kms.key_id)))?;
        let second = blocking::wait(first.clone().with_public_key_of_kms())?;
        assert_eq!(second.version_id(), Some(made.version.key_version_id.as_str()));
        assert_eq!(first.version_id(), by_instance.version_id());
        let secret = SecretBytes::random(32)?;
        for wrapping in [&first, &second] {
            let key = wrap(wrapping, &secret)?;
            for unwrapping in [&first, &second, &by_instance] {
                let found = unwrap(unwrapping, &key)?;
                assert!(matches!(found, Unwrapped::Key(found) if found.equals(secret.expose())));
            }
        }
        Ok(())
    }

    #[test]
    fn the_newest_version_has_to_be_known() -> Result<()> {
        let (kms, by_instance) = start()?;
        let version_id = by_instance.version_id().expect("a public key");
        let gateway = TestGateway::beside(&kms)?;
        let by_openapi = by_openapi(&kms, &gateway)?;
        let undated = json!({"KeyId": "key", "KeyVersionId": "1"});
        for (total_count, versions) in [
            (0, vec![]),
            (2, vec![undated.clone(), undated]),
            (3, vec![version("1", 2), version("2", 2), version("3", 1)]),
            (1001, vec![version("1", 1)]),
        ] {
            pretend(&gateway, total_count, &versions);
            let refused = blocking::wait(by_openapi.clone().with_public_key_of_kms());
            let refused = refused.expect_err("one was taken").to_string();
            assert!(refused.contains("give the id of one"), "{refused}");
        }
        // The order in which they come does not matter.
        pretend(&gateway, 3, &[version("1", 1), version(version_id, 3), version("2", 2)]);
        let found = blocking::wait(by_openapi.clone().with_public_key_of_kms())?;
        assert_eq!(found.version_id(), Some(version_id));
        let named = by_openapi.clone().with_public_key_of_version(version_id);
        assert_eq!(blocking::wait(named)?.version_id(), Some(version_id));
        assert!(blocking::wait(by_openapi.with_public_key_of_version("another")).is_err());
        Ok(())
    }

    #[test]
    fn the_version_goes_to_the_instance() -> Result<()> {
        let (kms, provider) = start()?;
        let public_key = blocking::wait(provider.road()?.public_key(&kms.key_id))?;
        let public_key = RsaKey::parse(public_key.pem.as_bytes())?;
        let other = kms.fake.create_key(KeyKind::Rsa2048Encrypt).expect("a key");
        let other = AlibabaKmsRsaProvider::by_instance(&kms.instance, &other)?;
        let other = blocking::wait(other.with_public_key_of_kms())?;
        // One that the instance does not have, and one of another key.
        for version_id in ["2ab1a983", other.version_id().expect("a public key")] {
            let wrong = provider.clone().with_public_key(version_id, &public_key)?;
            let key = wrap(&wrong, &SecretBytes::random(32)?)?;
            assert!(unwrap(&provider, &key).is_err(), "{version_id}");
            let fetched = provider.clone().with_public_key_of_version(version_id);
            assert!(blocking::wait(fetched).is_err(), "{version_id}");
        }
        let own = provider.version_id().expect("a public key");
        let key = wrap(&provider, &SecretBytes::random(32)?)?;
        let _ = kms.operations();
        let fetched = blocking::wait(provider.clone().with_public_key_of_version(own))?;
        assert_eq!(fetched.version_id(), Some(own));
        unwrap(&fetched, &key)?;
        for call in kms.fake.take_calls() {
            assert_eq!(call.header("x-kms-migrationkeyversionid"), Some(own), "{}", call.operation);
        }
        Ok(())
    }

    #[test]
    fn messages_are_written_without_kms() -> Result<()> {
        let (kms, provider) = start()?;
        let public_key = blocking::wait(provider.road()?.public_key(&kms.key_id))?;
        let parsed = RsaKey::parse(public_key.pem.as_bytes())?;
        let offline = AlibabaKmsRsaProvider::offline(&kms.key_id, &public_key.version_id, &parsed)?;
        drop(kms.operations());
        // The default suite signs.
        let refused = blocking::wait(Encryptor::new(offline.clone()).encrypt(b"text", &blue()));
        assert!(matches!(refused, Err(Error::Policy(_))), "{refused:?}");
        let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
        let encryptor = Encryptor::builder(offline.clone()).suite(suite).build()?;
        let message = blocking::wait(encryptor.encrypt(b"text", &blue()))?;
        assert!(kms.operations().is_empty());
        let opened = blocking::wait(Decryptor::new(provider).decrypt(&message, &blue()))?;
        assert_eq!(opened.plaintext(), b"text");
        assert_eq!(kms.operations(), ["Decrypt"]);
        let refused = blocking::wait(Decryptor::new(offline).decrypt(&message, &blue()));
        assert!(refused.expect_err("it opened").to_string().contains("without access to KMS"));
        Ok(())
    }

    #[test]
    fn another_context_or_key_does_not_open_it() -> Result<()> {
        let (kms, provider) = start()?;
        let key = wrap(&provider, &SecretBytes::random(32)?)?;
        for other in [EncryptionContext::new(), EncryptionContext::from([("tenant", "red")])] {
            let refused = blocking::wait(provider.unwrap(UnwrapRequest::new(&key, RING, &other)));
            assert!(matches!(refused, Err(Error::Authentication { .. })), "{refused:?}");
        }
        let _ = kms.operations();
        let other = kms.fake.create_key(KeyKind::Rsa2048Encrypt).expect("a key");
        let other = AlibabaKmsRsaProvider::by_instance(&kms.instance, &other)?;
        assert!(matches!(unwrap(&other, &key)?, Unwrapped::NotMine));
        assert!(other.describe(&key).is_none() && kms.operations().is_empty());
        let found = AlibabaKmsRsaProvider::recognize(&key).expect("it is one");
        assert_eq!(found.key_id.as_deref(), Some(kms.key_id.as_str()));
        let symmetric = kms.provider()?;
        let foreign = blocking::wait(symmetric.unwrap(UnwrapRequest::new(&key, RING, &blue())))?;
        assert!(matches!(foreign, Unwrapped::NotMine));
        Ok(())
    }

    #[test]
    fn wrong_answers_are_refused() -> Result<()> {
        let (kms, provider) = start()?;
        let key = wrap(&provider, &SecretBytes::random(32)?)?;
        for operation in ["Decrypt", "GetPublicKey"] {
            kms.fake.inject(lie::answer(operation, |answer| answer["KeyId"] = json!("another")));
        }
        let refused = unwrap(&provider, &key).expect_err("it was taken").to_string();
        assert!(refused.contains("another key"), "{refused}");
        let fetched = blocking::wait(provider.clone().with_public_key_of_kms());
        let refused = fetched.expect_err("it was taken").to_string();
        assert!(refused.contains("another key"), "{refused}");
        let gateway = TestGateway::beside(&kms)?;
        let by_openapi = by_openapi(&kms, &gateway)?;
        let version_id = provider.version_id().expect("a public key");
        for (member, message) in [("KeyId", "another key"), ("KeyVersionId", "another version")] {
            for operation in ["AsymmetricDecrypt", "GetPublicKey"] {
                gateway.fake.inject(openapi_lie::answer(operation, move |answer| {
                    answer[member] = json!("another");
                }));
            }
            let refused = unwrap(&by_openapi, &key).expect_err("it was taken").to_string();
            assert!(refused.contains(message), "{refused}");
            let fetched = by_openapi.clone().with_public_key_of_version(version_id);
            let refused = blocking::wait(fetched).expect_err("it was taken").to_string();
            assert!(refused.contains(message), "{refused}");
            gateway.fake.clear_faults();
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_used_is_refused() -> Result<()> {
        let read = |name| RsaKey::parse(crate::test_vectors::text(name).as_bytes());
        let (long, short) = (read("rsa/public.spki.pem")?, read("rsa/private.1024.pem")?);
        assert!(AlibabaKmsRsaProvider::offline("key-1", "v", &long).is_ok());
        for (key_id, version_id, key) in [
            ("alias/name", "v", &long),
            ("", "v", &long),
            ("key-1", "", &long),
            ("key-1", "a b", &long),
            ("key-1", "v", &short),
        ] {
            assert!(AlibabaKmsRsaProvider::offline(key_id, version_id, key).is_err(), "{key_id}");
        }
        Ok(())
    }
}
