//! `keyferry encrypt`.

use std::sync::Arc;

use crypto_envelope::{
    CommitmentPolicy, EncryptionContext, Encryptor, Limits, blocking, provider::KeyProvider,
};

use super::{Local, Ready, context, do_all, open_output};
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
use crate::remote::RemoteEncryption;
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
        || Encryptors::new(arguments),
        |encryptors, ready| match ready {
            Ready::Local(local) => encrypt(&encryptors.encryptor, &context, files, local),
            #[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
            Ready::Remote(remote) => {
                let Encryptors { encryptor, provider } = encryptors;
                RemoteEncryption { provider, encryptor, context: &context, arguments }.run(remote)
            }
        },
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

/// What encrypts messages, and objects that are none.
struct Encryptors {
    encryptor: Encryptor,
    #[cfg_attr(
        not(any(feature = "s3-sse-c", feature = "tencent-cos")),
        expect(dead_code, reason = "for objects")
    )]
    provider: Arc<dyn KeyProvider>,
}

impl Encryptors {
    fn new(arguments: &Encrypt) -> Result<Self, Failure> {
        let format = Format::from(&arguments.files.report);
        let created = |path: &str| report::new_key(path, format);
        let provider: Arc<dyn KeyProvider> =
            provider::for_encryption(&arguments.keys.providers, created)?.into();
        Ok(Self { encryptor: encryptor(arguments, Arc::clone(&provider))?, provider })
    }
}

fn encryptor(arguments: &Encrypt, provider: Arc<dyn KeyProvider>) -> Result<Encryptor, Failure> {
    let keys = &arguments.keys;
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
    ready: Local,
) -> Result<Done, Failure> {
    let Local { input, destination, decision, progress } = ready;
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
    Ok(Done::Message {
        header: Box::new(sealed.header().clone()),
        context: sealed.context().clone(),
        plaintext_length: sealed.plaintext_length(),
    })
}
