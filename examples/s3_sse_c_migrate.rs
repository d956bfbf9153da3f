//! From messages, which were encrypted here, to objects that the server encrypts under a key of one's own (SSE-C), and
//! back. Both go through here in pieces: nothing is in plain on a disk, and little in memory.
//!
//! It runs against a fake; see `ExampleS3` for a bucket of yours.

use std::{error::Error, sync::Arc};

use crypto_envelope::{
    Decryptor, EncryptionContext, Encryptor, SecretBytes, aio, provider::RawAesProvider,
};
use crypto_envelope_examples::ExampleS3;
use crypto_envelope_s3_sse_c::{Protection, SseCustomerKey, Upload};
use tokio::io;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let s3 = ExampleS3::from_env().await?;
    let provider = RawAesProvider::new("examples", "key-1", &SecretBytes::random(32)?)?; // or of any cloud
    let provider = Arc::new(provider);
    let context = EncryptionContext::from([("purpose", "migration")]);
    let encryptor = Encryptor::new(Arc::clone(&provider));
    let message = encryptor.encrypt(b"what nobody else may read", &context).await?;
    let put = s3.client.s3().put_object().bucket(&s3.bucket).key("test.message");
    s3.client.put_object(put.body(message.into()), Protection::OfBucket).await?;

    // The parts become an object only when all of the message was verified: so its plaintext need not wait for that.
    let decryptor = Decryptor::builder(provider).release_before_signature().build()?;
    let key = SseCustomerKey::generate()?; // or a key ring
    to_customer_key(&s3, &decryptor, &context, &key).await?;
    to_message(&s3, &encryptor, &context, &key).await?;

    let get = s3.client.s3().get_object().bucket(&s3.bucket).key("back.message");
    let message = s3.client.get_object(get, Protection::OfBucket).await?.body.collect().await?;
    let decrypted = decryptor.decrypt(&message.to_vec(), &context).await?;
    assert_eq!(decrypted.plaintext(), b"what nobody else may read");
    Ok(())
}

async fn to_customer_key(
    s3: &ExampleS3,
    decryptor: &Decryptor,
    context: &EncryptionContext,
    key: &SseCustomerKey,
) -> crypto_envelope::Result<()> {
    let get = s3.client.s3().get_object().bucket(&s3.bucket).key("test.message");
    let message = s3.client.get_object(get, Protection::OfBucket).await?.body;
    let parser = decryptor.header_parser();
    let (header, body) = aio::read_header(parser, message.into_async_read()).await?;
    let opener = decryptor.open(header, context).await?;
    let plaintext = aio::DecryptReader::new(opener, body);
    let request = s3.client.s3().create_multipart_upload().bucket(&s3.bucket).key("test.txt");
    s3.client.upload(request, Upload::stream(plaintext), key).await?;
    Ok(())
}

async fn to_message(
    s3: &ExampleS3,
    encryptor: &Encryptor,
    context: &EncryptionContext,
    key: &SseCustomerKey,
) -> crypto_envelope::Result<()> {
    let get = s3.client.s3().get_object().bucket(&s3.bucket).key("test.txt");
    let plaintext = s3.client.get_object(get, key).await?.body.into_async_read();
    let sealer = encryptor.prepare(context).await?;
    let (writer, message) = io::duplex(64 * 1024);
    let request = s3.client.s3().create_multipart_upload().bucket(&s3.bucket).key("back.message");
    // Of these, if one fails, the other is dropped: the end of the pipe is not taken for that of the message then.
    let encrypt = aio::encrypt(sealer, plaintext, writer);
    let upload = s3.client.upload(request, Upload::stream(message), Protection::OfBucket);
    tokio::try_join!(encrypt, upload)?;
    Ok(())
}
