//! Objects of Tencent COS that are messages, for a key in AWS KMS, one in Alibaba Cloud KMS and one of our own, any of
//! which opens them: stored in one call and as a stream, read as a whole and in part, and neither exchanged nor
//! replaced by an older one unnoticed.
//!
//! It runs against fakes; see `ExampleCos`, `ExampleKey` and `ExampleKms` for the real ones.

use std::{error::Error, sync::Arc};

use crypto_envelope::{
    EncryptionContext, SecretBytes, blocking,
    provider::{KeyProvider, MultiProvider, RawAesProvider},
};
use crypto_envelope_alibaba_kms::AlibabaKmsInstanceProvider;
use crypto_envelope_aws_kms::AwsKmsProvider;
use crypto_envelope_examples::{ExampleCos, ExampleKey, ExampleKms};
use crypto_envelope_tencent_cos::{
    ByteRange, CosEncryptingClient, DecryptObject, DeleteObject, EncryptObject, ObjectKey,
};

fn main() -> Result<(), Box<dyn Error>> {
    let (cos, aws, alibaba) =
        (ExampleCos::from_env()?, ExampleKey::from_env()?, ExampleKms::from_env()?);
    let client_of = |provider: Arc<dyn KeyProvider>| {
        CosEncryptingClient::builder(cos.client.clone(), provider).build()
    };

    // AWS makes the data keys, the others wrap them too. The last one is for the day when no cloud answers.
    let spare = RawAesProvider::new("backups", "spare", &SecretBytes::random(32)?)?;
    let spare = Arc::new(spare);
    let all = MultiProvider::new(AwsKmsProvider::new(&aws.clients, &aws.arn)?)
        .with_child(AlibabaKmsInstanceProvider::new(&alibaba.instance, &alibaba.key_id)?)
        .with_child(spare.clone());
    let writer = client_of(Arc::new(all))?;

    let key = ObjectKey::new("reports/2026.csv")?;
    // What the reader knows already: stored in clear, and an object with another context does not open.
    let context = EncryptionContext::from([("path", key.as_str())]);
    let object = EncryptObject::new(key.clone()).context(context.clone());
    let old = blocking::wait(writer.put(object.clone(), "a line of last year\n"))?;
    let rows = "a line of plaintext\n".repeat(1_000_000);
    // Any `AsyncRead`, of whatever length.
    let written = blocking::wait(writer.put_stream(object, rows.as_bytes()))?;
    assert_eq!(written.plaintext_length, rows.len() as u64);

    // Each of the three opens it.
    let wanted = DecryptObject::new(key.clone()).expect(context);
    let reader = client_of(spare)?;
    let opened = blocking::wait(async { reader.get(wanted.clone()).await?.whole(1 << 26).await })?;
    assert_eq!(opened, rows.as_bytes());

    // A part, of which only the frames that hold it are fetched, and verified.
    let range = wanted.clone().range(ByteRange::of(10_000_000..10_000_020)?);
    let line = blocking::wait(async { reader.get(range).await?.whole(20).await })?;
    assert_eq!(line, b"a line of plaintext\n");

    // Another object than the one that is remembered, such as an older one that somebody brought back.
    let old = old.message_id.ok_or("it is a message")?;
    assert!(blocking::wait(reader.get(wanted.expect_message(old))).is_err());

    // What is not about the bytes of objects is for the client below.
    blocking::wait(reader.plain().call(DeleteObject::new(key)))?;
    Ok(())
}
