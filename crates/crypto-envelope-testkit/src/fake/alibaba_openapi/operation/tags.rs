//! Tags of keys.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Operation, done};
use crate::fake::alibaba_kms::Refusal;

impl Operation<'_> {
    pub(super) fn tag_resource(mut self) -> Result<Value, Refusal> {
        self.parameters.required("Tags")?;
        let tags = self.tags()?;
        self.change_key(|key| {
            key.labels.tags.extend(tags);
            Ok(done())
        })
    }

    pub(super) fn untag_resource(mut self) -> Result<Value, Refusal> {
        self.parameters.required("TagKeys")?;
        let wrong = || Refusal::parameter("TagKeys are to be an array of texts.");
        let names = self.parameters.json("TagKeys")?.unwrap_or_default();
        let names = names.as_array().ok_or_else(wrong)?.iter();
        let names = names.map(|name| name.as_str().ok_or_else(wrong));
        let names = names.collect::<Result<Vec<_>, _>>()?;
        self.change_key(|key| {
            key.labels.tags.retain(|name, _| !names.contains(&name.as_str()));
            Ok(done())
        })
    }

    pub(super) fn list_resource_tags(self) -> Result<Value, Refusal> {
        let key = self.key()?;
        let tags = key.labels.tags.iter();
        let tags = tags
            .map(|(name, value)| json!({"KeyId": key.id, "TagKey": name, "TagValue": value}))
            .collect::<Vec<_>>();
        Ok(json!({"Tags": {"Tag": tags}}))
    }

    /// Those in the request, if any.
    pub(super) fn tags(&self) -> Result<BTreeMap<String, String>, Refusal> {
        let wrong = || Refusal::parameter("Tags are to be an array of TagKey and TagValue.");
        let Some(tags) = self.parameters.json("Tags")? else { return Ok(BTreeMap::new()) };
        let tags = tags.as_array().ok_or_else(wrong)?.iter().map(|tag| {
            let text = |name: &str| tag[name].as_str().map(str::to_owned).ok_or_else(wrong);
            Ok((text("TagKey")?, text("TagValue")?))
        });
        tags.collect()
    }
}
