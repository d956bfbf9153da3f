#![doc = include_str!("../README.md")]

mod answer;
mod body;
mod calls;
mod client;
mod clock;
mod crc64;
mod credentials;
mod customer_key;
mod encrypting;
mod endpoint;
mod error;
mod etag;
mod format;
mod key;
mod metadata;
mod object_error;
mod percent;
mod provider;
mod range;
mod request;
mod settings;
mod sign;
#[cfg(feature = "wire")]
pub mod wire;
mod xml;

pub use crypto_envelope_s3_sse_c::SseCustomerKey;

pub use self::{
    body::ObjectBody,
    calls::{
        Call,
        abort_multipart_upload::AbortMultipartUpload,
        complete_multipart_upload::CompleteMultipartUpload,
        copy_object::{CopiedObject, CopyObject, CopySource},
        delete_object::{DeleteObject, DeletedObject},
        get_object::GetObject,
        head_object::HeadObject,
        initiate_multipart_upload::InitiateMultipartUpload,
        list_multipart_uploads::{ListMultipartUploads, ListedUpload, UploadMarker, UploadsPage},
        list_objects::{ListObjects, ListedObject, ObjectsPage},
        list_parts::{ListParts, ListedPart, PartsPage},
        properties::ObjectProperties,
        put_object::{PutObject, StoredObject},
        upload::{CompletedPart, PartNumber, UploadId},
        upload_part::{UploadPart, UploadedPart},
        upload_part_copy::UploadPartCopy,
    },
    client::{AbandonedUploads, CosClient, OpenedObject},
    crc64::Crc64,
    credentials::{CosCredentials, CredentialsSource},
    encrypting::{
        CosEncryptingClient, CosEncryptingClientBuilder, DecryptObject, DecryptedObject,
        EncryptObject, EncryptedUpload, FileTransfer, Progress, ReadObject, StoreObject,
        WrittenObject,
    },
    endpoint::{CosBucket, CosDomain, CosEndpoint},
    error::{CosError, CosErrorKind},
    etag::ETag,
    format::{CosCarrier, CosFormat, envelope::CosEnvelope, warning::CosWarning},
    key::ObjectKey,
    metadata::{CannedAcl, ObjectMetadata, ServerSideEncryption},
    object_error::CosObjectError,
    provider::{
        aes::{CosAesProvider, CosAesWrapping},
        kms::{CosKmsProvider, TencentKms},
        rsa::{CosRsaProvider, CosRsaWrapping},
    },
    range::{ByteRange, ContentRange},
    request::CosMethod,
    settings::CosSettings,
    sign::{Presign, PresignedUrl},
};

#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod redaction_tests;
#[cfg(test)]
mod test_vectors;
