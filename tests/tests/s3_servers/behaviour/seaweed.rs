//! SeaweedFS 4.48: encrypts, and says a digest of a key twice where it reads. It does not say what copies
//! and multipart uploads are encrypted with, and says in refusals which key would have been right. Parts
//! without the key are never read again.

on!(seaweed);

const OBJECTS: &[(&str, &str)] = &[
    ("put-head-get", "200 echo, 200 echo twice, 200 echo twice, opens with ours, hidden at rest"),
    ("put-without-key", "200, plain at rest"),
    ("range", "206 echo twice, right: true"),
    ("read-without-key", "400 InvalidArgument, 400 echo, metadata: true"),
    ("read-with-another-key", "403 AccessDenied, 403 echo of another, metadata: true"),
    ("read-plain-with-key", "200, 200"),
    ("sse-s3-beside-key", "500 InternalError, hidden at rest"),
    ("sse-s3-alone", "500 InternalError, hidden at rest"),
    ("wrong-content-md5", "400 BadDigest"),
    ("wrong-crc32", "400 BadDigest"),
    ("attributes", "200"),
    ("tags", "200 echo, without key: 200 blue, 200, opens with ours"),
    ("delete-without-key", "204, 404 NoSuchKey"),
    (
        "bucket-encryption",
        "404 ServerSideEncryptionConfigurationNotFoundError, 200 then put 200 echo, 200 then put 200 echo",
    ),
    ("policy-that-demands-key", "204, without key 403 AccessDenied, with key 200 echo"),
];

const COPIES: &[(&str, &str)] = &[
    ("encrypt", "200, HEAD without key 400 echo, opens with ours, hidden at rest"),
    ("rekey", "200, HEAD without key 400 echo of another, opens with another, hidden at rest"),
    ("same-key", "200, HEAD without key 400 echo, opens with ours, hidden at rest"),
    ("decrypt", "200, HEAD without key 200, opens with none/ours/another, plain at rest"),
    ("rekey-in-place", "400 InvalidRequest"),
    (
        "rekey-in-place-replacing-metadata",
        "200, HEAD without key 400 echo of another, opens with another, hidden at rest",
    ),
    ("encrypt-in-place", "400 InvalidRequest"),
    (
        "encrypt-in-place-replacing-metadata",
        "200, HEAD without key 400 echo, opens with ours, hidden at rest",
    ),
    ("source-with-another-key", "500 InternalError"),
    ("source-without-key", "400 InvalidRequest"),
    ("plain-source-with-key", "400 InvalidRequest"),
];

const CONDITIONS: &[(&str, &str)] = &[
    ("put-if-none", "200 echo, again 412 PreconditionFailed"),
    ("put-if-match", "quoted 200 echo, bare 200 echo, wrong 412 PreconditionFailed"),
    ("put-if-match-of-nothing", "412 PreconditionFailed"),
    (
        "put-with-another-key-if-match",
        "quoted 200 echo, bare 200 echo, wrong 412 PreconditionFailed",
    ),
    ("get-if-match", "quoted 200 echo twice, bare 200 echo twice, wrong 412 PreconditionFailed"),
    ("delete-if-match", "quoted 204, bare 204, wrong 412 PreconditionFailed"),
    ("copy-plain-if-source-matches", "quoted 200, bare 200, wrong 412 PreconditionFailed"),
    ("copy-plain-by-header-of-ceph", "quoted 200, bare 200, wrong 200"),
    ("copy-if-source-matches", "quoted 200, bare 200, wrong 412 PreconditionFailed"),
    ("copy-plain-if-target-matches", "quoted 200, bare 200, wrong 412 PreconditionFailed"),
    ("complete-if-none", "412 PreconditionFailed"),
    ("complete-if-match", "quoted 200, bare 200, wrong 412 PreconditionFailed"),
];

const MULTIPART: &[(&str, &str)] = &[
    ("all-with-key", "200, 200 echo, 200, HEAD 200 echo twice, opens with ours, hidden at rest"),
    ("complete-without-key", "200, 200 echo, 200, opens with ours, hidden at rest"),
    ("part-without-key", "200, 200, 200, HEAD 200 echo twice, opens with nothing, plain at rest"),
    (
        "part-with-another-key",
        "200, 200 echo, 200, HEAD 403 echo of another, opens with another, hidden at rest",
    ),
    ("part-with-key-of-plain-upload", "200, 200 echo, 200, opens with ours, hidden at rest"),
    ("copied-part-encrypts", "200, 200, HEAD 200 echo twice, opens with nothing, plain at rest"),
    ("copied-part-keeps-key", "501 NotImplemented"),
    ("copied-part-rekeys", "501 NotImplemented"),
    ("copied-part-decrypts", "501 NotImplemented"),
    ("listed-without-key", "uploads 200: 1, parts 200: 1, abort 204"),
];

const VERSIONS: &[(&str, &str)] = &[
    ("turn-on", "200"),
    ("ids", "put, head, copy, complete, delete"),
    (
        "a-key-for-each",
        "first with ours 200 echo twice, first with another 403 AccessDenied, second with ours 403 AccessDenied, second with another 200 echo twice",
    ),
    ("listed-without-key", "200: 2"),
    ("put-if-none", "412 PreconditionFailed"),
    ("put-if-match", "quoted 200 echo, bare 200 echo"),
    ("copy-of-a-version", "200, names its source: false, opens with none/ours/another"),
    ("delete-of-a-version", "204, then 404 NoSuchVersion"),
];
