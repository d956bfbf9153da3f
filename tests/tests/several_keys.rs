//! Several keys on one message, and wrapped keys that are not what they seem.

use std::sync::Arc;

use async_trait::async_trait;
use crypto_envelope::{
    AlgorithmSuite, Decryptor, EncryptedDataKey, EncryptionContext, Encryptor, Error, MessagePart,
    Result, SecretBytes, blocking,
    provider::{
        KeyDescription, KeyProvider, MultiProvider, Properties, RawAesProvider, Targets,
        UnwrapRequest, Unwrapped, WrapRequest,
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
