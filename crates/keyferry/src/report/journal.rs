//! What became of each file of a run, and of the run.

use std::path::Path;

use crypto_envelope::{EncryptionContext, Header};
use serde_json::{Value, json};

use super::{Format, json, json_line, metadata::Metadata, print, say, say_raw};
use crate::{
    args::Report,
    failure::Failure,
    failures::Failures,
    plan::{Job, LeftAlone, Plan},
    provider::ProviderSpec,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Encrypt,
    Decrypt,
}

/// What a report calls the ends of a job.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    input: String,
    output: Option<String>,
}

/// What was encrypted or decrypted.
#[derive(Debug)]
pub(crate) enum Done {
    Message {
        header: Box<Header>,
        /// All of it, stored or not.
        context: EncryptionContext,
        plaintext_length: u64,
    },
    /// An object in a cloud, or a part of it.
    #[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
    Object(DoneObject),
}

/// What is known of an object that was encrypted or decrypted.
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
#[derive(Debug)]
pub(crate) struct DoneObject {
    pub(crate) format: Option<&'static str>,
    pub(crate) message_id: Option<String>,
    pub(crate) plaintext_length: u64,
    /// Of an object that was written.
    pub(crate) etag: Option<String>,
}

impl Done {
    fn plaintext_length(&self) -> u64 {
        match self {
            Self::Message { plaintext_length, .. } => *plaintext_length,
            #[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
            Self::Object(object) => object.plaintext_length,
        }
    }

    fn record(&self) -> Value {
        match self {
            Self::Message { header, context, plaintext_length } => {
                // What the message does not store is not for a log either.
                let stored = header.stored_context();
                let unstored =
                    context.iter().map(|(key, _)| key).filter(|key| stored.value(key).is_none());
                json!({
                    "status": "done",
                    "plaintext_length": plaintext_length,
                    "message_id": header.message_id().to_string(),
                    "suite": json::suite(header.suite()),
                    "context": json::context(stored),
                    "unstored_context_keys": unstored.collect::<Vec<_>>(),
                    "encrypted_data_keys": json::encrypted_data_keys(header),
                })
            }
            #[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
            Self::Object(DoneObject { format, message_id, plaintext_length, etag }) => json!({
                "status": "done",
                "plaintext_length": plaintext_length,
                "message_id": message_id,
                "format": format,
                "etag": etag,
            }),
        }
    }
}

/// Tells people and programs what becomes of each file.
#[derive(Debug)]
pub(crate) struct Journal {
    operation: Operation,
    format: Format,
    records: Records,
    metadata: Option<Metadata>,
    files: usize,
    left_alone: usize,
    done: usize,
    skipped: usize,
    failures: Failures,
}

/// Where records go if they are wanted: not where the data goes.
#[derive(Clone, Copy, Debug)]
enum Records {
    StandardOutput,
    StandardError,
}

impl Journal {
    pub(crate) fn new(
        operation: Operation,
        report: &Report,
        plan: &Plan,
        keys: &[ProviderSpec],
    ) -> Result<Self, Failure> {
        let metadata =
            report.metadata_output.as_deref().map(|path| Metadata::open(path, report, plan, keys));
        let data_on_stdout = plan.jobs.iter().any(|job| job.destination.is_standard_output());
        let files = plan.jobs.len() + plan.not_taken.len();
        Ok(Self {
            operation,
            format: report.into(),
            records: if data_on_stdout { Records::StandardError } else { Records::StandardOutput },
            metadata: metadata.transpose()?,
            files,
            left_alone: plan.left_alone.len(),
            done: 0,
            skipped: 0,
            failures: Failures::new(files),
        })
    }

    pub(crate) fn format(&self) -> Format {
        self.format
    }

    pub(crate) fn done(&mut self, names: &Names, done: &Done) -> Result<(), Failure> {
        self.done += 1;
        if self.format == Format::Text {
            let (verb, output) = (self.operation.past(), names.output());
            say(&format!("{verb} {} -> {output} ({} bytes)", names.input, done.plaintext_length()));
        }
        self.record(names, done.record())
    }

    /// The result exists already, and is to be left alone.
    pub(crate) fn skipped(&mut self, names: &Names) -> Result<(), Failure> {
        self.skipped += 1;
        if self.format == Format::Text {
            say(&format!("skipped {}: {} exists already", names.input, names.output()));
        }
        self.record(names, json!({ "status": "skipped", "reason": "exists" }))
    }

    /// A file that is not for this command.
    pub(crate) fn left_alone(&mut self, left: &LeftAlone) -> Result<(), Failure> {
        self.skipped += 1;
        let names = Names { input: left.path.display().to_string(), output: None };
        self.record(&names, json!({ "status": "skipped", "reason": left.reason }))
    }

    pub(crate) fn failed(&mut self, names: &Names, failure: Failure) -> Result<(), Failure> {
        self.record_failure(names, &failure)?;
        self.failures.add(failure);
        Ok(())
    }

    fn record_failure(&mut self, names: &Names, failure: &Failure) -> Result<(), Failure> {
        let record = json!({
            "status": "failed",
            "error": failure.text(),
            "exit_code": failure.code() as u8,
        });
        self.record(names, record)
    }

    /// Ends a run that cannot go on.
    pub(crate) fn abandon(mut self, names: &Names, failure: Failure) -> Result<(), Failure> {
        self.record_failure(names, &failure)?;
        Err(failure)
    }

    /// Sums up.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        if self.format == Format::Text && self.files + self.left_alone > 1 {
            let Self { done, skipped, operation, failures, .. } = &self;
            let (verb, failed) = (operation.past(), failures.count());
            say(&format!("in all: {verb} {done}, skipped {skipped}, failed {failed}"));
        }
        self.failures.result()
    }

    fn record(&mut self, names: &Names, mut record: Value) -> Result<(), Failure> {
        record["operation"] = json!(self.operation.name());
        record["input"] = json!(names.input);
        record["output"] = json!(names.output);
        let line = json_line(&record);
        if let Some(metadata) = &mut self.metadata {
            metadata.write(&line)?;
        }
        match (self.format, self.records) {
            (Format::Json, Records::StandardOutput) => print(&line),
            (Format::Json, Records::StandardError) => say_raw(&line),
            _ => Ok(()),
        }
    }
}

impl Operation {
    /// Names of plaintext are for its owner alone.
    pub(crate) fn mode_of_folders(self) -> u32 {
        match self {
            Self::Encrypt => 0o777,
            Self::Decrypt => 0o700,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Encrypt => "encrypt",
            Self::Decrypt => "decrypt",
        }
    }

    fn past(self) -> &'static str {
        match self {
            Self::Encrypt => "encrypted",
            Self::Decrypt => "decrypted",
        }
    }
}

impl Names {
    pub(crate) fn of(job: &Job) -> Self {
        Self { input: job.source.name(), output: Some(job.destination.to_string()) }
    }

    pub(crate) fn of_not_taken(path: &Path) -> Self {
        Self { input: path.display().to_string(), output: None }
    }

    fn output(&self) -> &str {
        self.output.as_deref().unwrap_or("nothing")
    }
}
