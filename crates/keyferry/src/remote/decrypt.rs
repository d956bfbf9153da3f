//! Decrypting from and to clouds.

use std::sync::Arc;

use crypto_envelope::{Decryptor, blocking, io, provider::KeyProvider, ranges::RangeSource};

use super::{Object, Origin, Remote, Stored, Target};
use crate::{
    args::{ByteRange, Decrypt},
    command::{ExpectedContext, Part, of_part},
    failure::Failure,
    output::{Audience, Decision},
    progress::Progress,
    pump::Pump,
    report::{Done, DoneObject},
};

/// What decrypts all objects of a run.
pub(crate) struct RemoteDecryption<'a> {
    #[cfg_attr(not(feature = "tencent-cos"), expect(dead_code, reason = "for objects in COS"))]
    pub(crate) provider: &'a Arc<dyn KeyProvider>,
    /// For places from which plaintext can be taken back.
    pub(crate) to_file: &'a Decryptor,
    pub(crate) to_stream: &'a Decryptor,
    pub(crate) expected: &'a ExpectedContext,
    pub(crate) arguments: &'a Decrypt,
}

impl RemoteDecryption<'_> {
    /// Decrypts from or to a cloud.
    pub(crate) fn run(&self, remote: Remote) -> Result<Done, Failure> {
        let Remote { from, to, decision, progress } = remote;
        // What is out cannot be taken back.
        let some_comes_out = to.is_stream() && !self.arguments.buffer;
        let name = from.name();
        let done = match (from, self.arguments.range) {
            // It has formats of its own.
            #[cfg(feature = "tencent-cos")]
            (Origin::Object(Object::Cos(object)), _) => {
                return self.run_from_cos(&object, to, decision, progress);
            }
            (Origin::Local(source), Some(range)) => {
                let file = source.open()?.into_file()?;
                self.part(name, file, range, to, decision, progress)
            }
            #[cfg(feature = "s3-sse-c")]
            (Origin::Object(Object::S3(object)), Some(range)) => {
                self.part(name, object, range, to, decision, progress)
            }
            (from, None) => self.message(name, from.open(progress)?, to, decision),
        };
        done.map_err(|failure| if some_comes_out { of_part(failure) } else { failure })
    }

    pub(crate) fn decryptor_for(&self, to: &Target) -> &Decryptor {
        if to.is_stream() { self.to_stream } else { self.to_file }
    }

    fn message(
        &self,
        name: String,
        stored: Stored,
        to: Target,
        decision: Decision,
    ) -> Result<Done, Failure> {
        let decryptor = self.decryptor_for(&to);
        let Stored { reader, pace } = stored;
        let read = io::read_header(decryptor.header_parser(), reader);
        let (header, body) = read.map_err(|error| Failure::of_message(error, &name))?;
        self.expected.check_keys(&header).map_err(|failure| failure.about(&name))?;
        let opener = blocking::wait(decryptor.open(header, self.expected.pairs()));
        let opener = opener.map_err(|error| Failure::of_message(error, &name))?;
        let pump = Pump::new(self.arguments.files.threads);
        let (finished, etag) = to.fill(decision, Audience::Owner, move |writer| {
            let finished = pump.decrypt_stored(opener, body, pace, writer);
            finished.map_err(|error| Failure::of_message(error, &name))
        })?;
        Ok(Done::Object(DoneObject {
            format: Some("message"),
            message_id: Some(finished.header().message_id().to_string()),
            plaintext_length: finished.plaintext_length(),
            etag,
        }))
    }

    fn part(
        &self,
        name: String,
        source: impl RangeSource + Send + 'static,
        range: ByteRange,
        to: Target,
        decision: Decision,
        progress: Progress,
    ) -> Result<Done, Failure> {
        let part = Part::open(self.decryptor_for(&to), self.expected, name, source, range)?;
        let message_id = Some(part.header().message_id().to_string());
        let release = self.arguments.into();
        let (plaintext_length, etag) = to
            .fill(decision, Audience::Owner, move |writer| part.write(writer, release, progress))?;
        Ok(Done::Object(DoneObject { format: Some("message"), message_id, plaintext_length, etag }))
    }
}
