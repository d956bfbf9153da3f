//! What is stored with an object beside its bytes.

use std::borrow::Cow;

use super::error::CosError;
use crate::fake::http::Request;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    /// Names of users' own are in lower case, as clients want them.
    headers: Vec<(Cow<'static, str>, String)>,
    storage_class: Option<String>,
}

impl Metadata {
    /// What comes with a request that writes.
    pub(super) fn of(request: &Request) -> Result<Self, CosError> {
        let mut metadata = Self::default();
        let mut length = 0;
        for (name, value) in &request.headers {
            let lower = name.to_ascii_lowercase();
            if let Some(own) = lower.strip_prefix(PREFIX) {
                check_name(own)?;
                let own_length = own.len() + value.len();
                length += own_length;
                if own_length > LONGEST || length > LONGEST_ALL {
                    return Err(CosError::new(
                        400,
                        "MetadataTooLarge",
                        "A header of metadata has at most 2 KB, and all of them 4 KB.",
                    ));
                }
            }
            metadata.set(name, value);
        }
        Ok(metadata)
    }

    /// Sets a header, if it is one that is stored.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let lower = name.to_ascii_lowercase();
        let stored = if lower.starts_with(PREFIX) {
            Cow::Owned(lower)
        } else if lower == "x-cos-storage-class" {
            self.storage_class = Some(value.to_owned());
            return;
        } else {
            let mut plain = STORED.iter().filter(|stored| stored.eq_ignore_ascii_case(&lower));
            let Some(name) = plain.next() else { return };
            Cow::Borrowed(*name)
        };
        self.headers.retain(|(name, _)| *name != stored);
        self.headers.push((stored, value.to_owned()));
    }

    /// The same without the storage class, which copies do not keep.
    pub(super) fn copied(&self, storage_class: Option<&str>) -> Self {
        Self { headers: self.headers.clone(), storage_class: storage_class.map(str::to_owned) }
    }

    pub(super) fn storage_class(&self) -> &str {
        self.storage_class.as_deref().unwrap_or(STANDARD)
    }

    /// Those of the object, with the content type that it has without any.
    pub(super) fn headers(&self) -> impl Iterator<Item = (Cow<'static, str>, String)> {
        let has_type = self.headers.iter().any(|(name, _)| name == CONTENT_TYPE);
        let default = (!has_type).then(|| (CONTENT_TYPE.into(), "application/octet-stream".into()));
        let class = self.storage_class.clone().filter(|class| class != STANDARD);
        let class = class.map(|class| ("x-cos-storage-class".into(), class));
        self.headers.clone().into_iter().chain(default).chain(class)
    }

    /// As they were given.
    pub(super) fn given(&self) -> impl Iterator<Item = (String, String)> {
        self.headers.iter().map(|(name, value)| (name.to_string(), value.clone()))
    }
}

fn check_name(own: &str) -> Result<(), CosError> {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if own.is_empty() || !own.bytes().all(is_known) {
        let message = format!("Names of metadata have letters, digits and minus signs, not: {own}");
        return Err(CosError::invalid_argument(message));
    }
    Ok(())
}

const PREFIX: &str = "x-cos-meta-";
const CONTENT_TYPE: &str = "Content-Type";
const STANDARD: &str = "STANDARD";
/// Of others' headers.
const STORED: &[&str] = &[
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    CONTENT_TYPE,
    "Expires",
];
const LONGEST: usize = 2 << 10;
const LONGEST_ALL: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(headers: &[(&str, usize)]) -> Option<&'static str> {
        let headers = headers.iter();
        let headers =
            headers.map(|(name, length)| (format!("x-cos-meta-{name}"), "x".repeat(*length)));
        let request = Request { headers: headers.collect(), ..Request::default() };
        Metadata::of(&request).err().map(|error| error.code)
    }

    #[test]
    fn metadata_has_limits() {
        assert_eq!(code_of(&[("a", 2047), ("b", 2047)]), None);
        assert_eq!(code_of(&[("a", 2048)]), Some("MetadataTooLarge"));
        assert_eq!(code_of(&[("a", 2047), ("b", 2047), ("c", 0)]), Some("MetadataTooLarge"));
        for name in ["a_b", "", "a.b", "ü"] {
            assert_eq!(code_of(&[(name, 1)]), Some("InvalidArgument"), "{name}");
        }
    }
}
