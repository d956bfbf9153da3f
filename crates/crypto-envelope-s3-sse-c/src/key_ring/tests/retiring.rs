use std::{collections::BTreeMap, time::SystemTime};

use super::*;
use crate::EpochAudit;

fn now(ring: &KeyRing) -> SystemTime {
    ring.0.settings.clock.now()
}

/// One that found nothing under epoch 1, and some under the newest.
fn audit(ring: &KeyRing, bucket: &str) -> EpochAudit {
    EpochAudit {
        ring: ring.id(),
        bucket: bucket.to_owned(),
        newest: ring.newest(),
        versions: BTreeMap::from([(ring.newest(), 7)]),
        unattributed: 0,
        pending_uploads: 0,
        started: now(ring),
        finished: now(ring),
    }
}

/// With two epochs, the newer of which all know.
fn rotated() -> Result<(Provider, MemoryRing, KeyRing)> {
    let (provider, place) = (Provider::new(), MemoryRing::default());
    let ring = created(&provider, &place);
    blocking::wait(ring.rotate())?;
    wait_for(&ring, KeyRing::RETIRE_AFTER);
    Ok((provider, place, ring))
}

fn retire(ring: &KeyRing, number: u32, audits: &[EpochAudit]) -> Result<()> {
    blocking::wait(ring.retire(epoch(number), audits))
}

#[test]
fn what_is_proven_to_be_unused_is_thrown_away() -> Result<()> {
    let (provider, place, ring) = rotated()?;
    let (before, key) = (place.text(), digest_of(&ring, 1, "a")?);
    retire(&ring, 1, &[audit(&ring, "photos")])?;
    assert_eq!((ring.epochs(), ring.retired()), (vec![epoch(2)], vec![epoch(1)]));
    assert!(ring.0.roots.known(epoch(1)).is_none(), "it is wiped");
    for ring in [&ring, &opened(&provider, &place)] {
        assert_eq!(kind(digest_of(ring, 1, "a")), Some(KeyRingErrorKind::RetiredEpoch));
        digest_of(ring, 2, "a")?;
    }
    let again = retire(&ring, 1, &[audit(&ring, "photos")]);
    assert_eq!(kind(again), Some(KeyRingErrorKind::RetiredEpoch));
    // Its number is never used again, and a copy from before still opens what was forgotten.
    assert_eq!(blocking::wait(ring.rotate())?, epoch(3));
    assert_eq!(digest_of(&opened(&provider, &MemoryRing::with(before)), 1, "a")?, key);
    Ok(())
}

#[test]
fn the_newest_epoch_and_one_that_is_not_there_stay() -> Result<()> {
    let (_, place, ring) = rotated()?;
    let before = place.text();
    let audits = [audit(&ring, "photos")];
    assert_eq!(kind(retire(&ring, 2, &audits)), Some(KeyRingErrorKind::NewestEpoch));
    assert_eq!(kind(retire(&ring, 3, &audits)), Some(KeyRingErrorKind::UnknownEpoch));
    assert_eq!(place.text(), before);
    Ok(())
}

#[test]
fn each_part_of_the_proof_has_to_be_there() -> Result<()> {
    type Spoil = fn(&mut EpochAudit);
    let second = Duration::from_secs(1);
    let cases: [(&str, Spoil); 9] = [
        ("is about the ring", |audit| audit.ring = "0".repeat(32)),
        ("began when the newest epoch was 1", |audit| audit.newest = epoch(1)),
        ("began when the newest epoch was 3", |audit| audit.newest = epoch(3)),
        ("began too early", |audit| audit.started -= Duration::from_mins(10)),
        ("times that cannot be", |audit| audit.finished = audit.started - Duration::from_mins(1)),
        ("times that cannot be", |audit| audit.finished += Duration::from_hours(1)),
        ("1 versions under it", |audit| audit.versions.extend([(epoch(1), 1)])),
        ("2 versions of which", |audit| audit.unattributed = 2),
        ("3 uploads under way", |audit| audit.pending_uploads = 3),
    ];
    let (_, place, ring) = rotated()?;
    blocking::wait(ring.add_bucket("archive"))?;
    wait_for(&ring, second * 2);
    let before = place.text();
    for (why, spoil) in cases {
        let good = audit(&ring, "archive");
        let mut bad = audit(&ring, "photos");
        spoil(&mut bad);
        for audits in [
            vec![bad.clone(), good.clone()],
            vec![good.clone(), bad.clone()],
            vec![good, audit(&ring, "photos"), bad],
        ] {
            let refused = retire(&ring, 1, &audits);
            assert_eq!(kind(refused), Some(KeyRingErrorKind::NotProven), "{why}");
            let text = message(retire(&ring, 1, &audits));
            assert!(text.contains(why), "{text}");
        }
    }
    for missing in [vec![], vec![audit(&ring, "photos")], vec![audit(&ring, "other")]] {
        let text = message(retire(&ring, 1, &missing));
        assert!(text.contains("there is no audit of the bucket"), "{text}");
    }
    assert_eq!(place.text(), before);
    let audits = [audit(&ring, "photos"), audit(&ring, "archive")];
    retire(&ring, 1, &audits)
}

#[test]
fn those_who_may_not_know_the_newest_epoch_are_waited_for() -> Result<()> {
    let (_, _, ring) = rotated()?;
    blocking::wait(ring.rotate())?;
    wait_for(&ring, KeyRing::RETIRE_AFTER.saturating_sub(Duration::from_secs(5)));
    let early = audit(&ring, "photos");
    wait_for(&ring, Duration::from_secs(10));
    assert!(message(retire(&ring, 1, &[early])).contains("began too early"));
    retire(&ring, 1, &[audit(&ring, "photos")])
}

#[test]
fn an_audit_is_good_for_a_week() -> Result<()> {
    let (_, _, ring) = rotated()?;
    let audits = [audit(&ring, "photos")];
    wait_for(&ring, KeyRing::AUDIT_GOOD_FOR + Duration::from_secs(5));
    assert!(message(retire(&ring, 1, &audits)).contains("is too old"));
    retire(&ring, 1, &[audit(&ring, "photos")])
}

/// Somebody adds a bucket while an epoch is retired.
#[test]
fn a_bucket_that_was_added_meanwhile_has_to_be_audited() -> Result<()> {
    let (provider, place, ring) = rotated()?;
    let (audits, before) = ([audit(&ring, "photos")], place.text());
    blocking::wait(opened(&provider, &place).add_bucket("archive"))?;
    let rival = place.text();
    place.set(Some(before));
    place.fail([Fault::Rival(rival.clone())]);
    let text = message(retire(&ring, 1, &audits));
    assert!(text.contains("no audit of the bucket \"archive\""), "{text}");
    assert_eq!(place.text(), rival);
    Ok(())
}

#[test]
fn a_root_is_thrown_away_once_whatever_is_answered() -> Result<()> {
    for faults in [vec![Fault::After], vec![Fault::LostAfter]] {
        let (provider, place, ring) = rotated()?;
        place.fail(faults);
        retire(&ring, 1, &[audit(&ring, "photos")])?;
        assert_eq!(opened(&provider, &place).epochs(), [epoch(2)]);
    }
    let (provider, place, ring) = rotated()?;
    place.fail([Fault::Before]);
    let refused = retire(&ring, 1, &[audit(&ring, "photos")]);
    assert_eq!(kind(refused), Some(KeyRingErrorKind::Unwritten));
    assert_eq!(opened(&provider, &place).epochs(), [epoch(2), epoch(1)]);
    digest_of(&ring, 1, "a")?;
    Ok(())
}
