//! The command line of crypto-envelope. `keyferry --help` says what it can do.

#[cfg(feature = "alibaba-kms")]
mod alibaba_kms;
mod anchor;
mod args;
mod base64_stream;
#[cfg(feature = "alibaba-kms")]
mod bench;
mod bounds;
mod command;
#[cfg(feature = "tencent-cos")]
mod cos;
mod failure;
mod failures;
mod input;
mod interrupt;
mod key_file;
mod local_keys;
mod output;
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
mod piped;
mod place;
mod plan;
mod progress;
mod provider;
mod pump;
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
mod remote;
mod report;
#[cfg(feature = "s3-sse-c")]
mod s3;
mod terminal;
mod text;
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
mod transfers;
mod walk;

use std::{io::Write, process::ExitCode};

use clap::Parser;

use crate::{args::Arguments, failure::Failure};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // If even standard error is gone there is nobody left to tell.
            let _ = write!(std::io::stderr(), "{failure}");
            failure.exit_code()
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    interrupt::install()?;
    command::run(&arguments.command)
}
