//! Requests that hold only under a condition.

use serde_json::{Value, json};

use super::{ANOTHER, Case, NO_KEYS, OURS, Observer, from_to, key, said};
use crate::vectors::Result;

/// Requests that hold only under a condition. Each in a form that quotes entity tags, as they are, and in
/// one that does not.
pub const CONDITIONS: &[Case] = &[
    ("put-if-none", |s3| {
        let none = json!({"IfNoneMatch": "*"});
        let first = s3.put("a", Some(OURS), none.clone())?;
        let second = s3.put("a", Some(OURS), none)?;
        Ok(format!("{}, again {}", said(&first, OURS), said(&second, OURS)))
    }),
    ("put-if-match", |s3| {
        conditional(s3, |s3, tag| {
            Ok(said(&s3.put("a", Some(OURS), json!({"IfMatch": tag}))?, OURS))
        })
    }),
    ("put-if-match-of-nothing", |s3| {
        let put = s3.put("a", Some(OURS), json!({"IfMatch": OTHER_TAG}))?;
        Ok(said(&put, OURS))
    }),
    ("put-with-another-key-if-match", |s3| {
        conditional(s3, |s3, tag| {
            let put = s3.put("a", Some(ANOTHER), json!({"IfMatch": tag}))?;
            s3.put("a", Some(OURS), json!({}))?;
            Ok(said(&put, ANOTHER))
        })
    }),
    ("get-if-match", |s3| {
        conditional(s3, |s3, tag| {
            Ok(said(&s3.call("get_object", "a", key(OURS), json!({"IfMatch": tag}))?, OURS))
        })
    }),
    ("delete-if-match", |s3| {
        conditional(s3, |s3, tag| {
            let delete = s3.call("delete_object", "a", NO_KEYS, json!({"IfMatch": tag}))?;
            s3.put("a", Some(OURS), json!({}))?;
            Ok(said(&delete, OURS))
        })
    }),
    ("copy-plain-if-source-matches", |s3| {
        let tag = s3.put("a", None, json!({}))?.header("etag").unwrap_or_default().to_owned();
        with_tags(s3, &tag, |s3, tag| {
            Ok(said(&s3.copy("a", "b", NO_KEYS, json!({"CopySourceIfMatch": tag}))?, OURS))
        })
    }),
    // Ceph has a name of its own for it.
    ("copy-plain-by-header-of-ceph", |s3| {
        let tag = s3.put("a", None, json!({}))?.header("etag").unwrap_or_default().to_owned();
        with_tags(s3, &tag, |s3, tag| {
            let header = json!({"Headers": {"x-amz-copy-if-match": tag}});
            Ok(said(&s3.copy("a", "b", NO_KEYS, header)?, OURS))
        })
    }),
    ("copy-if-source-matches", |s3| {
        conditional(s3, |s3, tag| {
            let copy =
                s3.copy("a", "b", from_to(OURS, ANOTHER), json!({"CopySourceIfMatch": tag}))?;
            Ok(said(&copy, ANOTHER))
        })
    }),
    ("copy-plain-if-target-matches", |s3| {
        s3.put("a", None, json!({}))?;
        let tag = s3.put("b", None, json!({}))?.header("etag").unwrap_or_default().to_owned();
        with_tags(s3, &tag, |s3, tag| {
            Ok(said(&s3.copy("a", "b", NO_KEYS, json!({"IfMatch": tag}))?, OURS))
        })
    }),
    ("complete-if-none", |s3| {
        s3.put("a", Some(OURS), json!({}))?;
        complete(s3, json!({"IfNoneMatch": "*"}))
    }),
    ("complete-if-match", |s3| conditional(s3, |s3, tag| complete(s3, json!({"IfMatch": tag})))),
];

type Call = fn(&mut Observer<'_>, &str) -> Result<String>;

/// On an object with our key.
fn conditional(s3: &mut Observer<'_>, call: Call) -> Result<String> {
    let tag = s3.put("a", Some(OURS), json!({}))?.header("etag").unwrap_or_default().to_owned();
    with_tags(s3, &tag, call)
}

fn with_tags(s3: &mut Observer<'_>, tag: &str, call: Call) -> Result<String> {
    let wrong = call(s3, OTHER_TAG)?;
    let bare = call(s3, tag.trim_matches('"'))?;
    let quoted = call(s3, tag)?;
    Ok(format!("quoted {quoted}, bare {bare}, wrong {wrong}"))
}

fn complete(s3: &mut Observer<'_>, condition: Value) -> Result<String> {
    let created = s3.call("create_multipart_upload", "a", key(OURS), json!({}))?;
    let upload = created.content["UploadId"].clone();
    let part = json!({"UploadId": upload, "PartNumber": 1, "Body": {"base64": "AAAA"}});
    let part = s3.call("upload_part", "a", key(OURS), part)?;
    let parts = json!([{"PartNumber": 1, "ETag": part.content["ETag"]}]);
    let request = json!({"UploadId": upload, "MultipartUpload": {"Parts": parts}});
    let request = super::with(request, condition);
    let completed = s3.call("complete_multipart_upload", "a", key(OURS), request)?;
    // The same tag again.
    s3.put("a", Some(OURS), json!({}))?;
    Ok(said(&completed, OURS))
}

const OTHER_TAG: &str = "\"00000000000000000000000000000000\"";
