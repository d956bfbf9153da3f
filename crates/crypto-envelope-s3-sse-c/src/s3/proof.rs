//! Whether what was written is under the key.

use std::error::Error as StdError;

use crypto_envelope::Result;

use crate::{
    ObjectPlace, SseCClient, SseCError, SseCErrorKind, StoredInPlain,
    s3::calls::another_key,
    s3::error::About,
    s3::guard::{Echo, Seen},
    s3::object_keys::ObjectKey,
    s3::probe::is_same_tag,
};

/// What a server says of what it has just stored.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) version: Option<String>,
    pub(crate) entity_tag: Option<String>,
}

impl SseCClient {
    /// Removes what a server stored without protection, as an error says it. If the server told no version, and
    /// the object was replaced since, nothing is removed.
    ///
    /// # Errors
    ///
    /// An [`SseCError`]: [`SseCErrorKind::Changed`] if it is another object by now.
    pub async fn delete_stored(&self, stored: &StoredInPlain) -> Result<()> {
        let about = About { operation: "DeleteObject", place: stored.place.clone() };
        if stored.place.version().is_none() {
            let now = self.head_plainly(&stored.place).await?;
            if !is_that(now.output.e_tag(), stored.entity_tag.as_deref()) {
                let finding = "it is another object by now than the one that was stored";
                return Err(SseCError::found(about, SseCErrorKind::Changed, finding).into());
            }
        }
        let request = self
            .s3()
            .delete_object()
            .bucket(stored.place.bucket())
            .key(stored.place.key())
            .set_version_id(stored.place.version().map(ToOwned::to_owned));
        self.call(&about, |guard| request.customize().interceptor(guard).send()).await?;
        Ok(())
    }

    /// Demands that a write was done with this key: by the echo in the answer, or else by a look at what is
    /// there now.
    pub(crate) async fn check_written(
        &self,
        about: &About,
        seen: &Seen,
        written: Written,
        key: &ObjectKey,
    ) -> Result<(), SseCError> {
        match seen.echo(key.key.digest()) {
            Echo::Right => Ok(()),
            Echo::Missing => self.prove(about, written, key).await,
            Echo::Wrong => {
                let stored = stored(about, written);
                Err(another_key(about).with_stored_in_plain(stored))
            }
        }
    }

    /// Demands that exactly this is there: refused without a key, and given with it.
    pub(crate) async fn prove(
        &self,
        about: &About,
        written: Written,
        key: &ObjectKey,
    ) -> Result<(), SseCError> {
        let expected = written.entity_tag.clone();
        let stored = stored(about, written);
        let fail = |kind, finding: String| {
            Err(SseCError::found(about.clone(), kind, finding).with_stored_in_plain(stored.clone()))
        };
        let place = &stored.place;
        match self.head_plainly(place).await {
            Ok(answer) => {
                let how = match answer.seen.server_side() {
                    Some(how) => format!("with a key of its own ({how}) instead"),
                    None => "in plain".to_owned(),
                };
                let finding = format!(
                    "the server took no notice of the customer key, and stored {place} {how}"
                );
                return fail(SseCErrorKind::NotProtected, finding);
            }
            Err(error) if error.status() == Some(400) => {}
            Err(error) => return fail(SseCErrorKind::Unproven, unknown(place, &error)),
        }
        let answer = match self.head_by(place, key).await {
            Ok(answer) => answer,
            Err(error) => return fail(SseCErrorKind::Unproven, unknown(place, &error)),
        };
        let is_it = expected.is_none() || is_that(answer.output.e_tag(), expected.as_deref());
        if answer.seen.echo(key.key.digest()) == Echo::Right && is_it {
            return Ok(());
        }
        let finding = format!("the server does not say under which key {place} is");
        fail(SseCErrorKind::Unproven, finding)
    }
}

/// Whether what is there is what was stored.
fn is_that(there: Option<&str>, stored: Option<&str>) -> bool {
    there.zip(stored).is_some_and(|(there, stored)| is_same_tag(there, stored))
}

fn stored(about: &About, written: Written) -> StoredInPlain {
    let Written { version, entity_tag } = written;
    StoredInPlain { place: about.place.clone().with_version(version), entity_tag }
}

fn unknown(place: &ObjectPlace, error: &dyn StdError) -> String {
    format!(
        "the server did not say that it used the customer key, and how {place} is stored cannot be \
         found out: {error}"
    )
}
