//! Encrypting from and to COS.

use std::{io::Read, path::Path, sync::Arc};

use crypto_envelope::{EncryptionContext, Encryptor, blocking, io, provider::KeyProvider};
use crypto_envelope_tencent_cos::{
    CosEncryptingClient, CosFormat, EncryptObject, FileTransfer, GetObject, WrittenObject,
};

use super::{
    From, Remote, To, envelope, format_of,
    object::Object,
    reader::{Blocking, Interruptible, ObjectReader, interruptibly},
    transfer::{self, Resumable, etag_of, identity_of},
};
use crate::{
    args::{Encrypt, Suite},
    failure::{Code, Failure},
    input::Source,
    output::{Audience, Decision},
    progress::Progress,
    report::{Done, DoneObject, Format},
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
        let path = source.path().filter(|_| input.is_file() && self.can_resume());
        let Some(path) = path else {
            return self.stream(progress.watch(input), object, decision);
        };
        let resumable = self.resumable(&path, object)?;
        let shown = progress.show(&source.name(), input.length());
        let file = FileTransfer::new(path).from_file(input.into_file()?);
        let file = resumable.of(file, Format::from(&self.arguments.files.report));
        let file = transfer::shown(file, shown);
        let client = self.client(object)?;
        let call = client.upload_file(self.object(object, decision), file);
        self.done(&transfer::run(Some(&resumable), call)?)
    }

    /// From the front to the end. Nothing is left of it if that is interrupted.
    fn stream(
        &self,
        reader: impl Read + Send + 'static,
        object: &Object,
        decision: Decision,
    ) -> Result<Done, Failure> {
        let client = self.client(object)?;
        let reader = Blocking(Interruptible::new(reader));
        let call = client.put_stream(self.object(object, decision), reader);
        self.done(&interruptibly(|| Ok(blocking::wait(call)?))?)
    }

    fn object(&self, object: &Object, decision: Decision) -> EncryptObject {
        let encrypted = EncryptObject::new(object.key.clone()).context(self.context.clone());
        match decision {
            Decision::Replace => encrypted,
            Decision::Create | Decision::Skip => encrypted.forbid_overwrite(),
        }
    }

    fn client(&self, object: &Object) -> Result<CosEncryptingClient, Failure> {
        let builder =
            CosEncryptingClient::builder(object.client.clone(), Arc::clone(self.provider))
                .format(self.format()?)
                .encryptor(self.encryptor.clone());
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

    /// Of the same command, and no other.
    fn resumable(&self, path: &Path, object: &Object) -> Result<Resumable, Failure> {
        let arguments = self.arguments;
        let Suite(suite) = arguments.suite;
        let mut identity = vec!["encrypt".to_owned(), identity_of(path)];
        identity.extend(object.identity());
        identity.extend([arguments.cos_format.clone(), suite.name().to_owned()]);
        identity.push(arguments.frame_length.to_string());
        identity.push(format!("{:?}", arguments.keys.providers));
        identity.push(format!("{:?}", arguments.required_context_key));
        let pairs = self.context.iter().map(|(key, value)| format!("{key:?}={value:?}"));
        identity.extend(pairs);
        Resumable::new(&identity)
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
    if envelope::of(opened.properties())?.is_some() {
        let what = format!("{} is encrypted, and its keys stand in its metadata", source.name());
        return Err(Failure::new(Code::Policy, what).hint("decrypt it first"));
    }
    Ok(ObjectReader::new(opened))
}
