use crypto_envelope::{
    blocking,
    provider::{MultiProvider, RawAesProvider},
};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{
    SseCustomerKey,
    key_ring::{
        KeyRing, KeyRingError, KeyRingErrorKind,
        testing::{MemoryRing, vector, vectors},
    },
};

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_else(|| unreachable!("{field} is a text in {case}"))
}

fn bytes(case: &Value, field: &str) -> Vec<u8> {
    let digits = text(case, field).as_bytes();
    let byte = |pair: &[u8]| {
        let pair = str::from_utf8(pair).expect("hexadecimal digits");
        u8::from_str_radix(pair, 16).expect("hexadecimal digits")
    };
    digits.chunks(2).map(byte).collect()
}

fn array<'a>(value: &'a Value, field: &str, count: usize) -> &'a [Value] {
    let array = value[field].as_array().unwrap_or_else(|| unreachable!("{field} is an array"));
    assert_eq!(array.len(), count, "{field}");
    array
}

/// The key that wraps all vectors, and the one that wraps some of them too.
fn providers() -> [RawAesProvider; 2] {
    let about = vectors("derivation.json");
    let provider = |key: &Value| {
        let secret = SecretBytes::from(bytes(key, "key_hex"));
        RawAesProvider::new(text(key, "namespace"), text(key, "name"), &secret).expect("a key")
    };
    let keys = array(&about, "wrapping_keys", 2);
    [provider(&keys[0]), provider(&keys[1])]
}

fn open(text: impl Into<Vec<u8>>) -> Result<KeyRing> {
    let [provider, _] = providers();
    blocking::wait(KeyRing::builder(provider, MemoryRing::with(text)).open())
}

#[test]
fn the_vectors_are_read_as_they_are_written() -> Result<()> {
    let about = vectors("derivation.json");
    for ring in array(&about, "rings", 5) {
        let name = text(ring, "name");
        let stored = vector(&format!("{name}.json"));
        let document = Document::parse(&stored).expect("a vector");
        assert_eq!(document.id, text(ring, "id"));
        assert_eq!(document.authenticated()?, bytes(ring, "authenticated_hex"), "{name}");
        assert_eq!(document.mac.to_vec(), bytes(ring, "mac_hex"), "{name}");
        let epochs: Vec<_> = document.epochs().map(|(epoch, _)| epoch.number().into()).collect();
        assert_eq!(Value::Array(epochs), ring["epochs"]);
        let written = document.text();
        assert_eq!(Document::parse(written.as_bytes()), Ok(document), "{name}");
        // The pairs of a context are sorted here, and as they came there.
        assert_eq!(written.as_bytes(), stored, "{name}");
    }
    Ok(())
}

#[test]
fn the_vectors_open_and_give_their_keys() -> Result<()> {
    let about = vectors("derivation.json");
    for case in array(&about, "keys", 90) {
        let root = SecretBytes::from(bytes(case, "root_hex"));
        let (bucket, object) = (text(case, "bucket"), text(case, "object"));
        let expected = SseCustomerKey::from_bytes(bytes(case, "key_hex"))?;
        let derived = derive::customer_key(&root, bucket, object)?;
        assert_eq!(derived.digest(), expected.digest(), "{bucket} {object}");
        let ring = open(vector(&format!("{}.json", text(case, "ring"))))?;
        let number = case["epoch"].as_u64().and_then(|number| u32::try_from(number).ok());
        let epoch = Epoch::new(number.expect("a number"))?;
        if ring.buckets().iter().any(|name| name == bucket) {
            let key = blocking::wait(ring.key_of(epoch, bucket, object))?;
            assert_eq!(key.digest(), expected.digest(), "{bucket} {object}");
        }
    }
    Ok(())
}

#[test]
fn either_of_several_providers_opens_a_ring() -> Result<()> {
    let [one, other] = providers();
    let open = |provider: MultiProvider| {
        let place = MemoryRing::with(vector("several-providers.json"));
        let ring = blocking::wait(KeyRing::builder(provider, place).open())?;
        let key = ring.key_of(Epoch::FIRST, "photos", "a");
        Ok::<_, Error>(blocking::wait(key)?.digest().to_string())
    };
    let [stranger, _] = [(); 2].map(|()| {
        RawAesProvider::new("tests", "stranger", &SecretBytes::from(vec![1; 32])).expect("a key")
    });
    assert_eq!(open(MultiProvider::new(one))?, open(MultiProvider::new(other))?);
    let refused = open(MultiProvider::new(stranger)).map_err(|e| KeyRingError::kind_in(&e));
    assert_eq!(refused, Err(Some(KeyRingErrorKind::NotUnwrapped)));
    Ok(())
}

#[test]
fn what_is_not_as_described_is_refused() {
    let cases = vectors("negative.json");
    let cases = cases.as_array().expect("cases");
    assert_eq!(cases.len(), 112);
    for case in cases {
        let (name, stored) = (text(case, "name"), text(case, "text"));
        let error = open(stored).err().unwrap_or_else(|| unreachable!("{name} is refused"));
        let kind = KeyRingError::kind_in(&error);
        assert_eq!(format!("{kind:?}"), format!("Some({})", text(case, "kind")), "{name}: {error}");
        assert_eq!(Document::parse(stored.as_bytes()).is_err(), text(case, "kind") == "Malformed");
        assert!(error.to_string().contains("To "), "it says what to do: {error}");
    }
}

#[test]
fn what_is_too_long_is_not_read() {
    let mut text = vector("one-epoch.json");
    text.resize(MAX_BYTES, b' ');
    assert!(Document::parse(&text).is_ok());
    text.push(b' ');
    let refused = Document::parse(&text).expect_err("it is too long");
    assert!(refused.0.contains("longer than 262144 bytes"), "{refused:?}");
    // Each of them has a limit of its own as well.
    for (from, to) in [
        ("\"photos\"", format!("\"{}\"", "b".repeat(256))),
        ("\"keys\": [", format!("\"keys\": [{}", "1,".repeat(40))),
        ("\"retired\": [", format!("\"retired\": [{}", "1,".repeat(1001))),
        ("\"ciphertext\": \"", format!("\"ciphertext\": \"{}", "AAAA".repeat(22_000))),
    ] {
        let text = String::from_utf8(vector("one-epoch.json")).expect("UTF-8");
        assert!(Document::parse(text.replace(from, &to).as_bytes()).is_err(), "{from}");
    }
    for brackets in ["[", "{\"a\":", "[[{\"a\":"] {
        assert!(Document::parse(brackets.repeat(40_000).as_bytes()).is_err());
    }
}

/// It goes into logs.
#[test]
fn what_is_said_of_a_malformed_ring_is_short() {
    let text = String::from_utf8(vector("one-epoch.json")).expect("UTF-8");
    let ring: Value = serde_json::from_str(&text).expect("JSON");
    let long = "x".repeat(50_000);
    for (member, wrong) in [
        ("context", serde_json::json!({format!("aws-crypto-\u{7}{long}"): "y"})),
        ("context", serde_json::json!({"y": long.repeat(2)})),
        ("buckets", serde_json::json!([long])),
        ("id", serde_json::json!(long)),
        ("format", serde_json::json!(long)),
        (&format!("{long}\u{7}"), serde_json::json!(1)),
    ] {
        let mut changed = ring.clone();
        changed[member] = wrong;
        let refused = Document::parse(changed.to_string().as_bytes()).expect_err("it is wrong");
        let what = refused.0;
        assert!(what.chars().count() <= 1000 && !what.contains(char::is_control), "{what}");
    }
}

/// Whoever changes a character gets a ring that is refused, or the same.
#[test]
fn no_change_of_one_byte_gives_another_ring() {
    let stored = vector("several-providers.json");
    let same = Document::parse(&stored).expect("a vector");
    let mut refused = 0;
    for index in 0..stored.len() {
        for other in
            [b'"', b'0', b'1', b'A', b' ', b',', b'}', stored[index] ^ 1, stored[index] ^ 0x20]
        {
            let mut changed = stored.clone();
            changed[index] = other;
            match Document::parse(&changed) {
                Ok(document) if document == same => {}
                Ok(_) => {
                    let kind = open(changed).map(drop).map_err(|e| KeyRingError::kind_in(&e));
                    let at = String::from_utf8_lossy(&stored[index..]).into_owned();
                    assert!(kind.is_err(), "{other} at {at}");
                    refused += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 5000, "{refused}");
}

#[test]
fn retiring_forgets_the_oldest_and_never_the_newest() {
    let mut document = Document::parse(&vector("one-epoch.json")).expect("a vector");
    let root = document.root(Epoch::FIRST).expect("epoch 1").clone();
    document.retire(Epoch::FIRST, root.created);
    assert_eq!((document.newest(), document.retired.len()), (Epoch::FIRST, 0));
    let mut epoch = Epoch::FIRST;
    for _ in 0..=MOST_RETIRED {
        let older = epoch;
        epoch = epoch.next().expect("there are more");
        document.add(epoch, root.clone());
        document.retire(older, root.created);
    }
    assert_eq!(document.retired.len(), MOST_RETIRED);
    assert!(!document.retired.contains_key(&Epoch::FIRST));
    assert_eq!(Document::parse(document.text().as_bytes()), Ok(document));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn pieces_of_rings_never_panic(
        pieces in prop::collection::vec((0..1700_usize, 0..60_usize), 0..12),
        noise in ".{0,20}",
    ) {
        let stored = vector("several-epochs.json");
        let mut text = Vec::new();
        for (from, length) in pieces {
            let from = from.min(stored.len());
            text.extend(&stored[from..(from + length).min(stored.len())]);
            text.extend(noise.as_bytes());
        }
        prop_assert!(Document::parse(&text).is_err());
    }

    #[test]
    fn what_is_written_is_read(
        pairs in prop::collection::btree_map("[^\u{0}]{0,8}", ".{0,8}", 0..4),
        buckets in prop::collection::btree_set("[a-z\u{e9}:/.\"\\\\]{1,12}", 0..4),
        numbers in prop::collection::btree_set(1..=u32::MAX, 1..6),
        retire in 0..5_usize,
        part in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut document = Document::parse(&vector("one-epoch.json")).expect("a vector");
        let created = document.root(Epoch::FIRST).expect("epoch 1").created;
        document.context = pairs.into_iter().collect();
        document.buckets = buckets;
        document.epochs.clear();
        for number in &numbers {
            let key = EncryptedDataKey::new("p\u{e9}", part.clone(), part.clone()).expect("short");
            let root = WrappedRoot { created, keys: vec![key; 1 + usize::from(*number % 2 == 0)] };
            document.add(Epoch::of(*number).expect("not zero"), root);
        }
        for number in numbers.iter().take(retire) {
            document.retire(Epoch::of(*number).expect("not zero"), created);
        }
        let root = SecretBytes::from(part);
        document.seal(&root).expect("it is short");
        let read = Document::parse(document.text().as_bytes()).expect("it was written by us");
        prop_assert_eq!(&read, &document);
        prop_assert!(read.is_sealed_with(&root).expect("it is short"));
    }
}
