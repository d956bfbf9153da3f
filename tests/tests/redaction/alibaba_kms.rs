//! The secret hunt for Alibaba Cloud KMS: every public type, and errors of gateways that say back what they
//! were sent.

use std::{error::Error, fmt::Debug, fs};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{
    EncryptionContext, SecretBytes, blocking,
    provider::{DetachedTarget, KeyProvider, RsaKey, Target, WrapRequest},
};
use crypto_envelope_alibaba_kms::{
    AlibabaKmsInstance, AlibabaKmsInstanceProvider, AlibabaKmsOpenApi, AlibabaKmsOpenApiProvider,
    AlibabaKmsRsaProvider, AlibabaKmsSettings, AlibabaKmsTransfer, ClientKey, instance,
    openapi::{self, AccessKey, Placement, Signature},
    transfer::{DataKeyOrigin, Gateway, Mode},
    wire,
};
use crypto_envelope_testkit::{
    data,
    redaction::{hunt_debug, hunt_error},
};
use crypto_envelope_tests::{alibaba_kms::AlibabaKms, echo};

type TestResult = Result<(), Box<dyn Error>>;

/// Bytes of every value, and text as secrets have it.
struct Secrets {
    binary: Vec<u8>,
    text: String,
    token: String,
    client_key: Vec<u8>,
}

impl Secrets {
    fn new() -> Self {
        Self {
            binary: data::plaintext(64, 1),
            text: BASE64.encode(data::plaintext(48, 2)),
            token: BASE64.encode(data::plaintext(48, 3)),
            client_key: include_bytes!("../../vectors/rsa/private.pkcs8.der").to_vec(),
        }
    }

    fn all(&self) -> [&[u8]; 4] {
        [&self.binary, self.text.as_bytes(), self.token.as_bytes(), &self.client_key]
    }

    fn access_key(&self) -> crypto_envelope::Result<AccessKey> {
        AccessKey::temporary("id", self.text.as_bytes(), self.token.as_bytes())
    }

    fn client_key(&self) -> crypto_envelope::Result<ClientKey> {
        ClientKey::from_private_key("KAAP.id", &self.client_key)
    }

    fn settings(&self) -> crypto_envelope::Result<AlibabaKmsSettings> {
        let proxy = format!("http://user:{}@127.0.0.1:1", self.text.replace(['/', '+', '='], "x"));
        AlibabaKmsSettings::new().max_attempts(1).proxy(&proxy)
    }
}

#[test]
fn clients_and_providers() -> TestResult {
    let secrets = Secrets::new();
    let password = secrets.text.replace(['/', '+', '='], "x");
    let all = [&secrets.all()[..], &[password.as_bytes()]].concat();
    let hunt = |value: &dyn Debug| hunt_debug(value, &all);
    let settings = secrets.settings()?;
    hunt(&settings)?;
    hunt(&secrets.access_key()?)?;
    hunt(&secrets.client_key()?)?;
    let kms = AlibabaKmsInstance::new("kst.example", &secrets.client_key()?, &settings)?;
    hunt(&kms)?;
    let gateway = AlibabaKmsOpenApi::new("kms.example", &secrets.access_key()?, &settings)?
        .with_placement(Placement::Form)
        .with_signature(Signature::RpcHmacSha1);
    hunt(&gateway)?;
    let transfer = AlibabaKmsTransfer::new(&kms).with_openapi(&gateway);
    hunt(&transfer)?;
    hunt(&AlibabaKmsInstanceProvider::new(&kms, "key-1")?)?;
    hunt(&AlibabaKmsOpenApiProvider::new(&gateway, "key-1")?)?;
    let key = RsaKey::parse(&secrets.client_key)?;
    hunt(&AlibabaKmsRsaProvider::offline("key-1", "v", &key)?)?;
    hunt(&AlibabaKmsRsaProvider::by_instance(&kms, "key-1")?)?;
    let profile = format!(
        r#"{{"profiles": [{{"name": "default", "mode": "StsToken", "access_key_id": "id",
            "access_key_secret": "{}", "sts_token": "{}"}}]}}"#,
        secrets.text, secrets.token
    );
    let found = wire::aliyun_profile(profile.as_bytes(), None)?.ok_or("there is one")?;
    hunt(&found)?;
    let damaged = wire::aliyun_profile(&profile.as_bytes()[..profile.len() - 1], None);
    hunt_error(&damaged.expect_err("it is cut"), &all)?;
    Ok(())
}

#[test]
fn calls() -> TestResult {
    let secrets = Secrets::new();
    let (binary, text) = (|| secrets.binary.as_slice(), secrets.text.as_bytes());
    let hunt = |value: &dyn Debug| hunt_debug(value, &secrets.all());
    hunt(&openapi::Encrypt::new("k", text))?;
    hunt(&openapi::Encrypt::base64("k", &binary().into())?)?;
    hunt(&openapi::AsymmetricEncrypt::new("k", "v", "A", binary()))?;
    hunt(&instance::Encrypt::new("k", binary()))?;
    hunt(&instance::AdvanceEncrypt::new("k", binary()))?;
    for signature in [Signature::Acs3, Signature::acs4("cn-hangzhou")?, Signature::RpcHmacSha1] {
        for placement in [Placement::Url, Placement::Form] {
            let call = wire::OpenApiCall {
                action: "Encrypt",
                parameters: &[("Plaintext", &secrets.text)],
                placement,
                host: "kms.example",
                access_key: &secrets.access_key()?,
                date: "2024-01-10T00:11:22Z",
                nonce: "n",
                headers: &[],
            };
            hunt(&call)?;
            hunt(&wire::openapi_request(&signature, &call))?;
        }
    }
    Ok(())
}

/// What gateways really answer.
#[test]
fn answers() -> TestResult {
    let both = AlibabaKms::start()?;
    let (kms, gateway) = (both.our_instance()?, both.our_openapi()?);
    let secret = SecretBytes::from(data::plaintext(32, 4));
    let text = BASE64.encode(secret.expose());
    both.instance.put_secret("s", &text);
    let key = both.key_id.as_str();
    let known = [secret.expose(), text.as_bytes()];

    let made = blocking::wait(kms.call(instance::AdvanceGenerateDataKey::new(key, 32)))?;
    hunt_debug(&made, &[made.plaintext.expose()])?;
    let sealed = blocking::wait(kms.call(instance::AdvanceEncrypt::new(key, secret.expose())))?;
    let opened = blocking::wait(kms.call(instance::AdvanceDecrypt::new(sealed.ciphertext_blob)))?;
    assert!(opened.plaintext.equals(secret.expose()));
    hunt_debug(&opened, &known)?;
    hunt_debug(&blocking::wait(kms.call(instance::GetSecretValue::new("s")))?, &known)?;
    let random = blocking::wait(kms.call(instance::GenerateRandom::new(32)))?;
    hunt_debug(&random, &[random.random.expose()])?;

    let made = blocking::wait(gateway.call(openapi::GenerateDataKey::new(key)))?;
    hunt_debug(&made, &[made.plaintext.expose()])?;
    let opened = blocking::wait(gateway.call(openapi::Decrypt::new(made.ciphertext_blob)))?;
    hunt_debug(&opened, &[made.plaintext.expose(), opened.plaintext.expose()])?;
    hunt_debug(&blocking::wait(gateway.call(openapi::GetSecretValue::new("s")))?, &known)?;
    Ok(())
}

/// Whoever answers wraps what they heard into an error, or into a page.
#[test]
fn errors_of_gateways_that_say_back_what_they_heard() -> TestResult {
    let secrets = Secrets::new();
    for echo in ECHOES {
        let endpoint = echoing(echo)?;
        let settings = AlibabaKmsSettings::new().max_attempts(1);
        let kms = AlibabaKmsInstance::new(&endpoint, &secrets.client_key()?, &settings)?;
        for secret in [&secrets.binary[..], secrets.text.as_bytes()] {
            let refused = blocking::wait(kms.call(instance::AdvanceEncrypt::new("key-1", secret)));
            check(echo, &refused.expect_err("it says no"), &secrets)?;
            let refused = blocking::wait(kms.call(instance::Encrypt::new("key-1", secret)));
            check(echo, &refused.expect_err("it says no"), &secrets)?;
            check_wrap(echo, &AlibabaKmsInstanceProvider::new(&kms, "key-1")?, &secrets)?;
        }
        for signature in [Signature::Acs3, Signature::acs4("cn-hangzhou")?, Signature::RpcHmacSha1]
        {
            for placement in [Placement::Url, Placement::Form] {
                let kms = AlibabaKmsOpenApi::new(&endpoint, &secrets.access_key()?, &settings)?
                    .with_signature(signature.clone())
                    .with_placement(placement);
                let call = openapi::Encrypt::new("key-1", secrets.text.as_bytes());
                check(echo, &blocking::wait(kms.call(call)).expect_err("it says no"), &secrets)?;
                let call = openapi::AsymmetricEncrypt::new("key-1", "v", "A", &secrets.binary[..]);
                check(echo, &blocking::wait(kms.call(call)).expect_err("it says no"), &secrets)?;
                check_wrap(echo, &AlibabaKmsOpenApiProvider::new(&kms, "key-1")?, &secrets)?;
            }
        }
        let transfer = AlibabaKmsTransfer::new(&kms).with_data_keys(DataKeyOrigin::Local);
        for mode in [Mode::Advance, Mode::InitialVersion] {
            let transfer = transfer.clone().with_mode(mode).with_gateway(Gateway::Instance);
            let call = openapi::Encrypt::new("key-1", secrets.text.as_bytes());
            check(echo, &blocking::wait(transfer.call(call)).expect_err("it says no"), &secrets)?;
        }
    }
    Ok(())
}

fn check_wrap(echo: Echo, provider: &impl KeyProvider, secrets: &Secrets) -> TestResult {
    let (secret, context) = (SecretBytes::from(&secrets.binary[..]), EncryptionContext::new());
    let ring = Target::Detached(DetachedTarget::KeyRing);
    let refused = blocking::wait(provider.wrap(WrapRequest::new(&secret, ring, &context)));
    check(echo, &refused.expect_err("it says no"), secrets)
}

fn check(echo: Echo, error: &crypto_envelope::Error, secrets: &Secrets) -> TestResult {
    // The hunt takes its time, and the key of the ClientKey is never sent.
    hunt_error(error, &secrets.all()[..3])
        .map_err(|leak| format!("{echo:?}: {leak}: {error}").into())
}

/// As which form of its request a gateway answers.
type Echo = (u16, Quote, Frame);

#[derive(Clone, Copy, Debug)]
enum Quote {
    Raw,
    Base64,
    Hex,
    Escaped,
    /// Nothing but what follows the first `Plaintext=`.
    Value,
}

#[derive(Clone, Copy, Debug)]
enum Frame {
    Page,
    Json,
    JsonCode,
    Message,
}

const ECHOES: [Echo; 12] = [
    (400, Quote::Raw, Frame::Page),
    (502, Quote::Base64, Frame::Page),
    (400, Quote::Hex, Frame::Page),
    (400, Quote::Escaped, Frame::Page),
    (400, Quote::Value, Frame::Page),
    (400, Quote::Raw, Frame::Json),
    (400, Quote::Value, Frame::Json),
    (400, Quote::Value, Frame::JsonCode),
    (503, Quote::Base64, Frame::Json),
    (400, Quote::Raw, Frame::Message),
    (400, Quote::Base64, Frame::Message),
    (400, Quote::Hex, Frame::Message),
];

impl Quote {
    fn of(self, request: &[u8]) -> Vec<u8> {
        match self {
            Self::Raw => request.to_vec(),
            Self::Base64 => BASE64.encode(request).into_bytes(),
            Self::Hex => {
                request.iter().flat_map(|byte| format!("{byte:02X}").into_bytes()).collect()
            }
            Self::Escaped => request.escape_ascii().collect(),
            Self::Value => {
                let name = b"Plaintext=";
                let at = request.windows(name.len()).position(|window| window == name);
                let value = at.map_or(request, |at| &request[at + name.len()..]);
                value.split(|byte| b" &\r".contains(byte)).next().unwrap_or_default().to_vec()
            }
        }
    }
}

impl Frame {
    fn around(self, quoted: &[u8]) -> crypto_envelope::Result<Vec<u8>> {
        let text = String::from_utf8_lossy(quoted).into_owned();
        let json = |code: &str, message: &str| {
            serde_json::json!({"Code": code, "Message": message, "RequestId": message}).to_string()
        };
        Ok(match self {
            Self::Page => [b"<h1>No</h1>", quoted].concat(),
            Self::Json => json("InvalidParameter", &text).into_bytes(),
            Self::JsonCode => json(&text, "No.").into_bytes(),
            Self::Message => {
                let fields = serde_json::json!({"ErrorCode": "InvalidParam", "ErrorMessage": text});
                wire::encode_message("Error", &fields)?.expose().to_vec()
            }
        })
    }
}

/// A gateway that answers with the body of the request, or with its URL if there is none.
fn echoing((status, quote, frame): Echo) -> std::io::Result<String> {
    echo::start(status, move |heard| frame.around(&quote.of(heard.content())).unwrap_or_default())
}

/// Errors of files name what is wrong, and show nothing of it.
#[test]
fn errors_of_files() -> TestResult {
    let secrets = Secrets::new();
    let password = SecretBytes::from(secrets.text.as_bytes());
    let file = fs::read_to_string("vectors/alibaba/clientkeys/ClientKey_modern_pbes2.json")?;
    for json in [&file[..], &file[..file.len() - 9], "{}", &file.replace("KeyId", "Other")] {
        let error = wire::client_key_pkcs8(json, &password).expect_err("it does not open");
        hunt_error(&error, &[&secrets.all()[..], &[&file.as_bytes()[60..]]].concat())?;
    }
    let cut = &secrets.client_key[..secrets.client_key.len() - 1];
    let error = ClientKey::from_private_key("id", cut).expect_err("it is cut");
    hunt_error(&error, &secrets.all())?;
    for (id, secret, token) in
        [("id", "x\n", "t"), ("i d", "x", "t"), ("id", "x", "t\n"), ("id", "", "t")]
    {
        let (secret, token) = (secrets.text.clone() + secret, secrets.token.clone() + token);
        let key = AccessKey::temporary(id, secret.as_bytes(), token.as_bytes());
        if let Err(error) = key {
            hunt_error(&error, &secrets.all())?;
        }
    }
    Ok(())
}
