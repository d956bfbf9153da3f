//! Customer keys of S3, which stand in the headers of requests, and what is written and read under them.

use std::{fs, num::NonZeroUsize, time::Duration};

use crypto_envelope_s3_sse_c::{
    Download, ObjectCopy, ObjectPlace, SseCClient, SseCustomerKey, Upload, WithCustomerKey as _,
    aws_sdk_s3::primitives::ByteStream,
};
use crypto_envelope_testkit::{
    canned::{CannedServer, answer},
    data,
    fake::{http::Fault, s3::FakeS3},
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
    tells_nothing_of_transfers(heard).await?;
    listens_to_others(heard).await
}

/// Files that go there and back in parts, each in a task of its own, some of them twice as a connection breaks.
async fn tells_nothing_of_transfers(heard: &Heard) -> Result<()> {
    let before = heard.text().len();
    let fake = FakeS3::builder().bucket("bucket").start()?;
    let client = World::builder(&S3Endpoint::of(&fake))?.build()?;
    let (key, folder) = (new_key(1)?, tempfile::tempdir()?);
    let [up, down, record] = ["up", "down", "record"].map(|name| folder.path().join(name));
    let plaintext = data::plaintext(11 * MIB, 7);
    fs::write(&up, &plaintext)?;
    let parallel = NonZeroUsize::new(3).ok_or("0")?;
    fake.inject(Fault::interrupt(MIB).when(|operation| operation == "UploadPart"));
    fake.inject(Fault::cut(MIB).when(|operation| operation == "GetObject"));
    let transfers = async move {
        let parts = client.s3().create_multipart_upload().bucket("bucket").key("name");
        let upload = Upload::file(&up).part_size(5 * MIB as u64).parallel(parallel);
        let uploaded = client.upload(parts, upload.resumable(&record), &key).await?;
        let get = client.s3().get_object().bucket("bucket").key("name");
        let download = Download::file(&down).part_size(2 * MIB as u64).parallel(parallel);
        let downloaded = client.download(get, download.resumable(&record), &key).await?;
        Ok::<_, crypto_envelope::Error>((uploaded.parts, downloaded.parts, down))
    };
    let (sent, came, down) = tokio::spawn(transfers).await??;
    if (sent, came) != (3, 6) || fs::read(down)? != plaintext {
        return Err("the file did not go there and back".into());
    }
    let told = heard.text().split_off(before);
    // Of bodies it is told how long they are, in whatever task they come and go.
    if !told.contains("received data: 5242880") || told.matches("received data").count() < 9 {
        return Err(format!("who tells of bodies? {told}").into());
    }
    let pieces = [0, 2, 5, 10].map(|part| &plaintext[part * MIB..part * MIB + 64]);
    redaction::hunt(&told, &[&[&BYTES[0][..]], &pieces[..]].concat())?;
    Ok(())
}

/// What the AWS SDK tells of a request with a key if nobody keeps it from that: else the looks above would be
/// at nothing. It tells bodies of no request to S3 by now.
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

const MIB: usize = 1 << 20;
const BYTES: [[u8; 32]; 2] =
    [*b"a key of a customer of 32 bytes.", *b"THE NEXT KEY, OF 32 BYTES, TOO.!"];
