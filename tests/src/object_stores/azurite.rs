//! Azure Blob Storage, as Microsoft's emulator has it.

use std::{
    net::{Ipv4Addr, TcpStream},
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use object_store::{
    azure::{
        AzureAccessKey, AzureAuthorizer, AzureCredential, MicrosoftAzure, MicrosoftAzureBuilder,
    },
    client::{HttpClient, HttpConnector, HttpRequest, ReqwestConnector},
};

use super::http_allowed;
use crate::{
    peer::prepared,
    server::{Launch, Launched, free_ports},
    vectors::Result,
};

/// <https://www.npmjs.com/package/azurite>. It ends when it is dropped, and when this process ends.
#[derive(Debug)]
pub struct Azurite {
    port: u16,
    containers: AtomicUsize,
    _launched: Launched,
}

impl Azurite {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    ///
    /// If `cargo xtask test` did not prepare it, or it does not start: with the end of its log.
    pub fn start() -> Result<Self> {
        let [port] = free_ports()?;
        let program = Path::new(&prepared("CRYPTO_ENVELOPE_AZURITE")?).join(PROGRAM);
        let mut launch = Launch::of("serve.py")?;
        launch.command.arg("node").arg(program).args(SETTINGS);
        launch.command.args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string()]);
        let is_ready = |_: &Launched| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        let launched = launch.start(is_ready).map_err(|reason| format!("Azurite {reason}"))?;
        Ok(Self { port, containers: AtomicUsize::new(0), _launched: launched })
    }

    /// A new container.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub async fn container(&self) -> Result<MicrosoftAzure> {
        let number = self.containers.fetch_add(1, Ordering::Relaxed);
        let name = format!("container-{number}");
        let account = format!("http://{}:{}/{ACCOUNT}", Ipv4Addr::LOCALHOST, self.port);
        create(&format!("{account}/{name}?restype=container")).await?;
        let builder = MicrosoftAzureBuilder::new()
            .with_endpoint(account)
            .with_account(ACCOUNT)
            .with_access_key(KEY)
            .with_container_name(name)
            .with_client_options(http_allowed());
        Ok(builder.build()?)
    }
}

/// The store has no such request.
async fn create(container: &str) -> Result<()> {
    let mut request = HttpRequest::new(Vec::new().into());
    *request.method_mut() = "PUT".parse()?;
    *request.uri_mut() = container.parse()?;
    let key = AzureCredential::AccessKey(AzureAccessKey::try_new(KEY)?);
    AzureAuthorizer::new(&key, ACCOUNT).try_authorize(&mut request)?;
    let client: HttpClient = ReqwestConnector::default().connect(&http_allowed())?;
    let status = client.execute(request).await?.status();
    if status.is_success() { Ok(()) } else { Err(format!("{container}: {status}").into()) }
}

const PROGRAM: &str = "azurite/dist/src/blob/main.js";
const SETTINGS: [&str; 4] =
    ["--inMemoryPersistence", "--silent", "--skipApiVersionCheck", "--disableTelemetry"];
/// Those that everybody has for it.
const ACCOUNT: &str = "devstoreaccount1";
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
