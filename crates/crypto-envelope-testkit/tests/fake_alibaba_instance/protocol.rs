//! What is said around the operations.

use std::{
    io::{Read, Write},
    time::{Duration, UNIX_EPOCH},
};

use crypto_envelope_testkit::fake::alibaba_instance::FakeAlibabaInstance;
use serde_json::{Value, json};

use crate::{
    client::{Client, DATE, NOW, Result, parse},
    fields::number,
    tls,
};

fn random() -> [Vec<u8>; 1] {
    [number(1, 16)]
}

#[test]
fn who_and_when_and_how_must_be_said() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let param = "400 InvalidParam";
    for (name, value, expected, words) in [
        ("x-kms-acccesskeyid", "", "400 MissingParameter", "x-kms-acccesskeyid"),
        ("x-kms-acccesskeyid", "KAAP.other", "404 Unauthorized", ""),
        ("x-kms-apiversion", "dkms-gcs-0.1", "400 InvalidApiVersion", ""),
        ("x-kms-apiversion", "", "400 InvalidApiVersion", ""),
        ("x-kms-signaturemethod", "HMAC", param, "The Param x-kms-signaturemethod is invalid."),
        ("Content-Type", "application/json", param, "The Param Content-Type is invalid."),
        ("Date", "", param, "The Param Date is invalid."),
        ("Date", "Thu, 06 Feb 2020 07:17:53 GMT", param, "The Param Date is invalid."),
        ("Date", "Thu, 06 Feb 2020 07:17:54 GMT", "200 ok", ""),
        ("x-kms-more", "also signed", "200 ok", ""),
        ("Accept", "", "200 ok", ""),
    ] {
        let answer = Client::new(&kms).set(name, value).ask("GenerateRandom", &random());
        assert_eq!(answer.code(), expected, "{name} {value}");
        assert!(answer.text(3).contains(words), "{name} {value}");
    }
    Ok(())
}

#[test]
fn what_is_signed_is_looked_at() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let request = client.request("GenerateRandom", &random().concat());
    let text = String::from_utf8(request)?;
    for (from, to, expected) in [
        ("", "", "200 ok"),
        ("User-Agent: tests/1", "User-Agent: another", "200 ok"),
        ("GenerateRandom", "GetPublicKey", "401 SignatureNotMatch"),
        ("Host:", "x-kms-more: 1\r\nHost:", "401 SignatureNotMatch"),
        (DATE, "Thu, 06 Feb 2020 07:32:53 GMT", "401 SignatureNotMatch"),
        ("Authorization: Bearer ", "Authorization: TOKEN ", "400 InvalidParam"),
        ("Authorization:", "Other:", "400 InvalidParam"),
        ("\r\n\r\n\u{8}\u{10}", "\r\n\r\n\u{8}\u{11}", "400 InvalidParam"),
        ("POST / ", "POST /other ", "400 InvalidParameter"),
        ("POST / ", "POST /?a=b ", "400 InvalidParameter"),
        ("POST / ", "PUT / ", "400 InvalidParameter"),
    ] {
        let answer = parse(&client.send(text.replace(from, to).as_bytes())?)?;
        assert_eq!(answer.code(), expected, "{to}");
    }
    Ok(())
}

#[test]
fn client_keys_sign_for_themselves_alone() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let other = kms.create_client_key()?;
    assert_ne!(other.id(), kms.client_key().id());
    let client = Client::with_key(&kms, &other);
    assert_eq!(client.code("GenerateRandom", &random()), "200 ok");
    let client = client.set("x-kms-acccesskeyid", kms.client_key().id());
    assert_eq!(client.code("GenerateRandom", &random()), "401 SignatureNotMatch");
    Ok(())
}

#[test]
fn the_clock_is_that_of_the_fake() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let answer = client.ask("GenerateRandom", &random());
    assert_eq!(answer.header("date"), Some(DATE));
    assert_eq!(answer.header("content-type"), Some("application/x-protobuf"));
    kms.set_clock(Some(UNIX_EPOCH + Duration::from_secs(NOW + 901)));
    let refused = client.ask("GenerateRandom", &random());
    assert_eq!(
        (refused.code(), refused.text(3)),
        ("400 InvalidParam".to_owned(), "The Param Date is invalid.".to_owned())
    );
    // Whoever goes by the date of the answer is let in.
    kms.set_clock(None);
    let date = client.ask("GenerateRandom", &random()).header("date").map(str::to_owned);
    let client = client.set("Date", &date.ok_or("no date")?);
    assert_eq!(client.code("GenerateRandom", &random()), "200 ok");
    Ok(())
}

#[test]
fn a_connection_carries_many_requests() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let mut stream = client.connect()?;
    for length in [1, 32, 1024] {
        stream.write_all(&client.request("GenerateRandom", &number(1, length)))?;
        let mut raw = Vec::new();
        while !raw.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            raw.extend(byte);
        }
        let mut answer = parse(&raw)?;
        let left = answer.header("content-length").ok_or("no length")?.parse()?;
        answer.body = vec![0; left];
        stream.read_exact(&mut answer.body)?;
        assert_eq!(answer.bytes(1).len() as u64, length);
    }
    Ok(())
}

#[test]
fn requests_have_a_limit() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    // It may be refused before all of it is sent, and then the answer can be lost.
    let sent = client.send(&client.request("Encrypt", &vec![0; (3 << 20) + 1]));
    assert!(sent.and_then(|raw| parse(&raw)).map_or(true, |answer| answer.status == 413));
    assert!(kms.calls().is_empty());
    let answer = parse(&client.send(&client.request("Encrypt", &vec![0; 3 << 20]))?)?;
    assert_eq!(answer.code(), "400 InvalidParameter");
    Ok(())
}

#[test]
fn the_log_has_what_went_over_the_wire() -> Result<()> {
    let path = std::env::temp_dir().join(format!("fake-alibaba-log-{}", std::process::id()));
    let kms = FakeAlibabaInstance::builder().log_file(&path).start()?;
    let client = Client::new(&kms);
    let key = crate::fields::field(1, "key-hzz");
    let random = client.ask("GenerateRandom", &random());
    client.ask("Encrypt", &[key.clone(), crate::fields::field(2, "text")]);
    client.ask("MakeCoffee", std::slice::from_ref(&key));
    let log = std::fs::read_to_string(&path)?;
    std::fs::remove_file(&path)?;
    let line: Value = serde_json::from_str(log.lines().nth(1).ok_or("no line")?)?;
    let calls = kms.take_calls();
    assert!(kms.calls().is_empty());
    assert_eq!(calls.len(), 3);
    assert_eq!(calls[0].operation, "GenerateRandom");
    assert_eq!(calls[0].request, json!({"Length": 16}));
    assert_eq!(calls[0].response["RequestId"], random.text(2));
    assert_eq!((&calls[0].error, &*calls[0].key_id), (&None, ""));
    assert_eq!(calls[0].header("user-agent"), Some("tests/1"));
    assert_eq!(calls[1].access_key, kms.client_key().id());
    assert_eq!(calls[1].key_id, "key-hzz");
    assert_eq!(calls[1].request, json!({"KeyId": "key-hzz", "Plaintext": "dGV4dA=="}));
    assert_eq!(calls[1].error.as_deref(), Some("Forbidden.KeyNotFound"));
    assert_eq!(calls[1].response["StatusCode"], 404);
    assert_eq!(line["request"], calls[1].request);
    assert_eq!(line["response"], calls[1].response);
    assert_eq!(calls[2].request, String::from_utf8(key)?);
    Ok(())
}

#[test]
fn tls_has_a_ca_of_its_own() -> Result<()> {
    let kms = FakeAlibabaInstance::builder().tls().start()?;
    let client = Client::new(&kms).set("Connection", "close");
    let request = client.request("GenerateRandom", &number(1, 16));
    assert!(kms.endpoint().starts_with("https://127.0.0.1:"));
    let answer = parse(&tls::send(&kms, kms.ca_pem().ok_or("no CA")?, &request)?)?;
    assert_eq!((answer.code(), answer.bytes(1).len()), ("200 ok".to_owned(), 16));
    let other = FakeAlibabaInstance::builder().tls().start()?;
    let refused = tls::send(&kms, other.ca_pem().ok_or("no CA")?, &request).unwrap_err();
    assert!(refused.to_string().contains("certificate"), "{refused}");
    assert_eq!(kms.calls().len(), 1);
    assert_eq!(FakeAlibabaInstance::start()?.ca_pem(), None);
    Ok(())
}
