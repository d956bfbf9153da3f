//! Who is let in.

use crypto_envelope_testkit::{fake::s3::AccessKey, redaction};

use crate::client::{Ask, MINE, OTHER, Result, THEN, answer, get, go_to, put, send_raw, start};

#[test]
fn only_what_is_signed_rightly_is_answered() -> Result<()> {
    let s3 = start()?;
    put(&s3, "/bkt/key", b"body")?;
    let ask = || Ask::new(&s3, "GET", "/bkt/key");
    for (changed, expected) in [
        (Ask { secret: "another", ..ask() }, (403, "SignatureDoesNotMatch")),
        (Ask { id: "AKIDNOBODY", ..ask() }, (403, "InvalidAccessKeyId")),
        (Ask { region: "eu-x-1", ..ask() }, (400, "AuthorizationHeaderMalformed")),
        (Ask { date: "20251231T234459Z", ..ask() }, (403, "RequestTimeTooSkewed")),
        (Ask { date: "20260101T001501Z", ..ask() }, (403, "RequestTimeTooSkewed")),
        (Ask { date: "tomorrow", ..ask() }, (400, "AuthorizationHeaderMalformed")),
        (Ask { unsigned: vec![("x-amz-acl", "private")], ..ask() }, (403, "AccessDenied")),
        (ask().header("x-amz-security-token", "none"), (400, "InvalidToken")),
        (ask().header("x-amz-content-sha256", &"0".repeat(64)), (400, "XAmzContentSHA256Mismatch")),
    ] {
        assert_eq!(changed.send()?.error(), expected, "{changed:?}");
    }
    let ask = Ask { date: "20260101T001459Z", ..ask() };
    assert_eq!(ask.header("x-amz-content-sha256", "UNSIGNED-PAYLOAD").send()?.status, 200);
    for headers in ["", "Authorization: Basic x\r\n", "Authorization: AWS4-HMAC-SHA256 x\r\n"] {
        let refused = answer(&send_raw(&s3, "GET", "/bkt/key", headers, b"")?)?;
        assert!(matches!(refused.status, 400 | 403), "{headers}");
    }
    Ok(())
}

#[test]
fn others_are_let_in_when_told() -> Result<()> {
    let s3 = start()?;
    let other = AccessKey::new("AKIDOTHER", "other-secret");
    let ask = Ask { id: other.id(), secret: other.secret(), ..Ask::new(&s3, "GET", "/") };
    assert_eq!(ask.send()?.error(), (403, "InvalidAccessKeyId"));
    s3.add_access_key(other.clone());
    assert_eq!(ask.send()?.status, 200);
    assert_eq!(s3.calls().pop().map(|call| call.access_key).as_deref(), Some("AKIDOTHER"));
    redaction::hunt(&format!("{other:?} {s3:?} {:?}", s3.calls()), &[b"other-secret"])?;
    Ok(())
}

#[test]
fn presigned_urls_are_good_for_a_while() -> Result<()> {
    let s3 = start()?;
    Ask::new(&s3, "PUT", "/bkt/a%20b").key(MINE).body(b"body").send()?;
    let url = Ask::new(&s3, "GET", "/bkt/a%20b").key(MINE).presigned(60);
    let headers = |(key, md5): (&str, &str)| {
        format!(
            "x-amz-server-side-encryption-customer-algorithm: AES256\r\n\
             x-amz-server-side-encryption-customer-key: {key}\r\n\
             x-amz-server-side-encryption-customer-key-MD5: {md5}\r\n"
        )
    };
    let ask = |url: &str, headers: &str| answer(&send_raw(&s3, "GET", url, headers, b"")?);
    assert_eq!(ask(&url, &headers(MINE))?.body, b"body");
    // The key belongs to what is signed.
    for headers in ["", &headers(OTHER)] {
        assert_eq!(ask(&url, headers)?.error(), (403, "SignatureDoesNotMatch"));
    }
    let changed = url.replace("a%20b", "a%20c");
    assert_eq!(ask(&changed, &headers(MINE))?.error(), (403, "SignatureDoesNotMatch"));
    go_to(&s3, THEN + 60);
    assert_eq!(ask(&url, &headers(MINE))?.status, 200);
    go_to(&s3, THEN + 61);
    assert_eq!(ask(&url, &headers(MINE))?.error(), (403, "AccessDenied"));
    for wrong in ["X-Amz-Expires=604801", "X-Amz-Expires=x", "X-Amz-Expires=", "X-Amz-Expires=-1"] {
        let url = url.replace("X-Amz-Expires=60", wrong);
        assert_eq!(ask(&url, "")?.error(), (400, "AuthorizationHeaderMalformed"), "{wrong}");
    }
    redaction::hunt(&format!("{:?}", s3.calls()), &[url.rsplit('=').next().unwrap().as_bytes()])?;
    assert_eq!(get(&s3, "/bkt/a%20b")?.error(), (400, "InvalidRequest"));
    Ok(())
}
