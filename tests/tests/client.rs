//! The rules of the client: contexts, policies, limits, keys, and what comes out when.

use std::{
    io::{Read, Write},
    sync::Arc,
};

use async_trait::async_trait;
use crypto_envelope::{
    AlgorithmSuite, CommitmentPolicy, Decryptor, EncryptedDataKey, EncryptionContext, Encryptor,
    Error, LimitKind, Limits, MessagePart, PolicyViolation, Result, SecretBytes, UnverifiedHeader,
    UnwrapAttempt, blocking,
    io::{self, DecryptReader, EncryptWriter},
    provider::{
        GenerateRequest, GeneratedKey, KeyDescription, KeyProvider, Properties, RawAesProvider,
        Targets, UnwrapRequest, Unwrapped, WrapRequest,
    },
};
use crypto_envelope_tests::{
    adapter::Adapter,
    vectors::{COMMITMENT_POLICIES, writing_policy},
};

const UNSIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
const SIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;

fn provider() -> Result<Arc<RawAesProvider>> {
    Ok(Arc::new(RawAesProvider::new("client", "key", &SecretBytes::random(32)?)?))
}

fn encrypt(
    provider: impl KeyProvider,
    suite: AlgorithmSuite,
    plaintext: &[u8],
    context: &EncryptionContext,
) -> Result<Vec<u8>> {
    let encryptor = Encryptor::builder(provider).suite(suite).frame_length(100).build()?;
    blocking::wait(encryptor.encrypt(plaintext, context))
}

fn decrypt(
    provider: impl KeyProvider,
    message: &[u8],
    expected: &EncryptionContext,
) -> Result<Vec<u8>> {
    let opened = blocking::wait(Decryptor::new(provider).decrypt(message, expected))?;
    Ok(opened.into_plaintext())
}

fn nothing() -> EncryptionContext {
    EncryptionContext::new()
}

#[test]
fn the_defaults_are_those_of_the_official_sdks() -> Result<()> {
    let sealer = blocking::wait(Encryptor::new(provider()?).prepare(&nothing()))?;
    assert_eq!(sealer.header().suite(), SIGNED);
    let format = sealer.header().body_format();
    assert!(format!("{format:?}").contains("4096"), "{format:?}");
    Ok(())
}

#[test]
fn expected_pairs_must_be_there_with_their_values() -> Result<()> {
    let provider = provider()?;
    let context = EncryptionContext::from([("a", "1"), ("b", "2")]);
    let message = encrypt(provider.clone(), UNSIGNED, b"text", &context)?;

    for good in [nothing(), EncryptionContext::from([("b", "2")]), context] {
        assert_eq!(decrypt(provider.clone(), &message, &good)?, b"text");
    }
    let other_value = EncryptionContext::from([("a", "2")]);
    assert!(matches!(
        decrypt(provider.clone(), &message, &other_value),
        Err(Error::Policy(PolicyViolation::ContextMismatch { key, .. })) if key == "a"
    ));
    let other_key = EncryptionContext::from([("c", "1")]);
    assert!(matches!(
        decrypt(provider, &message, &other_key),
        Err(Error::Policy(PolicyViolation::ContextMissing { key, .. })) if key == "c"
    ));
    Ok(())
}

#[test]
fn required_pairs_are_bound_without_being_stored() -> Result<()> {
    let provider = provider()?;
    let context = EncryptionContext::from([("tenant", "blue"), ("purpose", "test")]);
    for suite in [UNSIGNED, SIGNED] {
        let encryptor = Encryptor::builder(provider.clone())
            .suite(suite)
            .required_context_keys(["tenant"])
            .build()?;
        let message = blocking::wait(encryptor.encrypt(b"text", &context))?;
        assert!(!message.windows(4).any(|window| window == b"blue"));

        let decryptor =
            Decryptor::builder(provider.clone()).required_context_keys(["tenant"]).build()?;
        let tenant = |value: &str| EncryptionContext::from([("tenant", value)]);
        let opened = blocking::wait(decryptor.decrypt(&message, &tenant("blue")))?;
        assert!(opened.context().contains_all(&context));

        assert!(matches!(
            blocking::wait(decryptor.decrypt(&message, &nothing())),
            Err(Error::Policy(PolicyViolation::ContextMissing { .. }))
        ));
        assert!(blocking::wait(decryptor.decrypt(&message, &tenant("red"))).is_err());
        assert!(decrypt(provider.clone(), &message, &nothing()).is_err());

        let missing = blocking::wait(encryptor.encrypt(b"text", &nothing()));
        assert!(matches!(missing, Err(Error::Policy(PolicyViolation::ContextMissing { .. }))));
    }
    Ok(())
}

/// Binds nothing and keeps the data key: all that protects the unstored pairs is the header tag.
#[test]
fn unstored_pairs_are_bound_by_the_header_too() -> Result<()> {
    let provider = Arc::new(GOOD);
    let context = EncryptionContext::from([("tenant", "blue")]);
    let encryptor = Encryptor::builder(provider.clone())
        .suite(UNSIGNED)
        .required_context_keys(["tenant"])
        .build()?;
    let message = blocking::wait(encryptor.encrypt(b"text", &context))?;
    let decryptor = Decryptor::builder(provider).required_context_keys(["tenant"]).build()?;
    assert!(blocking::wait(decryptor.decrypt(&message, &context)).is_ok());
    let red = EncryptionContext::from([("tenant", "red")]);
    assert!(matches!(
        blocking::wait(decryptor.decrypt(&message, &red)),
        Err(Error::Authentication { part: MessagePart::Header, .. })
    ));
    Ok(())
}

#[test]
fn commitment_policies_are_kept_on_both_sides() -> Result<()> {
    let provider = provider()?;
    for &suite in AlgorithmSuite::ALL {
        let mut message = None;
        for policy in COMMITMENT_POLICIES {
            let builder =
                Encryptor::builder(provider.clone()).commitment_policy(policy).suite(suite);
            match builder.build() {
                Ok(encryptor) => {
                    assert!(policy.permits_encrypt(suite), "{policy} {suite}");
                    message = Some(blocking::wait(encryptor.encrypt(b"text", &nothing()))?);
                }
                Err(Error::Policy(PolicyViolation::Commitment { .. })) => {
                    assert!(!policy.permits_encrypt(suite), "{policy} {suite}");
                }
                Err(error) => return Err(error),
            }
        }
        let message = message.unwrap_or_default();
        for policy in COMMITMENT_POLICIES {
            let decryptor =
                Decryptor::builder(provider.clone()).commitment_policy(policy).build()?;
            let opened = blocking::wait(decryptor.decrypt(&message, &nothing()));
            let refused = matches!(opened, Err(Error::Policy(PolicyViolation::Commitment { .. })));
            assert_eq!(refused, !policy.permits_decrypt(suite), "{policy} {suite}");
            assert!(refused || opened.is_ok_and(|opened| opened.plaintext() == b"text"));
        }
    }
    Ok(())
}

#[test]
fn reserved_keys_are_refused() -> Result<()> {
    for key in ["aws-crypto-public-key", "aws-crypto-anything"] {
        let context = EncryptionContext::from([(key, "value")]);
        for suite in [UNSIGNED, SIGNED] {
            assert!(matches!(
                encrypt(provider()?, suite, b"", &context),
                Err(Error::Policy(PolicyViolation::ReservedContextKey { .. }))
            ));
        }
    }
    Ok(())
}

#[test]
fn signed_messages_can_be_refused_after_the_header() -> Result<()> {
    let provider = provider()?;
    let decryptor = Decryptor::builder(provider.clone()).unsigned_only().build()?;
    let unsigned = encrypt(provider.clone(), UNSIGNED, b"text", &nothing())?;
    assert!(blocking::wait(decryptor.decrypt(&unsigned, &nothing())).is_ok());

    let signed = encrypt(provider, SIGNED, b"text", &nothing())?;
    let (header, _) = UnverifiedHeader::parse(&signed, &Limits::default())?;
    assert!(matches!(
        blocking::wait(decryptor.open(header, &nothing())),
        Err(Error::Policy(PolicyViolation::SignedMessage { .. }))
    ));
    Ok(())
}

/// Pushes the message piece by piece; returns how much plaintext was out before the last byte.
fn released_early(decryptor: &Decryptor, message: &[u8]) -> Result<(usize, usize)> {
    let (header, body) = UnverifiedHeader::parse(message, &Limits::default())?;
    let mut opener = blocking::wait(decryptor.open(header, &nothing()))?;
    let (last, body) = body.split_last().expect("a body");
    let mut out = vec![0; message.len()];
    let early = opener.push(body, &mut out)?;
    let late = opener.push(&[*last], &mut out)?;
    Ok((early, late + opener.finish()?.held_plaintext().len()))
}

#[test]
fn plaintext_comes_out_when_the_mode_says() -> Result<()> {
    let provider = provider()?;
    let text = [7; 250];
    let unsigned = encrypt(provider.clone(), UNSIGNED, &text, &nothing())?;
    let signed = encrypt(provider.clone(), SIGNED, &text, &nothing())?;
    let builder = || Decryptor::builder(provider.clone());

    let default = builder().build()?;
    assert_eq!(released_early(&default, &unsigned)?, (200, 50));
    assert_eq!(released_early(&default, &signed)?, (0, 250));
    let early = builder().release_before_signature().build()?;
    assert_eq!(released_early(&early, &signed)?, (200, 50));
    let late = builder().hold_until_end().build()?;
    assert_eq!(released_early(&late, &unsigned)?, (0, 250));
    assert_eq!(released_early(&late, &signed)?, (0, 250));
    Ok(())
}

#[test]
fn a_wrong_signature_keeps_the_last_frame_back() -> Result<()> {
    let provider = provider()?;
    let mut message = encrypt(provider.clone(), SIGNED, &[7; 250], &nothing())?;
    if let Some(last) = message.last_mut() {
        *last ^= 1;
    }
    let early = Decryptor::builder(provider).release_before_signature().build()?;
    let (header, body) = io::read_header(early.header_parser(), &message[..])?;
    let opener = blocking::wait(early.open(header, &nothing()))?;
    let mut reader = DecryptReader::new(opener, OneByte(body));
    let mut plaintext = Vec::new();
    let error = Error::from(reader.read_to_end(&mut plaintext).expect_err("a bad signature"));
    assert!(matches!(error, Error::Authentication { part: MessagePart::Signature, .. }));
    assert_eq!(plaintext.len(), 200);
    Ok(())
}

#[test]
fn held_plaintext_has_a_limit() -> Result<()> {
    let provider = provider()?;
    let message = encrypt(provider.clone(), SIGNED, &[7; 250], &nothing())?;
    let with_limit = |bytes| {
        let limits = Limits::default().with_max_held_plaintext(bytes);
        Decryptor::builder(provider.clone()).limits(limits).build()
    };
    assert!(Adapter::Stream(50).open(&with_limit(250)?, &message, &nothing()).is_ok());
    let refused = Adapter::Stream(50).open(&with_limit(249)?, &message, &nothing());
    assert!(matches!(refused, Err(Error::Limit { limit: 249, .. })));
    // Nothing needs to be held where the caller's buffer takes it all.
    assert!(Adapter::OneShot.open(&with_limit(0)?, &message, &nothing()).is_ok());
    Ok(())
}

#[test]
fn other_limits_hold_too() -> Result<()> {
    let provider = provider()?;
    let message = encrypt(provider.clone(), UNSIGNED, &[7; 250], &nothing())?;
    let open = |limits: Limits, adapter: Adapter| {
        let decryptor = Decryptor::builder(provider.clone()).limits(limits).build()?;
        adapter.open(&decryptor, &message, &nothing())
    };
    let limited = |result| matches!(result, Err(Error::Limit { .. }));
    let limits = Limits::default;
    assert!(limited(open(limits().with_max_header(100), Adapter::OneShot)));
    assert!(limited(open(limits().with_max_encrypted_data_keys(0), Adapter::OneShot)));
    assert!(limited(open(limits().with_max_claimed_frame(99), Adapter::OneShot)));
    assert!(open(limits().with_max_claimed_frame(100), Adapter::OneShot).is_ok());
    assert!(limited(open(limits().with_max_buffered(99), Adapter::Engine(7))));
    assert!(open(limits().with_max_buffered(100), Adapter::Engine(7)).is_ok());
    Ok(())
}

/// The limits are those of the decryptor, whoever parsed the header.
#[test]
fn a_decryptor_keeps_its_own_limits() -> Result<()> {
    let provider = provider()?;
    let message = encrypt(provider.clone(), UNSIGNED, b"text", &nothing())?;
    for limits in [
        Limits::default().with_max_header(100),
        Limits::default().with_max_encrypted_data_keys(0),
        Limits::default().with_max_claimed_frame(99),
    ] {
        let (header, _) = UnverifiedHeader::parse(&message, &Limits::default())?;
        let decryptor = Decryptor::builder(provider.clone()).limits(limits).build()?;
        let refused = blocking::wait(decryptor.open(header, &nothing()));
        assert!(matches!(refused, Err(Error::Limit { .. })));
    }
    Ok(())
}

/// What a sealer writes in pieces under some limits, an opener under the same limits reads.
#[test]
fn both_sides_mean_the_same_by_a_buffer() -> Result<()> {
    let provider = provider()?;
    let limits = Limits::default().with_max_buffered(1000);
    for &suite in AlgorithmSuite::ALL {
        for (frame_length, length, fits) in [
            (u32::MAX, 999, true),
            (u32::MAX, 1000, true),
            (u32::MAX, 1001, false),
            (1000, 1000, true),
            (1000, 5000, true),
            (1001, 1000, true),
            (1001, 5000, false),
        ] {
            let encryptor = Encryptor::builder(provider.clone())
                .commitment_policy(writing_policy(suite))
                .suite(suite)
                .frame_length(frame_length)
                .limits(limits.clone())
                .build()?;
            let decryptor = Decryptor::builder(provider.clone())
                .commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
                .limits(limits.clone())
                .build()?;
            let sealed = Adapter::Stream(300).seal(&encryptor, &vec![7; length], &nothing());
            assert_eq!(sealed.is_ok(), fits, "{suite} {frame_length} {length}");
            // In memory nothing is buffered, so that there is a message in any case.
            let message = Adapter::OneShot.seal(&encryptor, &vec![7; length], &nothing())?;
            for adapter in [Adapter::Engine(1), Adapter::Engine(999), Adapter::Stream(300)] {
                let opened = adapter.open(&decryptor, &message, &nothing());
                assert_eq!(opened.is_ok(), fits, "{suite} {frame_length} {length} {adapter:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn the_length_of_a_message_is_known_in_advance() -> Result<()> {
    for &suite in AlgorithmSuite::ALL {
        let limits = Limits::default().with_max_header(1000);
        let encryptor = Encryptor::builder(provider()?)
            .commitment_policy(writing_policy(suite))
            .suite(suite)
            .frame_length(100)
            .limits(limits)
            .build()?;
        for length in [0, 1, 99, 100, 101, 12_345] {
            let bound = encryptor
                .message_length_bound(length)
                .ok_or_else(|| Error::invalid_input("too long"))?;
            let sealer = blocking::wait(encryptor.prepare(&nothing()))?;
            let exact = sealer.message_length(length);
            let header = sealer.header().length() as u64;
            let message = sealer.seal(&vec![7; usize::try_from(length).unwrap_or_default()])?;
            assert_eq!(exact, Some(message.len() as u64), "{suite}");
            assert_eq!(bound, message.len() as u64 - header + 1000, "{suite}");
        }
        assert_eq!(encryptor.message_length_bound(u64::MAX), None);
    }
    Ok(())
}

#[test]
fn written_headers_have_limits_too() -> Result<()> {
    let encryptor =
        Encryptor::builder(provider()?).limits(Limits::default().with_max_header(100)).build()?;
    let refused = blocking::wait(encryptor.prepare(&nothing()));
    assert!(matches!(refused, Err(Error::Limit { kind: LimitKind::Header, limit: 100, .. })));
    Ok(())
}

/// Else a reader could be made to reproduce the verification key of a message that has none.
#[test]
fn required_keys_must_not_be_reserved() -> Result<()> {
    let key = ["aws-crypto-public-key"];
    let encryptor = Encryptor::builder(provider()?).required_context_keys(key).build();
    let decryptor = Decryptor::builder(provider()?).required_context_keys(key).build();
    for refused in [encryptor.err(), decryptor.err()] {
        assert!(matches!(refused, Some(Error::Policy(PolicyViolation::ReservedContextKey { .. }))));
    }
    Ok(())
}

#[test]
fn every_attempt_is_reported() -> Result<()> {
    let message = encrypt(provider()?, UNSIGNED, b"text", &nothing())?;
    let attempts_of = |result| match result {
        Err(Error::NoUsableKey { attempts, .. }) => attempts,
        _ => Vec::new(),
    };
    let attempts = attempts_of(decrypt(provider()?, &message, &nothing()));
    assert_eq!((attempts.len(), attempts[0].provider_id()), (1, "client"));
    assert_eq!(attempts[0].key_id(), "key");
    assert!(matches!(
        attempts[0].error(),
        Some(Error::Authentication { part: MessagePart::EncryptedDataKey, .. })
    ));

    let other_name = RawAesProvider::new("client", "other", &SecretBytes::random(32)?)?;
    let attempts = attempts_of(decrypt(other_name, &message, &nothing()));
    assert_eq!(attempts.len(), 1);
    assert!(attempts[0].error().is_none());
    Ok(())
}

#[test]
fn attempts_of_several_providers_are_all_reported() -> Result<()> {
    let message = encrypt(provider()?, UNSIGNED, b"text", &nothing())?;
    let several = Broken { unwrap: || Err(Error::no_usable_key(two_attempts())), ..GOOD };
    let Err(Error::NoUsableKey { attempts, .. }) = decrypt(several, &message, &nothing()) else {
        return Err(Error::invalid_input("it opened"));
    };
    let ids: Vec<_> = attempts.iter().map(UnwrapAttempt::key_id).collect();
    assert_eq!(ids, ["one", "two"]);
    Ok(())
}

fn two_attempts() -> Vec<UnwrapAttempt> {
    ["one", "two"].map(|id| UnwrapAttempt::new("several", id, None)).into()
}

#[test]
fn an_unwrapped_key_of_a_wrong_length_is_not_used() -> Result<()> {
    let message = encrypt(provider()?, UNSIGNED, b"text", &nothing())?;
    let short = Broken { unwrap: || Ok(Unwrapped::Key(SecretBytes::from(vec![5; 31]))), ..GOOD };
    let Err(Error::NoUsableKey { attempts, .. }) = decrypt(short, &message, &nothing()) else {
        return Err(Error::invalid_input("it opened"));
    };
    assert!(matches!(attempts[0].error(), Some(Error::Provider(_))));
    Ok(())
}

#[test]
fn a_provider_that_makes_bad_keys_is_found_out() -> Result<()> {
    let short: fn() -> GeneratedKey = || fixed(31, 1);
    let unwrapped: fn() -> GeneratedKey = || fixed(32, 0);
    let too_many: fn() -> GeneratedKey = || fixed(32, 3);
    for (make, limit) in [(short, 9), (unwrapped, 9), (too_many, 2)] {
        let encryptor = Encryptor::builder(Broken { make, ..GOOD })
            .limits(Limits::default().with_max_encrypted_data_keys(limit))
            .build()?;
        assert!(blocking::wait(encryptor.prepare(&nothing())).is_err());
    }
    Ok(())
}

#[test]
fn a_message_without_its_end_is_truncated() -> Result<()> {
    let provider = provider()?;
    let encryptor =
        Encryptor::builder(provider.clone()).suite(UNSIGNED).frame_length(10).build()?;
    let mut message = Vec::new();
    let sealer = blocking::wait(encryptor.prepare(&nothing()))?;
    EncryptWriter::new(sealer, &mut message).write_all(&[7; 25])?;
    assert!(matches!(decrypt(provider, &message, &nothing()), Err(Error::Truncated { .. })));
    Ok(())
}

#[test]
fn a_writer_that_failed_stays_failed() -> Result<()> {
    let encryptor = Encryptor::builder(provider()?).suite(UNSIGNED).frame_length(10).build()?;
    let sealer = blocking::wait(encryptor.prepare(&nothing()))?;
    let mut writer = EncryptWriter::new(sealer, FailsOnce { failed: false });
    assert!(writer.write_all(&[7; 25]).is_err());
    assert!(writer.write_all(&[7; 25]).is_err());
    assert!(matches!(writer.finish(), Err(Error::Misuse { .. })));
    Ok(())
}

#[test]
fn a_reader_that_failed_stays_failed() -> Result<()> {
    let provider = provider()?;
    let mut message = encrypt(provider.clone(), UNSIGNED, &[7; 250], &nothing())?;
    if let Some(last) = message.last_mut() {
        *last ^= 1;
    }
    let decryptor = Decryptor::new(provider);
    let (header, body) = io::read_header(decryptor.header_parser(), &message[..])?;
    let opener = blocking::wait(decryptor.open(header, &nothing()))?;
    let mut reader = DecryptReader::new(opener, body);
    assert!(reader.read_to_end(&mut Vec::new()).is_err());
    // An end of file here would be a silent truncation.
    assert!(reader.read(&mut [0; 10]).is_err());
    assert!(reader.finished().is_none());
    Ok(())
}

/// Whoever asks whether it is finished wants to know that there is no more.
#[test]
fn a_reader_is_finished_when_all_was_read() -> Result<()> {
    let provider = provider()?;
    let message = encrypt(provider.clone(), SIGNED, &[7; 250], &nothing())?;
    let decryptor = Decryptor::new(provider);
    let (header, body) = io::read_header(decryptor.header_parser(), &message[..])?;
    let opener = blocking::wait(decryptor.open(header, &nothing()))?;
    let mut reader = DecryptReader::new(opener, body);
    reader.read_exact(&mut [0; 249])?;
    assert!(reader.finished().is_none());
    reader.read_exact(&mut [0; 1])?;
    assert!(reader.finished().is_some());
    Ok(())
}

#[test]
fn one_shot_leaves_the_buffer_as_it_was() -> Result<()> {
    let provider = provider()?;
    let mut message = encrypt(provider.clone(), UNSIGNED, &[7; 250], &nothing())?;
    if let Some(last) = message.last_mut() {
        *last ^= 1;
    }
    let decryptor = Decryptor::new(provider);
    let (header, body) = UnverifiedHeader::parse(&message, &Limits::default())?;
    let opener = blocking::wait(decryptor.open(header, &nothing()))?;
    let mut out = b"before".to_vec();
    out.reserve(1000);
    assert!(opener.open_into(body, &mut out).is_err());
    assert_eq!(out, b"before");
    Ok(())
}

#[test]
fn an_engine_that_failed_wipes_and_stays_failed() -> Result<()> {
    let provider = provider()?;
    let mut message = encrypt(provider.clone(), UNSIGNED, &[7; 250], &nothing())?;
    if let Some(last) = message.last_mut() {
        *last ^= 1;
    }
    let decryptor = Decryptor::new(provider);
    let (header, body) = UnverifiedHeader::parse(&message, &Limits::default())?;
    let mut opener = blocking::wait(decryptor.open(header, &nothing()))?;
    let mut out = vec![1; 1000];
    let part = MessagePart::Frame(3);
    let failed = opener.push(body, &mut out);
    assert!(matches!(failed, Err(Error::Authentication { part: p, .. }) if p == part));
    assert!(out.iter().all(|byte| *byte == 0));
    assert!(matches!(opener.push(b"", &mut out), Err(Error::Misuse { .. })));
    assert!(matches!(opener.finish(), Err(Error::Misuse { .. })));
    Ok(())
}

#[test]
fn base64_is_recognised() -> Result<()> {
    let error = decrypt(provider()?, b"AgR4TfvRMU2dVZJbgXIyxeNt", &nothing());
    assert!(matches!(error, Err(Error::InBase64)));
    Ok(())
}

#[test]
fn bad_keys_and_names_are_refused() -> Result<()> {
    for length in [0, 15, 31, 33] {
        let key = SecretBytes::from(vec![1; length]);
        assert!(matches!(RawAesProvider::new("n", "k", &key), Err(Error::InvalidInput { .. })));
    }
    let key = SecretBytes::random(32)?;
    for namespace in ["", "aws-kms", "aws-kms-rsa", &"n".repeat(65_536)] {
        assert!(RawAesProvider::new(namespace, "k", &key).is_err());
    }
    assert!(RawAesProvider::new("n", "k".repeat(65_516), &key).is_err());
    assert!(RawAesProvider::new("n", "k".repeat(65_515), &key).is_ok());
    assert!(Encryptor::builder(provider()?).frame_length(0).build().is_err());
    Ok(())
}

/// A raw AES key of the right name whose wrapping says another tag length.
#[test]
fn an_unknown_wrapping_of_an_own_key_is_said() -> Result<()> {
    let provider = provider()?;
    let info = [&b"key"[..], &[0, 0, 0, 96, 0, 0, 0, 12], &[0; 12]].concat();
    let key = EncryptedDataKey::new("client", info, vec![0; 44])?;
    let context = nothing();
    let target = crypto_envelope::provider::Target::Message(UNSIGNED);
    let answer = blocking::wait(provider.unwrap(UnwrapRequest::new(&key, target, &context)));
    assert!(matches!(answer, Err(Error::Unsupported { .. })));
    assert!(provider.describe(&key).is_some());
    Ok(())
}

/// Makes and unwraps keys as it is told, without any security.
#[derive(Clone, Debug)]
struct Broken {
    make: fn() -> GeneratedKey,
    unwrap: fn() -> Result<Unwrapped>,
}

/// Nothing is broken yet: one and the same key, always.
const GOOD: Broken =
    Broken { make: || fixed(32, 1), unwrap: || Ok(Unwrapped::Key(SecretBytes::from(vec![5; 32]))) };

fn fixed(length: usize, count: usize) -> GeneratedKey {
    let wrapped = EncryptedDataKey::new("broken", "", "").expect("short parts");
    GeneratedKey::new(SecretBytes::from(vec![5; length]), vec![wrapped; count])
}

#[async_trait]
impl KeyProvider for Broken {
    async fn generate(&self, _: GenerateRequest<'_>) -> Result<GeneratedKey> {
        Ok((self.make)())
    }

    async fn wrap(&self, _: WrapRequest<'_>) -> Result<Vec<EncryptedDataKey>> {
        Ok(Vec::new())
    }

    async fn unwrap(&self, _: UnwrapRequest<'_>) -> Result<Unwrapped> {
        (self.unwrap)()
    }

    fn describe(&self, _: &EncryptedDataKey) -> Option<KeyDescription> {
        None
    }

    fn properties(&self) -> Properties {
        Properties::new(Targets::MESSAGES)
    }
}

struct OneByte<R>(R);

impl<R: Read> Read for OneByte<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(1);
        self.0.read(&mut buffer[..most])
    }
}

struct FailsOnce {
    failed: bool,
}

impl Write for FailsOnce {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.failed {
            return Ok(bytes.len());
        }
        self.failed = true;
        Err(std::io::Error::other("the disk is full"))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
