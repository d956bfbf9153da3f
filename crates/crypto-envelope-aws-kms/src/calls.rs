//! The calls, each with the checks of its answer.

use std::{collections::HashMap, error::Error as StdError};

use aws_sdk_kms::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{RequestId, get_public_key::GetPublicKeyOutput},
    primitives::Blob,
    types::{EncryptionAlgorithmSpec, KeyAgreementAlgorithmSpec, KeyUsageType},
};
use crypto_envelope::{EncryptedDataKey, EncryptionContext, Error, Result, SecretBytes, service};

use crate::{AwsKmsArn, AwsKmsClients, arn::KmsKeyId, error::Call};

/// Calls KMS, in one region or in that of each key.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    clients: AwsKmsClients,
    grant_tokens: Vec<String>,
}

/// A wrapped key as KMS made it.
pub(crate) struct Wrapped {
    /// Of the key that wrapped it.
    pub(crate) arn: AwsKmsArn,
    pub(crate) ciphertext: Vec<u8>,
}

impl Calls {
    pub(crate) fn new(clients: &AwsKmsClients) -> Self {
        Self { clients: clients.clone(), grant_tokens: Vec::new() }
    }

    pub(crate) fn set_grant_tokens<T: Into<String>>(
        &mut self,
        tokens: impl IntoIterator<Item = T>,
    ) -> Result<()> {
        self.grant_tokens = tokens.into_iter().map(Into::into).collect();
        if self.grant_tokens.len() > MOST_GRANT_TOKENS {
            let message = format!("more than {MOST_GRANT_TOKENS} grant tokens");
            return Err(Error::invalid_input(message));
        }
        Ok(())
    }

    /// Has KMS make a key of `length` bytes.
    pub(crate) async fn generate(
        &self,
        key: &KmsKeyId,
        length: usize,
        context: &EncryptionContext,
    ) -> Result<(SecretBytes, Wrapped)> {
        let (client, call) = self.prepare("GenerateDataKey", key)?;
        let bytes = i32::try_from(length).map_err(|_| too_long())?;
        let request = client
            .generate_data_key()
            .key_id(key.to_string())
            .number_of_bytes(bytes)
            .set_encryption_context(Some(pairs(context)))
            .set_grant_tokens(Some(self.grant_tokens.clone()));
        let send = with_secret(request.send(), |answer| answer.plaintext.take());
        let (answered, WithSecret { secret, answer }) = answered(call, send).await?;
        let plaintext = answered.plaintext(secret)?;
        if plaintext.len() != length {
            let message = format!("a data key of {} bytes, not {length}", plaintext.len());
            return Err(answered.wrongly(&message));
        }
        Ok((plaintext, answered.wrapped(key, answer.key_id.as_deref(), answer.ciphertext_blob)?))
    }

    /// Has KMS make a key of `length` bytes that it does not show.
    #[cfg(feature = "hierarchy")]
    pub(crate) async fn generate_without_plaintext(
        &self,
        key: &KmsKeyId,
        length: usize,
        context: &EncryptionContext,
    ) -> Result<Wrapped> {
        let (client, call) = self.prepare("GenerateDataKeyWithoutPlaintext", key)?;
        let bytes = i32::try_from(length).map_err(|_| too_long())?;
        let request = client
            .generate_data_key_without_plaintext()
            .key_id(key.to_string())
            .number_of_bytes(bytes)
            .set_encryption_context(Some(pairs(context)))
            .set_grant_tokens(Some(self.grant_tokens.clone()));
        let (answered, answer) = answered(call, request.send()).await?;
        answered.wrapped(key, answer.key_id.as_deref(), answer.ciphertext_blob)
    }

    /// Has KMS wrap `secret`.
    pub(crate) async fn encrypt(
        &self,
        key: &KmsKeyId,
        secret: &SecretBytes,
        context: &EncryptionContext,
    ) -> Result<Wrapped> {
        if secret.is_empty() || secret.len() > LONGEST_SECRET {
            return Err(too_long());
        }
        let (client, call) = self.prepare("Encrypt", key)?;
        let request = client
            .encrypt()
            .key_id(key.to_string())
            .plaintext(Blob::new(secret.expose()))
            .set_encryption_context(Some(pairs(context)))
            .set_grant_tokens(Some(self.grant_tokens.clone()));
        let (answered, answer) = answered(call, request.send()).await?;
        answered.wrapped(key, answer.key_id.as_deref(), answer.ciphertext_blob)
    }

    /// Has KMS unwrap a ciphertext, and wants the key that was named to have done it.
    pub(crate) async fn decrypt(
        &self,
        unwrap: Unwrap<'_>,
        algorithm: Option<EncryptionAlgorithmSpec>,
    ) -> Result<SecretBytes> {
        let Unwrap { arn, region, ciphertext, context } = unwrap;
        let key = KmsKeyId::Arn(arn.clone());
        let (client, call) = self.prepare_in(region, "Decrypt", &key)?;
        let request = client
            .decrypt()
            .key_id(arn.to_string())
            .ciphertext_blob(Blob::new(ciphertext))
            .set_encryption_context(context.map(pairs))
            .set_encryption_algorithm(algorithm)
            .set_grant_tokens(Some(self.grant_tokens.clone()));
        let send = with_secret(request.send(), |answer| answer.plaintext.take());
        let (answered, WithSecret { secret, answer }) = answered(call, send).await?;
        let plaintext = answered.plaintext(secret)?;
        answered.check_key(arn, answer.key_id.as_deref())?;
        Ok(plaintext)
    }

    /// Has KMS wrap with `target` what `source` wrapped. The key is not shown.
    pub(crate) async fn re_encrypt(
        &self,
        source: Unwrap<'_>,
        target_calls: &Self,
        target: &KmsKeyId,
        target_context: &EncryptionContext,
    ) -> Result<Wrapped> {
        let Unwrap { arn, region, ciphertext, context } = source;
        let (client, call) = self.prepare_in(region, "ReEncrypt", target)?;
        let request = client
            .re_encrypt()
            .ciphertext_blob(Blob::new(ciphertext))
            .source_key_id(arn.to_string())
            .set_source_encryption_context(context.map(pairs))
            .destination_key_id(target.to_string())
            .set_destination_encryption_context(Some(pairs(target_context)))
            .set_grant_tokens(self.grant_tokens_with(target_calls));
        let (answered, answer) = answered(call, request.send()).await?;
        answered.check_key(arn, answer.source_key_id.as_deref())?;
        answered.wrapped(target, answer.key_id.as_deref(), answer.ciphertext_blob)
    }

    /// The public key of an asymmetric one that KMS decrypts with, as `SubjectPublicKeyInfo` in DER.
    pub(crate) async fn decryption_key(
        &self,
        arn: &AwsKmsArn,
        algorithm: EncryptionAlgorithmSpec,
    ) -> Result<Vec<u8>> {
        let (answered, answer) = self.public_key(arn).await?;
        let algorithms = answer.encryption_algorithms.unwrap_or_default();
        if answer.key_usage != Some(KeyUsageType::EncryptDecrypt)
            || !algorithms.contains(&algorithm)
        {
            let algorithm = algorithm.as_str();
            return Err(
                answered.wrongly(&format!("KMS does not decrypt {algorithm} with this key"))
            );
        }
        answered.bytes("no public key", answer.public_key)
    }

    /// The public key of one that KMS agrees with, as `SubjectPublicKeyInfo` in DER.
    pub(crate) async fn agreement_key(&self, arn: &AwsKmsArn) -> Result<Vec<u8>> {
        let (answered, answer) = self.public_key(arn).await?;
        if answer.key_usage != Some(KeyUsageType::KeyAgreement) {
            return Err(answered.wrongly("KMS does not agree on anything with this key"));
        }
        answered.bytes("no public key", answer.public_key)
    }

    async fn public_key(&self, arn: &AwsKmsArn) -> Result<(Answered, GetPublicKeyOutput)> {
        let key = KmsKeyId::Arn(arn.clone());
        let (client, call) = self.prepare("GetPublicKey", &key)?;
        let request = client
            .get_public_key()
            .key_id(arn.to_string())
            .set_grant_tokens(Some(self.grant_tokens.clone()));
        let (answered, answer) = answered(call, request.send()).await?;
        answered.check_key(arn, answer.key_id.as_deref())?;
        Ok((answered, answer))
    }

    /// What a key agrees on with the public one of somebody else: an x-coordinate of `length` bytes.
    pub(crate) async fn agree(
        &self,
        arn: &AwsKmsArn,
        peer: Vec<u8>,
        length: usize,
    ) -> Result<SecretBytes> {
        let key = KmsKeyId::Arn(arn.clone());
        let (client, call) = self.prepare("DeriveSharedSecret", &key)?;
        let request = client
            .derive_shared_secret()
            .key_id(arn.to_string())
            .key_agreement_algorithm(KeyAgreementAlgorithmSpec::Ecdh)
            .public_key(Blob::new(peer))
            .set_grant_tokens(Some(self.grant_tokens.clone()));
        let send = with_secret(request.send(), |answer| answer.shared_secret.take());
        let (answered, WithSecret { secret, answer }) = answered(call, send).await?;
        let shared = answered.plaintext(secret)?;
        answered.check_key(arn, answer.key_id.as_deref())?;
        if shared.len() != length {
            let message = format!("a secret of {} bytes, not {length}", shared.len());
            return Err(answered.wrongly(&message));
        }
        Ok(shared)
    }

    pub(crate) fn clients(&self) -> &AwsKmsClients {
        &self.clients
    }

    /// Those of both, each once, if one call may have so many.
    pub(crate) fn grant_tokens_with(&self, other: &Self) -> Option<Vec<String>> {
        let mut tokens = [self.grant_tokens.as_slice(), &other.grant_tokens].concat();
        tokens.sort_unstable();
        tokens.dedup();
        (tokens.len() <= MOST_GRANT_TOKENS).then_some(tokens)
    }

    /// The region in which `key` is called.
    pub(crate) fn region<'a>(&'a self, key: &'a KmsKeyId) -> Result<&'a str> {
        key.region().map_or_else(|| self.clients.default_region(), Ok)
    }

    fn prepare(&self, operation: &'static str, key: &KmsKeyId) -> Result<(Client, Call)> {
        self.prepare_in(self.region(key)?, operation, key)
    }

    fn prepare_in(
        &self,
        region: &str,
        operation: &'static str,
        key: &KmsKeyId,
    ) -> Result<(Client, Call)> {
        let call = Call { operation, key_id: key.to_string(), region: region.to_owned() };
        Ok((self.clients.client(region)?, call))
    }
}

/// What to unwrap, and with which key.
#[derive(Clone, Copy)]
pub(crate) struct Unwrap<'a> {
    pub(crate) arn: &'a AwsKmsArn,
    /// The region that is called: that of the key, or one that is called for all keys.
    pub(crate) region: &'a str,
    pub(crate) ciphertext: &'a [u8],
    /// What KMS itself binds.
    pub(crate) context: Option<&'a EncryptionContext>,
}

impl<'a> Unwrap<'a> {
    /// With a symmetric key.
    pub(crate) fn new(
        key: &'a EncryptedDataKey,
        arn: &'a AwsKmsArn,
        region: &'a str,
        context: &'a EncryptionContext,
    ) -> Self {
        Self { arn, region, ciphertext: key.ciphertext(), context: Some(context) }
    }
}

/// Sends a request, and has the answer checked.
async fn answered<A, E>(
    call: Call,
    send: impl Future<Output = Result<A, SdkError<E>>> + Send + 'static,
) -> Result<(Answered, A)>
where
    A: RequestId + Send + 'static,
    E: ProvideErrorMetadata + StdError + Send + 'static,
{
    let answer = service::run(send).await?.map_err(|error| call.clone().failed(&error))?;
    let request_id = answer.request_id().map(str::to_owned);
    Ok((Answered { call, request_id }, answer))
}

/// Takes what is secret out of the answer as soon as it is there: it is wiped then even if nobody waits
/// for it any more.
async fn with_secret<A, E>(
    send: impl Future<Output = Result<A, E>>,
    take: fn(&mut A) -> Option<Blob>,
) -> Result<WithSecret<A>, E> {
    let mut answer = send.await?;
    let secret = take(&mut answer).map(|blob| SecretBytes::from(blob.into_inner()));
    Ok(WithSecret { secret, answer })
}

struct WithSecret<A> {
    secret: Option<SecretBytes>,
    answer: A,
}

impl<A: RequestId> RequestId for WithSecret<A> {
    fn request_id(&self) -> Option<&str> {
        self.answer.request_id()
    }
}

/// An answer, to be checked.
struct Answered {
    call: Call,
    request_id: Option<String>,
}

impl Answered {
    fn plaintext(&self, plaintext: Option<SecretBytes>) -> Result<SecretBytes> {
        let plaintext = plaintext.filter(|plaintext| !plaintext.is_empty());
        plaintext.ok_or_else(|| self.wrongly("KMS answered with no plaintext"))
    }

    /// By the key `asked`, if that names one.
    fn wrapped(
        &self,
        asked: &KmsKeyId,
        key_id: Option<&str>,
        ciphertext: Option<Blob>,
    ) -> Result<Wrapped> {
        let arn = key_id.and_then(|id| AwsKmsArn::of_key(id.as_bytes()));
        let arn = arn.ok_or_else(|| self.wrongly("KMS answered without the ARN of a key"))?;
        let region = self.call.region.as_str();
        if !asked.may_lead_to(&arn, region) {
            return Err(self.wrongly(&format!("KMS used another key: {arn}")));
        }
        Ok(Wrapped { arn, ciphertext: self.bytes("no wrapped key", ciphertext)? })
    }

    fn check_key(&self, asked: &AwsKmsArn, key_id: Option<&str>) -> Result<()> {
        match key_id {
            Some(id) if id == asked.to_string() => Ok(()),
            _ => Err(self.wrongly("KMS used another key than it was asked to")),
        }
    }

    fn bytes(&self, missing: &str, bytes: Option<Blob>) -> Result<Vec<u8>> {
        let bytes = bytes.map(Blob::into_inner).filter(|bytes| !bytes.is_empty());
        bytes.ok_or_else(|| self.wrongly(&format!("KMS answered with {missing}")))
    }

    fn wrongly(&self, what: &str) -> Error {
        self.call.clone().answered_wrongly(self.request_id.as_deref(), what)
    }
}

fn pairs(context: &EncryptionContext) -> HashMap<String, String> {
    context.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn too_long() -> Error {
    Error::invalid_input(format!("KMS wraps secrets of 1 to {LONGEST_SECRET} bytes"))
}

/// Bounds of KMS.
const MOST_GRANT_TOKENS: usize = 10;
const LONGEST_SECRET: usize = 4096;
