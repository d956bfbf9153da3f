//! Whatever the metadata of an object or an instruction file say of its encryption, there is no panic, and
//! nothing comes out of a body that is not whole.
#![no_main]

use std::sync::LazyLock;

use crypto_envelope::{
    blocking,
    provider::{MultiProvider, RsaKey},
};
use crypto_envelope_tencent_cos::{
    CosAesProvider, CosAesWrapping, CosEnvelope, CosFormat, CosRsaProvider, CosRsaWrapping,
    wire::Opened,
};
use libfuzzer_sys::fuzz_target;

/// The master keys of most vectors, and their RSA key.
static PROVIDER: LazyLock<MultiProvider> = LazyLock::new(|| {
    let key = include_bytes!("../../tests/vectors/tencent-cos/keys/rsa2048.pkcs8.pem");
    let key = RsaKey::parse(key).expect("a key");
    let rsa = CosRsaProvider::new(&key, CosRsaWrapping::JavaOaepSha256).expect("a good key");
    let first = MultiProvider::new(aes("V+eJ4XDr/e5umwLz+Ey72xqHj1faftFhp5i8gXcyUqk="));
    first
        .with_child(aes("QKAOTd0UGE8zvzQQ58pxDICh+nXuIQN2gkSKYOUM0Eg="))
        .with_child(rsa.danger_accept_pkcs1_v15())
});

fn aes(key: &str) -> CosAesProvider {
    let key = CosAesProvider::key_of_text(key).expect("a key");
    CosAesProvider::new(&key, CosAesWrapping::JavaKeyWrap).expect("a good key")
}

fuzz_target!(|input: &[u8]| {
    let [kind, piece, bytes @ ..] = input else { return };
    let end = bytes.windows(2).position(|window| window == b"\n\n");
    let (said, body) = end.map_or((bytes, &[][..]), |end| (&bytes[..end], &bytes[end + 2..]));
    let envelope = if kind % 2 == 0 { of_metadata(said) } else { of_instruction_file(said) };
    let Some(envelope) = envelope else { return };
    check_claims(&envelope);
    let Ok(opened) = blocking::wait(Opened::new(&envelope, &*PROVIDER)) else { return };
    let at_once = opened.body(body, body.len());
    let in_pieces = opened.body(body, usize::from(*piece) + 1);
    match (at_once, in_pieces) {
        (Ok(one), Ok(other)) => {
            assert_eq!(one, other);
            assert!(one.len() <= body.len());
        }
        (one, other) => assert!(one.is_err() && other.is_err(), "pieces make a difference"),
    }
});

/// Lines of a name and a value.
fn of_metadata(bytes: &[u8]) -> Option<CosEnvelope> {
    let text = str::from_utf8(bytes).ok()?;
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    CosEnvelope::of_metadata(pairs).ok().flatten()
}

fn of_instruction_file(bytes: &[u8]) -> Option<CosEnvelope> {
    CosEnvelope::of_instruction_file(bytes).ok()
}

fn check_claims(envelope: &CosEnvelope) {
    let keys = envelope.encrypted_data_keys().count();
    assert!((1..=2).contains(&keys));
    assert_ne!(envelope.format(), CosFormat::Message);
    let _ = (envelope.warnings(), envelope.plaintext_length(), format!("{envelope:?}"));
}
