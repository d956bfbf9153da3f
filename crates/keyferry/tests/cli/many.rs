//! Many files: folders, patterns, where results go, and what happens when some fail.

use std::{fs, os::unix::fs::symlink};

use serde_json::Value;

use crate::sandbox::{Ran, Sandbox, TestResult, mode_of, names_in};

/// `tree` with three files, one of them hidden.
fn tree() -> Result<Sandbox, Box<dyn std::error::Error>> {
    let sandbox = Sandbox::new()?;
    fs::create_dir_all(sandbox.work("tree/b/c"))?;
    sandbox.write("tree/a", "one")?;
    sandbox.write("tree/b/.hidden", "two")?;
    sandbox.write("tree/b/c/d", "three")?;
    Ok(sandbox)
}

fn records(stdout: &[u8]) -> Result<Vec<Value>, serde_json::Error> {
    std::str::from_utf8(stdout).unwrap_or_default().lines().map(serde_json::from_str).collect()
}

#[test]
fn a_folder_goes_there_and_back_in_place() -> TestResult {
    let sandbox = tree()?;
    sandbox.run(&["encrypt", "tree"])?.expect(2)?.says("--recursive")?;
    let ran = sandbox.run(&["encrypt", "-r", "tree"])?.expect(0)?;
    ran.says("encrypted 3, skipped 0, failed 0")?;
    for name in ["tree/a", "tree/b/.hidden", "tree/b/c/d"] {
        fs::remove_file(sandbox.work(name))?;
    }
    // Results of an earlier run are not encrypted again.
    let again = sandbox.run(&["encrypt", "-r", "tree"])?.expect(0)?;
    again.says("encrypted 0, skipped 3, failed 0")?;
    // And what is not encrypted is not decrypted.
    sandbox.write("tree/plain", "text")?;
    sandbox.run(&["decrypt", "-r", "tree"])?.expect(0)?.says("decrypted 3, skipped 1")?;
    assert_eq!(sandbox.read("tree/b/c/d")?, b"three");
    assert_eq!(names_in(&sandbox.work("tree/b"))?, [".hidden", ".hidden.encrypted", "c"]);
    Ok(())
}

#[test]
fn a_folder_goes_into_another_with_its_structure() -> TestResult {
    let sandbox = tree()?;
    let missing = sandbox.run(&["encrypt", "-r", "tree", "-o", "out"])?.expect(2)?;
    missing.says("out is not a folder")?;
    fs::create_dir(sandbox.work("out"))?;
    fs::create_dir(sandbox.work("back"))?;
    sandbox.run(&["encrypt", "-r", "tree", "-o", "out"])?.expect(0)?;
    sandbox.run(&["decrypt", "-r", "out", "-o", "back"])?.expect(0)?;
    assert_eq!(names_in(&sandbox.work("out/b"))?, [".hidden.encrypted", "c"]);
    assert_eq!(sandbox.read("back/b/c/d")?, b"three");
    assert_eq!(mode_of(&sandbox.work("back/b/c/d"))?, 0o600);
    // The results of the next run would contain those of this one.
    for output in ["tree", "tree/b"] {
        let within = sandbox.run(&["encrypt", "-r", "tree", "-o", output])?.expect(2)?;
        within.says("would be read as part of tree")?;
    }
    Ok(())
}

#[test]
fn patterns_are_expanded() -> TestResult {
    let sandbox = tree()?;
    for name in ["x1.log", "x2.log", "x3.txt", ".x4.log", "[odd].log"] {
        sandbox.write(name, name)?;
    }
    let ran = sandbox.run(&["encrypt", "--json", "x*.log"])?.expect(0)?;
    let inputs: Vec<_> = records(&ran.stdout)?.iter().map(|r| r["input"].to_string()).collect();
    assert_eq!(inputs, ["\"x1.log\"", "\"x2.log\""]);
    sandbox.run(&["encrypt", "tree/**/d"])?.expect(0)?;
    assert!(sandbox.work("tree/b/c/d.encrypted").exists());
    sandbox.run(&["encrypt", "*.nothing"])?.expect(2)?.says("nothing matches *.nothing")?;
    sandbox.run(&["encrypt", "x[.log"])?.expect(2)?.says("is not a pattern")?;
    // A file that has such a name is meant literally.
    sandbox.run(&["encrypt", "[odd].log"])?.expect(0)?;
    assert!(sandbox.work("[odd].log.encrypted").exists());
    Ok(())
}

#[test]
fn one_bad_file_does_not_stop_the_others() -> TestResult {
    let sandbox = tree()?;
    sandbox.run(&["encrypt", "-r", "tree"])?.expect(0)?;
    for name in ["tree/a", "tree/b/.hidden", "tree/b/c/d"] {
        fs::remove_file(sandbox.work(name))?;
    }
    sandbox.write("tree/a.encrypted", "garbage")?;
    let ran = sandbox.run(&["decrypt", "-r", "--json", "tree"])?.expect(3)?;
    let records = records(&ran.stdout)?;
    let statuses: Vec<_> = records.iter().map(|record| record["status"].as_str()).collect();
    assert_eq!(statuses, [Some("failed"), Some("done"), Some("done")]);
    assert_eq!(records[0]["exit_code"], 5);
    assert!(records[0]["error"].as_str().is_some_and(|e| e.contains("not an encrypted message")));
    ran.says("tree/a.encrypted: ")?.says("1 of 3 files failed")?;
    assert_eq!(sandbox.read("tree/b/c/d")?, b"three");
    assert!(!sandbox.work("tree/a").exists());
    // If all fail alike, that is what the run failed of.
    sandbox.write("b.encrypted", "garbage")?;
    sandbox.run(&["decrypt", "tree/a.encrypted", "b.encrypted"])?.expect(5)?.says("2 of 2")?;
    Ok(())
}

#[test]
fn links_and_devices_in_folders_are_not_followed() -> TestResult {
    let sandbox = tree()?;
    sandbox.write("secret", "not yours")?;
    symlink("../secret", sandbox.work("tree/link"))?;
    symlink("..", sandbox.work("tree/loop"))?;
    let ran = sandbox.run(&["encrypt", "-r", "tree"])?.expect(3)?;
    ran.says("tree/link is a link")?.says("tree/loop is a link")?.says("2 of 5 files failed")?;
    assert!(!sandbox.work("tree/link.encrypted").exists());
    // A link that is named is meant.
    sandbox.run(&["encrypt", "tree/link"])?.expect(0)?;
    sandbox.run(&["decrypt", "tree/link.encrypted", "-o", "back"])?.expect(0)?;
    assert_eq!(sandbox.read("back")?, b"not yours");
    Ok(())
}

#[test]
fn an_interrupted_run_goes_on() -> TestResult {
    let sandbox = tree()?;
    sandbox.run(&["encrypt", "tree/a"])?.expect(0)?;
    // What a crash leaves behind is no file of anybody's.
    sandbox.write("tree/.keyferry-x.partial", "half")?;
    let before = sandbox.read("tree/a.encrypted")?;
    let ran = sandbox.run(&["encrypt", "-r", "--skip-existing", "tree"])?.expect(0)?;
    ran.says("skipped tree/a: tree/a.encrypted exists already")?
        .says("encrypted 2, skipped 3, failed 0")?;
    assert_eq!(sandbox.read("tree/a.encrypted")?, before);
    assert!(!sandbox.work("tree/.keyferry-x.partial.encrypted").exists());
    let kept = sandbox.run(&["encrypt", "-r", "tree"])?.expect(2)?;
    kept.says("--skip-existing")?.says("3 of 3 files failed")?;
    sandbox.run(&["encrypt", "-r", "--force", "tree"])?.expect(0)?;
    assert_ne!(sandbox.read("tree/a.encrypted")?, before);
    Ok(())
}

#[test]
fn results_of_one_name_are_refused_before_any_work() -> TestResult {
    let sandbox = tree()?;
    for folder in ["other", "out"] {
        fs::create_dir(sandbox.work(folder))?;
    }
    sandbox.write("other/a", "four")?;
    let arguments = ["encrypt", "tree/a", "other/a", "-o", "out"];
    sandbox.run(&arguments)?.expect(2)?.says("would both become out/a.encrypted")?;
    assert!(names_in(&sandbox.work("out"))?.is_empty());
    sandbox
        .run(&["encrypt", "tree/a", "other/a", "-o", "-"])?
        .expect(2)?
        .says("several results")?;
    sandbox.run(&["encrypt", "-", "tree/a"])?.expect(2)?.says("standard input together")?;
    sandbox.pipe(&["encrypt", "-o", "out"], b"x")?.expect(2)?.says("standard input has no name")?;
    Ok(())
}

#[test]
fn suffixes_can_be_chosen() -> TestResult {
    let sandbox = tree()?;
    sandbox.run(&["encrypt", "-r", "--suffix", ".kf", "tree"])?.expect(0)?;
    assert!(sandbox.work("tree/b/c/d.kf").exists());
    sandbox.run(&["decrypt", "tree/a.kf"])?.expect(2)?.says("does not end in .encrypted")?;
    fs::create_dir(sandbox.work("back"))?;
    sandbox.run(&["decrypt", "-r", "--suffix", ".kf", "tree", "-o", "back"])?.expect(0)?;
    assert_eq!(sandbox.read("back/b/.hidden")?, b"two");
    sandbox.run(&["encrypt", "--suffix", "/x", "tree/a"])?.expect(2)?.says("holds a slash")?;

    // Without a suffix the names stay, so results go elsewhere, or replace what they came from.
    fs::create_dir(sandbox.work("same"))?;
    sandbox.run(&["encrypt", "--suffix", "", "tree/a"])?.expect(2)?.says("exists already")?;
    sandbox.run(&["encrypt", "--suffix", "", "tree/a", "-o", "same"])?.expect(0)?;
    sandbox.run(&["decrypt", "--suffix=", "-f", "same/a"])?.expect(0)?;
    assert_eq!(sandbox.read("same/a")?, b"one");
    Ok(())
}

#[test]
fn metadata_is_written_as_lines() -> TestResult {
    let sandbox = tree()?;
    let run = |arguments: &[&str]| {
        let options = ["encrypt", "-r", "-f", "--metadata-output", "log", "tree"];
        sandbox.run(&[&options, arguments].concat())
    };
    run(&["-c", "tenant=blue"])?.expect(0)?;
    let first = records(&sandbox.read("log")?)?;
    assert_eq!(first.len(), 3);
    assert_eq!(first[0]["operation"], "encrypt");
    assert_eq!(first[0]["status"], "done");
    assert_eq!(first[0]["input"], "tree/a");
    assert_eq!(first[0]["output"], "tree/a.encrypted");
    assert_eq!(first[0]["context"]["tenant"], "blue");
    run(&["--quiet"])?.expect(0)?;
    let statuses = |records: &[Value], status| {
        records.iter().filter(|record| record["status"] == status).count()
    };
    let both = records(&sandbox.read("log")?)?;
    assert_eq!((statuses(&both, "done"), statuses(&both, "skipped")), (6, 3));
    run(&["--overwrite-metadata"])?.expect(0)?;
    assert_eq!(records(&sandbox.read("log")?)?.len(), 6);
    let itself = ["decrypt", "tree/a.encrypted", "-f", "--metadata-output", "tree/a"];
    sandbox.run(&itself)?.expect(2)?.says("is in use by this run")?;
    assert_eq!(sandbox.read("tree/a")?, b"one");
    let nowhere = ["encrypt", "-f", "tree/a", "--metadata-output", "no/such/log"];
    sandbox.run(&nowhere)?.expect(1)?.says("cannot write no/such/log")?;
    Ok(())
}

#[test]
fn several_files_can_be_inspected() -> TestResult {
    let sandbox = tree()?;
    sandbox.run(&["encrypt", "-r", "tree"])?.expect(0)?;
    let files = ["inspect", "--json", "tree/a.encrypted", "tree/b/c/*.encrypted", "tree/a"];
    let ran = sandbox.run(&files)?.expect(3)?;
    let inputs: Vec<_> = records(&ran.stdout)?.iter().map(|r| r["input"].to_string()).collect();
    assert_eq!(inputs, ["\"tree/a.encrypted\"", "\"tree/b/c/d.encrypted\""]);
    ran.says("tree/a: ")?.says("1 of 3 files failed")?;

    symlink("a.encrypted", sandbox.work("tree/link"))?;
    for name in ["tree/a", "tree/b/.hidden", "tree/b/c/d"] {
        fs::remove_file(sandbox.work(name))?;
    }
    let ran = sandbox.run(&["inspect", "-r", "--json", "tree"])?.expect(3)?;
    assert_eq!(records(&ran.stdout)?.len(), 3);
    ran.says("tree/link is a link")?.says("1 of 4 files failed")?;
    Ok(())
}

/// What a run that comes to nothing has to say replaces no earlier records, and no record is lost
/// under a result.
#[test]
fn metadata_of_earlier_runs_is_not_lost_by_mistake() -> TestResult {
    let sandbox = tree()?;
    sandbox.write("log", "earlier\n")?;
    let overwrite = ["--metadata-output", "log", "--overwrite-metadata"];
    let usage = [&["encrypt", "nowhere*"], &overwrite[..]].concat();
    sandbox.run(&usage)?.expect(2)?;
    assert_eq!(sandbox.read("log")?, b"earlier\n");
    for log in ["tree/a.encrypted", "./tree/../tree/a.encrypted"] {
        let clash = ["encrypt", "-f", "tree/a", "--metadata-output", log];
        sandbox.run(&clash)?.expect(2)?.says("is in use by this run")?;
        assert!(!sandbox.work(log).exists());
    }
    let no_key = ["encrypt", "--json", "-p", "raw-aes:nokey", "tree/a", "tree/b/c/d"];
    let ran = sandbox.run(&no_key)?.expect(4)?;
    let records = records(&ran.stdout)?;
    assert_eq!((records.len(), &records[0]["exit_code"]), (1, &4.into()));
    Ok(())
}

/// Nothing that is read, written or holds a key becomes a log, under whatever name.
#[test]
fn a_log_takes_the_place_of_nothing() -> TestResult {
    let sandbox = tree()?;
    let key = "07".repeat(32);
    sandbox.write_key("key", &key, 0o600)?;
    sandbox.run(&["keys", "create"])?.expect(0)?;
    let store = names_in(&sandbox.store().join("keys"))?;
    let stored = sandbox.store().join("keys").join(&store[0]);
    fs::hard_link(sandbox.work("tree/a"), sandbox.work("hard"))?;
    symlink("key", sandbox.work("link"))?;
    let stored = stored.display().to_string();
    let in_store = sandbox.store().join("log").display().to_string();
    for log in ["key", "link", "tree/a", "hard", &stored, &in_store] {
        let options = ["encrypt", "-f", "-p", "raw-aes:key", "tree/a"];
        let log = ["--overwrite-metadata", "--metadata-output", log];
        sandbox.run(&[&options[..], &log].concat())?.expect(2)?.says("is in use by this run")?;
    }
    assert_eq!(sandbox.read("key")?, key.as_bytes());
    assert_eq!(sandbox.read("tree/a")?, b"one");
    let result = fs::File::create(sandbox.work("result"))?;
    let options = ["encrypt", "tree/a", "-o", "-", "--metadata-output", "result"];
    let output = sandbox.command(&options).stdout(result).output()?;
    Ran::from(output).expect(2)?.says("is in use by this run")?;
    Ok(())
}

/// Leaving something out must be said.
#[test]
fn nothing_is_dropped_in_silence() -> TestResult {
    let sandbox = tree()?;
    fs::create_dir(sandbox.work("tree/.keyferry-x.partial"))?;
    sandbox.write("tree/.keyferry-x.partial/important", "four")?;
    sandbox.write("tree/.keyferry-y.partial", "half")?;
    sandbox.write("tree/.crypto-envelope-y.partial", "half")?;
    let ran = sandbox.run(&["encrypt", "-r", "--json", "tree"])?.expect(0)?;
    let records = records(&ran.stdout)?;
    let unfinished = records.iter().filter(|record| record["reason"] == "unfinished").count();
    let done = records.iter().filter(|record| record["status"] == "done").count();
    assert_eq!((unfinished, done), (2, 4));
    assert!(sandbox.work("tree/.keyferry-x.partial/important.encrypted").exists());
    Ok(())
}

#[test]
fn patterns_do_not_follow_links() -> TestResult {
    let sandbox = tree()?;
    sandbox.write("secret", "not yours")?;
    symlink("../secret", sandbox.work("tree/l"))?;
    symlink(".", sandbox.work("tree/loop"))?;
    let ran = sandbox.run(&["encrypt", "tree/?"])?.expect(2)?;
    ran.says("tree/b is a directory")?;
    let ran = sandbox.run(&["encrypt", "tree/[al]"])?.expect(3)?.says("tree/l is a link")?;
    ran.says("1 of 2 files failed")?;
    let ran = sandbox.run(&["encrypt", "-f", "tree/**/a"])?.expect(3)?;
    ran.says("tree/loop is a link")?.says("1 of 2 files failed")?;
    assert!(!sandbox.work("tree/l.encrypted").exists());
    // What stands in front of the pattern was named.
    symlink("tree", sandbox.work("named"))?;
    sandbox.run(&["encrypt", "-f", "named/[a]"])?.expect(0)?;
    Ok(())
}

#[test]
fn no_job_replaces_what_another_one_reads() -> TestResult {
    let sandbox = tree()?;
    for name in ["A", "B"] {
        fs::create_dir(sandbox.work(name))?;
    }
    sandbox.write("A/f", "one")?;
    sandbox.write("B/f.1", "two")?;
    let options = ["encrypt", "-f", "--suffix", ".1", "A/f", "B/f.1", "-o", "B"];
    sandbox.run(&options)?.expect(2)?.says("A/f would replace B/f.1")?;
    assert_eq!(sandbox.read("B/f.1")?, b"two");
    Ok(())
}

#[test]
fn a_link_is_not_the_result_of_an_earlier_run() -> TestResult {
    let sandbox = tree()?;
    symlink("nowhere", sandbox.work("tree/a.encrypted"))?;
    let ran = sandbox.run(&["encrypt", "--skip-existing", "tree/a"])?.expect(2)?;
    ran.says("is a link, and not the result of a run")?;
    Ok(())
}

#[test]
fn folders_of_plaintext_are_private() -> TestResult {
    let sandbox = tree()?;
    sandbox.run(&["encrypt", "-r", "tree"])?.expect(0)?;
    fs::create_dir(sandbox.work("back"))?;
    sandbox.run(&["decrypt", "-r", "tree", "-o", "back"])?.expect(0)?;
    assert_eq!(mode_of(&sandbox.work("back/b"))?, 0o700);
    assert_eq!(mode_of(&sandbox.work("back/b/c"))?, 0o700);
    assert_eq!(sandbox.read("back/b/c/d")?, b"three");
    Ok(())
}

/// `./` in front of a pattern must not lead to another file.
#[test]
fn patterns_may_begin_with_this_folder() -> TestResult {
    let sandbox = Sandbox::new()?;
    fs::create_dir_all(sandbox.work("sub/sub"))?;
    sandbox.write("sub/a.log", "wanted")?;
    sandbox.write("sub/sub/a.log", "other")?;
    for pattern in ["./sub/*.log", "sub/./*.log", "./s*/a.log", "././sub/[a].log"] {
        sandbox.run(&["encrypt", "-f", pattern])?.expect(0)?;
        let back = sandbox.run(&["decrypt", "sub/a.log.encrypted", "-o", "-"])?.expect(0)?;
        assert_eq!(back.stdout, b"wanted", "{pattern}");
        assert!(!sandbox.work("sub/sub/a.log.encrypted").exists(), "{pattern}");
        fs::remove_file(sandbox.work("sub/a.log.encrypted"))?;
    }
    Ok(())
}

/// A run over a pattern can be repeated, and its results are not taken for inputs.
#[test]
fn runs_over_patterns_go_on() -> TestResult {
    let sandbox = Sandbox::new()?;
    for name in ["a", "b"] {
        sandbox.write(name, name)?;
    }
    sandbox.run(&["encrypt", "a"])?.expect(0)?;
    let ran = sandbox.run(&["encrypt", "*", "--skip-existing"])?.expect(0)?;
    ran.says("encrypted 1, skipped 2, failed 0")?;
    assert_eq!(sandbox.names()?, ["a", "a.encrypted", "b", "b.encrypted"]);
    let ran = sandbox.run(&["decrypt", "-f", "*"])?.expect(0)?;
    ran.says("decrypted 2, skipped 2, failed 0")?;
    Ok(())
}

/// Devices and pipes hold nothing that could be lost.
#[test]
fn a_log_can_go_to_a_device_or_a_stream() -> TestResult {
    let sandbox = tree()?;
    let options = ["encrypt", "-f", "tree/a", "--overwrite-metadata", "--metadata-output"];
    sandbox.run(&[&options[..], &["/dev/null"]].concat())?.expect(0)?;
    let log = fs::File::create(sandbox.work("log"))?;
    let to_stderr = ["encrypt", "-f", "tree/a", "--metadata-output", "/dev/stderr"];
    let status = sandbox.command(&to_stderr).stderr(log).status()?;
    assert_eq!(status.code(), Some(0));
    assert!(String::from_utf8(sandbox.read("log")?)?.contains("\"status\":\"done\""));
    symlink("tree/nothing", sandbox.work("dangling"))?;
    let dangling = ["encrypt", "-f", "tree/a", "--metadata-output", "dangling"];
    sandbox.run(&dangling)?.expect(2)?.says("is in use by this run")?;
    assert!(!sandbox.work("tree/nothing").exists());
    Ok(())
}

/// Behind a link to a folder there may be files to decrypt, whatever it is called.
#[test]
fn a_linked_folder_is_missed_when_decrypting_too() -> TestResult {
    let sandbox = tree()?;
    sandbox.run(&["encrypt", "-r", "tree"])?.expect(0)?;
    fs::create_dir(sandbox.work("elsewhere"))?;
    symlink("../elsewhere", sandbox.work("tree/folder"))?;
    symlink("a", sandbox.work("tree/file"))?;
    let ran = sandbox.run(&["decrypt", "-r", "-f", "tree"])?.expect(3)?;
    ran.says("tree/folder is a link")?.says("1 of 4 files failed")?;
    sandbox.run(&["encrypt", "-f", "tree/a", "-o", "elsewhere"])?.expect(0)?;
    let ran = sandbox.run(&["decrypt", "-f", "tree/*/a.encrypted"])?.expect(2)?;
    ran.says("tree/folder is a link")?;
    Ok(())
}
