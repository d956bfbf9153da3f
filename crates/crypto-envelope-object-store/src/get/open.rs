//! From a location to a reader of its plaintext.

use std::sync::Arc;

use crypto_envelope::{
    self as core, EncryptionContext, Header, MessageId,
    aio::{RangeHeader, RangeReader},
    ranges::KnownHeader,
};
use object_store::{GetOptions, ObjectStore, path::Path};

use crate::{
    Error, ExpectedMessage, Receipt,
    error::{may_be_outdated, through_core},
    source::{FirstAnswer, ObjectSource},
    store::{FurtherPairs, Shared},
};

type Source<S> = ObjectSource<Arc<S>>;

/// Reads the plaintext of one version of an object.
pub(crate) type Reader<S> = RangeReader<Source<S>>;

impl<S: ObjectStore> Shared<S> {
    /// Opens the object, and reads it. If it is replaced meanwhile, both are done again: callers of a store need not know
    /// that one call of theirs is several. So it is if the header was one that is known, and is not the one that is
    /// there now.
    pub(crate) async fn with_reader<T, F: Future<Output = core::Result<T>>>(
        &self,
        location: &Path,
        options: &GetOptions,
        read: impl Fn(Reader<S>, FirstAnswer) -> F,
    ) -> core::Result<T> {
        let mut failed = None;
        // Conditions are for the store to judge, in the first request.
        let known = if has_conditions(options) { None } else { self.headers.last_of(location) };
        if let Some(known) = known {
            let source = ObjectSource::new(Arc::clone(&self.store), location, options);
            let first = source.first_answer();
            let header = RangeHeader::from_known(known.clone(), source, self.ranges.clone());
            match self.read_with(header, first, location, options, &read).await {
                Err(error) if may_be_outdated(&error) => failed = Some((known, error)),
                done => return done,
            }
            self.headers.forget(location);
        }
        let mut attempts = 1;
        loop {
            let (header, first) = self.fetch_header(location, options).await?;
            match failed.take() {
                Some((known, error)) if known == header.to_known() => return Err(error),
                _ => {}
            }
            match self.read_with(header, first, location, options, &read).await {
                Err(core::Error::SourceChanged) if attempts < MOST_ATTEMPTS => attempts += 1,
                done => return done,
            }
        }
    }

    async fn read_with<T, F: Future<Output = core::Result<T>>>(
        &self,
        header: RangeHeader<Source<S>>,
        first: FirstAnswer,
        location: &Path,
        options: &GetOptions,
        read: &impl Fn(Reader<S>, FirstAnswer) -> F,
    ) -> core::Result<T> {
        let context = self.context.of(location)?;
        let reader = header.open(&self.decryptor, &context).await?;
        self.accept(location, options, reader.header(), &context)?;
        read(reader, first).await
    }

    /// The header of what is there now, which nobody verified, and what the store said with it.
    pub(crate) async fn header_at(
        &self,
        location: &Path,
        options: &GetOptions,
    ) -> core::Result<(KnownHeader, FirstAnswer)> {
        let mut attempts = 1;
        loop {
            match self.fetch_header(location, options).await {
                Err(core::Error::SourceChanged) if attempts < MOST_ATTEMPTS => attempts += 1,
                fetched => return fetched.map(|(header, first)| (header.to_known(), first)),
            }
        }
    }

    async fn fetch_header(
        &self,
        location: &Path,
        options: &GetOptions,
    ) -> core::Result<(RangeHeader<Source<S>>, FirstAnswer)> {
        let source = ObjectSource::new(Arc::clone(&self.store), location, options);
        let first = source.first_answer();
        let header = RangeHeader::read(&self.decryptor, source, self.ranges.clone()).await?;
        self.keep_header(location, options, header.to_known());
        Ok((header, first))
    }

    /// Keeps the header of the latest version for the next one who asks.
    pub(super) fn keep_header(&self, location: &Path, options: &GetOptions, known: KnownHeader) {
        if options.version.is_none() {
            self.headers.keep(location, known);
        }
    }

    /// Whether it is for this location, and the message that somebody expects, by a header that was verified. Whoever
    /// asked for it is told which one it is.
    pub(super) fn accept(
        &self,
        location: &Path,
        options: &GetOptions,
        header: &Header,
        context: &EncryptionContext,
    ) -> core::Result<()> {
        if self.further_pairs == FurtherPairs::Refused {
            check_pairs(header.stored_context(), context)?;
        }
        let found = *header.message_id();
        if let Some(receipt) = options.extensions.get::<Receipt>() {
            receipt.fill(found);
        }
        match self.expected(location, options) {
            Some(expected) if expected != found => Err(through_core(Error::OtherMessage { found })),
            _ => Ok(()),
        }
    }

    /// The message that has to be there, if one has.
    pub(crate) fn expected(&self, location: &Path, options: &GetOptions) -> Option<MessageId> {
        let asked = options.extensions.get().map(|ExpectedMessage(expected)| *expected);
        asked.or_else(|| self.expected.as_ref().and_then(|expected| expected(location)))
    }

    /// Whether the object may be something else than a message.
    pub(crate) fn may_be_plain(&self, location: &Path, options: &GetOptions) -> bool {
        self.unencrypted.is_allowed(location) && self.expected(location, options).is_none()
    }
}

/// Refuses what is bound to more than is said of its location: somebody else may share the key, and tell objects apart by
/// that. The other way round the core refuses it.
fn check_pairs(stored: &EncryptionContext, context: &EncryptionContext) -> core::Result<()> {
    let is_further = |key: &&str| !key.starts_with(RESERVED) && context.value(key).is_none();
    match stored.iter().map(|(key, _)| key).find(is_further) {
        Some(key) => Err(through_core(Error::FurtherPair { key: key.to_owned() })),
        None => Ok(()),
    }
}

fn has_conditions(options: &GetOptions) -> bool {
    options.if_match.is_some()
        || options.if_none_match.is_some()
        || options.if_modified_since.is_some()
        || options.if_unmodified_since.is_some()
        || options.version.is_some()
}

/// Keys of the message format itself begin like this: that of the public key that a message is signed with.
const RESERVED: &str = "aws-crypto-";
/// Somebody who replaces an object all the time has this many chances to get in between.
const MOST_ATTEMPTS: u32 = 4;
