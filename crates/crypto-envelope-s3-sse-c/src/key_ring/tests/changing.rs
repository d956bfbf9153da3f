use std::{sync::Barrier, thread};

use crypto_envelope::provider::{Properties, ProviderErrorKind, Targets};

use super::*;

type Change = fn(&KeyRing) -> Result<()>;

const ROTATE: Change = |ring| blocking::wait(ring.rotate()).map(drop);
const ADD_BUCKET: Change = |ring| blocking::wait(ring.add_bucket("archive"));

/// A ring, and what is stored of it.
fn fresh() -> (Provider, MemoryRing, KeyRing) {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let ring = created(&provider, &place);
    (provider, place, ring)
}

#[test]
fn what_fails_before_it_is_stored_changes_nothing() -> Result<()> {
    for change in [ROTATE, ADD_BUCKET] {
        let (provider, place, ring) = fresh();
        let (before, key) = (place.text(), digest_for_writing(&ring)?);
        place.fail([Fault::Before]);
        assert_eq!(kind(change(&ring)), Some(KeyRingErrorKind::Unwritten));
        assert_eq!(place.text(), before);
        assert_eq!((ring.epochs(), ring.buckets().len()), (vec![epoch(1)], 1));
        assert_eq!(digest_for_writing(&ring)?, key);
        change(&ring)?;
        assert_eq!(opened(&provider, &place).epochs(), ring.epochs());
        assert_eq!(opened(&provider, &place).buckets(), ring.buckets());
    }
    let (provider, place) = (Provider::new(), MemoryRing::default());
    place.fail([Fault::Before]);
    let refused = blocking::wait(builder(&provider, &place).create(["photos"]));
    assert_eq!(kind(refused), Some(KeyRingErrorKind::Unwritten));
    assert!(place.is_empty());
    Ok(())
}

#[test]
fn what_is_stored_without_an_answer_is_found_and_made_sure_of() -> Result<()> {
    for fault in [|| Fault::After, || Fault::LostAfter] {
        let (provider, place) = (Provider::new(), MemoryRing::default());
        place.fail([fault()]);
        let ring = created(&provider, &place);
        place.fail([fault()]);
        assert_eq!(blocking::wait(ring.rotate())?, epoch(2));
        place.fail([fault()]);
        blocking::wait(ring.add_bucket("archive"))?;
        let other = opened(&provider, &place);
        assert_eq!(other.epochs(), [epoch(2), epoch(1)]);
        assert_eq!(digest_for_writing(&other)?, digest_for_writing(&ring)?);
        // The revision that was found is the one that is replaced next.
        assert_eq!(blocking::wait(ring.rotate())?, epoch(3));
    }
    // If it cannot be made sure of, that is an error.
    let (_, place, ring) = fresh();
    place.fail([Fault::After, Fault::Before]);
    assert_eq!(kind(blocking::wait(ring.rotate())), Some(KeyRingErrorKind::Unwritten));
    assert_eq!(ring.newest(), epoch(1));
    blocking::wait(ring.reload())?;
    assert_eq!(ring.newest(), epoch(2));
    Ok(())
}

/// A crash after that, and a root is lost under which something was written.
#[test]
fn no_key_is_derived_from_what_was_not_read_back() -> Result<()> {
    let (provider, place, ring) = fresh();
    let before = place.text();
    // It says that it is stored, and it is not.
    let old = before.clone();
    place.fail([Fault::Follower(Box::new(move || old))]);
    let outcome = blocking::wait(ring.rotate());
    // The second attempt was.
    assert_eq!(outcome?, epoch(2));
    assert_eq!(opened(&provider, &place).newest(), epoch(2));
    assert_eq!(digest_for_writing(&opened(&provider, &place))?, digest_for_writing(&ring)?);
    let lies = (0..100).map(|_| {
        let old = before.clone();
        Fault::Follower(Box::new(move || old))
    });
    place.set(Some(before.clone()));
    let ring = opened(&provider, &place);
    place.fail(lies);
    assert_eq!(kind(blocking::wait(ring.rotate())), Some(KeyRingErrorKind::Changed));
    assert_eq!(digest_for_writing(&ring)?.0, 1);
    Ok(())
}

#[test]
fn who_loses_against_another_change_makes_it_again() -> Result<()> {
    let (provider, place, ring) = fresh();
    let before = place.text();
    blocking::wait(opened(&provider, &place).add_bucket("rival"))?;
    let rival = place.text();
    place.set(Some(before));
    blocking::wait(ring.reload())?;
    place.fail([Fault::Rival(rival)]);
    assert_eq!(blocking::wait(ring.rotate())?, epoch(2));
    assert_eq!(ring.buckets(), ["photos", "rival"]);
    assert_eq!(opened(&provider, &place).epochs(), ring.epochs());
    Ok(())
}

#[test]
fn two_who_rotate_at_once_make_one_epoch() -> Result<()> {
    let (provider, place, ring) = fresh();
    let before = place.text();
    blocking::wait(opened(&provider, &place).rotate())?;
    let (rival, expected) = (place.text(), digest_for_writing(&opened(&provider, &place))?);
    place.set(Some(before));
    place.fail([Fault::Rival(rival.clone())]);
    assert_eq!(blocking::wait(ring.rotate())?, epoch(2));
    assert_eq!(place.text(), rival);
    assert_eq!(digest_for_writing(&ring)?, expected);
    Ok(())
}

#[test]
fn changes_of_many_threads_are_all_there() {
    let (provider, place, _) = fresh();
    // Who is never first makes as many tries as the others make changes: fewer than are made.
    let start = Barrier::new(5);
    let run = |number: usize| {
        let ring = opened(&provider, &place);
        start.wait();
        for again in 0..2 {
            let bucket = format!("bucket-{number}-{again}");
            blocking::wait(ring.add_bucket(&bucket)).expect("it is retried");
        }
        blocking::wait(ring.rotate()).expect("it is retried");
    };
    thread::scope(|scope| {
        for number in 0..5 {
            scope.spawn(move || run(number));
        }
    });
    let ring = opened(&provider, &place);
    assert_eq!(ring.buckets().len(), 11);
    assert!((2..=6).contains(&ring.newest().number()));
    assert_eq!(ring.epochs().len(), ring.newest().number() as usize);
}

#[test]
fn who_never_wins_gives_up() {
    let (_, place, ring) = fresh();
    let before = place.text();
    place.fail((0..100).map(|_| Fault::Rival(before.clone())));
    for change in [ROTATE, ADD_BUCKET] {
        let error = change(&ring).expect_err("others are always first");
        let error = KeyRingError::find_in(&error).expect("one of a ring");
        assert_eq!((error.kind(), error.is_retryable()), (KeyRingErrorKind::Changed, true));
    }
    assert_eq!((place.text(), ring.newest()), (before, epoch(1)));
}

#[test]
fn a_root_that_nobody_can_unwrap_is_not_stored() {
    let (provider, place, ring) = fresh();
    let before = place.text();
    provider.fail(ProviderErrorKind::Denied);
    assert_eq!(kind(blocking::wait(ring.rotate())), Some(KeyRingErrorKind::NotUnwrapped));
    assert_eq!((place.text(), ring.newest()), (before, epoch(1)));
    let place = MemoryRing::default();
    let refused = blocking::wait(builder(&provider, &place).create(["photos"]));
    assert_eq!(kind(refused), Some(KeyRingErrorKind::NotUnwrapped));
    assert!(place.is_empty());
}

#[test]
fn a_ring_that_would_be_too_long_is_not_stored() -> Result<()> {
    // It wraps with a name of 50 000 bytes.
    let (provider, place) = (Provider::named(&"n".repeat(50_000)), MemoryRing::default());
    let ring = created(&provider, &place);
    blocking::wait(ring.rotate())?;
    blocking::wait(ring.rotate())?;
    let before = place.text();
    let refused = blocking::wait(ring.rotate());
    assert_eq!(kind(refused), Some(KeyRingErrorKind::TooLong));
    assert_eq!((place.text(), ring.newest()), (before, epoch(3)));
    Ok(())
}

#[test]
fn buckets_are_added_once_and_have_names() -> Result<()> {
    let (_, place, ring) = fresh();
    blocking::wait(ring.add_bucket("archive"))?;
    let before = place.text();
    blocking::wait(ring.add_bucket("archive"))?;
    blocking::wait(ring.add_bucket("photos"))?;
    assert_eq!(place.text(), before);
    for name in ["", "a\tb", &"b".repeat(256)] {
        assert!(blocking::wait(ring.add_bucket(name)).is_err());
    }
    let many: Vec<_> = (0..1000).map(|number| format!("bucket-{number}")).collect();
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let ring = blocking::wait(builder(&provider, &place).create(many))?;
    let refused = blocking::wait(ring.add_bucket("one-more"));
    assert_eq!(kind(refused), Some(KeyRingErrorKind::TooLong));
    Ok(())
}

#[test]
fn another_provider_takes_over_all_roots() -> Result<()> {
    let (provider, place, ring) = fresh();
    blocking::wait(ring.rotate())?;
    let keys = [digest_of(&ring, 1, "a")?, digest_of(&ring, 2, "a")?];
    let target = Provider::named("key-2");
    let moved = blocking::wait(ring.rewrap(target.clone()))?;
    assert_eq!([digest_of(&moved, 1, "a")?, digest_of(&moved, 2, "a")?], keys);
    assert_eq!(moved.id(), ring.id());
    let later = opened(&target, &place);
    assert_eq!([digest_of(&later, 1, "a")?, digest_of(&later, 2, "a")?], keys);
    let refused = blocking::wait(builder(&provider, &place).open());
    assert_eq!(kind(refused), Some(KeyRingErrorKind::NotUnwrapped));
    // The old one knows its roots, and gets no others.
    blocking::wait(ring.reload())?;
    assert_eq!(digest_of(&ring, 1, "a")?, keys[0]);
    blocking::wait(moved.rotate())?;
    assert_eq!(kind(blocking::wait(ring.reload())), Some(KeyRingErrorKind::NotUnwrapped));
    Ok(())
}

#[test]
fn roots_are_moved_to_who_can_unwrap_them_and_to_nobody_else() -> Result<()> {
    let (_, place, ring) = fresh();
    let before = place.text();
    let public = Properties::new(Targets::KEY_RINGS).binding_context();
    let refused = blocking::wait(ring.rewrap(Provider::with("key-2", public)));
    assert_eq!(kind(refused), Some(KeyRingErrorKind::Unsuitable));
    let target = Provider::named("key-2");
    target.fail(ProviderErrorKind::Denied);
    let refused = blocking::wait(ring.rewrap(target.clone()));
    assert_eq!(kind(refused), Some(KeyRingErrorKind::NotUnwrapped));
    target.fail(None);
    place.fail([Fault::Before]);
    let refused = blocking::wait(ring.rewrap(target.clone()));
    assert_eq!(kind(refused), Some(KeyRingErrorKind::Unwritten));
    assert_eq!(place.text(), before);
    // An answer that is lost, and an attempt after it.
    place.fail([Fault::After, Fault::Before]);
    let refused = blocking::wait(ring.rewrap(target.clone()));
    assert_eq!(kind(refused), Some(KeyRingErrorKind::Unwritten));
    let moved = blocking::wait(ring.rewrap(target.clone()))?;
    assert_eq!(digest_of(&moved, 1, "a")?, digest_of(&ring, 1, "a")?);
    assert_eq!(opened(&target, &place).id(), ring.id());
    Ok(())
}
