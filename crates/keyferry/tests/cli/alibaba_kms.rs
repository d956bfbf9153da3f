//! Keys in Alibaba Cloud KMS: which calls are made, and which are not.

use std::{error::Error, fs, io, os::unix::fs::PermissionsExt as _};

use serde_json::Value;

use crate::{
    alibaba::{Alibaba, PASSWORD},
    sandbox::{Ran, Sandbox, TestResult},
};

/// Runs the program with access to `kms`.
fn run(sandbox: &Sandbox, kms: &Alibaba, arguments: &[&str]) -> io::Result<Ran> {
    sandbox.command(arguments).envs(kms.variables()).output().map(Ran::from)
}

/// A sandbox with a `ClientKey`.
fn with_client_key(kms: &Alibaba) -> Result<Sandbox, Box<dyn Error>> {
    let sandbox = Sandbox::new()?;
    let variables = kms.variables();
    let path = variables.iter().find(|(name, _)| *name == "CLIENT_KEY").map(|(_, path)| path);
    sandbox.write_key("ck.json", fs::read(path.ok_or("no ClientKey")?)?, 0o600)?;
    sandbox.write("file", "text")?;
    Ok(sandbox)
}

fn provider(kms: &Alibaba) -> String {
    format!("alibaba-kms:{}?endpoint={}&client-key=ck.json", kms.key, kms.fake.endpoint())
}

fn operations(kms: &Alibaba) -> Vec<String> {
    kms.fake.take_calls().into_iter().map(|call| call.operation).collect()
}

#[test]
fn each_message_takes_one_call() -> TestResult {
    let kms = Alibaba::start()?;
    let sandbox = with_client_key(&kms)?;
    let key = provider(&kms);
    for (calls, [generating, opening]) in [
        ("", ["AdvanceGenerateDataKey", "AdvanceDecrypt"]),
        ("&calls=initial-version", ["GenerateDataKey", "Decrypt"]),
    ] {
        let key = key.clone() + calls;
        run(&sandbox, &kms, &["encrypt", "-f", "-p", &key, "file"])?.expect(0)?;
        assert_eq!(operations(&kms), [generating]);
        run(&sandbox, &kms, &["inspect", "file.encrypted"])?.expect(0)?;
        assert!(operations(&kms).is_empty());
        // Whatever calls were named: the message says which ones open it.
        run(&sandbox, &kms, &["decrypt", "-f", "-p", &provider(&kms), "file.encrypted"])?
            .expect(0)?;
        assert_eq!(operations(&kms), [opening]);
    }
    Ok(())
}

#[test]
fn a_client_key_that_others_can_read_is_not_used() -> TestResult {
    let kms = Alibaba::start()?;
    let sandbox = with_client_key(&kms)?;
    let encrypt = ["encrypt", "-f", "-p", &provider(&kms), "file"];
    for mode in [0o640, 0o604] {
        fs::set_permissions(sandbox.work("ck.json"), fs::Permissions::from_mode(mode))?;
        run(&sandbox, &kms, &encrypt)?.expect(6)?.says("chmod 600 ck.json")?;
    }
    fs::set_permissions(sandbox.work("ck.json"), fs::Permissions::from_mode(0o600))?;
    run(&sandbox, &kms, &encrypt)?.expect(0)?;
    Ok(())
}

/// One run asks for each file once: it may be a pipe.
#[test]
fn a_password_comes_from_a_file_or_the_environment_and_is_never_shown() -> TestResult {
    let kms = Alibaba::start()?;
    let sandbox = with_client_key(&kms)?;
    sandbox.write_key("password", format!("{PASSWORD}\n"), 0o600)?;
    sandbox.write_key("wrong", "other-Passw0rd!", 0o600)?;
    let with = |file: &str| format!("{}&password-file={file}", provider(&kms));
    let (right, wrong) = (with("password"), with("wrong"));
    let without_variable = |key: &str| {
        let mut command =
            sandbox.command(&["encrypt", "--json", "-f", "-p", key, "-p", key, "file"]);
        command.envs(kms.variables()).env_remove("ALIBABA_KMS_CLIENT_KEY_PASSWORD");
        command.output().map(Ran::from)
    };
    without_variable(&right)?.expect(0)?;
    for (ran, code) in [
        (without_variable(&provider(&kms))?, 4),
        (without_variable(&wrong)?, 2),
        (run(&sandbox, &kms, &["encrypt", "-f", "-p", &wrong, "file"])?, 2),
    ] {
        let ran = ran.expect(code)?;
        let said = ran.stderr + &String::from_utf8(ran.stdout)?;
        assert!(said.contains("password") && !said.contains("Passw0rd"), "{said}");
    }
    Ok(())
}

#[test]
fn inspect_names_the_key() -> TestResult {
    let kms = Alibaba::start()?;
    let sandbox = with_client_key(&kms)?;
    run(&sandbox, &kms, &["encrypt", "-p", &provider(&kms), "file"])?.expect(0)?;
    let inspected = sandbox.run(&["inspect", "--json", "file.encrypted"])?.expect(0)?;
    let claims: Value = serde_json::from_slice(&inspected.stdout)?;
    let key = &claims["encrypted_data_keys"][0];
    assert_eq!(
        (&key["provider_id"], &key["key_id"]),
        (&"alibaba-kms".into(), &kms.key.as_str().into())
    );
    Ok(())
}
