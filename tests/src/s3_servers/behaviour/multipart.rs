//! Uploads in parts.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};

use super::{ANOTHER, Case, Key, Keys, NO_KEYS, OURS, Observer, said};
use crate::{s3_servers::S3Answer, vectors::Result};

/// Uploads in parts, each of one part, since the last may be short.
pub const MULTIPART: &[Case] = &[
    ("all-with-key", |s3| uploaded(s3, Some(OURS), Some(OURS), Some(OURS))),
    ("complete-without-key", |s3| uploaded(s3, Some(OURS), Some(OURS), None)),
    ("part-without-key", |s3| uploaded(s3, Some(OURS), None, Some(OURS))),
    ("part-with-another-key", |s3| uploaded(s3, Some(OURS), Some(ANOTHER), Some(OURS))),
    ("part-with-key-of-plain-upload", |s3| uploaded(s3, None, Some(OURS), None)),
    ("copied-part-encrypts", |s3| part_copied(s3, None, Some(OURS))),
    ("copied-part-keeps-key", |s3| part_copied(s3, Some(OURS), Some(OURS))),
    ("copied-part-rekeys", |s3| part_copied(s3, Some(OURS), Some(ANOTHER))),
    ("copied-part-decrypts", |s3| part_copied(s3, Some(OURS), None)),
    ("listed-without-key", |s3| {
        let upload = create(s3, Some(OURS))?.content["UploadId"].clone();
        part(s3, &upload, Some(OURS))?;
        let prefix = json!({"Prefix": s3.name("a")});
        let uploads = s3.bucket_call("list_multipart_uploads", NO_KEYS, prefix)?;
        let parts = s3.call("list_parts", "a", NO_KEYS, json!({"UploadId": upload}))?;
        let abort = json!({"UploadId": upload});
        let abort = s3.call("abort_multipart_upload", "a", NO_KEYS, abort)?;
        let count =
            |answer: &S3Answer, list: &str| answer.content[list].as_array().map_or(0, Vec::len);
        let counts = (count(&uploads, "Uploads"), count(&parts, "Parts"));
        let [uploads, parts, abort] = [uploads, parts, abort].map(|answer| said(&answer, OURS));
        Ok(format!("uploads {uploads}: {}, parts {parts}: {}, abort {abort}", counts.0, counts.1))
    }),
];

fn uploaded(
    s3: &mut Observer<'_>,
    created: Option<Key>,
    sent: Option<Key>,
    completed: Option<Key>,
) -> Result<String> {
    let create = create(s3, created)?;
    let upload = create.content["UploadId"].clone();
    let part = part(s3, &upload, sent)?;
    let answers = [said(&create, OURS), said(&part, sent.unwrap_or(OURS))].join(", ");
    finish(s3, answers, &upload, &part.content["ETag"], completed)
}

fn part_copied(s3: &mut Observer<'_>, from: Option<Key>, to: Option<Key>) -> Result<String> {
    s3.put("source", from, json!({}))?;
    let upload = create(s3, to)?.content["UploadId"].clone();
    let source = json!({"Bucket": s3.bucket, "Key": s3.name("source")});
    let request = json!({"UploadId": upload, "PartNumber": 1, "CopySource": source});
    let keys = Keys { key: to, source: from };
    s3.look_away()?;
    let copied = s3.call("upload_part_copy", "a", keys, request)?;
    let tag = &copied.content["CopyPartResult"]["ETag"];
    finish(s3, said(&copied, to.unwrap_or(OURS)), &upload, tag, to)
}

fn create(s3: &mut Observer<'_>, with: Option<Key>) -> Result<S3Answer> {
    s3.call("create_multipart_upload", "a", Keys { key: with, source: None }, json!({}))
}

fn part(s3: &mut Observer<'_>, upload: &Value, with: Option<Key>) -> Result<S3Answer> {
    let body = json!({"base64": BASE64.encode(s3.text())});
    let request = json!({"UploadId": upload, "PartNumber": 1, "Body": body});
    s3.call("upload_part", "a", Keys { key: with, source: None }, request)
}

/// Completes it, unless there is no part, and looks what became of it.
fn finish(
    s3: &mut Observer<'_>,
    answers: String,
    upload: &Value,
    tag: &Value,
    with: Option<Key>,
) -> Result<String> {
    if !tag.is_string() {
        s3.call("abort_multipart_upload", "a", NO_KEYS, json!({"UploadId": upload}))?;
        return Ok(answers);
    }
    let parts = json!({"Parts": [{"PartNumber": 1, "ETag": tag}]});
    let request = json!({"UploadId": upload, "MultipartUpload": parts});
    let keys = Keys { key: with, source: None };
    let completed = s3.call("complete_multipart_upload", "a", keys, request)?;
    let answers = format!("{answers}, {}", said(&completed, with.unwrap_or(OURS)));
    if completed.code.is_some() {
        return Ok(answers);
    }
    let head = with.map_or(Ok(None), |key| s3.head("a", Some(key)).map(Some))?;
    let head = head.map(|head| format!(", HEAD {}", said(&head, with.unwrap_or(OURS))));
    let (opens_with, at_rest) = (s3.opens_with("a")?, s3.at_rest("a")?);
    let head = head.unwrap_or_default();
    Ok(format!("{answers}{head}, opens with {opens_with}, {at_rest} at rest"))
}
