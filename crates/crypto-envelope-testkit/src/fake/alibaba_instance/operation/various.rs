//! Randomness, and secrets.

use super::{Answer, Operation};
use crate::fake::{alibaba_instance::message::Message, alibaba_kms::Refusal, crypto};

impl Operation<'_> {
    pub(super) fn generate_random(&self, answer: Message) -> Result<Answer, Refusal> {
        let random = crypto::random_bytes(self.length("Length")?);
        Ok(Answer { message: answer.with("Random", random), version: None })
    }

    pub(super) fn secret_value(&self, answer: Message) -> Result<Answer, Refusal> {
        let name = self.required_text("SecretName")?;
        let (id, stage) = (self.request.text("VersionId"), self.request.text("VersionStage"));
        let (secret, stage) = self.store.secret(name, id, stage)?;
        let message = answer
            .with("SecretName", name)
            .with("SecretType", "Generic")
            .with("SecretData", secret.data.as_str())
            .with("SecretDataType", "text")
            .with("VersionStages", stage.into_iter().map(str::to_owned).collect::<Vec<_>>())
            .with("VersionId", secret.version.as_str())
            .with("CreateTime", secret.created.as_str())
            .with("AutomaticRotation", "Disabled");
        Ok(Answer { message, version: None })
    }
}
