//! Properties that hold for all plaintexts, frame lengths and splits.

use std::sync::{Arc, LazyLock};

use crypto_envelope::{
    AlgorithmSuite, BodyFormat, CommitmentPolicy, Decryptor, EncryptionContext, Encryptor,
    SecretBytes,
    provider::{KeyProvider, RawAesProvider},
};
use crypto_envelope_tests::{
    adapter::Adapter,
    vectors::{is_refusal, writing_policy},
};
use proptest::prelude::*;

static PROVIDER: LazyLock<Arc<dyn KeyProvider>> = LazyLock::new(|| {
    let key = SecretBytes::from(vec![9; 32]);
    Arc::new(RawAesProvider::new("properties", "key", &key).expect("a good key"))
});

fn suites() -> impl Strategy<Value = AlgorithmSuite> {
    prop::sample::select(AlgorithmSuite::ALL.to_vec())
}

fn adapters() -> impl Strategy<Value = Adapter> {
    prop_oneof![
        Just(Adapter::OneShot),
        Just(Adapter::Pump),
        Just(Adapter::TwoPasses),
        (1_usize..5000).prop_map(Adapter::Engine),
        (1_usize..5000).prop_map(Adapter::Stream),
        (1_usize..5000).prop_map(Adapter::Parallel),
        (1_usize..5000).prop_map(Adapter::ParallelPump),
        (1_usize..5000).prop_map(Adapter::ParallelAt),
        (1_usize..5000).prop_map(Adapter::ParallelPieces),
        (1_usize..5000).prop_map(Adapter::Range),
        (1_usize..5000).prop_map(Adapter::AsyncRange),
        Just(Adapter::AsyncPump),
        Just(Adapter::AsyncTwoPasses),
        (1_usize..5000).prop_map(Adapter::Async),
        (1_usize..5000).prop_map(Adapter::Streaming),
    ]
}

fn contexts() -> impl Strategy<Value = EncryptionContext> {
    let texts = proptest::collection::btree_map("[a-zA-ZäΩ]{0,9}", "\\PC{0,20}", 0..5);
    texts.prop_map(|pairs| pairs.into_iter().collect())
}

fn encryptor(suite: AlgorithmSuite, frame_length: u32) -> Encryptor {
    let builder = Encryptor::builder(PROVIDER.clone())
        .commitment_policy(writing_policy(suite))
        .suite(suite)
        .frame_length(frame_length);
    builder.build().expect("good options")
}

fn decryptor() -> Decryptor {
    let builder = Decryptor::builder(PROVIDER.clone())
        .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt);
    builder.build().expect("good options")
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_sealed_opens(
        plaintext in proptest::collection::vec(any::<u8>(), 0..6000),
        suite in suites(),
        frame_length in 1_u32..2000,
        context in contexts(),
        seal in adapters(),
        open in adapters(),
    ) {
        let encryptor = encryptor(suite, frame_length);
        let message = seal.seal(&encryptor, &plaintext, &context)?;
        let decryptor = decryptor();
        let (opened, found) = open.open(&decryptor, &message, &context)?;
        prop_assert!(opened == plaintext);
        prop_assert!(found.contains_all(&context));
    }

    #[test]
    fn what_is_changed_does_not_open(
        plaintext in proptest::collection::vec(any::<u8>(), 0..3000),
        suite in suites(),
        frame_length in 1_u32..1000,
        open in adapters(),
        place in any::<prop::sample::Index>(),
        change in 1_u8..,
    ) {
        let encryptor = encryptor(suite, frame_length);
        let context = EncryptionContext::from([("purpose", "properties")]);
        let mut message = Adapter::OneShot.seal(&encryptor, &plaintext, &context)?;
        let place = place.index(message.len());
        message[place] ^= change;
        let decryptor = decryptor();
        let opened = open.open(&decryptor, &message, &EncryptionContext::new());
        let whole = Adapter::OneShot.open(&decryptor, &message, &EncryptionContext::new());
        match opened {
            Ok((opened, _)) if whole.as_ref().is_err_and(|error| open.overlooks(error)) => {
                prop_assert!(opened == plaintext);
            }
            opened => prop_assert!(opened.as_ref().is_err_and(is_refusal), "{:?}", opened),
        }
    }

    #[test]
    fn what_is_cut_or_added_to_does_not_open(
        plaintext in proptest::collection::vec(any::<u8>(), 0..3000),
        suite in suites(),
        frame_length in 1_u32..1000,
        open in adapters(),
        place in any::<prop::sample::Index>(),
        addition in proptest::collection::vec(any::<u8>(), 1..50),
    ) {
        let encryptor = encryptor(suite, frame_length);
        let nothing = EncryptionContext::new();
        let mut message = Adapter::OneShot.seal(&encryptor, &plaintext, &nothing)?;
        let decryptor = decryptor();
        let cut = &message[..place.index(message.len())];
        prop_assert!(open.open(&decryptor, cut, &nothing).is_err_and(|e| is_refusal(&e)));
        message.extend(addition);
        prop_assert!(open.open(&decryptor, &message, &nothing).is_err_and(|e| is_refusal(&e)));
    }

    #[test]
    fn anything_else_is_an_error_and_no_panic(
        garbage in proptest::collection::vec(any::<u8>(), 0..500),
        suite in suites(),
        open in adapters(),
    ) {
        let mut message = if suite.is_committing() { vec![2] } else { vec![1, 0x80] };
        message.extend(suite.id().to_be_bytes());
        message.extend(garbage);
        let decryptor = decryptor();
        let opened = open.open(&decryptor, &message, &EncryptionContext::new());
        prop_assert!(opened.as_ref().is_err_and(is_refusal), "{:?}", opened);
    }

    #[test]
    fn sizes_are_forecast(
        plaintext in 0_usize..10_000,
        frame_length in 1_u32..2000,
        suite in suites(),
    ) {
        let encryptor = encryptor(suite, frame_length);
        let nothing = EncryptionContext::new();
        let sealer = crypto_envelope::blocking::wait(encryptor.prepare(&nothing))?;
        let header = sealer.header().clone();
        prop_assert_eq!(header.body_format(), BodyFormat::Framed {
            frame_length: frame_length.try_into().expect("not zero"),
        });
        let forecast = sealer.message_length(plaintext as u64);
        let message = sealer.seal(&vec![0; plaintext])?;
        prop_assert_eq!(forecast, Some(message.len() as u64));
        let estimate = header.estimate_plaintext_length(message.len() as u64);
        prop_assert_eq!(estimate, Some(plaintext as u64));
    }
}
