//! What is stored with an object beside its bytes.

use std::borrow::Cow;

use super::error::S3Error;
use crate::fake::http::Request;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    /// Names of users' own are in lower case, as S3 has them.
    headers: Vec<(Cow<'static, str>, String)>,
    storage_class: Option<String>,
}

impl Metadata {
    /// What comes with a request that writes.
    pub(super) fn of(request: &Request) -> Result<Self, S3Error> {
        let mut metadata = Self::default();
        for (name, value) in &request.headers {
            metadata.set(name, value);
        }
        let own = metadata.headers.iter().filter_map(|(name, value)| {
            let name = name.strip_prefix(PREFIX)?;
            Some(name.len() + value.len())
        });
        let length = own.sum::<usize>();
        if length > LONGEST {
            let message = "Your metadata headers exceed the maximum allowed metadata size";
            return Err(S3Error::new(400, "MetadataTooLarge", message)
                .with("Size", length.to_string())
                .with("MaxSizeAllowed", LONGEST.to_string()));
        }
        let class = metadata.storage_class();
        if !CLASSES.contains(&class) {
            let message = "The storage class you specified is not valid";
            return Err(S3Error::new(400, "InvalidStorageClass", message)
                .with("StorageClassRequested", class));
        }
        Ok(metadata)
    }

    /// Sets a header, if it is one that is stored.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let lower = name.to_ascii_lowercase();
        let stored = if lower.starts_with(PREFIX) {
            Cow::Owned(lower)
        } else if lower == "x-amz-storage-class" {
            self.storage_class = Some(value.to_owned());
            return;
        } else {
            let mut plain = STORED.iter().filter(|stored| stored.eq_ignore_ascii_case(&lower));
            let Some(name) = plain.next() else { return };
            Cow::Borrowed(*name)
        };
        let value =
            if stored == CONTENT_ENCODING { without_chunks(value) } else { value.to_owned() };
        self.headers.retain(|(name, _)| *name != stored);
        if stored != CONTENT_ENCODING || !value.is_empty() {
            self.headers.push((stored, value));
        }
    }

    /// The same for a copy, which does not keep the storage class.
    pub(super) fn copied(&self, request: &Request) -> Result<Self, S3Error> {
        let Self { storage_class, .. } = Self::of(request)?;
        let mut headers = self.headers.clone();
        headers.retain(|(name, _)| name != REDIRECT);
        let redirect = request.header(REDIRECT);
        headers.extend(redirect.map(|to| (Cow::Borrowed(REDIRECT), to.to_owned())));
        Ok(Self { headers, storage_class })
    }

    pub(super) fn storage_class(&self) -> &str {
        self.storage_class.as_deref().unwrap_or(STANDARD)
    }

    /// Those of the object, with the content type that it has without any.
    pub(super) fn headers(&self) -> impl Iterator<Item = (Cow<'static, str>, String)> {
        let has_type = self.headers.iter().any(|(name, _)| name == CONTENT_TYPE);
        let default = (!has_type).then(|| (CONTENT_TYPE.into(), "binary/octet-stream".into()));
        let class = self.storage_class.clone().filter(|class| class != STANDARD);
        let class = class.map(|class| ("x-amz-storage-class".into(), class));
        self.headers.clone().into_iter().chain(default).chain(class)
    }

    /// As they were given.
    pub(super) fn given(&self) -> impl Iterator<Item = (String, String)> {
        self.headers.iter().map(|(name, value)| (name.to_string(), value.clone()))
    }
}

/// How the body came is not how the object is encoded.
fn without_chunks(encodings: &str) -> String {
    let encodings = encodings.split(',').map(str::trim).filter(|one| *one != "aws-chunked");
    encodings.collect::<Vec<_>>().join(",")
}

const PREFIX: &str = "x-amz-meta-";
const CONTENT_ENCODING: &str = "Content-Encoding";
const CONTENT_TYPE: &str = "Content-Type";
const REDIRECT: &str = "x-amz-website-redirect-location";
const STANDARD: &str = "STANDARD";
/// Of others' headers.
const STORED: &[&str] = &[
    "Cache-Control",
    "Content-Disposition",
    CONTENT_ENCODING,
    "Content-Language",
    CONTENT_TYPE,
    "Expires",
    REDIRECT,
];
const CLASSES: &[&str] = &[
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
];
const LONGEST: usize = 2 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(headers: &[(&str, &str)]) -> Result<Metadata, S3Error> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Metadata::of(&Request { headers: headers.collect(), ..Request::default() })
    }

    #[test]
    fn metadata_has_limits() {
        let long = "x".repeat(1023);
        assert!(metadata(&[("x-amz-meta-a", &long), ("X-Amz-Meta-B", &long)]).is_ok());
        let error = metadata(&[("x-amz-meta-a", &long), ("x-amz-meta-bb", &long)]).unwrap_err();
        assert_eq!(error.code, "MetadataTooLarge");
        let error = metadata(&[("x-amz-storage-class", "COLD")]).unwrap_err();
        assert_eq!(error.code, "InvalidStorageClass");
    }

    #[test]
    fn the_way_of_the_body_is_not_kept() -> Result<(), S3Error> {
        for (given, kept) in [
            ("aws-chunked", None),
            ("aws-chunked,gzip", Some("gzip")),
            ("gzip, aws-chunked", Some("gzip")),
            ("gzip", Some("gzip")),
        ] {
            let metadata = metadata(&[("content-encoding", given)])?;
            let found = metadata.given().next().map(|(_, value)| value);
            assert_eq!(found.as_deref(), kept, "{given}");
        }
        Ok(())
    }
}
