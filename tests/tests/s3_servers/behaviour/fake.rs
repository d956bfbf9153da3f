//! Our fake S3: as AWS describes S3, and what is known of it. Entity tags of encrypted objects are others each
//! time, so a tag that held once does not hold again.

on!(fake);

const OBJECTS: &[(&str, &str)] = &[
    ("put-head-get", "200 echo, 200 echo, 200 echo, opens with ours, hidden at rest"),
    ("put-without-key", "200, plain at rest"),
    ("range", "206 echo, right: true"),
    ("read-without-key", "400 InvalidRequest, 400, metadata: false"),
    ("read-with-another-key", "403 AccessDenied, 403, metadata: false"),
    ("read-plain-with-key", "400 InvalidRequest, 400"),
    ("sse-s3-beside-key", "400 InvalidArgument, hidden at rest"),
    ("sse-s3-alone", "200, plain at rest"),
    ("wrong-content-md5", "400 BadDigest"),
    ("wrong-crc32", "400 BadDigest"),
    ("attributes", "200"),
    ("tags", "200 echo, without key: 200 blue, 200, opens with ours"),
    ("delete-without-key", "204, 404 NoSuchKey"),
    ("bucket-encryption", "200, 200 then put 200 echo, 200 then put 403 AccessDenied"),
    ("policy-that-demands-key", "204, without key 403 AccessDenied, with key 200 echo"),
];

const COPIES: &[(&str, &str)] = &[
    ("encrypt", "200 echo, HEAD without key 400, opens with ours, hidden at rest"),
    ("rekey", "200 echo, HEAD without key 400, opens with another, hidden at rest"),
    ("same-key", "200 echo, HEAD without key 400, opens with ours, hidden at rest"),
    ("decrypt", "200, HEAD without key 200, opens with none, plain at rest"),
    ("rekey-in-place", "200 echo, HEAD without key 400, opens with another, hidden at rest"),
    (
        "rekey-in-place-replacing-metadata",
        "200 echo, HEAD without key 400, opens with another, hidden at rest",
    ),
    ("encrypt-in-place", "200 echo, HEAD without key 400, opens with ours, hidden at rest"),
    (
        "encrypt-in-place-replacing-metadata",
        "200 echo, HEAD without key 400, opens with ours, hidden at rest",
    ),
    ("source-with-another-key", "403 AccessDenied"),
    ("source-without-key", "400 InvalidRequest"),
    ("plain-source-with-key", "400 InvalidRequest"),
];

const CONDITIONS: &[(&str, &str)] = &[
    ("put-if-none", "200 echo, again 412 PreconditionFailed"),
    ("put-if-match", "quoted 412 PreconditionFailed, bare 200 echo, wrong 412 PreconditionFailed"),
    ("put-if-match-of-nothing", "404 NoSuchKey"),
    (
        "put-with-another-key-if-match",
        "quoted 412 PreconditionFailed, bare 412 PreconditionFailed, wrong 412 PreconditionFailed",
    ),
    ("get-if-match", "quoted 200 echo, bare 200 echo, wrong 412 PreconditionFailed"),
    (
        "delete-if-match",
        "quoted 412 PreconditionFailed, bare 412 PreconditionFailed, wrong 412 PreconditionFailed",
    ),
    ("copy-plain-if-source-matches", "quoted 200, bare 200, wrong 412 PreconditionFailed"),
    ("copy-plain-by-header-of-ceph", "quoted 200, bare 200, wrong 200"),
    ("copy-if-source-matches", "quoted 200 echo, bare 200 echo, wrong 412 PreconditionFailed"),
    ("copy-plain-if-target-matches", "quoted 200, bare 200, wrong 412 PreconditionFailed"),
    ("complete-if-none", "412 PreconditionFailed"),
    (
        "complete-if-match",
        "quoted 412 PreconditionFailed, bare 412 PreconditionFailed, wrong 412 PreconditionFailed",
    ),
];

const MULTIPART: &[(&str, &str)] = &[
    ("all-with-key", "200 echo, 200 echo, 200, HEAD 200 echo, opens with ours, hidden at rest"),
    ("complete-without-key", "200 echo, 200 echo, 200, opens with ours, hidden at rest"),
    ("part-without-key", "200 echo, 400 InvalidRequest"),
    ("part-with-another-key", "200 echo, 400 InvalidRequest"),
    ("part-with-key-of-plain-upload", "200, 400 InvalidRequest"),
    ("copied-part-encrypts", "200 echo, 200, HEAD 200 echo, opens with ours, hidden at rest"),
    ("copied-part-keeps-key", "200 echo, 200, HEAD 200 echo, opens with ours, hidden at rest"),
    ("copied-part-rekeys", "200 echo, 200, HEAD 200 echo, opens with another, hidden at rest"),
    ("copied-part-decrypts", "200, 200, opens with none, plain at rest"),
    ("listed-without-key", "uploads 200: 1, parts 200: 1, abort 204"),
];

const VERSIONS: &[(&str, &str)] = &[
    ("turn-on", "200"),
    ("ids", "put, head, copy, complete, delete"),
    (
        "a-key-for-each",
        "first with ours 200 echo, first with another 403 AccessDenied, second with ours 403 AccessDenied, second with another 200 echo",
    ),
    ("listed-without-key", "200: 2"),
    ("put-if-none", "412 PreconditionFailed"),
    ("put-if-match", "quoted 200 echo, bare 412 PreconditionFailed"),
    ("copy-of-a-version", "200, names its source: true, opens with none"),
    ("delete-of-a-version", "204, then 404 NoSuchVersion"),
];
