//! Copies from one key to another.

use crypto_envelope_s3_sse_c::{
    CopiedWay, ObjectCopy, Protection, SseCErrorKind, SseCustomerKey,
    aws_sdk_s3::primitives::ByteStream,
};

use super::{Bucket, kind_of, objects::pattern, world::new_key};
use crate::vectors::Result;

impl Bucket<'_> {
    /// From none to a key, from one key to another, and back to none, to another name and in place.
    ///
    /// # Errors
    ///
    /// What is not under the key that it must be under, and no other.
    pub async fn changes_keys(&self) -> Result<Vec<CopiedWay>> {
        let client = self.world.client();
        let (one, two) = (new_key()?, new_key()?);
        let body = pattern(50_000);
        self.put_plainly("plain", &body).await?;
        let mut ways = Vec::new();
        let copy = |from: &str, of, to: &str, under| {
            ObjectCopy::new(self.place(from), of, self.place(to), under)
        };
        let copied = client.copy(copy("plain", Protection::OfBucket, "one", (&one).into())).await?;
        ways.push(copied.way);
        self.is_only_under("one", &body, &one, &two).await?;
        let copied = client.copy(copy("one", (&one).into(), "two", (&two).into())).await?;
        ways.push(copied.way);
        self.is_only_under("two", &body, &two, &one).await?;
        let back = client.copy(copy("two", (&two).into(), "back", Protection::OfBucket)).await?;
        ways.push(back.way);
        if self.get_plainly("back").await? != body {
            return Err("the plain copy is something else".into());
        }
        let wrong = client.copy(copy("one", (&two).into(), "x", (&two).into())).await;
        if kind_of(wrong)? != SseCErrorKind::WrongKey {
            return Err("a copy by the wrong key".into());
        }
        let none = client.copy(copy("one", Protection::OfBucket, "x", (&two).into())).await;
        if kind_of(none)? != SseCErrorKind::KeyRequired {
            return Err("a copy without a key".into());
        }
        Ok(ways)
    }

    /// Replaces a key in place: what goes along with an object stays. Returns which way it went.
    ///
    /// # Errors
    ///
    /// What is not as it was, or not under the new key alone.
    pub async fn rotates(
        &self,
        length: usize,
        how: fn(ObjectCopy) -> ObjectCopy,
    ) -> Result<CopiedWay> {
        let client = self.world.client();
        let (old, new) = (new_key()?, new_key()?);
        let body = self.put_with_metadata(NAME, length, &old).await?;
        let copied = client.copy(how(ObjectCopy::in_place(self.place(NAME), &old, &new))).await?;
        self.is_only_under(NAME, &body, &new, &old).await?;
        let head = client.s3().head_object().bucket(&self.name).key(NAME);
        let head = client.head_object(head, &new).await?;
        let project = head.metadata().and_then(|all| all.get("project")).map(String::as_str);
        let kept = (head.content_type(), head.cache_control(), project);
        if kept != (Some("text/x-test"), Some("no-store"), Some("blue")) {
            return Err(format!("not all went along: {kept:?}").into());
        }
        let tags = self.tags(NAME).await?;
        if tags != [("a b", "1+2=3"), ("colour", "blue")].map(|(a, b)| (a.to_owned(), b.to_owned()))
        {
            return Err(format!("not all tags went along: {tags:?}").into());
        }
        let again = client.copy(ObjectCopy::in_place(self.place(NAME), &new, &new)).await?;
        if again.way != CopiedWay::AlreadyThere {
            return Err(format!("it was copied onto itself: {again:?}").into());
        }
        Ok(copied.way)
    }

    /// Does not replace a key in place, and says why not: the object stays as it is.
    ///
    /// # Errors
    ///
    /// If the key is replaced, or the object is something else.
    pub async fn does_not_rotate(&self, length: usize) -> Result<SseCErrorKind> {
        let (old, new) = (new_key()?, new_key()?);
        let body = self.put_with_metadata(NAME, length, &old).await?;
        let copy = ObjectCopy::in_place(self.place(NAME), &old, &new);
        let refused = kind_of(self.world.client().copy(copy).await)?;
        self.is_only_under(NAME, &body, &old, &new).await?;
        Ok(refused)
    }

    /// The tags of an object, in order.
    pub(super) async fn tags(&self, name: &str) -> Result<Vec<(String, String)>> {
        let request = self.world.client().s3().get_object_tagging();
        let answer = request.bucket(&self.name).key(name).send().await?;
        let tags = answer.tag_set().iter();
        let mut tags: Vec<_> =
            tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
        tags.sort_unstable();
        Ok(tags)
    }

    async fn put_with_metadata(
        &self,
        name: &str,
        length: usize,
        key: &SseCustomerKey,
    ) -> Result<Vec<u8>> {
        let (client, body) = (self.world.client(), pattern(length));
        let request = client
            .s3()
            .put_object()
            .bucket(&self.name)
            .key(name)
            .content_type("text/x-test")
            .cache_control("no-store")
            .metadata("project", "blue")
            .tagging("colour=blue&a%20b=1%2B2%3D3")
            .body(ByteStream::from(body.clone()));
        client.put_object(request, key).await?;
        Ok(body)
    }

    /// Demands that an object opens with one key, and neither with another nor without.
    ///
    /// # Errors
    ///
    /// If it does.
    pub async fn is_only_under(
        &self,
        name: &str,
        body: &[u8],
        key: &SseCustomerKey,
        other: &SseCustomerKey,
    ) -> Result<()> {
        if self.get(name, key).await? != body {
            return Err(format!("{name} is something else").into());
        }
        if kind_of(self.get(name, other).await)? != SseCErrorKind::WrongKey {
            return Err(format!("{name} opens with another key").into());
        }
        match self.get_plainly(name).await {
            Ok(_) => Err(format!("{name} opens without a key").into()),
            Err(_) => Ok(()),
        }
    }
}

/// One that has to be encoded.
const NAME: &str = "a/ü b";
