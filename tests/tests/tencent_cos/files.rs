//! Files that go to COS and come back, in parts, and are gone on with after an interruption.

mod as_they_are;
mod downloads;
mod uploads;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use crypto_envelope::{
    AlgorithmSuite, Decryptor, Encryptor, Error, Limits, Result as CoreResult, SecretBytes,
    blocking,
    provider::{KeyProvider, RawRsaProvider, RsaKey, RsaPadding},
};
use crypto_envelope_tencent_cos::{
    CosAesProvider, CosAesWrapping, CosFormat, CosObjectError, CosRsaProvider, CosRsaWrapping,
    DecryptObject, EncryptObject, FileTransfer, ObjectKey, WrittenObject,
};
use crypto_envelope_testkit::fake::{
    http::Fault,
    tencent_cos::{Call, FakeTencentCos, StoredObject, lie},
};
use crypto_envelope_tests::{
    tencent_cos::{TencentCos, bytes_of, object_error, rsa_key},
    vectors::Result,
};

use crate::{MIB, World, key, raw};

impl World {
    /// Those formats whose parts are encrypted by themselves.
    fn with_parts() -> Result<Vec<Self>> {
        let aes = |wrapping| CosAesProvider::new(&SecretBytes::from(vec![7; 32]), wrapping);
        let java = Arc::new(aes(CosAesWrapping::JavaKeyWrap)?);
        let python = Arc::new(aes(CosAesWrapping::DangerPythonFixedKeystream)?);
        Ok(vec![
            Self::new(CosFormat::Message, Arc::new(raw()?))?,
            Self::new(CosFormat::UnauthenticatedPythonAes, python)?,
            Self::new(CosFormat::UnauthenticatedJavaCtr, java)?,
        ])
    }

    fn file(&self, content: &[u8]) -> Result<PathBuf> {
        let path = self.cos.file("source");
        fs::write(&path, content)?;
        Ok(path)
    }

    fn record(&self) -> PathBuf {
        self.cos.file("record")
    }

    fn upload(&self, path: &Path) -> CoreResult<WrittenObject> {
        let transfer = FileTransfer::new(path).resumable(self.record());
        blocking::wait(self.client.upload_file(EncryptObject::new(key()?), transfer))
    }

    /// Ends an upload after some parts, and says which.
    fn interrupt(&self, path: &Path, parts: u32) -> BTreeMap<u64, Vec<Call>> {
        fail_after(&self.cos, "UploadPart", parts);
        assert!(self.upload(path).is_err());
        self.cos.fake.clear_faults();
        assert!(self.record().exists());
        self.parts_sent()
    }

    /// Ends a download after some calls.
    fn interrupt_download(&self, target: &Path, gets: u32) {
        fail_after(&self.cos, "GetObject", gets);
        assert!(self.download(target).is_err());
        self.cos.fake.clear_faults();
        assert!(self.record().exists());
    }

    /// The calls that sent a part which COS took, by its number, since the last time.
    fn parts_sent(&self) -> BTreeMap<u64, Vec<Call>> {
        parts_sent(&self.cos)
    }

    fn download(&self, path: &Path) -> CoreResult<u64> {
        let transfer = FileTransfer::new(path).resumable(self.record());
        let read = self.client.download_file(DecryptObject::new(key()?), transfer);
        Ok(blocking::wait(read)?.plaintext_length)
    }

    fn uploads(&self) -> usize {
        self.cos.fake.uploads(self.cos.fake.bucket()).len()
    }
}

/// From then on calls of an operation fail, when so many have passed.
fn fail_after(cos: &TencentCos, operation: &'static str, calls: u32) {
    let left = AtomicU64::new(calls.into());
    let strikes = move |called: &str| {
        called == operation
            && left.try_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_err()
    };
    cos.fake.inject(Fault::status(403, "").always().when(strikes));
}

/// The calls that sent a part which COS took, by its number, since the last time.
fn parts_sent(cos: &TencentCos) -> BTreeMap<u64, Vec<Call>> {
    let mut parts = BTreeMap::<_, Vec<_>>::new();
    for call in cos.fake.take_calls() {
        if call.operation == "UploadPart" && call.status == Some(200) {
            let number = call.parameter("partNumber").and_then(|number| number.parse().ok());
            parts.entry(number.unwrap_or(0)).or_default().push(call);
        }
    }
    parts
}

/// How many bytes of objects were fetched since the last time.
fn fetched(cos: &TencentCos) -> u64 {
    let gets = cos.fake.take_calls().into_iter().filter(|call| call.operation == "GetObject");
    gets.map(|call| call.response_length as u64).sum()
}

/// These bytes, with the headers of another object.
fn object_of(content: Vec<u8>, headers: &[(String, String)]) -> StoredObject {
    let object = StoredObject::new(content);
    headers.iter().fold(object, |object, (name, value)| object.with_header(name, value))
}

/// As records are written: others are not used.
fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, content)?;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o600))?)
}

/// Whether something of a transfer is left beside a file.
fn has_temporaries(path: &Path) -> Result<bool> {
    for entry in fs::read_dir(path.parent().ok_or("a folder")?)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        // keyferry knows them by that.
        if name.starts_with(".crypto-envelope-") {
            assert!(name.ends_with(".partial"), "{name}");
            return Ok(true);
        }
    }
    Ok(false)
}

fn modified(path: &Path) -> Result<SystemTime> {
    Ok(fs::metadata(path)?.modified()?)
}

/// Writes other bytes of the same number, so that nobody sees it who does not read them.
fn change_in_secret(path: &Path, place: usize) -> Result<()> {
    let before = modified(path)?;
    let mut content = fs::read(path)?;
    content[place] ^= 1;
    fs::write(path, content)?;
    fs::File::options().write(true).open(path)?.set_modified(before)?;
    assert_eq!(modified(path)?, before);
    Ok(())
}
