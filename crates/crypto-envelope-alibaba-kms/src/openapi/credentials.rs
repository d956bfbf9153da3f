//! Where access keys are found.

use std::{
    env,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use crypto_envelope::{Error, Result};
use zeroize::Zeroizing;

use super::{access_key::AccessKey, ini, profile};

/// An access key, and what is known of it.
#[derive(Clone, Debug)]
pub struct Credentials {
    access_key: AccessKey,
    region: Option<String>,
    place: String,
}

impl Credentials {
    /// Looks for an access key where the vendor's tools look for one:
    ///
    /// 1. the environment: `ALIBABA_CLOUD_ACCESS_KEY_ID`, `ALIBABA_CLOUD_ACCESS_KEY_SECRET` and, for
    ///    temporary ones, `ALIBABA_CLOUD_SECURITY_TOKEN`; the region from `ALIBABA_CLOUD_REGION_ID`;
    /// 2. the profiles of the `aliyun` command in `~/.aliyun/config.json`, unless
    ///    `ALIBABA_CLOUD_CLI_PROFILE_DISABLED` is `true`: the one that `ALIBABA_CLOUD_PROFILE` names,
    ///    else the current one;
    /// 3. the file that `ALIBABA_CLOUD_CREDENTIALS_FILE` names, else `~/.alibabacloud/credentials.ini`
    ///    or `~/.alibabacloud/credentials`: the section of the same name, else `default`.
    ///
    /// The first place that has one wins. One that has something else, such as half of a key, is an
    /// error: what was meant must not be passed over. Files that hold secrets should be readable by
    /// their owner only; this is not checked here.
    ///
    /// It reads files: call it before what must not block.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if there is none, with all places that were tried, or if the access key
    /// would have to be fetched from elsewhere: RAM roles, single sign-on and the like.
    pub fn find() -> Result<Self> {
        Search { profile: None, variable: &variable, read: &read }.find()
    }

    /// Takes the access key of a profile in `~/.aliyun/config.json`, or of that section of the other
    /// files of [`Credentials::find`], whatever keys are in the environment.
    ///
    /// # Errors
    ///
    /// As [`Credentials::find`].
    pub fn of_profile(name: &str) -> Result<Self> {
        Search { profile: Some(name), variable: &variable, read: &read }.find()
    }

    pub(crate) fn new(access_key: AccessKey, region: Option<String>, place: String) -> Self {
        Self { access_key, region, place }
    }

    /// The access key.
    #[must_use]
    pub fn access_key(&self) -> &AccessKey {
        &self.access_key
    }

    /// The region that is set beside it, such as `cn-hangzhou`.
    #[must_use]
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Where it was found, for people.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }
}

/// A search with its surroundings.
struct Search<'a> {
    profile: Option<&'a str>,
    variable: &'a dyn Fn(&str) -> Option<String>,
    /// None if there is no such file.
    read: &'a dyn Fn(&Path) -> io::Result<Option<FileText>>,
}

impl Search<'_> {
    fn find(&self) -> Result<Credentials> {
        let mut tried = Vec::new();
        if self.profile.is_none() {
            if let Some(found) = self.in_environment()? {
                return Ok(found);
            }
            tried.push(format!("{ID} is not set"));
        }
        let profile =
            self.profile.map(ToOwned::to_owned).or_else(|| self.set("ALIBABA_CLOUD_PROFILE"));
        let profile = profile.as_deref();
        if self.set(DISABLED).is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            tried.push(format!("~/{CONFIG} is not to be used, as {DISABLED} says"));
        } else if let Some(found) = self
            .in_home(CONFIG, &mut tried, |text, place| profile::credentials(text, profile, place))?
        {
            return Ok(found);
        }
        let section = profile.unwrap_or("default");
        let read_ini = |text: &[u8], place: &str| ini::credentials(text, section, place);
        if let Some(path) = self.set(INI) {
            let path = PathBuf::from(path);
            let Some(text) = self.read(&path)? else {
                let place = path.display();
                return Err(invalid(format!("{INI} names {place}, which is not there")));
            };
            match read_ini(&text, &path.display().to_string())? {
                Outcome::Found(found) => return Ok(found),
                Outcome::Nothing(why) => tried.push(why),
            }
        } else {
            for file in INI_FILES {
                if let Some(found) = self.in_home(file, &mut tried, read_ini)? {
                    return Ok(found);
                }
            }
        }
        Err(invalid(format!(
            "no access key of Alibaba Cloud was found: {}; set {ID} and {SECRET}, or run `aliyun \
             configure`",
            tried.join(", ")
        )))
    }

    fn in_environment(&self) -> Result<Option<Credentials>> {
        let (id, secret) = match (self.set(ID), self.set(SECRET)) {
            (Some(id), Some(secret)) => (id, secret.into_bytes()),
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(invalid(format!("{ID} is set, but {SECRET} is not"))),
            (None, Some(_)) => return Err(invalid(format!("{SECRET} is set, but {ID} is not"))),
        };
        let access_key = match self.set(TOKEN) {
            Some(token) => AccessKey::temporary(id, secret, token.into_bytes()),
            None => AccessKey::new(id, secret),
        };
        let region = self.set(REGION);
        Ok(Some(Credentials::new(access_key?, region, "the environment".to_owned())))
    }

    /// Looks into a file below the home directory.
    fn in_home(
        &self,
        file: &str,
        tried: &mut Vec<String>,
        credentials: impl Fn(&[u8], &str) -> Result<Outcome>,
    ) -> Result<Option<Credentials>> {
        let Some(home) = ["HOME", "USERPROFILE"].iter().find_map(|name| self.set(name)) else {
            tried.push(format!("~/{file} cannot be looked for, as HOME is not set"));
            return Ok(None);
        };
        let path = Path::new(&home).join(file);
        let place = path.display().to_string();
        let Some(text) = self.read(&path)? else {
            tried.push(format!("there is no {place}"));
            return Ok(None);
        };
        match credentials(&text, &place)? {
            Outcome::Found(found) => Ok(Some(found)),
            Outcome::Nothing(why) => {
                tried.push(why);
                Ok(None)
            }
        }
    }

    /// What is empty counts as not set.
    fn set(&self, name: &str) -> Option<String> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    fn read(&self, path: &Path) -> Result<Option<FileText>> {
        (self.read)(path).map_err(|error| {
            let place = path.display();
            invalid(format!("{place} cannot be read: {error}"))
        })
    }
}

/// All that is in a file.
type FileText = Zeroizing<Vec<u8>>;

/// What a file has.
pub(crate) enum Outcome {
    Found(Credentials),
    /// Why not.
    Nothing(String),
}

pub(crate) fn invalid(what: impl Into<String>) -> Error {
    Error::invalid_input(what)
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok()
}

fn read(path: &Path) -> io::Result<Option<FileText>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // Room for all of it: a vector that grows leaves copies behind.
    let mut text = Zeroizing::new(Vec::with_capacity(LONGEST + 1));
    file.take(LONGEST as u64 + 1).read_to_end(&mut text)?;
    if text.len() > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than 256 KiB"));
    }
    Ok(Some(text))
}

const ID: &str = "ALIBABA_CLOUD_ACCESS_KEY_ID";
const SECRET: &str = "ALIBABA_CLOUD_ACCESS_KEY_SECRET";
const TOKEN: &str = "ALIBABA_CLOUD_SECURITY_TOKEN";
const REGION: &str = "ALIBABA_CLOUD_REGION_ID";
const DISABLED: &str = "ALIBABA_CLOUD_CLI_PROFILE_DISABLED";
const INI: &str = "ALIBABA_CLOUD_CREDENTIALS_FILE";
const CONFIG: &str = ".aliyun/config.json";
const INI_FILES: [&str; 2] = [".alibabacloud/credentials.ini", ".alibabacloud/credentials"];
/// In bytes, of a file.
const LONGEST: usize = 256 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs<'a> = &'a [(&'a str, &'a str)];

    fn find(profile: Option<&str>, variables: Pairs<'_>, files: Pairs<'_>) -> Result<Credentials> {
        let value = |pairs: Pairs<'_>, name: &str| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let variable = |name: &str| value(variables, name);
        let read = |path: &Path| {
            let text = value(files, path.to_str().expect("the paths of tests are text"));
            Ok(text.map(|text| Zeroizing::new(text.into_bytes())))
        };
        Search { profile, variable: &variable, read: &read }.find()
    }

    fn refusal(result: Result<Credentials>) -> String {
        let Err(Error::InvalidInput { what, .. }) = result else { panic!("{result:?}") };
        what
    }

    const KEY: Pairs<'_> = &[(ID, "env-id"), (SECRET, "env-secret"), HOME];
    const HOME: (&str, &str) = ("HOME", "/home/me");
    const PROFILES: &str = r#"{"current": "work", "profiles": [
        {"name": "default", "mode": "AK", "access_key_id": "default-id", "access_key_secret": "s1"},
        {"name": "work", "mode": "StsToken", "access_key_id": "work-id", "access_key_secret": "s2",
         "sts_token": "t2", "region_id": "cn-hangzhou"}]}"#;
    const CONFIG_FILE: (&str, &str) = ("/home/me/.aliyun/config.json", PROFILES);
    const INI_TEXT: &str = "[default]\ntype = access_key\naccess_key_id = ini-id\n\
                            access_key_secret = s3\n[work]\nenable=true\ntype=sts\n\
                            access_key_id=ini-work-id\naccess_key_secret=s4\nsecurity_token=t4\n";
    const INI_FILE: (&str, &str) = ("/home/me/.alibabacloud/credentials", INI_TEXT);

    #[test]
    fn the_environment_comes_first() -> Result<()> {
        let found = find(None, KEY, &[CONFIG_FILE])?;
        assert_eq!((found.access_key().id(), found.place()), ("env-id", "the environment"));
        assert_eq!(found.access_key().secret(), b"env-secret");
        assert!(!found.access_key().is_temporary());
        let more = [KEY, &[(TOKEN, "env-token"), (REGION, "cn-beijing")]];
        let found = find(None, &more.concat(), &[])?;
        assert_eq!(found.access_key().security_token(), Some("env-token"));
        assert_eq!(found.region(), Some("cn-beijing"));
        Ok(())
    }

    #[test]
    fn half_a_key_is_not_passed_over() {
        let lacks_secret = refusal(find(None, &[(ID, "id"), HOME], &[CONFIG_FILE]));
        assert_eq!(lacks_secret, format!("{ID} is set, but {SECRET} is not"));
        let lacks_id = refusal(find(None, &[(SECRET, "secret"), (ID, ""), HOME], &[CONFIG_FILE]));
        assert_eq!(lacks_id, format!("{SECRET} is set, but {ID} is not"));
    }

    #[test]
    fn then_come_profiles() -> Result<()> {
        let found = find(None, &[HOME], &[CONFIG_FILE, INI_FILE])?;
        assert_eq!(found.access_key().id(), "work-id");
        assert_eq!(found.access_key().security_token(), Some("t2"));
        assert_eq!(found.region(), Some("cn-hangzhou"));
        assert_eq!(found.place(), "profile work of /home/me/.aliyun/config.json");
        let named = [HOME, ("ALIBABA_CLOUD_PROFILE", "default")];
        assert_eq!(find(None, &named, &[CONFIG_FILE])?.access_key().id(), "default-id");
        let asked = find(Some("default"), KEY, &[CONFIG_FILE])?;
        assert_eq!(asked.access_key().id(), "default-id");
        Ok(())
    }

    #[test]
    fn then_comes_the_other_file() -> Result<()> {
        let found = find(None, &[HOME], &[INI_FILE])?;
        assert_eq!(found.access_key().id(), "ini-id");
        assert_eq!(found.place(), "section default of /home/me/.alibabacloud/credentials");
        let found = find(Some("work"), &[HOME], &[INI_FILE])?;
        assert_eq!(found.access_key().security_token(), Some("t4"));
        let elsewhere = [HOME, (INI, "/etc/keys"), (DISABLED, "True")];
        let found = find(None, &elsewhere, &[("/etc/keys", INI_TEXT), CONFIG_FILE])?;
        assert_eq!(found.place(), "section default of /etc/keys");
        let missing = refusal(find(None, &elsewhere, &[CONFIG_FILE, INI_FILE]));
        assert!(missing.contains("names /etc/keys, which is not there"), "{missing}");
        Ok(())
    }

    #[test]
    fn all_places_that_were_tried_are_named() {
        let all = refusal(find(None, &[HOME], &[]));
        for place in [ID, ".aliyun/config.json", "credentials.ini,", ".alibabacloud/credentials;"] {
            assert!(all.contains(place), "{all}");
        }
        let homeless = refusal(find(None, &[], &[CONFIG_FILE]));
        assert!(homeless.contains("~/.aliyun/config.json cannot be looked for"), "{homeless}");
        let disabled = refusal(find(Some("none"), &[HOME, (DISABLED, "true")], &[INI_FILE]));
        assert!(disabled.contains(DISABLED) && disabled.contains("no section none"), "{disabled}");
        assert!(!disabled.contains(&format!("{ID} is not set,")), "{disabled}");
    }

    #[test]
    fn files_are_read_up_to_a_limit() -> io::Result<()> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(read(&manifest.join("nothing"))?.is_none());
        assert!(read(&manifest.join("Cargo.toml"))?.is_some());
        assert!(read(manifest).is_err());
        #[cfg(target_os = "linux")]
        assert_eq!(read(Path::new("/dev/zero")).unwrap_err().kind(), io::ErrorKind::InvalidData);
        Ok(())
    }
}
