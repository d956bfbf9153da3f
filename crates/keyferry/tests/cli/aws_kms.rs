//! Keys in AWS KMS: which calls are made, and which are not.

use std::{
    error::Error,
    fs,
    io::{self, Read as _, Write as _},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope_testkit::fake::{
    aws_kms::{Call, KeyKind},
    http::Fault,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::{
    aws::{Aws, KEY, OTHER, SECRET, WRITER},
    interrupt::minding_signals,
    sandbox::{Ran, Sandbox, TestResult},
};

/// Runs the program with access to `kms`.
fn run(sandbox: &Sandbox, kms: &Aws, arguments: &[&str]) -> io::Result<Ran> {
    sandbox.command(arguments).envs(kms.variables()).output().map(Ran::from)
}

fn provider(key: &str) -> String {
    format!("aws-kms:{key}")
}

/// Operations and regions.
fn summary(calls: &[Call]) -> Vec<(&str, &str)> {
    calls.iter().map(|call| (&*call.operation, &*call.region)).collect()
}

#[test]
fn each_message_takes_one_call_of_each_key() -> TestResult {
    let (sandbox, kms) = (Sandbox::new()?, Aws::start()?);
    sandbox.write("one", "1")?;
    sandbox.write("two", "2")?;
    let (key, other) = (provider(KEY), provider(OTHER));
    let arguments = ["encrypt", "-c", "a=b", "-p", &key, "-p", &other, "one", "two"];
    run(&sandbox, &kms, &arguments)?.expect(0)?;
    let calls = kms.fake.take_calls();
    let expected = [("GenerateDataKey", "us-west-2"), ("Encrypt", "eu-west-1")];
    assert_eq!(summary(&calls), [expected, expected].concat());
    assert!(calls.iter().all(|call| call.request["EncryptionContext"] == json!({"a": "b"})));

    run(&sandbox, &kms, &["inspect", "one.encrypted"])?.expect(0)?;
    assert_eq!(summary(&kms.fake.take_calls()), []);
    run(&sandbox, &kms, &["decrypt", "-f", "-p", &other, "one.encrypted"])?.expect(0)?;
    assert_eq!(summary(&kms.fake.take_calls()), [("Decrypt", "eu-west-1")]);
    let tokens = format!("{key}?grant-token=one,two");
    run(&sandbox, &kms, &["decrypt", "-f", "-p", &tokens, "one.encrypted"])?.expect(0)?;
    assert_eq!(kms.fake.take_calls()[0].request["GrantTokens"], json!(["one", "two"]));
    Ok(())
}

#[test]
fn keys_of_others_are_not_asked_for() -> TestResult {
    let (sandbox, kms) = (Sandbox::new()?, Aws::start()?);
    sandbox.write("file", "text")?;
    run(&sandbox, &kms, &["encrypt", "-p", &provider(KEY), "file"])?.expect(0)?;
    let _ = kms.fake.take_calls();
    for others in [
        provider(OTHER),
        provider("discovery?accounts=444455556666"),
        provider("discovery?accounts=111122223333&partition=aws-cn"),
        provider("discovery?accounts=any&key-regions=eu-west-1"),
    ] {
        run(&sandbox, &kms, &["decrypt", "-f", "-p", &others, "file.encrypted"])?.expect(4)?;
        assert_eq!(summary(&kms.fake.take_calls()), [], "{others}");
    }
    Ok(())
}

#[test]
fn one_call_serves_several_files() -> TestResult {
    let (sandbox, kms) = (Sandbox::new()?, Aws::start()?);
    let names = ["1", "2", "3"];
    for name in names {
        sandbox.write(name, name)?;
    }
    let key = provider(KEY);
    let calls = |command: &str, caching: &str, suffix: &str| -> Result<usize, Box<dyn Error>> {
        let files = names.map(|name| name.to_owned() + suffix);
        let mut arguments = vec![command, "--force", "-p", &key, "--caching", caching];
        arguments.extend(files.iter().map(String::as_str));
        run(&sandbox, &kms, &arguments)?.expect(0)?;
        Ok(kms.fake.take_calls().len())
    };
    assert_eq!(calls("encrypt", "max-age=600", "")?, 1);
    assert_eq!(calls("decrypt", "max-age=600", ".encrypted")?, 1);
    assert_eq!(calls("encrypt", "max-age=600,max-messages=2", "")?, 2);
    assert_eq!(calls("decrypt", "max-age=600,capacity=1", ".encrypted")?, 2);
    // As long as the bytes of the first and the second file, but not of a third one.
    assert_eq!(calls("encrypt", "max-age=600,max-bytes=2", "")?, 2);
    // No file is as short as that.
    assert_eq!(calls("encrypt", "max-age=600,max-bytes=0", "")?, 3);
    for name in names {
        let encrypted = format!("{name}.encrypted");
        let decrypt = ["decrypt", "-p", &key, "-o", "-", &encrypted];
        assert_eq!(run(&sandbox, &kms, &decrypt)?.expect(0)?.stdout, name.as_bytes());
    }
    Ok(())
}

/// It would read the data keys, and the credentials that a container gets from its host.
#[test]
fn a_proxy_of_the_environment_does_not_get_what_stays_on_this_machine() -> TestResult {
    let (sandbox, kms) = (Sandbox::new()?, Aws::start()?);
    let proxy = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", proxy.local_addr()?);
    sandbox.write("file", "text")?;
    let mut command = sandbox.command(&["encrypt", "-p", &provider(KEY), "file"]);
    command.envs(kms.variables()).env("AWS_CONTAINER_CREDENTIALS_FULL_URI", host_of_container()?);
    for variable in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "NO_PROXY", "no_proxy"] {
        command.env_remove(variable);
    }
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        command.env(variable, &url);
    }
    command.output().map(Ran::from)?.expect(0)?;
    assert_eq!(kms.fake.take_calls().len(), 1);
    proxy.set_nonblocking(true)?;
    let nobody = proxy.accept().expect_err("somebody came to the proxy");
    assert_eq!(nobody.kind(), io::ErrorKind::WouldBlock);
    Ok(())
}

/// Gives credentials once.
fn host_of_container() -> io::Result<String> {
    let body = json!({
        "AccessKeyId": WRITER,
        "SecretAccessKey": SECRET,
        "Token": "token",
        "Expiration": "2099-12-31T23:59:59Z",
    })
    .to_string();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/credentials", listener.local_addr()?);
    thread::spawn(move || -> io::Result<()> {
        let (mut stream, _) = listener.accept()?;
        let mut request = [0; 4096];
        let _ = stream.read(&mut request)?;
        let length = body.len();
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
        write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{body}")
    });
    Ok(url)
}

/// Somebody may have to type a code for them.
#[test]
fn credentials_are_had_once() -> TestResult {
    let (sandbox, kms) = (Sandbox::new()?, Aws::start()?);
    fs::create_dir_all(sandbox.path("home/.aws"))?;
    let script = sandbox.path("credentials");
    let asked = sandbox.path("asked");
    let answer = r#"{"Version":1,"AccessKeyId":"AKIDREADER","SecretAccessKey":"x"}"#;
    fs::write(&script, format!("echo asked >> {}; echo '{answer}'", asked.display()))?;
    let config = format!("[profile tool]\ncredential_process = sh {}\n", script.display());
    fs::write(sandbox.path("home/.aws/config"), config)?;

    sandbox.write("one", "1")?;
    sandbox.write("two", "2")?;
    run(&sandbox, &kms, &["encrypt", "-p", &provider(KEY), "one", "two"])?.expect(0)?;
    let _ = kms.fake.take_calls();
    let key = provider(KEY) + "?profile=tool";
    let other = format!("{}?profile=tool&endpoint={}", provider(OTHER), kms.fake.endpoint());
    let arguments = ["decrypt", "-f", "-p", &other, "-p", &key, "one.encrypted", "two.encrypted"];
    run(&sandbox, &kms, &arguments)?.expect(0)?;
    assert!(kms.fake.take_calls().iter().all(|call| call.access_key == "AKIDREADER"));
    assert_eq!(fs::read_to_string(asked)?, "asked\n");
    Ok(())
}

#[test]
fn a_public_key_in_a_file_needs_no_aws() -> TestResult {
    let (sandbox, kms) = (Sandbox::new()?, Aws::start()?);
    let arn = kms.fake.create_key("eu-west-1", KeyKind::Rsa2048)?;
    let answer = kms.fake.administer("eu-west-1", "GetPublicKey", &json!({"KeyId": arn}))?;
    let base64 = answer["PublicKey"].as_str().ok_or("no public key")?;
    sandbox.write("public.der", BASE64.decode(base64)?)?;
    sandbox.write("file", "text")?;
    let key = format!("aws-kms-rsa:{arn}?public-key=public.der");
    sandbox.run(&["encrypt", "-p", &key, "file"])?.expect(0)?;
    assert_eq!(summary(&kms.fake.take_calls()), []);
    let decrypted = ["decrypt", "-p", &key, "-o", "-", "file.encrypted"];
    assert_eq!(run(&sandbox, &kms, &decrypted)?.expect(0)?.stdout, b"text");
    assert_eq!(summary(&kms.fake.take_calls()), [("Decrypt", "eu-west-1")]);
    Ok(())
}

#[test]
fn a_busy_service_is_tried_three_times() -> TestResult {
    let (sandbox, kms) = (Sandbox::new()?, Aws::start()?);
    sandbox.write("file", "text")?;
    let encrypt = ["encrypt", "-f", "-p", &provider(KEY), "file"];
    kms.fake.throttle_next(2);
    run(&sandbox, &kms, &encrypt)?.expect(0)?;
    let _ = kms.fake.take_calls();
    kms.fake.throttle_next(100);
    let begin = Instant::now();
    run(&sandbox, &kms, &encrypt)?.expect(1)?;
    assert_eq!(kms.fake.take_calls().len(), 3);
    assert!(begin.elapsed() < Duration::from_secs(20));
    Ok(())
}

#[test]
fn no_message_shows_the_secret_of_the_credentials() -> TestResult {
    let (sandbox, kms) = (Sandbox::new()?, Aws::start()?);
    sandbox.write("file", "text")?;
    let nowhere = provider(KEY) + "?endpoint=http://127.0.0.1:1";
    let nothing = provider(KEY) + "?profile=nobody";
    let unknown = provider("alias/none?region=us-west-2");
    for key in [nowhere, nothing, unknown] {
        let ran = run(&sandbox, &kms, &["encrypt", "--json", "-p", &key, "file"])?;
        assert!(ran.code != Some(0) && !ran.stderr.is_empty());
        let said = ran.stderr + &String::from_utf8(ran.stdout)?;
        assert!(!said.contains(SECRET), "{said}");
    }
    Ok(())
}

#[test]
fn a_signal_ends_a_call() -> TestResult {
    let (sandbox, kms) = (Sandbox::new()?, Aws::start()?);
    sandbox.write("file", "text")?;
    run(&sandbox, &kms, &["encrypt", "-p", &provider(KEY), "file"])?.expect(0)?;
    for arguments in [
        ["encrypt", "-p", &provider(KEY), "-o", "result", "file"],
        ["decrypt", "-p", &provider(KEY), "-o", "result", "file.encrypted"],
    ] {
        let called = Arc::new(AtomicBool::new(false));
        let witness = Arc::clone(&called);
        kms.fake.clear_faults();
        kms.fake.inject(Fault::delay(Duration::from_mins(1)).when(move |_| {
            witness.store(true, Ordering::SeqCst);
            true
        }));
        let mut child = minding_signals(&sandbox, &arguments).envs(kms.variables()).spawn()?;
        while !called.load(Ordering::SeqCst) {
            if let Some(status) = child.try_wait()? {
                return Err(format!("it ended early: {status}").into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        let begin = Instant::now();
        kill_process(Pid::from_child(&child), Signal::INT)?;
        Ran::from(child.wait_with_output()?).expect(130)?;
        assert!(begin.elapsed() < Duration::from_secs(5));
        assert_eq!(sandbox.names()?, ["file", "file.encrypted"]);
    }
    Ok(())
}
