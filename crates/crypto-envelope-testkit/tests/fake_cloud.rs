//! The program `fake-cloud`, as another program sees it.

use std::{
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

fn start(arguments: &[&str]) -> Result<(Child, Value)> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fake-cloud"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    Ok((child, serde_json::from_str(&line)?))
}

fn is_up(ready: &Value) -> bool {
    let endpoint = ready["endpoint"].as_str().unwrap_or_default();
    TcpStream::connect(endpoint.trim_start_matches("http://")).is_ok()
}

#[test]
fn it_says_where_it_is_and_ends_with_its_input() -> Result<()> {
    let (mut child, ready) = start(&["aws-kms"])?;
    assert!(is_up(&ready), "{ready}");
    assert_eq!(ready["service"], "aws-kms");
    assert_eq!(ready["region"], "us-east-1");
    for name in [
        "symmetric",
        "symmetric_2",
        "multi_region",
        "replica",
        "rsa_2048",
        "ecc_p256",
        "imported",
        "pending_import",
        "disabled",
    ] {
        let arn = ready["keys"][name].as_str().ok_or(name)?;
        assert!(arn.starts_with("arn:aws:kms:us-"), "{arn}");
    }
    let mut input = child.stdin.take().ok_or("no input")?;
    writeln!(input, "anything")?;
    assert!(child.try_wait()?.is_none());
    drop(input);
    assert_eq!(child.wait()?.code(), Some(0));
    assert!(!is_up(&ready));
    Ok(())
}

#[test]
fn a_kms_instance_says_how_to_be_trusted_and_who_may_call() -> Result<()> {
    for (arguments, scheme) in
        [(&["alibaba-instance"][..], "http://"), (&["alibaba-instance", "--tls"], "https://")]
    {
        let (mut child, ready) = start(arguments)?;
        let text = |pointer: &str| ready.pointer(pointer).and_then(Value::as_str);
        assert_eq!(text("/service"), Some("alibaba-instance"));
        let address =
            text("/endpoint").and_then(|at| at.strip_prefix(scheme)).ok_or("no address")?;
        assert!(TcpStream::connect(address).is_ok());
        let ca = text("/ca_pem").is_some_and(|pem| pem.starts_with("-----BEGIN CERTIFICATE-----"));
        assert_eq!(ca, scheme == "https://");
        assert!(text("/client_key_id").is_some_and(|id| id.starts_with("KAAP.")));
        assert!(text("/private_key_pem").is_some_and(|pem| pem.contains("BEGIN PRIVATE KEY")));
        for name in ["symmetric", "rsa_2048_encrypt", "rsa_2048_sign", "disabled"] {
            assert!(text(&format!("/keys/{name}")).is_some_and(|id| id.starts_with("key-hzz")));
        }
        drop(child.stdin.take());
        assert_eq!(child.wait()?.code(), Some(0));
    }
    Ok(())
}

/// Its clients are known by the secret that it prints.
#[test]
fn a_call_that_is_not_signed_is_refused_and_logged() -> Result<()> {
    let log = std::env::temp_dir().join(format!("fake-cloud-log-{}", std::process::id()));
    let (mut child, ready) = start(&["aws-kms", "--log", log.to_str().ok_or("no text")?])?;
    let text = |member: &str| ready[member].as_str().ok_or(member.to_owned());
    assert!(!text("secret_access_key")?.is_empty());
    let address = text("endpoint")?.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 2\r\n\
         X-Amz-Target: TrentService.ListKeys\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Date: 20260101T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 \
         Credential={}/20260101/us-east-1/kms/aws4_request, SignedHeaders=host;x-amz-date, \
         Signature=00\r\n\r\n{{}}",
        text("access_key_id")?
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    assert!(answer.contains("InvalidSignatureException"), "{answer}");
    let line: Value = serde_json::from_str(&std::fs::read_to_string(&log)?)?;
    assert_eq!(
        (&line["op"], &line["error"]),
        (&"ListKeys".into(), &"InvalidSignatureException".into())
    );
    std::fs::remove_file(&log)?;
    drop(child.stdin.take());
    child.wait()?;
    Ok(())
}

#[test]
fn signals_end_it() -> Result<()> {
    for signal in ["-INT", "-TERM"] {
        let (mut child, ready) = start(&["aws-kms"])?;
        let id = child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status()?.success());
        assert_eq!(child.wait()?.code(), Some(0), "{signal}");
        assert!(!is_up(&ready));
    }
    Ok(())
}

#[test]
fn what_is_wrong_is_said_by_the_exit_code() -> Result<()> {
    let (mut child, ready) = start(&["aws-kms"])?;
    let port = ready["endpoint"].as_str().and_then(|at| at.rsplit(':').next()).ok_or("no port")?;
    for (arguments, expected) in [
        (&["aws-kms", "--port", port][..], 1),
        (&["aws-kms", "--log", "/nonexistent/log"], 1),
        (&["aws-kms", "--port", "x"], 2),
        (&["no-cloud"], 2),
        (&[], 2),
        (&["--help"], 0),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_fake-cloud"))
            .args(arguments)
            .stdin(Stdio::null())
            .output()?;
        assert_eq!(output.status.code(), Some(expected), "{arguments:?}");
        assert_eq!(output.stdout.is_empty(), expected != 0, "{arguments:?}");
    }
    drop(child.stdin.take());
    child.wait()?;
    Ok(())
}
