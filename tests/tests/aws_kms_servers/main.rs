//! The providers of AWS KMS against servers that play it: the fake of testkit and, with the feature
//! `peers`, two of others, with whom it shares no mistake.
//!
//! Every test runs on every server. It has to pass where [`Server::can`] says that the server has
//! what it needs, and has to fail elsewhere.

mod changes;
mod ecdh;
#[cfg(feature = "peers")]
mod harness;
mod multi_region;
mod re_encrypt;
mod rsa;
mod states;
mod symmetric;

use std::error::Error as _;

use crypto_envelope::{
    AlgorithmSuite, EncryptedDataKey, EncryptionContext, Error, SecretBytes, blocking,
    provider::{
        DetachedTarget, KeyProvider, ProviderErrorKind, Target, UnwrapRequest, Unwrapped,
        WrapRequest,
    },
};
use crypto_envelope_aws_kms::AwsKmsError;
use crypto_envelope_tests::{
    aws_kms::servers::{Ability, Running, Server},
    client,
    vectors::Result,
};

/// All tests, on one server.
macro_rules! on {
    ($server:expr) => { on! { $server;
        symmetric:
            one_key
            several_keys
            with_a_raw_key
            secrets_of_all_lengths
            an_alias_encrypts
            grant_tokens
            discovery_by_account
            discovery_of_any_account
            discovery_by_region
            rewrapping_across_regions
            another_context
            an_unknown_key;
        changes:
            every_byte_counts
            conformance_of_one_key
            conformance_of_discovery
            a_key_under_another_name;
        re_encrypt:
            within_kms
            under_several_keys
            found_by_discovery
            another_source_context
            another_source_key;
        ecdh:
            with_a_key_of_ones_own
            between_keys_of_kms
            bound_to_their_context
            a_changed_agreement
            a_key_for_something_else
            conformance_of_agreement;
        rsa:
            offline_public_key
            public_key_of_kms
            another_context
            another_padding
            a_changed_key
            conformance_with_sha1
            conformance_with_sha256
            conformance_of_offline_encryption;
        multi_region:
            replicas_open
            replicas_are_the_same_key
            strictly_they_are_not
            discovery_in_a_region
            discovery_in_several_regions;
        states:
            disabled_and_enabled
            waiting_for_deletion;
    } };
    ($server:expr; $($group:ident: $($test:ident)*;)*) => {
        $(mod $group {
            $(#[test]
            fn $test() -> crypto_envelope_tests::vectors::Result<()> {
                use crypto_envelope_tests::aws_kms::servers::Server;
                crate::run($server, crate::$group::NEEDS, crate::$group::$test)
            })*
        })*
    };
}

mod testkit {
    on!(Server::Testkit);
}

#[cfg(feature = "peers")]
mod moto {
    on!(Server::Moto);
}

#[cfg(feature = "peers")]
mod ministack {
    on!(Server::Ministack);
}

fn run(server: Server, needs: Ability, test: fn(&Running) -> Result<()>) -> Result<()> {
    let outcome = test(&Running::start(server)?);
    match (server.can(needs), outcome) {
        (true, outcome) => outcome,
        (false, Err(_)) => Ok(()),
        (false, Ok(())) => Err(format!("{server:?} can do this: Ability::{needs:?}").into()),
    }
}

/// An error and no panic, since some tests have to fail.
fn ensure(holds: bool, what: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(format!("not so: {what}").into()) }
}

/// A message of one of the providers opens with the other.
fn opens(
    sealing: impl KeyProvider,
    opening: impl KeyProvider,
    context: &EncryptionContext,
) -> Result<()> {
    let message = client::encrypt(sealing, SUITE, TEXT, context)?;
    let text = client::decrypt(opening, &message, context)?;
    ensure(text == TEXT, "the text comes back")
}

/// A message that the second provider does not take for its own.
fn is_foreign(sealing: impl KeyProvider, opening: impl KeyProvider) -> Result<()> {
    let message = client::encrypt(sealing, SUITE, TEXT, &context())?;
    let Err(Error::NoUsableKey { attempts, .. }) = client::decrypt(opening, &message, &context())
    else {
        return Err("it opens".into());
    };
    ensure(attempts.iter().all(|attempt| attempt.error().is_none()), "no call is made for it")
}

/// A wrapped secret outside of messages.
fn wrap(provider: &dyn KeyProvider, secret: &SecretBytes) -> Result<EncryptedDataKey> {
    let context = context();
    let request = WrapRequest::new(secret, KEY_RING, &context);
    let mut keys = blocking::wait(provider.wrap(request))?;
    Ok(keys.pop().ok_or("no wrapped key")?)
}

fn unwrap(
    provider: &dyn KeyProvider,
    key: &EncryptedDataKey,
    context: &EncryptionContext,
) -> Result<Unwrapped, Error> {
    blocking::wait(provider.unwrap(UnwrapRequest::new(key, KEY_RING, context)))
}

fn unwraps_to(
    provider: &dyn KeyProvider,
    key: &EncryptedDataKey,
    context: &EncryptionContext,
    secret: &SecretBytes,
) -> Result<()> {
    match unwrap(provider, key, context)? {
        Unwrapped::Key(found) => ensure(found.equals(secret.expose()), "the secret comes back"),
        Unwrapped::NotMine => Err("not mine".into()),
    }
}

/// It failed as KMS refuses, with this code.
fn is_refused<T>(outcome: Result<T, Error>, kind: ProviderErrorKind, code: &str) -> Result<()> {
    let Err(Error::Provider(error)) = outcome else {
        return Err("no answer of KMS, or no refusal".into());
    };
    let of_kms = error.source().and_then(|source| source.downcast_ref::<AwsKmsError>());
    let found = of_kms.and_then(AwsKmsError::code);
    ensure(error.kind() == kind && found == Some(code), &format!("{code} in {error}"))
}

fn context() -> EncryptionContext {
    EncryptionContext::from([("tenant", "blue"), ("Ω", "größe"), ("a", "")])
}

fn other_context() -> EncryptionContext {
    EncryptionContext::from([("tenant", "red")])
}

const TEXT: &[u8] = b"nobody but us may read this";
const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
const KEY_RING: Target = Target::Detached(DetachedTarget::KeyRing);
const HOME: &str = "us-east-1";
const AWAY: &str = "eu-west-1";
