//! Calls of access keys of which the fake knows the secret.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::{
    digest::{self, SHA256},
    hmac::{self, HMAC_SHA256, Key},
};
use crypto_envelope_testkit::{
    fake::aws_kms::{AccessKey, FakeAwsKms},
    redaction,
};

use crate::client::{Result, send};

const ID: &str = "AKIDALICE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const DATE: &str = "20260101T000000Z";
/// The same, in seconds since 1970.
const THEN: u64 = 1_767_225_600;

fn alice() -> AccessKey {
    AccessKey::new(ID, "alice").secret(SECRET)
}

/// A fake that knows her secret, at the time of the date.
fn start() -> Result<FakeAwsKms> {
    let kms = FakeAwsKms::builder().access_key(alice()).start()?;
    kms.set_clock(Some(UNIX_EPOCH + Duration::from_secs(THEN)));
    Ok(kms)
}

/// The headers of `ListKeys` with this body, signed as an SDK does it.
fn signed(kms: &FakeAwsKms, secret: &str, body: &[u8]) -> String {
    let host = kms.endpoint().replace("http://", "");
    let scope = "20260101/us-east-1/kms/aws4_request";
    let body = hex(digest::digest(&SHA256, body).as_ref());
    let canonical = format!(
        "POST\n/\n\ncontent-type:application/x-amz-json-1.1\nhost:{host}\nx-amz-date:{DATE}\n\
         x-amz-target:TrentService.ListKeys\n\n{SIGNED}\n{body}"
    );
    let hash = hex(digest::digest(&SHA256, canonical.as_bytes()).as_ref());
    let text = format!("AWS4-HMAC-SHA256\n{DATE}\n{scope}\n{hash}");
    let parts = scope.split('/').chain([text.as_str()]);
    let signature = parts.fold(format!("AWS4{secret}").into_bytes(), |key, part| {
        hmac::sign(&Key::new(HMAC_SHA256, &key), part.as_bytes()).as_ref().to_vec()
    });
    format!(
        "X-Amz-Target: TrentService.ListKeys\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Date: {DATE}\r\nAuthorization: AWS4-HMAC-SHA256 Credential={ID}/{scope}, \
         SignedHeaders={SIGNED}, Signature={}\r\n",
        hex(&signature)
    )
}

/// `200`, or the code and the beginning of the message of the error.
fn outcome(kms: &FakeAwsKms, headers: &str, body: &[u8]) -> Result<String> {
    Ok(match send(kms, headers, body)?.result() {
        Ok(_) => "200".to_owned(),
        Err((code, message)) => {
            let message = message.unwrap_or_default();
            format!("{code}: {}", message.split_inclusive(' ').take(3).collect::<String>())
        }
    })
}

#[test]
fn what_is_signed_with_the_secret_is_answered() -> Result<()> {
    let kms = start()?;
    let headers = signed(&kms, SECRET, b"{}");
    assert_eq!(outcome(&kms, &headers, b"{}")?, "200");
    // A header that is not signed may be anything.
    let headers = headers + "User-Agent: tests/1\r\nAmz-Sdk-Request: attempt=1\r\n";
    assert_eq!(outcome(&kms, &headers, b"{}")?, "200");
    Ok(())
}

#[test]
fn what_is_not_signed_so_is_refused() -> Result<()> {
    let kms = start()?;
    let right = signed(&kms, SECRET, b"{}");
    let wrong = "InvalidSignatureException: The request signature ";
    for (headers, body, expected) in [
        (signed(&kms, "another secret", b"{}"), "{}", wrong),
        (right.clone(), r#"{"Limit": 1}"#, wrong),
        (right.replace("us-east-1", "us-west-2"), "{}", wrong),
        (right.replace(".ListKeys", ".ListAliases"), "{}", wrong),
        (
            right.replace("/20260101/", "/20260102/"),
            "{}",
            "InvalidSignatureException: Date in Credential ",
        ),
        (right.replace("host;", ""), "{}", "InvalidSignatureException: 'Host' or ':authority' "),
        (
            right.clone() + "X-Amz-Security-Token: token\r\n",
            "{}",
            "InvalidSignatureException: 'x-amz-security-token' must be ",
        ),
    ] {
        assert_eq!(outcome(&kms, &headers, body.as_bytes())?, expected, "{headers}{body}");
    }
    Ok(())
}

#[test]
fn signatures_expire() -> Result<()> {
    let kms = start()?;
    let headers = signed(&kms, SECRET, b"{}");
    for (now, expected) in [
        (THEN - 901, "InvalidSignatureException: Signature not yet "),
        (THEN - 900, "200"),
        (THEN + 900, "200"),
        (THEN + 901, "InvalidSignatureException: Signature expired: 20260101T000000Z "),
    ] {
        kms.set_clock(Some(UNIX_EPOCH + Duration::from_secs(now)));
        assert_eq!(outcome(&kms, &headers, b"{}")?, expected, "{now}");
    }
    let is_long_ago = SystemTime::now() > UNIX_EPOCH + Duration::from_secs(THEN + 901);
    assert!(is_long_ago);
    kms.set_clock(None);
    assert!(outcome(&kms, &headers, b"{}")?.contains("Signature expired"));
    Ok(())
}

/// Whose secret is not known is believed, and so is everybody where all are let in.
#[test]
fn without_a_secret_nothing_is_verified() -> Result<()> {
    let kms = start()?;
    let anything = signed(&kms, "another secret", b"");
    kms.add_access_key(AccessKey::new("AKIDBOB", "bob"));
    assert_eq!(outcome(&kms, &anything.replace(ID, "AKIDBOB"), b"{}")?, "200");
    assert_eq!(outcome(&FakeAwsKms::start()?, &anything, b"{}")?, "200");
    Ok(())
}

#[test]
fn the_secret_is_shown_nowhere() -> Result<()> {
    let secrets = [SECRET.as_bytes()];
    redaction::hunt_debug(&alice(), &secrets)?;
    redaction::hunt_debug(&FakeAwsKms::builder().access_key(alice()), &secrets)?;
    let kms = start()?;
    redaction::hunt_debug(&kms, &secrets)?;
    let headers = signed(&kms, SECRET, b"{}").replace("Signature=", "Signature=0");
    redaction::hunt(&format!("{:?}", send(&kms, &headers, b"{}")?), &secrets)?;
    redaction::hunt_debug(&kms.calls(), &secrets)?;
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const SIGNED: &str = "content-type;host;x-amz-date;x-amz-target";
