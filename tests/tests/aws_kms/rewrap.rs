//! Rewrapping from KMS key to KMS key: inside KMS, so that nobody sees the key.

use std::any::Any;

use crypto_envelope::{
    EncryptedDataKey, EncryptionContext, Error, PolicyViolation, SecretBytes,
    provider::{
        DetachedTarget, KeyDescription, KeyProvider, MultiProvider, Properties, RawAesProvider,
        RewrapRequest, Target, UnwrapRequest, Unwrapped, WrapRequest, async_trait,
    },
};
use crypto_envelope_aws_kms::{
    AwsKmsDiscoveryFilter, AwsKmsDiscoveryProvider, AwsKmsKeysBuilder, AwsKmsProvider,
};
use crypto_envelope_testkit::fake::aws_kms::{KeyKind, lie};
use crypto_envelope_tests::{
    aws_kms::{Kms, clients_for},
    vectors::Result,
};

const RING: DetachedTarget = DetachedTarget::KeyRing;
const HERE: &str = "us-east-1";
const THERE: &str = "eu-west-1";

/// A secret, wrapped by a key in one region.
struct Case {
    kms: Kms,
    arn: String,
    secret: SecretBytes,
    key: EncryptedDataKey,
    context: EncryptionContext,
}

impl Case {
    async fn new() -> Result<Self> {
        Self::of(KeyKind::Symmetric).await
    }

    async fn of(kind: KeyKind) -> Result<Self> {
        let kms = Kms::start()?;
        let arn = kms.fake.create_key(HERE, kind)?;
        let secret = SecretBytes::random(32)?;
        let context = EncryptionContext::from([("ring", "old")]);
        let source = AwsKmsProvider::new(&kms.clients, &arn)?;
        let wrap = WrapRequest::new(&secret, Target::Detached(RING), &context);
        let key = source.wrap(wrap).await?.pop().ok_or("no wrapped key")?;
        kms.take_calls();
        Ok(Self { kms, arn, secret, key, context })
    }

    fn source(&self) -> Result<AwsKmsProvider> {
        Ok(AwsKmsProvider::new(&self.kms.clients, &self.arn)?)
    }

    fn other(&self, region: &str) -> Result<AwsKmsProvider> {
        let arn = self.kms.fake.create_key(region, KeyKind::Symmetric)?;
        Ok(AwsKmsProvider::new(&self.kms.clients, &arn)?)
    }

    /// Rewraps to another context; each new key opens under that one alone, and is by `target`.
    async fn rewraps(
        &self,
        source: &dyn KeyProvider,
        target: &dyn KeyProvider,
    ) -> Result<Vec<String>> {
        let new_context = EncryptionContext::from([("ring", "new")]);
        let request = RewrapRequest::new(&self.key, RING, &self.context, target)
            .with_target_context(&new_context);
        let keys = source.rewrap(request).await?;
        let calls = self.kms.take_calls();
        assert!(!keys.is_empty());
        for key in &keys {
            let unwrap = |context| UnwrapRequest::new(key, Target::Detached(RING), context);
            let Unwrapped::Key(secret) = target.unwrap(unwrap(&new_context)).await? else {
                return Err("not a key of the target".into());
            };
            assert!(secret.equals(self.secret.expose()));
            assert!(target.unwrap(unwrap(&self.context)).await.is_err());
        }
        self.kms.take_calls();
        Ok(calls.iter().map(|call| format!("{} {}", call["op"], call["region"])).collect())
    }
}

#[tokio::test]
async fn one_call_moves_a_key() -> Result<()> {
    let case = Case::new().await?;
    let calls = case.rewraps(&case.source()?, &case.other(HERE)?).await?;
    assert_eq!(calls, [r#""ReEncrypt" "us-east-1""#]);
    let target: Box<dyn KeyProvider> = Box::new(std::sync::Arc::new(case.other(HERE)?));
    assert_eq!(case.rewraps(&case.source()?, &target).await?.len(), 1, "through pointers too");
    Ok(())
}

#[tokio::test]
async fn one_call_for_each_of_several_keys() -> Result<()> {
    let case = Case::new().await?;
    let keys = [case.kms.fake.create_key(HERE, KeyKind::Symmetric)?, case.arn.clone()];
    let [one, other] = keys;
    let target = AwsKmsKeysBuilder::new(&case.kms.clients).key(one).key(other).build()?;
    let source = MultiProvider::new(case.other(HERE)?).with_child(case.source()?);
    let calls = case.rewraps(&source, &target).await?;
    assert_eq!(calls, [r#""ReEncrypt" "us-east-1""#; 2]);
    Ok(())
}

#[tokio::test]
async fn discovery_moves_keys_too() -> Result<()> {
    let case = Case::new().await?;
    let account = case.arn.split(':').nth(4).ok_or("no account")?;
    let filter = AwsKmsDiscoveryFilter::new("aws", [account])?;
    let source = AwsKmsDiscoveryProvider::new(&case.kms.clients, filter);
    let calls = case.rewraps(&source, &case.other(HERE)?).await?;
    assert_eq!(calls, [r#""ReEncrypt" "us-east-1""#]);
    Ok(())
}

/// Whoever can have it done inside KMS goes first.
#[tokio::test]
async fn the_region_that_can_moves_the_key() -> Result<()> {
    let case = Case::of(KeyKind::MultiRegion).await?;
    case.kms.fake.replicate_key(&case.arn, THERE)?;
    let discovery = AwsKmsDiscoveryProvider::any_account(&case.kms.clients);
    for regions in [[THERE, HERE], [HERE, THERE]] {
        let source = discovery.clone().replicas_in_each(regions)?;
        let calls = case.rewraps(&source, &case.other(HERE)?).await?;
        assert_eq!(calls, [r#""ReEncrypt" "us-east-1""#]);
    }
    Ok(())
}

/// Several in several are asked once each.
#[tokio::test]
async fn a_failure_inside_is_not_repeated() -> Result<()> {
    let case = Case::new().await?;
    // The key is disabled for one, and the other has no way but through here.
    let elsewhere = clients_for(&case.kms.fake.endpoint()).build()?;
    let other_road = AwsKmsProvider::new(&elsewhere, &case.arn)?;
    let inner = MultiProvider::new(case.source()?).with_child(other_road);
    let source = MultiProvider::new(MultiProvider::new(inner));
    let target = case.other(HERE)?;
    case.kms.fake.disable_key(&case.arn)?;
    let request = RewrapRequest::new(&case.key, RING, &case.context, &target);
    let refused = source.rewrap(request).await;
    assert!(matches!(refused, Err(Error::NoUsableKey { attempts, .. }) if attempts.len() == 2));
    let calls = case.kms.take_calls();
    let calls = calls.iter().map(|call| call["op"].as_str().unwrap_or_default());
    assert_eq!(calls.collect::<Vec<_>>(), ["ReEncrypt", "Decrypt"]);
    Ok(())
}

/// Wraps with the newest key alone, and is asked with all: its members are not what it wraps with.
#[derive(Debug)]
struct Rotated {
    newest: AwsKmsProvider,
    older: AwsKmsProvider,
}

#[async_trait]
impl KeyProvider for Rotated {
    async fn wrap(
        &self,
        request: WrapRequest<'_>,
    ) -> crypto_envelope::Result<Vec<EncryptedDataKey>> {
        self.newest.wrap(request).await
    }

    async fn unwrap(&self, request: UnwrapRequest<'_>) -> crypto_envelope::Result<Unwrapped> {
        match self.newest.unwrap(request).await? {
            Unwrapped::NotMine => self.older.unwrap(request).await,
            key @ Unwrapped::Key(_) => Ok(key),
        }
    }

    fn describe(&self, key: &EncryptedDataKey) -> Option<KeyDescription> {
        self.newest.describe(key).or_else(|| self.older.describe(key))
    }

    fn properties(&self) -> Properties {
        AwsKmsProvider::PROPERTIES
    }

    fn members(&self) -> Vec<&dyn KeyProvider> {
        vec![&self.newest, &self.older]
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

#[tokio::test]
async fn a_retired_key_gets_nothing() -> Result<()> {
    let case = Case::new().await?;
    let target = Rotated { newest: case.other(HERE)?, older: case.other(HERE)? };
    let calls = case.rewraps(&case.source()?, &target).await?;
    assert_eq!(calls, [r#""Decrypt" "us-east-1""#, r#""Encrypt" "us-east-1""#]);
    Ok(())
}

/// One call reaches one region, and no other key service.
#[tokio::test]
async fn what_kms_cannot_do_goes_through_here() -> Result<()> {
    let case = Case::new().await?;
    let calls = case.rewraps(&case.source()?, &case.other(THERE)?).await?;
    assert_eq!(calls, [r#""Decrypt" "us-east-1""#, r#""Encrypt" "eu-west-1""#]);
    let raw = RawAesProvider::new("ns", "key", &SecretBytes::random(32)?)?;
    assert_eq!(case.rewraps(&case.source()?, &raw).await?, [r#""Decrypt" "us-east-1""#]);
    let raw = RawAesProvider::new("ns", "key", &SecretBytes::random(32)?)?;
    let mixed = MultiProvider::new(case.other(HERE)?).with_child(raw);
    let calls = case.rewraps(&case.source()?, &mixed).await?;
    assert_eq!(calls, [r#""Decrypt" "us-east-1""#, r#""Encrypt" "us-east-1""#]);
    Ok(())
}

/// Both key ids of the answer are checked.
#[tokio::test]
async fn answers_about_other_keys_are_refused() -> Result<()> {
    let case = Case::new().await?;
    let (source, target) = (case.source()?, case.other(HERE)?);
    let request = RewrapRequest::new(&case.key, RING, &case.context, &target);
    let other = case.kms.fake.create_key(HERE, KeyKind::Symmetric)?;
    let source_arn = other.clone();
    let lies = [
        lie::key_id(&other),
        lie::without_key_id(),
        lie::without("SourceKeyId"),
        lie::answer(move |answer| answer["SourceKeyId"] = source_arn.clone().into()),
        lie::without("CiphertextBlob"),
    ];
    for lie in lies {
        case.kms.fake.inject(lie);
        let answer = source.rewrap(request).await;
        assert!(matches!(answer, Err(Error::Provider(_))), "{answer:?}");
    }
    assert!(source.rewrap(request).await.is_ok());
    Ok(())
}

#[tokio::test]
async fn a_wrong_context_or_a_foreign_key_is_not_moved() -> Result<()> {
    let case = Case::new().await?;
    let target = case.other(HERE)?;
    let other = EncryptionContext::from([("ring", "other")]);
    let wrong = RewrapRequest::new(&case.key, RING, &other, &target);
    assert!(matches!(case.source()?.rewrap(wrong).await, Err(Error::Provider(_))));
    case.kms.take_calls();
    let request = RewrapRequest::new(&case.key, RING, &case.context, &target);
    assert!(matches!(case.other(HERE)?.rewrap(request).await, Err(Error::Provider(_))));
    let objects = RewrapRequest::new(&case.key, DetachedTarget::CosObject, &case.context, &target);
    for refused in [objects, request.with_target(DetachedTarget::CosObject)] {
        let refused = case.source()?.rewrap(refused).await;
        let is_policy = matches!(refused, Err(Error::Policy(PolicyViolation::Target { .. })));
        assert!(is_policy, "{refused:?}");
    }
    assert_eq!(case.kms.take_calls(), [] as [serde_json::Value; 0]);
    Ok(())
}

/// The target's key is one of another account, which the source's credentials know nothing of, or
/// worse: there may be an alias of the same name.
#[tokio::test]
async fn other_credentials_are_never_used_for_the_target() -> Result<()> {
    let (case, other) = (Case::new().await?, Kms::start()?);
    let own = case.kms.fake.create_key(HERE, KeyKind::Symmetric)?;
    case.kms.fake.create_alias("alias/rings", &own)?;
    let there = other.fake.create_key(HERE, KeyKind::Symmetric)?;
    other.fake.create_alias("alias/rings", &there)?;
    let clients = clients_for(&other.fake.endpoint()).region(HERE).build()?;
    for name in ["alias/rings", &there] {
        let target = AwsKmsProvider::new(&clients, name)?;
        let request = RewrapRequest::new(&case.key, RING, &case.context, &target);
        let keys = case.source()?.rewrap(request).await?;
        assert_eq!(keys[0].provider_info(), there.as_bytes(), "{name}");
        let calls = [&case.kms, &other].map(|kms| {
            kms.take_calls().iter().map(|call| call["op"].to_string()).collect::<Vec<_>>()
        });
        assert_eq!(calls, [[r#""Decrypt""#], [r#""Encrypt""#]], "{name}");
    }
    Ok(())
}

/// KMS takes ten in one call.
#[tokio::test]
async fn too_many_grant_tokens_for_one_call_are_sent_in_two() -> Result<()> {
    let kms = Kms::with_vector_keys()?;
    let arn = |id| format!("arn:aws:kms:{HERE}:111122223333:key/{id}");
    let secret = SecretBytes::random(32)?;
    let context = EncryptionContext::new();
    let tokens = |from, to| (from..to).map(|number| format!("token {number}"));
    let source = AwsKmsProvider::new(&kms.clients, &arn(1))?.with_grant_tokens(tokens(0, 8))?;
    let wrap = WrapRequest::new(&secret, Target::Detached(RING), &context);
    let key = source.wrap(wrap).await?.pop().ok_or("no wrapped key")?;
    for (target_tokens, operations) in
        [(tokens(2, 10), vec!["ReEncrypt"]), (tokens(3, 11), vec!["Decrypt", "Encrypt"])]
    {
        kms.take_calls();
        let target =
            AwsKmsProvider::new(&kms.clients, &arn(2))?.with_grant_tokens(target_tokens)?;
        source.rewrap(RewrapRequest::new(&key, RING, &context, &target)).await?;
        let calls = kms.take_calls();
        let found: Vec<_> = calls.iter().filter_map(|call| call["op"].as_str()).collect();
        assert_eq!(found, operations);
    }
    Ok(())
}
