//! Secrets.

use crypto_envelope::Result;

use super::client::AlibabaKmsTransfer;
use crate::{
    instance,
    openapi::{GetSecretValue, SecretValue},
};

impl GetSecretValue {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<SecretValue> {
        let mut call = instance::GetSecretValue::new(&self.secret_name);
        if let Some(stage) = &self.version_stage {
            call = call.version_stage(stage);
        }
        if let Some(version_id) = &self.version_id {
            call = call.version_id(version_id);
        }
        if self.fetch_extended_config {
            call = call.fetch_extended_config();
        }
        let answer = kms.ask(call).await?;
        Ok(SecretValue {
            secret_data: answer.secret_data,
            secret_data_type: answer.secret_data_type,
            secret_name: answer.secret_name,
            secret_type: answer.secret_type,
            version_id: answer.version_id,
            version_stages: answer.version_stages,
            create_time: answer.create_time,
            extended_config: answer.extended_config,
            automatic_rotation: answer.automatic_rotation,
            rotation_interval: answer.rotation_interval,
            last_rotation_date: answer.last_rotation_date,
            next_rotation_date: answer.next_rotation_date,
            request_id: answer.request_id,
        })
    }
}
