//! `keyferry bench kms` and the vendor's Python client, in turns, against the fake KMS instance in this
//! process, over TLS: what one machine can ask for, and what a call costs whoever makes it.
//!
//! `alibaba_kms KEYFERRY PYTHON [TURNS [SECONDS [CONCURRENCY]]]`: two programs; 5 turns of 4 seconds and 8 calls
//! at once are usual.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{self, Path, PathBuf},
    process::{Command, Stdio},
};

use crypto_envelope::provider::RsaKey;
use crypto_envelope_benches::compare::Column;
use crypto_envelope_testkit::fake::alibaba_instance::{FakeAlibabaInstance, KeyKind};
use serde_json::{Value, json};
use tempfile::TempDir;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const CASES: [&str; 5] = ["encrypt", "decrypt", "sign", "verify", "get-secret-value"];
/// Before each measurement.
const WARM_UP: &str = "1";

fn main() -> Outcome {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [keyferry, python, numbers @ ..] = &arguments[..] else {
        return Err("alibaba_kms KEYFERRY PYTHON [TURNS [SECONDS [CONCURRENCY]]]".into());
    };
    let number =
        |place: usize, usual: u32| numbers.get(place).map_or(Ok(usual), |text| text.parse());
    let bench = Bench::new(keyferry, python, number(1, 4)?, number(2, 8)?)?;
    println!("| call | ratio | range | a second | SDK | CPU ratio | range | CPU us | SDK |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for case in CASES {
        let rows = bench.in_turns(case, number(0, 5)?)?;
        let rate = Column::new(rows.iter().map(|[ours, vendor]| (ours.rate, vendor.rate)));
        let cpu = Column::new(rows.iter().map(|[ours, vendor]| (ours.cpu, vendor.cpu)));
        let cost = cpu.inverted();
        println!(
            "| {case} | {} | {:.0} | {:.0} | {} | {:.0} | {:.0} |",
            rate.ratios(),
            rate.ours,
            rate.yardstick,
            cost.ratios(),
            cpu.ours,
            cpu.yardstick,
        );
    }
    Ok(())
}

struct Bench {
    kms: FakeAlibabaInstance,
    folder: TempDir,
    keyferry: PathBuf,
    python: PathBuf,
    seconds: u32,
    concurrency: u32,
    keys: BTreeMap<&'static str, String>,
}

/// Of one run.
struct Measured {
    /// Calls that succeeded, in a second.
    rate: f64,
    /// Microseconds of the client for each call.
    cpu: f64,
}

impl Bench {
    fn new(keyferry: &str, python: &str, seconds: u32, concurrency: u32) -> Outcome<Self> {
        let kms = FakeAlibabaInstance::builder().tls().forget_calls().start()?;
        let pem = fs::read(vectors().join("rsa_public_key.pem"))?;
        kms.add_client_key(CLIENT_KEY, RsaKey::parse(&pem)?.public_key());
        kms.put_secret("secret", "value");
        let folder = tempfile::tempdir()?;
        let client_key = vectors().join("ClientKey_legacy_3des_3des.json");
        private(&folder.path().join("client-key.json"), fs::read(client_key)?)?;
        private(&folder.path().join("password"), PASSWORD)?;
        fs::write(folder.path().join("ca.pem"), kms.ca_pem().unwrap_or_default())?;
        let (symmetric, signing) =
            (kms.create_key(KeyKind::Symmetric)?, kms.create_key(KeyKind::Rsa2048Sign)?);
        let keys = CASES.map(|case| {
            let signs = ["sign", "verify"].contains(&case);
            (case, if signs { signing.clone() } else { symmetric.clone() })
        });
        // A link to Python is that of its environment.
        let (keyferry, python) = (path::absolute(keyferry)?, path::absolute(python)?);
        Ok(Self { kms, folder, keyferry, python, seconds, concurrency, keys: keys.into() })
    }

    /// Neither is always the one that comes first.
    fn in_turns(&self, case: &str, turns: u32) -> Outcome<Vec<[Measured; 2]>> {
        let turn = |turn| {
            if turn % 2 == 0 {
                return Ok([self.ours(case)?, self.vendor(case)?]);
            }
            let vendor = self.vendor(case)?;
            Ok([self.ours(case)?, vendor])
        };
        (0..turns).map(turn).collect()
    }

    fn ours(&self, case: &str) -> Outcome<Measured> {
        let (seconds, concurrency) = (self.seconds.to_string(), self.concurrency.to_string());
        let mut command = Command::new(&self.keyferry);
        command.args(["bench", "kms", "--json", "--case", case, "--warm-up", WARM_UP]);
        command.args(["--duration", &seconds, "--period", &seconds, "--concurrency", &concurrency]);
        command.args(["--endpoint", &self.kms.endpoint(), "--key-id", &self.keys[case]]);
        command.args(["--client-key", "client-key.json", "--password-file", "password"]);
        command.args(["--ca", "ca.pem", "--secret-name", "secret"]);
        self.measured(command)
    }

    fn vendor(&self, case: &str) -> Outcome<Measured> {
        let endpoint = self.kms.endpoint();
        let configuration = json!({
            "case": case,
            "endpoint": endpoint.trim_start_matches("https://"),
            "client_key_file": "client-key.json",
            "password": PASSWORD,
            "ca": "ca.pem",
            "key_id": self.keys[case],
            "secret_name": "secret",
            "data_size": 32,
            "concurrency": self.concurrency,
            "warm_up": WARM_UP.parse::<u32>()?,
            "duration": self.seconds,
        });
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("vendor/alibaba_kms.py");
        let mut command = Command::new(&self.python);
        command.arg(program).arg(configuration.to_string());
        self.measured(command)
    }

    /// What a program measured, which its last line says.
    fn measured(&self, mut command: Command) -> Outcome<Measured> {
        let ran = command.current_dir(self.folder.path()).stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8(ran.stdout)?;
        let said: Value = serde_json::from_str(text.lines().last().ok_or("it said nothing")?)?;
        if said["failed"] != 0 {
            return Err(format!("calls failed: {said}").into());
        }
        let number = |name: &str| said[name].as_f64().ok_or_else(|| format!("no {name}: {said}"));
        Ok(Measured { rate: number("per_second")?, cpu: number("cpu_us_per_call")? })
    }
}

/// A file that others cannot read.
fn private(path: &Path, content: impl AsRef<[u8]>) -> Outcome {
    fs::write(path, content)?;
    Ok(fs::set_permissions(path, Permissions::from_mode(0o600))?)
}

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/alibaba/clientkeys")
}

/// Of the test vectors.
const CLIENT_KEY: &str = "KAAP.dev-0001-clientkey";
const PASSWORD: &str = "dev-Passw0rd!";
