//! Calls about instances.

use crate::openapi::answers::DescribedInstance;

calls! {
    /// Tells what is known of an instance, `kst-…`: its CA among other things, which makes
    /// [`AlibabaKmsSettings::ca_of`](crate::AlibabaKmsSettings::ca_of) the settings to call it with.
    GetKmsInstance -> DescribedInstance, about instance_id {
        needs {
            instance_id: String = text "KmsInstanceId",
        }
    }
}

#[cfg(test)]
mod tests {
    use crypto_envelope::{Error, Result, blocking};
    use crypto_envelope_testkit::{
        canned::{CannedServer, answer},
        fake::alibaba_instance::FakeAlibabaInstance,
    };
    use serde_json::json;

    use super::*;
    use crate::{
        AlibabaKmsInstance, AlibabaKmsOpenApi, AlibabaKmsSettings, ClientKey,
        instance::GenerateRandom,
        openapi::{
            AccessKey, KmsInstance,
            calls::{Parts as _, read_answer},
        },
    };

    #[test]
    fn an_instance_is_asked_for_by_its_id() -> Result<()> {
        let call = GetKmsInstance::new("kst-1");
        assert_eq!(*call.parameters()?.encoded(), "KmsInstanceId=kst-1");
        assert_eq!(call.name(), Some("kst-1"));
        assert!(GetKmsInstance::new("").parameters().is_err());
        Ok(())
    }

    fn instance(body: &serde_json::Value) -> Result<KmsInstance> {
        let call = GetKmsInstance::new("kst-1");
        Ok(read_answer(&call, body.to_string().as_bytes())?.instance)
    }

    #[test]
    fn what_is_known_of_an_instance_is_read() -> Result<()> {
        let found = instance(&json!({"RequestId": "r", "KmsInstance": {
            "InstanceId": "kst-1", "InstanceName": "n", "Status": "Connected", "Spec": 1000,
            "CaCertificateChainPem": "PEM", "EndDate": "2023-10-05T16:00:00Z",
            "BindVpcs": {"BindVpc": [{"VpcId": "v"}]}, "VpcId": "vpc-1",
        }}))?;
        assert_eq!(found.endpoint(), "kst-1.cryptoservice.kms.aliyuncs.com");
        assert_eq!(found.ca_certificate_chain_pem.as_deref(), Some("PEM"));
        assert_eq!(
            (found.status.as_deref(), found.vpc_id.as_deref()),
            (Some("Connected"), Some("vpc-1"))
        );
        Ok(())
    }

    #[test]
    fn without_a_ca_it_is_said_why() -> Result<()> {
        let found = instance(&json!({"KmsInstance": {
            "InstanceId": "kst-1", "Status": "Uninitialized", "CaCertificateChainPem": "",
        }}))?;
        let refused = AlibabaKmsSettings::new().ca_of(&found);
        let Err(Error::InvalidInput { what, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(what, "the instance kst-1 has no CA: it is Uninitialized");
        let found = instance(&json!({"KmsInstance": {
            "InstanceId": "kst-1", "CaCertificateChainPem": "no PEM",
        }}))?;
        assert!(AlibabaKmsSettings::new().ca_of(&found).is_err());
        Ok(())
    }

    /// The CA comes by the one gateway, and the other is trusted by it.
    #[test]
    fn the_ca_of_an_answer_is_trusted() -> Result<()> {
        let fake = FakeAlibabaInstance::builder().tls().start()?;
        // As the vendor writes it.
        let pem = fake.ca_pem().unwrap_or_default().replace('\n', "\r\n");
        let body = json!({"KmsInstance": {"InstanceId": "kst-1", "CaCertificateChainPem": pem}});
        let server = CannedServer::start(vec![answer(200, "", &body.to_string())])?;
        let access_key = AccessKey::new("id", &b"secret"[..])?;
        let settings = AlibabaKmsSettings::new();
        let openapi = AlibabaKmsOpenApi::new(server.endpoint(), &access_key, &settings)?;
        let found = blocking::wait(openapi.call(GetKmsInstance::new("kst-1")))?.instance;

        let key = fake.client_key();
        let key = ClientKey::from_private_key(key.id(), key.private_key())?;
        let random = |settings: &AlibabaKmsSettings| {
            let kms = AlibabaKmsInstance::new(&fake.endpoint(), &key, settings)?;
            blocking::wait(kms.call(GenerateRandom::new(8)))
        };
        assert_eq!(random(&settings.clone().ca_of(&found)?)?.random.len(), 8);
        assert!(random(&settings).is_err());
        Ok(())
    }
}
