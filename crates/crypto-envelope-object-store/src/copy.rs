//! Copying and renaming.

mod write;

use crypto_envelope::MessageId;
use object_store::{
    CopyMode, CopyOptions, Error as StoreError, Extensions, GetOptions, ObjectMeta, ObjectStore,
    ObjectStoreExt, RenameOptions, RenameTargetMode, Result, path::Path,
};

use crate::{
    Error, Receipt,
    error::{at, is_about_content},
    source::{e_tag_of, version_of},
    store::Shared,
};

/// What was copied, as it was stored.
struct Copied {
    meta: ObjectMeta,
    /// If it was a message.
    message_id: Option<MessageId>,
}

impl<S: ObjectStore> Shared<S> {
    /// Copies the message as it is where it may stand, else its plaintext into a new one.
    pub(crate) async fn copy(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        if self.may_stand_at(from, to, &options.extensions)? {
            self.store.copy_opts(from, to, options).await?;
            self.headers.forget(to);
            return Ok(());
        }
        self.encrypt_again(from, to, options).await.map(drop)
    }

    /// Copies, and deletes the source if it is still what was copied.
    pub(crate) async fn rename(
        &self,
        from: &Path,
        to: &Path,
        options: RenameOptions,
    ) -> Result<()> {
        // A copy to where it is, and to delete that, would be a loss.
        if from == to {
            return self.rename_to_itself(from, options).await;
        }
        if self.may_stand_at(from, to, &options.extensions)? {
            self.store.rename_opts(from, to, options).await?;
            self.headers.forget(from);
            self.headers.forget(to);
            return Ok(());
        }
        let mode = match options.target_mode {
            RenameTargetMode::Overwrite => CopyMode::Overwrite,
            RenameTargetMode::Create => CopyMode::Create,
        };
        let copy = CopyOptions::new().with_mode(mode).with_extensions(options.extensions);
        let copied = self.encrypt_again(from, to, copy).await?;
        self.check_unchanged(from, &copied).await?;
        self.headers.forget(from);
        self.store.delete(from).await
    }

    async fn rename_to_itself(&self, location: &Path, options: RenameOptions) -> Result<()> {
        let reading = GetOptions { head: true, ..reading(&options.extensions) };
        let there = if self.expected(location, &reading).is_some() {
            self.get(location, reading).await?.meta
        } else {
            self.store.get_opts(location, reading).await?.meta
        };
        match options.target_mode {
            RenameTargetMode::Overwrite => Ok(()),
            RenameTargetMode::Create => Err(StoreError::AlreadyExists {
                path: there.location.to_string(),
                source: "it would be renamed to the name that it has".into(),
            }),
        }
    }

    /// Whether what is at `from` is right at `to` as it is: a message with the same context, which nobody has to look at. A
    /// copy to where it is would be for nothing, and servers refuse it: it is wanted to be encrypted again.
    fn may_stand_at(&self, from: &Path, to: &Path, extensions: &Extensions) -> Result<bool> {
        let is_looked_at = from == to
            || self.unencrypted.is_allowed(from)
            || self.expected(from, &reading(extensions)).is_some();
        Ok(!is_looked_at && self.context_of(from)? == self.context_of(to)?)
    }

    /// Refuses to go on with what was replaced since it was copied.
    async fn check_unchanged(&self, location: &Path, copied: &Copied) -> Result<()> {
        let now = self.store.head(location).await?;
        let is_same = is_same(&now, &copied.meta)
            && match copied.message_id {
                // Times are coarse, and every message of a plaintext of that length has the same one.
                Some(message_id) if !is_tagged(&now) => self.is_at(location, message_id).await?,
                _ => true,
            };
        if is_same { Ok(()) } else { Err(Error::SourceReplaced.at(location)) }
    }

    /// Whether this very message is at a location, by its header, which nobody verified.
    async fn is_at(&self, location: &Path, message_id: MessageId) -> Result<bool> {
        match self.header_at(location, &GetOptions::default()).await {
            Ok((known, _)) => Ok(*known.header().claims().message_id() == message_id),
            Err(error) if is_about_content(&error) => Ok(false),
            Err(error) => Err(at(location, error)),
        }
    }
}

/// The source of a copy, as far as its caller said something of it. A receipt is for what is written.
fn reading(extensions: &Extensions) -> GetOptions {
    let mut extensions = extensions.clone();
    extensions.remove::<Receipt>();
    GetOptions { extensions, ..GetOptions::default() }
}

/// Whether these are one object, as far as the store says.
fn is_same(now: &ObjectMeta, then: &ObjectMeta) -> bool {
    (&now.e_tag, &now.version, now.last_modified, now.size)
        == (&then.e_tag, &then.version, then.last_modified, then.size)
}

/// Whether the store says which object it is.
fn is_tagged(meta: &ObjectMeta) -> bool {
    meta.version.is_some() || e_tag_of(&version_of(meta)).is_some()
}
