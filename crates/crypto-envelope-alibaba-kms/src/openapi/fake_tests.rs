//! Against the fake gateway of testkit, which knows nothing of this crate.

use std::time::Duration;

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, Error, Result, SecretBytes, blocking,
    provider::{
        DetachedTarget, KeyProvider as _, ProviderErrorKind, Target, UnwrapRequest, Unwrapped,
        WrapRequest,
    },
};
use crypto_envelope_testkit::fake::alibaba_openapi::{
    AccessKey as FakeAccessKey, FakeAlibabaOpenApi, KeyKind,
};

use super::{
    AccessKey, AsymmetricDecrypt, AsymmetricEncrypt, AsymmetricSign, AsymmetricVerify, Call,
    CancelKeyDeletion, CreateAlias, CreateKey, CreateKeyVersion, Decrypt, DeleteAlias, DescribeKey,
    DescribeKeyVersion, DisableKey, EnableKey, Encrypt, Filter, GenerateDataKey, GetPublicKey,
    GetSecretValue, ListAliasesByKeyId, ListKeyVersions, ListKeys, ListResourceTags, Placement,
    ReEncrypt, ScheduleKeyDeletion, Signature, Tag, TagResource, UntagResource, UpdateAlias,
    UpdateRotationPolicy,
};
use crate::{
    AlibabaKmsInstanceProvider, AlibabaKmsOpenApi, AlibabaKmsOpenApiProvider, AlibabaKmsSettings,
    ClientKey, test_instance::TestInstance,
};

fn client(kms: &FakeAlibabaOpenApi) -> Result<AlibabaKmsOpenApi> {
    let key = kms.access_key();
    let (id, secret) = (key.id(), key.secret().as_bytes().to_vec());
    let key = match key.security_token() {
        Some(token) => AccessKey::temporary(id, secret, token.as_bytes().to_vec()),
        None => AccessKey::new(id, secret),
    };
    let mut settings = AlibabaKmsSettings::new();
    if let Some(pem) = kms.ca_pem() {
        settings = settings.ca_pem(pem.as_bytes())?;
    }
    AlibabaKmsOpenApi::new(&kms.endpoint(), &key?, &settings)
}

fn call<C: Call>(kms: &AlibabaKmsOpenApi, call: C) -> Result<C::Answer> {
    blocking::wait(kms.call(call))
}

fn kind_of<T>(outcome: Result<T>) -> Option<ProviderErrorKind> {
    match outcome {
        Err(Error::Provider(error)) => Some(error.kind()),
        _ => None,
    }
}

#[test]
fn every_signature_is_understood_wherever_the_parameters_are() -> Result<()> {
    let sts = FakeAccessKey::new("STS.NU", "secret").with_security_token("CAIS+/==");
    for kms in [
        FakeAlibabaOpenApi::start()?,
        FakeAlibabaOpenApi::builder().tls().start()?,
        FakeAlibabaOpenApi::builder().access_key(sts).start()?,
    ] {
        let key_id = kms.create_key(KeyKind::Symmetric).expect("a key");
        let context = EncryptionContext::from([("a b", "1 +/~*'()!é&=")]);
        for signature in [Signature::Acs3, Signature::acs4("cn-hangzhou")?, Signature::RpcHmacSha1]
        {
            for placement in [Placement::Url, Placement::Form] {
                let client =
                    client(&kms)?.with_signature(signature.clone()).with_placement(placement);
                let encrypt = Encrypt::new(&key_id, &b"te xt+"[..]);
                let made = call(&client, encrypt.encryption_context(context.clone()))?;
                let seen = kms.take_calls().pop().expect("a call");
                assert_eq!(seen.query.contains("Plaintext"), placement == Placement::Url);
                let decrypt = Decrypt::new(&made.ciphertext_blob);
                let opened = call(&client, decrypt.encryption_context(context.clone()))?;
                assert_eq!(opened.plaintext.expose(), b"te xt+");
                assert_eq!(opened.key_id, key_id);
                assert!(call(&client, Decrypt::new(&made.ciphertext_blob)).is_err());
            }
        }
    }
    Ok(())
}

#[test]
fn what_was_wrapped_here_is_opened_by_the_instance() -> Result<()> {
    let beside = TestInstance::start()?;
    let kms = FakeAlibabaOpenApi::beside(&beside.fake)?;
    let ours = AlibabaKmsOpenApiProvider::new(&client(&kms)?, &beside.key_id)?;
    let theirs = AlibabaKmsInstanceProvider::new(&beside.instance, &beside.key_id)?;
    let context = EncryptionContext::from([("tenant", "blue")]);
    let message = blocking::wait(Encryptor::new(ours.clone()).encrypt(b"text", &context))?;
    let opened = blocking::wait(Decryptor::new(theirs.clone()).decrypt(&message, &context))?;
    assert_eq!(opened.plaintext(), b"text");

    let (secret, ring) = (SecretBytes::random(32)?, Target::Detached(DetachedTarget::KeyRing));
    let keys = blocking::wait(ours.wrap(WrapRequest::new(&secret, ring, &context)))?;
    beside.fake.rotate_key(&beside.key_id).expect("a symmetric key");
    let request = UnwrapRequest::new(&keys[0], ring, &context);
    let Unwrapped::Key(unwrapped) = blocking::wait(theirs.unwrap(request))? else {
        panic!("it is of this key");
    };
    assert_eq!(unwrapped.expose(), secret.expose());
    let other = EncryptionContext::new();
    assert!(blocking::wait(theirs.unwrap(UnwrapRequest::new(&keys[0], ring, &other))).is_err());
    Ok(())
}

#[test]
fn keys_are_managed() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let kms = client(&kms)?;
    let week = Duration::from_hours(7 * 24);
    let tags = [Tag::new("a", "1"), Tag::new("b", "")];
    let new = CreateKey::default().description("é").rotate_every(week).tags(tags.clone());
    let key = call(&kms, new)?.key;
    let (id, old) = (key.key_id.as_str(), key.primary_key_version.unwrap_or_default());
    assert_eq!(key.description.as_deref(), Some("é"));
    assert_eq!(key.rotation_interval.as_deref(), Some("604800s"));
    call(&kms, UpdateRotationPolicy::new(id))?;
    let rotation = call(&kms, DescribeKey::new(id))?.key.automatic_rotation;
    assert_eq!(rotation.as_deref(), Some("Disabled"));

    assert_eq!(call(&kms, ListResourceTags::new(id))?.tags, tags);
    call(&kms, UntagResource::new(id, ["a".to_owned()]))?;
    call(&kms, TagResource::new(id, [Tag::new("b", "2")]))?;
    assert_eq!(call(&kms, ListResourceTags::new(id))?.tags, [Tag::new("b", "2")]);

    let new = call(&kms, CreateKeyVersion::new(id))?.version.key_version_id;
    let described = call(&kms, DescribeKeyVersion::new(id, &new))?.version;
    let page = call(&kms, ListKeyVersions::new(id).page_size(1))?;
    assert_eq!((page.items[0].key_version_id.as_str(), page.total_count), (old.as_str(), 2));
    let next = ListKeyVersions::new(id).behind(&page).expect("another page");
    assert_eq!(call(&kms, next)?.items, [described]);

    let other = call(&kms, CreateKey::default())?.key.key_id;
    call(&kms, CreateAlias::new("alias/a", id))?;
    call(&kms, UpdateAlias::new("alias/a", &other))?;
    assert_eq!(call(&kms, ListAliasesByKeyId::new(&other))?.items[0].alias_name, "alias/a");
    call(&kms, DeleteAlias::new("alias/a"))?;
    assert_eq!(kind_of(call(&kms, DescribeKey::new("alias/a"))), Some(ProviderErrorKind::NotFound));

    call(&kms, DisableKey::new(&other))?;
    let disabled = ListKeys::default().filters([Filter::new("KeyState", ["Disabled"])]);
    assert_eq!(call(&kms, disabled)?.items[0].key_id, other);
    let encrypt = || kind_of(call(&kms, Encrypt::new(&other, &b"x"[..])));
    assert_eq!(encrypt(), Some(ProviderErrorKind::Disabled));
    call(&kms, EnableKey::new(&other))?;
    call(&kms, ScheduleKeyDeletion::new(&other, 7))?;
    assert!(encrypt().is_some());
    call(&kms, CancelKeyDeletion::new(&other))?;
    assert_eq!(encrypt(), None);
    Ok(())
}

#[test]
fn keys_are_used() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let keys = kms.create_samples().expect("keys");
    let kms = client(&kms)?;
    let version = |id: &str| {
        let versions = call(&kms, ListKeyVersions::new(id))?;
        Ok::<_, Error>(versions.items[0].key_version_id.clone())
    };
    let (id, by) = (&keys["rsa_2048_encrypt"], "RSAES_OAEP_SHA_256");
    let v = version(id)?;
    let sealed = call(&kms, AsymmetricEncrypt::new(id, &v, by, vec![1, 2]))?.ciphertext_blob;
    let opened = call(&kms, AsymmetricDecrypt::new(id, &v, by, sealed))?;
    assert_eq!(opened.plaintext.expose(), [1, 2]);

    let (id, by) = (&keys["rsa_2048_sign"], "RSA_PSS_SHA_256");
    let v = version(id)?;
    let signature = call(&kms, AsymmetricSign::new(id, &v, by, [7; 32]))?.signature;
    for (digest, expected) in [([7; 32], true), ([8; 32], false)] {
        let verify = AsymmetricVerify::new(id, &v, by, digest, signature.clone());
        assert_eq!(call(&kms, verify)?.is_valid, expected);
    }
    assert!(call(&kms, GetPublicKey::new(id))?.public_key.contains("BEGIN PUBLIC KEY"));
    let secret = call(&kms, GetSecretValue::new("sample"))?;
    assert_eq!(secret.version_stages, ["ACSCurrent"]);
    assert!(!secret.secret_data.expose().is_empty());

    let made = call(&kms, GenerateDataKey::new("alias/symmetric").number_of_bytes(64))?;
    let context = EncryptionContext::from([("a", "1")]);
    let again = ReEncrypt::new(made.ciphertext_blob, "alias/symmetric")
        .destination_encryption_context(context.clone());
    let moved = call(&kms, again)?.ciphertext_blob;
    let opened = call(&kms, Decrypt::new(moved).encryption_context(context))?;
    assert_eq!(opened.decoded()?.expose(), made.plaintext.expose());
    let refused = call(&kms, Encrypt::new("alias/symmetric", &b"x"[..]).dry_run());
    assert!(refused.is_err_and(|error| error.to_string().contains("DryRun")));
    Ok(())
}

/// Its `ClientKey` comes in the form of the vendor.
#[test]
fn the_file_of_a_fake_client_key_is_one() -> Result<()> {
    let fake = TestInstance::start()?.fake;
    for password in ["12345678", "pässwörd \u{1F600}"] {
        let json = fake.client_key().to_json(password)?;
        let key = ClientKey::from_json(&json, &SecretBytes::from(password.as_bytes()))?;
        assert_eq!(key.id(), fake.client_key().id());
        let wrong = SecretBytes::from(&b"another password"[..]);
        assert!(ClientKey::from_json(&json, &wrong).is_err());
    }
    Ok(())
}
