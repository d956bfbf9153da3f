//! What a key provider of AWS KMS costs beside the bare call, and what a cache saves, against the
//! fake KMS in this process.
//!
//! `aws_kms [TURNS]`, where 7 turns are usual.

use std::{
    env,
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use crypto_envelope::{
    AlgorithmSuite, EncryptionContext, Encryptor,
    cache::MaterialsCache,
    provider::{GenerateRequest, KeyProvider, Target, UnwrapRequest},
};
use crypto_envelope_aws_kms::{
    AwsKmsClients, AwsKmsProvider, SdkConfig,
    aws_sdk_kms::{
        Client,
        config::{Credentials, SharedCredentialsProvider},
        primitives::Blob,
    },
};
use crypto_envelope_benches::compare::{Comparison, in_turns};
use crypto_envelope_testkit::fake::{
    aws_kms::{FakeAwsKms, KeyKind},
    http::Fault,
};
use tokio::{runtime::Runtime, task::JoinSet};

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
const REGION: &str = "us-east-1";
/// In a turn.
const CALLS: u32 = 200;
/// As if KMS was in the same region.
const DISTANCE: Duration = Duration::from_millis(5);
const PLAINTEXT: usize = 1024;
/// How long messages are encrypted.
const WHILE: Duration = Duration::from_secs(2);

fn main() -> Outcome {
    let turns = env::args().nth(1).map_or(Ok(7), |turns| turns.parse())?;
    let bench = Bench::new()?;
    println!("| call | ratio | range | us | us of the AWS SDK |");
    println!("|---|---|---|---|---|");
    print("GenerateDataKey", &bench.generate(turns)?);
    print("Decrypt", &bench.decrypt(turns)?);
    println!();
    println!("| tasks | cache | messages a second | calls per 1000 messages |");
    println!("|---|---|---|---|");
    bench.kms.inject(Fault::delay(DISTANCE).always());
    for tasks in [1, 10, 100] {
        for cache in [Cache::None, Cache::Of1000Messages] {
            bench.messages(tasks, cache)?;
        }
    }
    Ok(())
}

struct Bench {
    kms: FakeAwsKms,
    arn: String,
    provider: Arc<AwsKmsProvider>,
    client: Client,
    runtime: Runtime,
}

#[derive(Clone, Copy)]
enum Cache {
    None,
    Of1000Messages,
}

impl Bench {
    fn new() -> Outcome<Self> {
        let kms = FakeAwsKms::start()?;
        let arn = kms.create_key(REGION, KeyKind::Symmetric)?;
        let credentials = Credentials::new("bench", "bench", None, None, "bench");
        let config = SdkConfig::builder()
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let clients = AwsKmsClients::builder(&config).endpoint_url(kms.endpoint()).build()?;
        let provider = Arc::new(AwsKmsProvider::new(&clients, &arn)?);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        Ok(Self { client: clients.client(REGION)?, kms, arn, provider, runtime })
    }

    fn generate(&self, turns: usize) -> Outcome<Comparison> {
        let context = EncryptionContext::new();
        let request = GenerateRequest::for_message(SUITE, &context);
        let ours = || {
            self.repeat(async || {
                self.provider.generate(request).await?;
                Ok(())
            })
        };
        let bare = || {
            self.repeat(async || {
                let call = self.client.generate_data_key().key_id(&self.arn).number_of_bytes(32);
                call.send().await?;
                Ok(())
            })
        };
        in_turns(turns, ours, bare)
    }

    fn decrypt(&self, turns: usize) -> Outcome<Comparison> {
        let context = EncryptionContext::new();
        let request = GenerateRequest::for_message(SUITE, &context);
        let generated = self.runtime.block_on(self.provider.generate(request))?;
        let key = &generated.encrypted_data_keys[0];
        let request = UnwrapRequest::new(key, Target::Message(SUITE), &context);
        let ours = || {
            self.repeat(async || {
                self.provider.unwrap(request).await?;
                Ok(())
            })
        };
        let bare = || {
            self.repeat(async || {
                let blob = Blob::new(key.ciphertext());
                self.client.decrypt().key_id(&self.arn).ciphertext_blob(blob).send().await?;
                Ok(())
            })
        };
        in_turns(turns, ours, bare)
    }

    /// One after the other.
    fn repeat(&self, mut work: impl AsyncFnMut() -> Outcome) -> Outcome {
        self.runtime.block_on(async {
            for _ in 0..CALLS {
                work().await?;
            }
            Ok(())
        })
    }

    /// As many messages as there is time for, by several tasks at once.
    fn messages(&self, tasks: usize, cache: Cache) -> Outcome {
        let mut builder = Encryptor::builder(Arc::clone(&self.provider)).suite(SUITE);
        if let Cache::Of1000Messages = cache {
            let cache = MaterialsCache::builder(Duration::from_mins(5)).max_messages(1000);
            builder = builder.cache(cache.build()?);
        }
        let encryptor = builder.build()?;
        drop(self.kms.take_calls());
        let start = Instant::now();
        let messages = self.runtime.block_on(async {
            let mut running = JoinSet::new();
            for _ in 0..tasks {
                running.spawn(encrypt_until(encryptor.clone(), start + WHILE));
            }
            let mut messages = 0;
            while let Some(count) = running.join_next().await {
                messages += count??;
            }
            Outcome::Ok(messages)
        })?;
        let rate = f64::from(messages) / start.elapsed().as_secs_f64();
        let calls = self.kms.take_calls().len() as u64 * 1000;
        let per_1000 = calls.div_ceil(u64::from(messages));
        let name = match cache {
            Cache::None => "none",
            Cache::Of1000Messages => "1000 messages",
        };
        println!("| {tasks} | {name} | {rate:.0} | {per_1000} |");
        Ok(())
    }
}

async fn encrypt_until(encryptor: Encryptor, end: Instant) -> Outcome<u32> {
    let (plaintext, context) = (vec![0xA5; PLAINTEXT], EncryptionContext::new());
    let mut messages = 0;
    while Instant::now() < end {
        encryptor.encrypt(&plaintext, &context).await?;
        messages += 1;
        tokio::task::yield_now().await;
    }
    Ok(messages)
}

fn print(call: &str, comparison: &Comparison) {
    let Comparison { ratio, range: (least, most), ours, yardstick } = comparison;
    let (ours, yardstick) = (each(*ours), each(*yardstick));
    println!("| {call} | {ratio:.2} | {least:.2} to {most:.2} | {ours:.0} | {yardstick:.0} |");
}

fn each(seconds: f64) -> f64 {
    seconds / f64::from(CALLS) * 1e6
}
