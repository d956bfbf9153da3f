//! Calls about the tags of keys and secrets.

use crate::openapi::answers::{Done, Tags};

calls! {
    /// Adds tags to a key, or changes their values.
    TagResource -> Done, about key_id {
        needs {
            key_id: String = text "KeyId",
            tags: Vec<Tag> = tags "Tags",
        }
    }

    /// Removes tags from a key.
    UntagResource -> Done, about key_id {
        needs {
            key_id: String = text "KeyId",
            tag_keys: Vec<String> = texts "TagKeys",
        }
    }

    /// Lists the tags of a key.
    ListResourceTags -> Tags, about key_id {
        needs {
            key_id: String = text "KeyId",
        }
    }
}

/// A tag of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

impl Tag {
    /// At most 128 characters each.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Its value, which may be empty.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openapi::calls::Call;

    fn query<C: Call>(call: &C) -> String {
        let query = call.parameters().expect("they can be sent").encoded();
        format!("{} {}", C::ACTION, *query)
    }

    #[test]
    fn parameters_are_named_as_in_the_api() {
        let tag = TagResource::new("k", [Tag::new("t", "")]);
        let expected = "TagResource KeyId=k&\
                        Tags=%5B%7B%22TagKey%22%3A%22t%22%2C%22TagValue%22%3A%22%22%7D%5D";
        assert_eq!(query(&tag), expected);
        let untag = UntagResource::new("k", ["t".to_owned()]);
        assert_eq!(query(&untag), "UntagResource KeyId=k&TagKeys=%5B%22t%22%5D");
        assert_eq!(query(&ListResourceTags::new("k")), "ListResourceTags KeyId=k");
    }
}
