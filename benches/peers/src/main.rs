//! Ratios of this library to the AWS Encryption SDK for Rust, measured in turns in one run, as a
//! table for `docs/performance.md`. Both work from memory to memory, as the SDK knows no streams.
//!
//! `crypto-envelope-bench-peers [TURNS]`, where 5 turns are usual.

use std::{env, error::Error};

use aws_esdk::{
    client::Client,
    material_providers::{
        client::Client as MaterialProviders,
        types::{
            AesWrappingAlg, EsdkAlgorithmSuiteId, keyring::KeyringRef,
            material_providers_config::MaterialProvidersConfig,
        },
    },
    types::aws_encryption_sdk_config::AwsEncryptionSdkConfig,
};
use crypto_envelope_benches::{
    compare::{Comparison, in_turns},
    work::{SIGNED, UNSIGNED, Work},
};
use tokio::runtime::{Builder, Runtime};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const LENGTH: usize = 64 << 20;
const FRAME_LENGTH: u32 = 4 << 10;

fn main() -> Outcome {
    let turns = env::args().nth(1).map_or(Ok(5), |turns| turns.parse())?;
    let plaintext = vec![0xA5; LENGTH];
    println!("| job | threads | ratio | range | GB/s | SDK GB/s |");
    println!("|---|---|---|---|---|---|");
    for (name, suite, its_suite) in [
        ("unsigned", UNSIGNED, EsdkAlgorithmSuiteId::AlgAes256GcmHkdfSha512CommitKey),
        ("signed", SIGNED, EsdkAlgorithmSuiteId::AlgAes256GcmHkdfSha512CommitKeyEcdsaP384),
    ] {
        let sdk = Sdk::new(its_suite)?;
        let work = Work::new(suite, FRAME_LENGTH)?;
        let message = work.message(&plaintext)?;
        let its_message = sdk.encrypt(&plaintext)?;
        let mut out = vec![0; message.len()];
        for threads in [1, 2] {
            let sealed = in_turns::<Box<dyn Error>>(
                turns,
                || Ok(work.seal(threads, &plaintext, &mut out)?),
                || sdk.encrypt(&plaintext).map(drop),
            )?;
            row(&format!("encrypt, {name}"), threads, sealed);
            let opened = in_turns::<Box<dyn Error>>(
                turns,
                || Ok(work.open(threads, &message, &mut out)?),
                || sdk.decrypt(&its_message),
            )?;
            row(&format!("decrypt, {name}"), threads, opened);
        }
    }
    Ok(())
}

/// The peer, with a raw AES key.
struct Sdk {
    runtime: Runtime,
    client: Client,
    keyring: KeyringRef,
    suite: EsdkAlgorithmSuiteId,
}

impl Sdk {
    fn new(suite: EsdkAlgorithmSuiteId) -> Outcome<Self> {
        let runtime = Builder::new_current_thread().build()?;
        let client = Client::from_conf(AwsEncryptionSdkConfig::builder().build()?)?;
        let providers = MaterialProviders::from_conf(MaterialProvidersConfig::builder().build()?)?;
        let keyring = runtime.block_on(
            providers
                .create_raw_aes_keyring()
                .key_name("key")
                .key_namespace("benches")
                .wrapping_key(vec![7; 32])
                .wrapping_alg(AesWrappingAlg::AlgAes256GcmIv12Tag16)
                .send(),
        )?;
        Ok(Self { runtime, client, keyring, suite })
    }

    fn encrypt(&self, plaintext: &[u8]) -> Outcome<Vec<u8>> {
        let encrypted = self.runtime.block_on(
            self.client
                .encrypt()
                .plaintext(plaintext)
                .keyring(self.keyring.clone())
                .algorithm_suite_id(self.suite)
                .frame_length(i64::from(FRAME_LENGTH))
                .send(),
        )?;
        Ok(encrypted.ciphertext.ok_or("no ciphertext")?.into_inner())
    }

    fn decrypt(&self, message: &[u8]) -> Outcome {
        let decrypted = self.runtime.block_on(
            self.client.decrypt().ciphertext(message).keyring(self.keyring.clone()).send(),
        )?;
        decrypted.plaintext.ok_or("no plaintext")?;
        Ok(())
    }
}

fn row(job: &str, threads: usize, found: Comparison) {
    #[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
    let rate = |seconds: f64| LENGTH as f64 / seconds / 1e9;
    let (ratio, (low, high)) = (found.ratio, found.range);
    let (ours, theirs) = (rate(found.ours), rate(found.yardstick));
    println!(
        "| {job} | {threads} | {ratio:.1} | {low:.1} to {high:.1} | {ours:.2} | {theirs:.2} |"
    );
}
