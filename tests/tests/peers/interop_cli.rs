//! aws-encryption-cli, the official tool, and keyferry read each other's files.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{AlgorithmSuite, EncryptionContext, provider::RsaPadding};
use crypto_envelope_testkit::data;
use crypto_envelope_tests::{
    interop::{Case, FRAME, Key, RSA_PADDINGS},
    keyferry::{Keyferry, succeed},
    peer,
    vectors::Result,
};
use serde_json::Value;
use tempfile::TempDir;

#[test]
fn files_of_the_official_tool_open_in_keyferry() -> Result<()> {
    let bench = Bench::new()?;
    for case in cases() {
        bench.encrypt_theirs(&case).map_err(|error| format!("{}: {error}", case.name()))?;
        bench.opens_in_keyferry(&case).map_err(|error| format!("{}: {error}", case.name()))?;
    }
    Ok(())
}

#[test]
fn files_of_keyferry_open_in_the_official_tool() -> Result<()> {
    let bench = Bench::new()?;
    for case in cases().into_iter().filter(can_write) {
        bench.encrypt_ours(&case).map_err(|error| format!("{}: {error}", case.name()))?;
        bench.opens_in_theirs(&case).map_err(|error| format!("{}: {error}", case.name()))?;
    }
    Ok(())
}

#[test]
fn each_of_several_keys_opens_alone() -> Result<()> {
    let bench = Bench::new()?;
    let case = Case { keys: several_keys(), ..signed() };
    let alone = |key: &Key| Case { keys: vec![key.clone()], ..case.clone() };
    bench.encrypt_theirs(&case)?;
    case.keys.iter().try_for_each(|key| bench.opens_in_keyferry(&alone(key)))?;
    bench.encrypt_ours(&case)?;
    case.keys.iter().try_for_each(|key| bench.opens_in_theirs(&alone(key)))
}

/// What keyferry writes, the official tool reads under each of its policies. What that one writes
/// without commitment, keyferry does not read unless it is told to.
#[test]
fn commitment_policies_agree() -> Result<()> {
    let bench = Bench::new()?;
    bench.encrypt_ours(&signed())?;
    for policy in POLICIES {
        let mut theirs = bench.decrypt_theirs("--decrypt", &signed())?;
        // The last one counts.
        theirs.args(["--commitment-policy", policy]);
        succeed(theirs)?;
    }
    for suite in AlgorithmSuite::ALL.iter().copied().filter(|suite| !suite.is_committing()) {
        let case = Case { suite, ..signed() };
        bench.encrypt_theirs(&case)?;
        let as_if_committing = bench.tool.decrypt(&signed(), &bench.message(), &bench.back())?;
        assert_eq!(exit_code(as_if_committing)?, Some(POLICY), "{suite}");
        bench.opens_in_keyferry(&case)?;
    }
    Ok(())
}

#[test]
fn base64_agrees() -> Result<()> {
    let bench = Bench::new()?;
    for length in [0, 1, 2, 100_000] {
        let case = Case { length, ..signed() };
        fs::write(bench.plain(), plaintext(&case))?;
        let mut ours = bench.tool.encrypt(&case, &bench.plain(), &bench.message())?;
        ours.arg("--encode");
        succeed(ours)?;
        let mut theirs = bench.decrypt_theirs("--decrypt", &case)?;
        theirs.arg("--decode");
        succeed(theirs)?;
        bench.is_back(&case)?;

        let mut theirs = bench.theirs("--encrypt", &case, &bench.plain(), &bench.message())?;
        theirs.args(["--suppress-metadata", "--encode"]);
        succeed(theirs)?;
        let mut ours = bench.tool.decrypt(&case, &bench.message(), &bench.back())?;
        ours.arg("--decode");
        succeed(ours)?;
        bench.is_back(&case)?;
    }
    Ok(())
}

#[test]
fn decrypt_unsigned_tells_our_files_apart() -> Result<()> {
    let bench = Bench::new()?;
    bench.encrypt_ours(&unsigned())?;
    succeed(bench.decrypt_theirs("--decrypt-unsigned", &unsigned())?)?;
    bench.encrypt_ours(&signed())?;
    let refused = succeed(bench.decrypt_theirs("--decrypt-unsigned", &signed())?);
    let reason = refused.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(reason.contains("Cannot decrypt signed message"), "{reason}");
    Ok(())
}

/// What opens in neither must not be counted as agreement.
#[test]
fn both_refuse_what_is_not_intact() -> Result<()> {
    let bench = Bench::new()?;
    for case in [unsigned(), signed()] {
        bench.encrypt_ours(&case)?;
        let message = fs::read(bench.message())?;
        let mut changed = message.clone();
        changed[message.len() - 1] ^= 1;
        for damaged in [&changed[..], &message[..message.len() - 1], &message[..200], &[]] {
            fs::write(bench.message(), damaged)?;
            bench.both_refuse(&case, INTEGRITY)?;
        }
    }
    Ok(())
}

#[test]
fn both_refuse_another_key_and_another_context() -> Result<()> {
    let bench = Bench::new()?;
    let case = unsigned();
    bench.encrypt_ours(&case)?;
    bench.both_refuse(&Case { keys: vec![Key::aes(16)], ..case.clone() }, DENIED)?;
    let context = EncryptionContext::from([("purpose", "another")]);
    bench.both_refuse(&Case { context, ..case }, POLICY)
}

#[test]
fn both_describe_a_header_alike() -> Result<()> {
    let bench = Bench::new()?;
    for case in [signed(), Case { keys: several_keys(), ..unsigned() }] {
        bench.encrypt_ours(&case)?;
        let ours: Value = serde_json::from_slice(&succeed(bench.tool.inspect(&bench.message()))?)?;
        let mut command = bench.theirs("--decrypt", &case, &bench.message(), &bench.back())?;
        command.args(["--metadata-output", "-"]);
        let theirs: Value = serde_json::from_slice(&succeed(command)?)?;
        assert_eq!(Description::of_ours(&ours), Description::of_theirs(&theirs["header"])?);
    }
    Ok(())
}

/// A folder in which both tools work.
struct Bench {
    folder: TempDir,
    tool: Keyferry,
    cli: OsString,
}

impl Bench {
    fn new() -> Result<Self> {
        let cli = peer::prepared("CRYPTO_ENVELOPE_AWS_ENCRYPTION_CLI")?;
        Ok(Self { folder: tempfile::tempdir()?, tool: Keyferry::build()?, cli })
    }

    fn plain(&self) -> PathBuf {
        self.folder.path().join("plain")
    }

    fn message(&self) -> PathBuf {
        self.folder.path().join("message")
    }

    fn back(&self) -> PathBuf {
        self.folder.path().join("back")
    }

    fn encrypt_theirs(&self, case: &Case) -> Result<()> {
        fs::write(self.plain(), plaintext(case))?;
        let mut command = self.theirs("--encrypt", case, &self.plain(), &self.message())?;
        command.args(["--commitment-policy", policy(case), "--algorithm", case.suite.name()]);
        command.args(["--frame-length", &case.frame_length.to_string(), "--suppress-metadata"]);
        succeed(command).map(drop)
    }

    fn encrypt_ours(&self, case: &Case) -> Result<()> {
        fs::write(self.plain(), plaintext(case))?;
        succeed(self.tool.encrypt(case, &self.plain(), &self.message())?).map(drop)
    }

    fn opens_in_theirs(&self, case: &Case) -> Result<()> {
        succeed(self.decrypt_theirs("--decrypt", case)?)?;
        self.is_back(case)
    }

    fn opens_in_keyferry(&self, case: &Case) -> Result<()> {
        succeed(self.tool.decrypt(case, &self.message(), &self.back())?)?;
        self.is_back(case)
    }

    /// Takes the plaintext away, so that an old one is not taken for the next.
    fn is_back(&self, case: &Case) -> Result<()> {
        let is_same = fs::read(self.back())? == plaintext(case);
        fs::remove_file(self.back())?;
        if is_same { Ok(()) } else { Err("another plaintext".into()) }
    }

    /// The official tool fails without an exit code if it is the context that does not fit: what it
    /// leaves behind tells more.
    fn both_refuse(&self, case: &Case, exit_code_of_ours: i32) -> Result<()> {
        let _ = exit_code(self.decrypt_theirs("--decrypt", case)?)?;
        assert!(!self.back().exists(), "theirs: {}", case.name());
        let ours = exit_code(self.tool.decrypt(case, &self.message(), &self.back())?)?;
        assert!(!self.back().exists(), "ours: {}", case.name());
        assert_eq!(ours, Some(exit_code_of_ours), "{}", case.name());
        Ok(())
    }

    fn decrypt_theirs(&self, mode: &str, case: &Case) -> Result<Command> {
        let mut command = self.theirs(mode, case, &self.message(), &self.back())?;
        command.args(["--suppress-metadata", "--commitment-policy", policy(case)]);
        Ok(command)
    }

    fn theirs(&self, mode: &str, case: &Case, input: &Path, output: &Path) -> Result<Command> {
        let keys = self.folder.path().join("keys.json");
        let requests: Value = case.keys.iter().map(Key::request).collect();
        fs::write(&keys, requests.to_string())?;
        let mut command = Command::new(&self.cli);
        command.env("CRYPTO_ENVELOPE_RAW_KEYS", keys).arg(mode);
        command.arg("--input").arg(input).arg("--output").arg(output);
        command.args(["--wrapping-keys", "provider=raw-keys"]);
        command.args(case.keys.iter().map(|key| format!("key={}", key.name())));
        if !case.context.is_empty() {
            command.arg("--encryption-context");
            command.args(case.context.iter().map(|(key, value)| format!("{key}={value}")));
        }
        Ok(command)
    }
}

/// Every suite; every size for one of each kind; every key and frame length for those of today.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for &suite in AlgorithmSuite::ALL {
        let case = Case { suite, ..unsigned() };
        cases.push(case.clone());
        if [0x0178, 0x0378, 0x0478, 0x0578].contains(&suite.id()) {
            let sizes = [0, 1, FRAME - 1, FRAME, 1 << 20];
            cases.extend(sizes.map(|length| Case { length, ..case.clone() }));
            // No frames at all, which keyferry only reads.
            cases.push(Case { frame_length: 0, ..case.clone() });
        }
        if suite.is_committing() {
            let keys = RSA_PADDINGS.map(Key::Rsa).into_iter().chain([Key::aes(16), Key::aes(24)]);
            cases.extend(keys.map(|key| Case { keys: vec![key], ..case.clone() }));
            let frame_lengths = [128, 64 << 10];
            let length = 200_000;
            cases.extend(frame_lengths.map(|frame_length| Case {
                frame_length,
                length,
                ..case.clone()
            }));
            cases.push(Case { context: EncryptionContext::new(), ..case });
        }
    }
    cases
}

fn unsigned() -> Case {
    Case {
        api: None,
        suite: AlgorithmSuite::Aes256GcmHkdfSha512CommitKey,
        keys: vec![Key::aes(32)],
        frame_length: FRAME,
        length: FRAME + 1,
        // Values cannot be empty on the command line of the official tool.
        context: EncryptionContext::from([("purpose", "interop"), ("Ω", "größe")]),
    }
}

fn signed() -> Case {
    Case { suite: AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384, ..unsigned() }
}

fn several_keys() -> Vec<Key> {
    vec![Key::aes(32), Key::Rsa(RsaPadding::OaepSha256), Key::aes(16)]
}

/// keyferry always writes frames.
fn can_write(case: &Case) -> bool {
    case.frame_length > 0
}

/// Under which the official tool writes and reads a suite.
fn policy(case: &Case) -> &'static str {
    if case.suite.is_committing() { POLICIES[0] } else { POLICIES[2] }
}

fn plaintext(case: &Case) -> Vec<u8> {
    data::plaintext(case.length, 1)
}

fn exit_code(mut command: Command) -> Result<Option<i32>> {
    Ok(command.output()?.status.code())
}

/// What both tools tell of a header.
#[derive(Debug, PartialEq)]
struct Description {
    suite: Value,
    frame_length: Value,
    message_id: Value,
    context: Value,
    /// Provider id and, in base64, provider info. The official tool keeps them in no order.
    keys: BTreeSet<(String, String)>,
}

impl Description {
    fn of_ours(header: &Value) -> Self {
        let keys = header["encrypted_data_keys"].as_array().into_iter().flatten();
        Self {
            suite: header["suite"]["name"].clone(),
            frame_length: header["frame_length"].clone(),
            message_id: header["message_id"].clone(),
            context: header["context"].clone(),
            keys: keys
                .map(|key| (text(&key["provider_id"]), text(&key["provider_info_base64"])))
                .collect(),
        }
    }

    fn of_theirs(header: &Value) -> Result<Self> {
        let keys = header["encrypted_data_keys"].as_array().into_iter().flatten();
        let keys = keys.map(|key| {
            let provider = &key["key_provider"];
            let id = String::from_utf8(BASE64.decode(text(&provider["provider_id"]))?)?;
            Ok((id, text(&provider["key_info"])))
        });
        let message_id = BASE64.decode(text(&header["message_id"]))?;
        let message_id: String = message_id.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            suite: header["algorithm"].clone(),
            frame_length: header["frame_length"].clone(),
            message_id: message_id.into(),
            context: header["encryption_context"].clone(),
            keys: keys.collect::<Result<_>>()?,
        })
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("?").to_owned()
}

/// The default comes first, the one under which it writes old suites last.
const POLICIES: [&str; 3] = [
    "require-encrypt-require-decrypt",
    "require-encrypt-allow-decrypt",
    "forbid-encrypt-allow-decrypt",
];
/// Exit codes of keyferry.
const DENIED: i32 = 4;
const INTEGRITY: i32 = 5;
const POLICY: i32 = 6;
