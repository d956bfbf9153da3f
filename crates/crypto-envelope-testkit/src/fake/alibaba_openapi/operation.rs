//! The actions, by name, and what they have in common.

mod aliases;
mod asymmetric;
mod data;
mod keys;
mod secrets;
mod states;
mod tags;
mod versions;

use serde_json::{Value, json};

use super::parameters::Parameters;
use crate::fake::alibaba_kms::{Refusal, key::Key, store::Store};

/// Does what is asked. The answer has no id yet.
pub(super) fn run(
    store: &mut Store,
    name: &str,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let mut actions = ACTIONS.iter().filter(|(other, ..)| *other == name);
    let (_, takes, does) = actions.next().ok_or_else(Refusal::no_action)?;
    parameters.check_names(&[*takes, COMMON].concat())?;
    does(Operation { store, parameters })
}

/// One call.
#[derive(Debug)]
struct Operation<'a> {
    store: &'a mut Store,
    parameters: &'a Parameters,
}

impl Operation<'_> {
    /// The key that `KeyId` means, whatever its state.
    fn key(&self) -> Result<&Key, Refusal> {
        self.store.key(self.parameters.required("KeyId")?)
    }

    /// As [`key`](Self::key), if it is enabled.
    fn usable_key(&self) -> Result<&Key, Refusal> {
        let key = self.key()?;
        key.check_enabled()?;
        Ok(key)
    }

    fn change_key<T>(
        &mut self,
        change: impl FnOnce(&mut Key) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.store.change(self.parameters.required("KeyId")?, change)
    }

    /// Ends a dry run, when nothing is left to be refused.
    fn end_dry_run(&self) -> Result<(), Refusal> {
        if self.parameters.flag("DryRun")? { Err(Refusal::dry_run()) } else { Ok(()) }
    }

    /// The page of a list that the request asks for; an array called `item`, in an object called `list`.
    fn page(&self, list: &str, item: &str, all: &[Value]) -> Result<Value, Refusal> {
        let number = self.parameters.number("PageNumber", 1..=usize::MAX)?.unwrap_or(1);
        let size = self.parameters.number("PageSize", 1..=MAX_PAGE)?.unwrap_or(10);
        let page = all.chunks(size).nth(number - 1).unwrap_or_default();
        Ok(json!({
            list: {item: page},
            "PageNumber": number,
            "PageSize": size,
            "TotalCount": all.len(),
        }))
    }
}

fn done() -> Value {
    json!({})
}

/// The name of something across accounts, as `key/ID`.
fn arn(name: &str) -> String {
    format!("acs:kms:cn-hangzhou:1234567890123456:{name}")
}

/// Does one action.
type Does = fn(Operation<'_>) -> Result<Value, Refusal>;

/// What is here: by name, what it takes, and what it does.
const ACTIONS: &[(&str, &[&str], Does)] = &[
    ("AsymmetricDecrypt", BY_VERSION_CIPHERTEXT, |call| call.asymmetric_decrypt()),
    ("AsymmetricEncrypt", BY_VERSION_PLAINTEXT, |call| call.asymmetric_encrypt()),
    ("AsymmetricSign", BY_VERSION_DIGEST, |call| call.asymmetric_sign()),
    ("AsymmetricVerify", BY_VERSION_VALUE, |call| call.asymmetric_verify()),
    ("CancelKeyDeletion", &["KeyId"], |call| call.cancel_key_deletion()),
    ("CreateAlias", &["AliasName", "KeyId"], |call| call.create_alias()),
    ("CreateKey", NEW_KEY, |call| call.create_key()),
    ("CreateKeyVersion", &["KeyId"], |call| call.create_key_version()),
    ("Decrypt", &["CiphertextBlob", "DryRun", "EncryptionContext"], |call| call.decrypt()),
    ("DeleteAlias", &["AliasName"], |call| call.delete_alias()),
    ("DescribeKey", &["KeyId"], |call| call.describe_key()),
    ("DescribeKeyVersion", &["KeyId", "KeyVersionId"], |call| call.describe_key_version()),
    ("DisableKey", &["KeyId"], |call| call.disable_key()),
    ("EnableKey", &["KeyId"], |call| call.enable_key()),
    ("Encrypt", &["DryRun", "EncryptionContext", "KeyId", "Plaintext"], |call| call.encrypt()),
    ("GenerateDataKey", DATA_KEY, |call| call.generate_data_key()),
    ("GenerateDataKeyWithoutPlaintext", DATA_KEY, |call| {
        call.generate_data_key_without_plaintext()
    }),
    ("GetKmsInstance", &["KmsInstanceId"], |call| call.kms_instance()),
    ("GetPublicKey", &["DryRun", "KeyId", "KeyVersionId"], |call| call.public_key()),
    ("GetSecretValue", SECRET, |call| call.secret_value()),
    ("ListAliases", PAGE, |call| call.list_aliases()),
    ("ListAliasesByKeyId", PAGE_OF_KEY, |call| call.list_aliases_by_key_id()),
    ("ListKeyVersions", PAGE_OF_KEY, |call| call.list_key_versions()),
    ("ListKeys", &["Filters", "PageNumber", "PageSize"], |call| call.list_keys()),
    ("ListResourceTags", &["KeyId"], |call| call.list_resource_tags()),
    ("ReEncrypt", ENCRYPTED_AGAIN, |call| call.re_encrypt()),
    ("ScheduleKeyDeletion", &["KeyId", "PendingWindowInDays"], |call| call.schedule_key_deletion()),
    ("TagResource", &["KeyId", "Tags"], |call| call.tag_resource()),
    ("UntagResource", &["KeyId", "TagKeys"], |call| call.untag_resource()),
    ("UpdateAlias", &["AliasName", "KeyId"], |call| call.update_alias()),
    ("UpdateRotationPolicy", ROTATION, |call| call.update_rotation_policy()),
];

/// What every action takes, for signatures.
const COMMON: &[&str] = &[
    "AccessKeyId",
    "Action",
    "Format",
    "RegionId",
    "SecurityToken",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureVersion",
    "Timestamp",
    "Version",
];
const BY_VERSION_CIPHERTEXT: &[&str] =
    &["Algorithm", "CiphertextBlob", "DryRun", "KeyId", "KeyVersionId"];
const BY_VERSION_PLAINTEXT: &[&str] =
    &["Algorithm", "DryRun", "KeyId", "KeyVersionId", "Plaintext"];
const BY_VERSION_DIGEST: &[&str] = &["Algorithm", "Digest", "DryRun", "KeyId", "KeyVersionId"];
const BY_VERSION_VALUE: &[&str] =
    &["Algorithm", "Digest", "DryRun", "KeyId", "KeyVersionId", "Value"];
const DATA_KEY: &[&str] = &["DryRun", "EncryptionContext", "KeyId", "KeySpec", "NumberOfBytes"];
const ENCRYPTED_AGAIN: &[&str] = &[
    "CiphertextBlob",
    "DestinationEncryptionContext",
    "DestinationKeyId",
    "DryRun",
    "SourceEncryptionAlgorithm",
    "SourceEncryptionContext",
    "SourceKeyId",
    "SourceKeyVersionId",
];
const NEW_KEY: &[&str] = &[
    "DKMSInstanceId",
    "Description",
    "EnableAutomaticRotation",
    "KeySpec",
    "KeyStorageMechanism",
    "KeyUsage",
    "Origin",
    "Policy",
    "ProtectionLevel",
    "RotationInterval",
    "Tags",
];
const PAGE: &[&str] = &["PageNumber", "PageSize"];
const PAGE_OF_KEY: &[&str] = &["KeyId", "PageNumber", "PageSize"];
const ROTATION: &[&str] = &["EnableAutomaticRotation", "KeyId", "RotationInterval"];
const SECRET: &[&str] =
    &["DryRun", "FetchExtendedConfig", "SecretName", "VersionId", "VersionStage"];
const MAX_PAGE: usize = 100;
