//! Reading.

use aws_sdk_s3::operation::get_object::{GetObjectOutput, builders::GetObjectFluentBuilder};
use crypto_envelope::Result;

use crate::{
    ObjectPlace, Protection, SseCClient, SseCError, SseCErrorKind, SseCustomerKey,
    WithCustomerKey as _,
    s3::{
        calls::{length_of, send},
        error::About,
    },
};

impl SseCClient {
    /// Reads an object, or a range or an older version of it, that is under one of these keys, or
    /// [protected otherwise](Protection). All other options of the request are the caller's. The body comes as a
    /// stream, and ends with an error if it ends too early.
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
        protection: impl Into<Protection>,
    ) -> Result<GetObjectOutput> {
        let input = request.as_input();
        let (bucket, key) = (input.get_bucket(), input.get_key());
        let place = ObjectPlace::of(bucket.as_deref(), key.as_deref())?
            .with_version(input.get_version_id().clone());
        let asked =
            Asked { range: input.get_range().clone(), part: input.get_part_number().is_some() };
        let about = place.about("GetObject");
        let protection = protection.into();
        let output = if let Protection::CustomerKey(keys) = &protection {
            let ask = |key: &SseCustomerKey| {
                let request = request.clone().with_customer_key(key);
                async { send!(self, &about, request).await }
            };
            self.read_by_keys(keys, &about, ask).await?.0
        } else {
            let answer = send!(self, &about, request).await;
            let answer = answer.map_err(SseCError::with_need_of_key)?;
            protection.check_read(&answer.seen, &about)?;
            answer.output
        };
        asked.check(&output, &about)?;
        Ok(output)
    }
}

/// What was asked for of an object.
struct Asked {
    range: Option<String>,
    part: bool,
}

impl Asked {
    /// Demands that it came. Some servers give the whole object if they do not know the kind of part that was
    /// asked for.
    fn check(&self, output: &GetObjectOutput, about: &About) -> Result<(), SseCError> {
        let fail = |finding: &str| {
            Err(SseCError::found(about.clone(), SseCErrorKind::Unsupported, finding))
        };
        let Some(length) = length_of(output.content_length()) else {
            return fail(
                "the server does not say how long the answer is, so nobody could see if it ends too early",
            );
        };
        let span = output.content_range().map(Span::parse);
        match (&self.range, span) {
            (None, None) if !self.part => Ok(()),
            (None, Some(Some(span))) if !self.part && span.is_all() && span.length() == length => {
                Ok(())
            }
            (None, Some(_)) if !self.part => fail(
                "the server answered with a part of the object instead of the whole that was asked for",
            ),
            (_, None) => fail(
                "the server answered with the whole object instead of the part that was asked for",
            ),
            // Several parts in one body are for the caller.
            (Some(range), _) if range.contains(',') => Ok(()),
            (Some(range), Some(Some(span))) if !span.is_answer_to(range) => {
                fail("the server answered with another part than that which was asked for")
            }
            (_, Some(Some(span))) if span.length() == length => Ok(()),
            (_, Some(Some(_))) => {
                fail("the server says that the answer is not as long as the part that is in it")
            }
            (_, Some(None)) => fail("the server does not say which part of the object it is"),
        }
    }
}

/// What an answer is of an object, by its `Content-Range` (RFC 9110, section 14.4).
struct Span {
    start: u64,
    /// The last byte.
    end: u64,
    total: u64,
}

impl Span {
    /// None if it is none, or nobody knows how long the object is.
    fn parse(said: &str) -> Option<Self> {
        let (span, total) = said.strip_prefix("bytes ")?.split_once('/')?;
        let (start, end) = span.split_once('-')?;
        let (start, end, total) = (start.parse().ok()?, end.parse().ok()?, total.parse().ok()?);
        (start <= end && end < total).then_some(Self { start, end, total })
    }

    fn length(&self) -> u64 {
        self.end - self.start + 1
    }

    fn is_all(&self) -> bool {
        self.length() == self.total
    }

    /// Whether it is what a `Range` of one part asks for (RFC 9110, section 14.1).
    fn is_answer_to(&self, range: &str) -> bool {
        let Self { start, end, total } = *self;
        let Some((first, last)) =
            range.strip_prefix("bytes=").and_then(|range| range.split_once('-'))
        else {
            return true;
        };
        let last_byte = total - 1;
        match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) => start == first && end == last.min(last_byte),
            (Ok(first), Err(_)) => start == first && end == last_byte,
            (Err(_), Ok(length)) => end == last_byte && start == total.saturating_sub(length),
            // None that is known: that is for the caller.
            (Err(_), Err(_)) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_for_is_an_answer() {
        for (range, said, expected) in [
            ("bytes=0-0", "bytes 0-0/10", true),
            ("bytes=3-5", "bytes 3-5/10", true),
            ("bytes=3-50", "bytes 3-9/10", true),
            ("bytes=3-", "bytes 3-9/10", true),
            ("bytes=-3", "bytes 7-9/10", true),
            ("bytes=-30", "bytes 0-9/10", true),
            ("bytes=3-5", "bytes 0-9/10", false),
            ("bytes=3-5", "bytes 3-4/10", false),
            ("bytes=3-", "bytes 3-8/10", false),
            ("bytes=-3", "bytes 0-2/10", false),
            ("bytes=3-5", "bytes 3-5/*", false),
            ("bytes=3-5", "3-5/10", false),
            ("bytes=3-5", "", false),
            ("bytes=3-5", "bytes 5-3/10", false),
            ("bytes=3-", "bytes 3-10/10", false),
            ("bytes=0-0", "bytes 0-0/0", false),
        ] {
            let is_answer = Span::parse(said).is_some_and(|span| span.is_answer_to(range));
            assert_eq!(is_answer, expected, "{range}: {said}");
        }
    }
}
