//! Whether audits prove that nothing opens with an epoch.

use std::time::SystemTime;

use crypto_envelope::service::said;

use crate::{
    Epoch, EpochAudit,
    key_ring::{KeyRing, document::Document, time::Second},
};

/// What is missing for a proof, at the time `now`.
pub(super) fn check(
    document: &Document,
    epoch: Epoch,
    audits: &[EpochAudit],
    now: SystemTime,
) -> Result<(), String> {
    for bucket in &document.buckets {
        if !audits.iter().any(|audit| audit.bucket == *bucket) {
            return Err(format!("there is no audit of the bucket {bucket:?}"));
        }
    }
    audits.iter().try_for_each(|audit| {
        let bucket = said(&audit.bucket);
        check_one(document, epoch, audit, now)
            .map_err(|why| format!("the audit of the bucket {bucket:?} {why}"))
    })
}

fn check_one(
    document: &Document,
    epoch: Epoch,
    audit: &EpochAudit,
    now: SystemTime,
) -> Result<(), String> {
    if audit.ring != document.id {
        return Err(format!("is about the ring {:?}", said(&audit.ring)));
    }
    let newest = document.newest();
    if audit.newest != newest {
        return Err(format!(
            "began when the newest epoch was {}, and it is {newest}",
            audit.newest
        ));
    }
    let created = document.root(newest).map_or(now, |root| root.created.to_time());
    if audit.started < created + KeyRing::RETIRE_AFTER {
        let (created, hours) = (Second::of(created), KeyRing::RETIRE_AFTER.as_secs() / 3600);
        return Err(format!(
            "began too early: the newest epoch is of {created}, and those who write may go on without it for \
             {hours} hours"
        ));
    }
    if audit.finished < audit.started || audit.finished > now {
        return Err("has times that cannot be: check the clock of this machine".to_owned());
    }
    if now > audit.finished + KeyRing::AUDIT_GOOD_FOR {
        return Err("is too old: versions may have come back since".to_owned());
    }
    match (audit.versions(epoch), audit.unattributed, audit.pending_uploads) {
        (0, 0, 0) => Ok(()),
        (0, 0, uploads) => Err(format!(
            "found {uploads} uploads under way that may be under an older epoch: complete or abort them"
        )),
        (0, others, _) => Err(format!(
            "found {others} versions of which it could not say which epoch they are under"
        )),
        (versions, ..) => {
            Err(format!("found {versions} versions under it: rewrite or delete them"))
        }
    }
}
