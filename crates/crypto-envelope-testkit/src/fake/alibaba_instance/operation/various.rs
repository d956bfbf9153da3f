//! Randomness, and secrets.

use super::{Answer, Operation};
use crate::fake::{alibaba_instance::message::Message, alibaba_kms::Refusal, crypto};

impl Operation<'_> {
    pub(super) fn generate_random(&self, answer: Message) -> Result<Answer, Refusal> {
        let random = crypto::random_bytes(self.length("Length")?);
        Ok(Answer { message: answer.with("Random", random), version: None })
    }

    /// The version of this id, or else at this stage, or else the current one.
    pub(super) fn secret_value(&self, answer: Message) -> Result<Answer, Refusal> {
        let name = self.required_text("SecretName")?;
        let versions = self.store.secret(name)?;
        let last = versions.len() - 1;
        let (id, stage) = (self.request.text("VersionId"), self.request.text("VersionStage"));
        let mut wanted = versions.iter().enumerate().filter(|(number, secret)| {
            let stage = if stage.is_empty() && id.is_empty() { CURRENT } else { stage };
            (id.is_empty() || secret.version == id)
                && (stage.is_empty() || stage_of(*number, last) == Some(stage))
        });
        let (number, secret) = wanted.next().ok_or_else(Refusal::no_secret)?;
        let stages = stage_of(number, last).into_iter().map(str::to_owned).collect::<Vec<_>>();
        let message = answer
            .with("SecretName", name)
            .with("SecretType", "Generic")
            .with("SecretData", secret.data.as_str())
            .with("SecretDataType", "text")
            .with("VersionStages", stages)
            .with("VersionId", secret.version.as_str())
            .with("CreateTime", secret.created.as_str())
            .with("AutomaticRotation", "Disabled");
        Ok(Answer { message, version: None })
    }
}

fn stage_of(number: usize, last: usize) -> Option<&'static str> {
    match last - number {
        0 => Some(CURRENT),
        1 => Some("ACSPrevious"),
        _ => None,
    }
}

const CURRENT: &str = "ACSCurrent";
