//! The vectors in `tests/vectors/tencent-cos`, or any directory in their format: what the official SDKs for
//! COS write, read and sign. The README beside them says what each file means.

mod java;
mod keys;
mod material;
mod python;
mod signing;
mod transcripts;

pub use self::keys::VectorKms;
use crate::vector_files::VectorFiles;

/// All of them.
pub const VECTORS: VectorFiles = VectorFiles {
    directory: "tencent-cos",
    files: &[
        ("aes-master-iv-INFERRED.json", python::check_master_iv),
        ("aes-single.json", python::check_aes),
        ("java-crypto.json", java::check),
        ("multipart.json", python::check_parts),
        ("negative.json", python::check_damage),
        ("presigned.json", signing::check_presigned),
        ("range.json", python::check_range),
        ("rsa-single.json", python::check_rsa),
        ("signature.json", signing::check_signature),
        ("transcripts.json", transcripts::check),
    ],
    // What was seen of the SDK for Java, in words.
    others: &["java-observations.json"],
};
