//! Encrypting, and signing, with RSA keys.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey},
    signature::{
        RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaParameters, UnparsedPublicKey,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::fake::alibaba_instance::{FakeAlibabaInstance, KeyKind};

use crate::{
    client::{Client, KEY_VERSION, Result},
    fields::field,
};

const OAEP: &str = "RSAES_OAEP_SHA_256";

fn public_key(client: &Client<'_>, id: &str) -> Result<Vec<u8>> {
    let answer = client.ask("GetPublicKey", &[field(1, id)]);
    assert_eq!(answer.text(1), id);
    let pem = answer.text(2);
    let lines = pem.lines().collect::<Vec<_>>();
    assert!(lines.iter().all(|line| line.len() <= 64));
    assert_eq!(lines.first(), Some(&"-----BEGIN PUBLIC KEY-----"));
    assert_eq!(lines.last(), Some(&"-----END PUBLIC KEY-----"));
    Ok(STANDARD.decode(lines[1..lines.len() - 1].concat())?)
}

#[test]
fn what_was_encrypted_comes_back() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let id = kms.create_key(KeyKind::Rsa2048Encrypt)?;
    let oaep = field(3, OAEP);
    let encrypted = client.ask("Encrypt", &[field(1, &id), field(2, [7; 190]), oaep.clone()]);
    assert_eq!((encrypted.text(1), encrypted.text(5)), (id.clone(), OAEP.to_owned()));
    let key = PublicEncryptingKey::from_der(&public_key(&client, &id)?)?;
    let mut local = vec![0; 256];
    OaepPublicEncryptingKey::new(key)?.encrypt(
        &OAEP_SHA256_MGF1SHA256,
        &[7; 190],
        &mut local,
        None,
    )?;
    for ciphertext in [&encrypted.bytes(2), &local] {
        let parts = [field(1, ciphertext), field(2, &id), oaep.clone()];
        let decrypted = client.ask("Decrypt", &parts);
        assert_eq!(decrypted.bytes(2), [7; 190]);
        let version = decrypted.header(KEY_VERSION).ok_or("no version")?;
        assert_eq!(client.ask_version(version, "Decrypt", &parts).bytes(2), [7; 190]);
    }
    local[200] ^= 1;
    for ciphertext in [&local[..], &local[..255], b"short"] {
        let parts = [field(1, ciphertext), field(2, &id), oaep.clone()];
        let refused = client.ask("Decrypt", &parts);
        assert_eq!(refused.code(), "400 InvalidParameter");
        assert!(refused.text(3).contains("ciphertext"));
    }
    for parts in [
        [field(1, &id), field(2, [7; 191]), oaep.clone()],
        [field(1, &id), field(2, [7; 190]), vec![]],
        [field(1, &id), field(2, [7; 190]), field(3, "AES_GCM")],
        [field(1, &id), [field(2, [7; 190]), oaep].concat(), field(4, "aad")],
    ] {
        assert_eq!(client.code("Encrypt", &parts), "400 InvalidParameter");
    }
    Ok(())
}

#[test]
fn signatures_are_those_of_the_key() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let id = kms.create_key(KeyKind::Rsa2048Sign)?;
    let key = public_key(&client, &id)?;
    let hash = digest(&SHA256, b"text");
    for (algorithm, parameters) in [
        ("RSA_PKCS1_SHA_256", &RSA_PKCS1_2048_8192_SHA256),
        ("RSA_PSS_SHA_256", &RSA_PSS_2048_8192_SHA256),
    ] {
        for (kind, message) in [("RAW", &b"text"[..]), ("DIGEST", hash.as_ref()), ("", b"text")] {
            let about = [field(4, message), field(5, kind)];
            let parts = [field(1, &id), field(3, algorithm), about.concat()];
            check_signing(&client, &key, parameters, &parts)?;
        }
    }
    Ok(())
}

fn check_signing(
    client: &Client<'_>,
    key: &[u8],
    parameters: &'static RsaParameters,
    parts: &[Vec<u8>],
) -> Result<()> {
    let signed = client.ask("Sign", parts);
    let signature = signed.bytes(2);
    UnparsedPublicKey::new(parameters, key).verify(b"text", &signature)?;
    assert!(signed.header(KEY_VERSION).is_some());
    let sent = crate::fields::parse(&parts.concat()).ok_or("no message")?;
    let sent = |number| sent.iter().find(|(other, _)| *other == number).map_or(&[][..], |it| &it.1);
    let kind = if sent(5).is_empty() { b"RAW" } else { sent(5) };
    assert_eq!((signed.bytes(4), signed.bytes(5)), (sent(3).to_vec(), kind.to_vec()));
    let mut damaged = signature.clone();
    damaged[0] ^= 1;
    for (signature, expected) in
        [(&signature, vec![vec![0, 0, 0, 0, 0, 0, 0, 1]]), (&damaged, vec![])]
    {
        let parts = [
            field(1, sent(1)),
            field(3, signature),
            field(4, sent(3)),
            field(5, sent(4)),
            field(6, sent(5)),
        ];
        let verified = client.ask("Verify", &parts);
        assert_eq!((verified.status, verified.all(2)), (200, expected));
    }
    Ok(())
}

#[test]
fn keys_do_what_they_are_for() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let symmetric = field(1, kms.create_key(KeyKind::Symmetric)?);
    let encrypts = kms.create_key(KeyKind::Rsa2048Encrypt)?;
    let signs = field(1, kms.create_key(KeyKind::Rsa2048Sign)?);
    let signing = [field(3, "RSA_PSS_SHA_256"), field(4, "text")].concat();
    let encrypting = [field(2, "text"), field(3, OAEP)].concat();
    for (operation, key, more) in [
        ("GetPublicKey", &symmetric, &vec![]),
        ("Sign", &symmetric, &signing),
        ("Sign", &field(1, &encrypts), &signing),
        ("Sign", &signs, &[signing.clone(), field(5, "DIGEST")].concat()),
        ("Sign", &signs, &[signing.clone(), field(5, "raw")].concat()),
        ("Sign", &signs, &field(4, "text")),
        ("Sign", &signs, &[field(3, "ECDSA_SHA_256"), field(4, "text")].concat()),
        ("Encrypt", &signs, &encrypting),
        ("Encrypt", &symmetric, &encrypting),
        ("AdvanceEncrypt", &field(1, &encrypts), &field(2, "text")),
    ] {
        let code = client.code(operation, &[key.clone(), more.clone()]);
        let is_refused = ["400 InvalidParameter", "400 MissingParameter"].contains(&&*code);
        assert!(is_refused, "{operation} {code}");
    }
    let digest = [signs, signing, field(2, "digest")];
    assert_eq!(client.code("Sign", &digest), "400 UnsupportedOperation");
    let refused = kms.rotate_key(&encrypts).expect_err("it is not symmetric");
    assert_eq!(refused.code(), "UnsupportedOperation");
    Ok(())
}
