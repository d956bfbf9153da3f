//! Encrypting from and to COS.

use std::{
    fs::File,
    io::Read,
    os::fd::AsRawFd,
    path::{Path, PathBuf},
    sync::Arc,
};

use crypto_envelope::{EncryptionContext, Encryptor, blocking, io, provider::KeyProvider};
use crypto_envelope_tencent_cos::{
    CosEncryptingClient, CosFormat, EncryptObject, FileTransfer, GetObject, WrittenObject,
};

use super::{
    From, Remote, To, envelope, format_of,
    object::Object,
    reader::{Blocking, Interruptible, ObjectReader, interruptibly},
    transfer::{Resumable, identity_of},
};
use crate::{
    args::{Encrypt, Suite},
    failure::{Code, Failure},
    input::Source,
    interrupt,
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
        let file = Readable::new(source)?;
        let Some(file) = file.filter(|_| self.can_resume()) else {
            let input = progress.watch(source.open()?);
            return self.stream(input, object, decision);
        };
        let transfer = self.transfer(source, object)?;
        transfer.tell(Format::from(&self.arguments.files.report));
        let shown = progress.show(&source.name(), Some(file.length));
        let upload = FileTransfer::new(&file.path)
            .resumable(&transfer.record)
            .on_progress(move |progress| shown.set(progress.done));
        let client = self.client(object)?;
        let call = client.upload_file(self.object(object, decision), upload);
        let record = Some(transfer.record);
        let interrupted = interrupt::Transfer { record, partial: None };
        let written = interrupt::during(interrupted, || blocking::wait(call))?;
        self.done(&written)
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
    fn transfer(&self, source: &Source, object: &Object) -> Result<Resumable, Failure> {
        let arguments = self.arguments;
        let path = source.path().unwrap_or_default();
        let Suite(suite) = arguments.suite;
        let mut identity = vec!["encrypt".to_owned(), identity_of(&path)];
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
            etag: Some(written.etag.unquoted().to_owned()),
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

/// A regular file, by a path that leads to it and to nothing else.
struct Readable {
    path: PathBuf,
    length: u64,
    /// Open as long as the path leads through it.
    _file: Option<File>,
}

impl Readable {
    /// None if it is no regular file.
    fn new(source: &Source) -> Result<Option<Self>, Failure> {
        let cannot = |error| Failure::io(format!("cannot read {}", source.name()), &error);
        let (path, file) = match source {
            Source::File(path) => (path.clone(), None),
            Source::InFolder(below) => {
                let file = below.open_file().map_err(cannot)?;
                let itself = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
                let path = if itself.exists() { itself } else { below.path() };
                (path, Some(file))
            }
            Source::StandardInput | Source::Cos(_) => return Ok(None),
        };
        let metadata = Path::new(&path).metadata().map_err(cannot)?;
        if metadata.is_dir() {
            return Err(Failure::usage(format!("{} is a directory", source.name())));
        }
        let length = metadata.len();
        Ok(metadata.is_file().then_some(Self { path, length, _file: file }))
    }
}
