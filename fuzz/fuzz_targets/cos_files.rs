//! Whatever is read as a key of the official SDKs for COS, or as the record of a transfer, there is no panic.
#![no_main]

use crypto_envelope::SecretBytes;
use crypto_envelope_tencent_cos::{CosAesProvider, CosRsaProvider, CosRsaWrapping, wire};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [kind, bytes @ ..] = input else { return };
    match kind % 4 {
        0 => check_rsa_key(bytes),
        1 => drop(wire::upload_record(bytes)),
        2 => drop(wire::download_record(bytes)),
        _ => {
            let key =
                str::from_utf8(bytes).ok().and_then(|text| CosAesProvider::key_of_text(text).ok());
            assert!(key.is_none_or(|key| [16, 24, 32].contains(&key.len())));
        }
    }
});

/// With the passphrase of the vectors, and without one.
fn check_rsa_key(bytes: &[u8]) {
    if takes_long(bytes) {
        return;
    }
    let passphrase = SecretBytes::from(&b"hunter2"[..]);
    for passphrase in [None, Some(&passphrase)] {
        if let Ok(key) = CosRsaProvider::key_of(bytes, passphrase) {
            // Not every key that can be read can be used.
            let _ = CosRsaProvider::new(&key, CosRsaWrapping::JavaOaepSha256);
        }
    }
}

/// Whether it may be PKCS#8 whose passphrase is hashed often: in PEM it cannot be seen, else there is a number of
/// more than 2303 in it, or what looks like one.
fn takes_long(bytes: &[u8]) -> bool {
    let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    let is_number = |number: &[u8]| matches!(number, [2, 3..=8, _] | [2, 2, 9..=127]);
    has(b"BEGIN ENCRYPTED") || has(&PBES2) && bytes.windows(3).any(is_number)
}

/// The object identifier of the encryption with a passphrase (RFC 8018), in DER.
const PBES2: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5, 0x0d];
