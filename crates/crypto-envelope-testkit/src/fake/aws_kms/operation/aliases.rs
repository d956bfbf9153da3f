//! Other names of keys.

use serde_json::{Value, json};

use super::Operation;
use crate::fake::aws_kms::{
    arn::{Arn, Kind},
    error::KmsError,
    store::ACCOUNT,
};

impl Operation<'_> {
    pub(super) fn create_alias(self) -> Result<Value, KmsError> {
        let alias = self.alias()?;
        let target = self.named_key("TargetKeyId", self.name, &super::Context::default())?;
        target.check_kept()?;
        if self.store.aliases.contains_key(&alias) {
            let message = format!("An alias with the name {alias} already exists");
            return Err(KmsError::new("AlreadyExistsException", message));
        }
        self.store.aliases.insert(alias, target.arn);
        Ok(Value::Null)
    }

    pub(super) fn delete_alias(self) -> Result<Value, KmsError> {
        let alias = self.alias()?;
        let missing = || KmsError::not_found(format!("Alias {alias} is not found."));
        let target = self.store.aliases.get(&alias).cloned().ok_or_else(missing)?;
        let target = self.store.key(&target)?;
        self.authorise(self.name, &target, &super::Context::default())?;
        self.store.aliases.remove(&alias);
        Ok(Value::Null)
    }

    pub(super) fn list_aliases(&self) -> Result<Value, KmsError> {
        self.authorise_for_all()?;
        let key = self.fields.text("KeyId")?.map(|name| self.resolve(name)).transpose()?;
        let aliases = self.store.aliases.iter();
        let wanted = aliases.filter(|(alias, target)| {
            alias.region == self.caller.region && key.as_ref().is_none_or(|key| key.arn == **target)
        });
        let aliases = wanted.map(|(alias, target)| {
            json!({
                "AliasName": format!("alias/{}", alias.id),
                "AliasArn": alias.to_string(),
                "TargetKeyId": target.id,
            })
        });
        self.page("Aliases", &aliases.collect::<Vec<_>>())
    }

    /// The alias that the request names.
    fn alias(&self) -> Result<Arn, KmsError> {
        let name = self.fields.required_text("AliasName")?;
        let id = name.strip_prefix("alias/").ok_or_else(|| {
            KmsError::validation(
                "Alias must start with the prefix \"alias/\". Please see \
                 https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
            )
        })?;
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
        if id.is_empty() || !id.chars().all(is_allowed) {
            return Err(KmsError::silent("InvalidAliasNameException"));
        }
        if id.starts_with("aws/") {
            return Err(KmsError::silent("NotAuthorizedException"));
        }
        Ok(Arn::new(Kind::Alias, &self.caller.region, ACCOUNT, id))
    }
}
