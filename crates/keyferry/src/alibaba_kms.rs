//! The way to Alibaba Cloud KMS, as it is said with options of `--provider` and with those of `kms`.

mod way;

use std::collections::BTreeMap;

use crypto_envelope_alibaba_kms::{AlibabaKmsInstance, AlibabaKmsOpenApi};

pub(crate) use self::way::{Said, Way};
use crate::failure::Failure;

/// One end of a way.
#[derive(Clone, Debug)]
pub(crate) enum Gateway {
    Instance(AlibabaKmsInstance),
    OpenApi(AlibabaKmsOpenApi),
}

/// Gateways of one run. Who calls is found out once, and connections are shared, for each way.
#[derive(Debug, Default)]
pub(crate) struct Access {
    gateways: BTreeMap<Way, Gateway>,
}

impl Access {
    pub(crate) fn gateway(&mut self, way: &Way) -> Result<Gateway, Failure> {
        if let Some(gateway) = self.gateways.get(way) {
            return Ok(gateway.clone());
        }
        let gateway = way.open()?;
        self.gateways.insert(way.clone(), gateway.clone());
        Ok(gateway)
    }
}
