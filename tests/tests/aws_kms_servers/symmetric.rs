//! Symmetric keys and their context: what all servers do.

use crypto_envelope::{
    AlgorithmSuite, EncryptionContext, Error, SecretBytes, blocking,
    provider::{
        DetachedTarget, GenerateRequest, KeyProvider, MultiProvider, ProviderErrorKind,
        RawAesProvider, RewrapRequest, Target,
    },
};
use crypto_envelope_aws_kms::{
    AwsKmsArn, AwsKmsDiscoveryFilter, AwsKmsDiscoveryProvider, AwsKmsKeysBuilder, AwsKmsProvider,
};
use crypto_envelope_tests::{
    aws_kms::servers::{Ability, Running},
    client,
    vectors::Result,
};
use serde_json::json;

use crate::{
    AWAY, HOME, KEY_RING, SUITE, TEXT, context, ensure, is_foreign, is_refused, opens,
    other_context, unwrap, unwraps_to, wrap,
};

pub(crate) const NEEDS: Ability = Ability::Basic;

pub(crate) fn one_key(kms: &Running) -> Result<()> {
    let provider = AwsKmsProvider::new(kms.clients(), &kms.create_key(HOME)?)?;
    let signed = AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384;
    for suite in [SUITE, signed] {
        for context in [EncryptionContext::new(), context()] {
            let message = client::encrypt(provider.clone(), suite, TEXT, &context)?;
            let text = client::decrypt(provider.clone(), &message, &context)?;
            ensure(text == TEXT, "the text comes back")?;
        }
    }
    Ok(())
}

pub(crate) fn several_keys(kms: &Running) -> Result<()> {
    let arns = [HOME, AWAY, HOME].map(|region| kms.create_key(region));
    let arns = arns.into_iter().collect::<Result<Vec<_>>>()?;
    let all = arns.iter().fold(AwsKmsKeysBuilder::new(kms.clients()), AwsKmsKeysBuilder::key);
    let all = all.build()?;
    let message = client::encrypt(all, SUITE, TEXT, &context())?;
    for arn in &arns {
        let alone = AwsKmsProvider::new(kms.clients(), arn)?;
        ensure(client::decrypt(alone, &message, &context())? == TEXT, "each key opens")?;
    }
    let another = AwsKmsProvider::new(kms.clients(), &kms.create_key(HOME)?)?;
    let opened = client::decrypt(another, &message, &context());
    ensure(matches!(opened, Err(Error::NoUsableKey { .. })), "no other key opens")
}

pub(crate) fn with_a_raw_key(kms: &Running) -> Result<()> {
    let raw = || RawAesProvider::new("tests", "raw", &SecretBytes::from(vec![1; 32]));
    let key = AwsKmsProvider::new(kms.clients(), &kms.create_key(HOME)?)?;
    for both in [
        MultiProvider::new(raw()?).with_child(key.clone()),
        MultiProvider::new(key.clone()).with_child(raw()?),
    ] {
        let message = client::encrypt(both, SUITE, TEXT, &context())?;
        ensure(client::decrypt(raw()?, &message, &context())? == TEXT, "the raw key opens")?;
        ensure(client::decrypt(key.clone(), &message, &context())? == TEXT, "KMS opens")?;
    }
    Ok(())
}

pub(crate) fn secrets_of_all_lengths(kms: &Running) -> Result<()> {
    let provider = AwsKmsProvider::new(kms.clients(), &kms.create_key(HOME)?)?;
    for length in [1, 16, 32, 48, 4096] {
        let secret = SecretBytes::random(length)?;
        unwraps_to(&provider, &wrap(&provider, &secret)?, &context(), &secret)?;
        let generated = blocking::wait(provider.generate(GenerateRequest::new(
            KEY_RING,
            length.min(1024),
            &context(),
        )))?;
        let key = &generated.encrypted_data_keys[0];
        unwraps_to(&provider, key, &context(), &generated.data_key)?;
    }
    Ok(())
}

pub(crate) fn an_alias_encrypts(kms: &Running) -> Result<()> {
    let arn = kms.create_key(HOME)?;
    // Its own on a server that other tests use too.
    let name = format!("alias/of-{}", arn.rsplit('/').next().unwrap_or_default());
    let alias = kms.create_alias(&name, &arn)?;
    let sealing = AwsKmsProvider::new(kms.clients(), &alias)?;
    let opening = AwsKmsProvider::new(kms.clients(), &arn)?;
    opens(sealing.clone(), opening, &context())?;
    is_foreign(sealing.clone(), sealing)
}

pub(crate) fn grant_tokens(kms: &Running) -> Result<()> {
    let arn = kms.create_key(HOME)?;
    let token = kms.grant(&arn)?;
    let strict = AwsKmsProvider::new(kms.clients(), &arn)?.with_grant_tokens([&token])?;
    let discovery = AwsKmsDiscoveryProvider::any_account(kms.clients());
    opens(strict.clone(), strict.clone(), &context())?;
    opens(strict, discovery.with_grant_tokens([&token])?, &context())?;
    // Where it can be seen: they were sent.
    let calls = kms.calls().unwrap_or_default();
    let mut uses = calls.iter().filter(|call| USES.contains(&call.operation.as_str()));
    ensure(
        uses.all(|call| call.request["GrantTokens"] == json!([token])),
        "every call has the token",
    )
}

pub(crate) fn discovery_by_account(kms: &Running) -> Result<()> {
    let arn = kms.create_key(HOME)?;
    let account = AwsKmsArn::parse(&arn)?.account().to_owned();
    let sealing = AwsKmsProvider::new(kms.clients(), &arn)?;
    let opening = |partition: &str, accounts: &[&str]| -> Result<_> {
        let filter = AwsKmsDiscoveryFilter::new(partition, accounts.iter().copied())?;
        Ok(AwsKmsDiscoveryProvider::new(kms.clients(), filter))
    };
    opens(sealing.clone(), opening("aws", &[&account])?, &context())?;
    opens(sealing.clone(), opening("aws", &["999999999999", &account])?, &context())?;
    is_foreign(sealing.clone(), opening("aws", &["999999999999"])?)?;
    is_foreign(sealing, opening("aws-cn", &[&account])?)
}

pub(crate) fn discovery_of_any_account(kms: &Running) -> Result<()> {
    for region in [HOME, AWAY] {
        let sealing = AwsKmsProvider::new(kms.clients(), &kms.create_key(region)?)?;
        let opening = AwsKmsDiscoveryProvider::any_account(kms.clients());
        opens(sealing, opening, &context())?;
    }
    Ok(())
}

pub(crate) fn discovery_by_region(kms: &Running) -> Result<()> {
    let sealing = AwsKmsProvider::new(kms.clients(), &kms.create_key(AWAY)?)?;
    let any = AwsKmsDiscoveryProvider::any_account(kms.clients());
    opens(sealing.clone(), any.clone().asking_in(AWAY)?, &context())?;
    opens(sealing.clone(), any.clone().only_keys_of([HOME, AWAY])?, &context())?;
    opens(sealing.clone(), any.clone().replicas_in(AWAY)?, &context())?;
    is_foreign(sealing.clone(), any.clone().only_keys_of([HOME])?)?;
    is_foreign(sealing.clone(), any.clone().replicas_in(HOME)?)?;
    // The one that has to ask to know.
    let message = client::encrypt(sealing, SUITE, TEXT, &context())?;
    let opened = client::decrypt(any.asking_in(HOME)?, &message, &context());
    let Err(Error::NoUsableKey { attempts, .. }) = opened else {
        return Err("it opens in another region".into());
    };
    ensure(attempts.iter().all(|attempt| attempt.error().is_some()), "KMS refuses")
}

pub(crate) fn rewrapping_across_regions(kms: &Running) -> Result<()> {
    let [here, there] = [HOME, AWAY].map(|region| -> Result<_> {
        Ok(AwsKmsProvider::new(kms.clients(), &kms.create_key(region)?)?)
    });
    let (here, there, secret) = (here?, there?, SecretBytes::random(32)?);
    let key = wrap(&here, &secret)?;
    let (context, other_context) = (context(), other_context());
    let request = RewrapRequest::new(&key, DetachedTarget::KeyRing, &context, &there)
        .with_target_context(&other_context);
    let keys = blocking::wait(here.rewrap(request))?;
    unwraps_to(&there, &keys[0], &other_context, &secret)
}

pub(crate) fn another_context(kms: &Running) -> Result<()> {
    let provider = AwsKmsProvider::new(kms.clients(), &kms.create_key(HOME)?)?;
    let key = wrap(&provider, &SecretBytes::random(32)?)?;
    let mut more = context();
    more.insert("more", "pairs");
    for other in [EncryptionContext::new(), other_context(), more] {
        let outcome = unwrap(&provider, &key, &other);
        is_refused(outcome, ProviderErrorKind::WrongContext, "InvalidCiphertextException")?;
    }
    Ok(())
}

pub(crate) fn an_unknown_key(kms: &Running) -> Result<()> {
    let arn = kms.create_key(HOME)?;
    let (known, _) = arn.rsplit_once('/').ok_or("the ARN of a key")?;
    let arn = format!("{known}/00000000-0000-4000-8000-000000000000");
    let provider = AwsKmsProvider::new(kms.clients(), &arn)?;
    let context = context();
    let request = GenerateRequest::new(Target::Message(SUITE), 32, &context);
    let outcome = blocking::wait(provider.generate(request));
    is_refused(outcome, ProviderErrorKind::NotFound, "NotFoundException")
}

const USES: [&str; 2] = ["GenerateDataKey", "Decrypt"];
