//! `keyferry encrypt`.

use std::path::{Path, PathBuf};

use crypto_envelope::{Encryptor, blocking, io};

use super::{Plan, SUFFIX, context};
use crate::{
    args::Encrypt,
    failure::Failure,
    output::Audience,
    progress, provider,
    report::{self, Run},
};

pub(super) fn run(arguments: &Encrypt) -> Result<(), Failure> {
    let Plan { input, destination, existing, format } =
        Plan::new(&arguments.common.files, |path| Ok(with_suffix(path)))?;
    if destination.is_screen() {
        return Err(Failure::usage("the message is binary and the output is a terminal")
            .hint("redirect it, or name a file with --output"));
    }

    let provider = provider::for_encryption(&arguments.common.providers, |path| {
        report::new_key(path, format);
    })?;
    let encryptor = Encryptor::builder(provider)
        .suite(arguments.suite.into())
        .frame_length(arguments.frame_length)
        .build()?;
    let sealer = blocking::wait(encryptor.prepare(&context(&arguments.common.context)?))?;

    let (header, context) = (sealer.header().clone(), sealer.context().clone());
    let run = Run::new("encrypt", &input, &destination);
    let mut output = destination.open(existing, Audience::Everybody)?;
    let plaintext_length = io::encrypt(sealer, progress::watch(input, format), &mut output)?;
    output.commit()?;
    run.done(&header, &context, plaintext_length, format)
}

fn with_suffix(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(SUFFIX);
    name.into()
}
