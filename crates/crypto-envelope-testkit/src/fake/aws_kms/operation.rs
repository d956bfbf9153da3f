//! The operations, by name, and what they have in common.

mod agreement;
mod aliases;
mod data;
mod grants;
mod imports;
mod keys;
mod pairs;
mod policies;
mod states;

use serde_json::{Value, json};

use super::{
    access::{AccessKey, Grants},
    context::Context,
    error::KmsError,
    fields::Fields,
    key::Key,
    policy::{Attempt, Verdict},
    store::Store,
};

/// Who calls, and where.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) region: String,
    /// Nobody in particular may do everything.
    pub(super) identity: Option<AccessKey>,
}

/// Does what is asked. An operation without a result answers null.
pub(super) fn run(
    store: &mut Store,
    caller: &Caller,
    name: &str,
    request: &Value,
) -> Result<Value, KmsError> {
    let fields = Fields::new(request)?;
    if let Some((_, does)) = OPERATIONS.iter().find(|(operation, _)| *operation == name) {
        return does(Operation { store, caller, name, fields });
    }
    if MISSING.contains(&name) {
        return Err(KmsError::unsupported(format!("This fake has no {name}.")));
    }
    Err(KmsError::silent("UnknownOperationException"))
}

/// One call.
#[derive(Debug)]
pub(super) struct Operation<'a> {
    store: &'a mut Store,
    caller: &'a Caller,
    name: &'a str,
    fields: Fields<'a>,
}

impl Operation<'_> {
    /// The key that `KeyId` means, if the caller may do this operation with it.
    fn key(&self) -> Result<Key, KmsError> {
        self.key_for(&Context::default())
    }

    fn key_for(&self, context: &Context) -> Result<Key, KmsError> {
        self.named_key("KeyId", self.name, context)
    }

    /// The key that `member` means, if the caller may do `action` with it.
    fn named_key(&self, member: &str, action: &str, context: &Context) -> Result<Key, KmsError> {
        let key = self.resolve(self.fields.required_text(member)?)?;
        self.authorise(action, &key, context)?;
        Ok(key)
    }

    fn resolve(&self, name: &str) -> Result<Key, KmsError> {
        self.store.resolve(&self.caller.region, name)
    }

    fn authorise(&self, action: &str, key: &Key, context: &Context) -> Result<(), KmsError> {
        let tokens = self.fields.grant_tokens()?;
        let grants = &self.store.grants;
        let is_known = |token: &&str| grants.iter().any(|grant| grant.token == *token);
        // The recorded calls of the vectors have tokens that nobody gave out.
        if !self.store.has_vector_keys && !tokens.iter().all(is_known) {
            return Err(KmsError::silent("InvalidGrantTokenException"));
        }
        self.authorise_with(&tokens, action, key, context)
    }

    /// With the grants of these tokens.
    fn authorise_with(
        &self,
        tokens: &[&str],
        action: &str,
        key: &Key,
        context: &Context,
    ) -> Result<(), KmsError> {
        let Some(identity) = &self.caller.identity else { return Ok(()) };
        let user = identity.user_arn();
        let is_permitted = self.store.grants.iter().any(|grant| {
            tokens.contains(&grant.token.as_str())
                && grant.permits(&user, action, &key.arn, context)
        });
        let grants = if is_permitted { Grants::Permit } else { Grants::AreSilent };
        let arn = key.arn.to_string();
        let verdict = key.policy.verdict(&Attempt { user: &user, action, key: &arn, context });
        identity.check(action, &arn, grants, verdict)
    }

    /// For operations that are about no key in particular.
    fn authorise_for_all(&self) -> Result<(), KmsError> {
        let Some(identity) = &self.caller.identity else { return Ok(()) };
        identity.check(self.name, "*", Grants::AreSilent, Verdict::Delegates)
    }

    /// Ends a dry run, when nothing is left to be refused.
    fn end_dry_run(&self) -> Result<(), KmsError> {
        if self.fields.flag("DryRun")? { Err(KmsError::dry_run()) } else { Ok(()) }
    }

    /// The page of a list that the request asks for; `name` is what the list is called.
    fn page(&self, name: &str, all: &[Value]) -> Result<Value, KmsError> {
        let limit = self.fields.number("Limit", 1, 1000)?.unwrap_or(100) as usize;
        let invalid = || KmsError::silent("InvalidMarkerException");
        let start = match self.fields.text("Marker")? {
            Some(marker) => marker.parse::<usize>().map_err(|_| invalid())?,
            None => 0,
        };
        let rest = all.get(start..).ok_or_else(invalid)?;
        let page = &rest[..limit.min(rest.len())];
        let mut answer = json!({name: page, "Truncated": page.len() < rest.len()});
        if page.len() < rest.len() {
            answer["NextMarker"] = json!((start + page.len()).to_string());
        }
        Ok(answer)
    }
}

/// Does one operation.
type Does = fn(Operation<'_>) -> Result<Value, KmsError>;

/// What is here, by name.
pub(super) const OPERATIONS: &[(&str, Does)] = &[
    ("CancelKeyDeletion", |call| call.cancel_key_deletion()),
    ("CreateAlias", |call| call.create_alias()),
    ("CreateGrant", |call| call.create_grant()),
    ("CreateKey", |call| call.create_key()),
    ("Decrypt", |call| call.decrypt()),
    ("DeleteAlias", |call| call.delete_alias()),
    ("DeleteImportedKeyMaterial", |call| call.delete_imported_key_material()),
    ("DeriveSharedSecret", |call| call.derive_shared_secret()),
    ("DescribeKey", |call| call.describe_key()),
    ("DisableKey", |call| call.disable_key()),
    ("EnableKey", |call| call.enable_key()),
    ("Encrypt", |call| call.encrypt()),
    ("GenerateDataKey", |call| call.generate_data_key()),
    ("GenerateDataKeyPair", |call| call.generate_data_key_pair()),
    ("GenerateDataKeyPairWithoutPlaintext", |call| call.generate_data_key_pair_without_plaintext()),
    ("GenerateDataKeyWithoutPlaintext", |call| call.generate_data_key_without_plaintext()),
    ("GetKeyPolicy", |call| call.key_policy()),
    ("GetParametersForImport", |call| call.parameters_for_import()),
    ("GetPublicKey", |call| call.public_key()),
    ("ImportKeyMaterial", |call| call.import_key_material()),
    ("ListAliases", |call| call.list_aliases()),
    ("ListGrants", |call| call.list_grants()),
    ("ListKeyPolicies", |call| call.list_key_policies()),
    ("ListKeys", |call| call.list_keys()),
    ("PutKeyPolicy", |call| call.put_key_policy()),
    ("ReEncrypt", |call| call.re_encrypt()),
    ("ReplicateKey", |call| call.replicate_key()),
    ("RetireGrant", |call| call.retire_grant()),
    ("RevokeGrant", |call| call.revoke_grant()),
    ("RotateKeyOnDemand", |call| call.rotate_key()),
    ("ScheduleKeyDeletion", |call| call.schedule_key_deletion()),
];

/// Operations of AWS that are not here.
const MISSING: &[&str] = &[
    "ConnectCustomKeyStore",
    "CreateCustomKeyStore",
    "Decapsulate",
    "DeleteCustomKeyStore",
    "DescribeCustomKeyStores",
    "DisableKeyRotation",
    "DisconnectCustomKeyStore",
    "EnableKeyRotation",
    "Encapsulate",
    "GenerateMac",
    "GenerateRandom",
    "GetKeyLastUsage",
    "GetKeyRotationStatus",
    "ListKeyRotations",
    "ListResourceTags",
    "ListRetirableGrants",
    "Sign",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateCustomKeyStore",
    "UpdateKeyDescription",
    "UpdatePrimaryRegion",
    "Verify",
    "VerifyMac",
];
