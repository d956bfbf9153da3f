//! What the client makes of answers that cannot be relied on.

use std::time::Duration;

use aws_sdk_s3::{
    config::{Credentials, Region, SharedCredentialsProvider},
    operation::get_object::builders::GetObjectFluentBuilder,
    primitives::ByteStream,
};
use crypto_envelope::{Error, Result};
use crypto_envelope_testkit::{
    canned::{CannedServer, answer},
    redaction,
};

use crate::{
    Download, ObjectCopy, ObjectKeys, ObjectPlace, Protection, SdkConfig, ServerKey, SseCClient,
    SseCError, SseCErrorKind, SseCustomerKey, StoredObject, Upload,
};

const KEY: &[u8; 32] = b"0123456789ABCDEF0123456789ABCDEF";
const ECHO: &str = "x-amz-server-side-encryption-customer-algorithm: AES256\r\n\
                    x-amz-server-side-encryption-customer-key-MD5: U5L61r7jcwdNvT7frmUG8g==\r\n";
const OTHER: &str = "x-amz-server-side-encryption-customer-algorithm: AES256\r\n\
                     x-amz-server-side-encryption-customer-key-MD5: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

fn key() -> ObjectKeys {
    SseCustomerKey::from_bytes(&KEY[..]).expect("32 bytes").into()
}

fn client_of(endpoint: &str) -> SseCClient {
    let credentials = Credentials::new("id", "secret", None, None, "tests");
    let config = SdkConfig::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    let builder = SseCClient::builder(&config).endpoint_url(endpoint).max_attempts(1);
    builder.connect_timeout(Duration::from_secs(5)).build().expect("no proxy")
}

struct Served {
    server: CannedServer,
    client: SseCClient,
}

fn serve(answers: Vec<Vec<u8>>) -> Result<Served> {
    let server = CannedServer::start(answers)?;
    let client = client_of(server.endpoint());
    Ok(Served { server, client })
}

impl Served {
    fn get(&self) -> GetObjectFluentBuilder {
        self.client.s3().get_object().bucket("bucket").key("name")
    }

    async fn put(&self) -> Result<()> {
        let put = self.client.s3().put_object().bucket("bucket").key("name");
        let put = put.body(ByteStream::from_static(b"text"));
        self.client.put_object(put, key()).await.map(drop)
    }
}

/// What S3 says to who comes with old credentials: of the same status as a wrong key.
fn expired() -> Vec<u8> {
    answer(400, "", "<Error><Code>ExpiredToken</Code><Message>too old</Message></Error>")
}

/// What went wrong; nothing in it shows the key.
fn refused<T>(outcome: Result<T>) -> SseCError {
    let Err(error) = outcome else { panic!("it was believed") };
    let shown = format!("{error} {error:?}");
    redaction::hunt(&shown, &[&KEY[..]]).expect("no key is shown");
    SseCError::find_in(&error).unwrap_or_else(|| panic!("another error: {error}")).clone()
}

#[tokio::test]
async fn a_read_needs_the_echo_of_its_key() -> Result<()> {
    for (headers, expected) in [
        ("", SseCErrorKind::NotEncrypted),
        (OTHER, SseCErrorKind::Unproven),
        ("x-amz-server-side-encryption-customer-algorithm: AES256\r\n", SseCErrorKind::Unproven),
        (&format!("{ECHO}{OTHER}"), SseCErrorKind::Unproven),
    ] {
        let served = serve(vec![answer(200, headers, "what lies there")])?;
        let outcome = served.client.get_object(served.get(), key()).await;
        let error = refused(outcome);
        assert_eq!(error.kind(), expected, "{headers}: {error}");
    }
    Ok(())
}

#[tokio::test]
async fn an_echo_that_comes_twice_is_one() -> Result<()> {
    let twice = format!(
        "{ECHO}x-amz-server-side-encryption-customer-key-Md5: U5L61r7jcwdNvT7frmUG8g==\r\n"
    );
    let served = serve(vec![answer(200, &twice, "text")])?;
    let object = served.client.get_object(served.get(), key()).await?;
    let body = object.body.collect().await.map_err(std::io::Error::from)?;
    assert_eq!(body.to_vec(), b"text");
    Ok(())
}

#[tokio::test]
async fn a_body_that_ends_too_early_is_no_body() -> Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\n{ECHO}Content-Length: 100\r\n\r\n");
    let served = serve(vec![[head.as_bytes(), &b"half of it"[..]].concat()])?;
    let object = served.client.get_object(served.get(), key()).await?;
    assert!(object.body.collect().await.is_err(), "it was taken for the whole");
    Ok(())
}

#[tokio::test]
async fn connections_that_break_are_no_answers() -> Result<()> {
    for broken in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-", b"no HTTP at all\r\n\r\n"] {
        let served = serve(vec![broken.to_vec()])?;
        let error = refused(served.client.get_object(served.get(), key()).await);
        assert_eq!(error.kind(), SseCErrorKind::Unavailable, "{error}");
        let served = serve(vec![broken.to_vec()])?;
        assert_eq!(refused(served.put().await).kind(), SseCErrorKind::Unavailable);
    }
    Ok(())
}

#[tokio::test]
async fn no_redirection_is_followed_with_a_key() -> Result<()> {
    for status in [301, 302, 307, 308] {
        let elsewhere = CannedServer::start(vec![answer(200, ECHO, "text")])?;
        let to = format!("Location: {}/bucket/name\r\n", elsewhere.endpoint());
        let served = serve(vec![answer(status, &to, "")])?;
        refused(served.client.get_object(served.get(), key()).await);
        let served = serve(vec![answer(status, &to, "")])?;
        refused(served.put().await);
        assert!(elsewhere.requests().is_empty(), "{status} was followed");
    }
    Ok(())
}

#[tokio::test]
async fn no_key_goes_to_a_server_without_tls() -> Result<()> {
    for endpoint in ["http://192.0.2.1", "http://s3.example.org:9000", "http://localhost.example"] {
        let client = client_of(endpoint);
        let get = client.s3().get_object().bucket("bucket").key("name");
        let error = refused(client.get_object(get.clone(), key()).await);
        assert_eq!(error.kind(), SseCErrorKind::NotSent, "{error}");
        assert!(error.to_string().contains("customer keys would cross the network"), "{error}");
        let presigned = client.presign_get(get, key(), Duration::from_mins(1)).await;
        assert!(matches!(presigned, Err(Error::InvalidInput { .. })), "{presigned:?}");
    }
    Ok(())
}

/// What is asked when a server says that it stored something, and nothing of the key.
#[tokio::test]
async fn a_write_without_an_echo_is_proved_or_fails() -> Result<()> {
    let tag = "ETag: \"1\"\r\n";
    let other_tag = format!("ETag: \"2\"\r\n{ECHO}");
    let right = format!("{tag}{ECHO}");
    let stored = || answer(200, &format!("{tag}x-amz-version-id: v7\r\n"), "");
    for (plainly, keyed, expected) in [
        (answer(200, tag, ""), None, Some(SseCErrorKind::NotProtected)),
        (answer(403, "", ""), None, Some(SseCErrorKind::Unverified)),
        (answer(404, "", ""), None, Some(SseCErrorKind::Unproven)),
        (answer(500, "", ""), None, Some(SseCErrorKind::Unverified)),
        (expired(), None, Some(SseCErrorKind::Unverified)),
        (answer(400, "", ""), Some(answer(200, &right, "")), None),
        (answer(400, "", ""), Some(answer(200, tag, "")), Some(SseCErrorKind::Unproven)),
        (answer(400, "", ""), Some(answer(200, &other_tag, "")), Some(SseCErrorKind::Unproven)),
        (answer(400, "", ""), Some(answer(200, OTHER, "")), Some(SseCErrorKind::Unproven)),
        (answer(400, "", ""), Some(answer(403, "", "")), Some(SseCErrorKind::Unproven)),
    ] {
        let answers = [Some(stored()), Some(plainly.clone()), keyed.clone()];
        let served = serve(answers.into_iter().flatten().collect())?;
        let outcome = served.put().await;
        let Some(expected) = expected else {
            outcome?;
            continue;
        };
        let error = refused(outcome);
        assert_eq!(error.kind(), expected, "{plainly:?} {keyed:?}: {error}");
        let stored = error.stored().expect("something is stored");
        assert_eq!(stored.place.version(), Some("v7"));
        // It was asked for exactly what was stored, without the key first.
        let requests = served.server.requests();
        assert!(requests[1].starts_with("GET /bucket/name?"), "{}", requests[1]);
        assert!(requests[1].contains("versionId=v7"), "{}", requests[1]);
        assert!(!requests[1].to_lowercase().contains("customer-key"), "{}", requests[1]);
    }
    let served = serve(vec![answer(200, OTHER, "")])?;
    assert_eq!(refused(served.put().await).kind(), SseCErrorKind::Unproven);
    Ok(())
}

#[tokio::test]
async fn a_part_without_an_echo_ends_the_upload() -> Result<()> {
    let begun =
        "<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>";
    let served = serve(vec![
        answer(200, ECHO, begun),
        answer(200, "ETag: \"1\"\r\n", ""),
        answer(204, "", ""),
    ])?;
    let request = served.client.s3().create_multipart_upload().bucket("bucket").key("name");
    let upload = Upload::stream(&b"text"[..]);
    let error = refused(served.client.upload(request, upload, key()).await);
    assert_eq!(error.kind(), SseCErrorKind::NotProtected, "{error}");
    assert_eq!(error.operation(), "UploadPart");
    let requests = served.server.requests();
    assert!(requests[2].starts_with("DELETE /bucket/name?"), "{}", requests[2]);
    assert!(requests[2].contains("uploadId=7"), "{}", requests[2]);
    Ok(())
}

#[tokio::test]
async fn refusals_are_told_apart_by_a_look_without_the_key() -> Result<()> {
    let wrong = "<Error><Code>InvalidArgument</Code><Message>no\u{1b}[31m</Message></Error>";
    for (status, plainly, expected) in [
        (400, answer(400, "", ""), SseCErrorKind::WrongKey),
        (403, answer(400, "", ""), SseCErrorKind::WrongKey),
        (400, answer(200, "", ""), SseCErrorKind::NotEncrypted),
        (403, answer(403, "", ""), SseCErrorKind::Denied),
        (403, answer(404, "", ""), SseCErrorKind::NotFound),
        (400, expired(), SseCErrorKind::Denied),
        (403, answer(500, "", ""), SseCErrorKind::Unavailable),
    ] {
        let served = serve(vec![answer(status, "", wrong), plainly])?;
        let error = refused(served.client.get_object(served.get(), key()).await);
        assert_eq!(error.kind(), expected, "{status}: {error}");
        assert!(!error.to_string().contains('\u{1b}'), "it controls the terminal");
    }
    // What has no first byte is looked at as a whole.
    for (head, expected) in [(200, SseCErrorKind::NotEncrypted), (400, SseCErrorKind::WrongKey)] {
        let answers = vec![answer(400, "", wrong), answer(416, "", ""), answer(head, "", "")];
        let served = serve(answers)?;
        let error = refused(served.client.get_object(served.get(), key()).await);
        assert_eq!(error.kind(), expected, "{error}");
    }
    // Nobody else is asked when the credentials are the matter.
    let served = serve(vec![expired()])?;
    let error = refused(served.client.get_object(served.get(), key()).await);
    assert_eq!(error.kind(), SseCErrorKind::Denied, "{error}");
    let served = serve(vec![answer(404, "", "<Error><Code>NoSuchKey</Code></Error>")])?;
    let error = refused(served.client.get_object(served.get(), key()).await);
    assert_eq!(error.kind(), SseCErrorKind::NotFound);
    Ok(())
}

#[tokio::test]
async fn a_part_that_is_the_whole_is_refused() -> Result<()> {
    let served = serve(vec![answer(200, ECHO, "all of it")])?;
    let request = served.get().range("bytes=0-1");
    let error = refused(served.client.get_object(request, key()).await);
    assert_eq!(error.kind(), SseCErrorKind::Unsupported, "{error}");
    Ok(())
}

/// A gateway may keep a part of an object, and give it out as if it was all.
#[tokio::test]
async fn an_answer_is_as_long_as_it_says() -> Result<()> {
    let range = |said: &str| format!("{ECHO}Content-Range: bytes {said}\r\n");
    for (asked, status, headers, expected) in [
        (None, 206, range("0-3/100"), Some(SseCErrorKind::Unsupported)),
        (None, 200, range("0-3/100"), Some(SseCErrorKind::Unsupported)),
        (None, 206, range("0-99/100"), Some(SseCErrorKind::Unsupported)),
        (None, 206, range("0-3/*"), Some(SseCErrorKind::Unsupported)),
        (None, 206, range("0-3/4"), None),
        (Some("bytes=0-99"), 206, range("0-99/100"), Some(SseCErrorKind::Unsupported)),
        (Some("bytes=0-3"), 206, range("0-3/100"), None),
        (Some("bytes=0-1"), 206, range("0-1/100"), Some(SseCErrorKind::Unsupported)),
        (Some("bytes=96-"), 206, range("96-99/100"), None),
    ] {
        let served = serve(vec![answer(status, &headers, "text")])?;
        let request = served.get().set_range(asked.map(ToOwned::to_owned));
        let outcome = served.client.get_object(request, key()).await;
        match expected {
            None => drop(outcome?),
            Some(kind) => assert_eq!(refused(outcome).kind(), kind, "{asked:?} {headers}"),
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_read_under_a_key_of_the_server_is_under_it() -> Result<()> {
    let header = |algorithm| format!("x-amz-server-side-encryption: {algorithm}\r\n");
    for (server, headers, is_under) in [
        (ServerKey::S3, String::new(), false),
        (ServerKey::S3, header("aws:kms"), false),
        (ServerKey::S3, header("AES256"), true),
        (ServerKey::kms(None), header("AES256"), false),
        (ServerKey::kms(None), header("aws:kms"), true),
    ] {
        let answered = answer(200, &headers, "");
        let served = serve(vec![answered.clone(), answered])?;
        let server = Protection::ServerKey(server);
        let read = served.client.get_object(served.get(), server.clone()).await.map(drop);
        let head = served.client.s3().head_object().bucket("bucket").key("name");
        let seen = served.client.head_object(head, server.clone()).await.map(drop);
        for outcome in [read, seen] {
            if is_under {
                outcome?;
            } else {
                let kind = refused(outcome).kind();
                assert_eq!(kind, SseCErrorKind::NotEncrypted, "{server:?}: {headers}");
            }
        }
    }
    Ok(())
}

/// Nobody is asked to hold what no object can have.
#[tokio::test]
async fn an_object_of_any_length_takes_no_memory_before_it_comes() -> Result<()> {
    for length in ["9000000000000000000", "9223372036854775807", "200000000000000"] {
        let head = format!("HTTP/1.1 200 OK\r\n{ECHO}ETag: \"a\"\r\nContent-Length: {length}\r\n");
        let served = serve(vec![format!("{head}Connection: close\r\n\r\n").into_bytes()])?;
        let folder = tempfile::tempdir()?;
        let download = Download::file(folder.path().join("file"));
        let outcome = served.client.download(served.get(), download, key()).await;
        assert!(matches!(outcome, Err(Error::InvalidInput { .. })), "{length}: {outcome:?}");
        assert_eq!(folder.path().read_dir()?.count(), 0);
    }
    Ok(())
}

/// Whatever comes instead of what was looked at, there is no file.
#[tokio::test]
async fn a_download_is_of_one_object_or_of_none() -> Result<()> {
    const LARGE: u64 = (1 << 20) + 4;
    let head = |length: u64| {
        let length = format!("Content-Length: {length}\r\nConnection: close\r\n\r\n");
        format!("HTTP/1.1 200 OK\r\n{ECHO}ETag: \"a\"\r\n{length}").into_bytes()
    };
    let part = |headers: &str| answer(206, &format!("{ECHO}{headers}"), &"0".repeat(1 << 20));
    let range = |range: &str| format!("Content-Range: bytes {range}\r\n");
    for (what, length, answers, expected) in [
        (
            "another tag",
            4,
            vec![answer(200, &format!("{ECHO}ETag: \"b\"\r\n"), "text")],
            Some(SseCErrorKind::Changed),
        ),
        ("no tag", 4, vec![answer(200, ECHO, "text")], Some(SseCErrorKind::Changed)),
        (
            "another length",
            4,
            vec![answer(200, &format!("{ECHO}ETag: \"a\"\r\n"), "texts")],
            Some(SseCErrorKind::Changed),
        ),
        (
            "no echo",
            4,
            vec![answer(200, "ETag: \"a\"\r\n", "text")],
            Some(SseCErrorKind::NotEncrypted),
        ),
        (
            "a part of something longer",
            LARGE,
            vec![part(&format!("ETag: \"a\"\r\n{}", range("0-1048575/1048581")))],
            Some(SseCErrorKind::Changed),
        ),
        (
            "a part of unknown length",
            LARGE,
            vec![part(&format!("ETag: \"a\"\r\n{}", range("0-1048575/*")))],
            Some(SseCErrorKind::Unsupported),
        ),
        // The connections end.
        ("no part", LARGE, vec![], None),
    ] {
        let served = serve([vec![head(length)], answers].concat())?;
        let folder = tempfile::tempdir()?;
        let download = Download::file(folder.path().join("file"))
            .part_size(1 << 20)
            .parallel(std::num::NonZeroUsize::MIN);
        let error = refused(served.client.download(served.get(), download, key()).await);
        let expected = expected.unwrap_or(SseCErrorKind::Unavailable);
        assert_eq!(error.kind(), expected, "{what}: {error}");
        assert_eq!(folder.path().read_dir()?.count(), 0, "{what}");
    }
    Ok(())
}

#[tokio::test]
async fn a_list_without_an_end_is_no_list() -> Result<()> {
    let page = |more: &str| {
        let begin = "<ListBucketResult><IsTruncated>true</IsTruncated>";
        answer(200, "", &format!("{begin}{more}</ListBucketResult>"))
    };
    let token = |token: &str| format!("<NextContinuationToken>{token}</NextContinuationToken>");
    for answered in [page(""), page(&token("")), page(&token("here"))] {
        let served = serve(vec![answered])?;
        let list = served.client.s3().list_objects_v2().bucket("bucket").continuation_token("here");
        let error = refused(served.client.list_objects(list).await);
        assert!(error.to_string().contains("there is more, and not where"), "{error}");
    }
    let served = serve(vec![page(&token("there"))])?;
    let list = served.client.s3().list_objects_v2().bucket("bucket");
    let listed = served.client.list_objects(list).await?;
    assert_eq!(listed.next_continuation_token(), Some("there"));
    Ok(())
}

#[tokio::test]
async fn others_get_an_md5_and_no_checksum_of_aws() -> Result<()> {
    let served = serve(vec![answer(200, ECHO, "")])?;
    served.put().await?;
    let request = served.server.next_request()?.to_lowercase();
    // That of `text`.
    assert!(request.contains("content-md5: hljr7a1wjeapkbugxk7y0q=="), "{request}");
    for unwanted in ["x-amz-checksum", "x-amz-sdk-checksum", "x-amz-trailer", "aws-chunked"] {
        assert!(!request.contains(unwanted), "{request}");
    }
    Ok(())
}

#[tokio::test]
async fn a_request_for_another_encryption_is_refused_here() -> Result<()> {
    let served = serve(vec![])?;
    let put = served.client.s3().put_object().bucket("bucket").key("name");
    let put = put.server_side_encryption("AES256".into());
    let outcome = served.client.put_object(put, key()).await;
    assert!(matches!(outcome, Err(Error::InvalidInput { .. })), "{outcome:?}");
    let nameless = served.client.s3().get_object().bucket("bucket");
    let outcome = served.client.get_object(nameless, key()).await;
    assert!(matches!(outcome, Err(Error::InvalidInput { .. })), "{outcome:?}");
    assert!(served.server.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_presigned_request_has_the_key_in_its_headers_alone() -> Result<()> {
    let client = client_of("https://s3.example.org");
    let get = client.s3().get_object().bucket("bucket").key("name");
    let request = client.presign_get(get, key(), Duration::from_mins(1)).await?;
    let shown = format!("{request:?} {}", request.uri());
    redaction::hunt(&shown, &[&KEY[..]]).expect("no key is shown");
    let name = "x-amz-server-side-encryption-customer-key";
    assert!(request.headers().get(name).is_some_and(http::HeaderValue::is_sensitive));
    assert!(request.uri().contains("X-Amz-Signature="), "{}", request.uri());
    assert!(request.uri().contains("customer-key"), "the header is not signed");
    let put = client.s3().put_object().bucket("bucket").key("name");
    let request = client.presign_put(put, key(), Duration::from_mins(1)).await?;
    assert_eq!(request.method(), "PUT");
    assert!(request.headers().contains_key(name));
    let too_long = client.s3().get_object().bucket("bucket").key("name");
    let outcome = client.presign_get(too_long, key(), Duration::from_hours(24 * 8)).await;
    assert!(matches!(outcome, Err(Error::InvalidInput { .. })));
    Ok(())
}

/// A copy in place is under a condition, or the caller says that nobody else writes.
#[tokio::test]
async fn what_took_the_place_of_an_object_is_not_deleted() -> Result<()> {
    let served = serve(vec![])?;
    let place = ObjectPlace::new("bucket", "name");
    let stored = StoredObject { place, etag: None, took_the_place: true };
    let outcome = served.client.delete_stored(&stored).await;
    assert!(matches!(outcome, Err(Error::InvalidInput { .. })), "{outcome:?}");
    let place = ObjectPlace::new("bucket", "name");
    let copy = ObjectCopy::in_place(place, key(), key()).forbid_overwrite();
    let outcome = served.client.copy(copy).await;
    assert!(matches!(outcome, Err(Error::InvalidInput { .. })), "{outcome:?}");
    assert!(served.server.requests().is_empty());
    Ok(())
}

#[tokio::test]
async fn what_was_stored_and_is_another_one_by_now_stays() -> Result<()> {
    let served = serve(vec![answer(200, "ETag: \"2\"\r\n", "")])?;
    let place = ObjectPlace::new("bucket", "name");
    let tag = Some("\"1\"".to_owned());
    let stored = StoredObject { place, etag: tag, took_the_place: false };
    let error = refused(served.client.delete_stored(&stored).await);
    assert_eq!(error.kind(), SseCErrorKind::Changed, "{error}");
    assert_eq!(served.server.requests().len(), 1);
    Ok(())
}

/// The answer to the last call of an upload was lost, and what is there is what was there before.
#[tokio::test]
async fn an_object_from_before_is_not_the_upload() -> Result<()> {
    let begun =
        "<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>";
    let there = format!("ETag: \"old-1\"\r\n{ECHO}");
    let gone = "<Error><Code>NoSuchUpload</Code></Error>";
    let served = serve(vec![
        answer(200, ECHO, begun),
        answer(200, &format!("ETag: \"1\"\r\n{ECHO}"), ""),
        answer(200, &there, ""),
        answer(404, "", gone),
        answer(404, "", gone),
        answer(200, &there, ""),
    ])?;
    let request = served.client.s3().create_multipart_upload().bucket("bucket").key("name");
    let outcome = served.client.upload(request, Upload::stream(&b""[..]), key()).await;
    let error = refused(outcome);
    assert_eq!(error.kind(), SseCErrorKind::Unverified, "{error}");
    Ok(())
}

/// Ceph names neither tag nor version of what was put together.
#[tokio::test]
async fn an_answer_that_names_nothing_is_no_proof() -> Result<()> {
    let begun =
        "<InitiateMultipartUploadResult><UploadId>7</UploadId></InitiateMultipartUploadResult>";
    let done = "<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>";
    let gone = answer(404, "", "<Error><Code>NoSuchUpload</Code></Error>");
    let listed = answer(200, "", "<ListPartsResult></ListPartsResult>");
    let there = |tag: &str, second: u8| {
        let modified = format!("Last-Modified: Mon, 30 Nov 2026 10:00:0{second} GMT\r\n");
        answer(200, &format!("ETag: \"{tag}\"\r\n{modified}{ECHO}"), "")
    };
    let nothing = answer(404, "", "");
    for (before, list, after, expected) in [
        (nothing.clone(), gone.clone(), there("a-1", 1), None),
        (there("a-1", 0), gone.clone(), there("a-1", 1), None),
        (there("b-1", 0), gone.clone(), there("a-1", 0), None),
        (there("a-1", 0), gone.clone(), there("a-1", 0), Some(SseCErrorKind::Unverified)),
        (answer(500, "", ""), gone.clone(), there("a-1", 1), Some(SseCErrorKind::Unverified)),
        (nothing, listed, there("a-1", 1), Some(SseCErrorKind::Unverified)),
    ] {
        let part = answer(200, &format!("ETag: \"1\"\r\n{ECHO}"), "");
        let answers =
            vec![answer(200, ECHO, begun), part, before, answer(200, "", done), list, after];
        let served = serve(answers)?;
        let request = served.client.s3().create_multipart_upload().bucket("bucket").key("name");
        let outcome = served.client.upload(request, Upload::stream(&b""[..]), key()).await;
        match expected {
            None => drop(outcome?),
            Some(kind) => {
                let error = refused(outcome);
                assert_eq!(error.kind(), kind, "{error}");
            }
        }
    }
    Ok(())
}
