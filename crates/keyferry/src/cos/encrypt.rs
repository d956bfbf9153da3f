//! Encrypting from and to COS.

use std::{io::Read, sync::Arc};

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, blocking, io, provider::KeyProvider,
};
use crypto_envelope_tencent_cos::{
    CosEncryptingClient, CosEnvelope, CosFormat, EncryptObject, GetObject, WrittenObject,
};

use super::{
    From, Remote, To, format_of,
    object::Object,
    reader::ObjectReader,
    transfer::{Transfer, etag_of},
};
use crate::{
    args::{Encrypt, Suite},
    failure::{Code, Failure},
    input::Source,
    output::{Audience, Decision},
    piped::Piped,
    progress::Progress,
    report::{Done, DoneObject, Format},
    transfers,
};

/// What encrypts all objects of a run.
pub(crate) struct ObjectEncryption<'a> {
    pub(crate) provider: &'a Arc<dyn KeyProvider>,
    pub(crate) encryptor: &'a Encryptor,
    pub(crate) context: &'a EncryptionContext,
    pub(crate) arguments: &'a Encrypt,
}

impl ObjectEncryption<'_> {
    /// Encrypts from or to COS.
    pub(crate) fn run(&self, remote: Remote) -> Result<Done, Failure> {
        let Remote { from, to, decision, progress } = remote;
        match (from, to) {
            (From::Local(source), To::Object(object)) => {
                self.local_to_object(&source, &object, decision, progress)
            }
            (From::Object(source), To::Object(target)) => {
                let reader = plain_reader(&source)?;
                self.stream(reader, &target, decision)
            }
            (From::Object(source), To::Local(destination)) => {
                let reader = plain_reader(&source)?;
                let sealer = blocking::wait(self.encryptor.prepare(self.context))?;
                let mut output = destination.open(decision, Audience::Everybody)?;
                let sealed = io::encrypt(sealer, reader, &mut output)?;
                output.commit()?;
                Ok(Done::Message {
                    header: Box::new(sealed.header().clone()),
                    context: sealed.context().clone(),
                    plaintext_length: sealed.plaintext_length(),
                })
            }
            (From::Local(source), To::Local(_)) => Err(source.no_object()),
        }
    }

    fn local_to_object(
        &self,
        source: &Source,
        object: &Object,
        decision: Decision,
        progress: Progress,
    ) -> Result<Done, Failure> {
        let input = source.open()?;
        let Some(path) = source.path().filter(|_| input.is_file()) else {
            return self.stream(progress.watch(input), object, decision);
        };
        let shown = progress.show(&source.name(), input.length());
        let mut transfer = Transfer::new(&path, object).opened(input.into_file()?);
        if self.can_resume() {
            let format = Format::from(&self.arguments.files.report);
            transfer = transfer.resumable("encrypt", self.identity(), format)?;
        }
        let (client, target) = (self.client(object)?, self.object(object, decision));
        self.done(&transfer.shown(shown).up(|file| client.upload_file(target, file))?)
    }

    /// From the front to the end. Nothing is left of it if that is interrupted.
    fn stream(
        &self,
        reader: impl Read + Send + 'static,
        object: &Object,
        decision: Decision,
    ) -> Result<Done, Failure> {
        let client = self.client(object)?;
        let call = client.put_stream(self.object(object, decision), Piped::new(reader));
        self.done(&transfers::run(None, call)?)
    }

    fn object(&self, object: &Object, decision: Decision) -> EncryptObject {
        let encrypted = EncryptObject::new(object.key.clone()).context(self.context.clone());
        if decision.may_replace() { encrypted } else { encrypted.forbid_overwrite() }
    }

    fn client(&self, object: &Object) -> Result<CosEncryptingClient, Failure> {
        let builder =
            CosEncryptingClient::builder(object.client.clone(), Arc::clone(self.provider))
                .format(self.format()?)
                .encryptor(self.encryptor.clone())
                .decryptor(self.decryptor()?);
        let builder = match self.arguments.files.threads {
            Some(threads) => builder.parallel_parts(threads.get()),
            None => builder,
        };
        Ok(builder.build()?)
    }

    fn format(&self) -> Result<CosFormat, Failure> {
        format_of(&self.arguments.cos_format)
    }

    /// What has parts that are encrypted by themselves.
    fn can_resume(&self) -> bool {
        let Suite(suite) = self.arguments.suite;
        !self.arguments.files.cos.no_resume
            && match self.format() {
                Ok(CosFormat::Message) => !suite.is_signing(),
                Ok(CosFormat::JavaGcm) | Err(_) => false,
                Ok(_) => true,
            }
    }

    /// What tells the transfers of one command from those of others, beside file and object.
    fn identity(&self) -> Vec<String> {
        let arguments = self.arguments;
        let Suite(suite) = arguments.suite;
        let mut identity = vec![arguments.cos_format.clone(), suite.name().to_owned()];
        identity.push(arguments.frame_length.to_string());
        identity.push(format!("{:?}", arguments.keys.providers));
        identity.push(format!("{:?}", arguments.required_context_key));
        let pairs = self.context.iter().map(|(key, value)| format!("{key:?}={value:?}"));
        identity.extend(pairs);
        identity
    }

    /// For uploads that are gone on with: what is written is read again, for its key.
    fn decryptor(&self) -> Result<Decryptor, Failure> {
        let arguments = self.arguments;
        Ok(Decryptor::builder(Arc::clone(self.provider))
            .commitment_policy(arguments.keys.commitment.into())
            .required_context_keys(&arguments.required_context_key)
            .build()?)
    }

    fn done(&self, written: &WrittenObject) -> Result<Done, Failure> {
        Ok(Done::Object(DoneObject {
            format: Some(self.format()?.name()),
            message_id: written.message_id.map(|id| id.to_string()),
            plaintext_length: written.plaintext_length,
            etag: Some(etag_of(written)),
        }))
    }
}

/// The stored bytes. Of an object whose keys stand beside them they would be of no use.
fn plain_reader(source: &Object) -> Result<impl Read + Send + 'static + use<>, Failure> {
    let opened = blocking::wait(source.client.open(GetObject::new(source.key.clone())))?;
    if CosEnvelope::of_object(opened.properties())?.is_some() {
        let what = format!("{} is encrypted, and its keys stand in its metadata", source.name());
        return Err(Failure::new(Code::Policy, what).hint("decrypt it first"));
    }
    Ok(ObjectReader::new(opened))
}
