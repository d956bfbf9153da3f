//! `keyferry decrypt`.

mod range;

use std::sync::Arc;

use crypto_envelope::{
    Decryptor, EncryptionContext, Limits, UnverifiedHeader, blocking, io, provider::KeyProvider,
};

#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
pub(crate) use self::range::Part;
use super::{Local, Ready, context, do_all, open_output};
#[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
use crate::remote::RemoteDecryption;
use crate::{
    args::{Decrypt, Expected},
    bounds,
    failure::{Code, Failure},
    output::{Audience, Destination},
    plan::{Naming, Plan},
    provider,
    pump::Pump,
    report::{Done, Operation},
};

pub(super) fn run(arguments: &Decrypt) -> Result<(), Failure> {
    let files = &arguments.files;
    provider::check(&arguments.keys.providers, Operation::Decrypt)?;
    let plan = Plan::new(files, Naming::Remove(&files.suffix))?;
    if arguments.range.is_some() {
        range::check_plan(&plan)?;
    }
    let expected = ExpectedContext::new(&arguments.context)?;
    do_all(
        Operation::Decrypt,
        plan,
        files,
        &arguments.keys.providers,
        || Decryptors::new(arguments),
        |decryptors, ready| match ready {
            Ready::Local(local) => decrypt(decryptors, &expected, arguments, local),
            #[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
            Ready::Remote(remote) => decryptors.of_objects(&expected, arguments).run(remote),
        },
    )
}

/// One for files, one for streams.
struct Decryptors {
    /// The file gets its name once everything is verified, the signature too.
    to_file: Decryptor,
    to_stream: Decryptor,
    #[cfg_attr(
        not(any(feature = "s3-sse-c", feature = "tencent-cos")),
        expect(dead_code, reason = "for objects")
    )]
    provider: Arc<dyn KeyProvider>,
}

impl Decryptors {
    fn new(arguments: &Decrypt) -> Result<Self, Failure> {
        let keys = &arguments.keys;
        let limits = Limits::default().with_max_encrypted_data_keys(keys.max_encrypted_data_keys);
        let limits = match arguments.max_length {
            Some(length) => limits.with_max_claimed_frame(length),
            None => limits,
        };
        let limits = if arguments.buffer {
            limits.with_max_buffered(bounds::MOST_HELD).with_max_held_plaintext(bounds::MOST_HELD)
        } else {
            limits
        };
        let provider: Arc<dyn KeyProvider> = provider::for_decryption(&keys.providers)?.into();
        let mut builder = Decryptor::builder(Arc::clone(&provider))
            .commitment_policy(keys.commitment.into())
            .required_context_keys(&arguments.required_context_key)
            .limits(limits);
        if let Some(caching) = &arguments.caching {
            builder = builder.cache(caching.cache()?);
        }
        if arguments.unsigned_only {
            builder = builder.unsigned_only();
        }
        if arguments.danger_ignore_signature {
            builder = builder.danger_ignore_signature_in_ranges();
        }
        let to_file = builder.clone().release_before_signature().build()?;
        let to_stream = if arguments.buffer { builder.hold_until_end() } else { builder };
        Ok(Self { to_file, to_stream: to_stream.build()?, provider })
    }

    #[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
    fn of_objects<'a>(
        &'a self,
        expected: &'a ExpectedContext,
        arguments: &'a Decrypt,
    ) -> RemoteDecryption<'a> {
        let Self { to_file, to_stream, provider } = self;
        RemoteDecryption { provider, to_file, to_stream, expected, arguments }
    }

    fn to(&self, destination: &Destination) -> &Decryptor {
        if destination.is_stream() { &self.to_stream } else { &self.to_file }
    }
}

fn decrypt(
    decryptors: &Decryptors,
    expected: &ExpectedContext,
    arguments: &Decrypt,
    ready: Local,
) -> Result<Done, Failure> {
    let decryptor = decryptors.to(&ready.destination);
    if let Some(range) = arguments.range {
        return range::decrypt(decryptor, expected, arguments, range, ready);
    }
    let Local { input, destination, decision, progress } = ready;
    let some_comes_out = destination.is_stream() && !arguments.buffer;
    let in_two_passes = some_comes_out && input.can_go_back();
    let name = input.name();
    let about = |error| Failure::of_message(error, &name);

    let watched = progress.watch(input);
    let (header, body) = io::read_header(decryptor.header_parser(), watched).map_err(about)?;
    expected.check_keys(&header).map_err(|failure| failure.about(&name))?;
    let opener = blocking::wait(decryptor.open(header, &expected.pairs)).map_err(about)?;
    let mut output = open_output(destination, decision, Audience::Owner, &arguments.files)?;
    let pump = Pump::new(arguments.files.threads);
    let opened = if in_two_passes {
        pump.decrypt_seekable(opener, body, &mut output)
    } else {
        pump.decrypt(opener, body, &mut output)
    };
    let finished = opened.map_err(|error| {
        let failure = about(error);
        if some_comes_out { of_part(failure) } else { failure }
    })?;
    output.commit()?;
    Ok(Done::Message {
        header: Box::new(finished.header().clone()),
        context: finished.context().clone(),
        plaintext_length: finished.plaintext_length(),
    })
}

/// What to say if some plaintext is out already.
pub(crate) fn of_part(failure: Failure) -> Failure {
    if failure.code() == Code::Integrity {
        failure.hint("what came out before is genuine but not complete: do not use it")
    } else {
        failure
    }
}

/// What a message must be bound to.
pub(crate) struct ExpectedContext {
    pairs: EncryptionContext,
    /// With any value.
    keys: Vec<String>,
}

impl ExpectedContext {
    fn new(expected: &[Expected]) -> Result<Self, Failure> {
        let mut keys = Vec::new();
        let mut pairs = Vec::new();
        for one in expected {
            match one {
                Expected::Pair(pair) => pairs.push(pair.clone()),
                Expected::Key(key) => keys.push(key.clone()),
            }
        }
        Ok(Self { pairs: context(&pairs)?, keys })
    }

    #[cfg(any(feature = "s3-sse-c", feature = "tencent-cos"))]
    pub(crate) fn pairs(&self) -> &EncryptionContext {
        &self.pairs
    }

    /// Whether there are keys that may have any value.
    #[cfg(feature = "tencent-cos")]
    pub(crate) fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Before any key service is asked. What the header says is verified later, or it is refused.
    pub(crate) fn check_keys(&self, header: &UnverifiedHeader) -> Result<(), Failure> {
        self.check_keys_of(header.claims().stored_context())
    }

    /// The same of what is verified.
    pub(crate) fn check_keys_of(&self, stored: &EncryptionContext) -> Result<(), Failure> {
        let mut not_reproduced = self.keys.iter().filter(|key| self.pairs.value(key).is_none());
        Ok(not_reproduced.try_for_each(|key| stored.require(key))?)
    }
}
