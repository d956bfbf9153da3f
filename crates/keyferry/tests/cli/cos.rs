//! Tencent COS as the tests see it: a fake, with objects of the vectors in it.

use std::{error::Error, fs, path::Path, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope_testkit::fake::tencent_cos::{FakeTencentCos, StoredObject};
use serde_json::Value;

use crate::sandbox::Sandbox;

/// A bucket with objects that the official SDKs have encrypted.
pub(crate) struct Cos {
    pub(crate) fake: FakeTencentCos,
    python_key: String,
    java_key: String,
}

impl Cos {
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        let fake = FakeTencentCos::start()?;
        fake.add_bucket(OTHER, fake.region());
        let (python, java) = (cases("aes-single.json")?, cases("java-crypto.json")?);
        let python = case(&python, "aes256-17")?;
        put(&fake, "python", python, &hex(&python["ciphertext"]["hex"])?);
        let rsa = cases("rsa-single.json")?;
        let rsa = case(&rsa, "rsa2048-oaep-sha1-17")?;
        put(&fake, "rsa", rsa, &hex(&rsa["ciphertext"]["hex"])?);
        let [described, apart, gcm] =
            ["java-aes-ctr-meta-desc-16", "java-aes-ctr-instr-16", "java-rsa-gcm-meta-1-bcprov"]
                .map(|id| case(&java, id));
        let (described, apart, gcm) = (described?, apart?, gcm?);
        let kms = case(&java, "java-kms-gcm-meta-16")?;
        for (key, object) in [("java", described), ("apart", apart), ("gcm", gcm), ("kms", kms)] {
            put(&fake, key, object, &BASE64.decode(text(&object["ciphertext_base64"])?)?);
        }
        let body = text(&apart["instruction_body"])?.as_bytes().to_vec();
        fake.put_object(fake.bucket(), "apart.instruction", StoredObject::new(body));
        fake.put_object(fake.bucket(), "plain", StoredObject::new("not encrypted"));
        let key = |object: &Value| text(&object["master_key_base64"]).map(str::to_owned);
        Ok(Self { python_key: key(python)?, java_key: key(described)?, fake })
    }

    /// For the environment of the program.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let key = self.fake.access_key();
        vec![
            ("COS_ENDPOINT", self.fake.endpoint()),
            ("COS_REGION", self.fake.region().to_owned()),
            ("COS_SECRET_ID", key.id().to_owned()),
            ("COS_SECRET_KEY", key.secret().to_owned()),
            ("AT", format!("cos://{}", self.fake.bucket())),
            ("OTHER", format!("cos://{OTHER}")),
            ("PYTHON_KEY", self.python_key.clone()),
            ("JAVA_KEY", self.java_key.clone()),
        ]
    }

    /// What differs from run to run, and what stands for it.
    pub(crate) fn names(&self) -> [(String, &'static str); 1] {
        [(self.fake.endpoint(), "ENDPOINT")]
    }

    /// The program, with the way to COS.
    pub(crate) fn command(&self, sandbox: &Sandbox, arguments: &[&str]) -> Command {
        let mut command = sandbox.command(arguments);
        command.envs(self.variables());
        command
    }

    /// An object in the bucket, as it is said.
    pub(crate) fn place(&self, key: &str) -> String {
        format!("cos://{}/{key}", self.fake.bucket())
    }

    /// What is stored.
    pub(crate) fn object(&self, key: &str) -> Result<StoredObject, String> {
        let found = self.fake.object(self.fake.bucket(), key);
        found.ok_or_else(|| format!("there is no object {key}"))
    }
}

fn put(fake: &FakeTencentCos, key: &str, case: &Value, body: &[u8]) {
    let mut object = StoredObject::new(body);
    for (name, value) in case["metadata"].as_object().into_iter().flatten() {
        object = object.with_header(name, value.as_str().unwrap_or_default());
    }
    fake.put_object(fake.bucket(), key, object);
}

fn cases(name: &str) -> Result<Value, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/tencent-cos");
    Ok(serde_json::from_slice(&fs::read(folder.join(name))?)?)
}

fn case<'v>(cases: &'v Value, id: &str) -> Result<&'v Value, Box<dyn Error>> {
    let found = cases["cases"].as_array().into_iter().flatten().find(|case| case["id"] == id);
    found.ok_or_else(|| format!("there is no case {id}").into())
}

fn text(value: &Value) -> Result<&str, Box<dyn Error>> {
    value.as_str().ok_or_else(|| "no text".into())
}

fn hex(value: &Value) -> Result<Vec<u8>, Box<dyn Error>> {
    let text = text(value)?;
    let digits = |at: usize| u8::from_str_radix(&text[at..at + 2], 16);
    Ok((0..text.len()).step_by(2).map(digits).collect::<Result<_, _>>()?)
}

const OTHER: &str = "otherbucket-1250000000";
