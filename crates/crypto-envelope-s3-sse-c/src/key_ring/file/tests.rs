use std::{sync::Barrier, thread};

use crypto_envelope::blocking;
use tempfile::TempDir;

use super::*;
use crate::{
    KeyRing, KeyRingErrorKind,
    key_ring::testing::{Provider, digest_of, kind},
};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn place(folder: &TempDir) -> FileRing {
    FileRing::new(folder.path().join("ring.json"))
}

fn read(place: &FileRing) -> StoredRing {
    blocking::wait(place.read()).expect("it can be read").expect("it is there")
}

/// What is left in the folder beside the ring and its lock.
fn left_over(folder: &TempDir) -> Vec<OsString> {
    let names = fs::read_dir(folder.path()).expect("a folder");
    let names = names.map(|entry| entry.expect("a file").file_name());
    names.filter(|name| name != "ring.json" && name != "ring.json.lock").collect()
}

#[test]
fn a_file_is_made_once_and_replaced_by_who_knows_it() -> Result<()> {
    let folder = folder();
    let place = place(&folder);
    assert_eq!(blocking::wait(place.read())?, None);
    let nothing = Revision::new("");
    assert_eq!(blocking::wait(place.replace(b"two", &nothing))?, Placed::Lost);
    assert_eq!(blocking::wait(place.create(b"one"))?, Placed::Done);
    assert_eq!(blocking::wait(place.create(b"two"))?, Placed::Lost);
    let one = read(&place);
    assert_eq!(one.bytes(), b"one");
    assert_eq!(blocking::wait(place.replace(b"two", &nothing))?, Placed::Lost);
    assert_eq!(blocking::wait(place.replace(b"two", one.revision()))?, Placed::Done);
    assert_eq!(blocking::wait(place.replace(b"three", one.revision()))?, Placed::Lost);
    assert_eq!(read(&place).bytes(), b"two");
    assert_ne!(read(&place).revision(), one.revision());
    assert!(left_over(&folder).is_empty());
    Ok(())
}

#[test]
fn it_works_in_a_runtime_too() -> Result<()> {
    let folder = folder();
    let place = place(&folder);
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(Error::Io)?;
    assert_eq!(runtime.block_on(place.create(b"one"))?, Placed::Done);
    Ok(())
}

#[test]
fn a_ring_lives_in_a_file() -> Result<()> {
    let (folder, provider) = (folder(), Provider::new());
    let builder = || KeyRing::builder(provider.clone(), place(&folder));
    let ring = blocking::wait(builder().create(["photos"]))?;
    blocking::wait(ring.rotate())?;
    let keys = [digest_of(&ring, 1, "a")?, digest_of(&ring, 2, "a")?];
    // A copy is a backup.
    let path = folder.path().join("ring.json");
    let copy = fs::read(&path).expect("a ring");
    fs::remove_file(&path).expect("it is there");
    let missing = blocking::wait(builder().open()).expect_err("it is gone");
    let restore = format!("cp BACKUP {}", path.display());
    assert!(missing.to_string().contains(&restore), "{missing}");
    fs::write(&path, &copy).expect("a ring");
    let ring = blocking::wait(builder().open())?;
    assert_eq!([digest_of(&ring, 1, "a")?, digest_of(&ring, 2, "a")?], keys);
    for length in [0, 1, copy.len() / 2, copy.len() - 3] {
        fs::write(&path, &copy[..length]).expect("part of a ring");
        let refused = blocking::wait(builder().open());
        assert_eq!(kind(refused), Some(KeyRingErrorKind::Malformed), "{length}");
    }
    fs::write(&path, vec![b' '; 10 << 20]).expect("something long");
    assert_eq!(kind(blocking::wait(builder().open())), Some(KeyRingErrorKind::Malformed));
    Ok(())
}

#[test]
fn a_folder_that_is_not_there_is_an_error_and_no_missing_ring() {
    let folder = folder();
    let place = FileRing::new(folder.path().join("none").join("ring.json"));
    let made = KeyRing::builder(Provider::new(), place).create(["photos"]);
    assert_eq!(kind(blocking::wait(made)), Some(KeyRingErrorKind::Unwritten));
}

#[test]
fn one_of_many_threads_makes_the_file_and_each_replaces_what_it_read() {
    let (folder, provider) = (folder(), Provider::new());
    let start = Barrier::new(6);
    let run = |number: usize| {
        start.wait();
        let ring = KeyRing::builder(provider.clone(), place(&folder)).open_or_create(["photos"]);
        let ring = blocking::wait(ring).expect("a ring, whoever made it");
        blocking::wait(ring.add_bucket(&format!("bucket-{number}"))).expect("it is retried");
        ring.id()
    };
    let ids: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|number| scope.spawn(move || run(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let ring = blocking::wait(KeyRing::builder(provider.clone(), place(&folder)).open());
    assert_eq!(ring.expect("a ring").buckets().len(), 7);
    assert!(left_over(&folder).is_empty());
}

#[test]
fn who_replaces_waits_for_the_lock() -> Result<()> {
    let folder = folder();
    let place = place(&folder);
    blocking::wait(place.create(b"one"))?;
    let revision = read(&place).revision().clone();
    let lock = place.lock().expect("nobody has it");
    let (replacing, other) = (
        thread::spawn({
            let place = place.clone();
            move || blocking::wait(place.replace(b"two", &revision))
        }),
        place.clone(),
    );
    // Reading needs no lock.
    for _ in 0..20 {
        thread::yield_now();
        assert_eq!(read(&other).bytes(), b"one");
    }
    assert!(!replacing.is_finished());
    drop(lock);
    assert_eq!(replacing.join().expect("no panic")?, Placed::Done);
    assert_eq!(read(&place).bytes(), b"two");
    Ok(())
}

#[cfg(unix)]
#[test]
fn a_new_file_is_for_its_owner_and_another_keeps_its_mode() -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let place = place(&folder);
    let mode = || fs::metadata(place.path()).expect("a file").permissions().mode() & 0o777;
    blocking::wait(place.create(b"one"))?;
    assert_eq!(mode(), 0o600);
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o644)).expect("it is ours");
    let one = read(&place);
    blocking::wait(place.replace(b"two", one.revision()))?;
    assert_eq!(mode(), 0o644);
    Ok(())
}

#[cfg(unix)]
#[test]
fn links_and_what_is_no_file_are_refused() -> Result<()> {
    use std::os::unix::fs::symlink;
    let folder = folder();
    let place = place(&folder);
    let target = folder.path().join("target");
    symlink(&target, place.path()).expect("a link");
    // Also one that leads nowhere.
    assert!(blocking::wait(place.read()).is_err());
    assert_eq!(blocking::wait(place.create(b"one"))?, Placed::Lost);
    assert!(!target.exists());
    fs::write(&target, "one").expect("a file");
    assert!(blocking::wait(place.read()).is_err());
    assert!(blocking::wait(place.replace(b"two", &revision_of(b"one"))).is_err());
    assert_eq!(fs::read(&target).expect("a file"), b"one");
    fs::remove_file(place.path()).expect("a link");
    fs::create_dir(place.path()).expect("a folder");
    let refused = blocking::wait(place.read()).expect_err("it is a folder");
    assert!(refused.to_string().contains("no regular file"), "{refused}");
    fs::remove_dir(place.path()).expect("a folder");
    // The lock as well: who takes it must not write elsewhere.
    blocking::wait(place.create(b"one"))?;
    let lock = folder.path().join("ring.json.lock");
    fs::remove_file(&lock).expect("it was taken above");
    symlink(&target, &lock).expect("a link");
    assert!(blocking::wait(place.replace(b"two", read(&place).revision())).is_err());
    assert_eq!(read(&place).bytes(), b"one");
    Ok(())
}
