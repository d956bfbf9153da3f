//! What is said about a message or a run, as text and as JSON.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    AlgorithmSuite, BodyFormat, EncryptedDataKey, EncryptionContext, Header,
    provider::RawAesProvider,
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    input::Input,
    output::Destination,
    text::{printable, printable_json},
};

/// One run of a command.
pub(crate) struct Run {
    operation: &'static str,
    input: String,
    output: String,
    data_on_stdout: bool,
}

/// How a run is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Nothing,
    Text,
    Json,
}

impl Run {
    pub(crate) fn new(operation: &'static str, input: &Input, destination: &Destination) -> Self {
        Self {
            operation,
            input: input.name(),
            output: destination.to_string(),
            data_on_stdout: destination.is_standard_output(),
        }
    }

    /// Says what the run has done, with the whole context, stored or not.
    pub(crate) fn done(
        &self,
        header: &Header,
        full_context: &EncryptionContext,
        plaintext_length: u64,
        format: Format,
    ) -> Result<(), Failure> {
        let Self { operation, input, output, data_on_stdout } = self;
        match format {
            Format::Nothing => Ok(()),
            Format::Text => {
                say(&format!("{operation}ed {input} -> {output} ({plaintext_length} bytes)"));
                Ok(())
            }
            Format::Json => {
                let report = json!({
                    "operation": operation,
                    "input": input,
                    "output": output,
                    "plaintext_length": plaintext_length,
                    "message_id": header.message_id().to_string(),
                    "suite": suite(header.suite()),
                    "context": context(full_context),
                    "encrypted_data_keys": encrypted_data_keys(header),
                });
                let line = printable_json(&report.to_string()) + "\n";
                if *data_on_stdout { say_raw(&line) } else { print(&line) }
            }
        }
    }
}

/// Tells where a new key is, once in its life, and so even if nothing else is to be said. As JSON
/// it is a line of its own on standard error.
pub(crate) fn new_key(path: &str, format: Format) {
    if format == Format::Json {
        let line = json!({ "operation": "make-key", "key_file": path }).to_string();
        // Nobody is left to tell without standard error; the key is there in any case.
        let _ = say_raw(&(printable_json(&line) + "\n"));
        return;
    }
    say(&format!("made a new key: {path}"));
    say(
        "  Keep a copy of it in a safe place: whoever has it can decrypt, and without it the data \
         is lost.",
    );
}

/// Something that is not as it should be and does not stop the work.
pub(crate) fn warning(text: &str) {
    say(&format!("keyferry: warning: {text}"));
}

/// Shows what a header claims. `message_length` is that of the whole message, if it is known.
pub(crate) fn claims(
    header: &Header,
    message_length: Option<u64>,
    format: Format,
) -> Result<(), Failure> {
    let estimate = message_length.and_then(|length| header.estimate_plaintext_length(length));
    if format == Format::Json {
        let claims = claims_as_json(header, message_length, estimate).to_string();
        return print(&(printable_json(&claims) + "\n"));
    }
    print(&claims_as_text(header, message_length, estimate))
}

fn claims_as_json(header: &Header, message_length: Option<u64>, estimate: Option<u64>) -> Value {
    let (body, frame_length) = match header.body_format() {
        BodyFormat::Framed { frame_length } => ("framed", Some(frame_length.get())),
        _ => ("non-framed", None),
    };
    json!({
        "verified": false,
        "version": header.version(),
        "suite": suite(header.suite()),
        "message_id": header.message_id().to_string(),
        "context": context(header.stored_context()),
        "encrypted_data_keys": encrypted_data_keys(header),
        "body": body,
        "frame_length": frame_length,
        "header_length": header.length(),
        "message_length": message_length,
        "plaintext_length_estimate": estimate,
    })
}

fn claims_as_text(header: &Header, length: Option<u64>, estimate: Option<u64>) -> String {
    let suite = header.suite();
    let yes_or_no = |yes| if yes { "yes" } else { "no" };
    let bytes = |length: Option<u64>| length.map_or("unknown".into(), |l| format!("{l} bytes"));
    let mut lines = vec![
        "Nothing here is verified: anybody could have written it.".to_owned(),
        format!("format version:  {}", header.version()),
        format!("suite:           {suite}"),
        format!("  committing:    {}", yes_or_no(suite.is_committing())),
        format!("  signed:        {}", yes_or_no(suite.is_signing())),
        format!("message id:      {}", header.message_id()),
    ];
    lines.push(match header.body_format() {
        BodyFormat::Framed { frame_length } => format!("frame length:    {frame_length} bytes"),
        _ => "body:            not framed".to_owned(),
    });
    lines.push(format!("header:          {} bytes", header.length()));
    lines.push(format!("message:         {}", bytes(length)));
    lines.push(format!("plaintext:       about {}", bytes(estimate)));
    let context = if header.stored_context().is_empty() { "context: none" } else { "context:" };
    lines.push(context.to_owned());
    for (key, value) in header.stored_context().iter() {
        lines.push(format!("  {key} = {value}"));
    }
    lines.push("encrypted data keys:".to_owned());
    for key in header.encrypted_data_keys() {
        lines.push(format!("  {} {}", key.provider_id(), key_name(key)));
    }
    lines.iter().fold(String::new(), |mut text, line| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", printable(line));
        text
    })
}

fn suite(suite: AlgorithmSuite) -> Value {
    json!({
        "id": format!("{:04x}", suite.id()),
        "name": suite.name(),
        "committing": suite.is_committing(),
        "signed": suite.is_signing(),
    })
}

fn context(context: &EncryptionContext) -> Value {
    context.iter().map(|(key, value)| (key.to_owned(), json!(value))).collect()
}

fn encrypted_data_keys(header: &Header) -> Vec<Value> {
    let describe = |key: &EncryptedDataKey| {
        json!({
            "provider_id": key.provider_id(),
            "key_name": key_name(key),
            "provider_info_base64": BASE64.encode(key.provider_info()),
            "ciphertext_length": key.ciphertext().len(),
        })
    };
    header.encrypted_data_keys().iter().map(describe).collect()
}

/// The name of the wrapping key, as far as it can be read without asking its provider.
fn key_name(key: &EncryptedDataKey) -> String {
    RawAesProvider::recognize(key)
        .and_then(|description| description.key_id)
        .unwrap_or_else(|| String::from_utf8_lossy(key.provider_info()).into_owned())
}

/// To standard output.
fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let printed = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    match printed {
        // Whoever reads it has seen enough. (Data that nobody takes is an error: see Output.)
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed.map_err(|error| Failure::io("cannot write standard output", &error)),
    }
}

/// A line to standard error, for people. Without standard error there is nobody to tell, which
/// is no reason to fail: the work is done.
fn say(line: &str) {
    let _ = say_raw(&format!("{}\n", printable(line)));
}

fn say_raw(text: &str) -> Result<(), Failure> {
    let written = io::stderr().write_all(text.as_bytes());
    written.map_err(|error| Failure::io("cannot write to standard error", &error))
}
