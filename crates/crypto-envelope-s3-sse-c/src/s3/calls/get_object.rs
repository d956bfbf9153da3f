//! Reading.

use aws_sdk_s3::operation::get_object::{GetObjectOutput, builders::GetObjectFluentBuilder};
use crypto_envelope::Result;

use crate::{
    ObjectKeys, ObjectPlace, SseCClient, SseCError, SseCErrorKind, WithCustomerKey as _,
    s3::error::About,
};

impl SseCClient {
    /// Reads an object, or a range or an older version of it, that is under one of these keys. All other options
    /// of the request are the caller's. The body comes as a stream, and ends with an error if it ends too early.
    ///
    /// With keys of a ring, an object is tried with the newest epoch first: one that is under an older one takes
    /// a request more for each epoch between.
    ///
    /// ```no_run
    /// # use crypto_envelope_s3_sse_c::{SseCClient, SseCustomerKey};
    /// # async fn read(client: &SseCClient, key: &SseCustomerKey) -> crypto_envelope::Result<()> {
    /// let request = client.s3().get_object().bucket("bucket").key("name").range("bytes=0-99");
    /// let object = client.get_object(request, key).await?;
    /// # drop(object);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// An [`SseCError`]: [`SseCErrorKind::WrongKey`] and [`SseCErrorKind::NotEncrypted`] above all, which servers
    /// do not tell apart by what they answer: if a keyed request is refused, one without a key finds out.
    pub async fn get_object(
        &self,
        request: GetObjectFluentBuilder,
        keys: impl Into<ObjectKeys>,
    ) -> Result<GetObjectOutput> {
        let input = request.as_input();
        let (bucket, key) = (input.get_bucket(), input.get_key());
        let place = ObjectPlace::of(bucket.as_deref(), key.as_deref())?
            .with_version(input.get_version_id().clone());
        let asks_part = input.get_range().is_some() || input.get_part_number().is_some();
        let about = About { operation: "GetObject", place };
        let keys = keys.into();
        let mut candidates = keys.candidates();
        let mut refused = None;
        while let Some(candidate) = candidates.next(&about.place).await? {
            let request = request.clone().with_customer_key(&candidate.key);
            let answer =
                self.call(&about, |guard| request.customize().interceptor(guard).send()).await;
            match answer {
                Ok(answer) => {
                    let output = answer.about(candidate.key.digest(), &about)?;
                    check_part(asks_part, &output, &about)?;
                    return Ok(output);
                }
                Err(error) if error.may_be_about_the_key() => refused = Some(error),
                Err(error) => return Err(error.into()),
            }
        }
        Err(self.why_refused(about, refused).await.into())
    }
}

/// Some servers give the whole object if they do not know the kind of part that was asked for.
fn check_part(asks_part: bool, output: &GetObjectOutput, about: &About) -> Result<(), SseCError> {
    if !asks_part || output.content_range().is_some() {
        return Ok(());
    }
    let finding =
        "the server answered with the whole object instead of the part that was asked for";
    Err(SseCError::found(about.clone(), SseCErrorKind::Unsupported, finding))
}
