//! `keyferry encrypt`.

use crypto_envelope::{EncryptionContext, Encryptor, blocking, io};

use super::{SUFFIX, destination, existing};
use crate::{
    args::Encrypt,
    failure::Failure,
    input::Input,
    output::{Audience, is_screen},
    progress, provider,
    report::{self, Run},
};

pub(super) fn run(arguments: &Encrypt) -> Result<(), Failure> {
    let files = &arguments.files;
    let input = Input::open(files.input.as_deref())?;
    let destination = destination(files, &input, |path| {
        let mut name = path.as_os_str().to_owned();
        name.push(SUFFIX);
        Ok(name.into())
    })?;
    destination.check(existing(files))?;
    if is_screen(&destination) {
        return Err(Failure::usage("the message is binary and standard output is a terminal")
            .hint("redirect it, or name a file with --output"));
    }

    let provider = provider::for_encryption(arguments.key.provider.as_ref(), report::new_key)?;
    let encryptor = Encryptor::builder(provider)
        .suite(arguments.suite.into())
        .frame_length(arguments.frame_length)
        .build()?;
    let context: EncryptionContext = arguments.context.iter().cloned().collect();
    let sealer = blocking::wait(encryptor.prepare(&context))?;

    let header = sealer.header().clone();
    let run = Run::new("encrypt", &input, &destination);
    let mut output = destination.open(existing(files), Audience::Everybody)?;
    let plaintext_length = io::seal(sealer, progress::watch(input), &mut output)?;
    output.commit()?;
    report::done(&run, &header, plaintext_length, files)
}
