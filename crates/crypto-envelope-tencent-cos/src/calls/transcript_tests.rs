//! The same requests as those that the official SDK sent.

use std::time::{Duration, SystemTime};

use crypto_envelope::SecretBytes;
use serde_json::Value;

use super::*;
use crate::{
    AbortMultipartUpload, ByteRange, CompleteMultipartUpload, CompletedPart, CopyObject,
    CopySource, CosBucket, CosCredentials, CosEndpoint, CosErrorKind, DeleteObject, ETag,
    GetObject, HeadObject, InitiateMultipartUpload, ListMultipartUploads, ListParts, ObjectBody,
    ObjectMetadata, PartNumber, PutObject, UploadId, UploadPart,
    request::Request,
    test_vectors::{array, root, str},
};

fn endpoint() -> CosEndpoint {
    let bucket = CosBucket::new("examplebucket-1250000000").expect("a bucket");
    CosEndpoint::new(bucket, "ap-beijing").expect("an endpoint")
}

/// Request `index` of a call of the official SDK.
fn recorded(call: &str, index: usize) -> Value {
    let calls = array("transcripts.json", "calls", 14);
    let found = calls.iter().find(|found| str(found, "call").starts_with(call));
    found.unwrap_or_else(|| unreachable!("{call}"))["requests"][index].clone()
}

fn header<'a>(recorded: &'a Value, name: &str) -> Option<&'a str> {
    let mut headers = recorded["headers"].as_array().expect("headers").iter();
    let found = headers.find(|pair| pair[0].as_str().expect("a name").eq_ignore_ascii_case(name));
    found.and_then(|pair| pair[1].as_str())
}

/// What stands behind `name=` in the target.
fn parameter(recorded: &Value, name: &str) -> String {
    let target = str(recorded, "target");
    let (_, rest) = target.split_once(&format!("{name}=")).expect("the parameter");
    rest.split('&').next().expect("a value").to_owned()
}

fn metadata(recorded: &Value) -> ObjectMetadata {
    let value = |name| header(recorded, &format!("x-cos-meta-{name}")).expect("the header");
    let (key, iv) = ("client-side-encryption-key", "client-side-encryption-iv");
    ObjectMetadata::new().with_user(key, value(key)).with_user(iv, value(iv))
}

fn sent(call: &impl Exchange) -> Request {
    let keys = root("signature.json");
    let secret = SecretBytes::from(str(&keys, "secret_key").as_bytes());
    let credentials = CosCredentials::new(str(&keys, "secret_id"), secret).expect("credentials");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    Request::new(call, &endpoint(), &credentials, now).expect("a request")
}

#[track_caller]
fn check(call: &impl Exchange, recorded: &Value) {
    let request = sent(call);
    assert_eq!(request.method.name(), str(recorded, "method"));
    assert_eq!(request.target, str(recorded, "target"));
    assert_eq!(request.headers.value("authorization"), header(recorded, "Authorization"));
    let headers = recorded["headers"].as_array().expect("headers");
    for (name, value) in request.headers.iter() {
        assert_eq!(Some(value), header(recorded, name), "{name}");
    }
    assert_eq!(request.headers.iter().count(), headers.len());
    if let Some(text) = recorded["body_utf8"].as_str() {
        assert_eq!(request.body.concat(), text.as_bytes());
    }
}

fn key(text: &str) -> ObjectKey {
    ObjectKey::new(text).expect("a key")
}

fn upload(recorded: &Value) -> UploadId {
    UploadId::new(parameter(recorded, "uploadId")).expect("an id")
}

#[test]
fn objects_are_written_and_read_as_the_official_sdk_does() -> Result<()> {
    let name = "dir/sub dir/a b.txt";
    let put = recorded("put_object", 0);
    check(&PutObject::new(key(name), vec![0; 40]).metadata(metadata(&put)), &put);
    check(&HeadObject::new(key(name)), &recorded("get_object", 0));
    check(&GetObject::new(key(name)), &recorded("get_object", 1));
    let range = ByteRange::of(16..21)?;
    check(&GetObject::new(key(name)).range(range), &recorded("get_object Range", 1));
    check(&DeleteObject::new(key(name)), &recorded("delete_object", 0));
    Ok(())
}

#[test]
fn copies_are_those_of_the_official_sdk() -> Result<()> {
    let copy = recorded("copy_object", 0);
    let source = CopySource::new(&endpoint(), key("uf"))?;
    check(&CopyObject::new(source, key("uf")).replace_metadata(metadata(&copy)), &copy);
    Ok(())
}

#[test]
fn uploads_are_those_of_the_official_sdk() -> Result<()> {
    let create = recorded("create_multipart_upload", 0);
    check(&InitiateMultipartUpload::new(key("mp")).metadata(metadata(&create)), &create);
    let part = recorded("upload_part", 0);
    let number = PartNumber::new(1)?;
    check(&UploadPart::new(key("mp"), upload(&part), number, vec![0; 64]), &part);
    let parts = recorded("list_parts", 0);
    check(&ListParts::new(key("mp"), upload(&parts)), &parts);
    let uploads = recorded("list_multipart_uploads", 0);
    check(&ListMultipartUploads::new().prefix("mp"), &uploads);
    let abort = recorded("create+abort", 1);
    check(&AbortMultipartUpload::new(key("mp"), upload(&abort)), &abort);
    let complete = recorded("upload_file", 4);
    let parts = [2, 3].map(|index| {
        let etag = recorded("upload_file", index)["response_headers"]["ETag"].clone();
        let number = PartNumber::new(u32::try_from(index).expect("small") - 1).expect("a number");
        CompletedPart::new(number, ETag::new(etag.as_str().expect("a tag")).expect("a tag"))
    });
    let call = CompleteMultipartUpload::new(key("uf"), upload(&complete), parts.to_vec());
    check(&call, &complete);
    Ok(())
}

/// The official SDK sends these in chunks, without a length.
#[test]
fn empty_objects_have_a_length() {
    let request = sent(&PutObject::new(key("empty"), ObjectBody::default()));
    assert_eq!(request.headers.value("content-length"), Some("0"));
    let authorization = request.headers.value("authorization").expect("it is signed");
    assert!(authorization.contains("q-header-list=content-length;host&"));
}

#[test]
fn tokens_are_signed_and_nobody_signs_nothing() -> Result<()> {
    let call = GetObject::new(key("a"));
    let token = CosCredentials::temporary("AKID", &b"secret"[..], &b"token"[..])?;
    let at = |credentials| Request::new(&call, &endpoint(), credentials, SystemTime::UNIX_EPOCH);
    let request = at(&token)?;
    assert_eq!(request.headers.value("x-cos-security-token"), Some("token"));
    let authorization = request.headers.value("authorization").expect("it is signed");
    assert!(authorization.contains("q-header-list=host;x-cos-security-token&"));
    assert!(!format!("{request:?}").contains("token"));
    let request = at(&CosCredentials::anonymous())?;
    assert_eq!(request.headers.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["host"]);
    Ok(())
}

#[test]
fn another_address_changes_nothing_that_is_sent() -> Result<()> {
    let there = endpoint().at_address("http://127.0.0.1:8080")?;
    let credentials = CosCredentials::new("AKID", &b"secret"[..])?;
    let call = GetObject::new(key("a"));
    let [here, there] = [&endpoint(), &there]
        .map(|endpoint| Request::new(&call, endpoint, &credentials, SystemTime::UNIX_EPOCH));
    let (here, there) = (here?, there?);
    assert!(here.headers.iter().eq(there.headers.iter()));
    assert_eq!((here.target, here.body), (there.target, there.body));
    Ok(())
}

#[test]
fn answers_become_errors_that_name_the_call() {
    let call = PutObject::new(key("a"), ObjectBody::default());
    let read = |head: &Head, body: &[u8]| {
        let error = read_answer(
            &call,
            endpoint().bucket(),
            head,
            body,
            &[SecretBytes::from(&b"hidden"[..])],
        );
        error.expect_err("it is no success")
    };
    let head = Head::new(404, [("x-cos-request-id", &b"id"[..])]);
    let error = read(&head, b"<Error><Code>NoSuchBucket</Code><Message>hidden</Message></Error>");
    assert_eq!((error.kind(), error.code()), (CosErrorKind::NotFound, Some("NoSuchBucket")));
    assert_eq!((error.operation(), error.request_id()), ("PutObject", Some("id")));
    assert!(!format!("{error:?}").contains("hidden"));
    let error = read(&Head::new(200, [("x-cos-request-id", &b"id"[..])]), b"");
    assert_eq!((error.kind(), error.request_id()), (CosErrorKind::Unreadable, Some("id")));
    assert_eq!(error.message(), "the answer is without ETag");
    let error = read(&Head::new(301, []), b"");
    assert!(crypto_envelope::Error::from(error).to_string().contains("check its region"));
}
