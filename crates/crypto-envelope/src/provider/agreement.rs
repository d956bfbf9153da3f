//! Wrapping keys with what two keys on an elliptic curve agree on: the same for keys of one's own and for those in AWS KMS.

use super::EcKey;
use crate::{
    EncryptedDataKey, EncryptionContext, Error, Result, SecretBytes,
    crypto::{self, AesGcm, EcCurve, Hash, IV_LENGTH, TAG_LENGTH, counter_kdf},
};

/// Whose keys agree: of who wraps, and of who unwraps (AWS Encryption SDK specification, "Raw ECDH keyring" and
/// "AWS KMS ECDH keyring").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcdhParties {
    curve: EcCurve,
    /// Compressed points.
    sender: Vec<u8>,
    recipient: Vec<u8>,
}

impl EcdhParties {
    /// The owners of two keys.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the keys are not on one curve.
    pub fn new(sender: &EcKey, recipient: &EcKey) -> Result<Self> {
        if sender.curve() != recipient.curve() {
            return Err(Error::invalid_input(format!(
                "keys on {} and on {} cannot agree on anything",
                sender.curve().name(),
                recipient.curve().name()
            )));
        }
        let (sender_point, recipient_point) = (sender.compressed()?, recipient.compressed()?);
        Ok(Self { curve: sender.curve(), sender: sender_point, recipient: recipient_point })
    }

    /// Those of a wrapped key, in KMS or not: the official SDKs read either provider id.
    #[must_use]
    pub fn of(key: &EncryptedDataKey) -> Option<Self> {
        let is_ecdh = [RAW_PROVIDER_ID, KMS_PROVIDER_ID].contains(&key.provider_id());
        if is_ecdh { Self::parse(key.provider_info()) } else { None }
    }

    /// Reads a provider info: of some curve, with points that may not be on it.
    fn parse(info: &[u8]) -> Option<Self> {
        let rest = info.strip_prefix(&[VERSION])?;
        let (recipient, rest) = point(rest)?;
        let (sender, rest) = point(rest)?;
        let mut curves = [EcCurve::P256, EcCurve::P384, EcCurve::P521].into_iter();
        let curve = curves.find(|curve| 1 + curve.coordinate_length() == recipient.len())?;
        let is_compressed = |point: &[u8]| matches!(point.first(), Some(2 | 3));
        let are_points = sender.len() == recipient.len()
            && is_compressed(sender)
            && is_compressed(recipient)
            && rest.is_empty();
        let (sender, recipient) = (sender.to_vec(), recipient.to_vec());
        are_points.then_some(Self { curve, sender, recipient })
    }

    /// The provider info.
    #[must_use]
    pub fn info(&self) -> Vec<u8> {
        // 67 at most.
        let length = u32::try_from(self.sender.len()).unwrap_or_default().to_be_bytes();
        [&[VERSION][..], &length, &self.recipient, &length, &self.sender].concat()
    }

    /// Whether a key is that of who unwraps.
    #[must_use]
    pub fn is_for(&self, key: &EcKey) -> bool {
        key.compressed().is_ok_and(|point| point == self.recipient)
    }

    /// How the data key is wrapped, for people.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self.curve {
            EcCurve::P256 => "ECDH-P-256",
            EcCurve::P384 => "ECDH-P-384",
            EcCurve::P521 => "ECDH-P-521",
        }
    }

    /// The compressed point of who unwraps.
    #[must_use]
    pub fn recipient(&self) -> &[u8] {
        &self.recipient
    }

    /// The public key of who wraps, if its point is on the curve.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is not.
    pub fn sender_key(&self) -> Result<EcKey> {
        EcKey::of_point(self.curve, &self.sender)
    }

    /// Refuses what is no ciphertext of these, before anybody is asked what the keys agree on.
    ///
    /// # Errors
    ///
    /// [`Error::unauthentic_key`].
    pub fn check_form(ciphertext: &[u8]) -> Result<()> {
        let is_long_enough = ciphertext.len() > SALT_LENGTH + COMMITMENT_LENGTH + TAG_LENGTH;
        if is_long_enough { Ok(()) } else { Err(Error::unauthentic_key()) }
    }

    /// Wraps a secret with the x-coordinate that both keys agree on.
    ///
    /// # Errors
    ///
    /// As far as one can see, none but that no randomness can be had.
    pub fn wrap(
        &self,
        shared: &SecretBytes,
        secret: &SecretBytes,
        context: &EncryptionContext,
    ) -> Result<Vec<u8>> {
        let mut salt = [0; SALT_LENGTH];
        crypto::random(&mut salt).map_err(|_| Error::no_randomness())?;
        let fixed = self.fixed_info(context)?;
        let keys = derive(shared, &fixed, &salt)?;
        let (commitment, wrapping_key) = keys.expose().split_at(COMMITMENT_LENGTH);
        let mut ciphertext = vec![0; secret.len()];
        let mut tag = [0; TAG_LENGTH];
        AesGcm::new(wrapping_key)
            .and_then(|key| key.seal(&ZERO_IV, &fixed, secret.expose(), &mut ciphertext, &mut tag))
            .map_err(|_| Error::Internal { what: "wrapping the data key failed" })?;
        Ok([&salt[..], commitment, &ciphertext, &tag].concat())
    }

    /// The secret that was wrapped with the x-coordinate that both keys agree on.
    ///
    /// # Errors
    ///
    /// [`Error::unauthentic_key`] if it was not, or under another context.
    pub fn unwrap(
        &self,
        shared: &SecretBytes,
        ciphertext: &[u8],
        context: &EncryptionContext,
    ) -> Result<SecretBytes> {
        let refused = Error::unauthentic_key;
        let (salt, rest) = ciphertext.split_first_chunk::<SALT_LENGTH>().ok_or_else(refused)?;
        let (commitment, rest) = rest.split_at_checked(COMMITMENT_LENGTH).ok_or_else(refused)?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG_LENGTH>().ok_or_else(refused)?;
        let fixed = self.fixed_info(context)?;
        let keys = derive(shared, &fixed, salt)?;
        let (committed, wrapping_key) = keys.expose().split_at(COMMITMENT_LENGTH);
        if !crypto::equal(committed, commitment) {
            return Err(refused());
        }
        let key = AesGcm::new(wrapping_key).map_err(|_| refused())?;
        SecretBytes::filled_by(ciphertext.len(), |secret| {
            key.open(&ZERO_IV, &fixed, ciphertext, tag, secret).map_err(|_| refused())
        })
    }

    /// What the keys are for: the label that they are derived with, and authenticated data.
    fn fixed_info(&self, context: &EncryptionContext) -> Result<Vec<u8>> {
        let curve: &[u8] = match self.curve {
            EcCurve::P256 => b"p256",
            EcCurve::P384 => b"p384",
            EcCurve::P521 => b"p521",
        };
        let points = [&self.sender[..], &self.recipient].concat();
        let parts = [&b"ecdh-key-derivation"[..], curve, b"HMAC_SHA384", &points, &[VERSION]];
        let mut fixed = parts.join(&0);
        fixed.push(0);
        fixed.extend_from_slice(context.serialize()?);
        Ok(fixed)
    }
}

/// The commitment, then the wrapping key.
fn derive(shared: &SecretBytes, fixed: &[u8], salt: &[u8]) -> Result<SecretBytes> {
    SecretBytes::filled_by(COMMITMENT_LENGTH + KEY_LENGTH, |keys| {
        counter_kdf(Hash::Sha384, shared.expose(), fixed, salt, keys)
            .map_err(|_| Error::Internal { what: "deriving the wrapping key failed" })
    })
}

/// A point with its length in front.
fn point(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// What is written for keys of one's own.
pub(crate) const RAW_PROVIDER_ID: &str = "raw-ecdh";
const KMS_PROVIDER_ID: &str = "aws-kms-ecdh";
const VERSION: u8 = 1;
const SALT_LENGTH: usize = 32;
const COMMITMENT_LENGTH: usize = 32;
const KEY_LENGTH: usize = 32;
/// Each wrapping key is used once.
const ZERO_IV: [u8; IV_LENGTH] = [0; IV_LENGTH];
