//! Our encrypting client of Tencent COS and the vendor's for Python, in turns, against the fake COS of testkit in a
//! process of its own, without TLS: how fast objects come and go, and what that costs whoever does it.
//!
//! `tencent_cos PYTHON [TURNS [REPEATS]]`: a Python that has the SDK; 5 turns of 5 repeats are usual. Each client is a
//! process of its own for each measurement, and does it once before.

use std::{
    env,
    error::Error,
    fs,
    io::{self, BufRead, BufReader, Read},
    path::{self, Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Instant,
};

use crypto_envelope::{blocking, provider::RawAesProvider};
use crypto_envelope_benches::{compare::Column, processor};
use crypto_envelope_tencent_cos::{
    CosAesProvider, CosAesWrapping, CosBucket, CosClient, CosCredentials, CosEncryptingClient,
    CosEndpoint, CosFormat, CosSettings, DecryptObject, EncryptObject, FileTransfer, ObjectKey,
};
use crypto_envelope_testkit::fake::tencent_cos::{AccessKey, FakeTencentCos};
use serde_json::{Value, json};
use tempfile::TempDir;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Bytes of an object.
const LENGTH: usize = 64 << 20;
const JOBS: [&str; 3] = ["put", "get", "upload-file"];
/// The vendor's format, and the one that new objects have here.
const FORMATS: [CosFormat; 2] = [CosFormat::UnauthenticatedPythonAes, CosFormat::Message];
/// Of uploads of files. The vendor's client has one.
const WORKERS: usize = 8;
const AES_KEY: &str = "QKAOTd0UGE8zvzQQ58pxDICh+nXuIQN2gkSKYOUM0Eg=";

fn main() -> Outcome {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => serve(),
        ["client", configuration] => Client::new(&serde_json::from_str(configuration)?)?.measure(),
        [python, ref numbers @ ..] if numbers.len() <= 2 => {
            let number = |place: usize| numbers.get(place).map_or(Ok(5), |text| text.parse());
            bench(Path::new(python), number(0)?, number(1)?)
        }
        _ => Err("tencent_cos PYTHON [TURNS [REPEATS]]".into()),
    }
}

fn bench(python: &Path, turns: u32, repeats: u32) -> Outcome {
    let bench = Bench::new(python, repeats)?;
    println!(
        "| job | format | ratio | range | MB/s | SDK | CPU ratio | range | CPU ms a MB | SDK |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for job in JOBS {
        for format in FORMATS {
            let rows = bench.in_turns(job, format, turns)?;
            let rate = Column::new(rows.iter().map(|[ours, vendor]| (ours.rate, vendor.rate)));
            let cpu = Column::new(rows.iter().map(|[ours, vendor]| (ours.cpu, vendor.cpu)));
            println!(
                "| {job} | {format} | {} | {:.0} | {:.0} | {} | {:.2} | {:.2} |",
                rate.ratios(),
                rate.ours,
                rate.yardstick,
                cpu.inverted().ratios(),
                cpu.ours,
                cpu.yardstick,
            );
        }
    }
    Ok(())
}

struct Bench {
    server: Server,
    folder: TempDir,
    python: PathBuf,
    repeats: u32,
}

/// Of one run.
struct Measured {
    /// Megabytes of plaintext a second.
    rate: f64,
    /// Milliseconds of the client for each.
    cpu: f64,
}

impl Bench {
    fn new(python: &Path, repeats: u32) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("plaintext"), plaintext())?;
        // A link to Python is that of its environment.
        Ok(Self { server: Server::start()?, folder, python: path::absolute(python)?, repeats })
    }

    /// Neither is always the one that comes first.
    fn in_turns(&self, job: &str, format: CosFormat, turns: u32) -> Outcome<Vec<[Measured; 2]>> {
        let ours = || self.ours(job, format);
        let vendor = || self.vendor(job);
        if job == "get" {
            // Each reads what it wrote itself.
            Client::new(&self.configuration("put", format))?.work()?()?;
            Client::new(&self.configuration("put", FORMATS[0]))?.work()?()?;
        }
        let turn = |turn| {
            if turn % 2 == 0 {
                return Ok([ours()?, vendor()?]);
            }
            let vendor = vendor()?;
            Ok([ours()?, vendor])
        };
        (0..turns).map(turn).collect()
    }

    fn ours(&self, job: &str, format: CosFormat) -> Outcome<Measured> {
        let configuration = self.configuration(job, format);
        let mut command = Command::new(env::current_exe()?);
        command.arg("client").arg(configuration.to_string());
        self.measured(command, &configuration)
    }

    fn vendor(&self, job: &str) -> Outcome<Measured> {
        let configuration = self.configuration(job, FORMATS[0]);
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("vendor/tencent_cos.py");
        let mut command = Command::new(&self.python);
        command.arg(program).arg(configuration.to_string());
        self.measured(command, &configuration)
    }

    fn configuration(&self, job: &str, format: CosFormat) -> Value {
        let mut configuration = self.server.announcement.clone();
        configuration["job"] = json!(job);
        configuration["format"] = json!(format.name());
        configuration["ip"] = json!("127.0.0.1");
        configuration["aes_key"] = json!(AES_KEY);
        configuration["key"] = json!(format!("object-{}", format.name()));
        configuration["file"] = json!(self.folder.path().join("plaintext"));
        configuration["repeats"] = json!(self.repeats);
        configuration
    }

    /// What a program measured, which its last line says; if the object is what it has to be.
    fn measured(&self, mut command: Command, configuration: &Value) -> Outcome<Measured> {
        let ran = command.current_dir(self.folder.path()).stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8(ran.stdout)?;
        let said: Value = serde_json::from_str(text.lines().last().ok_or("it said nothing")?)?;
        let number = |name: &str| said[name].as_f64().ok_or_else(|| format!("no {name}: {said}"));
        Client::new(configuration)?.check()?;
        Ok(Measured {
            rate: megabytes() / number("seconds")?,
            cpu: number("cpu")? * 1e3 / megabytes(),
        })
    }
}

/// Our client.
struct Client {
    objects: CosEncryptingClient,
    job: String,
    key: ObjectKey,
    file: PathBuf,
    repeats: u32,
}

impl Client {
    fn new(configuration: &Value) -> Outcome<Self> {
        let text = |name: &str| configuration[name].as_str().ok_or(format!("no {name}"));
        let bucket = CosBucket::new(text("bucket")?)?;
        let endpoint = CosEndpoint::new(bucket, text("region")?)?.at_address(text("endpoint")?)?;
        let credentials = CosCredentials::new(text("secret_id")?, text("secret_key")?.as_bytes())?;
        let cos = CosClient::new(endpoint, credentials, &CosSettings::new())?;
        let key = CosAesProvider::key_of_text(text("aes_key")?)?;
        let client = if text("format")? == CosFormat::Message.name() {
            let provider = RawAesProvider::new("benches", "key", &key)?;
            CosEncryptingClient::builder(cos, Arc::new(provider))
        } else {
            let wrapping = CosAesWrapping::DangerPythonFixedKeystream;
            let provider = CosAesProvider::new(&key, wrapping)?;
            CosEncryptingClient::builder(cos, Arc::new(provider))
                .format(CosFormat::UnauthenticatedPythonAes)
        };
        Ok(Self {
            objects: client.parallel_parts(WORKERS).build()?,
            job: text("job")?.to_owned(),
            key: ObjectKey::new(text("key")?)?,
            file: text("file")?.into(),
            repeats: u32::try_from(configuration["repeats"].as_u64().unwrap_or(1))?,
        })
    }

    /// What does the job once.
    fn work(&self) -> Outcome<Box<dyn Fn() -> Outcome + '_>> {
        let object = EncryptObject::new(self.key.clone());
        Ok(match self.job.as_str() {
            "put" => {
                let plaintext = fs::read(&self.file)?;
                Box::new(move || {
                    blocking::wait(self.objects.put(object.clone(), &plaintext))?;
                    Ok(())
                })
            }
            "get" => Box::new(|| {
                let length = blocking::wait(self.read())?;
                if length == LENGTH { Ok(()) } else { Err(format!("{length} bytes").into()) }
            }),
            _ => Box::new(move || {
                let transfer = FileTransfer::new(&self.file);
                blocking::wait(self.objects.upload_file(object.clone(), transfer))?;
                Ok(())
            }),
        })
    }

    async fn read(&self) -> crypto_envelope::Result<usize> {
        let mut object = self.objects.get(DecryptObject::new(self.key.clone())).await?;
        let mut length = 0;
        while let Some(chunk) = object.chunk().await? {
            length += chunk.len();
        }
        Ok(length)
    }

    fn measure(&self) -> Outcome {
        let work = self.work()?;
        work()?;
        let (start, cpu) = (Instant::now(), processor::seconds());
        (0..self.repeats).try_for_each(|_| work())?;
        let (seconds, cpu) = (start.elapsed().as_secs_f64(), processor::seconds() - cpu);
        let each = |all: f64| all / f64::from(self.repeats);
        println!("{}", json!({"seconds": each(seconds), "cpu": each(cpu)}));
        Ok(())
    }

    /// Whoever wrote it, it is the plaintext.
    fn check(&self) -> Outcome {
        let object = DecryptObject::new(self.key.clone());
        let found = blocking::wait(async { self.objects.get(object).await?.whole(LENGTH).await })?;
        if found == plaintext() { Ok(()) } else { Err("the object is another one".into()) }
    }
}

/// A fake COS, as the program `fake-cloud cos` starts one.
struct Server {
    announcement: Value,
    process: Child,
}

impl Server {
    fn start() -> Outcome<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.arg("serve").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let mut line = String::new();
        let stdout = process.stdout.take().ok_or("no output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        Ok(Self { announcement: serde_json::from_str(&line)?, process })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends with its input.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn serve() -> Outcome {
    let (id, secret) = ("AKIDBENCH", "not-secret");
    let key = AccessKey::new(id, secret);
    let cos = FakeTencentCos::builder().access_key(key).forget_calls().start()?;
    let announcement = json!({
        "endpoint": cos.endpoint(),
        "port": cos.port(),
        "bucket": cos.bucket(),
        "region": cos.region(),
        "secret_id": id,
        "secret_key": secret,
    });
    println!("{announcement}");
    io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// Every eight bytes are others, so that no part passes for another one.
fn plaintext() -> Vec<u8> {
    (0..LENGTH as u64 / 8).flat_map(u64::to_le_bytes).collect()
}

fn megabytes() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
    let megabytes = LENGTH as f64 / 1e6;
    megabytes
}
