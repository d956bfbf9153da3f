//! Several keys on one message, and wrapped keys that are not what they seem.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use crypto_envelope::{
    AlgorithmSuite, Decryptor, EncryptedDataKey, EncryptionContext, Encryptor, Error, LimitKind,
    Limits, MessagePart, PolicyViolation, Result, SecretBytes, UnwrapAttempt, blocking,
    provider::{
        KeyDescription, KeyProvider, MultiProvider, Properties, ProviderError, ProviderErrorKind,
        RawAesProvider, Targets, UnwrapRequest, Unwrapped, WrapRequest,
    },
};

const UNSIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;

fn provider() -> Result<Arc<RawAesProvider>> {
    Ok(Arc::new(RawAesProvider::new("client", "key", &SecretBytes::random(32)?)?))
}

/// A key of the same namespace with another name.
fn other_provider() -> Result<Arc<RawAesProvider>> {
    Ok(Arc::new(RawAesProvider::new("client", "other", &SecretBytes::random(16)?)?))
}

fn encrypt(
    provider: impl KeyProvider,
    plaintext: &[u8],
    context: &EncryptionContext,
) -> Result<Vec<u8>> {
    let encryptor = Encryptor::builder(provider).suite(UNSIGNED).build()?;
    blocking::wait(encryptor.encrypt(plaintext, context))
}

fn decrypt(provider: impl KeyProvider, message: &[u8]) -> Result<Vec<u8>> {
    let nothing = EncryptionContext::new();
    let opened = blocking::wait(Decryptor::new(provider).decrypt(message, &nothing))?;
    Ok(opened.into_plaintext())
}

/// A wrapped key that opens and is another one looks as if it did not open, and the next one is
/// tried.
#[test]
fn a_key_to_which_the_message_does_not_commit_is_passed_over() -> Result<()> {
    #[derive(Debug)]
    struct Liar(Arc<RawAesProvider>);
    #[async_trait]
    impl KeyProvider for Liar {
        async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
            let other = SecretBytes::random(request.secret.len())?;
            let wrong = WrapRequest::new(&other, request.target, request.context);
            let mut keys = self.0.wrap(wrong).await?;
            if request.context.value("both").is_some() {
                keys.extend(self.0.wrap(request).await?);
            }
            Ok(keys)
        }
        async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
            self.0.unwrap(request).await
        }
        fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
            self.0.describe(key)
        }
        fn properties(&self) -> Properties {
            self.0.properties()
        }
    }
    let provider = provider()?;
    let both = EncryptionContext::from([("both", "")]);
    let message = encrypt(Liar(provider.clone()), b"text", &both)?;
    assert_eq!(decrypt(provider.clone(), &message)?, b"text");
    let message = encrypt(Liar(provider.clone()), b"text", &EncryptionContext::new())?;
    let refused = decrypt(provider, &message);
    let Err(Error::NoUsableKey { attempts, .. }) = refused else {
        return Err(Error::invalid_input("another answer"));
    };
    let part = MessagePart::EncryptedDataKey;
    let error = attempts[0].error();
    assert!(
        matches!(error, Some(Error::Authentication { part: p, .. }) if *p == part),
        "{error:?}"
    );
    Ok(())
}

/// A generator that wraps nothing would be missing in silence.
#[test]
fn every_one_of_several_has_to_wrap() -> Result<()> {
    #[derive(Debug)]
    struct WrapsNothing;
    #[async_trait]
    impl KeyProvider for WrapsNothing {
        async fn wrap(&self, _: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
            Ok(Vec::new())
        }
        async fn unwrap(&self, _: UnwrapRequest<'_>) -> Result<Unwrapped> {
            Ok(Unwrapped::NotMine)
        }
        fn describe(&self, _: &EncryptedDataKey) -> Option<KeyDescription> {
            None
        }
        fn properties(&self) -> Properties {
            Properties::new(Targets::MESSAGES)
        }
    }
    for several in [
        MultiProvider::new(WrapsNothing).with_child(provider()?),
        MultiProvider::new(provider()?).with_child(WrapsNothing),
    ] {
        let refused = encrypt(several, b"text", &EncryptionContext::new());
        assert!(matches!(refused, Err(Error::Provider(_))), "{refused:?}");
    }
    Ok(())
}

/// What all of them wrapped, each opens without the others, the generator and every child.
#[test]
fn each_of_several_keys_opens_alone() -> Result<()> {
    let providers = [provider()?, other_provider()?, provider()?];
    let [generator, one, other] = providers.clone();
    let several = MultiProvider::new(generator).with_child(one).with_child(other);
    let message = encrypt(several, b"for all of them", &EncryptionContext::new())?;
    for alone in providers {
        assert_eq!(decrypt(alone, &message)?, b"for all of them");
    }
    Ok(())
}

/// The order in which a key service is asked is that of the official SDKs: one provider after the
/// other, each with all keys. Failures come in the order of the message.
#[test]
fn each_provider_tries_all_keys_before_the_next() -> Result<()> {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let refusing = |name| Refusing { name, asked: Arc::clone(&asked) };
    let message = encrypt(
        MultiProvider::new(provider()?).with_child(other_provider()?),
        b"for both of them",
        &EncryptionContext::new(),
    )?;
    let inner = MultiProvider::new(refusing("second")).with_child(refusing("third"));
    let several = MultiProvider::new(refusing("first")).with_child(inner);
    let Err(Error::NoUsableKey { attempts, .. }) = decrypt(several, &message) else {
        panic!("nobody opens it");
    };
    let asked: Vec<_> = asked.lock().expect("no panic").iter().map(ToString::to_string).collect();
    assert_eq!(asked, ["first 0", "first 1", "second 0", "second 1", "third 0", "third 1"]);
    let errors = attempts.iter().map(|attempt| attempt.error().expect("an error").to_string());
    let names: Vec<_> = errors.map(|error| error.rsplit(' ').next().map(str::to_owned)).collect();
    let expected = ["first", "second", "third", "first", "second", "third"];
    assert_eq!(names, expected.map(|name| Some(name.to_owned())));
    Ok(())
}

/// A message can name one key many times: that must not become as many calls to a key service.
#[test]
fn failures_have_a_limit() -> Result<()> {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let message = encrypt(
        MultiProvider::new(provider()?).with_child(provider()?).with_child(provider()?),
        b"for three",
        &EncryptionContext::new(),
    )?;
    let decryptor = Decryptor::builder(Refusing { name: "only", asked: Arc::clone(&asked) })
        .limits(Limits::default().with_max_failed_unwraps(2))
        .build()?;
    let Err(Error::NoUsableKey { attempts, .. }) =
        blocking::wait(decryptor.decrypt(&message, &EncryptionContext::new()))
    else {
        panic!("nobody opens it");
    };
    assert_eq!(asked.lock().expect("no panic").len(), 2);
    let limit = attempts.iter().filter_map(UnwrapAttempt::error).find(|error| {
        matches!(error, Error::Limit { kind: LimitKind::FailedUnwraps, limit: 2, .. })
    });
    assert!(limit.is_some(), "{attempts:?}");

    // With nothing left to be tried, the limit stops nobody.
    let two = encrypt(
        MultiProvider::new(provider()?).with_child(provider()?),
        b"for two",
        &EncryptionContext::new(),
    )?;
    let Err(Error::NoUsableKey { attempts, .. }) =
        blocking::wait(decryptor.decrypt(&two, &EncryptionContext::new()))
    else {
        panic!("nobody opens it");
    };
    let is_limit = |error: &Error| matches!(error, Error::Limit { .. });
    assert!(!attempts.iter().filter_map(UnwrapAttempt::error).any(is_limit), "{attempts:?}");
    Ok(())
}

/// For decrypting it is enough that one of several serves the suite.
#[test]
fn one_that_does_not_serve_the_suite_is_passed_over() -> Result<()> {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let unsigned_only = || UnsignedOnly(Refusing { name: "only", asked: Arc::clone(&asked) });
    let sign = |encryptor: Encryptor| {
        blocking::wait(encryptor.encrypt(b"signed", &EncryptionContext::new()))
    };
    let serving = provider()?;
    let signed = sign(Encryptor::new(Arc::clone(&serving)))?;
    let several = MultiProvider::new(unsigned_only()).with_child(serving);
    assert_eq!(decrypt(several.clone(), &signed)?, b"signed");
    assert!(asked.lock().expect("no panic").is_empty());
    for refused in [
        decrypt(MultiProvider::new(unsigned_only()), &signed).map(drop),
        sign(Encryptor::new(several)).map(drop),
    ] {
        assert!(matches!(refused, Err(Error::Policy(PolicyViolation::Target { .. }))));
    }
    Ok(())
}

/// Takes every key for its own, counts, and opens none.
#[derive(Debug)]
struct Refusing {
    name: &'static str,
    asked: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl KeyProvider for Refusing {
    async fn wrap(&self, _: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Err(ProviderError::new(ProviderErrorKind::Unsupported, self.name).into())
    }

    async fn unwrap(&self, _: UnwrapRequest<'_>) -> Result<Unwrapped> {
        let mut asked = self.asked.lock().expect("no panic");
        let mine = |line: &&String| line.starts_with(self.name);
        let position = asked.iter().filter(mine).count();
        asked.push(format!("{} {position}", self.name));
        Err(ProviderError::new(ProviderErrorKind::Denied, self.name).into())
    }

    fn describe(&self, _: &EncryptedDataKey) -> Option<KeyDescription> {
        None
    }

    fn properties(&self) -> Properties {
        Properties::new(Targets::MESSAGES)
    }
}

/// As those providers that cannot keep readers from signing.
#[derive(Debug)]
struct UnsignedOnly(Refusing);

#[async_trait]
impl KeyProvider for UnsignedOnly {
    async fn wrap(&self, request: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        self.0.wrap(request).await
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> Result<Unwrapped> {
        self.0.unwrap(request).await
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.0.describe(key)
    }

    fn properties(&self) -> Properties {
        Properties::new(Targets::UNSIGNED_MESSAGES)
    }
}
