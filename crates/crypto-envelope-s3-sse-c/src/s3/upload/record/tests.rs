use std::fs;

use tempfile::TempDir;

use super::*;
use crate::{
    SseCustomerKey,
    key_ring::testing::{MemoryRing, Provider, builder},
    s3::{object_keys::ObjectKey, protection::ServerKey},
};

const KEY: &[u8; 32] = b"a key of a customer of 32 bytes.";

fn place() -> ObjectPlace {
    ObjectPlace::new("bucket", "a key/\u{e9}\n")
}

fn shape() -> Shape {
    let file = Stamp { size: 20_000_000, modified: u64::MAX, place: (1, u64::MAX - 1) };
    Shape { file: Some(file), part_size: 8 << 20 }
}

fn key() -> Result<SseCustomerKey> {
    SseCustomerKey::from_bytes(&KEY[..])
}

fn start() -> Result<UploadStart> {
    let seal = Seal::CustomerKey(ObjectKey::of(key()?));
    Ok(UploadStart::new(&place(), "id/\u{e9}", &seal, shape()).expect("it is a file"))
}

fn part(number: i32) -> SentPart {
    let etag = format!("\"tag-{number}\"");
    SentPart { number, etag, digest: "AAAAAAAAAAAAAAAAAAAAAA==".to_owned() }
}

/// The record and its text, as one that was just made.
async fn made() -> Result<(TempDir, std::path::PathBuf, String)> {
    let directory = TempDir::new()?;
    let path = directory.path().join("record");
    drop(UploadRecord::create(&path, start()?).await?);
    let text = fs::read_to_string(&path)?;
    Ok((directory, path, text))
}

/// Why a record with this text is refused, which leaves it as it is.
async fn refused(path: &Path, text: &str) -> Result<String> {
    fs::write(path, text)?;
    let error = LeftBehind::at(path, &place(), shape()).await.err();
    assert_eq!(fs::read_to_string(path)?, text, "it was changed");
    Ok(error.unwrap_or_else(|| unreachable!("{text} is refused")).to_string())
}

async fn same(path: &Path) -> Result<UploadRecord> {
    match LeftBehind::at(path, &place(), shape()).await? {
        LeftBehind::Same(record) => Ok(record),
        LeftBehind::Nothing | LeftBehind::Other(_) => unreachable!("it is the very upload"),
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_was_written_is_there_again() -> Result<()> {
    let directory = TempDir::new()?;
    let path = directory.path().join("record");
    assert!(matches!(LeftBehind::at(&path, &place(), shape()).await?, LeftBehind::Nothing));
    let record = UploadRecord::create(&path, start()?).await?;
    record.add(&part(3)).await?;
    record.add(&part(1)).await?;
    drop(record);
    let again = same(&path).await?;
    again.add(&part(2)).await?;
    drop(again);
    let again = same(&path).await?;
    assert_eq!(again.start, start()?);
    assert_eq!(again.parts, [1, 2, 3].map(|number| (number, part(number))).into());
    again.remove().await;
    assert!(!path.exists());
    Ok(())
}

#[tokio::test(flavor = "current_thread")]
async fn another_file_or_part_size_is_another_upload() -> Result<()> {
    let (_directory, path, _) = made().await?;
    let Shape { file, part_size } = shape();
    let file = file.expect("it is a file");
    for other in [
        Shape { part_size: part_size + 1, file: Some(file) },
        Shape { part_size, file: Some(Stamp { size: 1, ..file }) },
        Shape { part_size, file: Some(Stamp { modified: 1, ..file }) },
        Shape { part_size, file: Some(Stamp { place: (1, 1), ..file }) },
        Shape { part_size, file: None },
    ] {
        let found = LeftBehind::at(&path, &place(), other).await?;
        assert!(matches!(found, LeftBehind::Other(_)), "{other:?}");
    }
    // Nothing was removed meanwhile.
    same(&path).await?;
    Ok(())
}

#[tokio::test(flavor = "current_thread")]
async fn no_key_is_in_it() -> Result<()> {
    let (_directory, path, _) = made().await?;
    same(&path).await?.add(&part(1)).await?;
    let text = fs::read_to_string(path)?;
    // By its digest it is told from others, and that is no secret.
    assert!(text.contains(key()?.digest().as_str()));
    assert_eq!(crypto_envelope_testkit::redaction::hunt(&text, &[KEY]), Ok(()));
    Ok(())
}

#[tokio::test(flavor = "current_thread")]
async fn a_damaged_line_is_refused_and_left() -> Result<()> {
    let (_directory, path, good) = made().await?;
    for line in [
        "no JSON".to_owned(),
        "{\"part\":1".to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        json!({"etag": "x", "md5": "y"}).to_string(),
        json!({"part": 1, "md5": "y"}).to_string(),
        json!({"part": 1, "etag": "x"}).to_string(),
        json!({"part": "1", "etag": "x", "md5": "y"}).to_string(),
        json!({"part": 1.5, "etag": "x", "md5": "y"}).to_string(),
        json!({"part": 1_u64 << 31, "etag": "x", "md5": "y"}).to_string(),
        json!({"part": 1, "etag": 7, "md5": "y"}).to_string(),
        json!({"part": 1, "etag": "x", "md5": [7]}).to_string(),
    ] {
        let why = refused(&path, &format!("{good}{line}\n")).await?;
        assert!(why.contains("damaged") && why.contains("remove it"), "{line}: {why}");
    }
    Ok(())
}

#[tokio::test(flavor = "current_thread")]
async fn a_start_that_is_not_whole_is_refused_and_left() -> Result<()> {
    let (_directory, path, text) = made().await?;
    let good: Value = serde_json::from_str(&text).expect("one line");
    for name in ["bucket", "key", "upload_id", "protection", "file", "part_size"] {
        let mut without = good.clone();
        without["start"].as_object_mut().expect("an object").remove(name);
        let why = refused(&path, &format!("{without}\n")).await?;
        assert!(why.contains("of the upload is damaged"), "{name}: {why}");
    }
    for name in ["size", "modified", "device", "inode"] {
        for wrong in [Value::Null, json!("7"), json!(-7)] {
            let mut other = good.clone();
            other["start"]["file"][name] = wrong;
            let why = refused(&path, &format!("{other}\n")).await?;
            assert!(why.contains("of the upload is damaged"), "{other}: {why}");
        }
    }
    for (name, wrong) in [
        ("bucket", json!(7)),
        ("key", json!(["a"])),
        ("upload_id", json!({})),
        ("protection", json!(true)),
        ("epoch", json!("1")),
        ("epoch", json!(-1)),
        ("epoch", json!(1_u64 << 32)),
        ("file", json!("file")),
        ("part_size", json!(0)),
        ("part_size", json!("8388608")),
    ] {
        let mut other = good.clone();
        other["start"][name] = wrong;
        let why = refused(&path, &format!("{other}\n")).await?;
        assert!(why.contains("of the upload is damaged"), "{other}: {why}");
    }
    Ok(())
}

#[tokio::test(flavor = "current_thread")]
async fn a_record_of_something_else_is_refused_and_left() -> Result<()> {
    let (_directory, path, text) = made().await?;
    let good: Value = serde_json::from_str(&text).expect("one line");
    for (name, other) in [("bucket", "another"), ("key", "another")] {
        let mut changed = good.clone();
        changed["start"][name] = json!(other);
        let why = refused(&path, &format!("{changed}\n")).await?;
        assert!(why.contains("it is about an upload to s3://"), "{why}");
    }
    for kind in ["an upload", "a download from S3"] {
        let mut changed = good.clone();
        changed["record"] = json!(kind);
        let why = refused(&path, &format!("{changed}\n")).await?;
        assert!(why.contains("not the record of an upload to S3"), "{why}");
    }
    let mut newer = good;
    newer["version"] = json!(2);
    let why = refused(&path, &format!("{newer}\n")).await?;
    assert!(why.contains("another version"), "{why}");
    Ok(())
}

#[tokio::test(flavor = "current_thread")]
async fn it_goes_on_under_what_it_was_begun_under() -> Result<()> {
    let start = start()?;
    assert!(start.seal(&key()?.into()).await?.is_some());
    let another = SseCustomerKey::generate()?;
    for other in [another.into(), Protection::OfBucket, Protection::ServerKey(ServerKey::S3)] {
        let why = start.seal(&other).await.map(drop).map_err(|error| error.to_string());
        let why = why.expect_err("it is something else");
        assert!(why.contains("was begun under") && why.contains("remove its record"), "{why}");
    }
    Ok(())
}

#[tokio::test(flavor = "current_thread")]
async fn under_an_epoch_that_is_gone_nobody_goes_on() -> Result<()> {
    let ring = builder(&Provider::new(), &MemoryRing::default()).create(["photos"]).await?;
    let place = ObjectPlace::new("photos", "name");
    let (epoch, key) = ring.key_for_writing(place.bucket(), place.key()).await?;
    let seal = Protection::from(&ring).seal(&place).await?;
    let start = UploadStart::new(&place, "id", &seal, shape()).expect("it is a file");
    assert_eq!(start.epoch, Some(epoch.number()));
    // Also for who goes on with the key alone.
    for same in [Protection::from(&ring), Protection::from(key)] {
        assert!(start.seal(&same).await?.is_some(), "{same:?}");
    }
    let gone = UploadStart { epoch: Some(7), ..start.clone() };
    assert!(gone.seal(&Protection::from(&ring)).await?.is_none());
    // No epoch has this number.
    let damaged = UploadStart { epoch: Some(0), ..start };
    assert!(damaged.seal(&Protection::from(&ring)).await.is_err());
    Ok(())
}
