//! Which keys the KMS providers take for theirs, and how they are called.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crypto_envelope::{
    AlgorithmSuite, Decryptor, EncryptedDataKey, EncryptionContext, Encryptor, Error,
    PolicyViolation, SecretBytes,
    provider::{
        DetachedTarget, KeyProvider, ProviderErrorKind, RsaKey, RsaPadding, Target, UnwrapRequest,
        Unwrapped, WrapRequest,
    },
};
use crypto_envelope_aws_kms::{
    AwsKmsClients, AwsKmsDiscoveryFilter, AwsKmsDiscoveryProvider, AwsKmsKeysBuilder,
    AwsKmsProvider, AwsKmsRsaProvider,
};
use crypto_envelope_testkit::fake::aws_kms::{AccessKey, FakeAwsKms, KeyKind, lie};
use crypto_envelope_tests::{
    aws_kms::{Kms, clients_for},
    vectors::Result,
};
use serde_json::json;

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
const RING: Target = Target::Detached(DetachedTarget::KeyRing);
const HERE: &str = "us-east-1";
const THERE: &str = "eu-west-1";
const ACCOUNT: &str = "111122223333";

fn arn(partition: &str, region: &str, account: &str, id: &str) -> String {
    format!("arn:{partition}:kms:{region}:{account}:key/{id}")
}

/// A wrapped key that nobody can open, of the key with this ARN.
fn wrapped_by(arn: &str) -> Result<EncryptedDataKey> {
    Ok(EncryptedDataKey::new("aws-kms", arn, vec![7; 100])?)
}

/// Where a provider calls KMS for a key, if it does.
async fn called(kms: &Kms, provider: &dyn KeyProvider, key: &EncryptedDataKey) -> Option<String> {
    let context = EncryptionContext::new();
    let answer = provider.unwrap(UnwrapRequest::new(key, RING, &context)).await;
    let calls = kms.take_calls();
    if let Ok(Unwrapped::NotMine) = answer {
        assert_eq!(calls.len(), 0);
        assert!(provider.describe(key).is_none());
        None
    } else {
        assert_eq!(calls.len(), 1);
        assert!(provider.describe(key).is_some());
        calls[0]["region"].as_str().map(str::to_owned)
    }
}

#[tokio::test]
async fn strict_takes_its_own_key_alone() -> Result<()> {
    let kms = Kms::with_vector_keys()?;
    let own = arn("aws", HERE, ACCOUNT, "mrk-1");
    let exactly = AwsKmsProvider::new(&kms.clients, &own)?;
    let anywhere = exactly.clone().multi_region_aware();
    for (key, by_exactly, by_anywhere) in [
        (own.clone(), Some(HERE), Some(HERE)),
        (arn("aws", THERE, ACCOUNT, "mrk-1"), None, Some(HERE)),
        (arn("aws", HERE, ACCOUNT, "mrk-2"), None, None),
        (arn("aws", HERE, "999999999999", "mrk-1"), None, None),
        (arn("aws-cn", HERE, ACCOUNT, "mrk-1"), None, None),
        (own.replace("key/", "alias/"), None, None),
        ("mrk-1".to_owned(), None, None),
        (format!("{own} "), None, None),
    ] {
        let key = wrapped_by(&key)?;
        assert_eq!(called(&kms, &exactly, &key).await.as_deref(), by_exactly, "{key:?}");
        assert_eq!(called(&kms, &anywhere, &key).await.as_deref(), by_anywhere, "{key:?}");
    }
    let elsewhere = EncryptedDataKey::new("aws-kms-rsa", own.as_bytes(), vec![7; 100])?;
    assert_eq!(called(&kms, &exactly, &elsewhere).await, None);
    Ok(())
}

#[tokio::test]
async fn discovery_asks_whom_it_may() -> Result<()> {
    let kms = Kms::with_vector_keys()?;
    let accounts = ["444455556666", ACCOUNT];
    let of = |partition| AwsKmsDiscoveryFilter::new(partition, accounts);
    let any = AwsKmsDiscoveryProvider::any_account(&kms.clients);
    let filtered = AwsKmsDiscoveryProvider::new(&kms.clients, of("aws")?);
    let listed = filtered.clone().only_keys_of([HERE, "us-west-2"])?;
    let one = filtered.clone().asking_in(HERE)?;
    let replicas = filtered.clone().replicas_in(HERE)?;
    let replicas_there = filtered.clone().only_keys_of([HERE])?.replicas_in(THERE)?;
    for (key, expected) in [
        (
            arn("aws", HERE, ACCOUNT, "1"),
            [Some(HERE), Some(HERE), Some(HERE), Some(HERE), Some(HERE), None],
        ),
        (arn("aws", THERE, ACCOUNT, "1"), [Some(THERE), Some(THERE), None, Some(HERE), None, None]),
        (
            arn("aws", THERE, ACCOUNT, "mrk-1"),
            [Some(THERE), Some(THERE), None, Some(HERE), Some(HERE), None],
        ),
        (
            arn("aws", HERE, ACCOUNT, "mrk-1"),
            [Some(HERE), Some(HERE), Some(HERE), Some(HERE), Some(HERE), Some(THERE)],
        ),
        (arn("aws", HERE, "999999999999", "1"), [Some(HERE), None, None, None, None, None]),
        (
            arn("aws-cn", "cn-north-1", ACCOUNT, "1"),
            [Some("cn-north-1"), None, None, None, None, None],
        ),
        (arn("aws", "cn-north-1", ACCOUNT, "1"), [None; 6]),
        (arn("aws-cn", HERE, ACCOUNT, "1"), [None; 6]),
        (arn("aws", "r1-a", ACCOUNT, "1"), [None; 6]),
        ("arn:aws:kms:evil.example#:111122223333:key/1".to_owned(), [None; 6]),
        (format!("arn:aws:kms:{HERE}:{ACCOUNT}:alias/1"), [None; 6]),
    ] {
        let key = wrapped_by(&key)?;
        let providers = [&any, &filtered, &listed, &one, &replicas, &replicas_there];
        for (provider, expected) in providers.into_iter().zip(expected) {
            let region = called(&kms, provider, &key).await;
            assert_eq!(region.as_deref(), expected, "{provider:?} {key:?}");
        }
    }
    for misspelt in ["us-east", "us-east-", "useast1", "local"] {
        assert!(any.clone().asking_in(misspelt).is_err(), "{misspelt}");
        assert!(any.clone().replicas_in(misspelt).is_err(), "{misspelt}");
    }
    let secret = SecretBytes::random(32)?;
    let context = EncryptionContext::new();
    let wrap = any.wrap(WrapRequest::new(&secret, RING, &context)).await;
    let is_unsupported = |error: &Error| matches!(error, Error::Provider(error) if error.kind() == ProviderErrorKind::Unsupported);
    assert!(wrap.is_err_and(|error| is_unsupported(&error)));
    Ok(())
}

#[tokio::test]
async fn multi_region_keys_are_looked_for_in_one_region_after_the_other() -> Result<()> {
    let kms = Kms::start()?;
    let primary = kms.fake.create_key(HERE, KeyKind::MultiRegion)?;
    kms.fake.replicate_key(&primary, THERE)?;
    let encryptor = Encryptor::new(AwsKmsProvider::new(&kms.clients, &primary)?);
    let nothing = EncryptionContext::new();
    let message = encryptor.encrypt(b"for all regions", &nothing).await?;
    kms.take_calls();
    let account = primary.split(':').nth(4).ok_or("no account")?;
    let filter = AwsKmsDiscoveryFilter::new("aws", [account])?;
    let discovery = AwsKmsDiscoveryProvider::new(&kms.clients, filter);
    let each = discovery.replicas_in_each(["ap-south-1", THERE, HERE])?;
    let opened = Decryptor::new(each).decrypt(&message, &nothing).await?;
    assert_eq!(opened.plaintext(), b"for all regions");
    let calls = kms.take_calls();
    let regions: Vec<_> = calls.iter().filter_map(|call| call["region"].as_str()).collect();
    assert_eq!(regions, ["ap-south-1", THERE]);
    Ok(())
}

/// A key that is known by another name than its ARN encrypts; messages name the ARN.
#[tokio::test]
async fn aliases_and_bare_ids_encrypt() -> Result<()> {
    let kms = Kms::start()?;
    let arn = kms.fake.create_key(HERE, KeyKind::Symmetric)?;
    kms.fake.create_alias("alias/of/mine", &arn)?;
    let id = arn.rsplit('/').next().ok_or("no id")?;
    let clients = clients_for(&kms.fake.endpoint()).region(HERE).build()?;
    let nothing = EncryptionContext::new();
    for name in
        [arn.as_str(), &arn.replace(&format!("key/{id}"), "alias/of/mine"), "alias/of/mine", id]
    {
        let provider = AwsKmsProvider::new(&clients, name)?;
        let message = Encryptor::new(provider.clone()).encrypt(b"text", &nothing).await?;
        let own = AwsKmsProvider::new(&clients, &arn)?;
        assert_eq!(Decryptor::new(own).decrypt(&message, &nothing).await?.plaintext(), b"text");
        kms.take_calls();
        let opened = Decryptor::new(provider).decrypt(&message, &nothing).await;
        assert_eq!(opened.is_ok(), name == arn, "{name}");
        assert_eq!(kms.take_calls().len(), usize::from(name == arn), "{name}");
    }
    let nowhere = clients_for(&kms.fake.endpoint()).build()?;
    for name in ["alias/of/mine", id, "", "no such form", "arn:aws:s3:::bucket"] {
        assert!(matches!(AwsKmsProvider::new(&nowhere, name), Err(Error::InvalidInput { .. })));
    }
    Ok(())
}

#[tokio::test]
async fn several_keys_are_called_where_they_are() -> Result<()> {
    let kms = Kms::with_vector_keys()?;
    let (one, other) = (arn("aws", HERE, ACCOUNT, "1"), arn("aws", THERE, ACCOUNT, "2"));
    let keys = || AwsKmsKeysBuilder::new(&kms.clients);
    let provider = keys().key(&one).key(&other).grant_tokens(["a token"]).build()?;
    let nothing = EncryptionContext::new();
    let message = Encryptor::new(provider).encrypt(b"text", &nothing).await?;
    let calls: Vec<_> = kms
        .take_calls()
        .iter()
        .map(|call| json!([call["op"], call["region"], call["request"]["GrantTokens"]]))
        .collect();
    assert_eq!(
        calls,
        [json!(["GenerateDataKey", HERE, ["a token"]]), json!(["Encrypt", THERE, ["a token"]])]
    );
    for arn in [&one, &other] {
        let alone = AwsKmsProvider::new(&kms.clients, arn)?;
        assert_eq!(Decryptor::new(alone).decrypt(&message, &nothing).await?.plaintext(), b"text");
    }
    let replicas =
        || keys().key(arn("aws", HERE, ACCOUNT, "mrk-1")).key(arn("aws", THERE, ACCOUNT, "mrk-1"));
    assert!(replicas().build().is_ok());
    for refused in [
        keys(),
        keys().key(&one).key(&one),
        keys().key("alias/name"),
        keys().key(&one).grant_tokens(vec!["token"; 11]),
        replicas().multi_region_aware(),
    ] {
        assert!(matches!(refused.build(), Err(Error::InvalidInput { .. })));
    }
    Ok(())
}

#[tokio::test]
async fn a_grant_lets_in() -> Result<()> {
    let reader = AccessKey::new("test", "reader").secret("test").allow("Encrypt", "*");
    let grantee = reader.user_arn();
    let fake = FakeAwsKms::builder().access_key(reader).start()?;
    let arn = fake.create_key(HERE, KeyKind::Symmetric)?;
    let grant = fake.administer(
        HERE,
        "CreateGrant",
        &json!({ "KeyId": arn, "GranteePrincipal": grantee, "Operations": ["Decrypt", "GenerateDataKey"] }),
    )?;
    let provider = AwsKmsProvider::new(&clients_for(&fake.endpoint()).build()?, &arn)?;
    let nothing = EncryptionContext::new();
    assert!(Encryptor::new(provider.clone()).encrypt(b"text", &nothing).await.is_err());
    let token = grant["GrantToken"].as_str().ok_or("no token")?;
    let provider = provider.with_grant_tokens([token])?;
    let message = Encryptor::new(provider.clone()).encrypt(b"text", &nothing).await?;
    assert_eq!(Decryptor::new(provider).decrypt(&message, &nothing).await?.plaintext(), b"text");
    Ok(())
}

#[tokio::test]
async fn rsa_keys_encrypt_without_kms() -> Result<()> {
    let kms = Kms::start()?;
    let arn = kms.fake.create_key(HERE, KeyKind::Rsa2048)?;
    for padding in [RsaPadding::OaepSha1, RsaPadding::OaepSha256] {
        let full =
            AwsKmsRsaProvider::new(&kms.clients, &arn, padding)?.with_public_key_of_kms().await?;
        let public = public_key(&kms, &arn)?;
        let offline = AwsKmsRsaProvider::offline(&arn, padding, &public)?;
        kms.take_calls();
        let context = EncryptionContext::from([("purpose", "rsa")]);
        for context in [EncryptionContext::new(), context] {
            let encryptor = Encryptor::builder(AwsKmsRsaProvider::offline(&arn, padding, &public)?)
                .suite(SUITE)
                .build()?;
            let message = encryptor.encrypt(b"text", &context).await?;
            assert_eq!(kms.take_calls().len(), 0);
            let reader = AwsKmsRsaProvider::new(&kms.clients, &arn, padding)?;
            let opened = Decryptor::new(reader).decrypt(&message, &context).await?;
            assert_eq!(opened.plaintext(), b"text");
            let calls = kms.take_calls();
            assert_eq!(calls.len(), 1);
            let request = &calls[0]["request"];
            assert_eq!(
                (&calls[0]["op"], &request["EncryptionContext"]),
                (&json!("Decrypt"), &json!(null))
            );
        }
        let secret = SecretBytes::random(32)?;
        let (own, other) = (EncryptionContext::from([("a", "1")]), EncryptionContext::new());
        let keys = full.wrap(WrapRequest::new(&secret, RING, &own)).await?;
        let Unwrapped::Key(found) = full.unwrap(UnwrapRequest::new(&keys[0], RING, &own)).await?
        else {
            panic!("it is its own")
        };
        assert!(found.equals(secret.expose()));
        let refused = full.unwrap(UnwrapRequest::new(&keys[0], RING, &other)).await;
        assert!(matches!(refused, Err(Error::Authentication { .. })), "{refused:?}");
        let reads = offline.unwrap(UnwrapRequest::new(&keys[0], RING, &own)).await;
        assert!(
            matches!(reads, Err(Error::Provider(e)) if e.kind() == ProviderErrorKind::Unsupported)
        );
        let signing = Encryptor::new(offline).encrypt(b"text", &own).await;
        assert!(matches!(signing, Err(Error::Policy(PolicyViolation::Target { .. }))));
    }
    let small = SecretBytes::random(200)?;
    let public = public_key(&kms, &arn)?;
    let offline = AwsKmsRsaProvider::offline(&arn, RsaPadding::OaepSha256, &public)?;
    let nothing = EncryptionContext::new();
    assert!(matches!(
        offline.wrap(WrapRequest::new(&small, RING, &nothing)).await,
        Err(Error::InvalidInput { .. })
    ));
    assert!(
        AwsKmsRsaProvider::offline(&arn.replace("key/", "alias/"), RsaPadding::OaepSha256, &public)
            .is_err()
    );
    assert!(AwsKmsRsaProvider::offline(&arn, RsaPadding::OaepSha512, &public).is_err());
    Ok(())
}

fn public_key(kms: &Kms, arn: &str) -> Result<RsaKey> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let answer = kms.fake.administer(HERE, "GetPublicKey", &json!({ "KeyId": arn }))?;
    let der = STANDARD.decode(answer["PublicKey"].as_str().ok_or("no public key")?)?;
    Ok(RsaKey::parse(&der)?)
}

#[tokio::test]
async fn calls_say_who_makes_them() -> Result<()> {
    let kms = Kms::with_vector_keys()?;
    let provider = AwsKmsProvider::new(&kms.clients, &arn("aws", HERE, ACCOUNT, "1"))?;
    Encryptor::new(provider).encrypt(b"text", &EncryptionContext::new()).await?;
    let calls = kms.fake.take_calls();
    let agent =
        calls[0].header("x-amz-user-agent").or(calls[0].header("user-agent")).unwrap_or_default();
    assert!(agent.contains("lib/crypto-envelope-aws-kms/"), "{agent}");
    Ok(())
}

#[tokio::test]
async fn a_function_makes_clients_too() -> Result<()> {
    let kms = Kms::with_vector_keys()?;
    let inner = kms.clients.clone();
    let clients = AwsKmsClients::from_fn(move |region| inner.client(region).expect("a region"));
    let provider = AwsKmsProvider::new(&clients, &arn("aws", THERE, ACCOUNT, "1"))?;
    Encryptor::new(provider).encrypt(b"text", &EncryptionContext::new()).await?;
    assert_eq!(kms.take_calls()[0]["region"], THERE);
    assert!(clients.client("evil.example/").is_err());
    assert!(AwsKmsProvider::new(&clients, "alias/without-region").is_err());
    Ok(())
}

/// The fake stands in for a proxy: it gets the request for a host that is not there.
#[tokio::test]
async fn a_proxy_gets_the_calls() -> Result<()> {
    let kms = Kms::with_vector_keys()?;
    let clients = clients_for("http://kms.invalid")
        .danger_allow_plain_http()
        .proxy(kms.fake.endpoint())
        .connect_timeout(Duration::from_secs(2))
        .build()?;
    let provider = AwsKmsProvider::new(&clients, &arn("aws", HERE, ACCOUNT, "1"))?;
    Encryptor::new(provider).encrypt(b"text", &EncryptionContext::new()).await?;
    let calls = kms.fake.take_calls();
    assert_eq!(calls[0].header("host"), Some("kms.invalid"));
    assert!(clients_for("http://kms.invalid").proxy("not a url\n").build().is_err());
    Ok(())
}

/// Data keys must not cross a network in clear because of a mistyped endpoint.
#[tokio::test]
async fn plain_http_is_for_this_machine() -> Result<()> {
    let kms = Kms::with_vector_keys()?;
    // The fake would answer, as a proxy.
    let clients = clients_for("http://kms.invalid").proxy(kms.fake.endpoint()).build()?;
    let provider = AwsKmsProvider::new(&clients, &arn("aws", HERE, ACCOUNT, "1"))?;
    let refused = Encryptor::new(provider).encrypt(b"text", &EncryptionContext::new()).await;
    let error = refused.err().ok_or("it was sent")?;
    assert!(error.to_string().contains("use https"), "{error}");
    // Another try would not help.
    let kind = |error: &Error| matches!(error, Error::Provider(error) if error.kind() == ProviderErrorKind::Other);
    assert!(kind(&error), "{error:?}");
    assert_eq!(kms.take_calls().len(), 0);
    Ok(())
}

/// Messages name regions, and a client is tens of kilobytes long.
#[tokio::test]
async fn clients_of_many_regions_are_not_kept() -> Result<()> {
    let kms = Kms::with_vector_keys()?;
    let made = Arc::new(AtomicUsize::new(0));
    let (inner, counted) = (kms.clients.clone(), Arc::clone(&made));
    let clients = AwsKmsClients::from_fn(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        inner.client(HERE).expect("a region")
    });
    for _ in 0..2 {
        clients.client(HERE)?;
    }
    assert_eq!(made.load(Ordering::Relaxed), 1);
    for number in 0..32 {
        clients.client(&format!("us-west-{number}"))?;
    }
    clients.client("us-west-31")?;
    assert_eq!(made.load(Ordering::Relaxed), 33);
    clients.client(HERE)?;
    assert_eq!(made.load(Ordering::Relaxed), 34);
    Ok(())
}

/// An RSA key to sign with has a public key too, and opens nothing.
#[tokio::test]
async fn a_public_key_that_kms_does_not_decrypt_for_is_refused() -> Result<()> {
    let kms = Kms::start()?;
    let arn = kms.fake.create_key(HERE, KeyKind::Rsa2048)?;
    for lie in [
        lie::answer(|answer| answer["KeyUsage"] = json!("SIGN_VERIFY")),
        lie::answer(|answer| answer["EncryptionAlgorithms"] = json!(["RSAES_OAEP_SHA_1"])),
        lie::without("KeyUsage"),
        lie::without("EncryptionAlgorithms"),
        lie::key_id(arn.replace("key/", "key/0")),
    ] {
        kms.fake.inject(lie);
        let provider = AwsKmsRsaProvider::new(&kms.clients, &arn, RsaPadding::OaepSha256)?;
        let refused = provider.with_public_key_of_kms().await;
        assert!(matches!(refused, Err(Error::Provider(_))), "{refused:?}");
    }
    Ok(())
}

#[test]
fn anybody_can_wrap_for_any_account() -> Result<()> {
    let kms = Kms::start()?;
    let any = AwsKmsDiscoveryProvider::any_account(&kms.clients);
    assert!(!any.properties().authenticates_wrapper);
    let filter = AwsKmsDiscoveryFilter::new("aws", [ACCOUNT])?;
    let filtered = AwsKmsDiscoveryProvider::new(&kms.clients, filter);
    assert!(filtered.properties().authenticates_wrapper && any.properties().binds_context);
    for account in ["", "1111-2222-3333", "11112222333", "alias"] {
        assert!(AwsKmsDiscoveryFilter::new("aws", [account]).is_err(), "{account}");
    }
    assert!(AwsKmsDiscoveryFilter::new("", [ACCOUNT]).is_err());
    assert!(AwsKmsDiscoveryFilter::new("aws", [] as [&str; 0]).is_err());
    Ok(())
}
