//! Reading objects.

use bytes::{Bytes, BytesMut};
use crypto_envelope::{
    Decryptor, EncryptionContext, Error, HeaderParser, Result, UnverifiedHeader, aio::RangeReader,
    ranges::RangeOptions,
};

use super::{
    client::CosEncryptingClient,
    message_source::{MessageSource, is_message},
    object::{Body, DecryptedObject},
    request::DecryptObject,
};
use crate::{
    ByteRange, CosEnvelope, CosError, CosErrorKind, CosFormat, CosObjectError, GetObject,
    HeadObject, ObjectKey, ObjectProperties, OpenedObject,
    format::{
        body::{BodyKey, BodyRelease},
        instruction, names,
    },
};

/// When plaintext comes out that is authentic only at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Release {
    Verified,
    /// The caller takes it back if the end is not genuine.
    Revocable,
}

impl CosEncryptingClient {
    /// Begins to read an object, or a range of it: what it is has been checked then, and its plaintext is still to
    /// come.
    ///
    /// # Errors
    ///
    /// - As [`CosClient::open`](crate::CosClient::open).
    /// - [`CosObjectError::NotAccepted`] if its format was not enabled by name,
    ///   [`CosObjectError::NotEncrypted`] if it has none; others of [`CosObjectError`] if its metadata are wrong.
    /// - [`Error::NoUsableKey`] and other errors of the key provider; [`Error::Policy`] if the message is not bound
    ///   to what is expected; those of [`Decryptor::open`].
    pub async fn get(&self, object: DecryptObject) -> Result<DecryptedObject> {
        match object.range {
            Some(range) => self.get_range(object, range).await,
            None => self.get_whole(&object, Release::Verified).await,
        }
    }

    pub(super) async fn get_whole(
        &self,
        object: &DecryptObject,
        release: Release,
    ) -> Result<DecryptedObject> {
        let mut stored = self.plain().open(self.get_call(object)).await?;
        if let Some(envelope) = CosEnvelope::of_object(stored.properties())? {
            return self.get_envelope(object, &envelope, stored, release).await;
        }
        let front = Front::of(&mut stored).await?;
        if is_message(&front.bytes) {
            return self.get_message(object, front, stored, release).await;
        }
        if let Some(envelope) = self.instruction_file(object).await? {
            // Of the body nothing may be missing.
            let stored = self.plain().open(self.get_call(object)).await?;
            return self.get_envelope(object, &envelope, stored, release).await;
        }
        if !self.inner().acceptance.unencrypted {
            return Err(CosObjectError::NotEncrypted.into());
        }
        check_nothing_expected(object)?;
        let waiting = front.bytes;
        let properties = stored.properties().clone();
        Ok(decrypted(properties, None, Body::Plain { waiting, stored }))
    }

    async fn get_message(
        &self,
        object: &DecryptObject,
        front: Front,
        mut stored: OpenedObject,
        release: Release,
    ) -> Result<DecryptedObject> {
        let decryptor = self.decryptor(release)?;
        let (header, waiting) = front.header(&decryptor, &mut stored).await?;
        check_message(object, &header)?;
        let opener = decryptor.open(header, &object.expected).await?;
        let (context, message_id) = (opener.context().clone(), *opener.header().message_id());
        let properties = stored.properties().clone();
        let body = Body::Message { opener: Some(Box::new(opener)), waiting, stored };
        let format = Some(CosFormat::Message);
        let object = decrypted(properties, format, body);
        Ok(DecryptedObject { context, message_id: Some(message_id), ..object })
    }

    /// For a place from which plaintext can be taken back, signed messages need not be held.
    fn decryptor(&self, release: Release) -> Result<Decryptor> {
        let decryptor = &self.inner().decryptor;
        match release {
            Release::Verified => Ok(decryptor.clone()),
            Release::Revocable => decryptor.to_builder().release_before_signature().build(),
        }
    }

    async fn get_envelope(
        &self,
        object: &DecryptObject,
        envelope: &CosEnvelope,
        stored: OpenedObject,
        release: Release,
    ) -> Result<DecryptedObject> {
        check_nothing_expected(object)?;
        let key = self.envelope_key(envelope).await?;
        let properties = stored.properties().clone();
        key.plaintext_length(properties.length)?;
        let release = match release {
            Release::Verified => BodyRelease::Verified { most: self.inner().limits.held },
            Release::Revocable => BodyRelease::Revocable,
        };
        let decryptor = Some(key.decryptor(release)?);
        let body = Body::Envelope { decryptor, stored };
        Ok(decrypted(properties, Some(envelope.format()), body))
    }

    pub(super) async fn envelope_key(&self, envelope: &CosEnvelope) -> Result<BodyKey> {
        self.inner().acceptance.check(envelope)?;
        envelope.open(&*self.inner().provider).await
    }

    async fn get_range(&self, object: DecryptObject, range: ByteRange) -> Result<DecryptedObject> {
        let Some(properties) = self.head_if_needed(&object).await? else {
            return self.get_message_range(&object, range).await;
        };
        // From now on, that object and no other.
        let object = DecryptObject { if_match: Some(properties.etag.clone()), ..object };
        if let Some(envelope) = CosEnvelope::of_object(&properties)? {
            return self.get_envelope_range(&object, &envelope, &properties, range).await;
        }
        // A message says itself that it is one; only of others is the rest asked.
        match self.get_message_range(&object, range).await {
            Err(error) if is_not_encrypted(&error) => {}
            outcome => return outcome,
        }
        if let Some(envelope) = self.instruction_file(&object).await? {
            return self.get_envelope_range(&object, &envelope, &properties, range).await;
        }
        if !self.inner().acceptance.unencrypted {
            return Err(CosObjectError::NotEncrypted.into());
        }
        check_nothing_expected(&object)?;
        let stored = self.plain().open(self.get_call(&object).range(range)).await?;
        check_same(&stored, &properties)?;
        let properties = stored.properties().clone();
        let body = Body::Plain { waiting: Bytes::new(), stored };
        Ok(decrypted(properties, None, body))
    }

    /// What is known of an object that need not be a message.
    async fn head_if_needed(&self, object: &DecryptObject) -> Result<Option<ObjectProperties>> {
        let acceptance = &self.inner().acceptance;
        if !acceptance.has_envelopes() && !acceptance.unencrypted {
            return Ok(None);
        }
        self.head(object).await.map(Some)
    }

    pub(super) async fn head(&self, object: &DecryptObject) -> Result<ObjectProperties> {
        let mut call = HeadObject::new(object.key.clone());
        if let Some(id) = &object.version_id {
            call = call.version_id(id.clone());
        }
        if let Some(etag) = &object.if_match {
            call = call.if_match(etag.clone());
        }
        if let Some(key) = &self.inner().customer_key {
            call = call.customer_key(key.clone());
        }
        self.plain().call(call).await
    }

    async fn get_message_range(
        &self,
        object: &DecryptObject,
        range: ByteRange,
    ) -> Result<DecryptedObject> {
        let (reader, source) = self.message_reader(object).await?;
        let left = match range.without_end() {
            Some(range) => range,
            None => range.within(reader.length().await?),
        };
        let properties = source.properties().cloned().ok_or(CosObjectError::NotEncrypted)?;
        let (context, message_id) = (reader.context().clone(), *reader.header().message_id());
        let body = Body::MessageRange { reader: Box::new(reader), left };
        let object = decrypted(properties, Some(CosFormat::Message), body);
        Ok(DecryptedObject { context, message_id: Some(message_id), ..object })
    }

    /// Reads ranges of a message, and tells what is known of the object.
    pub(super) async fn message_reader(
        &self,
        object: &DecryptObject,
    ) -> Result<(RangeReader<MessageSource>, MessageSource)> {
        let source = MessageSource::new(self, object);
        let decryptor = &self.inner().decryptor;
        let options = RangeOptions::default();
        let reader =
            RangeReader::open_with(decryptor, source.clone(), &object.expected, options).await?;
        if object.message_id.is_some_and(|id| id != *reader.header().message_id()) {
            return Err(CosObjectError::AnotherMessage.into());
        }
        Ok((reader, source))
    }

    async fn get_envelope_range(
        &self,
        object: &DecryptObject,
        envelope: &CosEnvelope,
        properties: &ObjectProperties,
        range: ByteRange,
    ) -> Result<DecryptedObject> {
        check_nothing_expected(object)?;
        let key = self.envelope_key(envelope).await?;
        let unauthenticated = self.inner().acceptance.unauthenticated_ranges;
        let stream = match key.key_stream()? {
            Some(stream) => stream,
            None if unauthenticated => {
                key.unauthenticated_key_stream()?.ok_or(CosObjectError::UnauthenticatedRange)?
            }
            None => return Err(CosObjectError::UnauthenticatedRange.into()),
        };
        let length = key.plaintext_length(properties.length)?.unwrap_or(properties.length);
        let wanted = range.within(length);
        let format = Some(envelope.format());
        if wanted.is_empty() {
            return Ok(decrypted(properties.clone(), format, Body::Nothing));
        }
        let call: GetObject = self.get_call(object).range(ByteRange::of(wanted.clone())?);
        let stored = self.plain().open(call).await?;
        check_same(&stored, properties)?;
        let properties = stored.properties().clone();
        let body = Body::Range { stream, offset: wanted.start, stored };
        Ok(decrypted(properties, format, body))
    }

    /// What the instruction file of an object says, if such files are read, and there is one.
    pub(super) async fn instruction_file(
        &self,
        object: &DecryptObject,
    ) -> Result<Option<CosEnvelope>> {
        if !self.inner().acceptance.has_instruction_files() {
            return Ok(None);
        }
        // There is none of a name that no object can have.
        let Ok(key) = ObjectKey::exact(format!("{}.instruction", object.key.as_str())) else {
            return Ok(None);
        };
        let call = self.get_call(&DecryptObject::new(key));
        let opened = match self.plain().open(call).await {
            Ok(opened) => opened,
            Err(error) if CosError::kind_in(&error) == Some(CosErrorKind::NotFound) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let body = opened.whole(instruction::LONGEST as u64).await?;
        CosEnvelope::of_instruction_file(&body).map(Some)
    }
}

/// The beginning of an object of which it is not known what it is.
struct Front {
    bytes: Bytes,
}

impl Front {
    /// As much as it takes to see whether it is a message.
    async fn of(stored: &mut OpenedObject) -> Result<Self> {
        let mut bytes = BytesMut::new();
        while bytes.len() < TELLING
            && let Some(chunk) = stored.chunk().await?
        {
            bytes.extend_from_slice(&chunk);
        }
        Ok(Self { bytes: bytes.freeze() })
    }

    /// The header, and what was read behind it.
    async fn header(
        self,
        decryptor: &Decryptor,
        stored: &mut OpenedObject,
    ) -> Result<(UnverifiedHeader, Bytes)> {
        let mut parser: HeaderParser = decryptor.header_parser();
        let mut piece = self.bytes;
        loop {
            let used = parser.push(&piece)?;
            if parser.is_complete() {
                return Ok((parser.finish()?, piece.slice(used..)));
            }
            match stored.chunk().await? {
                Some(chunk) => piece = chunk,
                // Truncated.
                None => return Ok((parser.finish()?, Bytes::new())),
            }
        }
    }
}

pub(super) fn is_not_encrypted(error: &Error) -> bool {
    CosObjectError::find_in(error) == Some(&CosObjectError::NotEncrypted)
}

fn check_message(object: &DecryptObject, header: &UnverifiedHeader) -> Result<()> {
    match object.message_id {
        Some(id) if id != *header.claims().message_id() => {
            Err(CosObjectError::AnotherMessage.into())
        }
        _ => Ok(()),
    }
}

/// Whether the bytes that come are of the object that was looked at, also if somebody on the way takes no
/// notice of conditions.
fn check_same(stored: &OpenedObject, expected: &ObjectProperties) -> Result<()> {
    let found = stored.properties();
    if found.etag.matches(&expected.etag) && found.length == expected.length {
        Ok(())
    } else {
        Err(Error::SourceChanged)
    }
}

/// Where nothing is bound, nothing can be expected.
pub(super) fn check_nothing_expected(object: &DecryptObject) -> Result<()> {
    if object.message_id.is_some() {
        return Err(CosObjectError::AnotherMessage.into());
    }
    match object.expected.iter().next() {
        None => Ok(()),
        // As a message without it says.
        Some((key, _)) => EncryptionContext::new().require(key),
    }
}

fn decrypted(
    mut properties: ObjectProperties,
    format: Option<CosFormat>,
    body: Body,
) -> DecryptedObject {
    properties.metadata.user.retain(|name, _| !names::is_ours(name));
    let context = EncryptionContext::new();
    DecryptedObject { properties, format, context, message_id: None, body }
}

/// In bytes.
const TELLING: usize = 3;
