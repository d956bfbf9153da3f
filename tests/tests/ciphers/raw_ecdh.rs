//! Keys on elliptic curves in every form, and who opens what.

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, Error, Result, blocking,
    provider::{EcCurve, EcKey, KeyProvider, RawEcdhProvider},
};

macro_rules! key {
    ($name:literal) => {
        include_bytes!(concat!("../../vectors/ec/", $name)).as_slice()
    };
}

const CURVES: [EcCurve; 3] = [EcCurve::P256, EcCurve::P384, EcCurve::P521];

fn context() -> EncryptionContext {
    EncryptionContext::from([("tenant", "blue")])
}

fn encrypt(provider: impl KeyProvider) -> Result<Vec<u8>> {
    blocking::wait(Encryptor::new(provider).encrypt(b"text", &context()))
}

fn decrypt(provider: impl KeyProvider, message: &[u8]) -> Result<Vec<u8>> {
    let opened = blocking::wait(Decryptor::new(provider).decrypt(message, &context()))?;
    Ok(opened.into_plaintext())
}

fn is_refused(outcome: &Result<Vec<u8>>) {
    assert!(matches!(outcome, Err(Error::NoUsableKey { .. })), "{outcome:?}");
}

#[test]
fn every_form_is_the_same_key() -> Result<()> {
    let spki = key!("p256.alice.spki.der");
    for private in [
        key!("p256.alice.pkcs8.pem"),
        key!("p256.alice.pkcs8.der"),
        key!("p256.alice.sec1.pem"),
        key!("p256.alice.parameters.pem"),
        key!("p256.alice.compressed.sec1.pem"),
        key!("p256.alice.alone.sec1.pem"),
    ] {
        let key = EcKey::parse(private)?;
        assert!(key.is_private());
        assert_eq!((key.curve(), &key.public_key()[..]), (EcCurve::P256, spki));
        assert_eq!(format!("{key:?}"), "EcKey(private, P-256)");
    }
    for public in [key!("p256.alice.spki.pem"), spki, key!("p256.alice.compressed.spki.pem")] {
        let key = EcKey::parse(public)?;
        assert!(!key.is_private());
        assert_eq!(key.public_key(), spki);
    }
    for (private, public) in [
        (key!("p384.alice.pkcs8.pem"), key!("p384.alice.spki.pem")),
        (key!("p384.alice.sec1.pem"), key!("p384.alice.spki.pem")),
        (key!("p521.alice.pkcs8.pem"), key!("p521.alice.spki.pem")),
        (key!("p521.alice.sec1.pem"), key!("p521.alice.spki.pem")),
    ] {
        assert_eq!(EcKey::parse(private)?.public_key(), EcKey::parse(public)?.public_key());
    }
    Ok(())
}

#[test]
fn what_is_no_key_is_refused() -> Result<()> {
    let refusal = |key: &[u8]| EcKey::parse(key).expect_err("it is refused").to_string();
    for (key, part) in [
        (key!("secp256k1.pkcs8.pem"), "not on P-256, P-384 or P-521"),
        (include_bytes!("../../vectors/rsa/private.pkcs8.pem"), "not on P-256, P-384 or P-521"),
        (include_bytes!("../../vectors/rsa/private.pkcs1.pem"), "RSA PRIVATE KEY"),
        (key!("p256.alice.encrypted.pem"), "password"),
        (
            b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
            "not a key",
        ),
        (b"-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----\n", "damaged"),
        (b"", "not a key"),
    ] {
        let refused = refusal(key);
        assert!(refused.contains(part), "{refused}");
    }
    let parameters = "-----BEGIN EC PARAMETERS-----\n-----END EC PARAMETERS-----\n".repeat(100_000);
    assert!(refusal(parameters.as_bytes()).contains("not a key"));
    let der = key!("p256.alice.pkcs8.der");
    // The last byte is one of the public key's.
    let mut other_half = der.to_vec();
    *other_half.last_mut().expect("it is long") ^= 1;
    assert!(refusal(&other_half).contains("no point"));
    let bob = EcKey::parse(key!("p256.bob.pkcs8.pem"))?.public_key();
    let point = bob.len() - 65;
    let mut of_bob = der.to_vec();
    let place = of_bob.len() - 65;
    of_bob[place..].copy_from_slice(&bob[point..]);
    assert!(refusal(&of_bob).contains("belongs to another"));
    // The private number is zero, or that of no point.
    let place = der.windows(2).position(|two| two == [4, 32]).expect("an octet string") + 2;
    for byte in [0, 0xff] {
        let mut without = der.to_vec();
        without[place..place + 32].fill(byte);
        assert!(refusal(&without).contains("private key is not one"));
    }
    for length in 0..der.len() {
        assert!(EcKey::parse(&der[..length]).is_err());
    }
    Ok(())
}

#[test]
fn either_of_two_opens_what_the_other_wrote() -> Result<()> {
    for curve in CURVES {
        let [alice, bob, eve] = [0; 3].map(|_| EcKey::generate(curve).expect("a key"));
        let of_alice = || RawEcdhProvider::between(&alice, &bob.to_public());
        let of_bob = || RawEcdhProvider::between(&bob, &alice.to_public());
        let message = encrypt(of_alice()?)?;
        assert_eq!(decrypt(of_alice()?, &message)?, b"text");
        assert_eq!(decrypt(of_bob()?, &message)?, b"text");
        assert_eq!(decrypt(of_alice()?, &encrypt(of_bob()?)?)?, b"text");
        assert_eq!(decrypt(RawEcdhProvider::discovery(&bob)?, &message)?, b"text");
        is_refused(&decrypt(RawEcdhProvider::discovery(&alice)?, &message));
        is_refused(&decrypt(RawEcdhProvider::between(&eve, &bob.to_public())?, &message));
        is_refused(&decrypt(RawEcdhProvider::discovery(&eve)?, &message));
    }
    Ok(())
}

#[test]
fn what_is_written_to_a_key_opens_with_its_private_half() -> Result<()> {
    for curve in CURVES {
        let [alice, bob] = [0; 2].map(|_| EcKey::generate(curve).expect("a key"));
        let message = encrypt(RawEcdhProvider::to(&bob.to_public())?)?;
        assert_eq!(decrypt(RawEcdhProvider::discovery(&bob)?, &message)?, b"text");
        is_refused(&decrypt(RawEcdhProvider::to(&bob)?, &message));
        is_refused(&decrypt(RawEcdhProvider::between(&bob, &alice)?, &message));
    }
    Ok(())
}

#[test]
fn directions_that_there_are_not_are_refused() -> Result<()> {
    let [alice, bob] = [0; 2].map(|_| EcKey::generate(EcCurve::P256).expect("a key"));
    let refusal = |error: Error| error.to_string();
    let other = EcKey::generate(EcCurve::P384)?;
    let refused = refusal(RawEcdhProvider::between(&alice, &other).expect_err("two curves"));
    assert!(refused.contains("P-256") && refused.contains("P-384"), "{refused}");
    for outcome in [
        RawEcdhProvider::between(&alice.to_public(), &bob),
        RawEcdhProvider::discovery(&alice.to_public()),
    ] {
        let refused = refusal(outcome.expect_err("a public key"));
        assert!(refused.contains("private"), "{refused}");
    }
    let refused = refusal(encrypt(RawEcdhProvider::discovery(&bob)?).expect_err("no sender"));
    assert!(refused.contains("does not encrypt"), "{refused}");
    Ok(())
}

#[test]
fn properties_say_who_may_have_wrapped() -> Result<()> {
    let [alice, bob] = [0; 2].map(|_| EcKey::generate(EcCurve::P256).expect("a key"));
    let of_two = RawEcdhProvider::between(&alice, &bob)?.properties();
    assert!(of_two.binds_context && of_two.authenticates_wrapper);
    for of_one in [RawEcdhProvider::to(&bob)?, RawEcdhProvider::discovery(&bob)?] {
        let properties = of_one.properties();
        assert!(properties.binds_context && !properties.authenticates_wrapper);
    }
    Ok(())
}
