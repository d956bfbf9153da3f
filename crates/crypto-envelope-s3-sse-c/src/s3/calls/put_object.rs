//! Writing.

use aws_sdk_s3::{
    operation::put_object::{PutObjectOutput, builders::PutObjectFluentBuilder},
    types::ServerSideEncryption,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{Error, Result};
use md5::{Digest as _, Md5};

use crate::{
    Declaration, ObjectPlace, Protection, SseCClient,
    s3::{calls::send, etag::Named, protection::Seal},
};

impl SseCClient {
    /// Writes an object under one of these keys, or [protected otherwise](Protection). All other options of the
    /// request are the caller's, but for `server_side_encryption`, which is that of the protection and of the
    /// [`Declaration`]. A body in memory is sent with its MD5, unless the request has one, or a checksum.
    ///
    /// The server has to say that it used the key. If it does not, what it stored is looked at with and without
    /// the key.
    ///
    /// # Errors
    ///
    /// An [`SseCError`](crate::SseCError); if its kind is
    /// [`SseCErrorKind::NotProtected`](crate::SseCErrorKind::NotProtected) or
    /// [`SseCErrorKind::Unproven`](crate::SseCErrorKind::Unproven), **the object was stored**:
    /// [`stored`](crate::SseCError::stored) says what, and
    /// [`delete_stored`](Self::delete_stored) removes it.
    pub async fn put_object(
        &self,
        request: PutObjectFluentBuilder,
        protection: impl Into<Protection>,
    ) -> Result<PutObjectOutput> {
        let input = request.as_input();
        let (bucket, key) = (input.get_bucket(), input.get_key());
        let place = ObjectPlace::of(bucket.as_deref(), key.as_deref())?;
        check_untouched(input.get_server_side_encryption().as_ref())?;
        let seal = protection.into().seal(&place).await?;
        self.put_sealed(with_digest(request), &place, &seal).await
    }

    /// Writes it as it is to be written, and demands that it was.
    pub(crate) async fn put_sealed(
        &self,
        request: PutObjectFluentBuilder,
        place: &ObjectPlace,
        seal: &Seal,
    ) -> Result<PutObjectOutput> {
        let request = seal
            .on(request)
            .set_server_side_encryption(seal.server_side(self.declaration()))
            .set_ssekms_key_id(seal.kms_key_id());
        let about = place.about("PutObject");
        let answer = send!(self, &about, request).await?;
        let written = Named::of(answer.output.version_id(), answer.output.e_tag());
        self.check_sealed(&about, &answer.seen, written, seal).await?;
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
