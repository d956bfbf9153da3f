//! What goes wrong on the way to a gateway of the OpenAPI, and in it.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    thread,
    time::Duration,
};

use crypto_envelope::{
    Error, blocking,
    provider::ProviderErrorKind::{self, Denied, Other, Throttled, Unavailable},
};
use crypto_envelope_testkit::{
    canned::{CannedServer, answer},
    fake::alibaba_instance::FakeAlibabaInstance,
};

use super::*;
use crate::{
    AlibabaKmsError,
    openapi::{AsymmetricVerify, CreateAlias, CreateKey, DescribeKey, Encrypt, GenerateDataKey},
};

const GOOD: &str = r#"{"KeyMetadata": {"KeyId": "k"}, "RequestId": "r"}"#;

fn refusal(code: &str) -> String {
    format!(r#"{{"HttpStatus": 400, "Code": "{code}", "Message": "no", "RequestId": "r"}}"#)
}

fn kms(endpoint: &str, settings: &AlibabaKmsSettings) -> Result<AlibabaKmsOpenApi> {
    AlibabaKmsOpenApi::new(endpoint, &AccessKey::new("id", &b"secret"[..])?, settings)
}

/// Describes a key, of a server that gives these answers; and the requests that it got.
fn describe(answers: Vec<Vec<u8>>) -> Result<(Result<()>, Vec<String>)> {
    let server = CannedServer::start(answers)?;
    let kms = kms(server.endpoint(), &AlibabaKmsSettings::new().max_attempts(4))?;
    let described = blocking::wait(kms.call(DescribeKey::new("k"))).map(drop);
    Ok((described, server.requests()))
}

/// What can be done, and what is said.
fn told(answer: Result<()>) -> (ProviderErrorKind, String) {
    match answer {
        Err(Error::Provider(error)) => (error.kind(), error.to_string()),
        other => unreachable!("a refusal, not {other:?}"),
    }
}

fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let mut lines = request.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(other, _)| other.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
}

#[test]
fn a_storm_of_refusals_passes_and_each_attempt_is_signed_anew() -> Result<()> {
    let throttled = answer(429, "", &refusal("Rejected.Throttling"));
    let later = answer(503, "", &refusal("ServiceUnavailableTemporary"));
    let (described, requests) =
        describe(vec![throttled.clone(), later, throttled, answer(200, "", GOOD)])?;
    described?;
    assert_eq!(requests.len(), 4);
    for name in ["x-acs-signature-nonce", "authorization"] {
        let mut values: Vec<_> = requests.iter().map(|request| header(request, name)).collect();
        values.sort_unstable();
        values.dedup();
        assert_eq!(values.len(), 4, "{name}");
    }
    assert!(!header(&requests[3], "x-acs-date").is_empty());
    Ok(())
}

#[test]
fn a_storm_that_does_not_pass_is_told() -> Result<()> {
    let throttled = answer(429, "", &refusal("Throttling.User"));
    let (described, requests) = describe(vec![throttled; 9])?;
    let (kind, text) = told(described);
    assert_eq!((kind, requests.len()), (Throttled, 4), "{text}");
    assert!(text.contains("(Throttling.User, HTTP status 429, request id r)"), "{text}");
    Ok(())
}

#[test]
fn what_is_wrong_stays_wrong_and_is_not_tried_again() -> Result<()> {
    for (status, body, kind, expected) in [
        (400, refusal("InvalidAccessKeyId.NotFound"), Denied, "check the ClientKey or the access"),
        (400, refusal("SignatureDoesNotMatch"), Denied, "check the secret of the access key"),
        (413, String::new(), Other, "HTTP status 413"),
        (200, "<html>".to_owned(), Other, "the answer is not JSON"),
        (200, GOOD[..GOOD.len() - 1].to_owned(), Other, "the answer is not JSON"),
        (200, "{}".to_owned(), Other, "the answer is without KeyMetadata"),
    ] {
        let (described, requests) = describe(vec![answer(status, "", &body); 2])?;
        let told = told(described);
        assert_eq!((told.0, requests.len()), (kind, 1), "{}", told.1);
        assert!(told.1.contains(expected), "{}", told.1);
    }
    Ok(())
}

#[test]
fn a_wrong_clock_is_told_by_how_much() -> Result<()> {
    let date = time::http_date(SystemTime::now() + Duration::from_secs(20 * 60 + 30));
    let refused = answer(400, &format!("Date: {date}\r\n"), &refusal("IllegalTimestamp"));
    let (described, requests) = describe(vec![refused; 2])?;
    let (kind, text) = told(described);
    assert_eq!((kind, requests.len()), (Denied, 1), "{text}");
    assert!(text.contains("the clock of this machine is 20 min "), "{text}");
    assert!(text.contains("behind that of KMS"), "{text}");
    Ok(())
}

#[test]
fn pages_of_proxies_are_told_and_tried_again() -> Result<()> {
    let page = answer(502, "", "<html>\r\n<h1>502 Bad Gateway</h1>");
    let (described, requests) = describe(vec![page.clone(), answer(200, "", GOOD)])?;
    described?;
    assert_eq!(requests.len(), 2);
    let (kind, text) = told(describe(vec![page; 4])?.0);
    assert_eq!(kind, Unavailable, "{text}");
    assert!(text.contains("the answer is not one of KMS: <html> <h1>502 Bad"), "{text}");
    Ok(())
}

#[test]
fn connections_that_break_are_made_again() -> Result<()> {
    let whole = answer(200, "", GOOD);
    let broken = [vec![], b"no HTTP\r\n\r\n".to_vec(), whole[..whole.len() - 5].to_vec()];
    let (described, requests) = describe([&broken[..], &[whole]].concat())?;
    described?;
    assert_eq!(requests.len(), 4);
    Ok(())
}

/// Nobody knows whether the key was made.
#[test]
fn keys_are_not_made_twice() -> Result<()> {
    let server = CannedServer::start(vec![vec![], answer(200, "", GOOD)])?;
    let kms = kms(server.endpoint(), &AlibabaKmsSettings::new())?;
    let (kind, text) = told(blocking::wait(kms.call(CreateKey::new())).map(drop));
    assert_eq!((kind, server.requests().len()), (Unavailable, 1), "{text}");
    Ok(())
}

/// A status of a proxy says no more than no answer; too many requests say that it was not done.
#[test]
fn keys_are_made_again_only_if_there_was_no_time_for_them() -> Result<()> {
    for (first, tried) in [
        (answer(504, "", "<h1>Gateway Timeout</h1>"), 1),
        (answer(500, "", &refusal("InternalFailure")), 1),
        (answer(503, "", &refusal("ServiceUnavailableTemporary")), 1),
        (answer(400, "", &refusal("Throttling.User")), 2),
    ] {
        let server = CannedServer::start(vec![first, answer(200, "", GOOD)])?;
        let kms = kms(server.endpoint(), &AlibabaKmsSettings::new())?;
        let made = blocking::wait(kms.call(CreateKey::new()));
        assert_eq!((made.is_ok(), server.requests().len()), (tried == 2, tried));
    }
    Ok(())
}

#[test]
fn what_an_attempt_before_may_have_done_is_said() -> Result<()> {
    let there_is_one = answer(409, "", &refusal("Rejected.AlreadyExists"));
    let create = |before: &[Vec<u8>]| {
        let server = CannedServer::start([before, std::slice::from_ref(&there_is_one)].concat())?;
        let kms = kms(server.endpoint(), &AlibabaKmsSettings::new())?;
        let refused = blocking::wait(kms.call(CreateAlias::new("alias/a", "k")));
        let refused = refused.expect_err("there is one");
        let found = AlibabaKmsError::all_in(&refused)[0];
        assert_eq!(found.code(), Some("Rejected.AlreadyExists"));
        let is_said = refused.to_string().contains("no answer to an attempt before");
        assert_eq!(found.is_after_lost_attempt(), is_said, "{refused}");
        Ok::<_, Error>(is_said)
    };
    for lost in [vec![], answer(504, "", "<h1>Gateway Timeout</h1>")] {
        assert!(create(&[lost])?);
    }
    assert!(!create(&[])?);
    assert!(!create(&[answer(429, "", &refusal("Rejected.Throttling"))])?);
    // What changes nothing may fail as it likes.
    let (described, _) = describe(vec![vec![], there_is_one.clone()])?;
    let described = described.expect_err("it is refused");
    assert!(!AlibabaKmsError::all_in(&described)[0].is_after_lost_attempt(), "{described}");
    Ok(())
}

/// Not by a name that it stands behind, but by what it is.
#[test]
fn what_was_sent_is_not_told() -> Result<()> {
    for (body, is_told) in [
        (refusal("InvalidParameter").replace("no", "the value a+secret+value is wrong"), false),
        (refusal("Invalid.a+secret+value").replace("no", "a secret+v"), false),
        ("<p>YSBzZWNyZXQgdmFsdWU</p>".to_owned(), false),
        (refusal("InvalidParameter").replace("no", "the value of key-secret is wrong"), true),
    ] {
        let server = CannedServer::start(vec![answer(400, "", &body)])?;
        let kms = kms(server.endpoint(), &AlibabaKmsSettings::new())?;
        let call = Encrypt::new("key-secret", &b"a secret+value"[..]);
        let (_, text) = told(blocking::wait(kms.call(call)).map(drop));
        assert_eq!(text.contains("what KMS said is not shown"), !is_told, "{text}");
        assert!(!text.contains("+value") && !text.contains("ZWNyZXQ"), "{text}");
    }
    Ok(())
}

#[test]
fn data_keys_have_the_length_that_was_asked_for() -> Result<()> {
    let made = |call: GenerateDataKey, plaintext: &str| {
        let body =
            format!(r#"{{"KeyId": "k", "CiphertextBlob": "c", "Plaintext": "{plaintext}"}}"#);
        let server = CannedServer::start(vec![answer(200, "", &body)])?;
        let kms = kms(server.endpoint(), &AlibabaKmsSettings::new())?;
        blocking::wait(kms.call(call)).map(drop)
    };
    let ask = || GenerateDataKey::new("k");
    made(ask().number_of_bytes(3).key_spec("AES_256"), "AAAA")?;
    for (call, plaintext) in [
        (ask().number_of_bytes(3), ""),
        (ask().number_of_bytes(3), "AAA="),
        (ask().key_spec("AES_128"), "AAAA"),
        (ask(), "AAAA"),
    ] {
        let (kind, text) = told(made(call, plaintext));
        assert_eq!(kind, Other, "{text}");
        assert!(text.contains("Plaintext has "), "{text}");
    }
    Ok(())
}

#[test]
fn another_version_than_was_asked_for_is_refused() -> Result<()> {
    let verify = |used: &str| {
        let body = format!(r#"{{"Value": true, "KeyId": "k", "KeyVersionId": "{used}"}}"#);
        let server = CannedServer::start(vec![answer(200, "", &body)])?;
        let kms = kms(server.endpoint(), &AlibabaKmsSettings::new())?;
        let call = AsymmetricVerify::new("k", "v1", "RSA_PSS_SHA_256", [1], [2]);
        blocking::wait(kms.call(call)).map(|verified| verified.is_valid)
    };
    assert!(verify("v1")?);
    let (kind, text) = told(verify("v2").map(drop));
    assert!(kind == Other && text.contains("another version"), "{text}");
    Ok(())
}

#[test]
fn answers_that_do_not_end_are_not_waited_for() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || -> std::io::Result<()> {
        let (mut stream, _) = listener.accept()?;
        let mut request = [0; 8192];
        let _ = stream.read(&mut request)?;
        stream.write_all(&answer(200, "", GOOD)[..60])?;
        // Until the other side hangs up.
        let _ = stream.read(&mut request)?;
        Ok(())
    });
    let settings = AlibabaKmsSettings::new().max_attempts(1);
    let kms = kms(&endpoint, &settings.attempt_timeout(Duration::from_millis(300)))?;
    let (kind, text) = told(blocking::wait(kms.call(DescribeKey::new("k"))).map(drop));
    assert_eq!(kind, Unavailable, "{text}");
    assert!(text.contains("kms:DescribeKey of k: no answer came in time"), "{text}");
    Ok(())
}

#[test]
fn another_ca_is_not_trusted() -> Result<()> {
    let start = || FakeAlibabaInstance::builder().tls().start();
    let (here, there) = (start()?, start()?);
    let ca = |fake: &FakeAlibabaInstance| fake.ca_pem().unwrap_or_default().to_owned();
    let call = |ca: &str| {
        let settings = AlibabaKmsSettings::new().ca_pem(ca.as_bytes())?;
        blocking::wait(kms(&here.endpoint(), &settings)?.call(DescribeKey::new("k"))).map(drop)
    };
    let (kind, text) = told(call(&ca(&there)));
    assert_eq!(kind, Other, "{text}");
    assert!(text.contains("not trusted") && here.calls().is_empty(), "{text}");
    // It is no OpenAPI, but it is heard.
    let heard = call(&ca(&here)).expect_err("it is the other gateway");
    assert_eq!(AlibabaKmsError::all_in(&heard)[0].status(), Some(400), "{heard}");
    Ok(())
}
