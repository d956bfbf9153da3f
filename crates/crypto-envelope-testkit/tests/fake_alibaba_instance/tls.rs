//! A client that trusts one CA.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
};

use crypto_envelope_testkit::fake::alibaba_instance::FakeAlibabaInstance;
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::client::Result;

/// Sends a request and reads until the connection is closed, as it must be in TLS.
pub(crate) fn send(kms: &FakeAlibabaInstance, ca_pem: &str, request: &[u8]) -> Result<Vec<u8>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes())?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let endpoint = kms.endpoint();
    let address = endpoint.strip_prefix("https://").ok_or("not https")?;
    let connection = ClientConnection::new(Arc::new(config), "127.0.0.1".try_into()?)?;
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address)?);
    stream.write_all(request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}
