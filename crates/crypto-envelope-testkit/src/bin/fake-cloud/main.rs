//! Fake clouds as a program, for tests in other languages. **Without any security.**
//!
//! A fake that joins gets a file beside `aws_kms.rs` and an entry in [`Cloud`].

mod alibaba;
mod aws_kms;
mod listening;
mod s3;
mod tencent_cos;
mod until;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use serde_json::Value;

/// A cloud service on 127.0.0.1, for tests without any security.
///
/// Prints one line of JSON when it is ready, and runs until its standard input ends or it gets
/// SIGINT or SIGTERM.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    cloud: Cloud,
}

#[derive(Debug, Subcommand)]
enum Cloud {
    #[command(flatten)]
    Alibaba(alibaba::Gateways),
    /// AWS Key Management Service, in all Regions.
    AwsKms(aws_kms::Arguments),
    /// Tencent Cloud Object Storage, with one bucket.
    Cos(tencent_cos::Arguments),
    /// Amazon S3 with keys of customers (SSE-C), with one bucket.
    S3(s3::Arguments),
}

impl Cloud {
    fn start(self) -> Result<Running, Box<dyn Error>> {
        match self {
            Self::Alibaba(gateways) => gateways.start(),
            Self::AwsKms(arguments) => aws_kms::start(arguments),
            Self::Cos(arguments) => tencent_cos::start(arguments),
            Self::S3(arguments) => s3::start(arguments),
        }
    }
}

/// A fake that runs until it is dropped, and what a client must know of it.
struct Running {
    announcement: Value,
    _fake: Box<dyn Send>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If even standard error is gone there is nobody left to tell.
            let _ = writeln!(io::stderr(), "fake-cloud: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    // Before anybody can know that it runs, so that no signal comes too early.
    let told_to_end = until::told_to_end()?;
    let running = arguments.cloud.start()?;
    let mut output = io::stdout();
    writeln!(output, "{}", running.announcement)?;
    output.flush()?;
    told_to_end.wait();
    Ok(())
}
