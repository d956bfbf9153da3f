//! Customer keys of S3, which stand in the headers of requests.

use std::time::Duration;

use crypto_envelope_s3_sse_c::{
    ObjectCopy, ObjectPlace, SseCClient, SseCustomerKey, Upload, WithCustomerKey as _,
    aws_sdk_s3::primitives::ByteStream,
};
use crypto_envelope_testkit::{
    canned::{CannedServer, answer},
    redaction,
};
use crypto_envelope_tests::{
    heard::Heard, s3_servers::S3Endpoint, s3_sse_c::World, vectors::Result,
};

pub(crate) async fn tells_no_customer_key(heard: &Heard) -> Result<()> {
    let before = heard.text().len();
    let client = client_of(&CannedServer::start(every_answer())?)?;
    let (key, other) = (new_key(1)?, new_key(2)?);
    let put = client.s3().put_object().bucket("bucket").key("name");
    // None of the answers is right, so all is tried, and told, that there is to failing.
    let _ = client.put_object(put.body(ByteStream::from_static(b"text")), &key).await;
    let get = client.s3().get_object().bucket("bucket").key("name");
    let _ = client.get_object(get.clone(), &key).await;
    let head = client.s3().head_object().bucket("bucket").key("name");
    let _ = client.head_object(head, &key).await;
    let parts = client.s3().create_multipart_upload().bucket("bucket").key("name");
    let _ = client.upload(parts, Upload::stream(&b"text"[..]), &key).await;
    let _ =
        client.copy(ObjectCopy::in_place(ObjectPlace::new("bucket", "name"), &key, &other)).await;
    let _ = client.presign_get(get, &key, Duration::from_mins(1)).await;
    let told = heard.text().split_off(before);
    redaction::hunt(&told, &[&BYTES[0][..], &BYTES[1]])?;
    listens_to_others(heard).await
}

/// What the AWS SDK tells of a request with a key if nobody keeps it from that: else the look above would be
/// at nothing.
async fn listens_to_others(heard: &Heard) -> Result<()> {
    let client = client_of(&CannedServer::start(every_answer())?)?;
    let get = client.s3().get_object().bucket("bucket").key("name");
    let _ = get.with_customer_key(&new_key(1)?).send().await;
    match redaction::hunt(&heard.text(), &[&BYTES[0][..]]) {
        Err(_) => Ok(()),
        Ok(()) => Err("the AWS SDK tells no headers any more: nobody need be kept from it".into()),
    }
}

fn client_of(server: &CannedServer) -> Result<SseCClient> {
    let endpoint = S3Endpoint {
        url: server.endpoint().to_owned(),
        region: "us-east-1".to_owned(),
        access_key: "id".to_owned(),
        secret_key: "secret".to_owned(),
        ca: None,
    };
    Ok(World::builder(&endpoint)?.build()?)
}

fn every_answer() -> Vec<Vec<u8>> {
    [503, 200, 400, 403, 200, 301, 500, 404]
        .into_iter()
        .cycle()
        .take(64)
        .map(|status| answer(status, "", ""))
        .collect()
}

fn new_key(number: usize) -> Result<SseCustomerKey> {
    Ok(SseCustomerKey::from_bytes(&BYTES[number - 1][..])?)
}

const BYTES: [[u8; 32]; 2] =
    [*b"a key of a customer of 32 bytes.", *b"THE NEXT KEY, OF 32 BYTES, TOO.!"];
