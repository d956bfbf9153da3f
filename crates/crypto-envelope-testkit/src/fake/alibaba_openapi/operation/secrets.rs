//! Secrets, and the instance.

use serde_json::{Value, json};

use super::Operation;
use crate::fake::alibaba_kms::Refusal;

impl Operation<'_> {
    pub(super) fn secret_value(self) -> Result<Value, Refusal> {
        let name = self.parameters.required("SecretName")?;
        let text = |name| self.parameters.text(name).unwrap_or_default();
        self.parameters.flag("FetchExtendedConfig")?;
        let (secret, stage) = self.store.secret(name, text("VersionId"), text("VersionStage"))?;
        self.end_dry_run()?;
        Ok(json!({
            "SecretName": name,
            "SecretType": "Generic",
            "SecretData": secret.data,
            "SecretDataType": "text",
            "VersionStages": {"VersionStage": stage.into_iter().collect::<Vec<_>>()},
            "VersionId": secret.version,
            "CreateTime": secret.created,
            "AutomaticRotation": "Disabled",
        }))
    }

    /// The instance beside, if there is one.
    pub(super) fn kms_instance(self) -> Result<Value, Refusal> {
        let id = self.parameters.required("KmsInstanceId")?;
        if self.store.instance.as_deref() != Some(id) {
            return Err(Refusal::no_instance());
        }
        let mut instance = json!({
            "InstanceId": id,
            "InstanceName": id,
            "Status": "Connected",
            "ChargeType": "PREPAY",
            "ProductVersion": "3",
            "KeyNum": 1000,
            "SecretNum": 1000,
            "Spec": 1000,
            "VpcNum": 1,
            "BindVpcs": {"BindVpc": []},
        });
        if let Some(ca) = &self.store.ca {
            instance["CaCertificateChainPem"] = json!(ca.certificate_pem);
        }
        Ok(json!({"KmsInstance": instance}))
    }
}
