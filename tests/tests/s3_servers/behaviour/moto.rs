//! moto 5.2.5: passes over keys in silence, and over conditions of copies. An upload to it has to fail.

on!(moto);

const OBJECTS: &[(&str, &str)] = &[
    ("put-head-get", "200, 200, 200, opens with none/ours/another, unseen at rest"),
    ("put-without-key", "200, unseen at rest"),
    ("range", "206, right: true"),
    ("read-without-key", "200, 200, metadata: true"),
    ("read-with-another-key", "200, 200, metadata: true"),
    ("read-plain-with-key", "200, 200"),
    ("sse-s3-beside-key", "200, unseen at rest"),
    ("sse-s3-alone", "200, unseen at rest"),
    ("wrong-content-md5", "200"),
    ("wrong-crc32", "200"),
    ("attributes", "200"),
    ("tags", "200, without key: 200 blue, 200, opens with none/ours/another"),
    ("delete-without-key", "204, 404 NoSuchKey"),
    (
        "bucket-encryption",
        "404 ServerSideEncryptionConfigurationNotFoundError, 200 then put 200, 200 then put 200",
    ),
    ("policy-that-demands-key", "200, without key 403, with key 403"),
];

const COPIES: &[(&str, &str)] = &[
    ("encrypt", "200, HEAD without key 200, opens with none/ours/another, unseen at rest"),
    ("rekey", "200, HEAD without key 200, opens with none/ours/another, unseen at rest"),
    ("same-key", "200, HEAD without key 200, opens with none/ours/another, unseen at rest"),
    ("decrypt", "200, HEAD without key 200, opens with none/ours/another, unseen at rest"),
    ("rekey-in-place", "400 InvalidRequest"),
    (
        "rekey-in-place-replacing-metadata",
        "200, HEAD without key 200, opens with none/ours/another, unseen at rest",
    ),
    ("encrypt-in-place", "400 InvalidRequest"),
    (
        "encrypt-in-place-replacing-metadata",
        "200, HEAD without key 200, opens with none/ours/another, unseen at rest",
    ),
    (
        "source-with-another-key",
        "200, HEAD without key 200, opens with none/ours/another, unseen at rest",
    ),
    (
        "source-without-key",
        "200, HEAD without key 200, opens with none/ours/another, unseen at rest",
    ),
    (
        "plain-source-with-key",
        "200, HEAD without key 200, opens with none/ours/another, unseen at rest",
    ),
];

const CONDITIONS: &[(&str, &str)] = &[
    ("put-if-none", "200, again 412 PreconditionFailed"),
    ("put-if-match", "quoted 200, bare 200, wrong 412 PreconditionFailed"),
    ("put-if-match-of-nothing", "404 NoSuchKey"),
    ("put-with-another-key-if-match", "quoted 200, bare 200, wrong 412 PreconditionFailed"),
    ("get-if-match", "quoted 200, bare 200, wrong 412 PreconditionFailed"),
    ("delete-if-match", "quoted 204, bare 204, wrong 412 PreconditionFailed"),
    ("copy-plain-if-source-matches", "quoted 200, bare 200, wrong 200"),
    ("copy-plain-by-header-of-ceph", "quoted 200, bare 200, wrong 200"),
    ("copy-if-source-matches", "quoted 200, bare 200, wrong 200"),
    ("copy-plain-if-target-matches", "quoted 200, bare 200, wrong 200"),
    ("complete-if-none", "412 PreconditionFailed"),
    ("complete-if-match", "quoted 200, bare 200, wrong 200"),
];

const MULTIPART: &[(&str, &str)] = &[
    ("all-with-key", "200, 200, 200, HEAD 200, opens with none/ours/another, unseen at rest"),
    ("complete-without-key", "200, 200, 200, opens with none/ours/another, unseen at rest"),
    ("part-without-key", "200, 200, 200, HEAD 200, opens with none/ours/another, unseen at rest"),
    (
        "part-with-another-key",
        "200, 200, 200, HEAD 200, opens with none/ours/another, unseen at rest",
    ),
    (
        "part-with-key-of-plain-upload",
        "200, 200, 200, opens with none/ours/another, unseen at rest",
    ),
    ("copied-part-encrypts", "200, 200, HEAD 200, opens with none/ours/another, unseen at rest"),
    ("copied-part-keeps-key", "200, 200, HEAD 200, opens with none/ours/another, unseen at rest"),
    ("copied-part-rekeys", "200, 200, HEAD 200, opens with none/ours/another, unseen at rest"),
    ("copied-part-decrypts", "200, 200, opens with none/ours/another, unseen at rest"),
    ("listed-without-key", "uploads 200: 1, parts 200: 1, abort 204"),
];

const VERSIONS: &[(&str, &str)] = &[
    ("turn-on", "200"),
    ("ids", "put, head, copy, complete, delete"),
    (
        "a-key-for-each",
        "first with ours 200, first with another 200, second with ours 200, second with another 200",
    ),
    ("listed-without-key", "200: 2"),
    ("put-if-none", "412 PreconditionFailed"),
    ("put-if-match", "quoted 200, bare 200"),
    ("copy-of-a-version", "200, names its source: true, opens with none/ours/another"),
    ("delete-of-a-version", "204, then 404 NoSuchVersion"),
];
