//! What is stored beside the bytes of an object.

mod encryption;

use std::{collections::BTreeMap, fmt};

use crypto_envelope::{Error, Result};

pub use self::encryption::ServerSideEncryption;
use crate::{
    answer::Head,
    percent,
    request::{Headers, check_value},
};

/// What is stored beside the bytes of an object. It is given when an object is written, and replaced as a
/// whole by a copy: what is not said then is gone.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectMetadata {
    /// Whatever one likes, by names of lower-case letters, digits and hyphens, without `x-cos-meta-`.
    pub user: BTreeMap<String, String>,
    /// `Content-Type`. COS says `application/octet-stream` where none is given.
    pub content_type: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Expires`, as text: COS takes any.
    pub expires: Option<String>,
    /// Such as `STANDARD_IA`; `STANDARD` if none is given.
    pub storage_class: Option<String>,
    /// Who else may use it. Answers do not tell.
    pub acl: Option<CannedAcl>,
    /// How COS encrypts it, beside what we do.
    pub encryption: Option<ServerSideEncryption>,
    /// Its tags, up to 10. Answers do not tell.
    pub tags: Vec<(String, String)>,
}

impl ObjectMetadata {
    /// Nothing is said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more of its own. The name is taken in lower case.
    #[must_use]
    pub fn with_user(mut self, name: impl AsRef<str>, value: impl Into<String>) -> Self {
        self.user.insert(name.as_ref().to_ascii_lowercase(), value.into());
        self
    }

    /// With this `Content-Type`.
    #[must_use]
    pub fn with_content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// With this storage class, such as `STANDARD_IA`.
    #[must_use]
    pub fn with_storage_class(mut self, class: impl Into<String>) -> Self {
        self.storage_class = Some(class.into());
        self
    }

    /// For these others to use.
    #[must_use]
    pub fn with_acl(mut self, acl: CannedAcl) -> Self {
        self.acl = Some(acl);
        self
    }

    /// Encrypted by COS in this way.
    #[must_use]
    pub fn with_encryption(mut self, encryption: ServerSideEncryption) -> Self {
        self.encryption = Some(encryption);
        self
    }

    /// With one more tag.
    #[must_use]
    pub fn with_tag(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push((name.into(), value.into()));
        self
    }

    /// The headers that store it.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] about what COS does not take, or headers do not carry.
    pub(crate) fn push_to(&self, headers: &mut Headers) -> Result<()> {
        self.push_user(headers)?;
        for (name, value) in [
            ("content-type", &self.content_type),
            ("cache-control", &self.cache_control),
            ("content-disposition", &self.content_disposition),
            ("content-encoding", &self.content_encoding),
            ("content-language", &self.content_language),
            ("expires", &self.expires),
            (STORAGE_CLASS, &self.storage_class),
        ] {
            headers.push_some(name, value.as_deref())?;
        }
        if let Some(acl) = self.acl {
            headers.push("x-cos-acl", acl.name());
        }
        if let Some(encryption) = &self.encryption {
            encryption.push_to(headers)?;
        }
        self.push_tags(headers)
    }

    /// As an answer tells it, whether or not it could be stored again.
    pub(crate) fn of(head: &Head) -> Self {
        let user = head.iter().filter_map(|(name, value)| {
            Some((name.strip_prefix(USER)?.to_owned(), value.to_owned()))
        });
        Self {
            user: user.collect(),
            content_type: head.text("content-type"),
            cache_control: head.text("cache-control"),
            content_disposition: head.text("content-disposition"),
            content_encoding: head.text("content-encoding"),
            content_language: head.text("content-language"),
            expires: head.text("expires"),
            storage_class: head.text(STORAGE_CLASS),
            acl: None,
            encryption: ServerSideEncryption::of(head),
            tags: Vec::new(),
        }
    }

    fn push_user(&self, headers: &mut Headers) -> Result<()> {
        let mut total = 0;
        for (name, value) in &self.user {
            let is_of_name =
                |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if name.is_empty() || !name.bytes().all(is_of_name) {
                let start: String = name.chars().take(100).collect();
                return Err(Error::invalid_input(format!(
                    "COS takes no metadata of the name {start:?}: lower-case letters, digits and hyphens"
                )));
            }
            let full_name = format!("{USER}{name}");
            check_value(&full_name, value)?;
            let length = full_name.len() + value.len();
            total += length;
            if length > LONGEST_HEADER {
                return Err(Error::invalid_input(format!(
                    "the header {full_name} would have {length} bytes, and COS takes {LONGEST_HEADER}"
                )));
            }
            headers.push(&full_name, value);
        }
        if total > LONGEST_USER {
            return Err(Error::invalid_input(format!(
                "the metadata of one's own has {total} bytes, names included, and COS takes {LONGEST_USER}"
            )));
        }
        Ok(())
    }

    fn push_tags(&self, headers: &mut Headers) -> Result<()> {
        if self.tags.is_empty() {
            return Ok(());
        }
        let pairs: Vec<_> = self
            .tags
            .iter()
            .map(|(name, value)| format!("{}={}", *percent::encode(name), *percent::encode(value)))
            .collect();
        if self.tags.len() > MOST_TAGS || self.tags.iter().any(|(name, _)| name.is_empty()) {
            return Err(Error::invalid_input("an object takes up to 10 tags, each with a name"));
        }
        headers.push_checked("x-cos-tagging", &pairs.join("&"))
    }
}

/// The names only: what people store is theirs.
impl fmt::Debug for ObjectMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectMetadata")
            .field("user", &self.user.keys())
            .field("content_type", &self.content_type)
            .field("storage_class", &self.storage_class)
            .field("encryption", &self.encryption)
            .finish_non_exhaustive()
    }
}

/// Who else may use an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CannedAcl {
    /// Whoever may use the bucket.
    Default,
    /// Its owner.
    Private,
    /// Everybody may read it.
    PublicRead,
    /// Everybody with an account of Tencent Cloud may read it.
    AuthenticatedRead,
    /// The owner of the bucket may read it.
    BucketOwnerRead,
    /// The owner of the bucket may do all with it.
    BucketOwnerFullControl,
}

impl CannedAcl {
    fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Private => "private",
            Self::PublicRead => "public-read",
            Self::AuthenticatedRead => "authenticated-read",
            Self::BucketOwnerRead => "bucket-owner-read",
            Self::BucketOwnerFullControl => "bucket-owner-full-control",
        }
    }
}

const USER: &str = "x-cos-meta-";
const STORAGE_CLASS: &str = "x-cos-storage-class";
/// In bytes.
const LONGEST_HEADER: usize = 2 << 10;
const LONGEST_USER: usize = 4 << 10;
const MOST_TAGS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(metadata: &ObjectMetadata) -> Result<Headers> {
        let mut headers = Headers::default();
        metadata.push_to(&mut headers)?;
        Ok(headers)
    }

    #[test]
    fn what_was_read_can_be_stored_again() -> Result<()> {
        let stored = [
            ("Content-Type", "text/plain"),
            ("Cache-Control", "max-age=60, no-cache"),
            ("Content-Disposition", "attachment; filename=\"a b.txt\""),
            ("Content-Encoding", "gzip"),
            ("Content-Language", "zh"),
            ("Expires", "0"),
            ("x-cos-storage-class", "STANDARD_IA"),
            ("x-cos-server-side-encryption", "AES256"),
            ("X-Cos-Meta-Client-Side-Encryption-Key", "bmV3"),
            ("x-cos-meta-empty", ""),
        ];
        let head = Head::new(200, stored.map(|(name, value)| (name, value.as_bytes())));
        let again = headers(&ObjectMetadata::of(&head))?;
        for (name, value) in stored {
            assert_eq!(again.value(&name.to_ascii_lowercase()), Some(value), "{name}");
        }
        assert_eq!(again.iter().count(), stored.len());
        Ok(())
    }

    #[test]
    fn names_and_values_that_would_not_come_back_are_refused() {
        for name in ["", "under_score", "a b", "a:b", "\u{e9}", "a\n"] {
            assert!(headers(&ObjectMetadata::new().with_user(name, "x")).is_err(), "{name:?}");
        }
        for value in ["\u{4e2d}", "two\nlines", " a", "a "] {
            let metadata = ObjectMetadata::new();
            assert!(headers(&metadata.clone().with_user("a", value)).is_err(), "{value:?}");
            assert!(headers(&metadata.clone().with_content_type(value)).is_err(), "{value:?}");
            assert!(headers(&metadata.with_storage_class(value)).is_err(), "{value:?}");
        }
    }

    #[test]
    fn names_are_lower_case() -> Result<()> {
        let headers = headers(&ObjectMetadata::new().with_user("Some-Name", "V"))?;
        assert_eq!(headers.value("x-cos-meta-some-name"), Some("V"));
        Ok(())
    }

    #[test]
    fn there_is_so_much_room() {
        let name = "x-cos-meta-a".len();
        let one = |length| ObjectMetadata::new().with_user("a", "x".repeat(length));
        assert!(headers(&one(LONGEST_HEADER - name)).is_ok());
        assert!(headers(&one(LONGEST_HEADER - name + 1)).is_err());
        let two = one(LONGEST_HEADER - name).with_user("b", "x".repeat(LONGEST_HEADER - name));
        assert!(headers(&two).is_ok());
        assert!(headers(&two.with_user("c", "")).is_err());
    }

    #[test]
    fn tags_are_encoded_and_counted() -> Result<()> {
        let tagged = ObjectMetadata::new().with_tag("a b", "c&d=").with_tag("\u{4e2d}", "");
        assert_eq!(headers(&tagged)?.value("x-cos-tagging"), Some("a%20b=c%26d%3D&%E4%B8%AD="));
        assert!(headers(&ObjectMetadata::new().with_tag("", "x")).is_err());
        let many = (0..11).fold(ObjectMetadata::new(), |all, n| all.with_tag(n.to_string(), ""));
        assert!(headers(&many).is_err());
        Ok(())
    }

    #[test]
    fn values_are_not_shown() {
        let metadata = ObjectMetadata::new().with_user("name", "hidden").with_tag("a", "hidden");
        let shown = format!("{metadata:?}");
        assert!(shown.contains("name") && !shown.contains("hidden"), "{shown}");
    }
}
