//! `keyferry s3 ring`.

use std::fmt::Write as _;

use crypto_envelope_s3_sse_c::{Epoch, EpochAudit, KeyRing, KeyRingBuilder, SseCClient};
use serde_json::{Value, json};

use super::{access, run};
use crate::{
    args::{RingAccess, S3Ring},
    command::context,
    failure::Failure,
    provider, report,
};

/// Makes, shows or changes a ring.
pub(crate) fn ring(command: &S3Ring) -> Result<(), Failure> {
    match command {
        S3Ring::Create { ring, buckets } => create(ring, buckets),
        S3Ring::Show { ring } => show(ring, &Opened::of(ring)?.ring),
        S3Ring::AddBucket { ring, bucket } => {
            let opened = Opened::of(ring)?.ring;
            let (changed, name) = (opened.clone(), bucket.clone());
            run(None, async move { changed.add_bucket(&name).await })?;
            show(ring, &opened)
        }
        S3Ring::Rotate { ring } => {
            let opened = Opened::of(ring)?.ring;
            let changed = opened.clone();
            run(None, async move { changed.rotate().await })?;
            show(ring, &opened)
        }
        S3Ring::Rewrap { ring, to } => {
            let opened = Opened::of(ring)?.ring;
            let to = provider::for_decryption(std::slice::from_ref(to))?;
            show(ring, &run(None, async move { opened.rewrap(to).await })?)
        }
        S3Ring::Audit { ring } => {
            let opened = Opened::of(ring)?;
            let audits = opened.audits()?;
            tell_audits(ring, &opened.ring, &audits)
        }
        S3Ring::Retire { ring, epoch } => {
            let opened = Opened::of(ring)?;
            let (audits, epoch) = (opened.audits()?, Epoch::new(*epoch)?);
            let changed = opened.ring.clone();
            run(None, async move { changed.retire(epoch, &audits).await })?;
            show(ring, &opened.ring)
        }
    }
}

struct Opened {
    client: SseCClient,
    ring: KeyRing,
}

impl Opened {
    fn of(access: &RingAccess) -> Result<Self, Failure> {
        let client = access::client(&access.s3)?;
        let builder = builder(access, &client)?;
        Ok(Self { client, ring: run(None, builder.open())? })
    }

    /// Of every bucket of the ring.
    fn audits(&self) -> Result<Vec<EpochAudit>, Failure> {
        let audit = |bucket: String| {
            let (client, ring) = (self.client.clone(), self.ring.clone());
            Ok(run(None, async move { client.audit(&ring, &bucket).await })?)
        };
        self.ring.buckets().into_iter().map(audit).collect()
    }
}

fn builder(access: &RingAccess, client: &SseCClient) -> Result<KeyRingBuilder, Failure> {
    let builder = access::ring(client, &access.ring, &access.provider)?;
    let builder = builder.context(context(&access.context)?);
    access::expecting(builder, access.expect_id.as_deref(), access.expect_epoch)
}

fn create(access: &RingAccess, buckets: &[String]) -> Result<(), Failure> {
    let client = access::client(&access.s3)?;
    let (builder, buckets) = (builder(access, &client)?, buckets.to_vec());
    let ring = run(None, builder.create(buckets))?;
    show(access, &ring)?;
    report::say("Keep a copy of it: without it no object opens whose key is from it.");
    Ok(())
}

fn show(access: &RingAccess, ring: &KeyRing) -> Result<(), Failure> {
    let numbers = |epochs: Vec<Epoch>| epochs.into_iter().map(Epoch::number).collect::<Vec<_>>();
    let (epochs, retired) = (numbers(ring.epochs()), numbers(ring.retired()));
    if access.json {
        return report::print_json(&json!({
            "ring": ring.place().describe(),
            "id": ring.id(),
            "buckets": ring.buckets(),
            "epochs": epochs,
            "retired": retired,
        }));
    }
    let list = |numbers: &[u32]| {
        let texts: Vec<_> = numbers.iter().map(u32::to_string).collect();
        texts.join(", ")
    };
    let mut text = format!("key ring {}, {}\n", ring.id(), ring.place().describe());
    let _ = writeln!(text, "  buckets:  {}", ring.buckets().join(", "));
    let _ = writeln!(text, "  epochs:   {}", list(&epochs));
    if !retired.is_empty() {
        let _ = writeln!(text, "  retired:  {}", list(&retired));
    }
    report::print(&text)
}

fn tell_audits(access: &RingAccess, ring: &KeyRing, audits: &[EpochAudit]) -> Result<(), Failure> {
    for audit in audits {
        let counts: Vec<_> =
            ring.epochs().into_iter().map(|epoch| (epoch, audit.versions(epoch))).collect();
        if access.json {
            let versions: serde_json::Map<_, _> = counts
                .iter()
                .map(|(epoch, count)| (epoch.to_string(), Value::from(*count)))
                .collect();
            report::print_json(&json!({
                "bucket": audit.bucket(),
                "versions": versions,
                "unattributed": audit.unattributed(),
                "pending_uploads": audit.pending_uploads(),
            }))?;
            continue;
        }
        let mut text = format!("bucket {}\n", audit.bucket());
        for (epoch, count) in counts {
            let _ = writeln!(text, "  under epoch {epoch}: {count} versions");
        }
        let _ = writeln!(text, "  under other keys: {} versions", audit.unattributed());
        let _ = writeln!(text, "  uploads under way: {}", audit.pending_uploads());
        report::print(&text)?;
    }
    Ok(())
}
