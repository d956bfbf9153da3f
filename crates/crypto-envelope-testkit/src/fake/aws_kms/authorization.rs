//! The header `Authorization` of Signature Version 4, as far as it is looked at: who, and where.

use super::error::KmsError;
use crate::fake::http::Request;

/// What the credential scope says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Scope {
    pub(super) access_key: String,
    pub(super) region: String,
}

impl Scope {
    /// Reads it. The signature itself is not verified.
    pub(super) fn of(request: &Request) -> Result<Self, KmsError> {
        let header = request.header("authorization").ok_or_else(|| {
            KmsError::new("MissingAuthenticationTokenException", "Missing Authentication Token")
        })?;
        let parts = header.strip_prefix(ALGORITHM).ok_or_else(|| {
            incomplete(format!("Unsupported AWS 'algorithm': '{}'.", first_word(header)))
        })?;
        let part = |name: &str| {
            let mut parts = parts.split(',').map(str::trim);
            let prefix = format!("{name}=");
            parts.find_map(|part| part.strip_prefix(&prefix)).filter(|value| !value.is_empty())
        };
        let missing = ["Credential", "Signature", "SignedHeaders"]
            .into_iter()
            .filter(|name| part(name).is_none())
            .map(|name| format!("Authorization header requires '{name}' parameter. "))
            .collect::<String>();
        if !missing.is_empty() {
            return Err(incomplete(missing + "Authorization=" + ALGORITHM));
        }
        if request.header("x-amz-date").or(request.header("date")).is_none() {
            return Err(incomplete(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' \
                 header.",
            ));
        }
        Self::of_credential(part("Credential").unwrap_or_default())
    }

    fn of_credential(credential: &str) -> Result<Self, KmsError> {
        let elements = credential.split('/').collect::<Vec<_>>();
        let [access_key, _date, region, service, term] = elements[..] else {
            return Err(incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. \
                 keyid/date/region/service/term, got '{credential}'"
            )));
        };
        if access_key.is_empty() || region.is_empty() {
            return Err(incomplete("Credential must name an access key and a Region."));
        }
        if service != "kms" || term != "aws4_request" {
            let message = "Credential should be scoped to correct service: 'kms'.";
            return Err(KmsError::new("InvalidSignatureException", message));
        }
        Ok(Self { access_key: access_key.to_owned(), region: region.to_owned() })
    }
}

fn incomplete(message: impl Into<String>) -> KmsError {
    KmsError::new("IncompleteSignatureException", message)
}

fn first_word(header: &str) -> &str {
    header.split_whitespace().next().unwrap_or_default()
}

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(authorization: Option<&str>) -> Result<Scope, KmsError> {
        let mut headers = vec![("x-amz-date".to_owned(), "20260101T000000Z".to_owned())];
        headers.extend(authorization.map(|value| ("Authorization".to_owned(), value.to_owned())));
        Scope::of(&Request { headers, body: Vec::new() })
    }

    fn code(authorization: Option<&str>) -> &'static str {
        scope(authorization).map_or_else(|error| error.code(), |_| "none")
    }

    #[test]
    fn the_scope_names_who_and_where() {
        let header = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/kms/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=00";
        let expected = Scope { access_key: "AKID".to_owned(), region: "eu-west-1".to_owned() };
        assert_eq!(scope(Some(header)), Ok(expected));
        assert_eq!(
            scope(Some(&header.replace(", ", ","))).map(|scope| scope.region).as_deref(),
            Ok("eu-west-1")
        );
    }

    #[test]
    fn what_is_missing_or_malformed_is_refused() {
        assert_eq!(code(None), "MissingAuthenticationTokenException");
        for header in [
            "",
            "Bearer token",
            "AWS4-HMAC-SHA256",
            "AWS4-HMAC-SHA256 Credential=A/1/r/kms/aws4_request, SignedHeaders=host",
            "AWS4-HMAC-SHA256 Credential=A/1/r/kms/aws4_request, Signature=00",
            "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=00",
            "AWS4-HMAC-SHA256 Credential=A/1/r/kms, SignedHeaders=host, Signature=00",
            "AWS4-HMAC-SHA256 Credential=/1//kms/aws4_request, SignedHeaders=host, Signature=00",
        ] {
            assert_eq!(code(Some(header)), "IncompleteSignatureException", "{header}");
        }
        let other = "AWS4-HMAC-SHA256 Credential=A/1/r/s3/aws4_request, SignedHeaders=host, \
                     Signature=00";
        assert_eq!(code(Some(other)), "InvalidSignatureException");
    }

    #[test]
    fn a_date_is_needed() {
        let header = "AWS4-HMAC-SHA256 Credential=A/1/r/kms/aws4_request, SignedHeaders=host, \
                      Signature=00";
        let headers = vec![("authorization".to_owned(), header.to_owned())];
        let error = Scope::of(&Request { headers, body: Vec::new() }).unwrap_err();
        assert_eq!(error.code(), "IncompleteSignatureException");
    }
}
