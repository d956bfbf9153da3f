//! `keyferry decrypt`.

use std::path::{Path, PathBuf};

use crypto_envelope::{Decryptor, EncryptionContext, Limits, blocking, io};

use super::{SUFFIX, destination, existing};
use crate::{
    args::Decrypt,
    failure::{Code, Failure},
    input::Input,
    output::{Audience, Destination},
    progress, provider,
    report::{self, Run},
};

pub(super) fn run(arguments: &Decrypt) -> Result<(), Failure> {
    let files = &arguments.files;
    let input = Input::open(files.input.as_deref())?;
    let destination = destination(files, &input, without_suffix)?;
    destination.check(existing(files))?;

    let decryptor = decryptor(arguments, &destination)?;
    let expected: EncryptionContext = arguments.context.iter().cloned().collect();
    let run = Run::new("decrypt", &input, &destination);
    let to_screen_or_pipe = destination == Destination::StandardOutput;
    let (header, body) = io::read_header(decryptor.header_reader(), progress::watch(input))?;
    let opener = blocking::wait(decryptor.open(header, &expected))?;

    let mut output = destination.open(existing(files), Audience::Owner)?;
    let (plaintext_length, finished) = io::open(opener, body, &mut output).map_err(|error| {
        let failure = Failure::from(error);
        if to_screen_or_pipe && !arguments.buffer && failure.code() == Code::Integrity {
            failure.hint("what came out before is genuine but not complete: do not use it")
        } else {
            failure
        }
    })?;
    output.commit()?;
    report::done(&run, finished.header(), plaintext_length, files)
}

fn decryptor(arguments: &Decrypt, destination: &Destination) -> Result<Decryptor, Failure> {
    let provider = provider::for_decryption(arguments.key.provider.as_ref())?;
    let limits = Limits::default().max_encrypted_data_keys(MOST_ENCRYPTED_DATA_KEYS);
    let builder = Decryptor::builder(provider);
    let builder = match destination {
        // The file gets its name once everything is verified, the signature too.
        Destination::File(_) => builder.release_before_signature().limits(limits),
        Destination::StandardOutput if arguments.buffer => {
            builder.hold_until_end().limits(limits.max_held_plaintext(MOST_HELD))
        }
        Destination::StandardOutput => builder.limits(limits),
    };
    Ok(builder.build())
}

fn without_suffix(path: &Path) -> Result<PathBuf, Failure> {
    let name = path.as_os_str().as_encoded_bytes();
    if name.ends_with(SUFFIX.as_bytes()) && path.extension().is_some() {
        return Ok(path.with_extension(""));
    }
    Err(Failure::usage(format!("{} does not end in {SUFFIX}", path.display()))
        .hint("say where the plaintext goes with --output"))
}

/// Each may cost a call to a key service; no honest message has more.
const MOST_ENCRYPTED_DATA_KEYS: u16 = 16;
/// What --help says.
const MOST_HELD: usize = 1 << 30;
