//! The limits of the client, and the lengths that are known in advance.

use crypto_envelope::{
    AlgorithmSuite, CommitmentPolicy, Decryptor, Encryptor, Error, LimitKind, Limits, Result,
    UnverifiedHeader, blocking,
};
use crypto_envelope_tests::{
    adapter::Adapter,
    client::{encrypt, nothing},
    sides::{SIGNED, UNSIGNED, random_provider},
    vectors::writing_policy,
};

#[test]
fn held_plaintext_has_a_limit() -> Result<()> {
    let provider = random_provider()?;
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
    let provider = random_provider()?;
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
    let provider = random_provider()?;
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
    let provider = random_provider()?;
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
        let encryptor = Encryptor::builder(random_provider()?)
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
    let encryptor = Encryptor::builder(random_provider()?)
        .limits(Limits::default().with_max_header(100))
        .build()?;
    let refused = blocking::wait(encryptor.prepare(&nothing()));
    assert!(matches!(refused, Err(Error::Limit { kind: LimitKind::Header, limit: 100, .. })));
    Ok(())
}
