//! Tags of objects.

use aws_sdk_s3::types::{Tag, Tagging};
use crypto_envelope::{Result, service::percent::encoded};

use crate::{ObjectPlace, SseCClient, SseCError, SseCErrorKind, s3::calls::send};

impl SseCClient {
    /// All of them. Where it cannot be known, and nothing says that there are some, there are none.
    pub(crate) async fn tags(&self, place: &ObjectPlace, count: Option<i32>) -> Result<Vec<Tag>> {
        let about = place.about("GetObjectTagging");
        let request = self
            .s3()
            .get_object_tagging()
            .bucket(place.bucket())
            .key(place.key())
            .set_version_id(place.version().map(ToOwned::to_owned));
        match send!(self, &about, request).await {
            Ok(answer) => Ok(answer.output.tag_set),
            Err(error) if count.unwrap_or(0) == 0 && says_no_tags(&error) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Sees to it that what was written has the tags that it was written with, as a query: Ceph drops those of what is
    /// uploaded in parts, and says nothing. If nobody may look at them, they are taken for kept.
    pub(crate) async fn keep_tags(&self, place: &ObjectPlace, query: Option<&str>) -> Result<()> {
        let Some(wanted) = query.and_then(tags_of).filter(|tags| !tags.is_empty()) else {
            return Ok(());
        };
        match self.tags(place, None).await {
            Ok(there) if is_same(&there, &wanted) => return Ok(()),
            Err(error) if SseCError::kind_in(&error) == Some(SseCErrorKind::Denied) => {
                return Ok(());
            }
            there => drop(there?),
        }
        let about = place.about("PutObjectTagging");
        let tagging = Tagging::builder().set_tag_set(Some(wanted.clone())).build();
        let lost = |why: &str| {
            let finding =
                format!("the object is stored, and the server did not keep its tags{why}");
            SseCError::found(about.clone(), SseCErrorKind::Unsupported, finding)
        };
        let request = self
            .s3()
            .put_object_tagging()
            .bucket(place.bucket())
            .key(place.key())
            .set_version_id(place.version().map(ToOwned::to_owned))
            .tagging(tagging.map_err(|error| lost(&format!(": {error}")))?);
        send!(self, &about, request).await.map_err(|error| lost(&format!(": {error}")))?;
        let there = self.tags(place, None).await?;
        if is_same(&there, &wanted) { Ok(()) } else { Err(lost("").into()) }
    }
}

fn says_no_tags(error: &SseCError) -> bool {
    use SseCErrorKind::{NotFound, Other, Unsupported};
    // Ceph says that all is well, and nothing else.
    matches!(error.kind(), NotFound | Other | Unsupported) || error.status() == Some(200)
}

fn is_same(one: &[Tag], other: &[Tag]) -> bool {
    let sorted = |tags: &[Tag]| {
        let owned = |tag: &Tag| (tag.key().to_owned(), tag.value().to_owned());
        let mut tags: Vec<_> = tags.iter().map(owned).collect();
        tags.sort_unstable();
        tags
    };
    sorted(one) == sorted(other)
}

/// As the header wants them: a query, percent-encoded.
pub(crate) fn query_of(tags: &[Tag]) -> String {
    let pairs: Vec<_> = tags
        .iter()
        .map(|tag| format!("{}={}", *encoded(tag.key()), *encoded(tag.value())))
        .collect();
    pairs.join("&")
}

/// What the header says. None if that is no query.
fn tags_of(query: &str) -> Option<Vec<Tag>> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Tag::builder().key(decoded(key)?).value(decoded(value)?).build().ok()
        })
        .collect()
}

/// As in forms, where a plus is a blank.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_survive_any_character() -> Result<(), Box<dyn std::error::Error>> {
        let tags = [
            Tag::builder().key("a b").value("1&2=3+4%").build()?,
            Tag::builder().key("ä").value("").build()?,
        ];
        let query = query_of(&tags);
        assert_eq!(query, "a%20b=1%262%3D3%2B4%25&%C3%A4=");
        assert!(is_same(&tags_of(&query).ok_or("no query")?, &tags));
        let form = tags_of("a+b=c&d").ok_or("no query")?;
        assert_eq!(query_of(&form), "a%20b=c&d=");
        for broken in ["a=%", "a=%4", "a=%zz", "a=%ff"] {
            assert!(tags_of(broken).is_none(), "{broken}");
        }
        Ok(())
    }
}
