//! Objects in COS as ends of `encrypt`, `decrypt` and `cp`.

use std::fs;

use crypto_envelope_testkit::{
    data,
    fake::tencent_cos::{StoredObject, lie},
};

use crate::{
    cos::Cos,
    sandbox::{Ran, Sandbox, TestResult, mode_of},
};

fn run(cos: &Cos, sandbox: &Sandbox, arguments: &[&str]) -> Result<Ran, std::io::Error> {
    Ok(Ran::from(cos.command(sandbox, arguments).output()?))
}

/// Through all formats that are written, with the keys that they take, and by all ways to get them.
#[test]
fn every_format_goes_there_and_back() -> TestResult {
    let (cos, sandbox) = (Cos::start()?, Sandbox::new()?);
    let text = data::plaintext(9 << 20, 1);
    sandbox.write("file", &text)?;
    sandbox.write_key("aes", "QKAOTd0UGE8zvzQQ58pxDICh+nXuIQN2gkSKYOUM0Eg=", 0o600)?;
    let pem = "../../tests/vectors/tencent-cos/keys/rsa2048.pkcs8.pem";
    let pem = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(pem);
    sandbox.write_key("rsa", fs::read(pem)?, 0o600)?;
    for (format, provider) in [
        ("unauthenticated-python-aes", "cos-aes:aes?wrapping=danger-python-fixed"),
        ("unauthenticated-python-aes-master-iv", "cos-aes:aes?wrapping=python-master-iv"),
        ("unauthenticated-python-rsa", "cos-rsa:rsa"),
        ("unauthenticated-java-ctr", "cos-aes:aes"),
        ("java-gcm", "cos-rsa:rsa?wrapping=java-bouncycastle"),
    ] {
        let place = cos.place("object");
        let encrypt =
            ["encrypt", "-f", "file", "-p", provider, "--cos-format", format, "--output", &place];
        run(&cos, &sandbox, &encrypt)?.expect(0)?;
        let accept = ["decrypt", &place, "-p", provider, "--cos-accept", format, "--output"];
        run(&cos, &sandbox, &[&accept[..], &["copy", "-f"]].concat())?.expect(0)?;
        assert!(sandbox.read("copy")? == text, "{format}");
        assert_eq!(mode_of(&sandbox.work("copy"))?, 0o600);
        let piped = run(&cos, &sandbox, &[&accept[..], &["-"]].concat())?.expect(0)?;
        assert!(piped.stdout == text, "{format}");
        run(&cos, &sandbox, &[&accept[..], &["copy", "-f", "--no-resume"]].concat())?.expect(0)?;
        assert!(sandbox.read("copy")? == text, "{format}");
        // Not without its name.
        let refused = run(&cos, &sandbox, &["decrypt", &place, "-p", provider, "-o", "other"])?;
        refused.expect(6)?.says("has to be accepted by name")?;
        assert!(!sandbox.work("other").exists());
    }
    Ok(())
}

/// From one object to another, in pipes, and in ranges.
#[test]
fn messages_go_everywhere() -> TestResult {
    let (cos, sandbox) = (Cos::start()?, Sandbox::new()?);
    let text = data::plaintext(20 << 20, 2);
    sandbox.write("file", &text)?;
    let [one, two, three] = ["one", "two", "three"].map(|key| cos.place(key));
    let stdin = fs::File::open(sandbox.work("file"))?;
    let piped = cos.command(&sandbox, &["encrypt", "--suite", "signed", "-o", &one]);
    Ran::from({ piped }.stdin(stdin).output()?).expect(0)?;
    run(&cos, &sandbox, &["decrypt", &one, "-o", &two])?.expect(0)?;
    assert!(cos.object("two")?.content == text);
    run(&cos, &sandbox, &["encrypt", &two, "-o", &three])?.expect(0)?;
    run(&cos, &sandbox, &["encrypt", &two, "-o", "two.encrypted"])?.expect(0)?;
    run(&cos, &sandbox, &["decrypt", "two.encrypted"])?.expect(0)?;
    assert!(sandbox.read("two")? == text);
    run(&cos, &sandbox, &["decrypt", "two.encrypted", "-f", "-o", &two])?.expect(0)?;
    assert!(cos.object("two")?.content == text);
    for (range, part) in
        [("5..9", &text[5..9]), ("-7", &text[text.len() - 7..]), ("..3", &text[..3])]
    {
        let ran =
            run(&cos, &sandbox, &["decrypt", &three, "--range", range, "-o", "-"])?.expect(0)?;
        assert_eq!(ran.stdout, part, "{range}");
    }
    let signed = run(&cos, &sandbox, &["decrypt", &one, "--range", "0..1", "-o", "-"])?;
    signed.expect(6)?.says("--danger-ignore-signature")?;
    // To a file a signed one need not be held.
    run(&cos, &sandbox, &["decrypt", &one, "-o", "signed"])?.expect(0)?;
    assert!(sandbox.read("signed")? == text);
    // A folder gets all.
    fs::create_dir(sandbox.work("folder"))?;
    sandbox.write("folder/a", "a")?;
    sandbox.write("folder/b", "b")?;
    run(&cos, &sandbox, &["encrypt", "-r", "folder", "-o", &cos.place("backup/")])?.expect(0)?;
    assert!(cos.object("backup/a.encrypted").is_ok() && cos.object("backup/b.encrypted").is_ok());
    Ok(())
}

/// Changed bytes are never given out, nor is anything left of them.
#[test]
fn a_changed_message_is_refused_wherever_it_goes() -> TestResult {
    let (cos, sandbox) = (Cos::start()?, Sandbox::new()?);
    sandbox.write("file", data::plaintext(10 << 20, 3))?;
    let (place, target) = (cos.place("object"), cos.place("target"));
    run(&cos, &sandbox, &["encrypt", "file", "-o", &place])?.expect(0)?;
    let mut stored = cos.object("object")?.content;
    let end = stored.len() - 1;
    for at in [300, end / 2, end] {
        stored[at] ^= 1;
        cos.fake.put_object(cos.fake.bucket(), "object", StoredObject::new(stored.clone()));
        for output in ["copy", "-", &target] {
            run(&cos, &sandbox, &["decrypt", &place, "-o", output])?.expect(5)?;
        }
        stored[at] ^= 1;
    }
    cos.fake.put_object(cos.fake.bucket(), "object", StoredObject::new(&stored[..end]));
    run(&cos, &sandbox, &["decrypt", &place, "-o", "copy"])?.expect(5)?;
    assert_eq!(sandbox.names()?, ["file"]);
    assert!(cos.object("target").is_err());
    assert!(cos.fake.uploads(cos.fake.bucket()).is_empty());
    Ok(())
}

/// What COS says of what it got is compared.
#[test]
fn damage_on_the_way_is_noticed() -> TestResult {
    let (cos, sandbox) = (Cos::start()?, Sandbox::new()?);
    sandbox.write("file", data::plaintext(20 << 20, 4))?;
    let place = cos.place("object");
    cos.fake.inject(lie::crc64("1").always().when(|called| called == "CompleteMultipartUpload"));
    run(&cos, &sandbox, &["cp", "file", &place])?.expect(5)?;
    cos.fake.clear_faults();
    run(&cos, &sandbox, &["cp", "-f", "file", &place])?.expect(0)?;
    cos.fake.inject(lie::flipped(17).times(1).when(|called| called == "GetObject"));
    run(&cos, &sandbox, &["cp", &place, "copy"])?
        .expect(5)?
        .says("COS has something else")?
        .says("try again")?;
    assert_eq!(sandbox.names()?, ["file"]);
    Ok(())
}
