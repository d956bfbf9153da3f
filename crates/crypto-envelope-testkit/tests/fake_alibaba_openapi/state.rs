//! What is kept in a directory.

use std::{env, fs, io, path::PathBuf};

use crypto_envelope_testkit::fake::{
    alibaba_instance::FakeAlibabaInstance,
    alibaba_openapi::{FakeAlibabaOpenApi, KeyKind},
};

use crate::client::{Client, Result};

/// Removed in the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        Self(env::temp_dir().join(format!("fake-alibaba-{name}-{}", std::process::id())))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn fakes_with_the_same_directory_share_it_while_they_run() -> Result<()> {
    let directory = Directory::new("shared");
    let instance = FakeAlibabaInstance::builder().state(&directory.0).tls().start()?;
    let public = FakeAlibabaOpenApi::builder().state(&directory.0).start()?;
    let another = FakeAlibabaOpenApi::builder().state(&directory.0).start()?;
    assert_eq!(public.access_key(), another.access_key());
    let (client, other) = (Client::new(&public), Client::new(&another));
    let key = instance.create_key(KeyKind::Symmetric)?;
    let encrypted = client.ask("Encrypt", &[("KeyId", &key), ("Plaintext", "text")]);
    assert_eq!(encrypted.code(), "200 ok");
    assert_eq!(client.code("DisableKey", &[("KeyId", &key)]), "200 ok");
    let blob = [("CiphertextBlob", encrypted.text("/CiphertextBlob"))];
    assert_eq!(other.code("Decrypt", &blob), "409 Rejected.Disabled");
    instance.enable_key(&key)?;
    assert_eq!(other.ask("Decrypt", &blob).text("/Plaintext"), "text");
    instance.put_secret("name", "data");
    let secret = other.ask("GetSecretValue", &[("SecretName", "name")]);
    assert_eq!(secret.text("/SecretData"), "data");
    Ok(())
}

#[test]
fn what_a_fake_had_is_there_when_it_starts_again() -> Result<()> {
    let directory = Directory::new("again");
    let builder = || FakeAlibabaInstance::builder().state(&directory.0).tls();
    let first = builder().start()?;
    let samples = first.create_samples()?;
    let ca = first.ca_pem().map(str::to_owned);
    let (id, client_key) = (first.id().to_owned(), first.client_key().private_key().to_vec());
    drop(first);
    let second = builder().start()?;
    assert_eq!(second.create_samples()?, samples);
    assert_eq!(second.ca_pem().map(str::to_owned), ca);
    assert_eq!((second.id(), second.client_key().private_key()), (&*id, &*client_key));
    Ok(())
}

#[test]
fn a_state_that_cannot_be_read_or_written_is_told() -> Result<()> {
    let directory = Directory::new("broken");
    let kms = FakeAlibabaOpenApi::builder().state(&directory.0).start()?;
    let client = Client::new(&kms);
    assert_eq!(client.code("CreateKey", &[]), "200 ok");
    fs::write(directory.0.join("state.json"), "no JSON")?;
    assert_eq!(client.code("ListKeys", &[]), "500 InternalFailure");
    let started = FakeAlibabaOpenApi::builder().state(&directory.0).start();
    assert!(started.is_err());
    fs::remove_dir_all(&directory.0)?;
    assert_eq!(client.code("ListKeys", &[]), "500 InternalFailure");
    let started = FakeAlibabaOpenApi::builder().state("/dev/null/state").start();
    assert!(started.is_err_and(|error| error.kind() == io::ErrorKind::NotADirectory));
    Ok(())
}
