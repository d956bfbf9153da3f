//! Uploads in parts that nobody goes on with, and that cost money until somebody aborts them.

use std::time::SystemTime;

use crypto_envelope::Result;
use crypto_envelope_http::time::iso_date;

use super::CosClient;
use crate::{
    AbortMultipartUpload, CosError, CosErrorKind, ListMultipartUploads, ListedUpload, ObjectKey,
    UploadId,
};

/// What became of uploads that nobody goes on with.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AbandonedUploads {
    /// These are aborted now.
    pub aborted: Vec<ListedUpload>,
    /// These were left alone: COS does not say in the form `2020-02-06T07:32:54Z` when they began, or
    /// their keys are none that [`ObjectKey`] takes.
    pub unclear: Vec<ListedUpload>,
}

impl CosClient {
    /// Aborts the uploads that began before `time`, of objects whose keys begin with `prefix`, and says which.
    ///
    /// For what processes left behind that were killed, and whose records are lost. The parts of such an
    /// upload are removed: take a time before which nothing began that somebody may still go on with.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call). Some may have been aborted by then.
    pub async fn abort_uploads_before(
        &self,
        time: SystemTime,
        prefix: &str,
    ) -> Result<AbandonedUploads> {
        let latest = iso_date(time);
        let mut found = AbandonedUploads::default();
        let mut list = Some(ListMultipartUploads::new().prefix(prefix));
        while let Some(call) = list {
            let page = self.call(call.clone()).await?;
            // Somebody on the way may have dropped what was asked for.
            for upload in page.uploads.into_iter().filter(|found| found.key.starts_with(prefix)) {
                let began = upload.initiated.as_deref().and_then(second_of);
                match (began, ObjectKey::exact(&upload.key)) {
                    (Some(began), Ok(key)) if began < &latest[..SECONDS] => {
                        if self.abort(key, upload.upload.clone()).await? {
                            found.aborted.push(upload);
                        }
                    }
                    (Some(_), Ok(_)) => {}
                    (None, _) | (_, Err(_)) => found.unclear.push(upload),
                }
            }
            list = page.next.map(|next| call.after(next));
        }
        Ok(found)
    }

    /// Whether it was still there.
    async fn abort(&self, key: ObjectKey, upload: UploadId) -> Result<bool> {
        match self.call(AbortMultipartUpload::new(key, upload)).await {
            Ok(()) => Ok(true),
            Err(error) => match CosError::kind_in(&error) {
                Some(CosErrorKind::NotFound) => Ok(false),
                _ => Err(error),
            },
        }
    }
}

/// A date in UTC up to its seconds. Such texts are in the order of their times.
fn second_of(date: &str) -> Option<&str> {
    let is_as_in_form = |(form, found): (u8, u8)| match form {
        b'0' => found.is_ascii_digit(),
        other => found == other,
    };
    let second = date.get(..SECONDS)?;
    let has_form = FORM.bytes().zip(second.bytes()).all(is_as_in_form);
    (has_form && date.ends_with('Z')).then_some(second)
}

const FORM: &str = "0000-00-00T00:00:00";
const SECONDS: usize = FORM.len();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_to_the_second() {
        for (date, second) in [
            ("2026-02-18T09:59:59.999Z", Some("2026-02-18T09:59:59")),
            ("2026-02-18T09:59:59Z", Some("2026-02-18T09:59:59")),
            ("2026-02-18T09:59:59+08:00", None),
            ("2026-02-18 09:59:59Z", None),
            ("Wed Feb 18 2026 09:00:00Z", None),
            ("2026-02-18", None),
            ("", None),
        ] {
            assert_eq!(second_of(date), second, "{date}");
        }
        let now = iso_date(SystemTime::now());
        assert_eq!(second_of(&now), Some(&now[..SECONDS]));
    }
}
