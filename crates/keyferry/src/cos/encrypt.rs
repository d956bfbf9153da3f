//! Encrypting to COS.

use std::{io::Read, sync::Arc};

use crypto_envelope::Decryptor;
use crypto_envelope_tencent_cos::{CosEncryptingClient, CosFormat, EncryptObject, WrittenObject};

use super::{
    format_of,
    object::Object,
    transfer::{Transfer, etag_of},
};
use crate::{
    args::Suite,
    failure::Failure,
    input::Source,
    output::Decision,
    piped::Piped,
    progress::Progress,
    remote::{Origin, RemoteEncryption},
    report::{Done, DoneObject, Format},
    transfers,
};

impl RemoteEncryption<'_> {
    /// Encrypts to COS.
    pub(crate) fn run_to_cos(
        &self,
        from: &Origin,
        target: &Object,
        decision: Decision,
        progress: Progress,
    ) -> Result<Done, Failure> {
        match from {
            Origin::Local(source) => self.local_to_object(source, target, decision, progress),
            Origin::Object(_) => self.stream(from.open(progress)?.reader, target, decision),
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
        !self.arguments.files.transfer.no_resume
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
