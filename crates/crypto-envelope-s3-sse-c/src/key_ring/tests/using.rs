use crypto_envelope::{Error, provider::ProviderErrorKind};

use super::*;

#[test]
fn an_epoch_of_somebody_else_is_used_after_a_while() -> Result<()> {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let writer = created(&provider, &place);
    let (_, old) = digest_for_writing(&writer)?;
    let other = opened(&provider, &place);
    assert_eq!(blocking::wait(other.rotate())?, epoch(2));
    assert_eq!(digest_for_writing(&writer)?, (1, old.clone()));
    wait_for(&writer, Duration::from_mins(10));
    let (number, new) = digest_for_writing(&writer)?;
    assert_eq!(number, 2);
    assert_ne!(new, old);
    assert_eq!(writer.epochs(), [epoch(2), epoch(1)]);
    assert_eq!(digest_of(&writer, 1, "cat.jpg")?, old);
    // Who reads under it need not wait.
    blocking::wait(other.rotate())?;
    let (_, newest) = digest_for_writing(&other)?;
    assert_eq!(digest_of(&writer, 3, "cat.jpg")?, newest);
    Ok(())
}

#[test]
fn who_wants_to_looks_each_time() -> Result<()> {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    created(&provider, &place);
    let writer = builder(&provider, &place).reload_after(Duration::ZERO).open();
    let writer = blocking::wait(writer)?;
    blocking::wait(opened(&provider, &place).rotate())?;
    assert_eq!(digest_for_writing(&writer)?.0, 2);
    Ok(())
}

#[test]
fn while_the_ring_cannot_be_read_writing_goes_on_for_half_an_hour() -> Result<()> {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let ring = created(&provider, &place);
    let before = digest_for_writing(&ring)?;
    place.fail_to_read(usize::MAX);
    wait_for(&ring, Duration::from_mins(29));
    assert_eq!(digest_for_writing(&ring)?, before);
    let failure = ring.failure().expect("it is told");
    assert_eq!(failure.kind(), KeyRingErrorKind::Unreadable);
    // Not tried at once again.
    let reads = place.reads();
    assert_eq!(digest_for_writing(&ring)?, before);
    assert_eq!(place.reads(), reads);
    wait_for(&ring, Duration::from_mins(1));
    let refused = digest_for_writing(&ring);
    assert!(message(refused).contains("could not be read for 30 minutes"));
    // What was written can be read all the same.
    assert_eq!(digest_of(&ring, 1, "cat.jpg")?, before.1);
    place.fail_to_read(0);
    wait_for(&ring, Duration::from_mins(1));
    assert_eq!(digest_for_writing(&ring)?, before);
    assert!(ring.failure().is_none());
    Ok(())
}

/// With an audit of the buckets that are left, an epoch would be retired that others still need.
#[test]
fn a_ring_from_before_a_bucket_was_added_is_noticed() -> Result<()> {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let ring = created(&provider, &place);
    let earlier = place.text();
    blocking::wait(ring.add_bucket("archive"))?;
    place.set(Some(earlier));
    assert_eq!(kind(blocking::wait(ring.reload())), Some(KeyRingErrorKind::WrongRing));
    Ok(())
}

#[test]
fn a_ring_that_is_gone_or_was_changed_stops_writing_at_once() -> Result<()> {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let ring = created(&provider, &place);
    let text = place.text();
    let changed = String::from_utf8_lossy(&text).replace("photos", "photoz").into_bytes();
    for (stored, expected) in [
        (None, KeyRingErrorKind::Missing),
        (Some(changed), KeyRingErrorKind::NotGenuine),
        (Some(Vec::new()), KeyRingErrorKind::Malformed),
        (Some(text[..text.len() / 2].to_vec()), KeyRingErrorKind::Malformed),
    ] {
        place.set(stored);
        wait_for(&ring, Duration::from_mins(11));
        for _ in 0..2 {
            assert_eq!(kind(digest_for_writing(&ring)), Some(expected));
        }
        // It comes back as soon as the ring does.
        place.set(Some(text.clone()));
        digest_for_writing(&ring)?;
    }
    Ok(())
}

#[test]
fn a_key_service_that_is_slow_does_not_stop_writing_and_one_that_refuses_does() -> Result<()> {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let ring = created(&provider, &place);
    blocking::wait(opened(&provider, &place).rotate())?;
    wait_for(&ring, Duration::from_mins(11));
    provider.fail(ProviderErrorKind::Throttled);
    assert_eq!(digest_for_writing(&ring)?.0, 1);
    wait_for(&ring, Duration::from_mins(1));
    provider.fail(ProviderErrorKind::Denied);
    assert_eq!(kind(digest_for_writing(&ring)), Some(KeyRingErrorKind::NotUnwrapped));
    provider.fail(None);
    assert_eq!(digest_for_writing(&ring)?.0, 2);
    Ok(())
}

#[test]
fn many_at_once_make_one_call() -> Result<()> {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    blocking::wait(created(&provider, &place).rotate())?;
    let ring = opened(&provider, &place);
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(Error::Io)?;
    let ask_all = || {
        let ask = |number: u32| {
            let ring = ring.clone();
            let name = format!("object {number}");
            async move { ring.key_of(epoch(1), "photos", &name).await.map(drop) }
        };
        runtime.block_on(async {
            let tasks: Vec<_> = (0..50).map(|number| tokio::spawn(ask(number))).collect();
            let mut outcomes = Vec::new();
            for task in tasks {
                outcomes.push(task.await.expect("no panic"));
            }
            outcomes
        })
    };
    // Those who wait share a failure, too, and the next one tries again.
    let before = provider.unwraps();
    provider.fail(ProviderErrorKind::Unavailable);
    assert!(ask_all().into_iter().all(|outcome| outcome.is_err()));
    assert_eq!(provider.unwraps(), before + 1);
    provider.fail(None);
    assert!(ask_all().into_iter().all(|outcome| outcome.is_ok()));
    assert_eq!(provider.unwraps(), before + 2);
    assert!(ask_all().into_iter().all(|outcome| outcome.is_ok()));
    assert_eq!(provider.unwraps(), before + 2);
    Ok(())
}

/// Whoever waits must not wait for somebody who has left.
#[test]
fn who_leaves_takes_nothing_along() -> Result<()> {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    blocking::wait(created(&provider, &place).rotate())?;
    let ring = opened(&provider, &place);
    let mut left = Box::pin(ring.key_of(epoch(1), "photos", "a"));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(left.as_mut().poll(&mut context).is_pending());
    let mut waits = Box::pin(ring.key_of(epoch(1), "photos", "a"));
    assert!(waits.as_mut().poll(&mut context).is_pending());
    drop(left);
    blocking::wait(waits)?;
    Ok(())
}

#[test]
fn keys_are_of_buckets_that_were_added() -> Result<()> {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let ring = created(&provider, &place);
    for refused in [
        blocking::wait(ring.key_for_writing("archive", "a")).map(drop),
        blocking::wait(ring.key_of(epoch(1), "archive", "a")).map(drop),
    ] {
        assert!(message(refused).contains("`add_bucket`"));
    }
    assert_eq!(
        kind(blocking::wait(ring.key_for_writing("Photos", "a"))),
        Some(KeyRingErrorKind::BucketUnknown)
    );
    // By another process: it is looked for.
    blocking::wait(opened(&provider, &place).add_bucket("archive"))?;
    blocking::wait(ring.key_for_writing("archive", "a"))?;
    for (bucket, object) in [("photos", ""), ("photos", &*"a".repeat(65_536))] {
        let refused = blocking::wait(ring.key_for_writing(bucket, object));
        assert!(matches!(refused, Err(Error::InvalidInput { .. })));
    }
    Ok(())
}

#[test]
fn an_epoch_that_is_not_there_is_told() {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let ring = created(&provider, &place);
    let refused = digest_of(&ring, 2, "a");
    assert!(message(refused).contains("has no epoch 2; the newest is 1"));
    assert_eq!(kind(digest_of(&ring, u32::MAX, "a")), Some(KeyRingErrorKind::UnknownEpoch));
}
