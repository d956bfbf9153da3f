//! From one key to another.

mod at_once;
mod in_parts;
mod samples;
mod source;
mod through_here;

use std::{fmt, num::NonZeroUsize};

use crypto_envelope::{Error, Result};

pub(crate) use self::source::CopySource;
use crate::{
    ObjectPlace, Protection, SseCClient, SseCError, SseCErrorKind,
    s3::{
        carried::Carried,
        existing::Existing,
        object_keys::ObjectKey,
        probe::{CopyKind, CopyWay, SampleSize, WriteWay},
        protection::Seal,
        transfer::{PARALLEL, Progress},
    },
};

/// A copy of an object that is protected in another way than the object, or in its place.
///
/// Metadata and tags go along, and so does the storage class; an access control list does not, as with any copy in
/// S3, nor does a lock. It is for objects of any size.
#[must_use]
pub struct ObjectCopy {
    source: ObjectPlace,
    from: Protection,
    target: ObjectPlace,
    to: Protection,
    ways: CopyWays,
    writers: Writers,
    existing: Existing,
    parallel: NonZeroUsize,
    progress: Progress,
}

/// Which way the bytes may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CopyWays {
    /// On the server, if a test with random bytes shows that it really changes keys; else through here.
    #[default]
    Any,
    /// On the server alone.
    OnServer,
    /// Through here: read, written, and read again to compare.
    ThroughHere,
}

/// Whether others may write the same object meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Writers {
    Possible,
    AssumedNone,
}

impl ObjectCopy {
    /// Of one object to another, which is replaced if it is there.
    pub fn new(
        source: ObjectPlace,
        from: impl Into<Protection>,
        target: ObjectPlace,
        to: impl Into<Protection>,
    ) -> Self {
        Self {
            source,
            from: from.into(),
            target,
            to: to.into(),
            ways: CopyWays::default(),
            writers: Writers::Possible,
            existing: Existing::Replace,
            parallel: PARALLEL,
            progress: Progress::default(),
        }
    }

    /// In the place of the object itself, as it is now: a version that is named is not minded. In a bucket with
    /// versions, the version as it was stays, under its key.
    pub fn in_place(
        place: ObjectPlace,
        from: impl Into<Protection>,
        to: impl Into<Protection>,
    ) -> Self {
        let place = place.with_version(None::<String>);
        Self::new(place.clone(), from, place, to)
    }

    /// Which way the bytes may go.
    pub fn ways(mut self, ways: CopyWays) -> Self {
        self.ways = ways;
        self
    }

    /// Replaces an object in place although the server cannot be asked to do so only if nobody has changed it
    /// meanwhile. What somebody else writes at the same time is lost.
    pub fn assume_no_writers(mut self) -> Self {
        self.writers = Writers::AssumedNone;
        self
    }

    /// Refuses to replace an object. It is looked at before; and the server decides it, if it knows `If-None-Match`.
    pub fn forbid_overwrite(mut self) -> Self {
        self.existing = Existing::Refuse;
        self
    }

    /// How many parts are under way at the same time; each is in memory if it goes through here. 4, if it is not
    /// set.
    pub fn parallel(mut self, parts: NonZeroUsize) -> Self {
        self.parallel = parts;
        self
    }

    /// Has somebody told how many more bytes were copied, each time that there are more: the sum is how far it is.
    pub fn on_progress(mut self, tell: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.progress = Progress::to(tell);
        self
    }

    fn is_in_place(&self) -> bool {
        self.source.bucket() == self.target.bucket() && self.source.key() == self.target.key()
    }
}

impl fmt::Debug for ObjectCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectCopy")
            .field("source", &self.source)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

/// An object that was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// Where the copy is, with the version if the server told one.
    pub place: ObjectPlace,
    /// As the server said it.
    pub etag: Option<String>,
    /// In bytes.
    pub size: u64,
    /// Which way the bytes went.
    pub way: CopiedWay,
    /// The version that was copied, if the server told one: it is still there, under the key that it was under.
    pub source_version: Option<String>,
}

/// Which way the bytes of a copy went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CopiedWay {
    /// Nowhere: the object was protected in this way already.
    AlreadyThere,
    /// The server copied the object as a whole.
    OnServer,
    /// The server copied the object in parts.
    OnServerInParts,
    /// Through here.
    ThroughHere,
}

/// The source, as it is.
pub(super) struct Found {
    key: Option<ObjectKey>,
    size: u64,
    etag: Option<String>,
    version: Option<String>,
    server_side: Option<String>,
    carried: Carried,
}

impl SseCClient {
    /// Copies an object, so that the copy is protected in another way, or as the object is. The copy is looked
    /// at before this is said to be done.
    ///
    /// Whether a server can change keys by itself is found out once, with random bytes in the same bucket: some
    /// say that they did, and store the copy in plain, or so that nobody can read it.
    ///
    /// ```no_run
    /// # use crypto_envelope_s3_sse_c::{ObjectCopy, ObjectPlace, SseCClient, SseCustomerKey};
    /// # async fn rotate(client: &SseCClient, old: &SseCustomerKey, new: &SseCustomerKey)
    /// #     -> crypto_envelope::Result<()> {
    /// let place = ObjectPlace::new("bucket", "name");
    /// client.copy(ObjectCopy::in_place(place, old, new)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`put_object`](Self::put_object) and [`get_object`](Self::get_object). [`SseCErrorKind::Changed`] if
    /// the source was replaced meanwhile.
    pub async fn copy(&self, copy: ObjectCopy) -> Result<Copied> {
        let (is_in_place, target, existing) =
            (copy.is_in_place(), copy.target.clone(), copy.existing.clone());
        match Box::pin(self.copy_checked(copy)).await {
            Ok(copied) => Ok(copied),
            Err(error) => match SseCError::find_in(&error) {
                Some(ours) if is_in_place => Err(ours.clone().in_place().into()),
                _ => Err(self.why_not_written(error, &target, &existing).await),
            },
        }
    }

    async fn copy_checked(&self, copy: ObjectCopy) -> Result<Copied> {
        self.check_target(&copy).await?;
        let found = self.find_any_source(&copy).await?;
        let seal = copy.to.seal(&copy.target).await?;
        if copy.is_in_place() && found.is_under(&seal) {
            return Ok(Copied {
                place: copy.target.with_version(found.version.clone()),
                etag: found.etag,
                size: found.size,
                way: CopiedWay::AlreadyThere,
                source_version: found.version,
            });
        }
        let tags = found.carried.tags.clone();
        let copied = self.copy_found(&copy, found, seal).await?;
        self.keep_tags(&copied.place, tags.as_deref()).await?;
        Ok(copied)
    }

    async fn copy_found(&self, copy: &ObjectCopy, found: Found, seal: Seal) -> Result<Copied> {
        if copy.ways != CopyWays::ThroughHere {
            let source = self.copy_source(copy, &found).await?;
            // Else it could be another object by now, or several of them in parts.
            if source.is_pinned() || copy.writers == Writers::AssumedNone {
                match self.way_on_server(copy, &found, &seal).await? {
                    Some(CopyWay::AtOnce) => {
                        return self.copy_at_once(copy, found, source, &seal).await;
                    }
                    Some(CopyWay::InParts) => {
                        return self.copy_in_parts(copy, found, source, seal).await;
                    }
                    None => {}
                }
            }
        }
        if copy.ways == CopyWays::OnServer {
            let about = copy.target.about("CopyObject");
            let finding =
                "the server cannot copy between these keys: let the bytes go through here";
            return Err(SseCError::found(about, SseCErrorKind::Unsupported, finding).into());
        }
        self.copy_through_here(copy, found, seal).await
    }

    /// The source. In place, it may be as it is to be already, as after an interruption.
    async fn find_any_source(&self, copy: &ObjectCopy) -> Result<Found> {
        let refused = match self.find_source(&copy.source, &copy.from).await {
            Err(error) if copy.is_in_place() && is_about_protection(&error) => error,
            found => return found,
        };
        self.find_source(&copy.source, &copy.to).await.map_err(|_| refused)
    }

    /// Refuses to replace what is not to be replaced.
    async fn check_target(&self, copy: &ObjectCopy) -> Result<()> {
        if copy.existing != Existing::Refuse {
            return Ok(());
        }
        if copy.is_in_place() {
            return Err(Error::invalid_input("a copy in place replaces an object that is there"));
        }
        self.refuse_existing(&copy.target).await
    }

    /// How the server can do it, if it really does.
    async fn way_on_server(
        &self,
        copy: &ObjectCopy,
        found: &Found,
        seal: &Seal,
    ) -> Result<Option<CopyWay>> {
        let kind = |way| CopyKind {
            way,
            from_customer_key: found.key.is_some(),
            to_customer_key: seal.customer_key().is_some(),
            in_place: copy.is_in_place(),
            size: SampleSize::like(found.size),
        };
        let bucket = copy.target.bucket();
        let is_guarded = copy.is_in_place() && copy.writers == Writers::Possible;
        let is_keyed = seal.customer_key().is_some();
        for way in [CopyWay::AtOnce, CopyWay::InParts] {
            let write = match way {
                CopyWay::AtOnce => WriteWay::Copy,
                CopyWay::InParts => WriteWay::Complete,
            };
            if !way.fits(found.size)
                || is_guarded && self.replacing(bucket, write, is_keyed).await?.is_none()
            {
                continue;
            }
            if self.really_copies(kind(way), bucket).await? {
                return Ok(Some(way));
            }
        }
        Ok(None)
    }

    /// Under which condition the target may be written.
    async fn condition(&self, copy: &ObjectCopy, found: &Found, way: WriteWay) -> Result<Existing> {
        if !copy.is_in_place() || copy.existing == Existing::Refuse {
            return Ok(copy.existing.clone());
        }
        let is_keyed = matches!(copy.to, Protection::CustomerKey(_));
        let form = self.replacing(copy.target.bucket(), way, is_keyed).await?;
        match (form, &found.etag) {
            (Some(form), Some(tag)) => Ok(Existing::Only(form.of(tag))),
            _ => copy.demand_no_writers().map(|()| Existing::Replace),
        }
    }
}

impl ObjectCopy {
    /// Fails unless it was said that nobody else writes.
    fn demand_no_writers(&self) -> Result<()> {
        if self.writers == Writers::AssumedNone {
            return Ok(());
        }
        let about = self.target.about("CopyObject");
        let finding = "the server cannot be asked to replace the object only if nobody has changed it \
                       meanwhile: have nobody write it, and say that no writers are to be assumed";
        Err(SseCError::found(about, SseCErrorKind::Unsupported, finding).into())
    }
}

impl Found {
    fn is_under(&self, seal: &Seal) -> bool {
        match (seal, &self.key) {
            (Seal::CustomerKey(new), Some(old)) => new.key.digest() == old.key.digest(),
            (Seal::ServerKey(crate::ServerKey::S3), None) => {
                self.server_side.as_deref() == Some("AES256")
            }
            _ => false,
        }
    }

    /// Whether another object in its place could be told from it.
    fn is_named(&self) -> bool {
        // The version of what was written without versions is replaced like any other object.
        self.etag.is_some() || self.version.as_deref().is_some_and(|version| version != "null")
    }
}

impl CopyWay {
    /// Whether S3 has this way for so many bytes.
    fn fits(self, size: u64) -> bool {
        match self {
            Self::AtOnce => size <= MOST_AT_ONCE,
            Self::InParts => size > 0,
        }
    }
}

/// Whether an object is protected in another way than it was said to be.
fn is_about_protection(error: &Error) -> bool {
    use SseCErrorKind::{KeyRequired, NotEncrypted, WrongKey};
    matches!(SseCError::kind_in(error), Some(KeyRequired | NotEncrypted | WrongKey))
}

/// In bytes: what S3 copies by one call.
const MOST_AT_ONCE: u64 = 5 << 30;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_larger_than_one_call_takes_goes_in_parts() {
        for (size, at_once, in_parts) in
            [(0, true, false), (1, true, true), (5 << 30, true, true), ((5 << 30) + 1, false, true)]
        {
            let fits = (CopyWay::AtOnce.fits(size), CopyWay::InParts.fits(size));
            assert_eq!(fits, (at_once, in_parts), "{size}");
        }
    }
}
