//! The header `Authorization` of Signature Version 4, or what stands for it in the query of a presigned URL: who,
//! where, and what is signed.

use std::time::Duration;

use super::{
    Reason, SignatureError,
    error::{incomplete, refused},
};
use crate::fake::http::{Parameters, Request};

/// What the header says, and when it was said.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Authorization {
    pub(crate) scope: Scope,
    /// The names of the signed headers, as they are given.
    pub(super) signed_headers: Vec<String>,
    pub(super) signature: String,
    /// Of the request, from another header.
    pub(super) date: String,
    /// What that header is called.
    pub(super) date_header: &'static str,
    /// For how long a presigned URL is good.
    pub(super) expires: Option<Duration>,
}

/// The credential scope.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Scope {
    pub(crate) access_key: String,
    pub(super) date: String,
    pub(crate) region: String,
    pub(super) service: String,
}

impl Authorization {
    /// Reads it from a request to `service`. Whether the signature is right is not asked here.
    pub(crate) fn of(request: &Request, service: &str) -> Result<Self, SignatureError> {
        let header = request
            .header("authorization")
            .ok_or_else(|| refused(Reason::Missing, "Missing Authentication Token"))?;
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
        let date = |name| Some((name, request.header(name)?));
        let (date_header, date) = DATE_HEADERS.into_iter().find_map(date).ok_or_else(|| {
            incomplete(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' \
                 header.",
            )
        })?;
        let value = |name| part(name).unwrap_or_default();
        Ok(Self {
            scope: Scope::of(value("Credential"), service)?,
            signed_headers: value("SignedHeaders").split(';').map(str::to_owned).collect(),
            signature: value("Signature").to_owned(),
            date: date.to_owned(),
            date_header,
            expires: None,
        })
    }

    /// As [`of`](Self::of), from the query of a presigned URL. Nothing if it is none.
    pub(crate) fn presigned(
        parameters: &Parameters,
        service: &str,
    ) -> Result<Option<Self>, SignatureError> {
        let Some(algorithm) = parameters.get("X-Amz-Algorithm") else { return Ok(None) };
        if algorithm != ALGORITHM {
            return Err(incomplete(format!("Unsupported AWS 'algorithm': '{algorithm}'.")));
        }
        let value = |name: &str| {
            let missing = || incomplete(format!("A presigned URL requires '{name}'."));
            parameters.get(name).filter(|value| !value.is_empty()).ok_or_else(missing)
        };
        let expires = value("X-Amz-Expires")?.parse().ok().filter(|good| *good <= LONGEST);
        let wrong = || incomplete(format!("X-Amz-Expires has at most {LONGEST} seconds."));
        Ok(Some(Self {
            scope: Scope::of(value("X-Amz-Credential")?, service)?,
            signed_headers: value("X-Amz-SignedHeaders")?.split(';').map(str::to_owned).collect(),
            signature: value("X-Amz-Signature")?.to_owned(),
            date: value("X-Amz-Date")?.to_owned(),
            // It is in the query, all of which is signed.
            date_header: "",
            expires: Some(Duration::from_secs(expires.ok_or_else(wrong)?)),
        }))
    }
}

impl Scope {
    fn of(credential: &str, expected: &str) -> Result<Self, SignatureError> {
        let elements = credential.split('/').collect::<Vec<_>>();
        let [access_key, date, region, service, term] = elements[..] else {
            return Err(incomplete(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. \
                 keyid/date/region/service/term, got '{credential}'"
            )));
        };
        if access_key.is_empty() || region.is_empty() {
            return Err(incomplete("Credential must name an access key and a Region."));
        }
        if service != expected || term != TERM {
            let message = format!("Credential should be scoped to correct service: '{expected}'.");
            return Err(refused(Reason::Scope, message));
        }
        Ok(Self {
            access_key: access_key.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }
}

fn first_word(header: &str) -> &str {
    header.split_whitespace().next().unwrap_or_default()
}

pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// What every credential scope ends with.
pub(super) const TERM: &str = "aws4_request";
/// Those that can say when a request was made; the first one that is there does.
const DATE_HEADERS: [&str; 2] = ["x-amz-date", "date"];
/// A week, in seconds.
const LONGEST: u64 = 604_800;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(authorization: Option<&str>) -> Result<Authorization, SignatureError> {
        let mut headers = vec![("x-amz-date".to_owned(), "20260101T000000Z".to_owned())];
        headers.extend(authorization.map(|value| ("Authorization".to_owned(), value.to_owned())));
        Authorization::of(&Request { headers, ..Request::default() }, "kms")
    }

    fn reason(authorization: Option<&str>) -> Option<Reason> {
        read(authorization).err().map(|error| error.reason)
    }

    #[test]
    fn the_header_names_who_where_and_what() {
        let header = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/kms/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=00";
        let expected = Authorization {
            scope: Scope {
                access_key: "AKID".to_owned(),
                date: "20260101".to_owned(),
                region: "eu-west-1".to_owned(),
                service: "kms".to_owned(),
            },
            signed_headers: vec!["host".to_owned(), "x-amz-date".to_owned()],
            signature: "00".to_owned(),
            date: "20260101T000000Z".to_owned(),
            date_header: "x-amz-date",
            expires: None,
        };
        assert_eq!(read(Some(header)).as_ref(), Ok(&expected));
        assert_eq!(read(Some(&header.replace(", ", ","))), Ok(expected));
    }

    #[test]
    fn what_is_missing_or_malformed_is_refused() {
        assert_eq!(reason(None), Some(Reason::Missing));
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
            assert_eq!(reason(Some(header)), Some(Reason::Incomplete), "{header}");
        }
        let other = "AWS4-HMAC-SHA256 Credential=A/1/r/s3/aws4_request, SignedHeaders=host, \
                     Signature=00";
        assert_eq!(reason(Some(other)), Some(Reason::Scope));
    }

    #[test]
    fn a_date_is_needed() {
        let header = "AWS4-HMAC-SHA256 Credential=A/1/r/kms/aws4_request, SignedHeaders=host, \
                      Signature=00";
        let headers = vec![("authorization".to_owned(), header.to_owned())];
        let error = Authorization::of(&Request { headers, ..Request::default() }, "kms");
        let error = error.unwrap_err();
        assert_eq!(error.reason, Reason::Incomplete);
    }
}
