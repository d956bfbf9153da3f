//! Writing.

use aws_sdk_s3::{
    operation::put_object::{PutObjectOutput, builders::PutObjectFluentBuilder},
    types::ServerSideEncryption,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{Error, Result};
use md5::{Digest as _, Md5};

use crate::{
    Declaration, ObjectKeys, ObjectPlace, SseCClient, WithCustomerKey as _, s3::error::About,
    s3::proof::Written,
};

impl SseCClient {
    /// Writes an object under one of these keys. All other options of the request are the caller's, but for
    /// `server_side_encryption`, which is that of the [`Declaration`]. A body in memory is sent with its MD5,
    /// unless the request has one, or a checksum.
    ///
    /// The server has to say that it used the key. If it does not, what it stored is looked at with and without
    /// the key.
    ///
    /// # Errors
    ///
    /// An [`SseCError`](crate::SseCError); if its kind is
    /// [`SseCErrorKind::NotProtected`](crate::SseCErrorKind::NotProtected) or
    /// [`SseCErrorKind::Unproven`](crate::SseCErrorKind::Unproven), **the object was stored**:
    /// [`stored_in_plain`](crate::SseCError::stored_in_plain) says what, and
    /// [`delete_stored`](Self::delete_stored) removes it.
    pub async fn put_object(
        &self,
        request: PutObjectFluentBuilder,
        keys: impl Into<ObjectKeys>,
    ) -> Result<PutObjectOutput> {
        let input = request.as_input();
        let (bucket, key) = (input.get_bucket(), input.get_key());
        let place = ObjectPlace::of(bucket.as_deref(), key.as_deref())?;
        check_untouched(input.get_server_side_encryption().as_ref())?;
        let about = About { operation: "PutObject", place };
        let key = keys.into().for_writing(&about.place).await?;
        let request = with_digest(request)
            .with_customer_key(&key.key)
            .set_server_side_encryption(self.declaration().header());
        let answer =
            self.call(&about, |guard| request.customize().interceptor(guard).send()).await?;
        let written = Written {
            version: answer.output.version_id().map(ToOwned::to_owned),
            entity_tag: answer.output.e_tag().map(ToOwned::to_owned),
        };
        self.check_written(&about, &answer.seen, written, &key).await?;
        Ok(answer.output)
    }
}

impl Declaration {
    pub(crate) fn header(self) -> Option<ServerSideEncryption> {
        match self {
            Self::CustomerKey => None,
            Self::Aes256Too => Some(ServerSideEncryption::Aes256),
        }
    }
}

/// Refuses a request that asks for encryption in another way.
pub(crate) fn check_untouched(encryption: Option<&ServerSideEncryption>) -> Result<()> {
    match encryption {
        None => Ok(()),
        Some(_) => Err(Error::invalid_input(
            "the request asks for encryption with a key of the server, and not with a customer key; \
             for servers that want both, see Declaration",
        )),
    }
}

/// With the MD5 of a body that is in memory: the one checksum that all servers check.
fn with_digest(request: PutObjectFluentBuilder) -> PutObjectFluentBuilder {
    let input = request.as_input();
    let has_some = input.get_content_md5().is_some()
        || input.get_checksum_algorithm().is_some()
        || input.get_checksum_crc32().is_some()
        || input.get_checksum_crc32_c().is_some()
        || input.get_checksum_crc64_nvme().is_some()
        || input.get_checksum_sha1().is_some()
        || input.get_checksum_sha256().is_some();
    let body = input.get_body().as_ref().and_then(|body| body.bytes());
    match body.filter(|_| !has_some).map(content_md5) {
        Some(digest) => request.content_md5(digest),
        None => request,
    }
}

/// As the header wants it.
pub(crate) fn content_md5(bytes: &[u8]) -> String {
    BASE64.encode(Md5::digest(bytes))
}
