//! A process that answers requests: a vendor's own SDK.

use std::{
    env,
    ffi::OsString,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use crate::vectors::Result;

/// A running peer. It ends when it is dropped.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts the official SDK for Python.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start.
    pub fn python() -> Result<Self> {
        Self::start(&mut python(PEER)?)
    }

    /// Starts the official SDK for Python, for which KMS is at `endpoint`.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start.
    pub fn python_with_kms(endpoint: &str) -> Result<Self> {
        let mut python = python(PEER)?;
        python
            .env("AWS_ENDPOINT_URL_KMS", endpoint)
            .env("AWS_ACCESS_KEY_ID", "peer")
            .env("AWS_SECRET_ACCESS_KEY", "secret");
        Self::start(&mut python)
    }

    /// Starts the official SDK for Python with branch keys, for which KMS and DynamoDB are at these endpoints.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start.
    pub fn python_with_branch_keys(kms: &str, dynamodb: &str) -> Result<Self> {
        let mut python = python("aws_esdk_python/hierarchy_peer.py")?;
        python
            .env("AWS_ENDPOINT_URL_KMS", kms)
            .env("AWS_ENDPOINT_URL_DYNAMODB", dynamodb)
            .env("AWS_ACCESS_KEY_ID", "peer")
            .env("AWS_SECRET_ACCESS_KEY", "secret");
        Self::start(&mut python)
    }

    /// Starts the vendor's SDKs for Alibaba Cloud KMS, with what `peer.py` wants to know.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start.
    pub fn alibaba_kms(configuration: &Value) -> Result<Self> {
        let mut python = clean_python("CRYPTO_ENVELOPE_ALIBABA_KMS_PYTHON")?;
        python.arg(script("alibaba_kms_python/peer.py")).arg(configuration.to_string());
        Self::start(&mut python)
    }

    /// Starts the vendor's SDK for Tencent COS, with what `peer.py` wants to know. What it keeps at
    /// home, it keeps in the folder.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start.
    pub fn tencent_cos(configuration: &Value, home: &Path) -> Result<Self> {
        let mut python = clean_python("CRYPTO_ENVELOPE_TENCENT_COS_PYTHON")?;
        python.arg(script("tencent_cos_python/peer.py")).arg(configuration.to_string());
        Self::start(python.env("HOME", home))
    }

    /// Starts boto3 as a client of S3, with what `s3_peer.py` wants to know.
    pub(crate) fn s3(configuration: &Value) -> Result<Self> {
        let mut python = without_aws(clean_python("CRYPTO_ENVELOPE_SERVERS")?);
        python.arg(script("servers/s3_peer.py")).arg(configuration.to_string());
        Self::start(&mut python)
    }

    /// Starts the official SDK for JavaScript.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start.
    pub fn node() -> Result<Self> {
        let modules = prepared("CRYPTO_ENVELOPE_NODE_MODULES")?;
        let mut node = Command::new("node");
        Self::start(node.arg(script("aws_esdk_node/peer.js")).env("NODE_PATH", modules))
    }

    fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        Ok(Self { child, requests, answers })
    }

    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    ///
    /// If the peer answers with an error, or not at all.
    pub fn ask(&mut self, request: &Value) -> Result<Value> {
        let requests = self.requests.as_mut().ok_or("the peer was stopped")?;
        writeln!(requests, "{request}")?;
        requests.flush()?;
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("the peer ended without an answer".into());
        }
        let answer: Value = serde_json::from_str(&line)?;
        if answer["ok"] == true {
            Ok(answer)
        } else {
            Err(answer["error"].as_str().unwrap_or("no reason given").to_owned().into())
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Its input ends, so it ends too.
        drop(self.requests.take());
        // Nothing can be done if it does not.
        let _ = self.child.wait();
    }
}

/// What `cargo xtask test` put into a variable that leads to a peer.
///
/// # Errors
///
/// If it is not set.
pub fn prepared(variable: &str) -> Result<OsString> {
    let missing = || format!("{variable} is not set: run `cargo xtask test`");
    Ok(env::var_os(variable).ok_or_else(missing)?)
}

/// A script of `interop/`, in the Python that has the official SDK. Nothing of this machine plays a
/// part: neither who somebody is for AWS, nor where AWS is, nor the way there.
///
/// # Errors
///
/// If `cargo xtask test` did not prepare it.
pub fn python(path: &str) -> Result<Command> {
    let mut python = without_aws(clean_python("CRYPTO_ENVELOPE_PYTHON")?);
    python.arg(script(path));
    Ok(python)
}

/// A Python for which nothing of this machine says anything about AWS.
fn without_aws(mut python: Command) -> Command {
    for of_this_machine in [
        "AWS_DEFAULT_PROFILE",
        "AWS_ENDPOINT_URL",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
    ] {
        python.env_remove(of_this_machine);
    }
    python
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    python
}

/// The Python of this environment, which asks this machine directly and leaves nothing behind.
pub(crate) fn clean_python(variable: &str) -> Result<Command> {
    let mut python = Command::new(prepared(variable)?);
    python
        // Python asks for the small one first.
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1")
        // Nothing is to be left among the sources.
        .env("PYTHONDONTWRITEBYTECODE", "1");
    Ok(python)
}

/// Something of `interop/`.
pub(crate) fn script(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop").join(path)
}

const PEER: &str = "aws_esdk_python/peer.py";
