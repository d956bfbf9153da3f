//! The official Python SDK and this one share branch keys: in one table of DynamoDB, which moto plays, under keys of one KMS.

use std::time::Duration;

use crypto_envelope::{Decryptor, EncryptionContext, Encryptor, blocking};
use crypto_envelope_aws_kms::{
    AwsBranchKeyStore, AwsKmsHierarchyProvider, SdkConfig,
    aws_sdk_dynamodb::{
        Client,
        config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider},
    },
};
use crypto_envelope_testkit::fake::aws_kms::KeyKind;
use crypto_envelope_tests::{
    aws_kms::Kms,
    peer::Peer,
    server::{PythonServer, ServerProcess},
    vectors::Result,
};
use serde_json::{Value, json};

#[test]
fn each_reads_what_the_other_wrote_under_either_branch_key() -> Result<()> {
    let mut sides = Sides::start()?;
    let theirs = sides.they("create", json!({}))?["id"].as_str().ok_or("no id")?.to_owned();
    let ours = blocking::wait(sides.store.create())?;
    for id in [theirs, ours] {
        sides.agree(&id)?;
        let before = sides.we_write(&id)?;
        // Who makes a version is not who made the key, once.
        blocking::wait(sides.store.rotate(&id))?;
        sides.agree(&id)?;
        sides.they("rotate", json!({ "id": id }))?;
        sides.agree(&id)?;
        sides.they_read(&id, &before)?;
        sides.we_read(&id, &before)?;
    }
    Ok(())
}

#[test]
fn branch_keys_have_names_and_contexts() -> Result<()> {
    let mut sides = Sides::start()?;
    let context = EncryptionContext::from([("department", "Ω"), ("cost centre", "7")]);
    blocking::wait(sides.store.create_named("ours", &context))?;
    let custom = json!({ "department": "Ω", "cost centre": "7" });
    sides.they("create", json!({ "id": "theirs", "custom": custom }))?;
    for id in ["ours", "theirs"] {
        sides.agree(id)?;
        blocking::wait(sides.store.rotate(id))?;
        sides.agree(id)?;
        let again = blocking::wait(sides.store.create_named(id, &context));
        let again = again.expect_err("there is one").to_string();
        assert!(again.contains("is there already"), "{again}");
        assert!(sides.they("create", json!({ "id": id, "custom": custom })).is_err());
    }
    let nameless = blocking::wait(sides.store.create_named("third", &EncryptionContext::new()));
    assert!(nameless.is_err() && sides.they("create", json!({ "id": "third" })).is_err());
    Ok(())
}

/// To make a branch key and a version of it, both ask KMS for the same.
#[test]
fn both_ask_kms_for_the_same() -> Result<()> {
    let mut sides = Sides::start()?;
    drop(sides.kms.take_calls());
    let theirs = sides.they("create", json!({}))?["id"].as_str().ok_or("no id")?.to_owned();
    let they_create = sides.asked();
    let ours = blocking::wait(sides.store.create())?;
    assert_eq!(sides.asked(), they_create);
    sides.they("rotate", json!({ "id": theirs }))?;
    let they_rotate = sides.asked();
    blocking::wait(sides.store.rotate(&ours))?;
    assert_eq!(sides.asked(), they_rotate);
    Ok(())
}

#[test]
fn what_is_not_there_is_not_found() -> Result<()> {
    let sides = Sides::start()?;
    let refused = sides.we_write("nobody").expect_err("there is none").to_string();
    assert!(refused.contains("there is no branch:ACTIVE of the branch key"), "{refused}");
    let rotated = blocking::wait(sides.store.rotate("nobody")).expect_err("there is none");
    assert!(rotated.to_string().contains("there is no"), "{rotated}");
    Ok(())
}

/// KMS binds a branch key to the name of its store.
#[test]
fn another_logical_name_opens_nothing() -> Result<()> {
    let sides = Sides::start()?;
    let id = blocking::wait(sides.store.create())?;
    let other = sides.store_called("another")?;
    let provider = AwsKmsHierarchyProvider::new(other, &id, Duration::ZERO)?;
    let refused = blocking::wait(Encryptor::new(provider).encrypt(TEXT, &context()));
    assert!(refused.expect_err("it is bound").to_string().contains("kms:Decrypt"));
    let found = AwsBranchKeyStore::discovering(&sides.kms.clients, sides.client(), TABLE, LOGICAL);
    let provider = AwsKmsHierarchyProvider::new(found, &id, Duration::ZERO)?;
    blocking::wait(Encryptor::new(provider).encrypt(TEXT, &context()))?;
    Ok(())
}

struct Sides {
    kms: Kms,
    dynamodb: ServerProcess,
    arn: String,
    peer: Peer,
    store: AwsBranchKeyStore,
}

impl Sides {
    fn start() -> Result<Self> {
        let (kms, dynamodb) = (Kms::start()?, ServerProcess::start(PythonServer::MOTO)?);
        let arn = kms.fake.create_key(REGION, KeyKind::Symmetric)?;
        let peer = Peer::python_with_branch_keys(&kms.fake.endpoint(), &dynamodb.endpoint())?;
        let client = client(&dynamodb.endpoint());
        let store = AwsBranchKeyStore::new(&kms.clients, client, TABLE, LOGICAL, &arn)?;
        let mut sides = Self { kms, dynamodb, arn, peer, store };
        sides.they("create-table", json!({}))?;
        Ok(sides)
    }

    fn client(&self) -> Client {
        client(&self.dynamodb.endpoint())
    }

    fn store_called(&self, logical_name: &str) -> Result<AwsBranchKeyStore> {
        let (clients, client) = (&self.kms.clients, self.client());
        Ok(AwsBranchKeyStore::new(clients, client, TABLE, logical_name, &self.arn)?)
    }

    /// What they answer.
    fn they(&mut self, op: &str, mut request: Value) -> Result<Value> {
        let common = [("op", op), ("region", REGION), ("table", TABLE), ("logical_name", LOGICAL)];
        for (member, value) in common.into_iter().chain([("arn", self.arn.as_str())]) {
            request[member] = json!(value);
        }
        self.peer.ask(&request)
    }

    fn agree(&mut self, id: &str) -> Result<()> {
        let request = json!({ "id": id, "text": "for both", "context": { "tenant": "blue" } });
        let theirs = self.they("encrypt", request)?;
        self.we_read(id, &from_hex(&theirs["message"])?)?;
        let ours = self.we_write(id)?;
        self.they_read(id, &ours)
    }

    fn we_write(&self, id: &str) -> Result<Vec<u8>> {
        let encryptor = Encryptor::new(self.provider(id)?);
        Ok(blocking::wait(encryptor.encrypt(TEXT, &context()))?)
    }

    fn we_read(&self, id: &str, message: &[u8]) -> Result<()> {
        let opened =
            blocking::wait(Decryptor::new(self.provider(id)?).decrypt(message, &context()));
        assert_eq!(opened?.plaintext(), TEXT);
        Ok(())
    }

    fn they_read(&mut self, id: &str, message: &[u8]) -> Result<()> {
        let hex = message.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let answer = self.they("decrypt", json!({ "id": id, "message": hex }))?;
        assert_eq!(answer["text"], "for both");
        Ok(())
    }

    fn provider(&self, id: &str) -> Result<AwsKmsHierarchyProvider> {
        Ok(AwsKmsHierarchyProvider::new(self.store.clone(), id, Duration::from_mins(1))?)
    }

    /// For what KMS was asked since the last time, without what is another one each time.
    fn asked(&self) -> Vec<String> {
        self.kms.take_calls().iter().map(|call| essence(call).to_string()).collect()
    }
}

fn essence(call: &Value) -> Value {
    let mut call = call.clone();
    if let Some(request) = call["request"].as_object_mut() {
        request.retain(|_, value| *value != json!([]));
        for value in request.values_mut() {
            if let Some(context) = value.as_object_mut() {
                for (key, value) in context.iter_mut() {
                    match key.as_str() {
                        "branch-key-id" | "create-time" | "version" => *value = json!("another"),
                        "type" => *value = json!(kind(value.as_str().unwrap_or_default())),
                        _ => {}
                    }
                }
            }
        }
        if let Some(blob) = request.get_mut("CiphertextBlob") {
            *blob = json!("another");
        }
    }
    call
}

fn kind(text: &str) -> &str {
    if text.starts_with("branch:version:") { "branch:version" } else { text }
}

fn client(endpoint: &str) -> Client {
    let credentials = Credentials::new("test", "test", None, None, "tests");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    Client::new(&config)
}

fn from_hex(value: &Value) -> Result<Vec<u8>> {
    let hex = value.as_str().ok_or("no text")?;
    let bytes =
        (0..hex.len()).step_by(2).map(|place| u8::from_str_radix(&hex[place..place + 2], 16));
    Ok(bytes.collect::<Result<_, _>>()?)
}

fn context() -> EncryptionContext {
    EncryptionContext::from([("tenant", "blue")])
}

const TEXT: &[u8] = b"for both";
const REGION: &str = "us-east-1";
const TABLE: &str = "branch-keys";
const LOGICAL: &str = "logical name";
