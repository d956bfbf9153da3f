use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::*;
use crate::answer::Head;

fn about(key: &str) -> About {
    About {
        operation: "GetObject",
        bucket: CosBucket::new("examplebucket-1250000000").expect("a bucket"),
        key: Some(ObjectKey::exact(key).expect("a key")),
    }
}

fn refused(status: u16, body: &str) -> CosError {
    let head =
        Head::new(status, [("x-cos-request-id", &b"id-1"[..]), ("x-cos-trace-id", b"trace-1")]);
    let secrets = [&b"hidden-token"[..], b"key of SSE-C="].map(SecretBytes::from);
    about("a").refused(Refusal::of(&head, body.as_bytes()), &secrets)
}

fn coded(status: u16, code: &str) -> CosError {
    refused(status, &format!("<Error><Code>{code}</Code><Message>Said.</Message></Error>"))
}

#[test]
fn errors_say_what_where_and_what_next() {
    let error = coded(404, "NoSuchKey");
    assert_eq!(
        error.to_string(),
        "cos:GetObject of examplebucket-1250000000/a (NoSuchKey, HTTP status 404, request id id-1): Said."
    );
    assert_eq!((error.kind(), error.trace_id()), (CosErrorKind::NotFound, Some("trace-1")));
    assert_eq!((error.bucket(), error.key()), ("examplebucket-1250000000", Some("a")));
    let error = Error::from(error);
    assert!(
        error.to_string().ends_with("Said.; check the bucket, its region, and the key"),
        "{error}"
    );
}

#[test]
fn errors_are_found_again() {
    let error = Error::from(coded(403, "AccessDenied"));
    let is_denied = |error: &Error| {
        CosError::find_in(error).is_some_and(|error| error.kind() == CosErrorKind::Denied)
    };
    assert!(is_denied(&error));
    let Error::Io(io) = &error else { panic!("{error:?}") };
    assert_eq!(io.kind(), io::ErrorKind::PermissionDenied);
    let there_and_back = Error::from(io::Error::from(error));
    assert!(is_denied(&there_and_back));
    assert!(CosError::find_in(&Error::InBase64).is_none());
    assert!(CosError::find_in(&Error::Io(io::Error::other("other"))).is_none());
    let shared = Error::Io(io::Error::other(Arc::new(there_and_back)));
    assert!(is_denied(&shared));
}

#[test]
fn kinds_are_by_code_then_by_status() {
    use CosErrorKind as Kind;
    for (status, code, kind, is_retryable) in [
        (403, "AccessDenied", Kind::Denied, false),
        (403, "SignatureDoesNotMatch", Kind::Denied, false),
        (403, "InvalidObjectState", Kind::Archived, false),
        (404, "NoSuchUpload", Kind::NotFound, false),
        (412, "PreconditionFailed", Kind::PreconditionFailed, false),
        (416, "InvalidRange", Kind::RangeNotSatisfiable, false),
        (409, "PathConflict", Kind::Conflict, false),
        (503, "SlowDown", Kind::Throttled, true),
        (200, "InternalError", Kind::Unavailable, true),
        (400, "RequestTimeOut", Kind::Unavailable, true),
        (400, "BadDigest", Kind::Damaged, true),
        (400, "New", Kind::Invalid, false),
        (403, "New", Kind::Denied, false),
        (404, "New", Kind::NotFound, false),
        (304, "", Kind::NotModified, false),
        (412, "", Kind::PreconditionFailed, false),
        (429, "", Kind::Throttled, true),
        (502, "", Kind::Unavailable, true),
        (301, "PermanentRedirect", Kind::Other, false),
        (200, "New", Kind::Other, false),
    ] {
        let error = coded(status, code);
        assert_eq!((error.kind(), error.is_retryable()), (kind, is_retryable), "{status} {code}");
    }
}

#[test]
fn an_answer_without_a_body_is_that_of_a_head() {
    let error = refused(404, "");
    assert_eq!((error.kind(), error.code(), error.message()), (CosErrorKind::NotFound, None, ""));
    let proxy = about("a").refused(Refusal::of(&Head::new(502, []), b"<html>Bad\n Gateway"), &[]);
    assert_eq!(proxy.message(), "the answer is not one of COS: <html>Bad Gateway");
    let binary = about("a").refused(Refusal::of(&Head::new(502, []), b"\xFF\xFE"), &[]);
    assert_eq!(binary.message(), "the answer is not one of COS, and no text");
}

#[test]
fn a_refused_signature_shows_what_was_signed_and_no_secret() {
    let body = "<Error><Code>SignatureDoesNotMatch</Code><Message>No.</Message>\
        <StringToSign>sha1\n1;2\nabc\n</StringToSign><FormatString>get\n/a\n\nhost=h&amp;\
        x-cos-security-token=hidden-token&amp;x-cos-server-side-encryption-customer-key=key%20of%20SSE-C%3D\n\
        </FormatString></Error>";
    let error = refused(403, body);
    assert_eq!(error.string_to_sign(), Some("sha1\n1;2\nabc\n"));
    assert_eq!(
        error.format_string(),
        Some(
            "get\n/a\n\nhost=h&x-cos-security-token=..&x-cos-server-side-encryption-customer-key=..\n"
        )
    );
    let text = format!("{error:?} {error} {:?}", Error::from(error.clone()));
    assert!(!text.contains("hidden-token") && !text.contains("SSE-C"), "{text}");
}

#[test]
fn what_was_sent_does_not_come_back() {
    for field in ["Code", "Message", "RequestId", "TraceId", "FormatString", "StringToSign"] {
        let body =
            format!("<Error><{field}>The hidden-token, the key%20of%20SSE-C%3D</{field}></Error>");
        let text = format!("{:?}", refused(400, &body));
        assert!(!text.contains("hidden-token") && !text.contains("SSE-C"), "{text}");
    }
    let page = refused(502, "<p>hidden-token</p>");
    assert!(!format!("{page:?}").contains("hidden-token"));
}

#[test]
fn a_wrong_clock_is_told_by_how_much() {
    let now = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
    let date = clock::http_date(now + Duration::from_mins(20));
    for (code, message) in [
        ("RequestTimeTooSkewed", "x"),
        ("AccessDenied", "Request has expired"),
        ("RequestIsExpired", ""),
    ] {
        let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
        let error = Error::from(refused(403, &body).with_clock(Some(&date), now)).to_string();
        assert!(
            error.contains("20 min 0 s behind") && error.contains("has to be right"),
            "{error}"
        );
    }
    let other = coded(403, "AccessDenied").with_clock(Some(&date), now);
    assert!(!other.to_string().contains("min"));
}

#[test]
fn nothing_is_printed_that_controls_a_terminal() {
    let key = ObjectKey::exact("a\u{1b}[31m\nb").expect("a key");
    let error = About { key: Some(key), ..about("a") }.failed(CosErrorKind::Other, "x\u{7}\ny");
    assert!(!error.to_string().contains(|c: char| c.is_control()));
    let long = refused(400, &format!("<Error><Message>{}</Message></Error>", "x".repeat(100_000)));
    assert!(long.message().len() <= 1000);
}

#[test]
fn a_lost_attempt_is_told() {
    let error = coded(404, "NoSuchUpload");
    assert!(!error.is_after_lost_attempt());
    let error = error.after_lost_attempt();
    assert!(error.is_after_lost_attempt() && error.to_string().contains("may have done it"));
}
