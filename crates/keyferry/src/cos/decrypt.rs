//! Decrypting from COS.

use std::{path::Path, sync::Arc};

use crypto_envelope::{Decryptor, blocking};
use crypto_envelope_tencent_cos::{
    ByteRange, CosCarrier, CosEncryptingClient, CosEncryptingClientBuilder, CosFormat,
    DecryptObject, DecryptedObject,
};

use super::{format_of, object::Object, transfer::Transfer};
use crate::{
    args, bounds,
    failure::{Code, Failure},
    output::{Audience, Decision, Destination},
    progress::Progress,
    remote::{ObjectReader, RemoteDecryption, Target, copy_all},
    report::{Done, DoneObject},
};

impl RemoteDecryption<'_> {
    /// Decrypts from COS.
    pub(crate) fn run_from_cos(
        &self,
        object: &Object,
        to: Target,
        decision: Decision,
        progress: Progress,
    ) -> Result<Done, Failure> {
        if let (Target::Local(Destination::File(path)), None) = (&to, self.arguments.range) {
            return self.to_path(object, path, decision, progress);
        }
        // What is out cannot be taken back.
        let some_comes_out = to.is_stream() && !self.arguments.buffer;
        let opened = self.open(object, self.decryptor_for(&to))?;
        let done = done_of(&opened);
        let (name, shown) = (object.name(), progress.show(&object.name(), None));
        let written = to.fill(decision, Audience::Owner, move |writer| {
            let copied = copy_all(ObjectReader::new(opened, shown), writer);
            copied.map_err(|error| Failure::of_message(error, &name))
        });
        let (plaintext_length, etag) =
            written.map_err(|failure| if some_comes_out { of_part(failure) } else { failure })?;
        Ok(Done::Object(DoneObject { plaintext_length, etag, ..done }))
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
        if !arguments.files.transfer.no_resume {
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
}

fn done_of(opened: &DecryptedObject) -> DoneObject {
    DoneObject {
        format: opened.format().map(CosFormat::name),
        message_id: opened.message_id().map(|id| id.to_string()),
        plaintext_length: 0,
        etag: None,
    }
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
