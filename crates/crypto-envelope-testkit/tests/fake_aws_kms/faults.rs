//! What goes wrong on demand.

use std::time::{Duration, Instant};

use crypto_envelope_testkit::fake::{
    aws_kms::{FakeAwsKms, KeyKind, lie},
    http::Fault,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time,
};

use crate::client::{REGION, Result, bytes, call, headers, send, send_raw};

fn list_keys(kms: &FakeAwsKms) -> Result<Value, (String, Option<String>)> {
    call(kms, REGION, "ListKeys", &json!({}))
}

fn raw(kms: &FakeAwsKms) -> Result<Vec<u8>> {
    send_raw(kms, &headers("AKID", REGION, "ListKeys"), b"{}")
}

#[test]
fn answers_come_late() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    kms.inject(Fault::delay(Duration::from_millis(100)));
    let start = Instant::now();
    assert!(list_keys(&kms).is_ok());
    assert!(start.elapsed() >= Duration::from_millis(100));
    Ok(())
}

#[test]
fn answers_come_bit_by_bit() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let whole = send(&kms, &headers("AKID", REGION, "ListKeys"), b"{}")?;
    let pause = Duration::from_millis(20);
    kms.inject(Fault::slow(10, pause));
    let start = Instant::now();
    let answer = send(&kms, &headers("AKID", REGION, "ListKeys"), b"{}")?;
    let pieces = whole.body.len().div_ceil(10);
    assert!(pieces > 1 && start.elapsed() >= pause * u32::try_from(pieces)?);
    assert_eq!((answer.status, &answer.body), (200, &whole.body));
    assert_eq!(answer.header("content-length"), Some(whole.body.len().to_string().as_str()));
    assert_eq!(kms.calls().pop().and_then(|call| call.fault).as_deref(), Some("slow"));
    // Nothing at a time, without a pause, ends as well.
    kms.inject(Fault::slow(0, Duration::ZERO));
    assert_eq!(send(&kms, &headers("AKID", REGION, "ListKeys"), b"{}")?.body, whole.body);
    Ok(())
}

/// Something arrives all the time, so that only the whole answer can be late.
#[tokio::test]
async fn who_waits_for_all_of_a_slow_answer_gives_up() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    kms.inject(Fault::slow(1, Duration::from_millis(200)));
    let address = kms.endpoint().replace("http://", "");
    let mut stream = TcpStream::connect(&address).await?;
    let head = headers("AKID", REGION, "ListKeys");
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 2\r\n{head}\r\n{{}}"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut answer = Vec::new();
    let all = time::timeout(Duration::from_millis(1500), stream.read_to_end(&mut answer)).await;
    assert!(all.is_err(), "{}", String::from_utf8_lossy(&answer));
    let answer = String::from_utf8(answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no head")?;
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(!body.is_empty() && !body.ends_with('}'), "{body}");
    Ok(())
}

#[test]
fn others_answer_instead() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    kms.inject(Fault::status(503, "busy").times(2));
    for _ in 0..2 {
        let answer = send(&kms, &headers("AKID", REGION, "CreateKey"), b"{}")?;
        assert_eq!((answer.status, &answer.body[..]), (503, &b"busy"[..]));
    }
    let keys = list_keys(&kms).expect("the fault is over");
    assert_eq!(keys["Keys"], json!([]), "nothing was created");
    let calls = kms.calls();
    assert_eq!(calls[0].fault.as_deref(), Some("status"));
    assert_eq!(calls[0].response, "busy");
    assert_eq!(calls[2].fault, None);
    Ok(())
}

#[test]
fn connections_are_closed_before_and_in_the_middle() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let whole = send(&kms, &headers("AKID", REGION, "ListKeys"), b"{}")?;
    kms.inject(Fault::close());
    assert_eq!(raw(&kms)?, b"");
    for after in [0, 1, whole.body.len() - 1] {
        kms.inject(Fault::cut(after));
        let answer = send(&kms, &headers("AKID", REGION, "ListKeys"), b"{}")?;
        assert_eq!(answer.body, whole.body[..after]);
        assert_eq!(answer.header("content-length"), Some(whole.body.len().to_string().as_str()));
    }
    assert!(list_keys(&kms).is_ok());
    Ok(())
}

#[test]
fn garbage_is_no_http() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    kms.inject(Fault::garbage());
    let answer = raw(&kms)?;
    assert!(!answer.is_empty() && !answer.starts_with(b"HTTP/"));
    Ok(())
}

#[test]
fn the_stated_length_can_be_wrong() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let whole = send(&kms, &headers("AKID", REGION, "ListKeys"), b"{}")?;
    for claim in ["1", "1000"] {
        kms.inject(Fault::content_length(claim.parse()?));
        let answer = send(&kms, &headers("AKID", REGION, "ListKeys"), b"{}")?;
        assert_eq!(answer.header("content-length"), Some(claim));
        assert_eq!(answer.body, whole.body);
    }
    Ok(())
}

#[test]
fn faults_pick_operations() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    kms.inject(Fault::close().always().when(|operation| operation == "CreateKey"));
    assert!(list_keys(&kms).is_ok());
    assert_eq!(send_raw(&kms, &headers("AKID", REGION, "CreateKey"), b"{}")?, b"");
    kms.clear_faults();
    assert!(call(&kms, REGION, "CreateKey", &json!({})).is_ok());
    Ok(())
}

#[test]
fn lies_change_the_answer_alone() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let key = kms.create_key(REGION, KeyKind::Symmetric)?;
    let generate = |fault: Fault| {
        kms.inject(fault);
        let request = json!({"KeyId": key, "NumberOfBytes": 32});
        call(&kms, REGION, "GenerateDataKey", &request).expect("a lie is no error")
    };
    assert_eq!(generate(lie::key_id("arn:other"))["KeyId"], "arn:other");
    assert_eq!(generate(lie::without_key_id()).get("KeyId"), None);
    assert_eq!(generate(lie::without("CiphertextBlob")).get("CiphertextBlob"), None);
    assert_eq!(bytes(&generate(lie::plaintext_of(31)), "Plaintext")?, [0; 31]);
    let huge = generate(lie::huge(2_000_000));
    assert_eq!(huge["KeyId"], key);
    assert!(huge.to_string().len() > 2_000_000);
    assert_eq!(generate(lie::answer(|answer| *answer = json!([]))), json!([]));
    kms.inject(lie::error(500, "KMSInternalException", "later"));
    let refused = list_keys(&kms).unwrap_err();
    assert_eq!(refused, ("KMSInternalException".to_owned(), Some("later".to_owned())));
    assert_eq!(
        kms.calls().pop().and_then(|call| call.error).as_deref(),
        Some("KMSInternalException")
    );
    Ok(())
}

#[test]
fn calls_are_throttled() -> Result<()> {
    let kms = FakeAwsKms::start()?;
    let code = |kms: &FakeAwsKms| list_keys(kms).map_or_else(|(code, _)| code, |_| "ok".into());
    kms.throttle_next(1);
    assert_eq!([code(&kms), code(&kms)], ["ThrottlingException", "ok"]);
    // How rates are counted is tested with a clock of its own; here it may be a busy machine.
    kms.throttle_above(Some(0));
    assert_eq!([code(&kms), code(&kms)], ["ThrottlingException"; 2]);
    kms.throttle_above(None);
    assert_eq!([code(&kms), code(&kms)], ["ok", "ok"]);
    let errors = kms.calls().into_iter().filter_map(|call| call.error).collect::<Vec<_>>();
    assert_eq!(errors, ["ThrottlingException"; 3]);
    Ok(())
}
