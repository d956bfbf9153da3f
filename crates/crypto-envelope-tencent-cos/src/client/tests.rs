use std::{
    io::{self, Write as _},
    net::TcpListener,
};

use crypto_envelope::blocking;
use crypto_envelope_testkit::canned::{CannedServer, answer, read_request};

use super::*;
use crate::{
    ByteRange, CompleteMultipartUpload, CompletedPart, CopyObject, CopySource, CosBucket, Crc64,
    DeleteObject, ETag, HeadObject, ObjectKey, PartNumber, PutObject, SseCustomerKey, UploadId,
};

fn key() -> ObjectKey {
    ObjectKey::new("dir/a b").expect("a key")
}

fn endpoint(address: &str) -> CosEndpoint {
    let bucket = CosBucket::new("examplebucket-1250000000").expect("a bucket");
    let endpoint = CosEndpoint::new(bucket, "ap-beijing").expect("an endpoint");
    endpoint.at_address(address).expect("an address")
}

fn client(address: &str) -> CosClient {
    let credentials =
        CosCredentials::temporary("AKID", &b"hidden-secret"[..], &b"hidden-token"[..]);
    let credentials = credentials.expect("credentials");
    CosClient::new(endpoint(address), credentials, &CosSettings::new()).expect("a client")
}

/// What comes of a call, if these are the answers; and what was asked.
fn call<C: Call>(call: C, answers: Vec<Vec<u8>>) -> io::Result<(Result<C::Answer>, Vec<String>)> {
    let server = CannedServer::start(answers)?;
    let outcome = blocking::wait(client(server.endpoint()).call(call));
    Ok((outcome, server.requests()))
}

fn read(call: GetObject, answers: Vec<Vec<u8>>) -> io::Result<Result<Vec<u8>>> {
    let server = CannedServer::start(answers)?;
    let cos = client(server.endpoint());
    Ok(blocking::wait(async { cos.open(call).await?.whole(1000).await }))
}

fn stored(bytes: &[u8]) -> Vec<u8> {
    let crc = Crc64::of(bytes).value();
    answer(200, &format!("ETag: \"abc\"\r\nx-cos-hash-crc64ecma: {crc}\r\n"), "")
}

fn object(bytes: &str) -> Vec<u8> {
    let crc = Crc64::of(bytes.as_bytes()).value();
    answer(200, &format!("ETag: \"abc\"\r\nx-cos-hash-crc64ecma: {crc}\r\n"), bytes)
}

fn refused(status: u16, code: &str) -> Vec<u8> {
    answer(status, "", &format!("<Error><Code>{code}</Code></Error>"))
}

/// Closes the connection without an answer.
fn lost() -> Vec<u8> {
    Vec::new()
}

#[track_caller]
fn error<T: std::fmt::Debug>(outcome: Result<T>) -> CosError {
    let error = outcome.expect_err("it fails");
    CosError::find_in(&error).unwrap_or_else(|| unreachable!("{error:?}")).clone()
}

#[test]
fn an_object_is_stored_under_its_official_host() -> io::Result<()> {
    let (outcome, requests) = call(PutObject::new(key(), b"text".to_vec()), vec![stored(b"text")])?;
    assert!(outcome.is_ok_and(|stored| stored.etag.as_str() == "\"abc\""));
    let request = &requests[0];
    assert!(
        request.starts_with("PUT /dir/a%20b HTTP/1.1\r\n") && request.ends_with("\r\n\r\ntext")
    );
    for header in [
        "host: examplebucket-1250000000.cos.ap-beijing.myqcloud.com\r\n",
        "content-length: 4\r\n",
        "x-cos-security-token: hidden-token\r\n",
        "authorization: q-sign-algorithm=sha1&q-ak=AKID&",
    ] {
        assert_eq!(
            request.to_ascii_lowercase().matches(&header.to_ascii_lowercase()).count(),
            1,
            "{header}"
        );
    }
    Ok(())
}

#[test]
fn what_arrived_otherwise_is_noticed() -> io::Result<()> {
    let (outcome, _) = call(PutObject::new(key(), b"text".to_vec()), vec![stored(b"Text")])?;
    assert_eq!(error(outcome).kind(), CosErrorKind::Damaged);
    let (outcome, _) = call(PutObject::new(key(), b"text".to_vec()), vec![answer(200, "", "")])?;
    assert_eq!(error(outcome).kind(), CosErrorKind::Unreadable);
    Ok(())
}

#[test]
fn what_may_pass_is_tried_again() -> io::Result<()> {
    let busy = || refused(503, "SlowDown");
    for answers in
        [vec![busy(), lost()], vec![refused(500, "InternalError"), busy()], vec![lost(), lost()]]
    {
        let answers = [answers, vec![stored(b"text")]].concat();
        let (outcome, requests) = call(PutObject::new(key(), b"text".to_vec()), answers)?;
        assert!(outcome.is_ok());
        assert!(requests.len() == 3 && requests.iter().all(|request| request.ends_with("text")));
    }
    let (outcome, requests) = call(HeadObject::new(key()), vec![answer(404, "", ""), object("")])?;
    assert_eq!((error(outcome).kind(), requests.len()), (CosErrorKind::NotFound, 1));
    let (outcome, _) = call(DeleteObject::new(key()), vec![busy(), busy(), busy(), busy()])?;
    assert_eq!(error(outcome).kind(), CosErrorKind::Throttled);
    Ok(())
}

#[test]
fn an_error_that_comes_with_success_is_tried_again() -> io::Result<()> {
    let copied = "<CopyObjectResult><ETag>\"abc\"</ETag></CopyObjectResult>";
    let source = CopySource::new(&endpoint("http://127.0.0.1:1"), key()).expect("a source");
    let answers = vec![refused(200, "InternalError"), answer(200, "", copied)];
    let (outcome, requests) = call(CopyObject::new(source, key()), answers)?;
    assert!(outcome.is_ok());
    assert_eq!(requests.len(), 2);
    Ok(())
}

#[test]
fn a_refusal_that_the_call_itself_may_have_caused_says_so() -> io::Result<()> {
    let complete = || {
        let part =
            CompletedPart::new(PartNumber::new(1).expect("one"), ETag::new("x").expect("a tag"));
        CompleteMultipartUpload::new(key(), UploadId::new("u").expect("an id"), vec![part])
    };
    let gone = || refused(404, "NoSuchUpload");
    let (outcome, _) = call(complete(), vec![lost(), gone()])?;
    assert!(error(outcome).is_after_lost_attempt());
    let (outcome, _) = call(complete(), vec![refused(502, ""), gone()])?;
    assert!(error(outcome).is_after_lost_attempt());
    let (outcome, _) = call(complete(), vec![refused(200, "InternalError"), gone()])?;
    assert!(error(outcome).is_after_lost_attempt());
    let (outcome, _) = call(complete(), vec![refused(503, "SlowDown"), gone()])?;
    assert!(!error(outcome).is_after_lost_attempt());
    let (outcome, _) = call(complete(), vec![gone()])?;
    assert!(!error(outcome).is_after_lost_attempt());
    Ok(())
}

#[test]
fn objects_are_read_whole_or_not_at_all() -> io::Result<()> {
    let get = || GetObject::new(key());
    assert_eq!(
        read(get(), vec![refused(503, "SlowDown"), lost(), object("text")])?.ok(),
        Some(b"text".to_vec())
    );
    assert_eq!(read(get(), vec![object("")])?.ok(), Some(Vec::new()));
    let other =
        String::from_utf8(object("text")).expect("text").replace("\r\n\r\ntext", "\r\n\r\nTEXT");
    assert_eq!(error(read(get(), vec![other.into()])?).kind(), CosErrorKind::Damaged);
    let long = read(get(), vec![object(&"x".repeat(1001))])?;
    assert!(matches!(long, Err(Error::InvalidInput { .. })));
    Ok(())
}

/// The answer to a GET, which ends after so many bytes.
fn cut(answer: &[u8], bytes: usize) -> Vec<u8> {
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4;
    answer[..head + bytes].to_vec()
}

fn part(range: &str, tag: &str, bytes: &str) -> Vec<u8> {
    // The checksum is that of the whole object.
    let headers =
        format!("ETag: \"{tag}\"\r\nx-cos-hash-crc64ecma: 1\r\nContent-Range: bytes {range}\r\n");
    answer(206, &headers, bytes)
}

#[test]
fn an_object_that_breaks_off_is_asked_for_the_rest() -> io::Result<()> {
    let answers = vec![
        cut(&object("text"), 1),
        refused(503, "SlowDown"),
        cut(&part("1-3/4", "abc", "ext"), 2),
        part("3-3/4", "abc", "t"),
    ];
    let server = CannedServer::start(answers)?;
    let cos = client(server.endpoint());
    let get = GetObject::new(key()).version_id("v1");
    let read = blocking::wait(async { cos.open(get).await?.whole(1000).await });
    assert_eq!(read.ok(), Some(b"text".to_vec()));
    let requests = server.requests();
    for (request, range) in requests[1..].iter().zip(["1-3", "1-3", "3-3"]) {
        let request = request.to_ascii_lowercase();
        assert!(request.contains(&format!("range: bytes={range}\r\n")), "{request}");
        assert!(
            request.contains("if-match: \"abc\"\r\n") && request.contains("?versionid=v1 "),
            "{request}"
        );
    }
    Ok(())
}

#[test]
fn the_rest_is_of_the_same_range() -> io::Result<()> {
    let answers = vec![cut(&part("2-3/4", "abc", "xt"), 1), part("3-3/4", "abc", "t")];
    let get = GetObject::new(key()).range(ByteRange::last(2).expect("a range"));
    assert_eq!(read(get, answers)?.ok(), Some(b"xt".to_vec()));
    Ok(())
}

#[test]
fn the_rest_of_another_object_is_refused() -> io::Result<()> {
    let broken = || cut(&object("text"), 1);
    for (rest, kind) in [
        (part("1-3/4", "other", "ext"), CosErrorKind::Damaged),
        (part("1-3/4", "abc", "EXT"), CosErrorKind::Damaged),
        (part("1-4/5", "abc", "ext!"), CosErrorKind::Unreadable),
        (object("text"), CosErrorKind::Unreadable),
        (refused(412, "PreconditionFailed"), CosErrorKind::PreconditionFailed),
        (refused(404, "NoSuchKey"), CosErrorKind::NotFound),
    ] {
        assert_eq!(error(read(GetObject::new(key()), vec![broken(), rest])?).kind(), kind);
    }
    Ok(())
}

#[test]
fn what_breaks_off_again_and_again_is_given_up() -> io::Result<()> {
    let nothing = || cut(&part("1-3/4", "abc", "ext"), 0);
    let answers = vec![cut(&object("text"), 1), nothing(), nothing(), nothing()];
    assert_eq!(error(read(GetObject::new(key()), answers)?).kind(), CosErrorKind::Unavailable);
    Ok(())
}

#[test]
fn ranges_are_those_that_were_asked_for() -> io::Result<()> {
    let get = || GetObject::new(key()).range(ByteRange::of(1..3).expect("a range"));
    assert_eq!(read(get(), vec![part("1-2/4", "abc", "ex")])?.ok(), Some(b"ex".to_vec()));
    assert_eq!(
        error(read(get(), vec![part("0-1/4", "abc", "ex")])?).kind(),
        CosErrorKind::Unreadable
    );
    assert_eq!(error(read(get(), vec![object("text")])?).kind(), CosErrorKind::Unreadable);
    let behind = read(get(), vec![refused(416, "InvalidRange")])?;
    assert_eq!(error(behind).kind(), CosErrorKind::RangeNotSatisfiable);
    Ok(())
}

#[test]
fn refusals_of_what_is_opened_are_read() -> io::Result<()> {
    let error = error(read(GetObject::new(key()), vec![refused(404, "NoSuchKey")])?);
    assert_eq!((error.code(), error.kind()), (Some("NoSuchKey"), CosErrorKind::NotFound));
    assert_eq!(error.key(), Some("dir/a b"));
    Ok(())
}

#[test]
fn no_secret_comes_back() -> io::Result<()> {
    let customer_key =
        || SseCustomerKey::from_bytes(&b"hidden key of a customer, of 32."[..]).expect("32 bytes");
    // Sends back what it gets.
    let server = CannedServer::serving(|stream| {
        let request = read_request(stream)?.unwrap_or_default();
        let request = String::from_utf8_lossy(&request).into_owned();
        let said = request.replace(['<', '&', '\r', '\n'], " ");
        let body = format!("<Error><Code>{said}</Code><Message>{said}</Message></Error>");
        stream.write_all(&answer(400, "", &body))?;
        Ok(request)
    })?;
    let cos = client(server.endpoint());
    let put = PutObject::new(key(), b"text".to_vec()).customer_key(customer_key());
    let get = GetObject::new(key()).customer_key(customer_key());
    let errors = [blocking::wait(cos.call(put)).map(drop), blocking::wait(cos.open(get)).map(drop)];
    let mut shown = format!("{cos:?}");
    for outcome in errors {
        let failed = outcome.expect_err("it fails");
        shown.extend([failed.to_string(), format!("{failed:?}")]);
    }
    // In base64 too.
    for hidden in ["hidden-secret", "hidden-token", "hidden key", "aGlkZGVuIGtleS"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
    Ok(())
}

#[test]
fn nobody_there_is_said() -> io::Result<()> {
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let cos = client(&format!("http://{free}"));
    let failed = blocking::wait(cos.call(HeadObject::new(key())));
    let failed = error(failed);
    assert_eq!((failed.kind(), failed.status()), (CosErrorKind::Unavailable, None));
    assert!(!failed.is_after_lost_attempt());
    Ok(())
}

#[test]
fn plain_http_is_for_this_machine() {
    let new = |settings: &CosSettings| {
        let there = endpoint("http://10.0.0.1:80");
        CosClient::new(there, CosCredentials::anonymous(), settings)
    };
    assert!(matches!(new(&CosSettings::new()), Err(Error::InvalidInput { .. })));
    assert!(new(&CosSettings::new().danger_allow_plain_http()).is_ok());
}
