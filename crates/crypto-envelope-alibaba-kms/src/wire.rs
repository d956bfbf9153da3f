//! Strings to sign, messages and the like as bytes, for programs that compare them with vectors (feature
//! `wire`). It may change with any release.

mod files;
mod instance;
mod openapi;

pub use self::files::{
    aliyun_profile, client_key_pkcs8, credentials_section, pkcs12_contents_pkcs8, transfer_blob,
};
pub use self::instance::{
    MESSAGES, aad, decode_message, encode_message, instance_error, instance_headers,
    instance_signature, instance_string_to_sign, transfer_error,
};
pub use self::openapi::{
    ANSWERS, OpenApiCall, OpenApiRequest, openapi_answer, openapi_error, openapi_request,
};
