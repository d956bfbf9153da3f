//! What goes wrong with KMS: each failure has its kind, its words and its number of calls.

use std::{error::Error as _, net::TcpListener, time::Duration};

use crypto_envelope::{
    AlgorithmSuite, EncryptedDataKey, EncryptionContext, Error, SecretBytes,
    provider::{
        GenerateRequest, KeyProvider, ProviderError, ProviderErrorKind as Kind, Target,
        UnwrapRequest,
    },
};
use crypto_envelope_aws_kms::{AwsKmsClientsBuilder, AwsKmsError, AwsKmsProvider};
use crypto_envelope_testkit::{
    fake::{
        aws_kms::{AccessKey, KeyKind, lie},
        http::Fault,
    },
    redaction,
};
use crypto_envelope_tests::{
    aws_kms::{Kms, clients_for},
    vectors::Result,
};
use serde_json::json;

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
const REGION: &str = "us-east-1";

/// A key of KMS, and a data key that it wrapped.
struct Case {
    kms: Kms,
    arn: String,
    provider: AwsKmsProvider,
    data_key: SecretBytes,
    key: EncryptedDataKey,
}

impl Case {
    async fn new() -> Result<Self> {
        Self::with(|builder| builder).await
    }

    async fn with(
        change: impl FnOnce(AwsKmsClientsBuilder) -> AwsKmsClientsBuilder,
    ) -> Result<Self> {
        let kms = Kms::start()?;
        let arn = kms.fake.create_key(REGION, KeyKind::Symmetric)?;
        let context = context();
        let request = GenerateRequest::for_message(SUITE, &context);
        let mut generated = AwsKmsProvider::new(&kms.clients, &arn)?.generate(request).await?;
        let clients = change(clients_for(&kms.fake.endpoint())).build()?;
        let provider = AwsKmsProvider::new(&clients, &arn)?;
        let key = generated.encrypted_data_keys.pop().ok_or("no wrapped key")?;
        drop(kms.fake.take_calls());
        Ok(Self { kms, arn, provider, data_key: generated.data_key, key })
    }

    /// Unwrapping fails, and the error shows no secret. Says how, and after how many calls.
    async fn fails(&self) -> Result<(ProviderError, usize)> {
        self.fails_with(&self.provider, &context()).await
    }

    async fn fails_with(
        &self,
        provider: &AwsKmsProvider,
        context: &EncryptionContext,
    ) -> Result<(ProviderError, usize)> {
        let request = UnwrapRequest::new(&self.key, Target::Message(SUITE), context);
        let error = provider.unwrap(request).await.err().ok_or("it was unwrapped")?;
        redaction::hunt_error(&error, &[self.data_key.expose()])?;
        let Error::Provider(error) = error else {
            return Err(format!("not an error of the provider: {error}").into());
        };
        Ok((error, self.kms.fake.take_calls().len()))
    }

    fn administer(&self, operation: &str) -> Result<()> {
        self.kms.fake.administer(REGION, operation, &json!({ "KeyId": self.arn }))?;
        Ok(())
    }
}

fn context() -> EncryptionContext {
    EncryptionContext::from([("purpose", "errors")])
}

fn detail(error: &ProviderError) -> &AwsKmsError {
    error.source().and_then(|source| source.downcast_ref()).expect("what KMS said")
}

#[track_caller]
fn is(error: &ProviderError, kind: Kind, code: Option<&str>, words: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(detail(error).code(), code, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[tokio::test]
async fn denied_says_what_has_to_be_allowed() -> Result<()> {
    let case = Case::new().await?;
    let user = AccessKey::new("test", "reader").allow("GenerateDataKey", "*");
    case.kms.fake.add_access_key(user);
    let (error, calls) = case.fails().await?;
    is(&error, Kind::Denied, Some("AccessDeniedException"), "has to allow kms:Decrypt");
    assert_eq!(calls, 1);
    let detail = detail(&error);
    assert_eq!((detail.operation(), detail.region()), ("Decrypt", REGION));
    assert_eq!(detail.key_id(), case.arn);
    let id = detail.request_id().expect("a request id");
    assert!(error.to_string().contains(id) && error.to_string().contains(&case.arn), "{error}");
    assert!(error.to_string().contains("not authorized to perform: kms:Decrypt"), "{error}");
    Ok(())
}

#[tokio::test]
async fn keys_that_cannot_be_used_say_why() -> Result<()> {
    let case = Case::new().await?;
    case.administer("DisableKey")?;
    let (error, calls) = case.fails().await?;
    is(&error, Kind::Disabled, Some("DisabledException"), "aws kms enable-key");
    assert_eq!(calls, 1);
    case.administer("EnableKey")?;
    case.administer("ScheduleKeyDeletion")?;
    let (error, calls) = case.fails().await?;
    is(&error, Kind::Disabled, Some("KMSInvalidStateException"), "cancel-key-deletion");
    assert_eq!(calls, 1);
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_not_there_is_not_found() -> Result<()> {
    let case = Case::new().await?;
    let missing = case.arn.replace("key/", "key/0");
    let provider = AwsKmsProvider::new(&case.kms.clients, &missing)?;
    let context = context();
    let request = GenerateRequest::for_message(SUITE, &context);
    let Err(Error::Provider(error)) = provider.generate(request).await else {
        panic!("there is no such key");
    };
    is(&error, Kind::NotFound, Some("NotFoundException"), "check the id");
    assert_eq!(detail(&error).operation(), "GenerateDataKey");
    Ok(())
}

#[tokio::test]
async fn another_context_or_a_changed_key_is_refused() -> Result<()> {
    let mut case = Case::new().await?;
    for other in [EncryptionContext::new(), EncryptionContext::from([("purpose", "Errors")])] {
        let (error, calls) = case.fails_with(&case.provider, &other).await?;
        is(&error, Kind::WrongContext, Some("InvalidCiphertextException"), "does not tell");
        assert_eq!(calls, 1);
    }
    let mut changed = case.key.ciphertext().to_vec();
    *changed.last_mut().ok_or("empty")? ^= 1;
    case.key = EncryptedDataKey::new("aws-kms", case.key.provider_info(), changed)?;
    let (error, _) = case.fails().await?;
    is(&error, Kind::WrongContext, Some("InvalidCiphertextException"), "does not tell");
    Ok(())
}

/// A key may say that it is of one wrapping key and be of another.
#[tokio::test]
async fn a_key_under_another_name_is_refused() -> Result<()> {
    let mut case = Case::new().await?;
    let other = case.kms.fake.create_key(REGION, KeyKind::Symmetric)?;
    case.key = EncryptedDataKey::new("aws-kms", other.as_bytes(), case.key.ciphertext())?;
    let provider = AwsKmsProvider::new(&case.kms.clients, &other)?;
    let (error, calls) = case.fails_with(&provider, &context()).await?;
    is(&error, Kind::WrongContext, Some("IncorrectKeyException"), "by another key");
    assert_eq!(calls, 1);
    Ok(())
}

/// Three attempts, and no more: the AWS SDK pauses between them, and several in a row of whole calls
/// would only make it worse.
#[tokio::test]
async fn what_may_pass_is_tried_three_times() -> Result<()> {
    let case = Case::new().await?;
    case.kms.fake.throttle_next(100);
    let (error, calls) = case.fails().await?;
    is(&error, Kind::Throttled, Some("ThrottlingException"), "try again later");
    assert_eq!(calls, 3);
    case.kms.fake.throttle_next(0);
    for (fault, attempts) in [
        (Fault::status(500, r#"{"__type": "KMSInternalException"}"#), 3),
        (Fault::status(503, "<html>"), 3),
        (Fault::close(), 3),
        (Fault::cut(20), 3),
        // Who does not speak HTTP will not learn it.
        (Fault::garbage(), 1),
    ] {
        let shown = format!("{fault:?}");
        case.kms.fake.inject(fault.always());
        let (error, calls) = case.fails().await?;
        case.kms.fake.clear_faults();
        assert_eq!(error.kind(), Kind::Unavailable, "{shown}: {error}");
        assert_eq!(calls, attempts, "{shown}");
        assert!(error.to_string().contains("check the network"), "{shown}: {error}");
    }
    Ok(())
}

#[tokio::test]
async fn what_passes_is_not_noticed() -> Result<()> {
    let case = Case::new().await?;
    for fault in [
        Fault::status(500, r#"{"__type": "KMSInternalException"}"#),
        Fault::close(),
        Fault::cut(20),
    ] {
        case.kms.fake.inject(fault.times(2));
        let context = context();
        let request = UnwrapRequest::new(&case.key, Target::Message(SUITE), &context);
        case.provider.unwrap(request).await?;
        case.kms.fake.clear_faults();
    }
    Ok(())
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_given_up() -> Result<()> {
    let short = Duration::from_millis(200);
    let case = Case::with(|builder| builder.attempt_timeout(short).max_attempts(2)).await?;
    case.kms.fake.inject(Fault::delay(Duration::from_secs(5)).always());
    let (error, _) = case.fails().await?;
    is(&error, Kind::Unavailable, None, "no answer came in time");
    Ok(())
}

#[tokio::test]
async fn a_call_as_a_whole_has_an_end_too() -> Result<()> {
    let short = Duration::from_millis(300);
    let case = Case::with(|builder| builder.call_timeout(short)).await?;
    case.kms.fake.inject(Fault::delay(Duration::from_secs(5)).always());
    let (error, calls) = case.fails().await?;
    is(&error, Kind::Unavailable, None, "no answer came in time");
    assert!(calls <= 1);
    Ok(())
}

#[tokio::test]
async fn a_service_that_is_not_there_is_said() -> Result<()> {
    let case = Case::new().await?;
    let nobody = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let clients = clients_for(&format!("http://{nobody}")).max_attempts(1).build()?;
    let provider = AwsKmsProvider::new(&clients, &case.arn)?;
    let (error, calls) = case.fails_with(&provider, &context()).await?;
    is(&error, Kind::Unavailable, None, "refused");
    assert_eq!((calls, detail(&error).request_id()), (0, None));
    Ok(())
}

/// What the service answers is checked, whoever it is.
#[tokio::test]
async fn answers_that_are_not_right_are_refused() -> Result<()> {
    let (case, context) = (Case::new().await?, context());
    let other = case.kms.fake.create_key(REGION, KeyKind::Symmetric)?;
    for (lie, words) in [
        (lie::key_id(&other), "another key"),
        (lie::key_id(""), "another key"),
        (lie::without_key_id(), "another key"),
        (lie::without("Plaintext"), "no plaintext"),
        (lie::plaintext_of(0), "no plaintext"),
        (lie::plaintext_of(16), "16 bytes"),
        (lie::plaintext_of(33), "33 bytes"),
    ] {
        case.kms.fake.inject(lie);
        let request = UnwrapRequest::new(&case.key, Target::Message(SUITE), &context);
        let error = case.provider.unwrap(request).await.err().ok_or(words)?;
        assert!(matches!(&error, Error::Provider(error) if error.kind() == Kind::Other));
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
    for (lie, words) in [
        (lie::key_id(&other), "used another key"),
        (lie::key_id("alias/other"), "without the ARN"),
        (lie::without_key_id(), "without the ARN"),
        (lie::without("CiphertextBlob"), "no wrapped key"),
        (lie::without("Plaintext"), "no plaintext"),
        (lie::plaintext_of(31), "31 bytes"),
    ] {
        case.kms.fake.inject(lie);
        let request = GenerateRequest::for_message(SUITE, &context);
        let error = case.provider.generate(request).await.err().ok_or(words)?;
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
    Ok(())
}

/// An answer without end must not fill the memory.
#[tokio::test]
async fn long_answers_are_not_read() -> Result<()> {
    let case = Case::new().await?;
    case.kms.fake.inject(lie::huge(1 << 20).always());
    let (error, calls) = case.fails().await?;
    assert_eq!(error.kind(), Kind::Unavailable, "{error}");
    assert!(calls <= 3);
    Ok(())
}

/// Where an alias leads to is for KMS to say, but not to another account or region.
#[tokio::test]
async fn an_alias_leads_to_a_key_beside_it() -> Result<()> {
    let case = Case::with(|builder| builder.region(REGION)).await?;
    case.kms.fake.create_alias("alias/mine", &case.arn)?;
    let clients = clients_for(&case.kms.fake.endpoint()).region(REGION).build()?;
    let account = case.arn.split(':').nth(4).ok_or("no account")?;
    let alias_arn = format!("arn:aws:kms:{REGION}:{account}:alias/mine");
    let elsewhere = case.arn.replace(REGION, "eu-west-1");
    let id = case.arn.rsplit('/').next().ok_or("no id")?;
    let other = case.kms.fake.create_key(REGION, KeyKind::Symmetric)?;
    let of_others = case.arn.replace(account, "999999999999");
    for (name, answer, is_taken) in [
        (alias_arn.as_str(), &case.arn, true),
        (alias_arn.as_str(), &elsewhere, false),
        (alias_arn.as_str(), &of_others, false),
        ("alias/mine", &case.arn, true),
        ("alias/mine", &elsewhere, false),
        (id, &case.arn, true),
        (id, &other, false),
    ] {
        case.kms.fake.inject(lie::key_id(answer));
        let provider = AwsKmsProvider::new(&clients, name)?;
        let context = context();
        let generated = provider.generate(GenerateRequest::for_message(SUITE, &context)).await;
        assert_eq!(generated.is_ok(), is_taken, "{name} {answer} {generated:?}");
    }
    Ok(())
}
