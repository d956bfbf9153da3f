//! Giving leave, and taking it back.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::Operation;
use crate::fake::{
    aws_kms::{
        context::Context,
        error::KmsError,
        grant::{Constraint, Grant},
    },
    crypto,
};

impl Operation<'_> {
    pub(super) fn create_grant(self) -> Result<Value, KmsError> {
        let key = self.key()?;
        let ours = GRANTABLE.map(|name| (name, name));
        let operations = self.fields.choices("Operations", &ours, &OTHER_GRANTABLE)?;
        if operations.is_empty() {
            return Err(KmsError::missing("Operations"));
        }
        let grant = Grant {
            id: crypto::hex(&crypto::random::<32>()),
            token: STANDARD.encode(crypto::random::<48>()),
            key: key.arn.clone(),
            grantee: self.fields.required_text("GranteePrincipal")?.to_owned(),
            operations: operations.into_iter().map(str::to_owned).collect(),
            constraint: self.constraint()?,
            name: self.fields.text("Name")?.map(str::to_owned),
            created: self.store.clock.seconds(),
        };
        key.check_enabled()?;
        self.end_dry_run()?;
        let answer = json!({"GrantId": grant.id, "GrantToken": grant.token});
        self.store.grants.push(grant);
        Ok(answer)
    }

    /// For those whom the key lets do it.
    pub(super) fn revoke_grant(self) -> Result<Value, KmsError> {
        let key = self.key()?.arn;
        let id = self.fields.required_text("GrantId")?;
        let grants = &self.store.grants;
        let position = grants.iter().position(|grant| grant.key == key && grant.id == id);
        self.end_grant(position.ok_or_else(no_grant)?)
    }

    /// Also for the grantee, if the grant says so.
    pub(super) fn retire_grant(self) -> Result<Value, KmsError> {
        let Some(token) = self.fields.text("GrantToken")? else { return self.revoke_grant() };
        let grants = &self.store.grants;
        let position = grants.iter().position(|grant| grant.token == token);
        let position = position.ok_or_else(no_grant)?;
        let key = self.store.key(&grants[position].key)?;
        self.authorise_with(&[token], self.name, &key, &Context::default())?;
        self.end_grant(position)
    }

    fn end_grant(self, position: usize) -> Result<Value, KmsError> {
        self.end_dry_run()?;
        self.store.grants.remove(position);
        Ok(Value::Null)
    }

    pub(super) fn list_grants(&self) -> Result<Value, KmsError> {
        let key = self.key()?;
        let of_key = self.store.grants.iter().filter(|grant| grant.key == key.arn);
        self.page("Grants", &of_key.map(Grant::json).collect::<Vec<_>>())
    }

    fn constraint(&self) -> Result<Option<Constraint>, KmsError> {
        let Some(constraints) = self.fields.structure("Constraints")? else { return Ok(None) };
        let equals = constraints.context("EncryptionContextEquals")?;
        if !equals.is_empty() {
            return Ok(Some(Constraint::Equals(equals)));
        }
        let subset = constraints.context("EncryptionContextSubset")?;
        Ok((!subset.is_empty()).then_some(Constraint::Subset(subset)))
    }
}

fn no_grant() -> KmsError {
    KmsError::not_found("Grant does not exist")
}

/// What the fake can grant.
const GRANTABLE: [&str; 13] = [
    "CreateGrant",
    "Decrypt",
    "DeriveSharedSecret",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GetPublicKey",
    "ReEncryptFrom",
    "ReEncryptTo",
    "RetireGrant",
];
/// What only AWS can.
const OTHER_GRANTABLE: [&str; 6] =
    ["Decapsulate", "Encapsulate", "GenerateMac", "Sign", "Verify", "VerifyMac"];
