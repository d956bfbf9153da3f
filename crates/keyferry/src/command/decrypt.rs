//! `keyferry decrypt`.

use std::path::{Path, PathBuf};

use crypto_envelope::{Decryptor, Limits, blocking, io};

use super::{Plan, SUFFIX, context};
use crate::{
    args::Decrypt,
    failure::{Code, Failure},
    output::{Audience, Destination},
    progress, provider,
    report::Run,
};

pub(super) fn run(arguments: &Decrypt) -> Result<(), Failure> {
    let Plan { input, destination, existing, format } =
        Plan::new(&arguments.common.files, without_suffix)?;
    let decryptor = decryptor(arguments, &destination)?;
    let expected = context(&arguments.common.context)?;

    let run = Run::new("decrypt", &input, &destination);
    let some_is_out = destination.is_stream() && !arguments.buffer;
    let name = input.name();
    let about = |error| Failure::from(error).about(&name);
    let watched = progress::watch(input, format);
    let (header, body) = io::read_header(decryptor.header_parser(), watched).map_err(about)?;
    let opener = blocking::wait(decryptor.open(header, &expected)).map_err(about)?;
    let mut output = destination.open(existing, Audience::Owner)?;
    let finished = io::decrypt(opener, body, &mut output).map_err(|error| {
        let failure = about(error);
        if some_is_out && failure.code() == Code::Integrity {
            failure.hint("what came out before is genuine but not complete: do not use it")
        } else {
            failure
        }
    })?;
    output.commit()?;
    run.done(finished.header(), finished.context(), finished.plaintext_length(), format)
}

fn decryptor(arguments: &Decrypt, destination: &Destination) -> Result<Decryptor, Failure> {
    let provider = provider::for_decryption(&arguments.common.providers)?;
    let builder = Decryptor::builder(provider).commitment_policy(arguments.commitment.into());
    let limits = Limits::default().with_max_encrypted_data_keys(arguments.max_encrypted_data_keys);
    let builder = if arguments.buffer && destination.is_stream() {
        builder.hold_until_end().limits(limits.with_max_held_plaintext(MOST_HELD))
    } else if destination.is_stream() {
        builder.limits(limits)
    } else {
        // The file gets its name once everything is verified, the signature too.
        builder.release_before_signature().limits(limits)
    };
    Ok(builder.build()?)
}

fn without_suffix(path: &Path) -> Result<PathBuf, Failure> {
    let name = path.as_os_str().as_encoded_bytes();
    if name.ends_with(SUFFIX.as_bytes()) && path.extension().is_some() {
        return Ok(path.with_extension(""));
    }
    Err(Failure::usage(format!("{} does not end in {SUFFIX}", path.display()))
        .hint("say where the plaintext goes with --output"))
}

/// What --help says.
const MOST_HELD: usize = 1 << 30;
