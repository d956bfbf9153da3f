//! Whether what was written is under the key.

use std::error::Error as StdError;

use crypto_envelope::{Error, Result};

use crate::{
    ObjectPlace, SseCClient, SseCError, SseCErrorKind, StoredObject,
    headers::Echo,
    s3::{
        calls::{another_key, send},
        error::About,
        etag::{Named, is_same_tag},
        guard::Seen,
        look::Look,
        object_keys::ObjectKey,
        protection::Seal,
    },
};

impl SseCClient {
    /// Removes what a server stored, as an [error says it](SseCError::stored). Look at its kind first: what is
    /// [`Unverified`](SseCErrorKind::Unverified) may be as it should be, and the only copy. If the object was replaced since,
    /// nothing is removed. Nor is it if it [took the place](StoredObject::took_the_place) of the object that was to
    /// be put under a key: that may be the only copy.
    ///
    /// A server without versions cannot be told to remove this and nothing else: what somebody else writes at this
    /// very moment may be removed.
    ///
    /// # Errors
    ///
    /// An [`SseCError`]: [`SseCErrorKind::Changed`] if it is another object by now, or is still there afterwards.
    pub async fn delete_stored(&self, stored: &StoredObject) -> Result<()> {
        if stored.took_the_place {
            return Err(Error::invalid_input(format!(
                "{} took the place of the object itself, of which there may be no other copy: read it first, \
                 and delete it by itself",
                stored.place
            )));
        }
        let about = stored.place.about("DeleteObject");
        let version = match stored.place.version() {
            Some(version) => Some(version.to_owned()),
            None => self.version_of(stored, &about).await?,
        };
        let request = self
            .s3()
            .delete_object()
            .bucket(stored.place.bucket())
            .key(stored.place.key())
            .set_version_id(version.clone());
        send!(self, &about, request).await?;
        let place = ObjectPlace::new(stored.place.bucket(), stored.place.key());
        match self.head_plainly(&place.with_version(version)).await {
            Ok(left) if is_that(left.output.e_tag(), stored.etag.as_deref()) => {
                let finding = "it is still there, although the server says that it deleted it";
                Err(SseCError::found(about, SseCErrorKind::Changed, finding).into())
            }
            _ => Ok(()),
        }
    }

    /// The version, if there are such, of what has to be there now.
    async fn version_of(
        &self,
        stored: &StoredObject,
        about: &About,
    ) -> Result<Option<String>, SseCError> {
        let now = self.head_plainly(&stored.place).await?.output;
        if is_that(now.e_tag(), stored.etag.as_deref()) {
            return Ok(now.version_id().map(ToOwned::to_owned));
        }
        let finding = "it is another object by now than the one that was stored";
        Err(SseCError::found(about.clone(), SseCErrorKind::Changed, finding))
    }

    /// Demands that a write was done as it was to be, and with a key that is still there.
    pub(crate) async fn check_sealed(
        &self,
        about: &About,
        seen: &Seen,
        written: Named,
        seal: &Seal,
    ) -> Result<()> {
        match seal.customer_key() {
            Some(key) => {
                self.check_written(about, seen, written, key).await?;
                key.check_not_retired(about).await
            }
            None => Ok(seal.demand(seen, about, || Some(stored(about, written)))?),
        }
    }

    /// Demands that a write was done with this key: by the echo in the answer, or else by a look at what is
    /// there now.
    async fn check_written(
        &self,
        about: &About,
        seen: &Seen,
        written: Named,
        key: &ObjectKey,
    ) -> Result<(), SseCError> {
        match seen.echo(key.key.digest()) {
            Echo::Right => Ok(()),
            Echo::Missing => self.prove(about, written, key).await,
            Echo::Wrong => {
                let stored = stored(about, written);
                Err(another_key(about).with_stored(stored))
            }
        }
    }

    /// Demands that exactly this is there: refused without a key, and given with it.
    async fn prove(&self, about: &About, written: Named, key: &ObjectKey) -> Result<(), SseCError> {
        let expected = written.etag.clone();
        let is_named = expected.is_some() || written.version.is_some();
        let mut stored = stored(about, written);
        let fail = |kind, finding: String, stored: StoredObject| {
            Err(SseCError::found(about.clone(), kind, finding).with_stored(stored))
        };
        let place = stored.place.clone();
        match self.look(&place).await {
            Ok(Look::Open { server_side }) => {
                let how = match server_side {
                    Some(how) => format!("with a key of its own ({how}) instead"),
                    None => "in plain".to_owned(),
                };
                let finding = format!(
                    "the server took no notice of the customer key, and stored {place} {how}"
                );
                if place.version().is_none()
                    && let Ok(now) = self.head_plainly(&place).await
                    && is_that(now.output.e_tag(), stored.etag.as_deref())
                {
                    stored.place = place.with_version(now.output.version_id());
                }
                return fail(SseCErrorKind::NotProtected, finding, stored);
            }
            Ok(Look::Keyed) => {}
            Ok(Look::Missing) => {
                let finding =
                    format!("{place} is not there, although the server says that it stored it");
                return fail(SseCErrorKind::Unproven, finding, stored);
            }
            Err(error) => return fail(SseCErrorKind::Unverified, unknown(&place, &error), stored),
        }
        let answer = match self.head_by(&place, key).await {
            Ok(answer) => answer,
            Err(error) if error.may_be_about_the_key() => {
                let finding = format!("{place} does not open with the key that was sent");
                return fail(SseCErrorKind::Unproven, finding, stored);
            }
            Err(error) => return fail(SseCErrorKind::Unverified, unknown(&place, &error), stored),
        };
        let is_it = expected.is_none() || is_that(answer.output.e_tag(), expected.as_deref());
        if answer.seen.echo(key.key.digest()) == Echo::Right && is_it && is_named {
            return Ok(());
        }
        let finding = format!("the server does not say under which key {place} is");
        fail(SseCErrorKind::Unproven, finding, stored)
    }
}

/// Whether what is there is what was stored.
fn is_that(there: Option<&str>, stored: Option<&str>) -> bool {
    there.zip(stored).is_some_and(|(there, stored)| is_same_tag(there, stored))
}

fn stored(about: &About, written: Named) -> StoredObject {
    let Named { version, etag } = written;
    let place = about.place.clone().with_version(version);
    StoredObject { place, etag, took_the_place: false }
}

fn unknown(place: &ObjectPlace, error: &dyn StdError) -> String {
    format!(
        "the server did not say that it used the customer key, and how {place} is stored cannot be \
         found out: {error}"
    )
}
