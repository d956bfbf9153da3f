//! The vendor's unmodified SDK for Python works against the fake Tencent COS: its plain client, and the
//! encrypting one with each of its master keys. What is asked, and refused, in detail is in the tests of
//! the testkit; here it is shown that these clients understand the answers.

use std::{
    fs,
    time::{Duration, SystemTime},
};

use crypto_envelope_testkit::fake::{
    http::Fault,
    tencent_cos::{AccessKey, FakeTencentCos, StoredObject, lie},
};
use crypto_envelope_tests::{
    tencent_cos::{Refusal, TencentCos, Theirs, check_body, stream},
    vectors::Result,
};
use serde_json::{Value, json};

const ENCRYPTING: [&str; 3] = ["aes", "rsa-oaep", "rsa-v15"];
const ALL: [&str; 4] = ["plain", "aes", "rsa-oaep", "rsa-v15"];
/// With what has to be encoded in paths, or must not be.
const KEY: &str = "dir/a b+c&é~中.(*)'!/./..x";
const MIB: usize = 1 << 20;

fn strings<'v>(list: &'v Value, member: &str) -> Vec<&'v str> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|item| item[member].as_str()).collect()
}

#[test]
fn objects_come_and_go() -> Result<()> {
    let cos = TencentCos::start()?;
    let mut theirs = cos.theirs()?;
    let body = json!({"seed": "object", "length": 100_000});
    let plaintext = stream("object", 100_000);
    for client in ALL {
        let mut ask = |call: &str, arguments: Value| theirs.ask(client, call, &arguments);
        let put = json!({"Key": KEY, "Body": body, "ContentType": "text/x", "CacheControl": "no-cache",
            "Metadata": {"x-cos-meta-own-name": "b c"}});
        let written = ask("put_object", put)?;
        let stored = cos.object(KEY)?;
        assert_eq!(written["ETag"], json!(stored.etag), "{client}");
        assert_eq!(written["x-cos-hash-crc64ecma"], json!(stored.crc64.to_string()));
        assert_eq!(stored.content == plaintext, client == "plain");

        let head = ask("head_object", json!({"Key": KEY}))?;
        assert_eq!(head["Content-Length"], "100000");
        assert_eq!(
            (&head["Content-Type"], &head["Cache-Control"]),
            (&json!("text/x"), &json!("no-cache"))
        );
        check_body(&ask("get_object", json!({"Key": KEY}))?, &plaintext)?;
        let part = ask("get_object", json!({"Key": KEY, "Range": "bytes=16-99999"}))?;
        check_body(&part, &plaintext[16..])?;
        assert_eq!(part["Content-Range"], "bytes 16-99999/100000");

        ask("delete_object", json!({"Key": KEY}))?;
        assert_eq!(cos.object(KEY).ok(), None);
    }
    Ok(())
}

/// What they leave at the server is what the formats say, and the fake has no part in it.
#[test]
fn encrypted_objects_have_their_metadata() -> Result<()> {
    let cos = TencentCos::start()?;
    let mut theirs = cos.theirs()?;
    for (client, key_length) in [("aes", 44), ("rsa-oaep", 344), ("rsa-v15", 344)] {
        theirs.ask(client, "put_object", &json!({"Key": client, "Body": {"hex": "00"}}))?;
        let stored = cos.object(client)?;
        let mut names = stored.headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        names.sort_unstable();
        let prefix = "x-cos-meta-client-side-encryption-";
        assert_eq!(names, [format!("{prefix}iv"), format!("{prefix}key")], "{client}");
        let key = stored.header(&format!("{prefix}key"));
        assert_eq!(key.map(str::len), Some(key_length), "{client}");
    }
    let calls = cos.fake.take_calls().into_iter().map(|call| call.operation).collect::<Vec<_>>();
    assert_eq!(calls, ["PutObject"; 3]);
    // To read, they ask twice.
    theirs.ask("aes", "get_object", &json!({"Key": "aes"}))?;
    let calls = cos.fake.take_calls().into_iter().map(|call| call.operation).collect::<Vec<_>>();
    assert_eq!(calls, ["HeadObject", "GetObject"]);
    cos.fake.put_object(cos.fake.bucket(), "clear", StoredObject::new("text"));
    assert_eq!(theirs.failed("aes", "get_object", &json!({"Key": "clear"}))?, "TypeError");
    Ok(())
}

fn upload_parts(
    theirs: &mut Theirs,
    client: &str,
    sizes: &[usize],
) -> Result<(String, Vec<Value>)> {
    let created = theirs.ask(client, "create_multipart_upload", &json!({"Key": KEY}))?;
    let id = created["UploadId"].as_str().ok_or("no UploadId")?.to_owned();
    assert_eq!(created["Key"], KEY);
    let mut parts = Vec::new();
    for (number, size) in (1..).zip(sizes) {
        let body = json!({"seed": format!("part {number}"), "length": size});
        let part = json!({"Key": KEY, "UploadId": id, "PartNumber": number, "Body": body});
        let uploaded = theirs.ask(client, "upload_part", &part)?;
        parts.push(json!({"PartNumber": number, "ETag": uploaded["ETag"]}));
    }
    Ok((id, parts))
}

#[test]
fn objects_come_in_parts() -> Result<()> {
    let cos = TencentCos::start()?;
    let mut theirs = cos.theirs()?;
    let sizes = [MIB, MIB + 17, 5];
    let plaintext = (1..).zip(sizes).map(|(number, size)| stream(&format!("part {number}"), size));
    let plaintext = plaintext.collect::<Vec<_>>().concat();
    for client in ALL {
        let (id, parts) = upload_parts(&mut theirs, client, &sizes)?;
        let upload = json!({"Key": KEY, "UploadId": id});
        let listed = theirs.ask(client, "list_parts", &upload)?;
        assert_eq!(listed["IsTruncated"], "false");
        assert_eq!(strings(&listed["Part"], "PartNumber"), ["1", "2", "3"]);
        assert_eq!(strings(&listed["Part"], "Size")[1], (MIB + 17).to_string());
        assert_eq!(listed["Part"][2]["ETag"], parts[2]["ETag"]);
        let pending =
            theirs.ask(client, "list_multipart_uploads", &json!({"Prefix": "dir/a b+"}))?;
        assert_eq!(strings(&pending["Upload"], "Key"), [KEY]);
        assert_eq!(strings(&pending["Upload"], "UploadId"), [&*id]);

        let mut wrong = parts.clone();
        wrong.swap(0, 1);
        let complete = |parts: &[Value]| json!({"Key": KEY, "UploadId": id, "MultipartUpload": {"Part": parts}});
        let refused = theirs.refused(client, "complete_multipart_upload", &complete(&wrong))?;
        assert_eq!(refused, Refusal::new(400, "InvalidPartOrder"));
        let done = theirs.ask(client, "complete_multipart_upload", &complete(&parts))?;
        let stored = cos.object(KEY)?;
        assert_eq!(done["ETag"], json!(stored.etag));
        assert_eq!(done["x-cos-hash-crc64ecma"], json!(stored.crc64.to_string()));
        check_body(&theirs.ask(client, "get_object", &json!({"Key": KEY}))?, &plaintext)?;

        let (id, _) = upload_parts(&mut theirs, client, &[1])?;
        let upload = json!({"Key": KEY, "UploadId": id});
        theirs.ask(client, "abort_multipart_upload", &upload)?;
        let refused = theirs.refused(client, "list_parts", &upload)?;
        assert_eq!(refused, Refusal::new(404, "NoSuchUpload"));
        let pending = theirs.ask(client, "list_multipart_uploads", &json!({}))?;
        assert_eq!(pending["Upload"], Value::Null);
    }
    Ok(())
}

#[test]
fn files_go_up_and_down() -> Result<()> {
    let cos = TencentCos::start()?;
    let mut theirs = cos.theirs()?;
    let (up, down) = (cos.file("up"), cos.file("down"));
    for (size, parts) in [(100, 0), (3 * MIB + 1, 4)] {
        let plaintext = stream("file", size);
        fs::write(&up, &plaintext)?;
        for client in ALL {
            // With more threads, the encrypting client mixes up the parts.
            let threads = if client == "plain" { 3 } else { 1 };
            let _ = cos.fake.take_calls();
            let upload = json!({"Key": KEY, "LocalFilePath": up, "PartSize": 1, "MAXThread": threads,
                "EnableMD5": client == "plain"});
            theirs.ask(client, "upload_file", &upload)?;
            let calls = cos.fake.take_calls();
            let sent = calls.iter().filter(|call| call.operation == "UploadPart").count();
            assert_eq!(sent, parts, "{client}");
            let into = json!({"client": client, "call": "get_object", "arguments": {"Key": KEY},
                "into": down});
            check_body(&theirs.tell(&into)?, &plaintext)?;
            assert_eq!(fs::read(&down)?, plaintext);
        }
        theirs.ask("plain", "upload_file", &json!({"Key": KEY, "LocalFilePath": up}))?;
        let download = json!({"Key": KEY, "DestFilePath": down, "PartSize": 1, "MAXThread": 2,
            "EnableCRC": true, "DumpRecordDir": cos.file("")});
        theirs.ask("plain", "download_file", &download)?;
        assert_eq!(fs::read(&down)?, plaintext);
    }
    Ok(())
}

/// It compares with its own parts, in which it finds those of the fake.
#[test]
fn an_upload_is_continued() -> Result<()> {
    let cos = TencentCos::start()?;
    let mut theirs = cos.theirs()?;
    let plaintext = stream("file", 3 * MIB);
    fs::write(cos.file("up"), &plaintext)?;
    cos.fake
        .inject(lie::error(503, "SlowDown", "later").times(100).when(|name| name == "UploadPart"));
    let upload =
        json!({"Key": KEY, "LocalFilePath": cos.file("up"), "PartSize": 1, "MAXThread": 1});
    theirs.failed("plain", "upload_file", &upload)?;
    cos.fake.clear_faults();
    let id = cos.fake.uploads(cos.fake.bucket()).remove(0).upload_id;
    let part = json!({"Key": KEY, "UploadId": id, "PartNumber": 2,
        "Body": {"hex": plaintext[MIB..2 * MIB].iter().map(|byte| format!("{byte:02x}")).collect::<String>()}});
    theirs.ask("plain", "upload_part", &part)?;
    let _ = cos.fake.take_calls();
    theirs.ask("plain", "upload_file", &upload)?;
    let calls = cos.fake.take_calls();
    let sent = calls.iter().filter(|call| call.operation == "UploadPart");
    assert_eq!(
        sent.filter_map(|call| call.parameter("partNumber")).collect::<Vec<_>>(),
        ["1", "3"]
    );
    assert_eq!(cos.object(KEY)?.content, plaintext);
    Ok(())
}

#[test]
fn buckets_are_listed() -> Result<()> {
    let cos = TencentCos::start()?;
    let mut theirs = cos.theirs()?;
    for key in ["a", "b/1", "b/é &+%", "c"] {
        cos.fake.put_object(cos.fake.bucket(), key, StoredObject::new(key));
    }
    let mut ask = |call: &str, arguments: Value| theirs.ask("plain", call, &arguments);
    let all = ask("list_objects", json!({}))?;
    assert_eq!(strings(&all["Contents"], "Key"), ["a", "b/1", "b/é &+%", "c"]);
    assert_eq!((&all["IsTruncated"], &all["Contents"][0]["Size"]), (&json!("false"), &json!("1")));
    let grouped = ask("list_objects", json!({"Delimiter": "/"}))?;
    assert_eq!(strings(&grouped["Contents"], "Key"), ["a", "c"]);
    assert_eq!(strings(&grouped["CommonPrefixes"], "Prefix"), ["b/"]);
    let first = ask("list_objects", json!({"MaxKeys": 2, "Prefix": "b/"}))?;
    assert_eq!(strings(&first["Contents"], "Key"), ["b/1", "b/é &+%"]);
    let first = ask("list_objects", json!({"MaxKeys": 3}))?;
    assert_eq!((&first["IsTruncated"], &first["NextMarker"]), (&json!("true"), &json!("b/é &+%")));
    let next = ask("list_objects", json!({"Marker": first["NextMarker"]}))?;
    assert_eq!(strings(&next["Contents"], "Key"), ["c"]);

    let keys = json!([{"Key": "a"}, {"Key": "b/é &+%"}, {"Key": "nothing"}]);
    let deleted = ask("delete_objects", json!({"Delete": {"Object": keys, "Quiet": "false"}}))?;
    assert_eq!(strings(&deleted["Deleted"], "Key"), ["a", "b/é &+%", "nothing"]);
    assert_eq!(cos.fake.keys(cos.fake.bucket()), ["b/1", "c"]);
    for (call, key, expected) in [
        ("bucket_exists", None, true),
        ("object_exists", Some("c"), true),
        ("object_exists", Some("d"), false),
    ] {
        let arguments = key.map_or(json!({}), |key| json!({"Key": key}));
        assert_eq!(ask(call, arguments)?, json!(expected), "{call} {key:?}");
    }
    let buckets =
        json!({"client": "plain", "call": "list_buckets", "settings": {"by_proxy": true}});
    let buckets = theirs.tell(&buckets)?;
    assert_eq!(strings(&buckets["Buckets"]["Bucket"], "Name"), [cos.fake.bucket()]);
    Ok(())
}

#[test]
fn objects_are_copied() -> Result<()> {
    let cos = TencentCos::start()?;
    let mut theirs = cos.theirs()?;
    let (bucket, region) = (cos.fake.bucket(), cos.fake.region());
    let source = json!({"Bucket": bucket, "Key": KEY, "Region": region});
    let plaintext = stream("copy", 2 * MIB + 5);
    theirs.ask(
        "aes",
        "put_object",
        &json!({"Key": KEY, "Body": {"seed": "copy", "length": plaintext.len()}}),
    )?;
    let envelope = cos.object(KEY)?;
    // With its metadata, it is encrypted like the first.
    let copied =
        theirs.ask("plain", "copy_object", &json!({"Key": "copy", "CopySource": source}))?;
    assert_eq!(copied["ETag"], json!(envelope.etag));
    check_body(&theirs.ask("aes", "get_object", &json!({"Key": "copy"}))?, &plaintext)?;
    let replaced = json!({"Key": KEY, "CopySource": source, "CopyStatus": "Replaced",
        "Metadata": {"x-cos-meta-own": "1"}, "CopySourceIfMatch": envelope.etag});
    theirs.ask("plain", "copy_object", &replaced)?;
    assert_eq!(cos.object(KEY)?.headers, [("x-cos-meta-own".to_owned(), "1".to_owned())]);
    let changed = json!({"Key": "copy", "CopySource": source, "CopySourceIfMatch": "\"other\""});
    let refused = theirs.refused("plain", "copy_object", &changed)?;
    assert_eq!(refused, Refusal::new(412, "PreconditionFailed"));

    let created = theirs.ask("plain", "create_multipart_upload", &json!({"Key": "parts"}))?;
    let part = json!({"Key": "parts", "UploadId": created["UploadId"], "PartNumber": 1,
        "CopySource": source, "CopySourceRange": "bytes=16-99"});
    let part = theirs.ask("plain", "upload_part_copy", &part)?;
    let parts = json!({"Part": [{"PartNumber": 1, "ETag": part["ETag"]}]});
    let complete =
        json!({"Key": "parts", "UploadId": created["UploadId"], "MultipartUpload": parts});
    theirs.ask("plain", "complete_multipart_upload", &complete)?;
    assert_eq!(cos.object("parts")?.content, envelope.content[16..100]);

    // This one asks for the source by its name, and does not encode the dots of a path as the others do.
    let source = json!({"Bucket": bucket, "Key": "copy", "Region": region});
    let whole = json!({"client": "plain", "call": "copy", "settings": {"by_proxy": true},
        "arguments": {"Key": "whole", "CopySource": source}});
    theirs.tell(&whole)?;
    assert_eq!(cos.object("whole")?.content, envelope.content);
    Ok(())
}

#[test]
fn urls_are_signed_beforehand() -> Result<()> {
    let cos = TencentCos::start()?;
    let mut theirs = cos.theirs()?;
    let mut ask = |arguments: Value| theirs.ask("plain", "by_presigned_url", &arguments);
    let put = json!({"Method": "PUT", "Key": KEY, "Body": {"hex": "0a0b"},
        "Headers": {"Content-Type": "text/x"}, "Send": {"Content-Type": "text/x"}});
    assert_eq!(ask(put)?["status"], 200);
    assert_eq!(cos.object(KEY)?.header("content-type"), Some("text/x"));
    let get = json!({"Method": "GET", "Key": KEY,
        "Params": {"response-content-type": "text/y; charset=a b"}});
    let read = ask(get)?;
    check_body(&read, &[10, 11])?;
    assert_eq!(read["Content-Type"], "text/y; charset=a b");
    assert_eq!(ask(json!({"Method": "HEAD", "Key": KEY}))?["Content-Length"], "2");
    assert_eq!(ask(json!({"Method": "DELETE", "Key": KEY}))?["status"], 204);

    let other = json!({"Method": "PUT", "Key": KEY, "Headers": {"Content-Type": "text/x"},
        "Send": {"Content-Type": "text/html"}});
    let refused = theirs.refused("plain", "by_presigned_url", &other)?;
    assert_eq!(refused, Refusal::new(403, "SignatureDoesNotMatch"));
    cos.fake.set_clock(Some(SystemTime::now() + Duration::from_secs(61)));
    let late = json!({"Method": "GET", "Key": KEY, "Expired": 60});
    let refused = theirs.refused("plain", "by_presigned_url", &late)?;
    assert_eq!(refused, Refusal::new(403, "AccessDenied"));
    Ok(())
}

#[test]
fn customers_have_keys() -> Result<()> {
    let cos = TencentCos::start()?;
    let mut theirs = cos.theirs()?;
    let key = |key: &str, md5: &str| json!({"Key": KEY, "SSECustomerAlgorithm": "AES256", "SSECustomerKey": key, "SSECustomerKeyMD5": md5});
    let mine = key("MDEyMzQ1Njc4OUFCQ0RFRjAxMjM0NTY3ODlBQkNERUY=", "U5L61r7jcwdNvT7frmUG8g==");
    let other = key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "cLyPS3KoaSFGi/joRB3OUQ==");
    let mut put = mine.clone();
    put["Body"] = json!({"hex": "0a0b"});
    theirs.ask("plain", "put_object", &put)?;
    let read = theirs.ask("plain", "get_object", &mine)?;
    check_body(&read, &[10, 11])?;
    assert_eq!(read["x-cos-server-side-encryption-customer-algorithm"], "AES256");
    theirs.ask("plain", "head_object", &mine)?;
    assert_eq!(theirs.refused("plain", "get_object", &other)?.status, 403);
    assert_eq!(theirs.refused("plain", "get_object", &json!({"Key": KEY}))?.status, 400);
    theirs.ask(
        "plain",
        "put_object",
        &json!({"Key": KEY, "Body": {"hex": ""}, "ServerSideEncryption": "AES256"}),
    )?;
    let head = theirs.ask("plain", "head_object", &json!({"Key": KEY}))?;
    assert_eq!(head["x-cos-server-side-encryption"], "AES256");
    Ok(())
}

/// By TLS, where keys of customers need no permission.
#[test]
fn it_is_trusted_by_its_ca() -> Result<()> {
    let cos = TencentCos::of(FakeTencentCos::builder().tls().start()?)?;
    let mut theirs = cos.theirs()?;
    let object = json!({"Key": KEY, "Body": {"hex": "0a"},
        "SSECustomerAlgorithm": "AES256", "SSECustomerKeyMD5": "U5L61r7jcwdNvT7frmUG8g==",
        "SSECustomerKey": "MDEyMzQ1Njc4OUFCQ0RFRjAxMjM0NTY3ODlBQkNERUY="});
    theirs.ask("plain", "put_object", &object)?;
    theirs.ask("aes", "put_object", &json!({"Key": "aes", "Body": {"hex": "0a"}}))?;
    check_body(&theirs.ask("aes", "get_object", &json!({"Key": "aes"}))?, &[10])?;
    let strangers = json!({"client": "plain", "call": "head_bucket", "settings": {"ca": null}});
    assert_eq!(theirs.told_to_fail(&strangers)?, "CosClientError");
    Ok(())
}

#[test]
fn credentials_are_temporary() -> Result<()> {
    let hour = Duration::from_hours(1);
    let key = AccessKey::new("AKIDtemporary", "secret");
    let key = key.with_security_token("to/ken+==", SystemTime::now() + hour);
    let cos = TencentCos::of(FakeTencentCos::builder().access_key(key).start()?)?;
    let mut theirs = cos.theirs()?;
    for client in ALL {
        theirs.ask(client, "put_object", &json!({"Key": KEY, "Body": {"hex": "0a"}}))?;
        check_body(&theirs.ask(client, "get_object", &json!({"Key": KEY}))?, &[10])?;
    }
    for token in [json!(null), json!("other")] {
        let wrong = json!({"client": "plain", "call": "get_object", "arguments": {"Key": KEY},
            "settings": {"token": token}});
        assert_eq!(theirs.told_to_refuse(&wrong)?, Refusal::new(403, "InvalidAccessKeyId"));
    }
    cos.fake.set_clock(Some(SystemTime::now() + hour + Duration::from_mins(1)));
    let refused = theirs.refused("plain", "get_object", &json!({"Key": KEY}))?;
    assert_eq!(refused, Refusal::new(403, "ExpiredToken"));
    Ok(())
}

#[test]
fn refusals_are_understood() -> Result<()> {
    let cos = TencentCos::start()?;
    let mut theirs = cos.theirs()?;
    let put = json!({"Key": KEY, "Body": {"hex": "0a"}});
    let with = |name: &str, value: Value| {
        let mut put = put.clone();
        put[name] = value;
        put
    };
    theirs.ask("plain", "put_object", &put)?;
    for (call, arguments, expected) in [
        ("get_object", json!({"Key": "nothing"}), Refusal::new(404, "NoSuchKey")),
        // Without a body, the client makes up a code.
        ("head_object", json!({"Key": "nothing"}), Refusal::new(404, "NoSuchResource")),
        (
            "get_object",
            json!({"Key": KEY, "Bucket": "other-1250000000"}),
            Refusal::new(404, "NoSuchBucket"),
        ),
        ("get_object", json!({"Key": KEY, "Range": "bytes=9-"}), Refusal::new(416, "InvalidRange")),
        (
            "get_object",
            json!({"Key": KEY, "IfMatch": "\"other\""}),
            Refusal::new(412, "PreconditionFailed"),
        ),
        (
            "put_object",
            with("ContentMD5", json!("AAAAAAAAAAAAAAAAAAAAAA==")),
            Refusal::new(400, "BadDigest"),
        ),
        (
            "put_object",
            with("Metadata", json!({"x-cos-meta-a_b": "c"})),
            Refusal::new(400, "InvalidArgument"),
        ),
        ("get_object_acl", json!({"Key": KEY}), Refusal::new(501, "NotImplemented")),
    ] {
        assert_eq!(theirs.refused("plain", call, &arguments)?, expected, "{call} {arguments}");
    }
    for (settings, code) in [
        (json!({"secret_key": "other"}), "SignatureDoesNotMatch"),
        (json!({"secret_id": "other"}), "InvalidAccessKeyId"),
    ] {
        for client in ENCRYPTING {
            let request = json!({"client": client, "call": "put_object", "arguments": put,
                "settings": settings});
            assert_eq!(theirs.told_to_refuse(&request)?, Refusal::new(403, code));
        }
    }
    Ok(())
}

#[test]
fn faults_are_noticed() -> Result<()> {
    let cos = TencentCos::start()?;
    let mut theirs = cos.theirs()?;
    let put = json!({"Key": KEY, "Body": {"hex": "0a"}});
    cos.fake.inject(lie::error(503, "SlowDown", "later"));
    theirs.ask("plain", "put_object", &put)?;
    let calls = cos.fake.take_calls();
    assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [Some(503), Some(200)]);
    assert_eq!(calls[1].header("x-cos-sdk-retry"), Some("true"));
    // The encrypting client has no second try.
    cos.fake.inject(lie::error(503, "SlowDown", "later"));
    let refused = theirs.refused("aes", "put_object", &put)?;
    assert_eq!(refused, Refusal::new(503, "SlowDown"));
    cos.fake.inject(Fault::lose_answer());
    theirs.failed("aes", "put_object", &put)?;

    let (id, parts) = upload_parts(&mut theirs, "plain", &[1])?;
    let complete = json!({"Key": KEY, "UploadId": id, "MultipartUpload": {"Part": parts}});
    cos.fake.inject(lie::error(200, "InternalError", "late"));
    let refused = theirs.refused("plain", "complete_multipart_upload", &complete)?;
    assert_eq!(refused, Refusal::new(200, "InternalError"));
    theirs.ask("plain", "complete_multipart_upload", &complete)?;
    Ok(())
}
