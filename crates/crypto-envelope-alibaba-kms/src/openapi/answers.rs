//! What KMS answers.

use crypto_envelope::{Error, Result, SecretBytes};

use super::{
    calls::{Read, tags::Tag},
    json::{self, Object, Unreadable},
};

/// Structs of answers. Beside a field stand the method of [`Object`] that reads it, and its name in
/// the API. The id of the request is in all of them.
macro_rules! answers {
    ($(
        $(#[$doc:meta])*
        $answer:ident {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $read:ident $name:literal,)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        #[non_exhaustive]
        pub struct $answer {
            $($(#[$field_doc])* pub $field: $type,)*
            /// The id under which Alibaba Cloud knows the request.
            pub request_id: Option<String>,
        }

        impl Read for $answer {
            fn read(object: &mut Object) -> Result<Self, Unreadable> {
                Ok(Self {
                    $($field: object.$read($name)?,)*
                    request_id: object.optional_text("RequestId")?,
                })
            }
        }
    )*};
}

answers! {
    /// What a symmetric key has encrypted.
    Ciphertext {
        /// Text that names the version of the key; base64 as far as known.
        ciphertext_blob: String = text "CiphertextBlob",
        /// The key.
        key_id: String = text "KeyId",
        /// Its version.
        key_version_id: Option<String> = optional_text "KeyVersionId",
    }

    /// What was encrypted by a symmetric key.
    Plaintext {
        /// The text that was given to encrypt; data keys are in base64.
        plaintext: SecretBytes = secret "Plaintext",
        /// The key.
        key_id: String = text "KeyId",
        /// Its version.
        key_version_id: Option<String> = optional_text "KeyVersionId",
    }

    /// A new data key.
    DataKey {
        /// The data key itself, as bytes.
        plaintext: SecretBytes = secret_bytes "Plaintext",
        /// The data key, encrypted: its base64 text is what [`Decrypt`](super::Decrypt) gives back.
        ciphertext_blob: String = text "CiphertextBlob",
        /// The key that has encrypted it.
        key_id: String = text "KeyId",
        /// Its version.
        key_version_id: Option<String> = optional_text "KeyVersionId",
    }

    /// What a public key has encrypted.
    AsymmetricCiphertext {
        /// The ciphertext.
        ciphertext_blob: Vec<u8> = bytes "CiphertextBlob",
        /// The key.
        key_id: String = text "KeyId",
        /// Its version.
        key_version_id: Option<String> = optional_text "KeyVersionId",
    }

    /// What was encrypted by a public key.
    AsymmetricPlaintext {
        /// The bytes that were encrypted.
        plaintext: SecretBytes = secret_bytes "Plaintext",
        /// The key.
        key_id: String = text "KeyId",
        /// Its version.
        key_version_id: Option<String> = optional_text "KeyVersionId",
    }

    /// A signature.
    SignedDigest {
        /// The signature.
        signature: Vec<u8> = bytes "Value",
        /// The key.
        key_id: String = text "KeyId",
        /// Its version.
        key_version_id: Option<String> = optional_text "KeyVersionId",
    }

    /// What came of verifying a signature.
    Verification {
        /// Whether the key has made the signature of this digest.
        is_valid: bool = flag "Value",
        /// The key.
        key_id: String = text "KeyId",
        /// Its version.
        key_version_id: Option<String> = optional_text "KeyVersionId",
    }

    /// The public half of a key pair.
    PublicKey {
        /// In PEM.
        public_key: String = text "PublicKey",
        /// The key.
        key_id: String = text "KeyId",
        /// Its version.
        key_version_id: Option<String> = optional_text "KeyVersionId",
    }

    /// A version of a secret.
    SecretValue {
        /// The secret, as text.
        secret_data: SecretBytes = secret "SecretData",
        /// `text`, or `binary` if the text is base64.
        secret_data_type: Option<String> = optional_text "SecretDataType",
        /// The name of the secret.
        secret_name: String = text "SecretName",
        /// Such as `Generic`.
        secret_type: Option<String> = optional_text "SecretType",
        /// The version.
        version_id: Option<String> = optional_text "VersionId",
        /// Its stages, such as `ACSCurrent`.
        version_stages: Vec<String> = stages "VersionStages",
        /// When the version was made.
        create_time: Option<String> = optional_text "CreateTime",
        /// What belongs to secrets that KMS rotates itself: JSON, which may tell of accounts.
        extended_config: Option<SecretBytes> = optional_secret "ExtendedConfig",
        /// `Enabled`, `Disabled` or `Invalid`.
        automatic_rotation: Option<String> = optional_text "AutomaticRotation",
        /// Such as `604800s`.
        rotation_interval: Option<String> = optional_text "RotationInterval",
        /// When it was rotated last.
        last_rotation_date: Option<String> = optional_text "LastRotationDate",
        /// When it will be rotated.
        next_rotation_date: Option<String> = optional_text "NextRotationDate",
    }

    /// It is done.
    Done {}

    /// The key that was made.
    Created {
        /// What is known of it.
        key: KeyMetadata = member "KeyMetadata",
    }

    /// A key.
    Described {
        /// What is known of it.
        key: KeyMetadata = member "KeyMetadata",
    }

    /// A version of a key.
    VersionOf {
        /// The version.
        version: KeyVersion = member "KeyVersion",
    }

    /// An instance.
    DescribedInstance {
        /// What is known of it.
        instance: KmsInstance = member "KmsInstance",
    }

    /// The tags of a key.
    Tags {
        /// The tags.
        tags: Vec<Tag> = tags "Tags",
    }
}

/// Structs that are members of answers, as [`answers`](answers!).
macro_rules! members {
    ($(
        $(#[$doc:meta])*
        $member:ident {
            $($(#[$field_doc:meta])* $field:ident: $type:ty = $read:ident $name:literal,)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $member {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Read for $member {
            fn read(object: &mut Object) -> Result<Self, Unreadable> {
                Ok(Self { $($field: object.$read($name)?,)* })
            }
        }
    )*};
}

members! {
    /// What is known of a key. Times are as `2024-01-10T00:11:22Z`.
    KeyMetadata {
        /// Its id.
        key_id: String = text "KeyId",
        /// Its name across accounts: `acs:kms:REGION:ACCOUNT:key/ID`.
        arn: Option<String> = optional_text "Arn",
        /// `Enabled`, `Disabled`, `PendingDeletion` or `PendingImport`.
        key_state: Option<String> = optional_text "KeyState",
        /// Such as `Aliyun_AES_256` or `RSA_2048`.
        key_spec: Option<String> = optional_text "KeySpec",
        /// `ENCRYPT/DECRYPT` or `SIGN/VERIFY`.
        key_usage: Option<String> = optional_text "KeyUsage",
        /// `Aliyun_KMS` or `EXTERNAL`.
        origin: Option<String> = optional_text "Origin",
        /// `SOFTWARE` or `HSM`.
        protection_level: Option<String> = optional_text "ProtectionLevel",
        /// The version that encrypts.
        primary_key_version: Option<String> = optional_text "PrimaryKeyVersion",
        /// What people see.
        description: Option<String> = optional_text "Description",
        /// Who made it.
        creator: Option<String> = optional_text "Creator",
        /// When it was made.
        creation_date: Option<String> = optional_text "CreationDate",
        /// When it will be deleted.
        delete_date: Option<String> = optional_text "DeleteDate",
        /// When its imported key material ends.
        material_expire_time: Option<String> = optional_text "MaterialExpireTime",
        /// `Enabled`, `Disabled` or `Suspended`.
        automatic_rotation: Option<String> = optional_text "AutomaticRotation",
        /// Such as `31536000s`.
        rotation_interval: Option<String> = optional_text "RotationInterval",
        /// When it was rotated last.
        last_rotation_date: Option<String> = optional_text "LastRotationDate",
        /// When it will be rotated.
        next_rotation_date: Option<String> = optional_text "NextRotationDate",
        /// The instance that it belongs to.
        instance_id: Option<String> = optional_text "DKMSInstanceId",
        /// `Enabled` or `Disabled`.
        deletion_protection: Option<String> = optional_text "DeletionProtection",
    }

    /// A version of a key.
    KeyVersion {
        /// The key.
        key_id: String = text "KeyId",
        /// The version.
        key_version_id: String = text "KeyVersionId",
        /// When it was made.
        creation_date: Option<String> = optional_text "CreationDate",
    }

    /// What is known of an instance. Times are as `2024-01-10T00:11:22Z`.
    KmsInstance {
        /// Its id, `kst-…`.
        instance_id: String = text "InstanceId",
        /// What people call it.
        instance_name: Option<String> = optional_text "InstanceName",
        /// `Uninitialized`, `Connecting`, `Connected`, `Disconnected` or `Error`.
        status: Option<String> = optional_text "Status",
        /// The CA of its gateway, in PEM: the certificates that a client has to trust.
        ca_certificate_chain_pem: Option<String> = optional_text "CaCertificateChainPem",
        /// The network in which its gateway is reached.
        vpc_id: Option<String> = optional_text "VpcId",
        /// When it was made.
        create_time: Option<String> = optional_text "CreateTime",
        /// When it was enabled.
        start_date: Option<String> = optional_text "StartDate",
        /// When it ends.
        end_date: Option<String> = optional_text "EndDate",
    }

    /// A key in a list.
    ListedKey {
        /// Its id.
        key_id: String = text "KeyId",
        /// Its name across accounts.
        key_arn: Option<String> = optional_text "KeyArn",
    }

    /// Another name of a key.
    Alias {
        /// The name, `alias/...`.
        alias_name: String = text "AliasName",
        /// The key.
        key_id: String = text "KeyId",
        /// The name across accounts.
        alias_arn: Option<String> = optional_text "AliasArn",
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// From 1.
    pub page_number: u32,
    /// How many items a page has, but for the last.
    pub page_size: u32,
    /// How many items there are on all pages.
    pub total_count: u32,
    /// The id under which Alibaba Cloud knows the request.
    pub request_id: Option<String>,
}

impl<T> Page<T> {
    /// The number of the next page, if there can be one.
    pub(crate) fn next_number(&self) -> Option<u32> {
        let until_here = u64::from(self.page_number) * u64::from(self.page_size);
        let is_last = self.items.is_empty() || until_here >= u64::from(self.total_count);
        if is_last { None } else { self.page_number.checked_add(1) }
    }
}

/// What pages have.
pub trait Item: Read {
    /// The names of the list, and of the array in it.
    const NAMES: [&'static str; 2];
}

impl Item for ListedKey {
    const NAMES: [&'static str; 2] = ["Keys", "Key"];
}

impl Item for Alias {
    const NAMES: [&'static str; 2] = ["Aliases", "Alias"];
}

impl Item for KeyVersion {
    const NAMES: [&'static str; 2] = ["KeyVersions", "KeyVersion"];
}

impl<T: Item> Read for Page<T> {
    fn read(object: &mut Object) -> Result<Self, Unreadable> {
        let [list, item] = T::NAMES;
        let items = object.object(list)?.objects(item)?;
        Ok(Self {
            items: items
                .into_iter()
                .map(|mut item| T::read(&mut item))
                .collect::<Result<_, _>>()?,
            page_number: object.number("PageNumber")?,
            page_size: object.number("PageSize")?,
            total_count: object.number("TotalCount")?,
            request_id: object.optional_text("RequestId")?,
        })
    }
}

impl KmsInstance {
    /// Where its gateway is, as the vendor documents it; the console shows it too.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("{}.cryptoservice.kms.aliyuncs.com", self.instance_id)
    }
}

impl Plaintext {
    /// The bytes that the text is in base64.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if it is something else.
    pub fn decoded(&self) -> Result<SecretBytes> {
        let bytes = json::decoded(self.plaintext.expose());
        bytes.ok_or_else(|| Error::invalid_input("what KMS has decrypted is no base64"))
    }
}

impl Object {
    fn member<T: Read>(&mut self, name: &str) -> Result<T, Unreadable> {
        T::read(&mut self.object(name)?)
    }

    /// None if there are none.
    fn stages(&mut self, name: &str) -> Result<Vec<String>, Unreadable> {
        match self.optional_object(name)? {
            Some(mut stages) => stages.texts("VersionStage"),
            None => Ok(Vec::new()),
        }
    }

    fn tags(&mut self, name: &str) -> Result<Vec<Tag>, Unreadable> {
        let tags = self.object(name)?.objects("Tag")?;
        let read = |mut tag: Self| {
            let value = tag.optional_text("TagValue")?.unwrap_or_default();
            Ok(Tag::new(tag.text("TagKey")?, value))
        };
        tags.into_iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use crypto_envelope::provider::ProviderErrorKind;

    use super::*;
    use crate::{
        AlibabaKmsError,
        openapi::{
            AsymmetricDecrypt, AsymmetricEncrypt, AsymmetricSign, AsymmetricVerify, Call,
            CreateKey, Decrypt, DescribeKey, DescribeKeyVersion, EnableKey, Encrypt,
            GenerateDataKey, GetPublicKey, GetSecretValue, ListAliases, ListKeyVersions, ListKeys,
            ListResourceTags, calls::read_answer,
        },
    };

    fn read<C: Call>(call: &C, body: &str) -> Result<C::Answer> {
        read_answer(call, body.as_bytes())
    }

    fn why<C: Call>(call: &C, body: &str) -> String {
        let error = read(call, body).expect_err("it cannot be read");
        let Error::Provider(provider) = &error else { panic!("{error}") };
        assert_eq!(provider.kind(), ProviderErrorKind::Other);
        let found = AlibabaKmsError::all_in(&error);
        assert_eq!(found[0].operation(), C::ACTION);
        found[0].message().to_owned()
    }

    const KEY: &str = r#""KeyId": "k", "KeyVersionId": "v", "RequestId": "r", "More": {"x": [1]}"#;

    #[test]
    fn answers_of_symmetric_keys_are_read() -> Result<()> {
        let body = format!(r#"{{"CiphertextBlob": "c+/=", {KEY}}}"#);
        let answer = read(&Encrypt::new("k", &b"p"[..]), &body)?;
        assert_eq!((answer.ciphertext_blob.as_str(), answer.key_id.as_str()), ("c+/=", "k"));
        assert_eq!(answer.key_version_id.as_deref(), Some("v"));
        assert_eq!(answer.request_id.as_deref(), Some("r"));
        let answer = read(&Decrypt::new("c"), r#"{"Plaintext": "c2VjcmV0", "KeyId": "k"}"#)?;
        assert!(answer.plaintext.equals(b"c2VjcmV0"));
        assert!(answer.decoded()?.equals(b"secret"));
        assert!((answer.key_version_id, answer.request_id) == (None, None));
        let answer = read(&Decrypt::new("c"), r#"{"Plaintext": "no base64", "KeyId": "k"}"#)?;
        assert!(answer.decoded().is_err());
        let body = format!(r#"{{"Plaintext": "AQID", "CiphertextBlob": "c", {KEY}}}"#);
        let answer = read(&GenerateDataKey::new("k").number_of_bytes(3), &body)?;
        assert!(answer.plaintext.equals(&[1, 2, 3]));
        assert!(!format!("{answer:?}").contains("AQID"));
        Ok(())
    }

    #[test]
    fn answers_of_key_pairs_are_read() -> Result<()> {
        let body = format!(r#"{{"CiphertextBlob": "AQI=", {KEY}}}"#);
        let encrypt = AsymmetricEncrypt::new("k", "v", "A", &b"p"[..]);
        assert_eq!(read(&encrypt, &body)?.ciphertext_blob, [1, 2]);
        let body = format!(r#"{{"Plaintext": "AQI=", {KEY}}}"#);
        let decrypt = AsymmetricDecrypt::new("k", "v", "A", [1]);
        assert!(read(&decrypt, &body)?.plaintext.equals(&[1, 2]));
        let sign = AsymmetricSign::new("k", "v", "A", [1]);
        assert_eq!(read(&sign, &format!(r#"{{"Value": "AQI=", {KEY}}}"#))?.signature, [1, 2]);
        let verify = AsymmetricVerify::new("k", "v", "A", [1], [2]);
        assert!(read(&verify, &format!(r#"{{"Value": true, {KEY}}}"#))?.is_valid);
        assert!(!read(&verify, &format!(r#"{{"Value": false, {KEY}}}"#))?.is_valid);
        let not_bool = format!(r#"{{"Value": "true", {KEY}}}"#);
        assert_eq!(why(&verify, &not_bool), "the answer is Value in it is no true or false");
        let body = format!(r#"{{"PublicKey": "PEM", {KEY}}}"#);
        assert_eq!(read(&GetPublicKey::new("k"), &body)?.public_key, "PEM");
        Ok(())
    }

    #[test]
    fn secrets_are_read() -> Result<()> {
        let body = r#"{"SecretName": "s", "SecretData": "hidden \" \u00e9", "SecretDataType": "text",
            "VersionStages": {"VersionStage": ["ACSCurrent", "mine"]}, "ExtendedConfig": "hidden"}"#;
        let answer = read(&GetSecretValue::new("s"), body)?;
        assert!(answer.secret_data.equals("hidden \" é".as_bytes()));
        assert_eq!(answer.version_stages, ["ACSCurrent", "mine"]);
        assert!(!format!("{answer:?}").contains("hidden"));
        let least = read(&GetSecretValue::new("s"), r#"{"SecretName": "s", "SecretData": ""}"#)?;
        assert!(least.secret_data.is_empty() && least.version_stages.is_empty());
        Ok(())
    }

    #[test]
    fn what_is_known_of_keys_is_read() -> Result<()> {
        let body = r#"{"KeyMetadata": {"KeyId": "k", "KeyState": "Enabled", "Description": "",
            "DKMSInstanceId": "kst-1", "PrimaryKeyVersion": "v"}, "RequestId": "r"}"#;
        let key = read(&DescribeKey::new("alias/k"), body)?.key;
        assert_eq!((key.key_id.as_str(), key.key_state.as_deref()), ("k", Some("Enabled")));
        assert_eq!(key.instance_id.as_deref(), Some("kst-1"));
        assert_eq!(key.primary_key_version.as_deref(), Some("v"));
        assert_eq!(read(&CreateKey::new(), body)?.key, key);
        let body = r#"{"KeyVersion": {"KeyId": "k", "KeyVersionId": "v", "CreationDate": "d"}}"#;
        let version = read(&DescribeKeyVersion::new("k", "v"), body)?.version;
        assert_eq!((version.key_version_id.as_str(), version.key_id.as_str()), ("v", "k"));
        let body = r#"{"Tags": {"Tag": [{"KeyId": "k", "TagKey": "t", "TagValue": "u"},
            {"TagKey": "w"}]}}"#;
        let tags = read(&ListResourceTags::new("k"), body)?.tags;
        assert_eq!(tags, [Tag::new("t", "u"), Tag::new("w", "")]);
        assert_eq!(
            read(&EnableKey::new("k"), r#"{"RequestId": "r"}"#)?.request_id.as_deref(),
            Some("r")
        );
        Ok(())
    }

    #[test]
    fn pages_are_read() -> Result<()> {
        let counts = r#""PageNumber": 1, "PageSize": 10, "TotalCount": 11, "RequestId": "r""#;
        let body = format!(r#"{{"Keys": {{"Key": [{{"KeyId": "k", "KeyArn": "a"}}]}}, {counts}}}"#);
        let page = read(&ListKeys::new(), &body)?;
        assert_eq!(page.items, [ListedKey { key_id: "k".into(), key_arn: Some("a".into()) }]);
        assert_eq!((page.page_number, page.page_size, page.total_count), (1, 10, 11));
        assert_eq!(page.next_number(), Some(2));
        assert_eq!(why(&ListKeys::new().page_number(2), &body), "the answer is page 1, not 2");
        let body = format!(
            r#"{{"Aliases": {{"Alias": [{{"KeyId": "k", "AliasName": "alias/a"}}]}}, {counts}}}"#
        );
        assert_eq!(read(&ListAliases::new(), &body)?.items[0].alias_name, "alias/a");
        let body = format!(
            r#"{{"KeyVersions": {{"KeyVersion": [{{"KeyId": "k", "KeyVersionId": "v"}}]}}, {counts}}}"#
        );
        assert_eq!(read(&ListKeyVersions::new("k"), &body)?.items[0].key_version_id, "v");
        let body = format!(r#"{{"Keys": {{"Key": [{{"KeyArn": "a"}}]}}, {counts}}}"#);
        assert_eq!(why(&ListKeys::new(), &body), "the answer is without Keys.Key[0].KeyId");
        assert_eq!(
            why(&ListKeys::new(), r#"{"Keys": {"Key": []}}"#),
            "the answer is without PageNumber"
        );
        Ok(())
    }

    #[test]
    fn truncated_answers_are_refused_wherever_they_end() {
        let body = format!(r#"{{"Plaintext": "AQID", "CiphertextBlob": "c", {KEY}}}"#);
        for length in 0..body.len() {
            let why = why(&GenerateDataKey::new("k"), &body[..length]);
            assert!(why.contains("not JSON") && !why.contains("AQID"), "{why}");
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named_and_not_shown() {
        let call = GenerateDataKey::new("k");
        for (body, expected) in [
            ("{}", "without Plaintext"),
            (r#"{"Plaintext": "AQID"}"#, "without CiphertextBlob"),
            (r#"{"Plaintext": "AQID", "CiphertextBlob": "c"}"#, "without KeyId"),
            (r#"{"Plaintext": ["AQID"]}"#, "Plaintext in it is no text"),
            (r#"{"Plaintext": "AQID!"}"#, "Plaintext in it is no base64"),
            (r#"{"Plaintext": 1e300}"#, "Plaintext in it is no text"),
        ] {
            let why = why(&call, body);
            assert!(why.ends_with(expected) && !why.contains("AQID"), "{why}");
        }
        let error = read(&call, r#"{"RequestId": "r"}"#).expect_err("it lacks a key");
        assert_eq!(AlibabaKmsError::all_in(&error)[0].request_id(), Some("r"));
    }
}
