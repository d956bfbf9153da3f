//! RSA keys in every form, and what is not one.

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, Error, Result, blocking,
    provider::{KeyProvider, RawRsaProvider, RsaPadding},
};

macro_rules! key {
    ($name:literal) => {
        include_bytes!(concat!("../vectors/rsa/", $name)).as_slice()
    };
}

const OAEP: RsaPadding = RsaPadding::OaepSha256;

fn private(key: &[u8]) -> Result<RawRsaProvider> {
    RawRsaProvider::with_private_key("rsa", "key", OAEP, key)
}

fn public(key: &[u8]) -> Result<RawRsaProvider> {
    RawRsaProvider::with_public_key("rsa", "key", OAEP, key)
}

fn encrypt(provider: impl KeyProvider) -> Result<Vec<u8>> {
    blocking::wait(Encryptor::new(provider).encrypt(b"text", &EncryptionContext::new()))
}

fn decrypt(provider: impl KeyProvider, message: &[u8]) -> Result<Vec<u8>> {
    let decryptor = Decryptor::new(provider);
    let opened = blocking::wait(decryptor.decrypt(message, &EncryptionContext::new()))?;
    Ok(opened.into_plaintext())
}

#[test]
fn every_form_is_the_same_key() -> Result<()> {
    let privates = [
        key!("private.pkcs8.pem"),
        key!("private.pkcs8.der"),
        key!("private.pkcs1.pem"),
        key!("private.pkcs1.der"),
    ];
    let publics = [
        key!("public.spki.pem"),
        key!("public.spki.der"),
        key!("public.pkcs1.pem"),
        key!("public.pkcs1.der"),
    ];
    for (private_key, public_key) in privates.into_iter().zip(publics) {
        let message = encrypt(public(public_key)?)?;
        assert_eq!(decrypt(private(private_key)?, &message)?, b"text");
        let message = encrypt(private(private_key)?)?;
        assert_eq!(decrypt(private(privates[0])?, &message)?, b"text");
    }
    Ok(())
}

#[test]
fn every_form_has_the_same_public_key() -> Result<()> {
    let spki = key!("public.spki.der");
    for key in [
        key!("private.pkcs8.pem"),
        key!("private.pkcs8.der"),
        key!("private.pkcs1.pem"),
        key!("private.pkcs1.der"),
        key!("public.spki.pem"),
        spki,
        key!("public.pkcs1.pem"),
        key!("public.pkcs1.der"),
    ] {
        assert_eq!(RawRsaProvider::public_key_of(key)?, spki);
    }
    for key in [key!("private.ec.pem"), key!("private.encrypted.pem"), b"", b"no key", &spki[1..]] {
        assert!(RawRsaProvider::public_key_of(key).is_err());
    }
    Ok(())
}

#[test]
fn a_public_key_does_not_decrypt_and_says_why() -> Result<()> {
    let provider = public(key!("public.spki.pem"))?;
    let message = encrypt(public(key!("public.spki.pem"))?)?;
    let Err(Error::NoUsableKey { attempts, .. }) = decrypt(provider, &message) else {
        return Err(Error::invalid_input("it opened"));
    };
    let said = attempts[0].error().map(ToString::to_string).unwrap_or_default();
    assert!(said.contains("only the public half"), "{said}");
    Ok(())
}

#[test]
fn other_things_are_no_keys() {
    for (key, unsupported) in [
        (key!("private.encrypted.pem"), true),
        (key!("private.ec.pem"), false),
        (key!("public.spki.pem"), false),
        (key!("public.spki.der"), false),
        (&b"-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n"[..], false),
        (&[0x30, 0x82][..], false),
        (&[], false),
    ] {
        match private(key) {
            Err(Error::Unsupported { .. }) => assert!(unsupported),
            Err(Error::InvalidInput { .. }) => assert!(!unsupported),
            other => assert!(other.is_err(), "{other:?}"),
        }
    }
    for key in [key!("private.pkcs8.pem"), key!("private.ec.pem"), &[0x30, 0x03, 2, 1, 0], &[]] {
        assert!(matches!(public(key), Err(Error::InvalidInput { .. })));
    }
}

/// AWS-LC takes no keys below 2048 bits. Without the feature that does, the error names it.
#[test]
fn short_keys_need_a_feature() -> Result<()> {
    let short = private(key!("private.1024.pem"));
    if cfg!(feature = "rustcrypto-rsa") {
        let message = encrypt(short?)?;
        assert_eq!(decrypt(private(key!("private.1024.pem"))?, &message)?, b"text");
        return Ok(());
    }
    let Err(Error::Unsupported { what, .. }) = short else {
        return Err(Error::invalid_input("another answer"));
    };
    assert!(what.contains("1024 bits") && what.contains("`rustcrypto-rsa`"), "{what}");
    Ok(())
}

/// Wrong key, wrong padding, damage and a wrong length must not be told apart.
#[test]
fn every_failure_of_pkcs1_is_the_same() -> Result<()> {
    use crypto_envelope::{
        AlgorithmSuite, EncryptedDataKey, SecretBytes,
        provider::{Target, UnwrapRequest, WrapRequest},
    };
    let pkcs1 = RawRsaProvider::with_private_key(
        "rsa",
        "key",
        RsaPadding::DangerPkcs1V15,
        key!("private.pkcs8.pem"),
    )?;
    let context = EncryptionContext::new();
    let target = Target::Message(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey);
    let wrap = |provider: &RawRsaProvider, length| {
        let secret = SecretBytes::random(length)?;
        blocking::wait(provider.wrap(WrapRequest::new(&secret, target, &context)))
    };
    let good = wrap(&pkcs1, 32)?.swap_remove(0);
    let mut damaged = good.ciphertext().to_vec();
    damaged[7] ^= 1;
    let keys = [
        EncryptedDataKey::new("rsa", "key", damaged)?,
        EncryptedDataKey::new("rsa", "key", &good.ciphertext()[1..])?,
        EncryptedDataKey::new("rsa", "key", "")?,
        EncryptedDataKey::new("rsa", "key", [0xff; 256])?,
        wrap(&pkcs1, 31)?.swap_remove(0),
        wrap(&private(key!("private.pkcs8.pem"))?, 32)?.swap_remove(0),
    ];
    for key in &keys {
        let answer = blocking::wait(pkcs1.unwrap(UnwrapRequest::new(key, target, &context)));
        let said = answer.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(said, "authentication failed: encrypted data key");
    }
    Ok(())
}
