//! Strings to sign, messages and the like as bytes, for programs that compare them with vectors (feature
//! `wire`). It may change with any release.

mod instance;
mod openapi;

pub use self::instance::{
    aad, client_key_pkcs8, decode_message, encode_message, instance_error, instance_headers,
    instance_signature, instance_string_to_sign,
};
pub use self::openapi::{OpenApiCall, OpenApiRequest, openapi_error, openapi_request};
