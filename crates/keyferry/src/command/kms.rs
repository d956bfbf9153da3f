//! `keyferry kms`: calls of a key service, one each.

/// What is known of a call with a key, beside its result.
macro_rules! facts {
    ($answer:ident) => {
        json!({
            "key_id": $answer.key_id,
            "key_version_id": $answer.key_version_id,
            "request_id": $answer.request_id,
        })
    };
}

mod ciphertexts;
mod ends;
mod keys;
mod secrets;
mod signatures;

use crypto_envelope::blocking;
use crypto_envelope_alibaba_kms::{AlibabaKmsOpenApi, openapi};
use serde_json::Value;

use self::ends::End;
pub(super) use self::signatures::version as key_version;
use super::context;
use crate::{
    alibaba_kms::{Gateway, Said, Way},
    args::{Kms, KmsCommand, KmsGateway},
    failure::Failure,
    report,
    text::printable,
};

pub(super) fn run(arguments: &Kms) -> Result<(), Failure> {
    let way = way(&arguments.gateway)?;
    let format = if arguments.json { Format::Json } else { Format::Text };
    let service = Service { way, format };
    match &arguments.command {
        KmsCommand::CreateKey(arguments) => keys::create(&service, arguments),
        KmsCommand::Describe { key } => keys::describe(&service, key),
        KmsCommand::List => keys::list(&service),
        KmsCommand::Encrypt(arguments) => ciphertexts::encrypt(&service, arguments),
        KmsCommand::Decrypt(arguments) => ciphertexts::decrypt(&service, arguments),
        KmsCommand::GenerateDataKey(arguments) => secrets::generate_data_key(&service, arguments),
        KmsCommand::Sign(arguments) => signatures::sign(&service, arguments),
        KmsCommand::Verify(arguments) => signatures::verify(&service, arguments),
        KmsCommand::GetPublicKey(arguments) => signatures::get_public_key(&service, arguments),
        KmsCommand::GetSecretValue(arguments) => secrets::get_secret_value(&service, arguments),
    }
}

/// The way that the gateway options say.
pub(super) fn way(gateway: &KmsGateway) -> Result<Way, Failure> {
    let KmsGateway { endpoint, client_key, password_file, region, profile, ca } = gateway;
    let said = Said {
        endpoint: endpoint.clone(),
        client_key: client_key.clone(),
        password_file: password_file.clone(),
        region: region.clone(),
        profile: profile.clone(),
        ca: ca.clone(),
    };
    said.way().map_err(Failure::usage)
}

/// What is called, and how it is told.
struct Service {
    way: Way,
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Text,
    Json,
    /// On standard error, since standard output is where a secret goes.
    JsonAside,
}

impl Format {
    fn beside(self, end: &End) -> Self {
        if self == Self::Json && end.is_standard_output() { Self::JsonAside } else { self }
    }

    /// Says what is known beside a result.
    fn tell(self, facts: &Value) -> Result<(), Failure> {
        match self {
            Self::Text => Ok(()),
            Self::Json => report::print_json(facts),
            Self::JsonAside => report::say_json(facts),
        }
    }
}

impl Service {
    fn gateway(&self) -> Result<Gateway, Failure> {
        self.way.open()
    }

    /// For what instances do not have.
    fn openapi(&self, what: &str) -> Result<AlibabaKmsOpenApi, Failure> {
        match self.gateway()? {
            Gateway::OpenApi(kms) => Ok(kms),
            Gateway::Instance(_) => Err(only_openapi(what)),
        }
    }

    /// Prints a line of text, or an object.
    fn print(&self, text: &str, facts: &Value) -> Result<(), Failure> {
        if self.format == Format::Text {
            return report::print(&format!("{}\n", printable(text)));
        }
        self.format.tell(facts)
    }
}

fn only_openapi(what: &str) -> Failure {
    Failure::usage(format!("the gateway of an instance cannot {what}"))
        .hint("the OpenAPI can: give region or endpoint, and no client-key")
}

/// Makes a call of the OpenAPI.
pub(super) fn call<C: openapi::Call + 'static>(
    kms: &AlibabaKmsOpenApi,
    call: C,
) -> crypto_envelope::Result<C::Answer>
where
    C::Answer: 'static,
{
    blocking::wait(kms.call(call))
}
