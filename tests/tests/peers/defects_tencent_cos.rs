//! What the official SDK for Python gets wrong with encrypted objects, seen at work. `better` of
//! `tencent_cos` shows the same things done right. Once one of these fails, an SDK has become better, and so can our documents.

use std::fs;

use crypto_envelope_testkit::fake::{
    http::Fault,
    tencent_cos::{StoredObject, lie},
};
use crypto_envelope_tests::{
    tencent_cos::{Refusal, TencentCos, Theirs, check_body, stream},
    vectors::Result,
};
use serde_json::{Value, json};

const MIB: usize = 1 << 20;
const KEY: &str = "key";

fn start() -> Result<(TencentCos, Theirs)> {
    let cos = TencentCos::start()?;
    let theirs = cos.theirs()?;
    Ok((cos, theirs))
}

fn put(theirs: &mut Theirs, length: usize) -> Result<Vec<u8>> {
    let body = json!({"seed": KEY, "length": length});
    theirs.ask("aes", "put_object", &json!({"Key": KEY, "Body": body}))?;
    Ok(stream(KEY, length))
}

/// Whether what they read is something else, without an error.
fn is_silently_wrong(theirs: &mut Theirs, expected: &[u8]) -> Result<bool> {
    let found = theirs.ask("aes", "get_object", &json!({"Key": KEY}))?;
    Ok(check_body(&found, expected).is_err())
}

struct Upload<'t> {
    theirs: &'t mut Theirs,
    id: Value,
    tags: Vec<(u32, Value)>,
}

impl<'t> Upload<'t> {
    fn begin(theirs: &'t mut Theirs) -> Result<Self> {
        let created = theirs.ask("aes", "create_multipart_upload", &json!({"Key": KEY}))?;
        Ok(Self { theirs, id: created["UploadId"].clone(), tags: Vec::new() })
    }

    fn part(&mut self, number: u32) -> Result<()> {
        let part = json!({"Key": KEY, "UploadId": self.id, "PartNumber": number,
            "Body": {"seed": number.to_string(), "length": MIB}});
        let uploaded = self.theirs.ask("aes", "upload_part", &part)?;
        self.tags.retain(|(known, _)| *known != number);
        self.tags.push((number, uploaded["ETag"].clone()));
        Ok(())
    }

    /// What the object has to be.
    fn complete(mut self) -> Result<Vec<u8>> {
        self.tags.sort_by_key(|(number, _)| *number);
        let parts = self.tags.iter();
        let parts = parts.map(|(number, tag)| json!({"PartNumber": number, "ETag": tag}));
        let parts = json!({"Part": parts.collect::<Vec<_>>()});
        let complete = json!({"Key": KEY, "UploadId": self.id, "MultipartUpload": parts});
        self.theirs.ask("aes", "complete_multipart_upload", &complete)?;
        Ok(self.tags.iter().flat_map(|(number, _)| stream(&number.to_string(), MIB)).collect())
    }
}

#[test]
fn files_of_several_parts_are_spoilt_by_default() -> Result<()> {
    let (cos, mut theirs) = start()?;
    let plaintext = stream("file", 12 * MIB + 5);
    fs::write(cos.file("up"), &plaintext)?;
    let upload = json!({"Key": KEY, "LocalFilePath": cos.file("up"), "PartSize": 1});
    theirs.ask("aes", "upload_file", &upload)?;
    assert!(is_silently_wrong(&mut theirs, &plaintext)?);
    Ok(())
}

#[test]
fn parts_in_another_order_or_again_spoil_the_object() -> Result<()> {
    let (_cos, mut theirs) = start()?;
    for (numbers, is_wrong) in [(&[1, 2, 3][..], false), (&[2, 1, 3], true), (&[1, 1, 2], true)] {
        let mut upload = Upload::begin(&mut theirs)?;
        numbers.iter().try_for_each(|number| upload.part(*number))?;
        let expected = upload.complete()?;
        assert_eq!(is_silently_wrong(&mut theirs, &expected)?, is_wrong, "{numbers:?}");
    }
    Ok(())
}

#[test]
fn what_is_done_between_two_parts_spoils_them() -> Result<()> {
    let (_cos, mut theirs) = start()?;
    let mut upload = Upload::begin(&mut theirs)?;
    upload.part(1)?;
    let meanwhile = json!({"Key": "meanwhile", "Body": {"hex": "00"}});
    upload.theirs.ask("aes", "put_object", &meanwhile)?;
    upload.part(2)?;
    let expected = upload.complete()?;
    assert!(is_silently_wrong(&mut theirs, &expected)?);

    let mut upload = Upload::begin(&mut theirs)?;
    upload.part(1)?;
    upload.theirs.ask("aes", "get_object", &json!({"Key": "meanwhile"}))?;
    let part = json!({"Key": KEY, "UploadId": upload.id, "PartNumber": 2, "Body": {"hex": "00"}});
    upload.theirs.failed("aes", "upload_part", &part)?;
    Ok(())
}

#[test]
fn files_are_never_downloaded() -> Result<()> {
    let (cos, mut theirs) = start()?;
    put(&mut theirs, 2 * MIB)?;
    let download = json!({"Key": KEY, "DestFilePath": cos.file("down"), "PartSize": 1,
        "DumpRecordDir": cos.file("")});
    theirs.failed("aes", "download_file", &download)?;
    Ok(())
}

#[test]
fn a_range_without_a_beginning_is_no_range() -> Result<()> {
    let (_cos, mut theirs) = start()?;
    put(&mut theirs, 1000)?;
    let last = json!({"Key": KEY, "Range": "bytes=-100"});
    assert_eq!(theirs.failed("aes", "get_object", &last)?, "ValueError");
    Ok(())
}

#[test]
fn an_object_without_metadata_is_a_mistake_of_types() -> Result<()> {
    let (cos, mut theirs) = start()?;
    cos.fake.put_object(cos.fake.bucket(), KEY, StoredObject::new("in clear"));
    assert_eq!(theirs.failed("aes", "get_object", &json!({"Key": KEY}))?, "TypeError");
    Ok(())
}

#[test]
fn wrong_keys_and_damage_are_not_seen() -> Result<()> {
    let (cos, mut theirs) = start()?;
    let plaintext = put(&mut theirs, 1000)?;
    let other = json!({"client": "aes", "call": "get_object", "arguments": {"Key": KEY},
        "settings": {"aes_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}});
    assert!(check_body(&theirs.tell(&other)?, &plaintext).is_err());
    let stored = cos.object(KEY)?;
    let mut flipped = stored.content.clone();
    flipped[500] ^= 1;
    for content in [&flipped[..], &stored.content[..500]] {
        let mut damaged = stored.clone();
        damaged.content = content.to_vec();
        cos.fake.put_object(cos.fake.bucket(), KEY, damaged);
        assert!(is_silently_wrong(&mut theirs, &plaintext)?);
    }
    Ok(())
}

#[test]
fn texts_beyond_ascii_are_cut() -> Result<()> {
    let (_cos, mut theirs) = start()?;
    let text = "h\u{e9}llo \u{4e2d}\u{6587}";
    theirs.ask("aes", "put_object", &json!({"Key": KEY, "Body": text}))?;
    let found = theirs.ask("aes", "get_object", &json!({"Key": KEY}))?;
    assert!(found["Body"]["length"].as_u64().is_some_and(|length| length < text.len() as u64));
    Ok(())
}

#[test]
fn metadata_of_users_are_dropped() -> Result<()> {
    let (cos, mut theirs) = start()?;
    let body = json!({"Key": KEY, "Body": {"hex": "00"}, "Metadata": {"x-cos-meta-owner": "me"}});
    theirs.ask("aes", "put_object", &body)?;
    assert_eq!(cos.object(KEY)?.header("x-cos-meta-owner"), None);
    Ok(())
}

#[test]
fn one_error_of_the_server_is_the_end() -> Result<()> {
    let (cos, mut theirs) = start()?;
    let body = json!({"Key": KEY, "Body": {"hex": "00"}});
    cos.fake.inject(lie::error(500, "InternalError", "once"));
    let refused = theirs.refused("aes", "put_object", &body)?;
    assert_eq!(refused, Refusal::new(500, "InternalError"));
    cos.fake.inject(Fault::close());
    assert_eq!(theirs.failed("aes", "put_object", &body)?, "UnboundLocalError");
    Ok(())
}

#[test]
fn the_key_of_the_sample_is_none() -> Result<()> {
    let (_cos, mut theirs) = start()?;
    let sample = json!({"client": "aes", "call": "put_object",
        "arguments": {"Key": KEY, "Body": {"hex": "00"}}, "settings": {"aes_key": "aes_key_value"}});
    assert_eq!(theirs.told_to_fail(&sample)?, "Error");
    Ok(())
}
