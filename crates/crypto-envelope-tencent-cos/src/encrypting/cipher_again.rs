//! The cipher of an upload that is gone on with.

use crypto_envelope::{
    Error, HeaderParser, Result, hazmat::PartSealer, provider::ProviderErrorKind,
};

use super::{
    cipher::PartCipher,
    storing::Storing,
    upload::no_parts,
    upload_record::{UploadStart, Wrapped},
};
use crate::{CosEnvelope, CosFormat};

impl Storing {
    /// The same cipher as before. None if it cannot be had: the key provider only encrypts, or is another one,
    /// or the object is to be bound to other pairs.
    pub(super) async fn cipher_again(&self, start: &UploadStart) -> Result<Option<PartCipher>> {
        let length = start.source.length;
        let opened = match (&start.wrapped, &self.encrypting) {
            (Wrapped::Nothing, None) => return Ok(Some(PartCipher::AsItIs { length })),
            (Wrapped::Header(bytes), Some(client)) if start.format == Some(CosFormat::Message) => {
                let decryptor = &client.inner().decryptor;
                let mut parser: HeaderParser = decryptor.header_parser();
                parser.push(bytes)?;
                let opener = decryptor.open(parser.finish()?, &self.context).await;
                match opener {
                    // Bound to other pairs, it would be another object than the caller means.
                    Ok(opener) if *opener.context() != self.context => return Ok(None),
                    Ok(opener) => {
                        let parts = PartSealer::again(&opener, length)?;
                        Ok(PartCipher::Message(Box::new(parts)))
                    }
                    Err(error) => Err(error),
                }
            }
            (Wrapped::Metadata(pairs), Some(client)) => {
                let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let envelope = CosEnvelope::of_metadata(pairs)?;
                let Some(envelope) = envelope.filter(|found| Some(found.format()) == start.format)
                else {
                    return Ok(None);
                };
                let key = envelope.open(&*client.inner().provider).await;
                key.and_then(|key| {
                    let stream = key.key_stream()?.ok_or_else(no_parts)?;
                    Ok(PartCipher::Stream { stream, length })
                })
            }
            _ => return Ok(None),
        };
        match opened {
            Ok(cipher) => Ok(Some(cipher)),
            Err(error) if is_for_good(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether the data key will not be had later either: it is no key of this provider, which may have only a public
/// one.
fn is_for_good(error: &Error) -> bool {
    let is_final = |error: &Error| match error {
        Error::Provider(error) => error.kind() == ProviderErrorKind::Unsupported,
        Error::Authentication { .. } | Error::Policy(_) => true,
        _ => false,
    };
    match error {
        Error::NoUsableKey { attempts, .. } => {
            attempts.iter().all(|attempt| attempt.error().is_none_or(is_final))
        }
        error => is_final(error),
    }
}
