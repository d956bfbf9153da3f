//! Versions of objects.

use serde_json::{Value, json};

use super::{ANOTHER, Case, Key, NO_KEYS, OURS, Observer, key, said};
use crate::{s3_servers::S3Answer, vectors::Result};

/// Versions of objects. The first turns them on.
pub const VERSIONS: &[Case] = &[
    ("turn-on", |s3| {
        let versions = json!({"VersioningConfiguration": {"Status": "Enabled"}});
        Ok(said(&s3.bucket_call("put_bucket_versioning", NO_KEYS, versions)?, OURS))
    }),
    ("ids", |s3| {
        let put = s3.put("a", Some(OURS), json!({}))?;
        let head = s3.head("a", Some(OURS))?;
        s3.put("plain", None, json!({}))?;
        let copy = s3.copy("plain", "copy", NO_KEYS, json!({}))?;
        let multipart = json!({"Parts": [{"base64": "AAAA"}]});
        let complete = s3.call("multipart", "parts", key(OURS), multipart)?;
        let delete = s3.call("delete_object", "a", NO_KEYS, json!({}))?;
        let names = ["put", "head", "copy", "complete", "delete"];
        let all = names.into_iter().zip([put, head, copy, complete, delete]);
        let with_id = all.filter(|(_, answer)| answer.header("x-amz-version-id").is_some());
        Ok(with_id.map(|(name, _)| name).collect::<Vec<_>>().join(", "))
    }),
    ("a-key-for-each", |s3| {
        let first = version(&s3.put("a", Some(OURS), json!({}))?);
        let second = version(&s3.put("a", Some(ANOTHER), json!({}))?);
        let mut all = Vec::new();
        for (name, id) in [("first", first), ("second", second)] {
            for (which, with) in [("ours", OURS), ("another", ANOTHER)] {
                all.push(format!("{name} with {which} {}", get(s3, &id, with)?));
            }
        }
        Ok(all.join(", "))
    }),
    ("listed-without-key", |s3| {
        s3.put("a", Some(OURS), json!({}))?;
        s3.put("a", Some(ANOTHER), json!({}))?;
        let prefix = json!({"Prefix": s3.name("a")});
        let list = s3.bucket_call("list_object_versions", NO_KEYS, prefix)?;
        let count = list.content["Versions"].as_array().map_or(0, Vec::len);
        Ok(format!("{}: {count}", said(&list, OURS)))
    }),
    ("put-if-none", |s3| {
        s3.put("a", Some(OURS), json!({}))?;
        Ok(said(&s3.put("a", Some(OURS), json!({"IfNoneMatch": "*"}))?, OURS))
    }),
    ("put-if-match", |s3| {
        let tag = s3.put("a", Some(OURS), json!({}))?.header("etag").unwrap_or_default().to_owned();
        let mut all = Vec::new();
        for (name, tag) in [("quoted", tag.as_str()), ("bare", tag.trim_matches('"'))] {
            let put = s3.put("a", Some(OURS), json!({"IfMatch": tag}))?;
            all.push(format!("{name} {}", said(&put, OURS)));
        }
        Ok(all.join(", "))
    }),
    ("copy-of-a-version", |s3| {
        let first = version(&s3.put("a", None, json!({}))?);
        s3.call("put_object", "a", NO_KEYS, json!({"Body": {"base64": "AAAA"}}))?;
        let source = json!({"Bucket": s3.bucket, "Key": s3.name("a"), "VersionId": first});
        let copy = s3.call("copy_object", "b", NO_KEYS, json!({"CopySource": source}))?;
        let of = copy.header("x-amz-copy-source-version-id") == first.as_str();
        Ok(format!(
            "{}, names its source: {of}, opens with {}",
            said(&copy, OURS),
            s3.opens_with("b")?
        ))
    }),
    ("delete-of-a-version", |s3| {
        let first = version(&s3.put("a", Some(OURS), json!({}))?);
        s3.put("a", Some(ANOTHER), json!({}))?;
        let delete = s3.call("delete_object", "a", NO_KEYS, json!({"VersionId": first}))?;
        Ok(format!("{}, then {}", said(&delete, OURS), get(s3, &first, OURS)?))
    }),
];

fn get(s3: &mut Observer<'_>, version: &Value, with: Key) -> Result<String> {
    let answer = s3.call("get_object", "a", key(with), json!({"VersionId": version}))?;
    Ok(said(&answer, with))
}

fn version(answer: &S3Answer) -> Value {
    answer.content["VersionId"].clone()
}
