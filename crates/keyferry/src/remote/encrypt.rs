//! Encrypting from and to clouds.

use std::sync::Arc;

use crypto_envelope::{EncryptionContext, Encryptor, Sealed, blocking, provider::KeyProvider};

#[cfg(feature = "tencent-cos")]
use super::Object;
use super::{Origin, Remote, Target};
use crate::{
    args::Encrypt,
    failure::Failure,
    output::{Audience, Decision},
    progress::Progress,
    pump::Pump,
    report::{Done, DoneObject},
};

/// What encrypts all objects of a run.
pub(crate) struct RemoteEncryption<'a> {
    #[cfg_attr(not(feature = "tencent-cos"), expect(dead_code, reason = "for objects in COS"))]
    pub(crate) provider: &'a Arc<dyn KeyProvider>,
    pub(crate) encryptor: &'a Encryptor,
    pub(crate) context: &'a EncryptionContext,
    pub(crate) arguments: &'a Encrypt,
}

impl RemoteEncryption<'_> {
    /// Encrypts from or to a cloud.
    pub(crate) fn run(&self, remote: Remote) -> Result<Done, Failure> {
        let Remote { from, to, decision, progress } = remote;
        match to {
            // It has formats of its own.
            #[cfg(feature = "tencent-cos")]
            Target::Object(Object::Cos(target)) => {
                self.run_to_cos(&from, &target, decision, progress)
            }
            to => self.message(&from, to, decision, progress),
        }
    }

    fn message(
        &self,
        from: &Origin,
        to: Target,
        decision: Decision,
        progress: Progress,
    ) -> Result<Done, Failure> {
        let is_object = matches!(to, Target::Object(_));
        let name = from.name();
        let stored = from.open(progress)?;
        let sealer = blocking::wait(self.encryptor.prepare(self.context))?;
        let pump = Pump::new(self.arguments.files.threads);
        let (sealed, etag) = to.fill(decision, Audience::Everybody, move |writer| {
            let sealed = pump.encrypt_stored(sealer, stored, writer);
            sealed.map_err(|error| Failure::of_message(error, &name))
        })?;
        Ok(if is_object { of_object(&sealed, etag) } else { of_message(&sealed) })
    }
}

fn of_message(sealed: &Sealed) -> Done {
    Done::Message {
        header: Box::new(sealed.header().clone()),
        context: sealed.context().clone(),
        plaintext_length: sealed.plaintext_length(),
    }
}

fn of_object(sealed: &Sealed, etag: Option<String>) -> Done {
    Done::Object(DoneObject {
        format: Some("message"),
        message_id: Some(sealed.header().message_id().to_string()),
        plaintext_length: sealed.plaintext_length(),
        etag,
    })
}
