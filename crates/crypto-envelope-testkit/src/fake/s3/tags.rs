//! Tags of objects.

use super::error::S3Error;
use crate::fake::{
    http::Parameters,
    xml::{Element, Writer},
};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tags(Vec<(String, String)>);

impl Tags {
    /// As the header `x-amz-tagging` has them.
    pub(super) fn of_header(header: Option<&str>) -> Result<Self, S3Error> {
        let pairs = Parameters::of(header.unwrap_or_default()).map_err(|_| {
            let message = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded \
                           URL query parameters without tag name duplicates.";
            S3Error::invalid_argument(message)
        })?;
        Self::of_pairs(pairs.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())))
    }

    pub(super) fn of_xml(document: &[u8]) -> Result<Self, S3Error> {
        let root = Element::parse(document).filter(|root| root.name == "Tagging");
        let root = root.ok_or_else(S3Error::malformed_xml)?;
        let sets = root.named("TagSet").flat_map(|set| set.named("Tag"));
        let pairs = sets
            .map(|tag| Some((tag.text_of("Key")?.to_owned(), tag.text_of("Value")?.to_owned())));
        let pairs = pairs.collect::<Option<Vec<_>>>().ok_or_else(S3Error::malformed_xml)?;
        Self::of_pairs(pairs)
    }

    /// Whatever limits there are for clients.
    pub(super) fn of_given(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    pub(super) fn xml(&self) -> Writer {
        let mut xml = Writer::new();
        xml.open_in("Tagging", super::NAMESPACE);
        xml.open("TagSet");
        for (key, value) in &self.0 {
            xml.open("Tag");
            xml.element("Key", key);
            xml.element("Value", value);
            xml.close("Tag");
        }
        xml.close("TagSet");
        xml.close("Tagging");
        xml
    }

    fn of_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, S3Error> {
        let mut tags = Self::default();
        for (key, value) in pairs {
            if key.is_empty() || key.chars().count() > 128 {
                let message = "The TagKey you have provided is invalid";
                return Err(S3Error::new(400, "InvalidTag", message));
            }
            if value.chars().count() > 256 {
                let message = "The TagValue you have provided is invalid";
                return Err(S3Error::new(400, "InvalidTag", message));
            }
            if tags.0.iter().any(|(there, _)| *there == key) {
                let message = "Cannot provide multiple Tags with the same key";
                return Err(S3Error::new(400, "InvalidTag", message));
            }
            if tags.0.len() == MOST {
                let message = "Object tags cannot be greater than 10";
                return Err(S3Error::new(400, "BadRequest", message));
            }
            tags.0.push((key, value));
        }
        Ok(tags)
    }
}

const MOST: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_have_limits() {
        for (header, code) in [
            ("a=1&b=2".to_owned(), None),
            ("a=1&a=2".to_owned(), Some("InvalidTag")),
            ("=1".to_owned(), Some("InvalidTag")),
            (format!("{}=1", "k".repeat(129)), Some("InvalidTag")),
            (format!("a={}", "v".repeat(257)), Some("InvalidTag")),
            ("a=%FF".to_owned(), Some("InvalidArgument")),
            ("0&1&2&3&4&5&6&7&8&9".to_owned(), None),
            ("0&1&2&3&4&5&6&7&8&9&10".to_owned(), Some("BadRequest")),
        ] {
            let found = Tags::of_header(Some(&header)).err().map(|error| error.code);
            assert_eq!(found, code, "{header}");
        }
    }
}
