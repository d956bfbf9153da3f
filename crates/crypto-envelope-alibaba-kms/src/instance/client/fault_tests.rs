//! What goes wrong on the way to an instance, and in it.

use std::{
    net::TcpListener,
    time::{Duration, SystemTime},
};

use crypto_envelope::{
    Error, blocking,
    provider::ProviderErrorKind::{self, Denied, Other, Throttled, Unavailable},
};
use crypto_envelope_testkit::{
    canned::{CannedServer, answer},
    fake::{
        alibaba_instance::{Call as Logged, lie},
        http::Fault,
    },
};

use super::*;
use crate::{
    instance::{
        AdvanceDecrypt, AdvanceEncrypt, GenerateRandom, GetPublicKey, GetSecretValue, messages,
        protobuf::Message as _,
    },
    test_instance::TestInstance,
};

fn patient() -> AlibabaKmsSettings {
    AlibabaKmsSettings::new().max_attempts(4)
}

fn random(kms: &TestInstance) -> Result<()> {
    kms.ask(GenerateRandom::new(8)).map(drop)
}

/// What can be done, and what is said.
fn told(answer: Result<()>) -> (ProviderErrorKind, String) {
    match answer {
        Err(Error::Provider(error)) => (error.kind(), error.to_string()),
        other => unreachable!("a refusal, not {other:?}"),
    }
}

/// As many times as it was tried, and of what kind the error was.
fn failing(kms: &TestInstance, fault: Fault) -> (usize, ProviderErrorKind, String) {
    kms.fake.inject(fault.always());
    let (kind, text) = told(random(kms));
    kms.fake.clear_faults();
    (kms.operations().len(), kind, text)
}

/// As many times as it was tried until it went well.
fn passing(kms: &TestInstance, fault: Fault) -> Result<usize> {
    kms.fake.inject(fault.times(3));
    random(kms)?;
    Ok(kms.operations().len())
}

#[test]
fn a_storm_of_refusals_passes() -> Result<()> {
    let kms = TestInstance::with(&patient())?;
    kms.fake.throttle_next(3);
    random(&kms)?;
    let errors: Vec<_> = kms.fake.take_calls().into_iter().map(|call| call.error).collect();
    let throttled = Some("Rejected.Throttling".to_owned());
    assert_eq!(errors, [throttled.clone(), throttled.clone(), throttled, None]);
    for (status, code) in [(503, "ServiceUnavailableTemporary"), (500, "InternalFailure")] {
        assert_eq!(passing(&kms, lie::error(status, code, "later"))?, 4);
    }
    assert_eq!(
        passing(&kms, lie::error(400, "InvalidParam", "The Param Content-SHA256 is invalid."))?,
        4
    );
    Ok(())
}

#[test]
fn a_storm_that_does_not_pass_is_told() -> Result<()> {
    let kms = TestInstance::with(&patient())?;
    kms.fake.throttle_next(10);
    let (kind, text) = told(random(&kms));
    assert_eq!((kind, kms.operations().len()), (Throttled, 4));
    assert!(text.contains("(Rejected.Throttling, HTTP status 429, request id "), "{text}");
    Ok(())
}

#[test]
fn what_is_wrong_stays_wrong_and_is_not_tried_again() -> Result<()> {
    let kms = TestInstance::with(&patient())?;
    for code in ["InvalidParameter", "MissingParameter", "Forbidden.NoPermission"] {
        let (tries, _, text) = failing(&kms, lie::error(400, code, "no"));
        assert_eq!(tries, 1, "{text}");
    }
    Ok(())
}

/// The answer comes in small pieces, and too late.
#[test]
fn each_attempt_has_its_own_date_and_signature() -> Result<()> {
    let settings = patient().attempt_timeout(Duration::from_millis(1200));
    let kms = TestInstance::with(&settings)?;
    kms.fake.inject(Fault::slow(1, Duration::from_millis(200)));
    random(&kms)?;
    let calls = kms.fake.take_calls();
    assert_eq!((calls.len(), calls[0].fault.as_deref()), (2, Some("slow")));
    let header = |call: &Logged, name| call.header(name).unwrap_or_default().to_owned();
    for name in ["date", "authorization"] {
        assert_ne!(header(&calls[0], name), header(&calls[1], name), "{name}");
    }
    for name in ["content-sha256", "x-kms-acccesskeyid"] {
        assert_eq!(header(&calls[0], name), header(&calls[1], name), "{name}");
    }
    Ok(())
}

#[test]
fn slow_answers_are_waited_for_as_long_as_told() -> Result<()> {
    let kms = TestInstance::start()?;
    kms.fake.inject(Fault::slow(16, Duration::from_millis(20)));
    random(&kms)?;
    assert_eq!(kms.operations().len(), 1);
    let hurried = AlibabaKmsSettings::new().max_attempts(2);
    let kms = TestInstance::with(&hurried.attempt_timeout(Duration::from_millis(300)))?;
    kms.fake.inject(Fault::slow(1, Duration::from_millis(100)).always());
    let (kind, text) = told(random(&kms));
    assert_eq!((kind, kms.operations().len()), (Unavailable, 2));
    assert!(text.contains("kms:GenerateRandom: no answer came in time"), "{text}");
    Ok(())
}

#[test]
fn connections_that_break_are_made_again() -> Result<()> {
    let kms = TestInstance::with(&patient())?;
    for fault in [Fault::close(), Fault::garbage(), Fault::cut(5), Fault::content_length(9999)] {
        assert_eq!(passing(&kms, fault.clone())?, 4, "{fault:?}");
        let (tries, kind, text) = failing(&kms, fault);
        assert_eq!((tries, kind), (4, Unavailable), "{text}");
    }
    Ok(())
}

#[test]
fn pages_of_proxies_are_told_and_tried_again() -> Result<()> {
    let kms = TestInstance::with(&patient())?;
    let page = "<html>\r\n<h1>502 Bad Gateway</h1>";
    assert_eq!(passing(&kms, Fault::status(502, page))?, 4);
    let (tries, kind, text) = failing(&kms, Fault::status(502, page));
    assert_eq!((tries, kind), (4, Unavailable), "{text}");
    let expected =
        "kms:GenerateRandom (HTTP status 502): the answer is not one of KMS: <html> <h1>502";
    assert!(text.contains(expected), "{text}");
    Ok(())
}

#[test]
fn answers_that_are_no_messages_are_refused() -> Result<()> {
    let kms = TestInstance::with(&patient())?;
    for (fault, expected) in [
        (Fault::status(200, "<html>"), "the answer is not the message of this call: "),
        (Fault::status(200, ""), "the answer is without Random"),
        (Fault::body(|body| body[..body.len() - 1].to_vec()), "it ends too early"),
    ] {
        let (tries, kind, text) = failing(&kms, fault);
        assert_eq!((tries, kind), (1, Other), "{text}");
        assert!(text.contains(expected), "{text}");
    }
    Ok(())
}

/// Messages that end too early, between two fields, look whole.
#[test]
fn answers_without_a_secret_are_refused() -> Result<()> {
    let kms = TestInstance::start()?;
    let _ = kms.fake.put_secret("s", "hidden");
    let sealed = kms.ask(AdvanceEncrypt::new(&kms.key_id, &b"hidden"[..]))?;
    kms.fake.inject(lie::without("AdvanceDecrypt", "Plaintext"));
    let (kind, text) = told(kms.ask(AdvanceDecrypt::new(sealed.ciphertext_blob)).map(drop));
    assert!(kind == Other && text.contains("without Plaintext"), "{text}");
    kms.fake.inject(lie::without("GetSecretValue", "SecretData"));
    let (kind, text) = told(kms.ask(GetSecretValue::new("s")).map(drop));
    assert!(kind == Other && text.contains("without SecretData"), "{text}");
    Ok(())
}

#[test]
fn answers_by_other_versions_are_refused() -> Result<()> {
    let body = messages::GetPublicKeyResponse {
        key_id: "k".to_owned(),
        public_key: "pem".to_owned(),
        request_id: "r".to_owned(),
    };
    let body = String::from_utf8(body.encode().expose().to_vec()).expect("texts");
    let fake = TestInstance::start()?.fake;
    let key = fake.client_key();
    let key = ClientKey::from_private_key(key.id(), key.private_key())?;
    for (headers, asked, is_taken) in [
        ("x-kms-migrationkeyversionid: v1\r\n", Some("v1"), true),
        ("x-kms-migrationkeyversionid: v2\r\n", Some("v1"), false),
        ("x-kms-migrationkeyversionid: v2\r\n", None, true),
        // Not all calls of all instances say it.
        ("", Some("v1"), true),
    ] {
        let server = CannedServer::start(vec![answer(200, headers, &body)])?;
        let client = AlibabaKmsInstance::new(server.endpoint(), &key, &patient())?;
        let mut call = GetPublicKey::new("k");
        if let Some(version) = asked {
            call = call.on_key_version(version);
        }
        match blocking::wait(client.call(call)) {
            Ok(answer) => assert_eq!((is_taken, answer.key_id.as_str()), (true, "k")),
            refused => {
                let (kind, text) = told(refused.map(drop));
                assert_eq!((is_taken, kind), (false, Other), "{text}");
                assert!(
                    text.contains("another version") && text.contains("request id r"),
                    "{text}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn too_much_is_told() -> Result<()> {
    let kms = TestInstance::with(&patient())?;
    let (tries, kind, text) = failing(&kms, Fault::status(413, ""));
    assert_eq!((tries, kind), (1, Other), "{text}");
    assert!(text.contains("HTTP status 413") && text.contains("3 MB"), "{text}");
    Ok(())
}

#[test]
fn a_wrong_clock_is_told_by_how_much() -> Result<()> {
    for (shift, expected) in [(20, "behind that of KMS"), (-20, "ahead of that of KMS")] {
        let kms = TestInstance::with(&patient())?;
        let shift = i64::from(shift) * 60 + if shift < 0 { -30 } else { 30 };
        let now = SystemTime::now();
        let by = Duration::from_secs(shift.unsigned_abs());
        kms.fake.set_clock(Some(if shift < 0 { now - by } else { now + by }));
        let (kind, text) = told(random(&kms));
        assert_eq!((kind, kms.operations().len()), (Denied, 1), "{text}");
        let skew = text.split("the clock of this machine is ").nth(1).unwrap_or_default();
        assert!(skew.starts_with("20 min ") && skew.contains(expected), "{text}");
    }
    Ok(())
}

#[test]
fn other_client_keys_are_refused() -> Result<()> {
    let kms = TestInstance::with(&patient())?;
    let (own, other) = (kms.fake.client_key(), TestInstance::start()?);
    let other = other.fake.client_key();
    for (id, key, code) in [
        (other.id(), other.private_key(), "Unauthorized"),
        (own.id(), other.private_key(), "SignatureNotMatch"),
    ] {
        let key = ClientKey::from_private_key(id, key)?;
        let client = AlibabaKmsInstance::new(&kms.fake.endpoint(), &key, &patient())?;
        let refused = blocking::wait(client.call(GenerateRandom::new(8))).map(drop);
        let (kind, text) = told(refused);
        assert_eq!((kind, kms.operations().len()), (Denied, 1), "{text}");
        assert!(text.contains(code), "{text}");
    }
    Ok(())
}

#[test]
fn nobody_there_is_tried_again_and_told() -> Result<()> {
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let kms = TestInstance::start()?;
    let key = kms.fake.client_key();
    let key = ClientKey::from_private_key(key.id(), key.private_key())?;
    let settings = AlibabaKmsSettings::new().max_attempts(2);
    let client = AlibabaKmsInstance::new(&format!("http://{free}"), &key, &settings)?;
    let call = AdvanceEncrypt::new(&kms.key_id, &b"hidden"[..]);
    let (kind, text) = told(blocking::wait(client.call(call)).map(drop));
    assert_eq!(kind, Unavailable, "{text}");
    assert!(text.contains("refused") && !text.contains("hidden"), "{text}");
    Ok(())
}
