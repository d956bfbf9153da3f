//! Who may ask, and how.

use std::time::{Duration, UNIX_EPOCH};

use crypto_envelope_testkit::fake::alibaba_openapi::{AccessKey, FakeAlibabaOpenApi};

use crate::client::{Client, NOW, Place, Result, parse};

const LIST: &str = "ListKeys";

#[test]
fn parameters_come_in_the_query_or_in_a_form() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let mut client = Client::new(&kms);
    for place in [Place::Query, Place::Form] {
        client.place = place;
        assert_eq!(client.code(LIST, &[("PageSize", "1")]), "200 ok");
        let call = kms.take_calls().pop().ok_or("no call")?;
        assert_eq!(call.operation, LIST);
        assert_eq!(call.access_key, kms.access_key().id());
        assert_eq!(call.request["PageSize"], "1");
        assert_eq!(call.response["TotalCount"], 0);
        assert_eq!(call.response["RequestId"].as_str().map(str::len), Some(36));
        assert_eq!(call.header("User-Agent"), Some("tests/1"));
        assert_eq!(call.query.contains("PageSize=1"), place == Place::Query);
        assert_eq!((call.error, call.fault), (None, None));
    }
    Ok(())
}

#[test]
fn only_access_keys_may_ask() -> Result<()> {
    let kms = FakeAlibabaOpenApi::builder().access_key(AccessKey::new("id", "secret")).start()?;
    let mut client = Client::new(&kms);
    assert_eq!(client.code(LIST, &[]), "200 ok");
    for (access_key, expected) in [
        (AccessKey::new("id", "other"), "400 SignatureDoesNotMatch"),
        (AccessKey::new("other", "secret"), "404 InvalidAccessKeyId.NotFound"),
        (
            AccessKey::new("id", "secret").with_security_token("token"),
            "400 InvalidSecurityToken.MismatchWithAccessKey",
        ),
    ] {
        client.access_key = access_key;
        assert_eq!(client.code(LIST, &[]), expected);
    }
    kms.add_access_key(AccessKey::new("sts", "secret").with_security_token("token"));
    for (access_key, expected) in [
        (AccessKey::new("sts", "secret").with_security_token("token"), "200 ok"),
        (AccessKey::new("sts", "secret"), "400 MissingSecurityToken"),
        (
            AccessKey::new("sts", "secret").with_security_token("other"),
            "400 InvalidSecurityToken.MismatchWithAccessKey",
        ),
    ] {
        client.access_key = access_key;
        assert_eq!(client.code(LIST, &[]), expected);
    }
    Ok(())
}

#[test]
fn requests_are_taken_once_and_in_time() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let request = client.request(LIST, &[]);
    assert_eq!(parse(&client.send(&request)?)?.code(), "200 ok");
    assert_eq!(parse(&client.send(&request)?)?.code(), "400 SignatureNonceUsed");
    // One that is refused for its signature has used up nothing.
    let right = client.request(LIST, &[("SignatureNonce", "x")]);
    let wrong = String::from_utf8(right.clone())?.replace("Version=2016", "Version=2017");
    assert_eq!(parse(&client.send(wrong.as_bytes())?)?.status, 400);
    assert_eq!(parse(&client.send(&right)?)?.code(), "200 ok");
    for (now, expected) in [
        (NOW + 900, "200 ok"),
        (NOW - 900, "200 ok"),
        (NOW + 901, "400 IllegalTimestamp"),
        (NOW - 901, "400 IllegalTimestamp"),
    ] {
        kms.set_clock(Some(UNIX_EPOCH + Duration::from_secs(now)));
        assert_eq!(client.code(LIST, &[]), expected);
    }
    Ok(())
}

#[test]
fn what_is_not_the_api_is_refused() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    for (action, parameters, expected) in [
        ("ListSecrets", &[][..], "404 InvalidAction.NotFound"),
        (LIST, &[("Version", "2016-01-21")], "400 InvalidVersion"),
        (LIST, &[("SignatureMethod", "HMAC-SHA256")], "400 IncompleteSignature"),
        (LIST, &[("Timestamp", "today")], "400 IllegalTimestamp"),
        (LIST, &[("Timestamp", "")], "400 MissingParameter"),
        (LIST, &[("Format", "XML")], "400 InvalidParameter"),
        (LIST, &[("Unknown", "1")], "400 InvalidParameter"),
        (LIST, &[("PageSize", "1"), ("PageSize", "1")], "400 InvalidParameter"),
        (LIST, &[("PageSize", "101")], "400 InvalidParameter"),
        (LIST, &[("PageNumber", "0")], "400 InvalidParameter"),
        ("DescribeKey", &[], "400 MissingParameter"),
        ("DescribeKey", &[("KeyId", "key-x")], "404 Forbidden.KeyNotFound"),
    ] {
        let answer = client.ask(action, parameters);
        assert_eq!(answer.code(), expected, "{action} {parameters:?}");
        assert_eq!(answer.body["HttpStatus"], answer.status);
        assert_eq!(answer.text("/HostId"), "fake");
        assert_eq!(answer.text("/RequestId").len(), 36);
    }
    let bare = b"GET /?Action=ListKeys HTTP/1.1\r\nHost: fake\r\nConnection: close\r\n\r\n";
    assert_eq!(parse(&client.send(bare)?)?.code(), "400 MissingParameter");
    let elsewhere = b"POST /x HTTP/1.1\r\nHost: fake\r\nConnection: close\r\n\r\n";
    assert_eq!(parse(&client.send(elsewhere)?)?.code(), "404 InvalidAction.NotFound");
    Ok(())
}
