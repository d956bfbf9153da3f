//! Single objects.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope_s3_sse_c::{
    ObjectPlace, SseCErrorKind, SseCustomerKey,
    aws_sdk_s3::{operation::get_object::builders::GetObjectFluentBuilder, primitives::ByteStream},
};
use serde_json::json;

use super::{Bucket, kind_of, rejected, world::new_key};
use crate::vectors::Result;

impl Bucket<'_> {
    /// An object in it.
    #[must_use]
    pub fn place(&self, key: &str) -> ObjectPlace {
        ObjectPlace::new(&self.name, key)
    }

    /// Writes an object by ours.
    ///
    /// # Errors
    ///
    /// If ours says so.
    pub async fn put(
        &self,
        name: &str,
        body: &[u8],
        key: &SseCustomerKey,
    ) -> crypto_envelope::Result<()> {
        let client = self.world.client();
        let body = ByteStream::from(body.to_vec());
        let request = client.s3().put_object().bucket(&self.name).key(name).body(body);
        client.put_object(request, key).await.map(drop)
    }

    /// Writes an object without a key.
    ///
    /// # Errors
    ///
    /// If the server does not take it.
    pub async fn put_plainly(&self, name: &str, body: &[u8]) -> Result<()> {
        let body = ByteStream::from(body.to_vec());
        let put = self.world.client().s3().put_object().bucket(&self.name).key(name).body(body);
        put.send().await?;
        Ok(())
    }

    /// A request to read it.
    #[must_use]
    pub fn reading(&self, name: &str) -> GetObjectFluentBuilder {
        self.world.client().s3().get_object().bucket(&self.name).key(name)
    }

    /// Reads an object by ours.
    ///
    /// # Errors
    ///
    /// If ours says so.
    pub async fn get(&self, name: &str, key: &SseCustomerKey) -> crypto_envelope::Result<Vec<u8>> {
        let object = self.world.client().get_object(self.reading(name), key).await?;
        let body = object.body.collect().await.map_err(std::io::Error::from)?;
        Ok(body.to_vec())
    }

    /// Reads an object without a key.
    ///
    /// # Errors
    ///
    /// If the server says so.
    pub async fn get_plainly(&self, name: &str) -> Result<Vec<u8>> {
        Ok(self.reading(name).send().await?.body.collect().await?.to_vec())
    }

    /// Writes and reads objects of all kinds of lengths, whole and in ranges, by ours and by boto3.
    ///
    /// # Errors
    ///
    /// What differs.
    pub async fn agrees_with_boto(&self) -> Result<()> {
        let key = SseCustomerKey::from_bytes(&b"0123456789ABCDEF0123456789ABCDEF"[..])?;
        let key_text = BASE64.encode(b"0123456789ABCDEF0123456789ABCDEF");
        for length in [0, 1, 15, 16, 17, 4095, 4096, 4097, 100_000] {
            let body = pattern(length);
            let (ours, theirs) = (format!("ours-{length}"), format!("dir/their's ü {length}"));
            self.put(&ours, &body, &key).await?;
            let read = self.world.boto(&json!({
                "call": "get_object",
                "arguments": {"Bucket": self.name, "Key": ours},
                "key": key_text,
            }))?;
            if read.status != 200 || read.body()? != body {
                return Err(format!("boto3 does not read our {length} bytes: {read:?}").into());
            }
            let written = self.world.boto(&json!({
                "call": "put_object",
                "arguments": {
                    "Bucket": self.name, "Key": theirs, "Body": {"base64": BASE64.encode(&body)},
                },
                "key": key_text,
            }))?;
            if written.status != 200 || self.get(&theirs, &key).await? != body {
                return Err(format!("ours does not read {length} bytes of boto3").into());
            }
            let head = self.world.client().s3().head_object().bucket(&self.name).key(&ours);
            let head = self.world.client().head_object(head, &key).await?;
            if head.content_length() != i64::try_from(length).ok() {
                return Err(format!("{length} bytes are {:?}", head.content_length()).into());
            }
        }
        self.gives_ranges(&key).await
    }

    async fn gives_ranges(&self, key: &SseCustomerKey) -> Result<()> {
        let body = pattern(100_000);
        for (range, expected) in [
            ("bytes=0-0", &body[..1]),
            ("bytes=15-16", &body[15..17]),
            ("bytes=4095-8192", &body[4095..8193]),
            ("bytes=99999-", &body[99_999..]),
            ("bytes=-7", &body[99_993..]),
            ("bytes=50000-200000", &body[50_000..]),
        ] {
            let request = self.reading("ours-100000").range(range);
            let object = self.world.client().get_object(request, key).await?;
            if object.body.collect().await?.to_vec() != expected {
                return Err(format!("{range} is something else").into());
            }
        }
        Ok(())
    }

    /// Whoever has the wrong key, none, or one for an object without, is told so.
    ///
    /// # Errors
    ///
    /// What is said otherwise.
    pub async fn tells_keys_apart(&self) -> Result<()> {
        let (key, other) = (new_key()?, new_key()?);
        self.put("keyed", b"secret text", &key).await?;
        self.put_plainly("plain", b"plain text").await?;
        let client = self.world.client();
        let head = |name: &str| client.s3().head_object().bucket(&self.name).key(name);
        for (name, key, expected) in [
            ("keyed", &other, SseCErrorKind::WrongKey),
            ("plain", &key, SseCErrorKind::NotEncrypted),
            ("missing", &key, SseCErrorKind::NotFound),
        ] {
            let got = client.get_object(self.reading(name), key).await.map(drop);
            let got = rejected(got).map_err(|error| format!("get of {name}: {error}"))?;
            let headed = kind_of(client.head_object(head(name), key).await)
                .map_err(|error| format!("head of {name}: {error}"))?;
            if (got.kind(), headed) != (expected, expected) {
                return Err(format!("{name}: {:?}, {headed:?}: {got}", got.kind()).into());
            }
        }
        if self.get("keyed", &key).await? != b"secret text" {
            return Err("another text".into());
        }
        Ok(())
    }
}

/// Bytes of which no 16 are alike.
#[must_use]
pub(super) fn pattern(length: usize) -> Vec<u8> {
    (0..length.div_ceil(8) as u64)
        .flat_map(|number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes())
        .take(length)
        .collect()
}
