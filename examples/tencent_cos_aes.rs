//! Objects of Tencent COS as the official SDK for Python encrypts them with an AES master key, so that it reads them:
//! in one call, in parts that go at the same time, and as a file whose upload goes on where it was interrupted.
//!
//! **Nothing shows whether such an object was changed**, and all of them are wrapped with the same key stream: who
//! knows the data key of one can compute those of the others. For new data see `tencent_cos_messages`.
//!
//! It runs against a fake; see `ExampleCos` for a bucket of yours.

use std::{error::Error, fs, path::Path, sync::Arc, thread};

use crypto_envelope::blocking;
use crypto_envelope_examples::ExampleCos;
use crypto_envelope_tencent_cos::{
    CosAesProvider, CosAesWrapping, CosEncryptingClient, CosFormat, DecryptObject, EncryptObject,
    FileTransfer, ListParts, ObjectKey,
};

/// What the SDK takes as `aes_key`: 32 random bytes in base64. In real life it is in no source.
const AES_KEY_VALUE: &str = "QKAOTd0UGE8zvzQQ58pxDICh+nXuIQN2gkSKYOUM0Eg=";
const MIB: usize = 1 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    // By value, or by path. A file that is not there is an error, and never replaced.
    let by_value = CosAesProvider::key_of_text(AES_KEY_VALUE)?;
    let path = folder.path().join("aes_key");
    CosAesProvider::create_key_file(&path)?;
    let by_path = CosAesProvider::key_of_file(&path)?;

    let cos = ExampleCos::from_env()?;
    for master_key in [by_value, by_path] {
        // What SDKs up to 1.9.44 read: hence the name.
        let wrapping = CosAesWrapping::DangerPythonFixedKeystream;
        let provider = Arc::new(CosAesProvider::new(&master_key, wrapping)?);
        let client = CosEncryptingClient::builder(cos.client.clone(), provider)
            .format(CosFormat::UnauthenticatedPythonAes)
            .part_length(MIB as u64)
            .build()?;
        in_one_call(&client)?;
        in_parts(&client)?;
        file_with_interruption(&cos, &client, folder.path())?;
    }
    Ok(())
}

fn in_one_call(client: &CosEncryptingClient) -> Result<(), Box<dyn Error>> {
    let key = ObjectKey::new("exampleobject")?;
    blocking::wait(client.put(EncryptObject::new(key.clone()), b"bytes"))?;
    assert_eq!(whole(client, key)?, b"bytes");
    Ok(())
}

/// The parts may come in any order, and be given again: the object is the same.
fn in_parts(client: &CosEncryptingClient) -> Result<(), Box<dyn Error>> {
    let key = ObjectKey::new("exampleobject_upload")?;
    let plaintext = b"0123456789abcdef".repeat(5 * MIB / 32);
    let object = EncryptObject::new(key.clone());
    let upload = blocking::wait(client.begin_upload(object, plaintext.len() as u64))?;
    thread::scope(|scope| {
        let parts = (1..).zip(plaintext.chunks(MIB)).map(|(number, part)| {
            let offset = u64::from(number - 1) * MIB as u64;
            let upload = &upload;
            scope.spawn(move || blocking::wait(upload.part(number, offset, part)))
        });
        let parts: Vec<_> = parts.collect();
        parts.into_iter().try_for_each(|part| part.join().expect("it does not panic"))
    })?;

    let listed = ListParts::new(key.clone(), upload.id().clone());
    assert_eq!(blocking::wait(client.plain().call(listed))?.parts.len(), 3);
    blocking::wait(upload.complete())?;
    assert_eq!(whole(client, key)?, plaintext);
    Ok(())
}

fn file_with_interruption(
    cos: &ExampleCos,
    client: &CosEncryptingClient,
    folder: &Path,
) -> Result<(), Box<dyn Error>> {
    let key = ObjectKey::new("local.txt")?;
    let [file, record, copy] = ["local.txt", "upload.record", "copy"].map(|name| folder.join(name));
    fs::write(&file, "a line of plaintext\n".repeat(400_000))?;
    let upload = || {
        let transfer = FileTransfer::new(&file).resumable(&record);
        blocking::wait(client.upload_file(EncryptObject::new(key.clone()), transfer))
    };

    cos.break_after_parts(3);
    if upload().is_err() {
        // The same again, in this process or another: no part that COS has is sent twice.
        cos.mend();
        upload()?;
    }
    assert!(!record.exists(), "it is complete");
    let transfer = FileTransfer::new(&copy);
    blocking::wait(client.download_file(DecryptObject::new(key), transfer))?;
    assert_eq!(fs::read(copy)?, fs::read(file)?);
    Ok(())
}

fn whole(client: &CosEncryptingClient, key: ObjectKey) -> crypto_envelope::Result<Vec<u8>> {
    blocking::wait(async { client.get(DecryptObject::new(key)).await?.whole(16 * MIB).await })
}
