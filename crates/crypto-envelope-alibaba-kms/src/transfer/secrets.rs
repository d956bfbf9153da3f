//! Secrets.

use crypto_envelope::Result;

use super::client::{AlibabaKmsTransfer, known, refuse_dry_run};
use crate::{
    instance::{messages::GetSecretValueRequest, protobuf::Message as _},
    openapi::{GetSecretValue, SecretValue},
};

impl GetSecretValue {
    pub(crate) async fn transfer(&self, kms: &AlibabaKmsTransfer) -> Result<SecretValue> {
        refuse_dry_run(self.dry_run)?;
        let mut request = GetSecretValueRequest::empty();
        request.secret_name.clone_from(&self.secret_name);
        request.version_stage = self.version_stage.clone().unwrap_or_default();
        request.version_id = self.version_id.clone().unwrap_or_default();
        request.fetch_extended_config = self.fetch_extended_config;
        let answer = kms.ask(&request, &self.secret_name, None).await?.message;
        let extended_config = answer.extended_config.into_bytes();
        Ok(SecretValue {
            secret_data: answer.secret_data.into_bytes(),
            secret_data_type: known(answer.secret_data_type),
            secret_name: answer.secret_name,
            secret_type: known(answer.secret_type),
            version_id: known(answer.version_id),
            version_stages: answer.version_stages,
            create_time: known(answer.create_time),
            extended_config: Some(extended_config).filter(|config| !config.is_empty()),
            automatic_rotation: known(answer.automatic_rotation),
            rotation_interval: known(answer.rotation_interval),
            last_rotation_date: known(answer.last_rotation_date),
            next_rotation_date: known(answer.next_rotation_date),
            request_id: known(answer.request_id),
        })
    }
}
