//! What an object says about itself.

use std::{
    fmt::Write as _,
    io::{Cursor, Read},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{EncryptedDataKey, blocking};
use crypto_envelope_tencent_cos::{
    CosEnvelope, CosError, CosErrorKind, CosObjectError, CosWarning, GetObject, ObjectKey,
    ObjectProperties,
};
use serde_json::{Value, json};

use super::{object::Object, ranges::version_of};
use crate::{
    args::Inspect,
    failure::Failure,
    place::Place,
    progress::Progress,
    provider,
    remote::{Front, ObjectReader, no_base64},
    report::{Claims, Depth, StoredFacts},
    text::printable,
};

/// What can be known without a key, and is not verified.
pub(crate) struct ObjectClaims {
    input: String,
    properties: ObjectProperties,
    what: What,
}

enum What {
    Message(Box<Claims>),
    Envelope(Box<CosEnvelope>),
}

impl ObjectClaims {
    /// Asks COS.
    pub(crate) fn of(
        place: &Place,
        arguments: &Inspect,
        progress: Progress,
    ) -> Result<Self, Failure> {
        if arguments.decode {
            return Err(no_base64());
        }
        let object = Object::new(&arguments.cos, place.clone())?;
        let input = object.name();
        let properties = object.head()?;
        let about = |error| Failure::of_message(error, &input);
        if let Some(envelope) = CosEnvelope::of_object(&properties).map_err(about)? {
            return Ok(Self { input, properties, what: What::Envelope(Box::new(envelope)) });
        }
        let mut front = Front::of(object.clone(), version_of(&properties));
        let mut first = [0; TELLING];
        let is_message = properties.length > TELLING as u64
            && front
                .read_exact(&mut first)
                .map(|()| is_message(first))
                .map_err(|e| about(e.into()))?;
        let what = if is_message {
            let depth = arguments.into();
            let reader: Box<dyn Read> = match depth {
                Depth::Header => Box::new(Cursor::new(first).chain(front)),
                Depth::All => Box::new(all_of(&object, &properties, progress)?),
            };
            What::Message(Box::new(Claims::read(
                input.clone(),
                reader,
                depth,
                Some(properties.length),
            )?))
        } else {
            let found = instruction_file(&object)?;
            let envelope = found.ok_or_else(|| about(CosObjectError::NotEncrypted.into()))?;
            What::Envelope(Box::new(envelope))
        };
        Ok(Self { input, properties, what })
    }

    pub(crate) fn to_json(&self) -> Value {
        let Self { input, properties, what } = self;
        let mut claims = match what {
            What::Message(claims) => {
                let mut claims = claims.to_json();
                claims["format"] = json!("message");
                claims
            }
            What::Envelope(envelope) => {
                let warnings = envelope.warnings();
                json!({
                    "input": input,
                    "verified": false,
                    "format": envelope.format().name(),
                    "carrier": envelope.carrier().name(),
                    "material_description": envelope.material_description(),
                    "plaintext_length_estimate": plaintext_length(envelope, properties.length),
                    "encrypted_data_keys":
                        envelope.encrypted_data_keys().map(key_json).collect::<Vec<_>>(),
                    "risks": warnings.iter().copied().map(name_of).collect::<Vec<_>>(),
                })
            }
        };
        facts_of(properties).add_to(&mut claims);
        claims["crc64"] = json!(properties.crc64.map(|crc64| crc64.to_string()));
        claims
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = String::new();
        let mut lines = Vec::new();
        match &self.what {
            What::Message(claims) => text = claims.to_text(),
            What::Envelope(envelope) => lines.extend(self.envelope_lines(envelope)),
        }
        lines.extend(facts_of(&self.properties).lines());
        let crc64 = self.properties.crc64;
        lines.extend(crc64.map(|crc64| format!("CRC-64:          {crc64}")));
        if let What::Envelope(envelope) = &self.what {
            lines.extend(envelope.warnings().iter().map(|warning| format!("risk: {warning}")));
        }
        lines.iter().fold(text, |mut text, line| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", printable(line));
            text
        })
    }

    fn envelope_lines(&self, envelope: &CosEnvelope) -> Vec<String> {
        let mut lines = vec![
            format!("{}: nothing here is verified, anybody could have written it", self.input),
            format!("format:          {}", envelope.format()),
            format!("keys in:         {}", envelope.carrier()),
        ];
        let description = envelope.material_description();
        lines.extend(description.map(|text| format!("key description: {text}")));
        if let Some(length) = plaintext_length(envelope, self.properties.length) {
            lines.push(format!("plaintext:       about {length} bytes"));
        }
        lines.push("wrapped keys:".to_owned());
        for key in envelope.encrypted_data_keys() {
            let algorithm = provider::recognize(key).and_then(|known| known.algorithm);
            let (length, id) = (key.ciphertext().len(), key.provider_id());
            let algorithm = algorithm.unwrap_or_default();
            lines.push(format!("  {id} {algorithm} ({length} bytes)"));
        }
        lines
    }
}

fn facts_of(properties: &ObjectProperties) -> StoredFacts {
    StoredFacts {
        length: properties.length,
        etag: properties.etag.unquoted().to_owned(),
        version_id: properties.version_id.clone(),
    }
}

/// From its front to its end.
fn all_of(
    object: &Object,
    properties: &ObjectProperties,
    progress: Progress,
) -> Result<impl Read + use<>, Failure> {
    let shown = progress.show(&object.name(), Some(properties.length));
    let call = GetObject::new(object.key.clone()).if_match(properties.etag.clone());
    Ok(ObjectReader::new(blocking::wait(object.client.open(call))?, shown))
}

/// Whether a body that begins so is a message: version and type, or version and suite.
fn is_message(front: [u8; TELLING]) -> bool {
    matches!(front, [1, 0x80, _] | [2, 4 | 5, 0x78])
}

/// What the object beside it says, if there is one.
fn instruction_file(object: &Object) -> Result<Option<CosEnvelope>, Failure> {
    let Ok(key) = ObjectKey::exact(format!("{}.instruction", object.key)) else { return Ok(None) };
    let opened = match blocking::wait(object.client.open(GetObject::new(key))) {
        Err(error) if CosError::kind_in(&error) == Some(CosErrorKind::NotFound) => return Ok(None),
        opened => opened?,
    };
    let body = blocking::wait(opened.whole(LONGEST_INSTRUCTION_FILE))?;
    Ok(Some(CosEnvelope::of_instruction_file(&body)?))
}

/// As far as the object says it, or its format does.
fn plaintext_length(envelope: &CosEnvelope, stored: u64) -> Option<u64> {
    use crypto_envelope_tencent_cos::CosFormat;
    envelope.plaintext_length().or(match envelope.format() {
        CosFormat::JavaGcm => stored.checked_sub(TAG),
        CosFormat::UnauthenticatedJavaCbc => None,
        _ => Some(stored),
    })
}

fn key_json(key: &EncryptedDataKey) -> Value {
    json!({
        "provider_id": key.provider_id(),
        "algorithm": provider::recognize(key).and_then(|known| known.algorithm),
        "provider_info_base64": BASE64.encode(key.provider_info()),
        "ciphertext_length": key.ciphertext().len(),
    })
}

/// Stable, for programs.
fn name_of(warning: CosWarning) -> &'static str {
    match warning {
        CosWarning::Unauthenticated => "unauthenticated",
        CosWarning::FixedKeystream => "fixed-keystream",
        CosWarning::GarbageToReleasedSdks => "garbage-to-released-sdks",
        CosWarning::AnybodyMayWrap => "anybody-may-wrap",
        CosWarning::PaddingUnknown => "padding-unknown",
        CosWarning::KeysApart => "keys-apart",
        _ => "other",
    }
}

/// In bytes.
const TELLING: usize = 3;
const TAG: u64 = 16;
const LONGEST_INSTRUCTION_FILE: u64 = 64 << 10;
