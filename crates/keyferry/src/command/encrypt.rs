//! `keyferry encrypt`.

use crypto_envelope::{CommitmentPolicy, EncryptionContext, Encryptor, Limits, blocking};

use super::{Ready, context, do_all, open_output};
use crate::{
    args::{Encrypt, Files, Suite},
    failure::Failure,
    output::Audience,
    plan::{Naming, Plan},
    provider,
    pump::Pump,
    report::{self, Done, Format, Operation},
};

pub(super) fn run(arguments: &Encrypt) -> Result<(), Failure> {
    let files = &arguments.files;
    provider::check(&arguments.keys.providers, Operation::Encrypt)?;
    let plan = Plan::new(files, Naming::Add(&files.suffix))?;
    if !files.encode && plan.jobs.iter().any(|job| job.destination.is_screen()) {
        return Err(Failure::usage("the message is binary and the output is a terminal")
            .hint("redirect it, name a file with --output, or write base64 with --encode"));
    }
    check_suite(arguments)?;
    let context = context(&arguments.context)?;
    check_required(arguments, &context)?;
    do_all(
        Operation::Encrypt,
        plan,
        files,
        &arguments.keys.providers,
        || encryptor(arguments),
        |encryptor, ready| encrypt(encryptor, &context, files, ready),
    )
}

/// Pairs that are bound without being stored have to be there.
fn check_required(arguments: &Encrypt, context: &EncryptionContext) -> Result<(), Failure> {
    match arguments.required_context_key.iter().find(|key| context.value(key).is_none()) {
        None => Ok(()),
        Some(key) => Err(Failure::usage(format!("there is no --context {key}=VALUE"))
            .hint("--required-context-key names a pair of --context that is not stored")),
    }
}

/// Before a key is made.
fn check_suite(arguments: &Encrypt) -> Result<(), Failure> {
    let Suite(suite) = arguments.suite;
    let policy = CommitmentPolicy::from(arguments.keys.commitment);
    let Err(error) = policy.check_encrypt(suite) else { return Ok(()) };
    Err(Failure::from(error).hint(if suite.is_committing() {
        "--commitment require writes it"
    } else {
        "messages that do not commit to their key are for readers that know nothing else: \
         --commitment danger-forbid-encrypt-allow-decrypt"
    }))
}

fn encryptor(arguments: &Encrypt) -> Result<Encryptor, Failure> {
    let keys = &arguments.keys;
    let format = Format::from(&arguments.files.report);
    let provider = provider::for_encryption(&keys.providers, |path| report::new_key(path, format))?;
    let Suite(suite) = arguments.suite;
    let limits = Limits::default().with_max_encrypted_data_keys(keys.max_encrypted_data_keys);
    let mut builder = Encryptor::builder(provider);
    if let Some(caching) = &arguments.caching {
        builder = builder.cache(caching.cache()?);
    }
    Ok(builder
        .commitment_policy(keys.commitment.into())
        .suite(suite)
        .frame_length(arguments.frame_length)
        .required_context_keys(&arguments.required_context_key)
        .limits(limits)
        .build()?)
}

fn encrypt(
    encryptor: &Encryptor,
    context: &EncryptionContext,
    files: &Files,
    ready: Ready,
) -> Result<Done, Failure> {
    let Ready { input, destination, decision, progress } = ready;
    let name = input.name();
    let sealer = match input.length() {
        // How long it is has to be known before, so it must not grow any more.
        Some(length) if encryptor.cache().is_some() => {
            blocking::wait(encryptor.prepare_at_most(context, length))?
        }
        _ => blocking::wait(encryptor.prepare(context))?,
    };
    let mut output = open_output(destination, decision, Audience::Everybody, files)?;
    let sealed = Pump::new(files.threads)
        .encrypt(sealer, progress.watch(input), &mut output)
        .map_err(|error| Failure::of_message(error, &name))?;
    output.commit()?;
    Ok(Done {
        header: sealed.header().clone(),
        context: sealed.context().clone(),
        plaintext_length: sealed.plaintext_length(),
    })
}
