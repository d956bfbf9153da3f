//! Members of a request, checked as AWS checks them.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{context::Context, error::KmsError};

/// The members of a request. A member that is `null` is not there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(super) fn new(request: &'a Value) -> Result<Self, KmsError> {
        request.as_object().map(Self).ok_or_else(KmsError::serialization)
    }

    pub(super) fn text(self, member: &str) -> Result<Option<&'a str>, KmsError> {
        self.of_type(member, Value::as_str)
    }

    pub(super) fn required_text(self, member: &str) -> Result<&'a str, KmsError> {
        let text = self.text(member)?.ok_or_else(|| KmsError::missing(member))?;
        if text.is_empty() {
            let constraint = "have length greater than or equal to 1";
            return Err(KmsError::constraint(member, Some(""), constraint));
        }
        Ok(text)
    }

    /// What is chosen by a name among `ours`. Those that only AWS has are `others`.
    pub(super) fn choice<T: Copy>(
        self,
        member: &str,
        ours: &[(&str, T)],
        others: &[&str],
    ) -> Result<Option<T>, KmsError> {
        self.text(member)?.map(|name| chosen(member, name, ours, others)).transpose()
    }

    pub(super) fn required_choice<T: Copy>(
        self,
        member: &str,
        ours: &[(&str, T)],
        others: &[&str],
    ) -> Result<T, KmsError> {
        chosen(member, self.required_text(member)?, ours, others)
    }

    /// As [`choice`](Self::choice), of any number.
    pub(super) fn choices<T: Copy>(
        self,
        member: &str,
        ours: &[(&str, T)],
        others: &[&str],
    ) -> Result<Vec<T>, KmsError> {
        let names = self.texts(member)?.into_iter();
        names.map(|name| chosen(member, name, ours, others)).collect()
    }

    pub(super) fn flag(self, member: &str) -> Result<bool, KmsError> {
        Ok(self.of_type(member, Value::as_bool)?.unwrap_or(false))
    }

    /// A number in `least..=most`.
    pub(super) fn number(
        self,
        member: &str,
        least: u32,
        most: u32,
    ) -> Result<Option<u32>, KmsError> {
        let Some(number) = self.of_type(member, Value::as_i64)? else { return Ok(None) };
        let refuse = |constraint: String| {
            Err(KmsError::constraint(member, Some(&number.to_string()), &constraint))
        };
        match u32::try_from(number) {
            Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ if number < i64::from(least) => {
                refuse(format!("have value greater than or equal to {least}"))
            }
            _ => refuse(format!("have value less than or equal to {most}")),
        }
    }

    /// A time, in seconds since 1970.
    pub(super) fn time(self, member: &str) -> Result<Option<f64>, KmsError> {
        self.of_type(member, Value::as_f64)
    }

    /// Bytes, of which there must be some and at most `most`.
    pub(super) fn required_bytes(self, member: &str, most: usize) -> Result<Vec<u8>, KmsError> {
        let text = self.text(member)?.ok_or_else(|| KmsError::missing(member))?;
        let bytes = STANDARD.decode(text).map_err(|_| KmsError::serialization())?;
        // AWS does not repeat what may be secret.
        let refuse = |constraint: String| Err(KmsError::constraint(member, None, &constraint));
        match bytes.len() {
            0 => refuse("have length greater than or equal to 1".to_owned()),
            length if length > most => refuse(format!("have length less than or equal to {most}")),
            _ => Ok(bytes),
        }
    }

    pub(super) fn texts(self, member: &str) -> Result<Vec<&'a str>, KmsError> {
        let Some(list) = self.of_type(member, Value::as_array)? else { return Ok(Vec::new()) };
        let texts = list.iter().map(|text| text.as_str().ok_or_else(KmsError::serialization));
        texts.collect()
    }

    pub(super) fn grant_tokens(self) -> Result<Vec<&'a str>, KmsError> {
        let tokens = self.texts("GrantTokens")?;
        if tokens.len() > MAX_GRANT_TOKENS {
            let shown = format!("[{}]", tokens.join(", "));
            let constraint = format!("have length less than or equal to {MAX_GRANT_TOKENS}");
            return Err(KmsError::constraint("GrantTokens", Some(&shown), &constraint));
        }
        Ok(tokens)
    }

    pub(super) fn context(self, member: &str) -> Result<Context, KmsError> {
        let Some(pairs) = self.of_type(member, Value::as_object)? else {
            return Ok(Context::default());
        };
        let pairs = pairs.iter().map(|(key, value)| {
            let value = value.as_str().ok_or_else(KmsError::serialization)?;
            Ok((key.clone(), value.to_owned()))
        });
        Context::new(pairs.collect::<Result<BTreeMap<_, _>, KmsError>>()?)
    }

    /// A member that is itself a structure.
    pub(super) fn structure(self, member: &str) -> Result<Option<Self>, KmsError> {
        Ok(self.of_type(member, Value::as_object)?.map(Self))
    }

    fn of_type<T>(
        self,
        member: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, KmsError> {
        debug_assert!(MEMBERS.contains(&member), "MEMBERS lacks {member}");
        match self.0.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(KmsError::serialization),
        }
    }
}

fn chosen<T: Copy>(
    member: &str,
    name: &str,
    ours: &[(&str, T)],
    others: &[&str],
) -> Result<T, KmsError> {
    if let Some((_, value)) = ours.iter().find(|(own, _)| *own == name) {
        return Ok(*value);
    }
    if others.contains(&name) {
        return Err(KmsError::unsupported(format!("This fake has no {name} for {member}.")));
    }
    let known = ours.iter().map(|(own, _)| own).chain(others).copied().collect::<Vec<_>>();
    let constraint = format!("satisfy enum value set: [{}]", known.join(", "));
    Err(KmsError::constraint(member, Some(name), &constraint))
}

const MAX_GRANT_TOKENS: usize = 10;
/// All members that are ever looked at: a test gives strange values to each.
pub(super) const MEMBERS: &[&str] = &[
    "AliasName",
    "BypassPolicyLockoutSafetyCheck",
    "CiphertextBlob",
    "Constraints",
    "CustomerMasterKeySpec",
    "Description",
    "DestinationEncryptionAlgorithm",
    "DestinationEncryptionContext",
    "DestinationKeyId",
    "DryRun",
    "EncryptedKeyMaterial",
    "EncryptionAlgorithm",
    "EncryptionContext",
    "EncryptionContextEquals",
    "EncryptionContextSubset",
    "ExpirationModel",
    "GrantId",
    "GrantToken",
    "GrantTokens",
    "GranteePrincipal",
    "ImportToken",
    "ImportType",
    "KeyAgreementAlgorithm",
    "KeyId",
    "KeyMaterialId",
    "KeyPairSpec",
    "KeySpec",
    "KeyUsage",
    "Limit",
    "Marker",
    "MultiRegion",
    "Name",
    "NumberOfBytes",
    "Operations",
    "Origin",
    "PendingWindowInDays",
    "Plaintext",
    "Policy",
    "PolicyName",
    "PublicKey",
    "ReplicaRegion",
    "SourceEncryptionAlgorithm",
    "SourceEncryptionContext",
    "SourceKeyId",
    "TargetKeyId",
    "ValidTo",
    "WrappingAlgorithm",
    "WrappingKeySpec",
];
