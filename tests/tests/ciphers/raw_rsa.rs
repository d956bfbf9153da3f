//! RSA keys in every form, and what is not one.

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, Error, Result, blocking,
    provider::{KeyProvider, RawRsaProvider, RsaKey, RsaPadding},
};

macro_rules! key {
    ($name:literal) => {
        include_bytes!(concat!("../../vectors/rsa/", $name)).as_slice()
    };
}

const OAEP: RsaPadding = RsaPadding::OaepSha256;

fn provider(key: &[u8]) -> Result<RawRsaProvider> {
    RawRsaProvider::new("rsa", "key", OAEP, &RsaKey::parse(key)?)
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
        let message = encrypt(provider(public_key)?)?;
        assert_eq!(decrypt(provider(private_key)?, &message)?, b"text");
        let message = encrypt(provider(private_key)?)?;
        assert_eq!(decrypt(provider(privates[0])?, &message)?, b"text");
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
        assert_eq!(RsaKey::parse(key)?.public_key(), spki);
    }
    Ok(())
}

#[test]
fn a_public_key_does_not_decrypt_and_says_why() -> Result<()> {
    let public = provider(key!("public.spki.pem"))?;
    let message = encrypt(provider(key!("public.spki.pem"))?)?;
    let Err(Error::NoUsableKey { attempts, .. }) = decrypt(public, &message) else {
        return Err(Error::invalid_input("it opened"));
    };
    let said = attempts[0].error().map(ToString::to_string).unwrap_or_default();
    assert!(said.contains("only the public half"), "{said}");
    Ok(())
}

#[test]
fn other_things_are_no_keys() {
    for (key, reason) in [
        (key!("private.encrypted.pem"), "encrypted with a password"),
        (key!("private.ec.pem"), "the PRIVATE KEY in the PEM text is not RSA"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is not RSA"),
        (b"-----BEGIN PRIVATE KEY-----\nno base64\n-----END PRIVATE KEY-----\n", "is damaged"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "but: CERTIFICATE"),
        (&[0x30, 0x82], "not an RSA key"),
        (&[0x30, 0x03, 2, 1, 0], "not an RSA key"),
        (&[], "not an RSA key"),
        (b"no key", "not an RSA key"),
        (&key!("public.spki.der")[1..], "not an RSA key"),
    ] {
        let error = RsaKey::parse(key).map_err(|error| error.to_string());
        assert!(error.as_ref().is_err_and(|error| error.contains(reason)), "{error:?}");
    }
}

/// What OpenSSL and editors leave around a key.
#[test]
fn text_around_a_key_is_no_harm() -> Result<()> {
    let pem = key!("private.pkcs8.pem");
    let lines = String::from_utf8_lossy(pem).replace('\n', "\r\n");
    for text in [
        [pem, b"\n\n"].concat(),
        [b"\n  \n", pem].concat(),
        [b"Bag Attributes\n    friendlyName: test\nKey Attributes: <No Attributes>\n", pem]
            .concat(),
        [b"\xef\xbb\xbf\n", pem].concat(),
        [pem, key!("public.spki.pem")].concat(),
        pem.trim_ascii_end().to_vec(),
        lines.into_bytes(),
    ] {
        assert!(RsaKey::parse(&text)?.is_private());
    }
    let encrypted = b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n\
                      -----END RSA PRIVATE KEY-----\n";
    assert!(matches!(RsaKey::parse(encrypted), Err(Error::Unsupported { .. })));
    let other = b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
    let reason = RsaKey::parse(other).map_err(|error| error.to_string());
    assert!(reason.as_ref().is_err_and(|reason| reason.contains("OPENSSH")), "{reason:?}");
    Ok(())
}

/// The reason is that of the key that it is, not of one that it is not.
#[test]
fn public_keys_have_reasons_of_their_own() -> Result<()> {
    let public = RsaKey::parse(key!("public.spki.pem"))?;
    assert!(!public.is_private());
    let reserved = RawRsaProvider::new("aws-kms", "key", OAEP, &public);
    let reason = reserved.map(drop).map_err(|error| error.to_string());
    assert!(reason.as_ref().is_err_and(|reason| reason.contains("aws-kms")), "{reason:?}");
    let short = RsaKey::parse(RsaKey::parse(key!("private.1024.pem"))?.public_key())?;
    let short = RawRsaProvider::new("rsa", "key", OAEP, &short).map(drop);
    if cfg!(not(feature = "rustcrypto-rsa")) {
        let reason = short.map_err(|error| error.to_string());
        assert!(reason.as_ref().is_err_and(|reason| reason.contains("1024 bits")), "{reason:?}");
    }
    Ok(())
}

/// AWS-LC takes no keys below 2048 bits. Without the feature that does, the error names it.
#[test]
fn short_keys_need_a_feature() -> Result<()> {
    let short = provider(key!("private.1024.pem"));
    if cfg!(feature = "rustcrypto-rsa") {
        let message = encrypt(short?)?;
        assert_eq!(decrypt(provider(key!("private.1024.pem"))?, &message)?, b"text");
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
    let pkcs1 = RawRsaProvider::new(
        "rsa",
        "key",
        RsaPadding::DangerPkcs1V15,
        &RsaKey::parse(key!("private.pkcs8.pem"))?,
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
        wrap(&provider(key!("private.pkcs8.pem"))?, 32)?.swap_remove(0),
    ];
    for key in &keys {
        let answer = blocking::wait(pkcs1.unwrap(UnwrapRequest::new(key, target, &context)));
        let said = answer.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(said, "authentication failed: encrypted data key");
    }
    Ok(())
}
