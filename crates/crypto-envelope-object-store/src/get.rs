//! Reading objects.

mod head;
mod open;
mod range;
mod whole;

use std::ops::Range;

use bytes::Bytes;
use object_store::{
    GetOptions, GetResult, OBJECT_STORE_COALESCE_DEFAULT, ObjectStore, Result, coalesce_ranges,
    path::Path,
};

use self::range::{check_bounds, several};
use crate::{
    error::{PlainObject, at, plain_object},
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
                let if_match = plain.e_tag.clone().or(options.if_match.clone());
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
            Some(PlainObject { e_tag }) if self.may_be_plain(location, &options) => {
                let fetch = |range: Range<u64>| {
                    let (range, if_match) = (Some(range.into()), e_tag.clone());
                    let options = GetOptions { range, if_match, ..GetOptions::default() };
                    async move { self.store.get_opts(location, options).await?.bytes().await }
                };
                coalesce_ranges(ranges, fetch, OBJECT_STORE_COALESCE_DEFAULT).await
            }
            _ => Err(at(location, error)),
        }
    }
}
