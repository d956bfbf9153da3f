//! Uploads in parts that nobody goes on with, and that cost money until somebody aborts them.

use std::time::SystemTime;

use crypto_envelope::Result;
use crypto_envelope_http::time::iso_date;

use super::CosClient;
use crate::{
    AbortMultipartUpload, CosError, CosErrorKind, ListMultipartUploads, ListedUpload, ObjectKey,
};

impl CosClient {
    /// Aborts the uploads that began before `time`, of objects whose keys begin with `prefix`, and says which.
    ///
    /// For what processes left behind that were killed, and whose records are lost. The parts of such an
    /// upload are removed: take a time before which nothing began that somebody may still go on with. An upload of
    /// which COS does not say in the form `2020-02-06T07:32:54Z` when it began is left alone.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call). Some may have been aborted by then.
    pub async fn abort_uploads_before(
        &self,
        time: SystemTime,
        prefix: &str,
    ) -> Result<Vec<ListedUpload>> {
        let latest = iso_date(time);
        let mut aborted = Vec::new();
        let mut list = Some(ListMultipartUploads::new().prefix(prefix));
        while let Some(call) = list {
            let page = self.call(call.clone()).await?;
            for upload in page.uploads {
                let began = upload.initiated.as_deref();
                if began.is_some_and(|began| is_before(began, &latest))
                    && self.abort(&upload).await?
                {
                    aborted.push(upload);
                }
            }
            list = page.next.map(|next| call.after(next));
        }
        Ok(aborted)
    }

    /// Whether it was still there.
    async fn abort(&self, upload: &ListedUpload) -> Result<bool> {
        let key = ObjectKey::exact(&upload.key)?;
        match self.call(AbortMultipartUpload::new(key, upload.upload.clone())).await {
            Ok(()) => Ok(true),
            Err(error) => match CosError::find_in(&error).map(CosError::kind) {
                Some(CosErrorKind::NotFound) => Ok(false),
                _ => Err(error),
            },
        }
    }
}

/// Both to the second, which are in the order of their texts.
fn is_before(began: &str, latest: &str) -> bool {
    let is_digit_there = |(form, found): (u8, u8)| match form {
        b'0'..=b'9' => found.is_ascii_digit(),
        other => found == other,
    };
    let (Some(second), Some(latest)) = (began.get(..SECONDS), latest.get(..SECONDS)) else {
        return false;
    };
    let has_form = latest.bytes().zip(second.bytes()).all(is_digit_there);
    has_form && began.ends_with('Z') && second < latest
}

/// Length of a date up to its seconds.
const SECONDS: usize = "2020-02-06T07:32:54".len();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_be_before_is() {
        let latest = "2026-02-18T10:00:00Z";
        for (began, is) in [
            ("2026-02-18T09:59:59.999Z", true),
            ("2026-02-18T09:59:59Z", true),
            ("2025-12-31T23:59:59Z", true),
            ("2026-02-18T10:00:00.000Z", false),
            ("2026-02-18T09:59:59+08:00", false),
            ("Wed Feb 18 2026 09:00:00Z", false),
            ("2026-02-18", false),
            ("", false),
        ] {
            assert_eq!(is_before(began, latest), is, "{began}");
        }
    }
}
