//! AES without authentication: the same bytes, and the same refusals.

use proptest::{collection::vec, prelude::*};

use crate::crypto::{BLOCK_LENGTH, Failed, aws_lc, rust_crypto};

const KEY_LENGTHS: [usize; 3] = [16, 24, 32];

fn key_stream(key: &[u8], counter: [u8; BLOCK_LENGTH], length: usize) -> [Vec<u8>; 2] {
    let (mut one, mut other) = (vec![0; length], vec![0; length]);
    let outcome = aws_lc::AesCtr::new(key).and_then(|key| key.apply(counter, &mut one));
    outcome.expect("AWS-LC takes it");
    let outcome = rust_crypto::AesCtr::new(key).and_then(|key| key.apply(counter, &mut other));
    outcome.expect("RustCrypto takes it");
    [one, other]
}

fn cbc(key: &[u8], iv: [u8; BLOCK_LENGTH], blocks: &[u8]) -> [Result<Vec<u8>, Failed>; 2] {
    let (mut one, mut other) = (blocks.to_vec(), blocks.to_vec());
    let by_one = aws_lc::AesCbcDecryptor::new(key).and_then(|key| key.decrypt(iv, &mut one));
    let by_other =
        rust_crypto::AesCbcDecryptor::new(key).and_then(|key| key.decrypt(iv, &mut other));
    [by_one.map(|()| one), by_other.map(|()| other)]
}

#[test]
fn counters_that_pass_their_largest_value() {
    for key_length in KEY_LENGTHS {
        for bits in [32, 64, 128] {
            for before in 0..20 {
                let counter = (u128::MAX >> (128 - bits)).wrapping_sub(before);
                let [one, other] = key_stream(&vec![7; key_length], counter.to_be_bytes(), 700);
                assert_eq!(one, other, "{key_length} {bits} {before}");
            }
        }
    }
}

#[test]
fn other_lengths_are_refused() {
    for length in (0..=65).filter(|length| !KEY_LENGTHS.contains(length)) {
        let key = vec![7; length];
        assert!(aws_lc::AesCtr::new(&key).is_err() && rust_crypto::AesCtr::new(&key).is_err());
        assert!(cbc(&key, [0; BLOCK_LENGTH], &[0; 16]).iter().all(Result::is_err), "{length}");
    }
    for length in [1, 15, 17, 31] {
        let outcomes = cbc(&[7; 32], [0; BLOCK_LENGTH], &vec![0; length]);
        assert!(outcomes.iter().all(Result::is_err), "{length}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_same_bytes(
        key in prop::sample::select(&KEY_LENGTHS).prop_flat_map(|length| vec(any::<u8>(), length)),
        block in any::<[u8; BLOCK_LENGTH]>(),
        text in vec(any::<[u8; BLOCK_LENGTH]>(), 0..50),
        length in 0_usize..3000,
    ) {
        let [one, other] = key_stream(&key, block, length);
        prop_assert!(one == other);
        let [one, other] = cbc(&key, block, &text.concat());
        prop_assert!(one.expect("whole blocks") == other.expect("whole blocks"));
    }
}
