//! Two ways that cannot be taken for each other: a `ClientKey` leads to the gateway of its instance, an
//! access key to the OpenAPI.

use std::{
    env, fs, io,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
};

use crypto_envelope::{Error, SecretBytes};
use crypto_envelope_alibaba_kms::{
    AlibabaKmsInstance, AlibabaKmsOpenApi, AlibabaKmsSettings, ClientKey, openapi::Credentials,
};

use super::Gateway;
use crate::{
    failure::{Code, Failure},
    key_file,
};

/// What was said, each by its name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) endpoint: Option<String>,
    pub(crate) client_key: Option<PathBuf>,
    pub(crate) password_file: Option<PathBuf>,
    pub(crate) region: Option<String>,
    pub(crate) profile: Option<String>,
    pub(crate) ca: Option<PathBuf>,
}

/// A way to a gateway.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Way {
    leading: Leading,
    /// Whom to trust, if not whom the system does.
    ca: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Leading {
    ToInstance { endpoint: String, client_key: PathBuf, password_file: Option<PathBuf> },
    ToOpenApi { place: Place, profile: Option<String> },
}

/// Where the OpenAPI is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Endpoint(String),
    Region(String),
    /// In the region that is set beside the access key.
    OfAccessKey,
}

impl Said {
    /// The one way that this can mean.
    pub(crate) fn way(self) -> Result<Way, String> {
        let ca = self.ca;
        let leading = match self.client_key {
            Some(_) if self.region.is_some() || self.profile.is_some() => {
                return Err(
                    "client-key is for the gateway of an instance, region and profile are \
                            for the OpenAPI: it is one or the other"
                        .to_owned(),
                );
            }
            Some(client_key) => Leading::ToInstance {
                endpoint: self.endpoint.ok_or("where is the instance? endpoint says it")?,
                client_key,
                password_file: self.password_file,
            },
            None if self.password_file.is_some() => {
                return Err(
                    "password-file is that of a ClientKey, which client-key names".to_owned()
                );
            }
            None => Leading::ToOpenApi {
                place: Place::new(self.endpoint, self.region)?,
                profile: self.profile,
            },
        };
        Ok(Way { leading, ca })
    }
}

impl Place {
    fn new(endpoint: Option<String>, region: Option<String>) -> Result<Self, String> {
        match (endpoint, region) {
            (Some(_), Some(_)) => {
                Err("endpoint and region say both where the OpenAPI is".to_owned())
            }
            (Some(endpoint), None) => Ok(Self::Endpoint(endpoint)),
            (None, Some(region)) => check_region(&region).map(|()| Self::Region(region)),
            (None, None) => Ok(Self::OfAccessKey),
        }
    }
}

impl Way {
    /// Whether it leads to the gateway of an instance.
    pub(crate) fn is_to_instance(&self) -> bool {
        matches!(self.leading, Leading::ToInstance { .. })
    }

    /// The files that it takes something from.
    pub(crate) fn files(&self) -> Vec<&Path> {
        let [client_key, password_file] = match &self.leading {
            Leading::ToInstance { client_key, password_file, .. } => {
                [Some(client_key.as_path()), password_file.as_deref()]
            }
            Leading::ToOpenApi { .. } => [None, None],
        };
        [client_key, password_file, self.ca.as_deref()].into_iter().flatten().collect()
    }

    /// Finds out who calls. Nothing is called yet.
    pub(crate) fn open(&self) -> Result<Gateway, Failure> {
        self.open_with(&self.settings()?)
    }

    /// The same for calls that are not tried again, whatever comes of them.
    pub(crate) fn open_without_retries(&self) -> Result<Gateway, Failure> {
        self.open_with(&self.settings()?.max_attempts(1))
    }

    fn open_with(&self, settings: &AlibabaKmsSettings) -> Result<Gateway, Failure> {
        match &self.leading {
            Leading::ToInstance { endpoint, client_key, password_file } => {
                let key = read_client_key(client_key, password_file.as_deref())?;
                Ok(Gateway::Instance(AlibabaKmsInstance::new(endpoint, &key, settings)?))
            }
            Leading::ToOpenApi { place, profile } => {
                let credentials = match profile {
                    Some(name) => Credentials::of_profile(name),
                    None => Credentials::find(),
                };
                let credentials = credentials.map_err(no_access)?;
                let endpoint = place.endpoint(&credentials)?;
                let key = credentials.access_key();
                Ok(Gateway::OpenApi(AlibabaKmsOpenApi::new(&endpoint, key, settings)?))
            }
        }
    }

    fn settings(&self) -> Result<AlibabaKmsSettings, Failure> {
        let settings = AlibabaKmsSettings::new();
        let Some(path) = &self.ca else { return Ok(settings) };
        let name = path.display().to_string();
        let cannot = |error: io::Error| Failure::io(format!("cannot read {name}"), &error);
        let pem = fs::read(path).map_err(cannot)?;
        settings.ca_pem(&pem).map_err(|error| Failure::from(error).about(&name))
    }
}

impl Place {
    fn endpoint(&self, credentials: &Credentials) -> Result<String, Failure> {
        let region = match self {
            Self::Endpoint(endpoint) => return Ok(endpoint.clone()),
            Self::Region(region) => region.clone(),
            Self::OfAccessKey => {
                let region = credentials.region().map(str::to_owned);
                let region = region.or_else(|| env::var(REGION).ok()).ok_or_else(|| {
                    let place = credentials.place();
                    Failure::usage(format!("the access key of {place} comes without a region"))
                        .hint(format!("give region or endpoint, or set {REGION}"))
                })?;
                check_region(&region).map_err(Failure::usage)?;
                region
            }
        };
        Ok(format!("kms.{region}.aliyuncs.com"))
    }
}

/// It becomes a part of the name of a host.
fn check_region(region: &str) -> Result<(), String> {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !region.is_empty() && region.bytes().all(is_part) {
        return Ok(());
    }
    Err(format!("{region:?} is not the name of a region, such as cn-hangzhou"))
}

/// Nobody else may read it: what its password keeps secret is worth what the password is.
fn read_client_key(path: &Path, password_file: Option<&Path>) -> Result<ClientKey, Failure> {
    let text = key_file::read_text(path, LONGEST_CLIENT_KEY)?;
    let password = match password_file {
        Some(file) => first_line(&key_file::read_text(file, LONGEST_PASSWORD)?),
        None => password_of_environment(path)?,
    };
    let about = |error| Failure::from(error).about(&path.display().to_string());
    let not_text = |_| Error::invalid_input("a ClientKey is JSON in UTF-8");
    let text = str::from_utf8(text.expose()).map_err(not_text).map_err(about)?;
    ClientKey::from_json(text, &password).map_err(about)
}

fn password_of_environment(client_key: &Path) -> Result<SecretBytes, Failure> {
    let password = env::var_os(PASSWORD).filter(|password| !password.is_empty());
    password.map(|password| SecretBytes::from(password.into_vec())).ok_or_else(|| {
        let name = client_key.display();
        Failure::new(Code::Denied, format!("the password of the ClientKey {name} is not known"))
            .hint(format!("set {PASSWORD}, or name a file that holds it with password-file"))
    })
}

/// Without the line break that editors leave at the end.
fn first_line(text: &SecretBytes) -> SecretBytes {
    let text = text.expose();
    let line = text.strip_suffix(b"\n").unwrap_or(text);
    SecretBytes::from(line.strip_suffix(b"\r").unwrap_or(line))
}

/// What was found is of no use, or nothing was.
fn no_access(error: Error) -> Failure {
    match error {
        Error::InvalidInput { what, .. } => Failure::new(Code::Denied, what),
        error => error.into(),
    }
}

const REGION: &str = "ALIBABA_CLOUD_REGION_ID";
const PASSWORD: &str = "ALIBABA_KMS_CLIENT_KEY_PASSWORD";
/// In bytes, as much as the client takes.
const LONGEST_CLIENT_KEY: usize = 64 << 10;
/// In bytes: more than 64 characters and a line break.
const LONGEST_PASSWORD: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn way(names: &[&str]) -> Result<Way, String> {
        let value = |name: &str| names.contains(&name).then(|| "value".to_owned());
        let path = |name| value(name).map(PathBuf::from);
        let said = Said {
            endpoint: value("endpoint"),
            client_key: path("client-key"),
            password_file: path("password-file"),
            region: value("region"),
            profile: value("profile"),
            ca: path("ca"),
        };
        said.way()
    }

    #[test]
    fn a_client_key_leads_to_its_instance_and_nothing_else_does() -> Result<(), String> {
        for names in [
            &["endpoint", "client-key"][..],
            &["endpoint", "client-key", "password-file"],
            &["endpoint", "client-key", "ca"],
        ] {
            assert!(way(names)?.is_to_instance(), "{names:?}");
        }
        for names in
            [&[][..], &["endpoint"], &["region"], &["profile"], &["endpoint", "profile", "ca"]]
        {
            assert!(!way(names)?.is_to_instance(), "{names:?}");
        }
        for names in [
            &["client-key"][..],
            &["endpoint", "client-key", "region"],
            &["endpoint", "client-key", "profile"],
            &["endpoint", "password-file"],
            &["endpoint", "region"],
        ] {
            assert!(way(names).is_err(), "{names:?}");
        }
        Ok(())
    }

    #[test]
    fn a_region_cannot_lead_elsewhere() {
        for region in ["", "evil.example/", "a.b", "a:b@c", "CN", "a b", "cn\u{e9}"] {
            assert!(check_region(region).is_err(), "{region}");
        }
        assert!(check_region("cn-hangzhou-1").is_ok());
    }

    #[test]
    fn a_password_is_a_line() {
        for (text, password) in
            [("a b", "a b"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("", "")]
        {
            assert!(first_line(&SecretBytes::from(text.as_bytes())).equals(password.as_bytes()));
        }
    }
}
