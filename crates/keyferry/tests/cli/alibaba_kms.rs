//! Keys in Alibaba Cloud KMS: which calls are made, and which are not.

use std::{collections::BTreeSet, error::Error, fs, io, os::unix::fs::PermissionsExt as _};

use crypto_envelope_testkit::fake::alibaba_instance::KeyKind;
use serde_json::Value;

use crate::{
    alibaba::{Alibaba, PASSWORD, SECRET},
    sandbox::{Ran, Sandbox, TestResult, mode_of},
};

/// Runs the program with access to `kms`.
fn run(sandbox: &Sandbox, kms: &Alibaba, arguments: &[&str]) -> io::Result<Ran> {
    sandbox.command(arguments).envs(kms.variables()).output().map(Ran::from)
}

/// A sandbox with a `ClientKey`.
pub(crate) fn with_client_key(kms: &Alibaba) -> Result<Sandbox, Box<dyn Error>> {
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

/// Runs `keyferry kms` at the OpenAPI.
fn openapi(sandbox: &Sandbox, kms: &Alibaba, arguments: &[&str]) -> io::Result<Ran> {
    let way = ["kms", "--endpoint", &kms.openapi.endpoint()];
    run_with_access_key(sandbox, kms, &[&way, arguments].concat())
}

/// Runs the program with access to both gateways.
fn run_with_access_key(sandbox: &Sandbox, kms: &Alibaba, arguments: &[&str]) -> io::Result<Ran> {
    let key = kms.openapi.access_key();
    let mut command = sandbox.command(arguments);
    command.envs(kms.variables()).env("ALIBABA_CLOUD_ACCESS_KEY_ID", key.id());
    command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", key.secret()).output().map(Ran::from)
}

/// Runs `keyferry kms` at the instance.
fn instance(sandbox: &Sandbox, kms: &Alibaba, arguments: &[&str]) -> io::Result<Ran> {
    let endpoint = kms.fake.endpoint();
    let way = ["kms", "--endpoint", &endpoint, "--client-key", "ck.json"];
    run(sandbox, kms, &[&way, arguments].concat())
}

fn openapi_operations(kms: &Alibaba) -> Vec<String> {
    kms.openapi.take_calls().into_iter().map(|call| call.operation).collect()
}

#[test]
fn a_long_list_is_read_to_its_end() -> TestResult {
    let (sandbox, kms) = (Sandbox::new()?, Alibaba::start()?);
    for _ in 0..250 {
        kms.openapi.create_key(KeyKind::Symmetric)?;
    }
    let listed = openapi(&sandbox, &kms, &["list"])?.expect(0)?;
    let listed = String::from_utf8(listed.stdout)?;
    assert_eq!(openapi_operations(&kms), ["ListKeys"; 3]);
    let keys: BTreeSet<_> = listed.lines().collect();
    assert_eq!(keys.len(), listed.lines().count());
    assert_eq!(keys.len(), 250 + kms.keys());
    assert!(keys.contains(&*kms.key));
    Ok(())
}

#[test]
fn a_data_key_is_asked_for_in_clear_only_if_it_is_wanted() -> TestResult {
    let kms = Alibaba::start()?;
    let sandbox = with_client_key(&kms)?;
    let wrapped = ["generate-data-key", &kms.key, "-f", "-o", "wrapped"];
    openapi(&sandbox, &kms, &wrapped)?.expect(0)?;
    assert_eq!(openapi_operations(&kms), ["GenerateDataKeyWithoutPlaintext"]);
    let both = [&wrapped[..], &["--plaintext-output", "key"]].concat();
    openapi(&sandbox, &kms, &both)?.expect(0)?;
    assert_eq!(openapi_operations(&kms), ["GenerateDataKey"]);
    assert_eq!(mode_of(&sandbox.work("key"))?, 0o600);
    openapi(&sandbox, &kms, &["decrypt", "wrapped", "-o", "again"])?.expect(0)?;
    assert_eq!(sandbox.read("again")?, sandbox.read("key")?);
    assert_eq!(mode_of(&sandbox.work("again"))?, 0o600);

    instance(&sandbox, &kms, &[&both[..], &["--bytes", "64"]].concat())?.expect(0)?;
    assert_eq!(sandbox.read("key")?.len(), 64);
    Ok(())
}

#[test]
fn a_place_that_cannot_be_had_costs_no_call() -> TestResult {
    let kms = Alibaba::start()?;
    let sandbox = with_client_key(&kms)?;
    for arguments in [
        &["get-secret-value", "login", "-o", "file"][..],
        &["generate-data-key", &kms.key, "-o", "file"],
        &["generate-data-key", &kms.key, "-o", "new", "--plaintext-output", "file"],
        &["encrypt", &kms.key, "file", "-o", "no/folder"],
    ] {
        openapi(&sandbox, &kms, arguments)?.expect(2)?;
        instance(&sandbox, &kms, arguments)?.expect(2)?;
    }
    assert!(openapi_operations(&kms).is_empty() && operations(&kms).is_empty());
    assert_eq!(
        (sandbox.read("file")?, sandbox.names()?),
        (b"text".to_vec(), vec!["ck.json".to_owned(), "file".to_owned()])
    );
    Ok(())
}

/// The context is bound, and the same on both roads.
#[test]
fn a_context_is_bound_on_both_gateways() -> TestResult {
    let kms = Alibaba::start()?;
    let sandbox = with_client_key(&kms)?;
    for call in [openapi, instance] {
        let encrypt = ["encrypt", &kms.key, "file", "-c", "a=b", "-c", "c=d", "-f", "-o", "blob"];
        call(&sandbox, &kms, &encrypt)?.expect(0)?;
        let open = |context: &[&str]| {
            call(&sandbox, &kms, &[&["decrypt", "blob", "-o", "-"], context].concat())
        };
        assert_eq!(open(&["-c", "c=d", "-c", "a=b"])?.expect(0)?.stdout, b"text");
        for context in [&[][..], &["-c", "a=b"], &["-c", "a=b", "-c", "c=e"]] {
            let refused = open(context)?.expect(1)?;
            assert!(refused.stdout.is_empty());
        }
    }
    Ok(())
}

#[test]
fn secrets_are_in_no_report() -> TestResult {
    let kms = Alibaba::start()?;
    let sandbox = with_client_key(&kms)?;
    for call in [openapi, instance] {
        let get = ["get-secret-value", "login", "--json", "-f", "-o"];
        let ran = call(&sandbox, &kms, &[&get[..], &["secret"]].concat())?.expect(0)?;
        let told = String::from_utf8(ran.stdout)? + &ran.stderr;
        assert!(told.contains("\"secret_name\":\"login\"") && !told.contains(SECRET), "{told}");
        assert_eq!(sandbox.read("secret")?, SECRET.as_bytes());
        // On standard output there is the secret alone, byte for byte.
        let ran = call(&sandbox, &kms, &[&get[..], &["-"]].concat())?.expect(0)?;
        assert_eq!(ran.stdout, SECRET.as_bytes());
        assert!(ran.stderr.contains("secret_name") && !ran.stderr.contains(SECRET));
    }
    Ok(())
}

#[test]
fn a_signature_is_of_the_hash_alone() -> TestResult {
    let kms = Alibaba::start()?;
    let sandbox = with_client_key(&kms)?;
    sandbox.write("file", vec![7; 1 << 20])?;
    let how = ["--algorithm", "RSA_PSS_SHA_256"];
    let sign = [&["sign", &kms.signing_key, "file", "-o", "signature"][..], &how].concat();
    openapi(&sandbox, &kms, &sign)?.expect(0)?;
    assert_eq!(openapi_operations(&kms), ["ListKeyVersions", "AsymmetricSign"]);
    let verify =
        [&["verify", &kms.signing_key, "--signature", "signature", "file"][..], &how].concat();
    instance(&sandbox, &kms, &verify)?.expect(0)?;
    sandbox.write("file", vec![7; (1 << 20) - 1])?;
    instance(&sandbox, &kms, &verify)?.expect(5)?;
    openapi(&sandbox, &kms, &verify)?.expect(5)?;
    Ok(())
}

#[test]
fn an_rsa_key_wraps_without_a_call_and_opens_by_either_gateway() -> TestResult {
    let kms = Alibaba::start()?;
    let sandbox = with_client_key(&kms)?;
    let key = kms.fake.create_key(KeyKind::Rsa2048Encrypt)?;
    let by_instance =
        format!("alibaba-kms-rsa:{key}?endpoint={}&client-key=ck.json", kms.fake.endpoint());
    let by_openapi = format!("alibaba-kms-rsa:{key}?endpoint={}", kms.openapi.endpoint());
    let decrypt = |sandbox: &Sandbox, provider: &str| -> TestResult {
        let decrypt = ["decrypt", "-f", "-p", provider, "file.encrypted"];
        run_with_access_key(sandbox, &kms, &decrypt)?.expect(0)?;
        Ok(())
    };

    run(&sandbox, &kms, &["encrypt", "-f", "-p", &by_instance, "file"])?.expect(0)?;
    assert_eq!(operations(&kms), ["GetPublicKey"]);
    decrypt(&sandbox, &by_openapi)?;
    run_with_access_key(&sandbox, &kms, &["encrypt", "-f", "-p", &by_openapi, "file"])?
        .expect(0)?;
    decrypt(&sandbox, &by_instance)?;
    assert_eq!(openapi_operations(&kms), ["AsymmetricDecrypt", "ListKeyVersions", "GetPublicKey"]);
    assert_eq!(operations(&kms), ["Decrypt"]);

    // From a machine that has only the public half.
    let told = openapi(&sandbox, &kms, &["get-public-key", "--json", &key])?.expect(0)?;
    let told: Value = serde_json::from_slice(&told.stdout)?;
    sandbox.write("public.pem", told["public_key"].as_str().ok_or("no key")?)?;
    let version = told["key_version_id"].as_str().ok_or("no version")?;
    let _ = openapi_operations(&kms);
    let offline = format!("alibaba-kms-rsa:{key}?version={version}&public-key=public.pem");
    sandbox.run(&["encrypt", "-f", "-p", &offline, "file"])?.expect(0)?;
    assert!(operations(&kms).is_empty() && openapi_operations(&kms).is_empty());
    decrypt(&sandbox, &by_instance)?;
    decrypt(&sandbox, &by_openapi)?;
    Ok(())
}

#[test]
fn the_openapi_opens_what_an_instance_wrapped_for_it() -> TestResult {
    let kms = Alibaba::start()?;
    let sandbox = with_client_key(&kms)?;
    let openapi = format!("alibaba-kms:{}?endpoint={}", kms.key, kms.openapi.endpoint());
    for (calls, code) in [("", 4), ("&calls=kms-1.0", 0)] {
        let key = provider(&kms) + calls;
        run(&sandbox, &kms, &["encrypt", "-f", "-p", &key, "file"])?.expect(0)?;
        let decrypt = ["decrypt", "-f", "-p", &openapi, "file.encrypted"];
        run_with_access_key(&sandbox, &kms, &decrypt)?.expect(code)?;
    }
    Ok(())
}
