//! AWS KMS as independent servers play it.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crypto_envelope_aws_kms::{
    AwsKmsArn, AwsKmsClients,
    aws_sdk_kms::{
        Client,
        error::{DisplayErrorContext, SdkError},
        types::{GrantOperation, KeySpec, KeyUsageType},
    },
};
use crypto_envelope_testkit::fake::aws_kms::{Call, FakeAwsKms};
use tokio::runtime::{Builder, Runtime};

use crate::{
    aws_kms::clients_for,
    server::{PythonServer, ServerProcess},
    vectors::Result,
};

/// Who plays KMS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the tests run on all of them")]
pub enum Server {
    /// The fake of testkit.
    Testkit,
    /// <https://pypi.org/project/moto>
    Moto,
    /// <https://pypi.org/project/ministack>
    Ministack,
}

/// What a server may do as AWS does it, beside symmetric keys under a context, aliases and grants:
/// all of them do that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the tests name them all")]
pub enum Ability {
    /// Nothing more.
    Basic,
    /// It finds out that a wrapped key was changed.
    NoticesChanges,
    /// `ReEncrypt`.
    ReEncrypt,
    /// RSA keys that encrypt as RSA keys do.
    Rsa,
    /// Keys on elliptic curves that agree with others.
    Ecdh,
    /// Replicas of multi-Region keys.
    MultiRegion,
    /// Keys that are disabled, or wait for their deletion, do not work.
    KeyStates,
}

impl Server {
    /// Whether it has the ability. Tests of those it lacks must fail there: this table is true.
    #[must_use]
    pub fn can(self, ability: Ability) -> bool {
        match self {
            Self::Testkit => true,
            // Its RSA keys are no RSA keys, a multi-Region key that was replicated works in neither
            // region, and keys in all states decrypt.
            Self::Moto => {
                matches!(ability, Ability::Basic | Ability::NoticesChanges | Ability::ReEncrypt)
            }
            // It masks data keys instead of encrypting them: nothing authenticates them. It knows no
            // ReEncrypt and no DeriveSharedSecret.
            Self::Ministack => {
                !matches!(ability, Ability::NoticesChanges | Ability::ReEncrypt | Ability::Ecdh)
            }
        }
    }
}

/// A running KMS, with clients for the providers to be tested and an administrator.
#[derive(Debug)]
pub struct Running {
    host: Host,
    clients: AwsKmsClients,
    /// Apart from the others, whose connections live in another runtime.
    administrator: AwsKmsClients,
    runtime: Runtime,
}

impl Running {
    /// Starts one without keys, or goes to one that other tests have running.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub fn start(server: Server) -> Result<Self> {
        let host = Host::start(server)?;
        let endpoint = host.endpoint();
        Ok(Self {
            host,
            clients: clients(&endpoint)?,
            administrator: clients(&endpoint)?,
            runtime: Builder::new_current_thread().enable_all().build()?,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.host.endpoint()
    }

    /// What the fake of testkit was asked for so far; no other server tells.
    #[must_use]
    pub fn calls(&self) -> Option<Vec<Call>> {
        match &self.host {
            Host::Testkit(fake) => Some(fake.calls()),
            Host::Process(_) => None,
        }
    }

    /// For the providers.
    #[must_use]
    pub fn clients(&self) -> &AwsKmsClients {
        &self.clients
    }

    /// The ARN of a new symmetric key.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub fn create_key(&self, region: &str) -> Result<String> {
        self.create(region, KeySpec::SymmetricDefault, Regions::One)
    }

    /// The ARN of a new symmetric key that can be replicated.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub fn create_multi_region_key(&self, region: &str) -> Result<String> {
        self.create(region, KeySpec::SymmetricDefault, Regions::Several)
    }

    /// The ARN of a new RSA key.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub fn create_rsa_key(&self, region: &str, spec: KeySpec) -> Result<String> {
        self.create(region, spec, Regions::One)
    }

    /// The ARN of a new key on an elliptic curve, which agrees with others.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub fn create_agreement_key(&self, region: &str, spec: KeySpec) -> Result<String> {
        self.create_for(KeyUsageType::KeyAgreement, region, spec, Regions::One)
    }

    /// The ARN of a new replica of a multi-Region key.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub fn replicate_key(&self, arn: &str, region: &str) -> Result<String> {
        let request = self.of_key(arn)?.replicate_key().key_id(id(arn)).replica_region(region);
        let metadata = self.wait(request.send())?.replica_key_metadata;
        Ok(metadata.and_then(|metadata| metadata.arn).ok_or("a replica without an ARN")?)
    }

    /// The ARN of a new alias (`alias/NAME`) of a key.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub fn create_alias(&self, name: &str, arn: &str) -> Result<String> {
        let request = self.of_key(arn)?.create_alias().alias_name(name).target_key_id(id(arn));
        self.wait(request.send())?;
        let key = AwsKmsArn::parse(arn)?;
        Ok(format!("arn:{}:kms:{}:{}:{name}", key.partition(), key.region(), key.account()))
    }

    /// The token of a new grant to use a key.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub fn grant(&self, arn: &str) -> Result<String> {
        let account = AwsKmsArn::parse(arn)?.account().to_owned();
        let request = self
            .of_key(arn)?
            .create_grant()
            .key_id(id(arn))
            .grantee_principal(format!("arn:aws:iam::{account}:role/reader"))
            .operations(GrantOperation::GenerateDataKey)
            .operations(GrantOperation::Encrypt)
            .operations(GrantOperation::Decrypt);
        Ok(self.wait(request.send())?.grant_token.ok_or("a grant without a token")?)
    }

    /// The public key of an RSA key, as `SubjectPublicKeyInfo` in DER.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub fn public_key(&self, arn: &str) -> Result<Vec<u8>> {
        let answer = self.wait(self.of_key(arn)?.get_public_key().key_id(id(arn)).send())?;
        Ok(answer.public_key.ok_or("no public key")?.into_inner())
    }

    /// Disables a key.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub fn disable_key(&self, arn: &str) -> Result<()> {
        self.wait(self.of_key(arn)?.disable_key().key_id(id(arn)).send()).map(drop)
    }

    /// Enables a key.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub fn enable_key(&self, arn: &str) -> Result<()> {
        self.wait(self.of_key(arn)?.enable_key().key_id(id(arn)).send()).map(drop)
    }

    /// Lets a key wait for its deletion.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub fn schedule_key_deletion(&self, arn: &str) -> Result<()> {
        let request = self.of_key(arn)?.schedule_key_deletion().key_id(id(arn));
        self.wait(request.pending_window_in_days(7).send()).map(drop)
    }

    fn create(&self, region: &str, spec: KeySpec, regions: Regions) -> Result<String> {
        self.create_for(KeyUsageType::EncryptDecrypt, region, spec, regions)
    }

    fn create_for(
        &self,
        usage: KeyUsageType,
        region: &str,
        spec: KeySpec,
        regions: Regions,
    ) -> Result<String> {
        let request = self
            .administrator
            .client(region)?
            .create_key()
            .key_spec(spec)
            .key_usage(usage)
            .multi_region(regions == Regions::Several);
        let metadata = self.wait(request.send())?.key_metadata;
        Ok(metadata.and_then(|metadata| metadata.arn).ok_or("a key without an ARN")?)
    }

    /// In the region of a key.
    fn of_key(&self, arn: &str) -> Result<Client> {
        Ok(self.administrator.client(AwsKmsArn::parse(arn)?.region())?)
    }

    fn wait<T, E>(&self, call: impl Future<Output = Result<T, SdkError<E>>>) -> Result<T>
    where
        SdkError<E>: std::error::Error,
    {
        let answer = self.runtime.block_on(call);
        answer.map_err(|error| DisplayErrorContext(error).to_string().into())
    }
}

/// Not every server takes a whole ARN everywhere.
fn id(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// Clients without retries, which would hide what a server does wrong at first.
fn clients(endpoint: &str) -> Result<AwsKmsClients> {
    Ok(clients_for(endpoint).max_attempts(1).build()?)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Regions {
    One,
    Several,
}

#[derive(Debug)]
enum Host {
    Testkit(FakeAwsKms),
    Process(Arc<ServerProcess>),
}

impl Host {
    fn start(server: Server) -> Result<Self> {
        Ok(match server {
            Server::Testkit => Self::Testkit(FakeAwsKms::start()?),
            Server::Moto => Self::Process(shared(&RUNNING_MOTO, PythonServer::MOTO)?),
            Server::Ministack => {
                Self::Process(shared(&RUNNING_MINISTACK, PythonServer::MINISTACK)?)
            }
        })
    }

    fn endpoint(&self) -> String {
        match self {
            Self::Testkit(fake) => fake.endpoint(),
            Self::Process(process) => process.endpoint(),
        }
    }
}

/// Tests that run at the same time have one server together; the last of them stops it.
fn shared(
    running: &Mutex<Weak<ServerProcess>>,
    server: PythonServer,
) -> Result<Arc<ServerProcess>> {
    let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(process) = running.upgrade() {
        return Ok(process);
    }
    let process = Arc::new(ServerProcess::start(server)?);
    *running = Arc::downgrade(&process);
    Ok(process)
}

static RUNNING_MOTO: Mutex<Weak<ServerProcess>> = Mutex::new(Weak::new());
static RUNNING_MINISTACK: Mutex<Weak<ServerProcess>> = Mutex::new(Weak::new());
