//! Objects in one piece.

use serde_json::json;

use super::{ANOTHER, Case, NO_KEYS, OURS, Observer, key, said};
use crate::{s3_servers::S3Answer, vectors::Result};

/// Objects in one piece.
pub const OBJECTS: &[Case] = &[
    ("put-head-get", |s3| {
        let put = s3.put("a", Some(OURS), json!({}))?;
        let head = s3.head("a", Some(OURS))?;
        let get = s3.get("a", Some(OURS))?;
        let all = [put, head, get].map(|answer| said(&answer, OURS)).join(", ");
        Ok(format!("{all}, opens with {}, {} at rest", s3.opens_with("a")?, s3.at_rest("a")?))
    }),
    ("put-without-key", |s3| {
        let put = s3.put("a", None, json!({}))?;
        Ok(format!("{}, {} at rest", said(&put, OURS), s3.at_rest("a")?))
    }),
    ("range", |s3| {
        s3.put("a", Some(OURS), json!({}))?;
        let get = s3.call("get_object", "a", key(OURS), json!({"Range": "bytes=17-1999"}))?;
        let is_right = get.status == 206 && get.body()? == s3.text()[17..2000];
        Ok(format!("{}, right: {is_right}", said(&get, OURS)))
    }),
    ("read-without-key", |s3| {
        s3.put("a", Some(OURS), json!({"Metadata": {"secret": "no"}}))?;
        let (get, head) = (s3.get("a", None)?, s3.head("a", None)?);
        let metadata = metadata(&get) || metadata(&head);
        Ok(format!("{}, {}, metadata: {metadata}", said(&get, OURS), said(&head, OURS)))
    }),
    ("read-with-another-key", |s3| {
        s3.put("a", Some(OURS), json!({"Metadata": {"secret": "no"}}))?;
        let (get, head) = (s3.get("a", Some(ANOTHER))?, s3.head("a", Some(ANOTHER))?);
        let metadata = metadata(&get) || metadata(&head);
        Ok(format!("{}, {}, metadata: {metadata}", said(&get, ANOTHER), said(&head, ANOTHER)))
    }),
    ("read-plain-with-key", |s3| {
        s3.put("a", None, json!({}))?;
        let (get, head) = (s3.get("a", Some(OURS))?, s3.head("a", Some(OURS))?);
        Ok(format!("{}, {}", said(&get, OURS), said(&head, OURS)))
    }),
    ("sse-s3-beside-key", |s3| {
        let put = s3.put("a", Some(OURS), json!({"ServerSideEncryption": "AES256"}))?;
        Ok(format!("{}, {} at rest", said(&put, OURS), s3.at_rest("a")?))
    }),
    ("sse-s3-alone", |s3| {
        let put = s3.put("a", None, json!({"ServerSideEncryption": "AES256"}))?;
        Ok(format!("{}, {} at rest", said(&put, OURS), s3.at_rest("a")?))
    }),
    ("wrong-content-md5", |s3| {
        let put = s3.put("a", Some(OURS), json!({"ContentMD5": OURS.md5}))?;
        Ok(said(&put, OURS))
    }),
    ("wrong-crc32", |s3| {
        let put = s3.put("a", Some(OURS), json!({"ChecksumCRC32": "AAAAAA=="}))?;
        Ok(said(&put, OURS))
    }),
    ("attributes", |s3| {
        s3.put("a", Some(OURS), json!({}))?;
        let attributes = json!({"ObjectAttributes": ["ObjectSize"]});
        // Some answer with the object instead, of which boto3 makes a status 500.
        let get = s3.call("get_object_attributes", "a", key(OURS), attributes)?;
        Ok(said(&get, OURS))
    }),
    ("tags", |s3| {
        let put = s3.put("a", Some(OURS), json!({"Tagging": "colour=blue"}))?;
        let get = s3.call("get_object_tagging", "a", NO_KEYS, json!({}))?;
        let found = get.content["TagSet"][0]["Value"].as_str().unwrap_or("none").to_owned();
        let tags = json!({"Tagging": {"TagSet": [{"Key": "colour", "Value": "red"}]}});
        let set = s3.call("put_object_tagging", "a", NO_KEYS, tags)?;
        let [put, get, set] = [put, get, set].map(|answer| said(&answer, OURS));
        let readable = s3.opens_with("a")?;
        Ok(format!("{put}, without key: {get} {found}, {set}, opens with {readable}"))
    }),
    ("delete-without-key", |s3| {
        s3.put("a", Some(OURS), json!({}))?;
        let delete = s3.call("delete_object", "a", NO_KEYS, json!({}))?;
        Ok(format!("{}, {}", said(&delete, OURS), said(&s3.get("a", Some(OURS))?, OURS)))
    }),
    ("bucket-encryption", bucket_encryption),
    ("policy-that-demands-key", policy),
];

/// Last but one: what it sets is for the whole bucket.
fn bucket_encryption(s3: &mut Observer<'_>) -> Result<String> {
    let rule = json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}});
    let blocking = json!({
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    });
    let before = s3.bucket_call("get_bucket_encryption", NO_KEYS, json!({}))?;
    let mut all = vec![said(&before, OURS)];
    for rule in [rule, blocking] {
        let rules = json!({"ServerSideEncryptionConfiguration": {"Rules": [rule]}});
        let put = s3.bucket_call("put_bucket_encryption", NO_KEYS, rules)?;
        let object = s3.put("a", Some(OURS), json!({}))?;
        all.push(format!("{} then put {}", said(&put, OURS), said(&object, OURS)));
    }
    s3.bucket_call("delete_bucket_encryption", NO_KEYS, json!({}))?;
    Ok(all.join(", "))
}

/// The last: what it sets is for the whole bucket.
fn policy(s3: &mut Observer<'_>) -> Result<String> {
    let header = "s3:x-amz-server-side-encryption-customer-algorithm";
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": format!("arn:aws:s3:::{}/*", s3.bucket),
            "Condition": {"Null": {header: "true"}},
        }],
    });
    let set =
        s3.bucket_call("put_bucket_policy", NO_KEYS, json!({"Policy": policy.to_string()}))?;
    let (plain, ours) = (s3.put("a", None, json!({}))?, s3.put("b", Some(OURS), json!({}))?);
    let [set, plain, ours] = [set, plain, ours].map(|answer| said(&answer, OURS));
    Ok(format!("{set}, without key {plain}, with key {ours}"))
}

/// Whether there is any of the object.
fn metadata(answer: &S3Answer) -> bool {
    answer.header("x-amz-meta-secret").is_some()
}
