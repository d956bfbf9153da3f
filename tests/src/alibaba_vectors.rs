//! The vectors in `tests/vectors/alibaba`, or any directory in their format: what the vendor's own code
//! sends, reads and says. The README beside them says what each file means.

mod aad;
mod client_key;
mod encrypted;
mod instance;
mod openapi;
mod transfer;

use crate::vector_files::VectorFiles;

/// All of them.
pub const VECTORS: VectorFiles = VectorFiles {
    directory: "alibaba",
    files: &[
        ("aad.json", aad::check),
        ("clientkey.json", client_key::check),
        ("encryption_sdk.json", encrypted::check_message),
        ("instance_errors.json", instance::check_error),
        ("instance_protobuf.json", instance::check_message),
        ("instance_signing.json", instance::check_request),
        ("oss_client_side.json", encrypted::check_object),
        ("public_acs3.json", openapi::check_acs3),
        ("public_acs4.json", openapi::check_acs4),
        ("public_errors.json", openapi::check_error),
        ("public_rpc.json", openapi::check_rpc),
        ("transfer.json", transfer::check),
    ],
    others: &[],
};
