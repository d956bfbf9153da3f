//! Objects of Tencent COS as the official SDK for Python encrypts them with an RSA key, so that it reads them: with the
//! public half alone, in one call, in parts, and as a file whose upload goes on where it was interrupted.
//!
//! **Nothing shows whether such an object was changed, or who wrote it**: anybody who has the public key can. For new
//! data see `tencent_cos_messages`.
//!
//! It runs against a fake; see `ExampleCos` for a bucket of yours.

use std::{error::Error, fs, path::Path, sync::Arc};

use crypto_envelope::{blocking, provider::RsaKey};
use crypto_envelope_examples::ExampleCos;
use crypto_envelope_tencent_cos::{
    CosClient, CosEncryptingClient, CosFormat, CosRsaProvider, CosRsaWrapping, DecryptObject,
    EncryptObject, FileTransfer, ListParts, ObjectKey,
};

/// In real life the private half is where objects are read, and nowhere else.
const PRIVATE_KEY: &str = include_str!("../tests/vectors/rsa/private.pkcs1.pem");
const PUBLIC_KEY: &[u8] = include_bytes!("../tests/vectors/rsa/public.spki.pem");
const MIB: usize = 1 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let cos = ExampleCos::from_env()?;
    let folder = tempfile::tempdir()?;

    // How the SDK pads depends on how it was given its keys, and no object says it: by value, it is PKCS#1 v1.5 ...
    let private_key = CosRsaProvider::key_of(PRIVATE_KEY.as_bytes(), None)?;
    let by_value = CosRsaWrapping::DangerPythonPkcs1V15;
    let client = client_of(&cos.client, &private_key, by_value)?;
    there_and_back(&client, &client)?;

    // ... and OAEP by path. Files with a private key must be readable by their owner alone.
    let path = folder.path().join("public_key.pem");
    fs::write(&path, PUBLIC_KEY)?;
    let public_key = CosRsaProvider::key_of_file(&path, None)?;
    let by_path = CosRsaWrapping::PythonOaepSha1;
    let writer = client_of(&cos.client, &public_key, by_path)?;
    let reader = client_of(&cos.client, &private_key, by_path)?;
    there_and_back(&writer, &reader)?;
    in_parts(&writer, &reader)?;
    file_with_interruption(&cos, &reader, folder.path())
}

fn client_of(
    cos: &CosClient,
    key: &RsaKey,
    wrapping: CosRsaWrapping,
) -> crypto_envelope::Result<CosEncryptingClient> {
    CosEncryptingClient::builder(cos.clone(), Arc::new(CosRsaProvider::new(key, wrapping)?))
        .format(CosFormat::UnauthenticatedPythonRsa)
        .part_length(MIB as u64)
        .build()
}

fn there_and_back(
    writer: &CosEncryptingClient,
    reader: &CosEncryptingClient,
) -> Result<(), Box<dyn Error>> {
    let key = ObjectKey::new("exampleobject")?;
    blocking::wait(writer.put(EncryptObject::new(key.clone()), b"bytes"))?;
    assert_eq!(whole(reader, key)?, b"bytes");
    Ok(())
}

fn in_parts(
    writer: &CosEncryptingClient,
    reader: &CosEncryptingClient,
) -> Result<(), Box<dyn Error>> {
    let key = ObjectKey::new("exampleobject_upload")?;
    let plaintext = b"0123456789abcdef".repeat(MIB / 16 + 1);
    let object = EncryptObject::new(key.clone());
    let upload = blocking::wait(writer.begin_upload(object, plaintext.len() as u64))?;
    // The last one first.
    blocking::wait(upload.part(2, MIB as u64, &plaintext[MIB..]))?;
    blocking::wait(upload.part(1, 0, &plaintext[..MIB]))?;

    let listed = ListParts::new(key.clone(), upload.id().clone());
    assert_eq!(blocking::wait(writer.plain().call(listed))?.parts.len(), 2);
    blocking::wait(upload.complete())?;
    assert_eq!(whole(reader, key)?, plaintext);
    Ok(())
}

/// Who has the public key alone has to begin anew: without the private one nobody can go on with an upload.
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
        cos.mend();
        upload()?;
    }
    let transfer = FileTransfer::new(&copy);
    blocking::wait(client.download_file(DecryptObject::new(key), transfer))?;
    assert_eq!(fs::read(copy)?, fs::read(file)?);
    Ok(())
}

fn whole(client: &CosEncryptingClient, key: ObjectKey) -> crypto_envelope::Result<Vec<u8>> {
    blocking::wait(async { client.get(DecryptObject::new(key)).await?.whole(16 * MIB).await })
}
