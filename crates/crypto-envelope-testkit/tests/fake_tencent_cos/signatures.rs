//! Who is let in, and when.

use std::time::{Duration, UNIX_EPOCH};

use crypto_envelope_testkit::{
    fake::tencent_cos::{AccessKey, FakeTencentCos},
    redaction,
};

use crate::client::{Ask, Result, answer, get, put, send_raw};

#[test]
fn strangers_are_refused() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    let nobody = answer(&send_raw(&cos, "GET", "/key", &cos.host(), "", b"")?)?;
    assert_eq!(nobody.error(), (403, "AccessDenied"));
    let nobody = answer(&send_raw(&cos, "GET", "/key", &cos.host(), "Authorization: \r\n", b"")?)?;
    assert_eq!(nobody.error(), (403, "AccessDenied"));

    let right = Ask::new(&cos, "GET", "/key").authorization();
    for (from, to, expected) in [
        (cos.access_key().id(), "AKIDother", (403, "InvalidAccessKeyId")),
        ("sha1", "sha256", (400, "InvalidArgument")),
        ("q-ak=", "ak=", (400, "InvalidArgument")),
        ("q-sign-time=0;", "q-sign-time=", (400, "InvalidArgument")),
        ("q-key-time=0;99999999999", "q-key-time=9;9", (400, "InvalidArgument")),
        ("q-signature=", "q-signature=0", (403, "SignatureDoesNotMatch")),
    ] {
        let header = format!("Authorization: {}\r\n", right.replacen(from, to, 1));
        let refused = answer(&send_raw(&cos, "GET", "/key", &cos.host(), &header, b"")?)?;
        assert_eq!(refused.error(), expected, "{to}");
    }
    let header = format!("Authorization: {right}\r\n");
    let found = answer(&send_raw(&cos, "GET", "/key", &cos.host(), &header, b"")?)?;
    assert_eq!(found.error(), (404, "NoSuchKey"));
    Ok(())
}

#[test]
fn a_mismatch_says_what_should_have_been_signed() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    let wrong = Ask { secret: "another secret", ..Ask::new(&cos, "GET", "/a%20b?prefix=c%2Fd") };
    let refused = wrong.send()?;
    assert_eq!(refused.error(), (403, "SignatureDoesNotMatch"));
    let host = cos.host();
    let format = format!("get\n/a b\nprefix=c%2Fd\nhost={host}\n");
    assert_eq!(refused.elements("FormatString"), [format]);
    assert!(refused.elements("StringToSign")[0].starts_with("sha1\n0;99999999999\n"));
    Ok(())
}

#[test]
fn signatures_have_their_time() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    let ask = Ask { key_time: "1000;2000".to_owned(), ..Ask::new(&cos, "GET", "/key") };
    for (now, expected) in [
        (999, (403, "RequestTimeTooSkewed")),
        (1000, (404, "NoSuchKey")),
        (2000, (404, "NoSuchKey")),
        (2001, (403, "AccessDenied")),
    ] {
        cos.set_clock(Some(UNIX_EPOCH + Duration::from_secs(now)));
        let answer = ask.send()?;
        assert_eq!(answer.error(), expected, "{now}");
        assert_eq!(answer.text().contains("Request has expired"), now > 2000);
    }
    cos.set_clock(Some(UNIX_EPOCH));
    assert_eq!(get(&cos, "/key")?.header("Date"), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
    Ok(())
}

/// With the port of the host or without it.
#[test]
fn the_port_of_a_host_may_be_signed() -> Result<()> {
    let cos = FakeTencentCos::start()?;
    let with_port = format!("{}:{}", cos.host(), cos.port());
    let ask = Ask { host: with_port.clone(), ..Ask::new(&cos, "GET", "/key") };
    assert_eq!(ask.send()?.error(), (404, "NoSuchKey"));
    let without = Ask::new(&cos, "GET", "/key").authorization();
    let header = format!("Authorization: {without}\r\n");
    let answer = answer(&send_raw(&cos, "GET", "/key", &with_port, &header, b"")?)?;
    assert_eq!(answer.error(), (404, "NoSuchKey"));
    Ok(())
}

#[test]
fn tokens_come_with_every_request_until_they_expire() -> Result<()> {
    let key = AccessKey::new("AKIDtemporary", "secret")
        .with_security_token("the token", UNIX_EPOCH + Duration::from_secs(2000));
    let cos = FakeTencentCos::builder().access_key(key).start()?;
    cos.set_clock(Some(UNIX_EPOCH + Duration::from_secs(2000)));
    let ask = |token: &'static str| Ask::new(&cos, "GET", "/key").header(TOKEN, token);
    assert_eq!(ask("the token").send()?.error(), (404, "NoSuchKey"));
    assert_eq!(ask("other token").send()?.error(), (403, "InvalidAccessKeyId"));
    assert_eq!(get(&cos, "/key")?.error(), (403, "InvalidAccessKeyId"));
    // Of a presigned URL it is a parameter.
    let target = "/key?x-cos-security-token=the%20token";
    assert_eq!(get(&cos, target)?.error(), (404, "NoSuchKey"));
    cos.set_clock(Some(UNIX_EPOCH + Duration::from_secs(2001)));
    assert_eq!(ask("the token").send()?.error(), (403, "ExpiredToken"));

    let lasting = FakeTencentCos::start()?;
    let with_token = Ask::new(&lasting, "GET", "/key").header(TOKEN, "a token").send()?;
    assert_eq!(with_token.error(), (403, "InvalidAccessKeyId"));
    Ok(())
}

#[test]
fn strict_buckets_want_everything_signed() -> Result<()> {
    let lenient = FakeTencentCos::start()?;
    let strict = FakeTencentCos::builder().strict_signatures().start()?;
    for (headers, target) in [
        ("Content-Type: text/plain\r\n", "/key"),
        ("X-Cos-Meta-A: b\r\n", "/key"),
        ("Range: bytes=0-0\r\n", "/key"),
        ("", "/key?response-expires=now"),
    ] {
        for (cos, expected) in [(&lenient, "NoSuchKey"), (&strict, "AccessDenied")] {
            let authorization = Ask::new(cos, "GET", "/key").authorization();
            let headers = format!("{headers}Authorization: {authorization}\r\n");
            let refused = answer(&send_raw(cos, "GET", target, &cos.host(), &headers, b"")?)?;
            assert_eq!(refused.error().1, expected, "{headers}");
        }
    }
    let ask = Ask::new(&strict, "GET", "/key?response-expires=now").header("Range", "bytes=0-0");
    assert_eq!(ask.send()?.error().1, "NoSuchKey");
    Ok(())
}

#[test]
fn secrets_are_shown_nowhere() -> Result<()> {
    let log = std::env::temp_dir().join(format!("fake-cos-log-{}", std::process::id()));
    let builder = FakeTencentCos::builder()
        .access_key(AccessKey::new("AKID", "the secret key"))
        .insecure_customer_keys()
        .log_file(&log);
    let customer_key = "MDEyMzQ1Njc4OUFCQ0RFRjAxMjM0NTY3ODlBQkNERUY=";
    let secrets: [&[u8]; 4] =
        [b"the secret key", customer_key.as_bytes(), b"0123456789ABCDEF", b"a session token"];
    redaction::hunt_debug(&builder, &secrets)?;
    let cos = builder.start()?;
    redaction::hunt_debug(&cos, &secrets)?;
    redaction::hunt_debug(cos.access_key(), &secrets)?;
    let refused = Ask::new(&cos, "PUT", "/key")
        .header("x-cos-server-side-encryption-customer-key", customer_key)
        .header(TOKEN, "a session token")
        .send()?;
    assert_eq!(refused.status, 403);
    redaction::hunt(&format!("{refused:?}"), &secrets)?;
    let refused = Ask { secret: "x", ..Ask::new(&cos, "PUT", "/key") }.send()?;
    redaction::hunt(&format!("{refused:?}"), &secrets)?;
    assert_eq!(put(&cos, "/key", b"body")?.status, 200);
    let signature = Ask::new(&cos, "PUT", "/key").authorization();
    let signature = signature.rsplit('=').next().ok_or("no signature")?.as_bytes();
    let secrets = [&secrets[..], &[signature]].concat();
    redaction::hunt_debug(&cos.calls(), &secrets)?;
    redaction::hunt(&std::fs::read_to_string(&log)?, &secrets)?;
    std::fs::remove_file(&log)?;
    Ok(())
}

const TOKEN: &str = "x-cos-security-token";
