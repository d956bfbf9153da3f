//! `keyferry bench kms`.

/// A call with what it can have, if it was said.
macro_rules! with {
    ($call:expr, $option:ident) => {{
        let call = $call;
        match &$option {
            Some(value) => call.$option(value.to_owned()),
            None => call,
        }
    }};
}

mod instance;
mod openapi;
mod what;

use self::what::What;
use crate::{
    alibaba_kms::Gateway,
    args::{self, BenchKms, KmsCase},
    bench::{self, Load, Subject, Teller},
    command::kms,
    failure::Failure,
    report::Format,
};

pub(super) fn run(arguments: &BenchKms) -> Result<(), Failure> {
    let args::Load { concurrency, duration, period, warm_up, json } = arguments.load;
    let way = kms::way(&arguments.gateway)?;
    let what = What(arguments);
    let (gateway, calls) = match way.open_without_retries()? {
        Gateway::Instance(kms) => ("instance", instance::calls(&kms, what)?),
        Gateway::OpenApi(kms) => ("openapi", openapi::calls(&kms, what)?),
    };
    let subject = Subject {
        case: arguments.case.name(),
        gateway,
        data_size: arguments.data_size,
        concurrency,
    };
    let format = if json { Format::Json } else { Format::Text };
    let load = Load { concurrency, warm_up, duration, period };
    bench::run(&calls, load, &Teller { subject, format })
}

fn not_there(case: KmsCase, gateway: &str) -> Failure {
    Failure::usage(format!("{gateway} has no {}", case.name()))
        .hint("keyferry bench kms --help says which gateway has which calls")
}

/// What a call says of a signature that it has made before.
fn valid(is_valid: bool) -> crypto_envelope::Result<()> {
    use crypto_envelope::provider::{ProviderError, ProviderErrorKind};
    if is_valid {
        return Ok(());
    }
    let what = "KMS does not take its own signature for one";
    Err(ProviderError::new(ProviderErrorKind::Other, what).into())
}
