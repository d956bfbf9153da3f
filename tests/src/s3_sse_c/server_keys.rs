//! Objects under keys of the server (SSE-S3, SSE-KMS), from there to customer keys and back.

use crypto_envelope_s3_sse_c::{
    CopiedWay, ObjectCopy, Protection, ServerKey, SseCErrorKind, aws_sdk_s3::primitives::ByteStream,
};

use super::{Bucket, kind_of, objects::pattern, world::new_key};
use crate::vectors::Result;

impl Bucket<'_> {
    /// From such a key to a customer key and back, in place, and nothing that says otherwise is believed.
    ///
    /// # Errors
    ///
    /// What is under something else than it was said to be.
    pub async fn migrates_server_keys(&self, server: ServerKey) -> Result<()> {
        let (client, key, body) = (self.world.client(), new_key()?, pattern(50_000));
        let (plain, server) = (Protection::OfBucket, Protection::ServerKey(server));
        let put = client.s3().put_object().bucket(&self.name).key("served");
        client.put_object(put.body(ByteStream::from(body.clone())), server.clone()).await?;
        self.is_served(&server, &body).await?;
        let place = self.place("served");
        let in_place = |from: &Protection, to: &Protection| {
            let copy = ObjectCopy::in_place(place.clone(), from.clone(), to.clone());
            client.copy(copy.assume_no_writers())
        };
        let keyed = Protection::from(&key);
        in_place(&server, &keyed).await?;
        self.is_only_under("served", &body, &key, &new_key()?).await?;
        if kind_of(self.head_of_served(&server).await)? != SseCErrorKind::KeyRequired {
            return Err("what is under a customer key was taken for one of the server".into());
        }
        // As after an interruption.
        if in_place(&server, &keyed).await?.way != CopiedWay::AlreadyThere {
            return Err("it was put under the key twice".into());
        }
        in_place(&keyed, &server).await?;
        self.is_served(&server, &body).await?;
        in_place(&server, &plain).await?;
        if self.get_plainly("served").await? != body {
            return Err("the plain copy is something else".into());
        }
        Ok(())
    }

    /// Written or read under such a key, it is said that it is not.
    ///
    /// # Errors
    ///
    /// What was believed.
    pub async fn has_no_server_keys(&self) -> Result<()> {
        let client = self.world.client();
        for key in [ServerKey::S3, ServerKey::kms(None)] {
            let server = Protection::ServerKey(key);
            let put = client.s3().put_object().bucket(&self.name).key("served");
            let put = put.body(ByteStream::from_static(b"secret"));
            // Some refuse it, with any status, and some take no notice.
            if client.put_object(put, server.clone()).await.is_ok() {
                return Err(format!("{server:?}: it was believed").into());
            }
            self.put_plainly("served", b"text").await?;
            let read = client.get_object(self.reading("served"), server.clone()).await;
            let kinds = (kind_of(read)?, kind_of(self.head_of_served(&server).await)?);
            if kinds != (SseCErrorKind::NotEncrypted, SseCErrorKind::NotEncrypted) {
                return Err(format!("{server:?}: {kinds:?}").into());
            }
            let copy = ObjectCopy::new(self.place("served"), server, self.place("x"), &new_key()?);
            if kind_of(client.copy(copy).await)? != SseCErrorKind::NotEncrypted {
                return Err("what is in plain was copied as if it was not".into());
            }
        }
        Ok(())
    }

    async fn is_served(&self, server: &Protection, body: &[u8]) -> Result<()> {
        self.head_of_served(server).await?;
        let object = self.world.client().get_object(self.reading("served"), server.clone()).await?;
        if object.body.collect().await?.to_vec() != body {
            return Err("it is something else".into());
        }
        let other = match server {
            Protection::ServerKey(ServerKey::S3) => ServerKey::kms(None),
            _ => ServerKey::S3,
        };
        let other = self.head_of_served(&Protection::ServerKey(other)).await;
        if kind_of(other)? != SseCErrorKind::NotEncrypted {
            return Err("it was taken for one under another key of the server".into());
        }
        Ok(())
    }

    async fn head_of_served(&self, protection: &Protection) -> crypto_envelope::Result<()> {
        let client = self.world.client();
        let head = client.s3().head_object().bucket(&self.name).key("served");
        client.head_object(head, protection.clone()).await.map(drop)
    }
}
