use std::{sync::Barrier, thread};

use crypto_envelope::{
    Error, PolicyViolation, SecretBytes,
    provider::{Properties, ProviderErrorKind, RawAesProvider, Targets},
};
use crypto_envelope_testkit::{insecure::FixedDataKey, redaction};

use super::*;

fn blue() -> EncryptionContext {
    EncryptionContext::from([("tenant", "blue")])
}

#[test]
fn a_ring_is_opened_as_it_was_made() -> Result<()> {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let made = builder(&provider, &place).context(blue()).create(["photos", "archive"]);
    let made = blocking::wait(made)?;
    let opened = builder(&provider, &place).expect_id(made.id()).expect_epoch_at_least(epoch(1));
    let opened = blocking::wait(opened.open())?;
    assert_eq!(opened.id(), made.id());
    assert_eq!(opened.context(), blue());
    assert_eq!(opened.buckets(), ["archive", "photos"]);
    assert_eq!((opened.epochs(), opened.newest()), (vec![epoch(1)], epoch(1)));
    assert!(opened.created(epoch(1)).is_some() && opened.created(epoch(2)).is_none());
    let (number, digest) = digest_for_writing(&made)?;
    assert_eq!(digest_for_writing(&opened)?, (number, digest.clone()));
    assert_eq!(digest_of(&opened, 1, "cat.jpg")?, digest);
    assert_ne!(digest_of(&opened, 1, "dog.jpg")?, digest);
    Ok(())
}

#[test]
fn a_ring_that_is_there_is_never_replaced_by_a_new_one() -> Result<()> {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let ring = created(&provider, &place);
    let before = place.text();
    let again = blocking::wait(builder(&provider, &place).create(["photos"]));
    assert_eq!(kind(again), Some(KeyRingErrorKind::Exists));
    // Nor what is none.
    place.set(Some(b"no ring".to_vec()));
    let again = blocking::wait(builder(&provider, &place).create(["photos"]));
    assert_eq!(kind(again), Some(KeyRingErrorKind::Exists));
    let again = blocking::wait(builder(&provider, &place).open_or_create(["photos"]));
    assert_eq!(kind(again), Some(KeyRingErrorKind::Malformed));
    place.set(Some(before));
    let again = blocking::wait(builder(&provider, &place).open_or_create(["photos", "more"]))?;
    assert_eq!((again.id(), again.buckets()), (ring.id(), vec!["more".into(), "photos".into()]));
    Ok(())
}

#[test]
fn a_ring_that_is_missing_is_told_with_what_to_do() {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let missing = blocking::wait(builder(&provider, &place).open());
    let text = message(missing);
    for part in [
        "the memory of a test",
        "cannot be opened without it",
        "remember it",
        "does not bring back",
    ] {
        assert!(text.contains(part), "{text}");
    }
    // What was expected is not made anew.
    for expecting in [
        builder(&provider, &place).expect_id("0".repeat(32)),
        builder(&provider, &place).expect_epoch_at_least(epoch(2)),
    ] {
        let refused = blocking::wait(expecting.clone().open_or_create(["photos"]));
        assert_eq!(kind(refused), Some(KeyRingErrorKind::Missing));
        let refused = blocking::wait(expecting.create(["photos"]));
        assert!(matches!(refused, Err(Error::InvalidInput { .. })));
    }
    assert!(place.is_empty());
}

#[test]
fn one_of_several_creators_wins_and_all_have_its_ring() {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let start = Barrier::new(8);
    let run = |_| {
        start.wait();
        let ring = builder(&provider, &place).open_or_create(["photos"]);
        let ring = blocking::wait(ring).expect("a ring, whoever made it");
        (ring.id(), digest_for_writing(&ring).expect("a key"))
    };
    let rings: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|number| scope.spawn(move || run(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(rings.iter().all(|ring| *ring == rings[0]), "{rings:?}");
}

#[test]
fn somebody_elses_key_opens_nothing() {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    created(&provider, &place);
    let other = Provider::named("key-2");
    let refused = blocking::wait(builder(&other, &place).open());
    assert_eq!(kind(refused), Some(KeyRingErrorKind::NotUnwrapped));
    assert_eq!(other.unwraps(), 0);
    // One with the same name.
    let refused = blocking::wait(builder(&Provider::new(), &place).open());
    assert_eq!(kind(refused), Some(KeyRingErrorKind::NotGenuine));
    for (failure, expected, may_work_later) in [
        (ProviderErrorKind::Denied, KeyRingErrorKind::NotUnwrapped, false),
        (ProviderErrorKind::Throttled, KeyRingErrorKind::NotUnwrapped, true),
        (ProviderErrorKind::Unavailable, KeyRingErrorKind::NotUnwrapped, true),
        (ProviderErrorKind::WrongContext, KeyRingErrorKind::NotGenuine, false),
    ] {
        provider.fail(failure);
        let refused = blocking::wait(builder(&provider, &place).open()).expect_err("it fails");
        let error = KeyRingError::find_in(&refused).expect("one of a ring");
        assert_eq!((error.kind(), error.is_retryable()), (expected, may_work_later));
        assert!(std::error::Error::source(error).is_some());
    }
}

#[test]
fn what_is_expected_has_to_be_there() -> Result<()> {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let stored = EncryptionContext::from([("tenant", "blue"), ("purpose", "photos")]);
    let made = blocking::wait(builder(&provider, &place).context(stored).create(["photos"]))?;
    assert_eq!(blocking::wait(builder(&provider, &place).context(blue()).open())?.id(), made.id());
    let wrong = [
        builder(&provider, &place).context(EncryptionContext::from([("tenant", "red")])),
        builder(&provider, &place).context(EncryptionContext::from([("colour", "blue")])),
        builder(&provider, &place).expect_id("0".repeat(32)),
        builder(&provider, &place).expect_id(made.id().to_uppercase() + "x"),
        builder(&provider, &place).expect_epoch_at_least(epoch(2)),
    ];
    let asked = provider.unwraps();
    for wrong in wrong {
        assert_eq!(kind(blocking::wait(wrong.open())), Some(KeyRingErrorKind::WrongRing));
    }
    assert_eq!(provider.unwraps(), asked, "nobody was asked");
    Ok(())
}

#[test]
fn reserved_pairs_and_impossible_names_are_refused() {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    for key in ["crypto-envelope-epoch", "crypto-envelope-", "aws-crypto-public-key"] {
        let context = EncryptionContext::from([(key, "1")]);
        let refused = blocking::wait(builder(&provider, &place).context(context).create(["b"]));
        let is_reserved =
            matches!(refused, Err(Error::Policy(PolicyViolation::ReservedContextKey { .. })));
        assert!(is_reserved, "{key}");
    }
    for bucket in ["", "a\nb", &"b".repeat(256)] {
        let refused = blocking::wait(builder(&provider, &place).create([bucket]));
        assert!(matches!(refused, Err(Error::InvalidInput { .. })), "{bucket:?}");
    }
    let many = (0..1001).map(|number| format!("bucket-{number}"));
    let refused = blocking::wait(builder(&provider, &place).create(many));
    assert_eq!(kind(refused), Some(KeyRingErrorKind::TooLong));
    let late = KeyRing::LONGEST_UNSEEN + Duration::from_secs(1);
    let refused = blocking::wait(builder(&provider, &place).reload_after(late).create(["photos"]));
    assert!(matches!(refused, Err(Error::InvalidInput { .. })));
    assert!(place.is_empty());
}

#[test]
fn a_provider_has_to_bind_the_context_and_to_authenticate_the_wrapper() -> Result<()> {
    let place = MemoryRing::default();
    let unbound =
        Provider::with("key-1", Properties::new(Targets::KEY_RINGS).authenticating_wrapper());
    let public = Provider::with("key-1", Properties::new(Targets::KEY_RINGS).binding_context());
    for (provider, part) in [(&unbound, "does not bind"), (&public, "as with a public key")] {
        for refused in [
            blocking::wait(builder(provider, &place).create(["photos"])),
            blocking::wait(builder(provider, &place).open()),
            blocking::wait(builder(provider, &place).open_or_create(["photos"])),
        ] {
            assert!(message(refused).contains(part), "{part}");
        }
    }
    let accepting = builder(&unbound, &place).danger_accept_unauthenticated_wrapper();
    let refused = blocking::wait(accepting.create(["photos"]));
    assert_eq!(kind(refused), Some(KeyRingErrorKind::Unsuitable));
    let unserving = KeyRing::builder(FixedDataKey::new(SecretBytes::random(32)?), place.clone());
    let refused = blocking::wait(unserving.create(["photos"]));
    assert!(matches!(refused, Err(Error::Policy(PolicyViolation::Target { .. }))));
    assert!(place.is_empty());
    let accepting = builder(&public, &place).danger_accept_unauthenticated_wrapper();
    blocking::wait(accepting.create(["photos"]))?;
    Ok(())
}

#[test]
fn a_ring_from_before_is_taken_only_by_those_who_know_nothing_later() -> Result<()> {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let ring = created(&provider, &place);
    let old = place.text();
    blocking::wait(ring.rotate())?;
    place.set(Some(old));
    // Who has no expectation cannot tell.
    assert_eq!(opened(&provider, &place).newest(), epoch(1));
    let expecting = builder(&provider, &place).expect_epoch_at_least(epoch(2)).open();
    let refused = blocking::wait(expecting);
    assert!(message(refused).contains("from earlier"));
    assert_eq!(kind(blocking::wait(ring.reload())), Some(KeyRingErrorKind::WrongRing));
    // Nor does it go on writing under what may be lost.
    wait_for(&ring, Duration::from_mins(11));
    assert_eq!(kind(digest_for_writing(&ring)), Some(KeyRingErrorKind::WrongRing));
    assert_eq!(kind(blocking::wait(ring.rotate())), Some(KeyRingErrorKind::WrongRing));
    Ok(())
}

#[test]
fn another_ring_in_its_place_is_noticed() {
    let (provider, place, other) = (Provider::new(), MemoryRing::default(), MemoryRing::default());
    let ring = created(&provider, &place);
    created(&provider, &other);
    place.set(Some(other.text()));
    assert_eq!(kind(blocking::wait(ring.reload())), Some(KeyRingErrorKind::WrongRing));
    assert_eq!(kind(blocking::wait(ring.add_bucket("more"))), Some(KeyRingErrorKind::WrongRing));
    let refused = blocking::wait(builder(&provider, &place).expect_id(ring.id()).open());
    assert_eq!(kind(refused), Some(KeyRingErrorKind::WrongRing));
    assert_eq!(place.text(), other.text());
}

#[test]
fn nothing_shows_a_root() -> Result<()> {
    let key = SecretBytes::from(vec![0xA5; 32]);
    let provider = RawAesProvider::new("tests", "key-1", &key)?;
    let place = MemoryRing::default();
    let ring = blocking::wait(KeyRing::builder(provider, place.clone()).create(["photos"]))?;
    blocking::wait(ring.key_for_writing("photos", "a"))?;
    let root = ring.0.roots.known(epoch(1)).expect("it is known");
    let secrets = [key.expose(), root.expose()];
    redaction::hunt_debug(&ring, &secrets).expect("no secret");
    redaction::hunt(&String::from_utf8_lossy(&place.text()), &secrets).expect("no secret");
    place.set(Some(b"{}".to_vec()));
    let error = blocking::wait(ring.reload()).expect_err("it is no ring");
    redaction::hunt_error(&error, &secrets).expect("no secret");
    Ok(())
}
