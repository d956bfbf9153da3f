//! What Ceph 16.2 does where SSE-C is concerned: it encrypts what is put, and refuses most copies. But
//! it answers 200 to a copy that should encrypt, and stores it in clear. Quoted entity tags match nothing,
//! and conditions are lost on copies, on completed uploads, on deletions and where there are versions.

use crypto_envelope_tests::{s3_servers::behaviour, vectors::Result};

use crate::ceph;

#[test]
fn objects() -> Result<()> {
    assert_eq!(behaviour::surprises(ceph()?, "objects", behaviour::OBJECTS, OBJECTS)?, "");
    Ok(())
}

#[test]
fn copies() -> Result<()> {
    assert_eq!(behaviour::surprises(ceph()?, "copies", behaviour::COPIES, COPIES)?, "");
    Ok(())
}

#[test]
fn conditions() -> Result<()> {
    assert_eq!(behaviour::surprises(ceph()?, "conditions", behaviour::CONDITIONS, CONDITIONS)?, "");
    Ok(())
}

#[test]
fn multipart() -> Result<()> {
    assert_eq!(behaviour::surprises(ceph()?, "multipart", behaviour::MULTIPART, MULTIPART)?, "");
    Ok(())
}

#[test]
fn versions() -> Result<()> {
    assert_eq!(behaviour::surprises(ceph()?, "versions", behaviour::VERSIONS, VERSIONS)?, "");
    Ok(())
}

const OBJECTS: &[(&str, &str)] = &[
    ("put-head-get", "200 echo, 200 echo, 200 echo, opens with ours, hidden at rest"),
    ("put-without-key", "200, plain at rest"),
    ("range", "206 echo, right: true"),
    ("read-without-key", "400 InvalidArgument, 400, metadata: false"),
    ("read-with-another-key", "400 InvalidArgument, 400, metadata: false"),
    ("read-plain-with-key", "200, 200"),
    ("sse-s3-beside-key", "200 echo, hidden at rest"),
    ("sse-s3-alone", "200, plain at rest"),
    ("wrong-content-md5", "400 BadDigest"),
    ("wrong-crc32", "200 echo"),
    ("attributes", "500 echo"),
    ("tags", "200 echo, without key: 200 blue, 200, opens with ours"),
    ("delete-without-key", "204, 404 NoSuchKey"),
    (
        "bucket-encryption",
        "200, 400 InvalidArgument then put 200 echo, 400 InvalidArgument then put 200 echo",
    ),
    ("policy-that-demands-key", "204, without key 403 AccessDenied, with key 403 AccessDenied"),
];

const COPIES: &[(&str, &str)] = &[
    ("encrypt", "200, HEAD without key 200, opens with none/ours/another, plain at rest"),
    ("rekey", "501 NotImplemented"),
    ("same-key", "501 NotImplemented"),
    ("decrypt", "501 NotImplemented"),
    ("rekey-in-place", "400 InvalidRequest"),
    ("rekey-in-place-replacing-metadata", "501 NotImplemented"),
    ("encrypt-in-place", "400 InvalidRequest"),
    (
        "encrypt-in-place-replacing-metadata",
        "200, HEAD without key 200, opens with none/ours/another, plain at rest",
    ),
    ("source-with-another-key", "501 NotImplemented"),
    ("source-without-key", "501 NotImplemented"),
    (
        "plain-source-with-key",
        "200, HEAD without key 200, opens with none/ours/another, plain at rest",
    ),
];

const CONDITIONS: &[(&str, &str)] = &[
    ("put-if-none", "200 echo, again 412 PreconditionFailed"),
    ("put-if-match", "quoted 412 PreconditionFailed, bare 200 echo, wrong 412 PreconditionFailed"),
    ("put-if-match-of-nothing", "412 PreconditionFailed"),
    (
        "put-with-another-key-if-match",
        "quoted 412 PreconditionFailed, bare 200 echo, wrong 412 PreconditionFailed",
    ),
    ("get-if-match", "quoted 200 echo, bare 200 echo, wrong 412 PreconditionFailed"),
    ("delete-if-match", "quoted 204, bare 204, wrong 204"),
    ("copy-plain-if-source-matches", "quoted 200, bare 200, wrong 200"),
    ("copy-plain-by-header-of-ceph", "quoted 200, bare 200, wrong 412 PreconditionFailed"),
    (
        "copy-if-source-matches",
        "quoted 501 NotImplemented, bare 501 NotImplemented, wrong 501 NotImplemented",
    ),
    ("copy-plain-if-target-matches", "quoted 200, bare 200, wrong 200"),
    ("complete-if-none", "200"),
    ("complete-if-match", "quoted 200, bare 200, wrong 200"),
];

const MULTIPART: &[(&str, &str)] = &[
    ("all-with-key", "200 echo, 200 echo, 200, HEAD 200 echo, opens with ours, hidden at rest"),
    ("complete-without-key", "200 echo, 200 echo, 200, opens with ours, hidden at rest"),
    ("part-without-key", "200 echo, 400 InvalidArgument"),
    ("part-with-another-key", "200 echo, 400 InvalidArgument"),
    ("part-with-key-of-plain-upload", "200, 200, 200, opens with none/ours/another, plain at rest"),
    ("copied-part-encrypts", "200, 200, HEAD 200 echo, opens with ours, hidden at rest"),
    ("copied-part-keeps-key", "200, 200, HEAD 200 echo, opens with ours, hidden at rest"),
    ("copied-part-rekeys", "400 InvalidArgument"),
    ("copied-part-decrypts", "400 InvalidArgument"),
    ("listed-without-key", "uploads 200: 1, parts 200: 1, abort 204"),
];

const VERSIONS: &[(&str, &str)] = &[
    ("turn-on", "200"),
    ("ids", "put, head, complete, delete"),
    (
        "a-key-for-each",
        "first with ours 200 echo, first with another 400 InvalidArgument, second with ours 400 InvalidArgument, second with another 200 echo",
    ),
    ("listed-without-key", "200: 2"),
    ("put-if-none", "200 echo"),
    ("put-if-match", "quoted 412 PreconditionFailed, bare 412 PreconditionFailed"),
    ("copy-of-a-version", "200, names its source: false, opens with none/ours/another"),
    ("delete-of-a-version", "204, then 404 NoSuchKey"),
];
