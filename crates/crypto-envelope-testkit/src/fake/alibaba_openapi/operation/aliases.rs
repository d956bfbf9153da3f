//! Aliases of keys.

use serde_json::{Value, json};

use super::{Operation, arn, done};
use crate::fake::alibaba_kms::Refusal;

impl Operation<'_> {
    pub(super) fn create_alias(self) -> Result<Value, Refusal> {
        let alias = self.parameters.required("AliasName")?;
        if self.store.aliases.contains_key(alias) {
            let message = format!("There is {alias} already.");
            return Err(Refusal::new(409, "Rejected.AlreadyExists", message));
        }
        self.store.add_alias(alias, self.parameters.required("KeyId")?)?;
        Ok(done())
    }

    pub(super) fn update_alias(self) -> Result<Value, Refusal> {
        let id = self.key()?.id.clone();
        let alias = self.parameters.required("AliasName")?;
        *self.store.aliases.get_mut(alias).ok_or_else(Refusal::no_alias)? = id;
        Ok(done())
    }

    pub(super) fn delete_alias(self) -> Result<Value, Refusal> {
        let alias = self.parameters.required("AliasName")?;
        self.store.aliases.remove(alias).ok_or_else(Refusal::no_alias)?;
        Ok(done())
    }

    pub(super) fn list_aliases(self) -> Result<Value, Refusal> {
        self.page_of_aliases(|_| true)
    }

    pub(super) fn list_aliases_by_key_id(self) -> Result<Value, Refusal> {
        let id = self.key()?.id.as_str();
        self.page_of_aliases(|key| key == id)
    }

    fn page_of_aliases(&self, selects: impl Fn(&str) -> bool) -> Result<Value, Refusal> {
        let aliases = self.store.aliases.iter().filter(|(_, id)| selects(id));
        let aliases = aliases
            .map(|(name, id)| json!({"AliasName": name, "AliasArn": arn(name), "KeyId": id}))
            .collect::<Vec<_>>();
        self.page("Aliases", "Alias", &aliases)
    }
}
