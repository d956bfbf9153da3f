//! Callers without a runtime, and those whose runtime is another one.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use crypto_envelope::{Decryptor, EncryptionContext, Encryptor, Error, blocking};
use crypto_envelope_aws_kms::AwsKmsProvider;
use crypto_envelope_testkit::fake::{aws_kms::KeyKind, http::Fault};
use crypto_envelope_tests::{
    aws_kms::{Kms, clients_for},
    vectors::Result,
};

fn provider(kms: &Kms) -> Result<AwsKmsProvider> {
    let arn = kms.fake.create_key("us-east-1", KeyKind::Symmetric)?;
    Ok(AwsKmsProvider::new(&kms.clients, &arn)?)
}

#[test]
fn a_thread_without_a_runtime_just_waits() -> Result<()> {
    let kms = Kms::start()?;
    let provider = provider(&kms)?;
    let nothing = EncryptionContext::new();
    let message = blocking::wait(Encryptor::new(provider.clone()).encrypt(b"text", &nothing))?;
    let opened = blocking::wait(Decryptor::new(provider).decrypt(&message, &nothing))?;
    assert_eq!(opened.plaintext(), b"text");
    Ok(())
}

#[test]
fn many_threads_may_wait_at_once() -> Result<()> {
    let kms = Kms::start()?;
    let encryptor = Encryptor::new(provider(&kms)?);
    let encrypt = || blocking::wait(encryptor.encrypt(b"text", &EncryptionContext::new()));
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(encrypt)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no panic").map(drop))
    })?;
    assert_eq!(kms.take_calls().len(), 8);
    Ok(())
}

/// It neither panics nor stops the runtime.
#[tokio::test]
async fn waiting_inside_a_runtime_is_an_error() -> Result<()> {
    let kms = Kms::start()?;
    let encryptor = Encryptor::new(provider(&kms)?);
    let waited = blocking::wait(encryptor.encrypt(b"text", &EncryptionContext::new()));
    assert!(matches!(waited, Err(Error::Misuse { .. })), "{waited:?}");
    // What the error advises.
    let runtime = tokio::runtime::Handle::current();
    let work = move || runtime.block_on(encryptor.encrypt(b"text", &EncryptionContext::new()));
    assert!(tokio::task::spawn_blocking(work).await?.is_ok());
    Ok(())
}

/// An executor that is not tokio: it polls now and then.
#[test]
fn other_executors_are_served() -> Result<()> {
    let kms = Kms::start()?;
    let encryptor = Encryptor::new(provider(&kms)?);
    let nothing = EncryptionContext::new();
    let mut work = pin!(encryptor.encrypt(b"text", &nothing));
    let mut context = Context::from_waker(Waker::noop());
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(20) {
        if let Poll::Ready(message) = work.as_mut().poll(&mut context) {
            assert!(message?.len() > 4);
            return Ok(());
        }
        thread::sleep(Duration::from_millis(2));
    }
    Err("not done after 20 seconds".into())
}

/// Who gives up does not leave calls behind that go on trying.
#[test]
fn dropping_the_future_ends_the_call() -> Result<()> {
    let kms = Kms::start()?;
    let arn = kms.fake.create_key("us-east-1", KeyKind::Symmetric)?;
    let clients = clients_for(&kms.fake.endpoint()).max_attempts(20).build()?;
    let encryptor = Encryptor::new(AwsKmsProvider::new(&clients, &arn)?);
    kms.fake.inject(Fault::status(500, r#"{"__type": "KMSInternalException"}"#).always());
    let nothing = EncryptionContext::new();
    {
        let mut work = Box::pin(encryptor.encrypt(b"text", &nothing));
        let mut context = Context::from_waker(Waker::noop());
        let start = Instant::now();
        while kms.fake.calls().is_empty() && start.elapsed() < Duration::from_secs(10) {
            assert!(work.as_mut().poll(&mut context).is_pending());
            thread::sleep(Duration::from_millis(1));
        }
    }
    let calls = kms.fake.calls().len();
    assert!(calls > 0);
    // One attempt may have been under way. The pauses before two more are three seconds at most.
    thread::sleep(Duration::from_millis(3200));
    assert!(kms.fake.calls().len() <= calls + 1, "it went on");
    Ok(())
}
