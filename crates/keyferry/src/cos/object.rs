//! An object, and how it is reached.

use std::env;

use crypto_envelope::{Error, blocking};
use crypto_envelope_tencent_cos::{
    CosBucket, CosClient, CosCredentials, CosDomain, CosEndpoint, CosEnvelope, CosError,
    CosErrorKind, CosSettings, GetObject, HeadObject, ObjectKey, ObjectProperties, OpenedObject,
    StoreObject,
};

use super::transfer::etag_of;
use crate::{
    args::{CosDomainName, CosWay},
    failure::{Code, Failure},
    output::{Decision, Existing},
    piped::Piped,
    place::Place,
    progress::Progress,
    remote::ObjectReader,
    transfers,
};

/// An object in COS, whether it is there or not.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(super) client: CosClient,
    pub(super) key: ObjectKey,
    place: Place,
}

impl Object {
    /// Finds out where it is, and who calls. Nothing is called yet.
    pub(crate) fn new(way: &CosWay, place: Place) -> Result<Self, Failure> {
        let bucket = CosBucket::new(&*place.bucket)?;
        let key = ObjectKey::exact(&*place.key)?;
        let region = way.cos_region.clone();
        let region =
            region.or_else(|| REGIONS.into_iter().find_map(variable)).ok_or_else(|| {
                Failure::usage(format!("the region of the bucket {bucket} is not known"))
                    .hint("give it with --cos-region, or set COS_REGION")
            })?;
        let endpoint = CosEndpoint::in_domain(bucket, &region, way.cos_domain.into())?;
        let address = way.cos_endpoint.clone().or_else(|| variable(ENDPOINT));
        let endpoint = match address {
            Some(address) => endpoint.at_address(&address)?,
            None => endpoint,
        };
        let credentials = CosCredentials::from_environment().map_err(no_access)?;
        let client = CosClient::new(endpoint, credentials, &CosSettings::new())?;
        Ok(Self { client, key, place })
    }

    /// What it is called in messages.
    pub(crate) fn name(&self) -> String {
        self.place.to_string()
    }

    /// What tells it from all others.
    pub(super) fn identity(&self) -> [String; 2] {
        let endpoint = self.client.endpoint();
        [format!("{} {}", endpoint.url(), endpoint.host()), self.key.as_str().to_owned()]
    }

    /// To be stored as it is.
    pub(super) fn stored(&self, decision: Decision) -> StoreObject {
        let object = StoreObject::new(self.key.clone());
        if decision.may_replace() { object } else { object.forbid_overwrite() }
    }

    /// What is known of it.
    pub(super) fn head(&self) -> Result<ObjectProperties, Failure> {
        Ok(blocking::wait(self.client.call(HeadObject::new(self.key.clone())))?)
    }

    /// The same, if it is there.
    pub(super) fn find(&self) -> Result<Option<ObjectProperties>, Error> {
        match blocking::wait(self.client.call(HeadObject::new(self.key.clone()))) {
            Ok(properties) => Ok(Some(properties)),
            Err(error) if CosError::kind_in(&error) == Some(CosErrorKind::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Decides about an object that is there already.
    pub(crate) fn decide(&self, existing: Existing) -> Result<Decision, Failure> {
        if existing == Existing::Replace {
            return Ok(Decision::Replace);
        }
        let found = match self.find() {
            // Who may only write is told when the object is written.
            Err(error)
                if existing == Existing::Keep
                    && CosError::kind_in(&error) == Some(CosErrorKind::Denied) =>
            {
                None
            }
            found => found?,
        };
        match found {
            None => Ok(Decision::Create),
            Some(_) => existing.decide_about(&self.name()),
        }
    }

    /// The stored bytes, if they are all that there is.
    pub(crate) fn open(&self, progress: Progress) -> Result<ObjectReader<OpenedObject>, Failure> {
        let opened = blocking::wait(self.client.open(GetObject::new(self.key.clone())))?;
        self.check_alone(opened.properties())?;
        let shown = progress.show(&self.name(), Some(opened.properties().length));
        Ok(ObjectReader::new(opened, shown))
    }

    /// Whoever takes the bytes alone has no place for wrapped keys.
    pub(super) fn check_alone(&self, found: &ObjectProperties) -> Result<(), Failure> {
        // What cannot be read is lost as well. Objects with an instruction file have some of it, too.
        let names = found.metadata.user.keys();
        let are_about_it = names.into_iter().any(|name| name.starts_with(OF_ENCRYPTION));
        if !are_about_it && matches!(CosEnvelope::of_object(found), Ok(None)) {
            return Ok(());
        }
        let what = format!("what opens {} stands beside its bytes in COS", self.name());
        Err(Failure::new(Code::Policy, what).hint(
            "keyferry decrypt takes the plaintext, and keyferry cp to cos://BUCKET/KEY keeps the metadata",
        ))
    }

    /// Stores what comes through a pipe as it is, and gives the entity tag, as people write it.
    pub(crate) fn put(&self, piped: Piped, decision: Decision) -> Result<Option<String>, Error> {
        let written = transfers::run(None, self.client.put_stream(self.stored(decision), piped))?;
        Ok(Some(etag_of(&written)))
    }
}

impl From<CosDomainName> for CosDomain {
    fn from(name: CosDomainName) -> Self {
        match name {
            CosDomainName::Public => Self::Public,
            CosDomainName::Tencentcos => Self::Tencentcos,
            CosDomainName::Internal => Self::Internal,
            CosDomainName::Accelerate => Self::Accelerate,
        }
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// What was found is of no use, or nothing was.
fn no_access(error: Error) -> Failure {
    match error {
        Error::InvalidInput { what, .. } => Failure::new(Code::Denied, what),
        error => error.into(),
    }
}

const OF_ENCRYPTION: &str = "client-side-encryption-";
const REGIONS: [&str; 2] = ["COS_REGION", "TENCENTCLOUD_REGION"];
const ENDPOINT: &str = "COS_ENDPOINT";
