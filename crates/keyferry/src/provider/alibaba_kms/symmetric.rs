//! `alibaba-kms:KEY_ID`.

use std::path::Path;

use crypto_envelope::provider::KeyProvider;
use crypto_envelope_alibaba_kms::{
    AlibabaKmsInstanceProvider, AlibabaKmsOpenApiProvider, InstanceCalls,
};

use super::take_way;
use crate::{
    alibaba_kms::{Gateway, Way},
    failure::Failure,
    provider::{Opening, Spec, options::Options},
};

/// One symmetric key of KMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Symmetric {
    key_id: String,
    way: Way,
    calls: InstanceCalls,
}

impl Symmetric {
    pub(super) fn parse(key_id: &str, mut options: Options) -> Result<Self, String> {
        if key_id.is_empty() {
            return Err("the key is missing: alibaba-kms:KEY_ID".to_owned());
        }
        let calls = options.take("calls");
        let way = take_way(&mut options)?;
        options.none_left("endpoint, client-key, password-file, calls, region, profile, ca")?;
        let calls = match calls.as_deref() {
            Some(_) if !way.is_to_instance() => {
                return Err(
                    "calls is for the gateway of an instance, which takes client-key".to_owned()
                );
            }
            None | Some("advance") => InstanceCalls::Advance,
            Some("initial-version") => InstanceCalls::InitialVersion,
            Some("kms-1.0") => InstanceCalls::Kms1Compatible,
            Some(other) => {
                return Err(format!(
                    "unknown calls {other:?}; there are: advance, initial-version, kms-1.0"
                ));
            }
        };
        Ok(Self { key_id: key_id.to_owned(), way, calls })
    }
}

impl Spec for Symmetric {
    fn files(&self) -> Vec<&Path> {
        self.way.files()
    }

    fn open(&self, opening: &mut Opening) -> Result<Box<dyn KeyProvider>, Failure> {
        Ok(match opening.alibaba_kms.gateway(&self.way)? {
            Gateway::Instance(instance) => Box::new(
                AlibabaKmsInstanceProvider::new(&instance, &self.key_id)?.with_calls(self.calls),
            ),
            Gateway::OpenApi(kms) => Box::new(AlibabaKmsOpenApiProvider::new(&kms, &self.key_id)?),
        })
    }
}
