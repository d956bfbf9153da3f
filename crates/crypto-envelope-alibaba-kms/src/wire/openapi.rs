//! What the OpenAPI gateways understand.

use std::fmt;

use crypto_envelope::{Error, Result};

use crate::{
    AlibabaKmsError,
    error::{Call, Refusal},
    openapi::{
        AccessKey, Alias, AsymmetricCiphertext, AsymmetricPlaintext, Ciphertext, Created, DataKey,
        Described, DescribedInstance, Done, KeyVersion, ListedKey, Page, Placement, Plaintext,
        PublicKey, SecretValue, Signature, SignedDigest, Tags, Verification, VersionOf,
        calls::Read as _,
        json::{Object, Unreadable},
        query::Parameters,
        signature::ToSign,
    },
};

/// A call to an OpenAPI gateway.
#[derive(Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "no promises")]
pub struct OpenApiCall<'a> {
    /// Such as `Decrypt`.
    pub action: &'a str,
    /// Names and values, as text.
    pub parameters: &'a [(&'a str, &'a str)],
    /// Where they go.
    pub placement: Placement,
    /// The gateway.
    pub host: &'a str,
    /// Who calls.
    pub access_key: &'a AccessKey,
    /// As `2024-01-10T00:11:22Z`.
    pub date: &'a str,
    /// Any text.
    pub nonce: &'a str,
    /// Further headers: `user-agent`, `accept` and `x-acs-credentials-provider` of the vendor's SDK.
    pub headers: &'a [(&'a str, &'a str)],
}

/// What is sent, with `POST`.
#[derive(Clone)]
#[non_exhaustive]
pub struct OpenApiRequest {
    /// Path and query.
    pub target: String,
    /// Names are in lower case.
    pub headers: Vec<(String, String)>,
    /// A form, or nothing.
    pub body: String,
    /// What is signed, but by RPC.
    pub canonical_request: Option<String>,
}

/// Without parameters, which may be secret.
impl fmt::Debug for OpenApiCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenApiCall").field("action", &self.action).finish_non_exhaustive()
    }
}

/// Without parameters, which may be secret.
impl fmt::Debug for OpenApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenApiRequest").finish_non_exhaustive()
    }
}

/// The request of a call.
#[must_use]
pub fn openapi_request(signature: &Signature, call: &OpenApiCall<'_>) -> OpenApiRequest {
    let mut parameters = Parameters::default();
    for (name, value) in call.parameters {
        parameters.push((*name).to_owned(), *value);
    }
    let to_sign = ToSign {
        action: call.action,
        parameters: &parameters,
        placement: call.placement,
        host: call.host,
        access_key: call.access_key,
        date: call.date,
        nonce: call.nonce,
        headers: call.headers,
    };
    let request = signature.sign(&to_sign);
    let headers = request.headers.iter();
    OpenApiRequest {
        target: request.target.as_str().to_owned(),
        headers: headers.map(|(name, value)| (name.clone(), value.as_str().to_owned())).collect(),
        body: request.body.as_str().to_owned(),
        canonical_request: signature
            .canonical(&to_sign)
            .map(|canonical| canonical.text.to_string()),
    }
}

macro_rules! answers {
    ($($answer:ty,)+) => {
        /// The names of all answers.
        pub const ANSWERS: &[&str] = &[$(stringify!($answer),)+];

        /// What the answer of this name is read as, printed.
        ///
        /// # Errors
        ///
        /// [`Error::InvalidInput`] if there is no such answer, or `body` is not one.
        pub fn openapi_answer(name: &str, body: &[u8]) -> Result<String> {
            let mut object = Object::parse(body).map_err(unreadable)?;
            match name {
                $(stringify!($answer) => <$answer>::read(&mut object)
                    .map(|answer| format!("{answer:?}"))
                    .map_err(unreadable),)+
                _ => Err(Error::invalid_input(format!("{name} is no answer"))),
            }
        }
    };
}

answers! {
    Ciphertext,
    Plaintext,
    DataKey,
    AsymmetricCiphertext,
    AsymmetricPlaintext,
    SignedDigest,
    Verification,
    PublicKey,
    SecretValue,
    Done,
    Created,
    Described,
    VersionOf,
    DescribedInstance,
    Tags,
    Page<ListedKey>,
    Page<Alias>,
    Page<KeyVersion>,
}

fn unreadable(error: Unreadable) -> Error {
    Error::invalid_input(error.0)
}

/// What an answer of an OpenAPI gateway says that is an error.
#[must_use]
pub fn openapi_error(action: &'static str, status: u16, body: &[u8]) -> AlibabaKmsError {
    let call = Call { operation: action, key_id: None };
    call.refused(Refusal::of_openapi(status, body))
}

#[cfg(test)]
mod tests {
    use crypto_envelope::Result;

    use super::*;

    #[test]
    fn forms_are_signed_and_leave_the_url_alone() -> Result<()> {
        let access_key = AccessKey::new("id", &b"secret"[..])?;
        let call = OpenApiCall {
            action: "Encrypt",
            parameters: &[("KeyId", "k"), ("Plaintext", "a b")],
            placement: Placement::Form,
            host: "kms.cn-hangzhou.aliyuncs.com",
            access_key: &access_key,
            date: "2024-01-10T00:11:22Z",
            nonce: "n",
            headers: &[],
        };
        for signature in [Signature::Acs3, Signature::acs4("cn-hangzhou")?] {
            let request = openapi_request(&signature, &call);
            assert_eq!(
                (request.target.as_str(), request.body.as_str()),
                ("/", "KeyId=k&Plaintext=a+b")
            );
            let canonical = request.canonical_request.unwrap_or_default();
            assert!(
                canonical
                    .starts_with("POST\n/\n\ncontent-type:application/x-www-form-urlencoded\n")
            );
            let hash = "da187e7a15928bcf196fd3f76223348cf580aae0e70b41a8c9c118c1c3cf2ee8";
            assert!(canonical.contains(&format!("\nx-acs-content-sha256:{hash}")), "{canonical}");
        }
        let request = openapi_request(&Signature::RpcHmacSha1, &call);
        assert_eq!(request.body, "KeyId=k&Plaintext=a+b");
        assert!(request.target.starts_with("/?Action=Encrypt&Format=json&Version=2016-01-20&"));
        assert!(!request.target.contains("Plaintext"));
        let in_url = openapi_request(
            &Signature::RpcHmacSha1,
            &OpenApiCall { placement: Placement::Url, ..call },
        );
        let signed = |request: &OpenApiRequest| {
            request.target.rsplit_once("&Signature=").map(|(_, signature)| signature.to_owned())
        };
        assert_eq!(signed(&request), signed(&in_url));
        Ok(())
    }
}
