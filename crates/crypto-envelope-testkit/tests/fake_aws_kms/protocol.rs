//! What is said around the operations.

use crypto_envelope_testkit::fake::aws_kms::{AccessKey, FakeAwsKms, FakeAwsKmsBuilder, KeyKind};
use serde_json::{Value, json};

use crate::client::{Answer, REGION, Result, headers, send};

fn code(answer: &Answer) -> String {
    answer.result().map_or_else(|(code, _)| code, |answer| answer.to_string())
}

#[test]
fn every_answer_has_an_id_and_a_type() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let mut ids = Vec::new();
    for operation in ["ListKeys", "Decrypt", "MakeCoffee"] {
        let answer = send(&kms, &headers("AKID", REGION, operation), b"{}")?;
        assert_eq!(answer.header("content-type"), Some("application/x-amz-json-1.1"));
        ids.push(answer.header("x-amzn-requestid").ok_or("no id")?.to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
    Ok(())
}

#[test]
fn who_and_where_must_be_said() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let whole = headers("AKID", REGION, "ListKeys");
    let line = |name: &str| {
        let mut lines = whole.split_inclusive("\r\n");
        lines.find(|line| line.starts_with(name)).unwrap_or_default().to_owned()
    };
    for (headers, expected) in [
        (whole.replace(&line("Authorization"), ""), "MissingAuthenticationTokenException"),
        (whole.replace("Signature=00", ""), "IncompleteSignatureException"),
        (whole.replace(&line("X-Amz-Date"), ""), "IncompleteSignatureException"),
        (whole.replace("/kms/", "/s3/"), "InvalidSignatureException"),
        (whole.replace(&line("X-Amz-Target"), ""), "UnknownOperationException"),
        (whole.replace("json-1.1", "json-1.0"), "UnknownOperationException"),
    ] {
        assert_eq!(code(&send(&kms, &headers, b"{}")?), expected, "{headers}");
    }
    assert_eq!(code(&send(&kms, &whole, b"{")?), "SerializationException");
    assert_eq!(send(&kms, &whole, b"{}")?.status, 200);
    Ok(())
}

#[test]
fn an_operation_without_a_result_has_no_body() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let key = kms.create_key(REGION, KeyKind::Symmetric)?;
    let request = json!({"KeyId": key}).to_string();
    let answer = send(&kms, &headers("AKID", REGION, "DisableKey"), request.as_bytes())?;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    Ok(())
}

#[test]
fn requests_have_a_limit() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let large = vec![b' '; (1 << 20) + 1];
    // It may be refused before all of it is sent, and then the answer can be lost.
    let answer = send(&kms, &headers("AKID", REGION, "ListKeys"), &large);
    assert!(answer.is_err() || answer.is_ok_and(|answer| answer.status == 413));
    assert!(kms.calls().is_empty());
    Ok(())
}

#[test]
fn only_known_access_keys_are_let_in_once_there_are_any() -> Result<()> {
    let kms = FakeAwsKms::builder().access_key(AccessKey::new("AKIDA", "alice")).start()?;
    let code_for = |id: &str| -> Result<String> {
        Ok(code(&send(&kms, &headers(id, REGION, "MakeCoffee"), b"{}")?))
    };
    assert_eq!(code_for("AKIDA")?, "UnknownOperationException");
    assert_eq!(code_for("AKIDB")?, "UnrecognizedClientException");
    kms.add_access_key(AccessKey::new("AKIDB", "bob"));
    assert_eq!(code_for("AKIDB")?, "UnknownOperationException");
    Ok(())
}

#[test]
fn the_log_is_written_as_lines_of_json() -> Result<()> {
    let path = std::env::temp_dir().join(format!("fake-kms-log-{}", std::process::id()));
    let log_of = |builder: FakeAwsKmsBuilder| -> Result<(Value, usize)> {
        let kms = builder.log_file(&path).start()?;
        send(&kms, &headers("AKID", REGION, "MakeCoffee"), br#"{"Sugar": 2}"#)?;
        let log = std::fs::read_to_string(&path)?;
        std::fs::remove_file(&path)?;
        Ok((serde_json::from_str(log.trim_end())?, kms.calls().len()))
    };
    let (line, kept) = log_of(FakeAwsKms::builder())?;
    assert_eq!(kept, 1);
    assert_eq!(log_of(FakeAwsKms::builder().forget_calls())?, (line.clone(), 0));
    assert_eq!(
        line,
        json!({
            "op": "MakeCoffee",
            "region": REGION,
            "access_key": "AKID",
            "request": {"Sugar": 2},
            "response": {"__type": "UnknownOperationException"},
            "error": "UnknownOperationException",
            "fault": null,
            "user_agent": "tests/1",
        })
    );
    Ok(())
}

#[test]
fn a_dropped_fake_is_gone_and_its_port_is_free() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let port = kms.endpoint().rsplit(':').next().ok_or("no port")?.parse()?;
    let open = std::net::TcpStream::connect(("127.0.0.1", port))?;
    drop(kms);
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    drop(open);
    let again = FakeAwsKms::builder().port(port).start()?;
    assert!(again.endpoint().ends_with(&port.to_string()));
    Ok(())
}

#[tokio::test]
async fn it_starts_and_ends_inside_a_runtime() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let answer = send(&kms, &headers("AKID", REGION, "ListKeys"), b"{}")?;
    assert_eq!(answer.status, 200);
    drop(kms);
    Ok(())
}
