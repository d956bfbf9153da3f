use std::{fs, io::Write as _};

use super::*;

const REPLACED: Naming =
    Naming { existing: Existing::Overwritten, permissions: Permissions::OwnerAlone };
const KEPT: Naming = Naming { existing: Existing::Kept, permissions: Permissions::OwnerAlone };

/// A file that was kept, and where it is.
fn kept(path: &Path) -> io::Result<KeptPlace> {
    let file = TargetFile::create(path)?;
    let place = file.place()?.expect("it is our own");
    drop(file.keep()?);
    let json = place.to_json().expect("it is UTF-8");
    assert_eq!(KeptPlace::of_json(&json).as_ref(), Some(&place));
    Ok(place)
}

fn count(folder: &Path) -> io::Result<usize> {
    Ok(fs::read_dir(folder)?.count())
}

#[test]
fn what_was_kept_is_gone_on_with() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("file");
    let place = kept(&path)?;
    assert!(TargetFile::again(&place, &path).is_some());
    // From another folder, it is not ours.
    let other = tempfile::tempdir()?;
    assert!(TargetFile::again(&place, &other.path().join("file")).is_none());
    TargetFile::remove_left(&place, &other.path().join("file"))?;
    assert!(place.path.exists());
    TargetFile::remove_left(&place, &path)?;
    assert!(!place.path.exists());
    // There is nothing more to do.
    assert!(TargetFile::again(&place, &path).is_none());
    TargetFile::remove_left(&place, &path)?;
    Ok(())
}

#[test]
fn what_is_gone_on_with_has_what_was_written() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("file");
    let file = TargetFile::create(&path)?;
    let place = file.place()?.expect("it is our own");
    let file = file.keep()?;
    file.file().write_all(b"some")?;
    drop(file);
    let again = TargetFile::again(&place, &path).expect("it is there");
    assert_eq!(fs::read(&place.path)?, b"some");
    again.finish(KEPT)?;
    assert_eq!(fs::read(&path)?, b"some");
    assert_eq!(count(folder.path())?, 1);
    Ok(())
}

#[test]
fn what_is_not_kept_goes_with_whoever_writes_it() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("file");
    drop(TargetFile::create(&path)?);
    assert_eq!(count(folder.path())?, 0);
    TargetFile::create(&path)?.remove()?;
    TargetFile::create(&path)?.keep()?.remove()?;
    assert_eq!(count(folder.path())?, 0);
    assert!(TargetFile::create(&folder.path().join("none").join("file")).is_err());
    Ok(())
}

#[test]
fn a_place_that_is_damaged_is_none() {
    let good = || json!({"path": "/some/where", "device": "1", "inode": "2"});
    assert!(KeptPlace::of_json(&good()).is_some());
    // Where files have no numbers.
    assert!(KeptPlace::of_json(&json!({"path": "/some/where"})).is_some());
    for wrong in [Value::Null, json!(7), json!("/some/where"), json!([]), json!({})] {
        assert_eq!(KeptPlace::of_json(&wrong), None, "{wrong}");
    }
    for (name, wrong) in [
        ("path", Value::Null),
        ("path", json!(7)),
        ("device", json!(1)),
        ("device", json!("-1")),
        ("inode", json!("x")),
        ("inode", json!("18446744073709551616")),
        ("inode", json!({})),
    ] {
        let mut damaged = good();
        damaged[name] = wrong;
        assert_eq!(KeptPlace::of_json(&damaged), None, "{damaged}");
    }
}

#[test]
fn a_record_is_no_reason_to_touch_anything_else() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("file");
    fs::write(&path, "of somebody")?;
    fs::create_dir(folder.path().join(".crypto-envelope-folder.partial"))?;
    fs::create_dir(folder.path().join("below"))?;
    fs::write(folder.path().join("below/.crypto-envelope-x.partial"), "of somebody")?;
    let real = folder.path().canonicalize()?;
    for name in [
        "file",
        "none",
        ".crypto-envelope-folder.partial",
        "below/.crypto-envelope-x.partial",
        "below/../file",
        "",
    ] {
        let place = KeptPlace { path: real.join(name), device: None, inode: None };
        assert!(TargetFile::again(&place, &path).is_none(), "{name}");
        TargetFile::remove_left(&place, &path)?;
    }
    assert_eq!((count(folder.path())?, count(&folder.path().join("below"))?), (3, 1));
    Ok(())
}

#[test]
fn a_file_that_is_there_is_replaced_or_not() -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("file");
    let written = |text: &str| -> io::Result<TargetFile> {
        let file = TargetFile::create(&path)?;
        file.file().write_all(text.as_bytes())?;
        Ok(file)
    };
    written("first")?.finish(KEPT)?;
    let refused = written("second")?.finish(KEPT).expect_err("there is one");
    assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
    assert!(refused.to_string().contains("file"), "{refused}");
    assert_eq!((fs::read_to_string(&path)?.as_str(), count(folder.path())?), ("first", 1));
    written("third")?.finish(REPLACED)?;
    assert_eq!((fs::read_to_string(&path)?.as_str(), count(folder.path())?), ("third", 1));
    // What can be gone on with stays where it is.
    let file = written("fourth")?;
    let place = file.place()?.expect("it is our own");
    let refused = file.keep()?.finish(KEPT).expect_err("there is one");
    assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(&path)?, "third");
    TargetFile::again(&place, &path).expect("it is there").finish(REPLACED)?;
    assert_eq!((fs::read_to_string(&path)?.as_str(), count(folder.path())?), ("fourth", 1));
    Ok(())
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> io::Result<u32> {
        Ok(fs::metadata(path)?.permissions().mode() & 0o777)
    }

    #[test]
    fn what_nobody_goes_on_with_is_removed_all_the_same() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("file");
        let place = kept(&path)?;
        // As programs for backups do.
        fs::hard_link(&place.path, folder.path().join("backup"))?;
        assert!(TargetFile::again(&place, &path).is_none());
        TargetFile::remove_left(&place, &path)?;
        assert!(!place.path.exists());
        // Another file of the name is not.
        fs::hard_link(folder.path().join("backup"), &path)?;
        fs::write(&place.path, "of somebody")?;
        fs::hard_link(&place.path, folder.path().join("other"))?;
        TargetFile::remove_left(&place, &path)?;
        assert!(place.path.exists());
        Ok(())
    }

    #[test]
    fn what_others_could_have_written_is_not_gone_on_with() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("file");
        for open in [0o640, 0o604, 0o620, 0o666] {
            let place = kept(&path)?;
            fs::set_permissions(&place.path, fs::Permissions::from_mode(open))?;
            assert!(TargetFile::again(&place, &path).is_none(), "{open:o}");
            // Somebody else's of the name stays.
            let aside = folder.path().join("aside");
            fs::rename(&place.path, &aside)?;
            fs::write(&place.path, "of somebody")?;
            fs::set_permissions(&place.path, fs::Permissions::from_mode(open))?;
            TargetFile::remove_left(&place, &path)?;
            assert_eq!(fs::read_to_string(&place.path)?, "of somebody", "{open:o}");
            // And ours goes.
            fs::rename(&aside, &place.path)?;
            TargetFile::remove_left(&place, &path)?;
            assert_eq!(count(folder.path())?, 0, "{open:o}");
        }
        Ok(())
    }

    /// As one that comes back from a backup, or from before a restart that numbers devices anew: whoever goes on
    /// compares what is in it.
    #[test]
    fn another_file_of_ours_in_its_place_is_taken() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("file");
        let (place, other) = (kept(&path)?, kept(&path)?);
        fs::rename(&other.path, &place.path)?;
        assert!(place.inode.is_some() && place.inode != other.inode);
        assert!(TargetFile::again(&place, &path).is_some());
        TargetFile::remove_left(&place, &path)?;
        assert_eq!(count(folder.path())?, 0);
        Ok(())
    }

    #[test]
    fn a_link_is_not_followed() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("file");
        let place = kept(&path)?;
        // Also not to what is ours.
        let ours = folder.path().join(".crypto-envelope-ours.partial");
        fs::rename(&place.path, &ours)?;
        symlink(&ours, &place.path)?;
        assert!(TargetFile::again(&place, &path).is_none());
        TargetFile::remove_left(&place, &path)?;
        assert_eq!(count(folder.path())?, 2);
        fs::remove_file(&ours)?;
        assert!(TargetFile::again(&place, &path).is_none());
        Ok(())
    }

    #[test]
    fn a_folder_that_is_reached_by_a_link_is_the_same() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let real = folder.path().join("real");
        fs::create_dir(&real)?;
        symlink(&real, folder.path().join("link"))?;
        let place = kept(&folder.path().join("link/file"))?;
        assert!(TargetFile::again(&place, &real.join("file")).is_some());
        assert!(TargetFile::again(&place, &folder.path().join("link/file")).is_some());
        Ok(())
    }

    #[test]
    fn it_is_for_its_owner_alone_until_it_is_complete() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("file");
        let usual = folder.path().join("usual");
        fs::write(&usual, "")?;
        for (permissions, expected) in
            [(Permissions::OwnerAlone, 0o600), (Permissions::Default, mode(&usual)?)]
        {
            for is_kept in [false, true] {
                let file = TargetFile::create(&path)?;
                file.file().write_all(b"some")?;
                let place = file.place()?.expect("it is our own");
                assert_eq!(mode(&place.path)?, 0o600);
                let file = if is_kept { file.keep()? } else { file };
                assert_eq!(mode(&place.path)?, 0o600);
                file.finish(Naming { existing: Existing::Overwritten, permissions })?;
                assert_eq!(mode(&path)?, expected, "{permissions:?} {is_kept}");
            }
        }
        // Nothing is left of what was made to look at the umask.
        assert_eq!(count(folder.path())?, 2);
        Ok(())
    }
}
