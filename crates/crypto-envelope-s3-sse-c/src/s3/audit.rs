//! Which epochs of a key ring the objects of a bucket are under.

use std::{collections::BTreeMap, time::SystemTime};

use aws_sdk_s3::types::{MultipartUpload, ObjectVersion};
use crypto_envelope::{Result, service::ended};
use tokio::task::JoinSet;

use crate::{
    Epoch, EpochAudit, KeyRing, ObjectKeys, ObjectPlace, SseCClient, SseCError, SseCErrorKind,
    headers::Echo,
    s3::{calls::send, error::About, look::Look},
};

/// What one version is under.
enum Under {
    Epoch(Epoch),
    /// A customer key that is not of the ring, or nobody can tell.
    Unknown,
    /// No customer key; or it is gone by now.
    None,
}

impl SseCClient {
    /// Looks at every version of every object in a bucket, and at the uploads that are under way, to find out which
    /// epochs of a ring are still needed: for [`KeyRing::retire`].
    ///
    /// It makes a request for each version, and one more for each epoch between the newest and its own.
    ///
    /// # Errors
    ///
    /// An [`SseCError`] if the bucket cannot be listed to its end, or an object cannot be looked at because of the
    /// network or of rights.
    pub async fn audit(&self, ring: &KeyRing, bucket: &str) -> Result<EpochAudit> {
        let started = SystemTime::now();
        ring.reload().await?;
        let newest = ring.newest();
        let mut audit = EpochAudit {
            ring: ring.id(),
            bucket: bucket.to_owned(),
            newest,
            versions: BTreeMap::new(),
            unattributed: 0,
            pending_uploads: self.pending_uploads(ring, bucket).await?,
            started,
            finished: started,
        };
        let mut running: JoinSet<Result<Under>> = JoinSet::new();
        let mut listing = Listing::of(bucket);
        while let Some(places) = listing.next(self).await? {
            for place in places {
                if running.len() >= PARALLEL {
                    audit.note(running.join_next().await)?;
                }
                let (client, ring) = (self.clone(), ring.clone());
                running.spawn(async move { client.under(&ring, &place).await });
            }
        }
        while !running.is_empty() {
            audit.note(running.join_next().await)?;
        }
        // An upload may have become an object meanwhile.
        audit.pending_uploads =
            audit.pending_uploads.max(self.pending_uploads(ring, bucket).await?);
        audit.finished = SystemTime::now();
        Ok(audit)
    }

    async fn under(&self, ring: &KeyRing, place: &ObjectPlace) -> Result<Under> {
        let keys = ObjectKeys::from(ring);
        // The ring was read when the audit began.
        let mut candidates = keys.candidates().without_reload();
        while let Some(candidate) = candidates.next(place).await? {
            match self.head_by(place, &candidate).await {
                Ok(answer) => match (answer.seen.echo(candidate.key.digest()), candidate.epoch) {
                    (Echo::Right, Some(epoch)) => return Ok(Under::Epoch(epoch)),
                    // Servers that take no notice of a key for what is under none.
                    (Echo::Missing, _) => break,
                    _ => return Ok(Under::Unknown),
                },
                Err(error) if error.may_be_about_the_key() => {}
                Err(error) if error.kind() == SseCErrorKind::NotFound => break,
                Err(error) => return Err(error.into()),
            }
        }
        match self.look(place).await? {
            Look::Keyed => Ok(Under::Unknown),
            Look::Missing if self.is_listed(place).await? => Ok(Under::Unknown),
            Look::Missing | Look::Open { .. } => Ok(Under::None),
        }
    }

    /// Whether a version is still there.
    async fn is_listed(&self, place: &ObjectPlace) -> Result<bool> {
        let about = place.about("ListObjectVersions");
        let request = self.s3().list_object_versions().bucket(place.bucket()).prefix(place.key());
        let listed = send!(self, &about, request).await?.output;
        let is_it = |key: Option<&str>, version: Option<&str>| {
            key == Some(place.key()) && version == place.version()
        };
        // A name that is the beginning of many others may have its versions on another page.
        let is_whole = listed.is_truncated() != Some(true);
        let mut versions = listed.versions().iter();
        Ok(!is_whole || versions.any(|version| is_it(version.key(), version.version_id())))
    }

    /// Uploads that were begun before everybody knew the newest epoch.
    async fn pending_uploads(&self, ring: &KeyRing, bucket: &str) -> Result<u64> {
        let known_since =
            ring.created(ring.newest()).map(|created| created + KeyRing::RETIRE_AFTER);
        let is_older = |upload: &MultipartUpload| {
            let begun = upload.initiated().and_then(|begun| SystemTime::try_from(*begun).ok());
            begun.zip(known_since).is_none_or(|(begun, known)| begun < known)
        };
        let about = ObjectPlace::new(bucket, String::new()).about("ListMultipartUploads");
        let (mut key, mut id) = (None, None);
        let mut last = None;
        let mut count = 0;
        loop {
            let request = self
                .s3()
                .list_multipart_uploads()
                .bucket(bucket)
                .set_key_marker(key.take())
                .set_upload_id_marker(id.take());
            let page = send!(self, &about, request).await?.output;
            count += page.uploads().iter().filter(|upload| is_older(upload)).count() as u64;
            let next = (page.next_key_marker(), page.next_upload_id_marker());
            if page.is_truncated() != Some(true) && next.0.is_none_or(str::is_empty) {
                return Ok(count);
            }
            let next = (next.0.map(ToOwned::to_owned), next.1.map(ToOwned::to_owned));
            if next.0.is_none() || last.as_ref() == Some(&next) {
                return Err(SseCError::endless(about).into());
            }
            (key, id) = next.clone();
            last = Some(next);
        }
    }
}

impl EpochAudit {
    fn note(&mut self, done: Option<Result<Result<Under>, tokio::task::JoinError>>) -> Result<()> {
        match done.transpose().map_err(ended)?.transpose()? {
            Some(Under::Epoch(epoch)) => *self.versions.entry(epoch).or_default() += 1,
            Some(Under::Unknown) => self.unattributed += 1,
            Some(Under::None) | None => {}
        }
        Ok(())
    }
}

/// Pages of all versions of all objects.
struct Listing {
    bucket: String,
    key: Option<String>,
    version: Option<String>,
    last: Option<(Option<String>, Option<String>)>,
    is_over: bool,
}

impl Listing {
    fn of(bucket: &str) -> Self {
        Self { bucket: bucket.to_owned(), key: None, version: None, last: None, is_over: false }
    }

    async fn next(&mut self, client: &SseCClient) -> Result<Option<Vec<ObjectPlace>>, SseCError> {
        if self.is_over {
            return Ok(None);
        }
        let about = ObjectPlace::new(&self.bucket, String::new()).about("ListObjectVersions");
        let request = client
            .s3()
            .list_object_versions()
            .bucket(&self.bucket)
            .set_key_marker(self.key.take())
            .set_version_id_marker(self.version.take());
        let page = send!(client, &about, request).await?.output;
        let next = (
            page.next_key_marker().map(ToOwned::to_owned),
            page.next_version_id_marker().map(ToOwned::to_owned),
        );
        let says_more = next.0.as_ref().is_some_and(|key| !key.is_empty());
        self.is_over = page.is_truncated() != Some(true) && !says_more;
        if !self.is_over && (next.0.is_none() || self.last.as_ref() == Some(&next)) {
            return Err(SseCError::endless(about));
        }
        (self.key, self.version) = next.clone();
        self.last = Some(next);
        // What a test of ours has left is under keys that nobody has.
        let is_left = |version: &&ObjectVersion| {
            let size = version.size().and_then(|size| u64::try_from(size).ok());
            version.key().zip(size).is_some_and(|(key, size)| SseCClient::is_probe(key, size))
        };
        let versions = page.versions().iter().filter(|version| !is_left(version));
        let places = versions.map(|version| {
            let Some(key) = version.key() else { return Err(nameless(about.clone())) };
            Ok(ObjectPlace::new(&self.bucket, key).with_version(version.version_id()))
        });
        places.collect::<Result<_, _>>().map(Some)
    }
}

fn nameless(about: About) -> SseCError {
    let finding = "the server lists a version and not its name";
    SseCError::found(about, SseCErrorKind::Other, finding)
}

/// How many objects are looked at at the same time.
const PARALLEL: usize = 16;
