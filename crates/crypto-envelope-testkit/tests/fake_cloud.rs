//! The program `fake-cloud`, as another program sees it.

use std::{
    error::Error,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
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

/// It has no operations but those of objects, so what a client needs is all in the line.
#[test]
fn an_object_store_says_where_it_is_and_refuses_strangers() -> Result<()> {
    let log = std::env::temp_dir().join(format!("fake-cloud-cos-{}", std::process::id()));
    let path = log.to_str().ok_or("no text")?;
    let (child, ready) = start(&["cos", "--log", path, "--part-size-check"])?;
    let text = |name: &str| ready[name].as_str().ok_or(name.to_owned());
    let (bucket, region, host) = (text("bucket")?, text("region")?, text("host")?);
    assert_eq!(ready["service"], "cos");
    assert_eq!(host, format!("{bucket}.cos.{region}.myqcloud.com"));
    assert_eq!(text("endpoint")?, format!("http://127.0.0.1:{}", ready["port"]));
    for name in ["secret_id", "secret_key"] {
        // Clients refuse keys with anything else in them.
        let is_key =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        assert!(is_key(text(name)?), "{name}");
    }
    let mut stream = TcpStream::connect(text("endpoint")?.trim_start_matches("http://"))?;
    write!(stream, "GET /key HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
    let line: Value = serde_json::from_str(&fs::read_to_string(&log)?)?;
    assert_eq!(
        (&line["op"], &line["key"], &line["error"]),
        (&"GetObject".into(), &"key".into(), &"AccessDenied".into())
    );
    fs::remove_file(&log)?;
    stop(child)
}

#[test]
fn s3_says_all_that_a_client_needs() -> Result<()> {
    for (arguments, scheme) in [(&["s3"][..], "http://"), (&["s3", "--tls"], "https://")] {
        let (child, ready) = start(arguments)?;
        let text = |name: &str| ready[name].as_str().ok_or(name.to_owned());
        assert_eq!((text("service")?, text("region")?), ("s3", "us-east-1"));
        assert_eq!(text("endpoint")?, format!("{scheme}127.0.0.1:{}", ready["port"]));
        assert_eq!(ready["ca_pem"].is_string(), scheme == "https://");
        for name in ["bucket", "access_key_id", "secret_access_key"] {
            assert!(!text(name)?.is_empty(), "{name}");
        }
        let mut stream = TcpStream::connect(text("endpoint")?.trim_start_matches(scheme))?;
        if scheme == "http://" {
            let request = "GET /bucket HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            stream.write_all(request.as_bytes())?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
        }
        stop(child)?;
    }
    Ok(())
}

fn stop(mut child: Child) -> Result<()> {
    drop(child.stdin.take());
    assert_eq!(child.wait()?.code(), Some(0));
    Ok(())
}

#[test]
fn a_kms_instance_says_how_to_be_trusted_and_who_may_call() -> Result<()> {
    for (arguments, scheme) in
        [(&["alibaba-instance"][..], "https://"), (&["alibaba-instance", "--clear"], "http://")]
    {
        let (child, ready) = start(arguments)?;
        let text = |pointer: &str| ready.pointer(pointer).and_then(Value::as_str);
        assert_eq!(text("/service"), Some("alibaba-instance"));
        let address =
            text("/endpoint").and_then(|at| at.strip_prefix(scheme)).ok_or("no address")?;
        assert!(TcpStream::connect(address).is_ok());
        assert_eq!(text("/ca_file").is_some(), scheme == "https://");
        if let Some(path) = text("/ca_file") {
            assert_eq!(Some(&*fs::read_to_string(path)?), text("/ca_pem"));
            assert!(text("/ca_pem").is_some_and(|pem| pem.starts_with("-----BEGIN CERTIFICATE")));
        }
        let path = text("/client_key_file").ok_or("no ClientKey")?;
        assert!(is_private(path)?);
        let client_key: Value = serde_json::from_slice(&fs::read(path)?)?;
        assert_eq!(client_key["KeyId"], ready["client_key_id"]);
        assert!(client_key["PrivateKeyData"].is_string());
        assert!(text("/client_key_id").is_some_and(|id| id.starts_with("KAAP.")));
        assert!(text("/private_key_pem").is_some_and(|pem| pem.contains("BEGIN PRIVATE KEY")));
        assert!(text("/client_key_password").is_some_and(|password| password.len() >= 8));
        assert!(text("/instance_id").is_some_and(|id| id.starts_with("kst-hzz")));
        for name in ["symmetric", "rsa_2048_encrypt", "rsa_2048_sign", "disabled"] {
            assert!(text(&format!("/keys/{name}")).is_some_and(|id| id.starts_with("key-hzz")));
        }
        stop(child)?;
        assert!(!Path::new(path).exists());
    }
    Ok(())
}

#[test]
fn what_alibaba_has_outlives_it_and_is_shared() -> Result<()> {
    let directory = std::env::temp_dir().join(format!("fake-cloud-state-{}", std::process::id()));
    let state = ["--state", directory.to_str().ok_or("no text")?];
    let (instance, first) = start(&[&["alibaba-instance"], &state[..]].concat())?;
    let (public, second) = start(&[&["alibaba-public"], &state[..]].concat())?;
    assert_eq!(first["keys"], second["keys"]);
    assert_eq!(second["service"], "alibaba-public");
    assert!(second["endpoint"].as_str().is_some_and(|at| at.starts_with("http://")));
    stop(instance)?;
    stop(public)?;
    let (both, third) = start(&[&["alibaba-kms", "--public-tls"], &state[..]].concat())?;
    assert_eq!(first["keys"], third["keys"]);
    for name in ["ca_file", "ca_pem", "client_key_id", "instance_id", "private_key_pem"] {
        assert!(first[name].is_string());
        assert_eq!(first[name], third["instance"][name], "{name}");
    }
    for name in ["access_key_id", "access_key_secret"] {
        assert!(second[name].is_string());
        assert_eq!(second[name], third["public"][name], "{name}");
    }
    assert_eq!(third["public"]["ca_file"], first["ca_file"]);
    stop(both)?;
    for name in ["state.json", "ca.pem", "client-key.json"] {
        assert!(is_private(directory.join(name))?, "{name}");
    }
    fs::write(directory.join("state.json"), "{}")?;
    let output = Command::new(env!("CARGO_BIN_EXE_fake-cloud"))
        .args([&["alibaba-public"], &state[..]].concat())
        .stdin(Stdio::null())
        .output()?;
    assert_eq!(output.status.code(), Some(1));
    fs::remove_dir_all(directory)?;
    Ok(())
}

/// Whether nobody else may read it.
fn is_private(path: impl AsRef<Path>) -> Result<bool> {
    #[cfg(unix)]
    return Ok(std::os::unix::fs::MetadataExt::mode(&fs::metadata(path)?) & 0o777 == 0o600);
    #[cfg(not(unix))]
    return Ok(fs::metadata(path)?.is_file());
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
    let line: Value = serde_json::from_str(&fs::read_to_string(&log)?)?;
    assert_eq!(
        (&line["op"], &line["error"]),
        (&"ListKeys".into(), &"InvalidSignatureException".into())
    );
    fs::remove_file(&log)?;
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
