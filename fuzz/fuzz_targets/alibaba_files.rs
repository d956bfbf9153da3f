//! Whatever is read as a key, as credentials or as a ciphertext of Alibaba Cloud KMS, there is no panic.
#![no_main]

use crypto_envelope::{EncryptedDataKey, SecretBytes};
use crypto_envelope_alibaba_kms::{
    AlibabaKmsInstanceProvider, AlibabaKmsRsaProvider, openapi::Credentials, wire,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [kind, bytes @ ..] = input else { return };
    let text = str::from_utf8(bytes).unwrap_or_default();
    let password = SecretBytes::from(&b"dev-Passw0rd!"[..]);
    match kind % 6 {
        0 => check_credentials(wire::aliyun_profile(bytes, None).ok().flatten()),
        1 => check_credentials(wire::credentials_section(bytes, "default").ok().flatten()),
        2 => drop(wire::client_key_pkcs8(text, &password)),
        3 if !takes_long(bytes) => drop(wire::pkcs12_contents_pkcs8(bytes, &password)),
        4 => check_wrapped(bytes),
        _ => check_blob(text),
    }
});

fn check_credentials(found: Option<Credentials>) {
    let Some(found) = found else { return };
    assert!(found.access_key().id().bytes().all(|byte| byte.is_ascii_graphic()));
}

/// A number of more than 2303 iterations, or what looks like one.
fn takes_long(file: &[u8]) -> bool {
    file.windows(3).any(|number| matches!(number, [2, 3..=5, _] | [2, 2, 9..=127]))
}

/// Nothing else is taken for the same key.
fn check_wrapped(info: &[u8]) {
    let key = |id, info| EncryptedDataKey::new(id, info, vec![1]).ok();
    let recognize = [AlibabaKmsInstanceProvider::recognize, AlibabaKmsRsaProvider::recognize];
    for (id, recognize) in ["alibaba-kms", "alibaba-kms-rsa"].into_iter().zip(recognize) {
        let of = |info: &[u8]| key(id, info.to_vec()).and_then(|key| recognize(&key));
        let Some(found) = of(info) else { continue };
        let name = found.key_id.expect("the id of a key");
        assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()), "{name:?}");
        assert!(of(&info[..info.len() - 1]).is_none() && of(&[info, &[0]].concat()).is_none());
        assert!(key("alibaba", info.to_vec()).and_then(|key| recognize(&key)).is_none());
    }
}

fn check_blob(text: &str) {
    let Ok((version, iv, ciphertext)) = wire::transfer_blob(text) else { return };
    assert!(version.len() == 36 && iv.len() == 12 && !ciphertext.is_empty());
}
