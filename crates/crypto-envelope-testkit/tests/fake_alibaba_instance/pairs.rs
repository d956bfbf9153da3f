//! Key pairs for use elsewhere.

use aws_lc_rs::{
    agreement::{ECDH_P256, PrivateKey},
    encoding::{AsDer, PublicKeyX509Der},
    rsa::PrivateDecryptingKey,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::{
    fake::alibaba_instance::{FakeAlibabaInstance, KeyKind},
    redaction,
};

use crate::{
    client::{Answer, Client, KEY_VERSION, Result},
    fields::field,
};

/// One of the four calls, and where its fields are.
struct Kind {
    operation: &'static str,
    /// Of the specification, the format and the Aad in the request.
    asked: [u8; 3],
    /// Of the plaintext, or 0.
    plaintext: u64,
    blob: u64,
    public_key: u64,
    opens: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        operation: "GenerateDataKeyPair",
        asked: [3, 4, 5],
        plaintext: 4,
        blob: 5,
        public_key: 6,
        opens: "Decrypt",
    },
    Kind {
        operation: "GenerateDataKeyPairWithoutPlaintext",
        asked: [3, 4, 5],
        plaintext: 0,
        blob: 4,
        public_key: 5,
        opens: "Decrypt",
    },
    Kind {
        operation: "AdvanceGenerateDataKeyPair",
        asked: [2, 3, 4],
        plaintext: 4,
        blob: 5,
        public_key: 6,
        opens: "AdvanceDecrypt",
    },
    Kind {
        operation: "AdvanceGenerateDataKeyPairWithoutPlaintext",
        asked: [2, 3, 4],
        plaintext: 0,
        blob: 4,
        public_key: 5,
        opens: "AdvanceDecrypt",
    },
];

impl Kind {
    fn ask(&self, client: &Client<'_>, key: &str, spec: &str, format: &str) -> Answer {
        let [specs, formats, aads] = self.asked;
        let parts = [field(1, key), field(specs, spec), field(formats, format), field(aads, "aad")];
        client.ask(self.operation, &parts)
    }

    /// The private key, out of its ciphertext; and the public one. It opens with its Aad alone.
    fn pair(&self, client: &Client<'_>, key: &str, spec: &str, format: &str) -> (Vec<u8>, Vec<u8>) {
        let made = self.ask(client, key, spec, format);
        assert_eq!((made.text(1), made.text(3)), (key.to_owned(), spec.to_owned()));
        assert_eq!(made.header(KEY_VERSION).map(str::len), Some(36));
        let blob = field(1, made.bytes(self.blob));
        let mut parts = vec![blob, field(2, key), field(5, made.bytes(2))];
        assert_eq!(client.code(self.opens, &parts), "400 InvalidParameter");
        parts.push(field(4, "aad"));
        let private_key = client.ask(self.opens, &parts).bytes(2);
        if self.plaintext != 0 {
            assert_eq!(made.bytes(self.plaintext), private_key);
        }
        (private_key, made.bytes(self.public_key))
    }
}

#[test]
fn pairs_belong_together() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let key = kms.create_key(KeyKind::Symmetric)?;
    kms.rotate_key(&key)?;
    for (kind, (spec, bits)) in KINDS[1..3].iter().zip([("RSA_2048", 2048), ("RSA_3072", 3072)]) {
        let (private_key, public_key) = kind.pair(&client, &key, spec, "DER");
        // Its beginning is as in every key.
        let (_, end) = private_key.split_last_chunk::<64>().ok_or("short")?;
        redaction::hunt_debug(&kms, &[end])?;
        let private_key = PrivateDecryptingKey::from_pkcs8(&private_key)?;
        let own: PublicKeyX509Der<'_> = private_key.public_key().as_der()?;
        assert_eq!((private_key.key_size_bits(), own.as_ref()), (bits, &public_key[..]));
    }
    let mut seen = Vec::new();
    for kind in &KINDS {
        let (private_key, public_key) = kind.pair(&client, &key, "EC_P256", "DER");
        let private_key = PrivateKey::from_private_key_der(&ECDH_P256, &private_key)?;
        let own: PublicKeyX509Der<'_> = private_key.compute_public_key()?.as_der()?;
        assert_eq!(own.as_ref(), public_key);
        assert!(!seen.contains(&public_key));
        seen.push(public_key);
    }
    Ok(())
}

fn der(pem: Vec<u8>, label: &str) -> Result<Vec<u8>> {
    let pem = String::from_utf8(pem)?;
    let text = pem.strip_prefix(&format!("-----BEGIN {label}-----\n")).ok_or("no beginning")?;
    let text = text.strip_suffix(&format!("-----END {label}-----\n")).ok_or("no end")?;
    Ok(STANDARD.decode(text.replace('\n', ""))?)
}

#[test]
fn pairs_are_text_too() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let key = kms.create_key(KeyKind::Symmetric)?;
    for kind in &KINDS {
        let (private_key, public_key) = kind.pair(&client, &key, "EC_P256", "PEM");
        let private_key = der(private_key, "PRIVATE KEY")?;
        let private_key = PrivateKey::from_private_key_der(&ECDH_P256, &private_key)?;
        let own: PublicKeyX509Der<'_> = private_key.compute_public_key()?.as_der()?;
        assert_eq!(own.as_ref(), der(public_key, "PUBLIC KEY")?);
    }
    Ok(())
}

#[test]
fn what_is_no_pair_is_refused() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let symmetric = kms.create_key(KeyKind::Symmetric)?;
    let rsa = kms.create_key(KeyKind::Rsa2048Encrypt)?;
    for kind in &KINDS {
        for (key, spec, format, code) in [
            (&*symmetric, "RSA_1024", "DER", "400 InvalidParameter"),
            (&symmetric, "EC_P256", "JWK", "400 InvalidParameter"),
            (&symmetric, "", "DER", "400 MissingParameter"),
            (&symmetric, "EC_P256", "", "400 MissingParameter"),
            (&rsa, "EC_P256", "DER", "400 InvalidParameter"),
            ("key-hzz0", "EC_P256", "DER", "404 Forbidden.KeyNotFound"),
        ] {
            let answer = kind.ask(&client, key, spec, format);
            assert_eq!(answer.code(), code, "{} {spec} {format}", kind.operation);
        }
    }
    Ok(())
}
