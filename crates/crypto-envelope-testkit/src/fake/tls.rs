//! TLS for fakes: a CA of its own for each, and from it a certificate for 127.0.0.1.

use std::{fmt, io, sync::Arc};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivatePkcs8KeyDer},
};

/// What a server of others on this machine needs, for tests **without any security**.
#[non_exhaustive]
pub struct ServerCertificate {
    /// The CA that clients must trust, made for this certificate alone.
    pub ca_pem: String,
    /// The certificate of the server.
    pub certificate_pem: String,
    /// Its private key, in PKCS #8.
    pub private_key_pem: String,
}

impl ServerCertificate {
    /// One for these addresses and names.
    ///
    /// # Errors
    ///
    /// If one of them is none.
    pub fn generate(hosts: &[&str]) -> io::Result<Self> {
        let ca = Ca::generate()?;
        let (certificate, key) = ca.certify(hosts)?;
        Ok(Self {
            ca_pem: ca.certificate_pem,
            certificate_pem: certificate.pem(),
            private_key_pem: key.serialize_pem(),
        })
    }
}

impl fmt::Debug for ServerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCertificate")
            .field("ca_pem", &self.ca_pem)
            .field("certificate_pem", &self.certificate_pem)
            .finish_non_exhaustive()
    }
}

/// What clients must trust.
#[derive(Clone)]
pub(crate) struct Ca {
    pub(crate) certificate_pem: String,
    /// As DER of PKCS #8.
    pub(crate) private_key: Vec<u8>,
}

impl Ca {
    pub(crate) fn generate() -> io::Result<Self> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = Self::params()?.self_signed(&key).map_err(io::Error::other)?;
        Ok(Self { certificate_pem: certificate.pem(), private_key: key.serialize_der() })
    }

    /// A server with a certificate of this CA.
    pub(crate) fn acceptor(&self) -> io::Result<TlsAcceptor> {
        self.acceptor_for(&["127.0.0.1"])
    }

    /// A server with a certificate of this CA for these addresses and names.
    pub(crate) fn acceptor_for(&self, hosts: &[&str]) -> io::Result<TlsAcceptor> {
        let (certificate, key) = self.certify(hosts)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| {
                let chain = vec![certificate.der().clone()];
                config.with_no_client_auth().with_single_cert(chain, key.into())
            })
            .map_err(io::Error::other)?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn certify(&self, hosts: &[&str]) -> io::Result<(Certificate, KeyPair)> {
        let mut server = params("crypto-envelope-testkit", hosts)?;
        server.use_authority_key_identifier_extension = true;
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = server.signed_by(&key, &self.issuer()?).map_err(io::Error::other)?;
        Ok((certificate, key))
    }

    fn params() -> io::Result<CertificateParams> {
        let mut params = params("crypto-envelope-testkit CA", &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(params)
    }

    fn issuer(&self) -> io::Result<Issuer<'static, KeyPair>> {
        let key = PrivatePkcs8KeyDer::from(self.private_key.as_slice());
        let key = KeyPair::try_from(&key).map_err(io::Error::other)?;
        Ok(Issuer::new(Self::params()?, key))
    }
}

/// A certificate that an RSA key signs for itself, as DER. The key is DER of PKCS #8.
pub(crate) fn rsa_certificate(name: &str, private_key: &[u8]) -> io::Result<Vec<u8>> {
    let key = PrivatePkcs8KeyDer::from(private_key);
    let key = KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_RSA_SHA256);
    let key = key.map_err(io::Error::other)?;
    let certificate = params(name, &[])?.self_signed(&key).map_err(io::Error::other)?;
    Ok(certificate.der().to_vec())
}

impl fmt::Debug for Ca {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ca").field("certificate_pem", &self.certificate_pem).finish_non_exhaustive()
    }
}

fn params(name: &str, addresses: &[&str]) -> io::Result<CertificateParams> {
    let names = addresses.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}
