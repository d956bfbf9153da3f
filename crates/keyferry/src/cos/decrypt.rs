//! Decrypting from and to COS.

use std::{io::Read, path::Path, sync::Arc};

use crypto_envelope::{
    Decryptor, Error, blocking,
    io::{self, DecryptReader},
    provider::KeyProvider,
};
use crypto_envelope_tencent_cos::{
    ByteRange, CosCarrier, CosEncryptingClient, CosEncryptingClientBuilder, CosFormat,
    DecryptObject, DecryptedObject,
};

use super::{
    From, Remote, To, format_of,
    object::Object,
    reader::ObjectReader,
    transfer::{Transfer, etag_of},
};
use crate::{
    args::{self, Decrypt},
    bounds,
    command::ExpectedContext,
    failure::{Code, Failure},
    input::Source,
    output::{Audience, Decision, Destination, Output},
    piped::Piped,
    progress::Progress,
    report::{Done, DoneObject},
    transfers,
};

/// What decrypts all objects of a run.
pub(crate) struct ObjectDecryption<'a> {
    pub(crate) provider: &'a Arc<dyn KeyProvider>,
    /// For places from which plaintext can be taken back.
    pub(crate) to_file: &'a Decryptor,
    pub(crate) to_stream: &'a Decryptor,
    pub(crate) expected: &'a ExpectedContext,
    pub(crate) arguments: &'a Decrypt,
}

impl ObjectDecryption<'_> {
    /// Decrypts from or to COS.
    pub(crate) fn run(&self, remote: Remote) -> Result<Done, Failure> {
        let Remote { from, to, decision, progress } = remote;
        match (from, to) {
            (From::Object(object), To::Local(Destination::File(path)))
                if self.arguments.range.is_none() =>
            {
                self.to_path(&object, &path, decision, progress)
            }
            (From::Object(object), To::Local(destination)) => {
                let opened = self.open(&object, self.decryptor_for(&destination))?;
                let is_out = destination.is_stream() && !self.arguments.buffer;
                let output = destination.open(decision, Audience::Owner)?;
                let copied = copy(opened, output, &object, progress);
                copied.map_err(|failure| if is_out { of_part(failure) } else { failure })
            }
            (From::Object(object), To::Object(target)) => {
                let opened = self.open(&object, self.to_file)?;
                let done = done_of(&opened, 0);
                send_plaintext(ObjectReader::new(opened), &target, decision, done)
            }
            (From::Local(source), To::Object(target)) => {
                let (reader, done) = self.message(&source, progress)?;
                send_plaintext(reader, &target, decision, done)
            }
            (From::Local(source), To::Local(_)) => Err(source.no_object()),
        }
    }

    fn decryptor_for(&self, destination: &Destination) -> &Decryptor {
        if destination.is_stream() { self.to_stream } else { self.to_file }
    }

    /// In parts that come at the same time, where they can.
    fn to_path(
        &self,
        object: &Object,
        path: &Path,
        decision: Decision,
        progress: Progress,
    ) -> Result<Done, Failure> {
        let client = self.client(object, self.to_file)?;
        let mut wanted = self.wanted(object)?;
        if self.expected.has_keys() {
            let opened = blocking::wait(client.get(wanted.clone()))?;
            self.check_context(&opened, object)?;
            // What was checked is what is read, whatever COS says of it.
            wanted = wanted.if_match(opened.properties().etag.clone());
            if let Some(id) = opened.message_id() {
                wanted = wanted.expect_message(id);
            }
        }
        let arguments = self.arguments;
        let mut transfer = Transfer::new(path, object).deciding(decision);
        if !arguments.files.cos.no_resume {
            let keys = format!("{:?}", arguments.keys.providers);
            transfer = transfer.resumable("decrypt", [keys], (&arguments.files.report).into())?;
        }
        let transfer = transfer.shown(progress.show(&object.name(), None));
        let read = transfer.down(|file| client.download_file(wanted, file))?;
        Ok(Done::Object(DoneObject {
            format: read.format.map(CosFormat::name),
            message_id: read.message_id.map(|id| id.to_string()),
            plaintext_length: read.plaintext_length,
            etag: None,
        }))
    }

    /// What is asked for, and is what it has to be.
    fn open(&self, object: &Object, decryptor: &Decryptor) -> Result<DecryptedObject, Failure> {
        let client = self.client(object, decryptor)?;
        let opened = blocking::wait(client.get(self.wanted(object)?));
        let opened = opened.map_err(|error| Failure::of_message(error, &object.name()))?;
        self.check_context(&opened, object)?;
        Ok(opened)
    }

    fn check_context(&self, opened: &DecryptedObject, object: &Object) -> Result<(), Failure> {
        let checked = self.expected.check_keys_of(opened.context());
        checked.map_err(|failure| failure.about(&object.name()))
    }

    fn wanted(&self, object: &Object) -> Result<DecryptObject, Failure> {
        let wanted = DecryptObject::new(object.key.clone()).expect(self.expected.pairs().clone());
        Ok(match self.arguments.range.map(range_of).transpose()?.flatten() {
            Some(range) => wanted.range(range),
            None => wanted,
        })
    }

    fn client(
        &self,
        object: &Object,
        decryptor: &Decryptor,
    ) -> Result<CosEncryptingClient, Failure> {
        let arguments = self.arguments;
        let mut builder: CosEncryptingClientBuilder =
            CosEncryptingClient::builder(object.client.clone(), Arc::clone(self.provider))
                .decryptor(decryptor.clone());
        for name in &arguments.cos_accept {
            builder = builder.accept(format_of(name)?);
        }
        for carrier in CosCarrier::ALL {
            if arguments.cos_accept_carrier.iter().any(|name| name == carrier.name()) {
                builder = builder.accept_carrier(*carrier);
            }
        }
        if arguments.buffer {
            builder = builder.max_held_plaintext(bounds::MOST_HELD);
        }
        if let Some(threads) = arguments.files.threads {
            builder = builder.parallel_parts(threads.get());
        }
        Ok(builder.build()?)
    }

    /// The plaintext of a message that is not in COS.
    fn message(
        &self,
        source: &Source,
        progress: Progress,
    ) -> Result<(impl Read + Send + 'static + use<>, DoneObject), Failure> {
        let name = source.name();
        let about = |error| Failure::of_message(error, &name);
        let input = progress.watch(source.open()?);
        let (header, body) = io::read_header(self.to_file.header_parser(), input).map_err(about)?;
        self.expected.check_keys(&header).map_err(|failure| failure.about(&name))?;
        let opener = blocking::wait(self.to_file.open(header, self.expected.pairs()));
        let opener = opener.map_err(about)?;
        let message_id = Some(opener.header().message_id().to_string());
        let done = DoneObject { format: None, message_id, plaintext_length: 0, etag: None };
        Ok((DecryptReader::new(opener, body), done))
    }
}

fn copy(
    mut opened: DecryptedObject,
    mut output: Output,
    object: &Object,
    progress: Progress,
) -> Result<Done, Failure> {
    use std::io::Write;
    let shown = progress.show(&object.name(), None);
    let about = |error| Failure::of_message(error, &object.name());
    let mut length = 0;
    while let Some(chunk) = blocking::wait(opened.chunk()).map_err(about)? {
        output.write_all(&chunk).map_err(Error::from)?;
        length += chunk.len() as u64;
        shown.advance(chunk.len());
    }
    output.commit()?;
    Ok(Done::Object(done_of(&opened, length)))
}

fn done_of(opened: &DecryptedObject, plaintext_length: u64) -> DoneObject {
    DoneObject {
        format: opened.format().map(CosFormat::name),
        message_id: opened.message_id().map(|id| id.to_string()),
        plaintext_length,
        etag: None,
    }
}

/// The object appears when all of it is verified.
fn send_plaintext(
    reader: impl Read + Send + 'static,
    target: &Object,
    decision: Decision,
    done: DoneObject,
) -> Result<Done, Failure> {
    let call = target.client.put_stream(target.stored(decision), Piped::new(reader));
    let written = transfers::run(None, call)?;
    let (plaintext_length, etag) = (written.plaintext_length, Some(etag_of(&written)));
    Ok(Done::Object(DoneObject { plaintext_length, etag, ..done }))
}

/// None for all of it.
fn range_of(range: args::ByteRange) -> Result<Option<ByteRange>, Failure> {
    Ok(match range {
        args::ByteRange::Between(0, None) => None,
        args::ByteRange::Between(start, None) => Some(ByteRange::starting_at(start)),
        args::ByteRange::Between(start, Some(end)) => Some(ByteRange::of(start..end)?),
        args::ByteRange::Last(bytes) => Some(ByteRange::last(bytes)?),
    })
}

/// What to say if some plaintext is out already.
fn of_part(failure: Failure) -> Failure {
    if failure.code() == Code::Integrity {
        failure.hint("what came out before is not complete: do not use it")
    } else {
        failure
    }
}
