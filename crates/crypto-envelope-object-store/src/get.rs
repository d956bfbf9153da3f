//! Reading objects.

mod head;
mod open;
mod range;
mod whole;

use std::ops::Range;

use bytes::Bytes;
use crypto_envelope as core;
use object_store::{
    GetOptions, GetResult, OBJECT_STORE_COALESCE_DEFAULT, ObjectStore, Result, coalesce_ranges,
    path::Path,
};

use self::range::{check_bounds, placed, several};
use crate::{
    error::{PlainObject, at, plain_object},
    source::{e_tag_of, version_of},
    store::Shared,
};

impl<S: ObjectStore> Shared<S> {
    /// What the options ask for, in terms of the plaintext. Conditions are about the object as it is stored, which
    /// is replaced whenever the plaintext is.
    pub(crate) async fn get(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let result = match (options.head, options.range.clone()) {
            (true, _) => self.head(location, &options).await,
            (false, Some(range)) => self.range(location, &options, range).await,
            (false, None) => return self.whole(location, options).await.map(|(_, result)| result),
        };
        let error = match result {
            Ok(result) => return Ok(result),
            Err(error) => error,
        };
        match plain_object(&error) {
            Some(plain) if self.may_be_plain(location, &options) => {
                let e_tag = e_tag_of(&plain.version).map(str::to_owned);
                let if_match = e_tag.or_else(|| options.if_match.clone());
                self.store.get_opts(location, GetOptions { if_match, ..options }).await
            }
            _ => Err(at(location, error)),
        }
    }

    /// Several ranges of one version, with those that are close fetched at once.
    pub(crate) async fn get_ranges(
        &self,
        location: &Path,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>> {
        if ranges.is_empty() {
            return Ok(Vec::new());
        }
        let options = GetOptions::default();
        let read = async {
            ranges.iter().try_for_each(check_bounds)?;
            self.with_reader(location, &options, |reader, _| several(reader, ranges)).await
        };
        let error = match read.await {
            Ok(read) => return Ok(read),
            Err(error) => error,
        };
        match plain_object(&error) {
            Some(plain) if self.may_be_plain(location, &options) => {
                self.plain_ranges(location, plain, ranges).await
            }
            _ => Err(at(location, error)),
        }
    }

    /// The same of what is not encrypted.
    async fn plain_ranges(
        &self,
        location: &Path,
        plain: &PlainObject,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>> {
        let within = |range: &Range<u64>| placed(&range.clone().into(), plain.length);
        let ranges = ranges.iter().map(within).collect::<core::Result<Vec<_>>>();
        let ranges = ranges.map_err(|error| at(location, error))?;
        let fetch = |range: Range<u64>| async move {
            let if_match = e_tag_of(&plain.version).map(str::to_owned);
            let wanted = Some(range.clone().into());
            let options = GetOptions { range: wanted, if_match, ..GetOptions::default() };
            let result = self.store.get_opts(location, options).await?;
            let is_same = version_of(&result.meta) == plain.version && result.range == range;
            let bytes = result.bytes().await?;
            if is_same && bytes.len() as u64 == range.end - range.start {
                Ok(bytes)
            } else {
                Err(at(location, core::Error::SourceChanged))
            }
        };
        coalesce_ranges(&ranges, fetch, OBJECT_STORE_COALESCE_DEFAULT).await
    }
}
