//! The fields of a signature, in the header `Authorization` or in the query of a presigned URL.

use crate::fake::tencent_cos::{asked::Asked, error::CosError};

/// Who signed, for when, and what is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fake::tencent_cos) struct Authorization {
    pub(in crate::fake::tencent_cos) access_key: String,
    pub(super) sign_time: Period,
    pub(super) key_time: Period,
    /// Names as they are signed.
    pub(super) headers: Vec<String>,
    pub(super) parameters: Vec<String>,
    pub(super) signature: String,
}

/// Seconds since 1970, as in `1700000000;1700000300`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) text: String,
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Authorization {
    /// Nothing if the request has none, as one by nobody in particular.
    pub(in crate::fake::tencent_cos) fn of(asked: &Asked<'_>) -> Result<Option<Self>, CosError> {
        let header = asked.header("authorization").unwrap_or_default();
        let pairs = header.split('&').filter_map(|pair| pair.split_once('='));
        let pairs = pairs.collect::<Vec<_>>();
        let field = |name: &str| match header {
            "" => asked.parameters.get(name),
            _ => pairs.iter().find_map(|(given, value)| (*given == name).then_some(*value)),
        };
        if header.is_empty() && FIELDS.iter().all(|name| field(name).is_none()) {
            return Ok(None);
        }
        let field = |name: &str| {
            let missing = || CosError::invalid_argument(format!("The signature lacks {name}."));
            field(name).ok_or_else(missing)
        };
        if field("q-sign-algorithm")? != "sha1" {
            return Err(CosError::invalid_argument("Signatures are by sha1."));
        }
        Ok(Some(Self {
            access_key: field("q-ak")?.to_owned(),
            sign_time: Period::parse(field("q-sign-time")?)?,
            key_time: Period::parse(field("q-key-time")?)?,
            headers: list(field("q-header-list")?),
            parameters: list(field("q-url-param-list")?),
            signature: field("q-signature")?.to_owned(),
        }))
    }
}

impl Period {
    fn parse(text: &str) -> Result<Self, CosError> {
        let (start, end) = text.split_once(';').unwrap_or_default();
        let (Ok(start), Ok(end)) = (start.parse::<u64>(), end.parse::<u64>()) else {
            let message = format!("This is no period of time: {text}");
            return Err(CosError::invalid_argument(message));
        };
        if start >= end {
            let message = format!("This period of time ends before it begins: {text}");
            return Err(CosError::invalid_argument(message));
        }
        Ok(Self { text: text.to_owned(), start, end })
    }
}

fn list(names: &str) -> Vec<String> {
    names.split(';').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// As they are called in both places.
pub(super) const FIELDS: [&str; 7] = [
    "q-sign-algorithm",
    "q-ak",
    "q-sign-time",
    "q-key-time",
    "q-header-list",
    "q-url-param-list",
    "q-signature",
];
