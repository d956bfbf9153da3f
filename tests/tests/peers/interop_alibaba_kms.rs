//! What the vendor's SDKs for Alibaba Cloud KMS encrypt, ours decrypt, and the other way round: by an
//! instance, by the OpenAPI, and by the transfer clients in both modes. The gateways are fakes that have
//! the same keys.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use crypto_envelope::{EncryptionContext, SecretBytes, blocking};
use crypto_envelope_alibaba_kms::{
    AadStyle, AlibabaKmsInstance, AlibabaKmsOpenApi, AlibabaKmsTransfer, instance, openapi,
    transfer::{DataKeyOrigin, Mode},
};
use crypto_envelope_tests::{
    alibaba_kms::{AlibabaKms, Theirs, bytes, hex, text},
    vectors::Result,
};
use serde_json::{Value, json};

/// A client of the calls of KMS 1.0.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Client {
    /// The vendor's, by its name in `peer.py`.
    Theirs(&'static str),
    OurOpenApi,
    OurTransfer(Mode, DataKeyOrigin),
}

const CLIENTS: [Client; 9] = [
    Client::Theirs("acs3"),
    Client::Theirs("rpc"),
    Client::Theirs("transfer"),
    Client::Theirs("transfer-initial"),
    Client::OurOpenApi,
    Client::OurTransfer(Mode::Advance, DataKeyOrigin::Instance),
    Client::OurTransfer(Mode::Advance, DataKeyOrigin::Local),
    Client::OurTransfer(Mode::InitialVersion, DataKeyOrigin::Instance),
    Client::OurTransfer(Mode::InitialVersion, DataKeyOrigin::Local),
];

/// All clients on the same keys.
struct Clients<'a> {
    kms: &'a AlibabaKms,
    theirs: Theirs,
    openapi: AlibabaKmsOpenApi,
    instance: AlibabaKmsInstance,
}

impl<'a> Clients<'a> {
    fn of(kms: &'a AlibabaKms) -> Result<Self> {
        let (theirs, openapi) = (kms.theirs()?, kms.our_openapi()?);
        Ok(Self { kms, theirs, openapi, instance: kms.our_instance()? })
    }

    fn transfer(&self, mode: Mode, origin: DataKeyOrigin) -> AlibabaKmsTransfer {
        AlibabaKmsTransfer::new(&self.instance).with_mode(mode).with_data_keys(origin)
    }

    fn encrypt(&mut self, by: Client, plaintext: &str, pairs: &[(&str, &str)]) -> Result<String> {
        let context = pairs.iter().copied().collect::<EncryptionContext>();
        let call = openapi::Encrypt::new(&self.kms.key_id, plaintext.as_bytes());
        let call = call.encryption_context(context);
        Ok(match by {
            Client::Theirs(client) => {
                let about = json!({"KeyId": self.kms.key_id, "Plaintext": plaintext});
                let answer = self.theirs.ask(client, "Encrypt", &bound(about, pairs))?;
                text(&answer, "CiphertextBlob")?.to_owned()
            }
            Client::OurOpenApi => blocking::wait(self.openapi.call(call))?.ciphertext_blob,
            Client::OurTransfer(mode, origin) => {
                blocking::wait(self.transfer(mode, origin).call(call))?.ciphertext_blob
            }
        })
    }

    /// The data key in base64, and its ciphertext.
    fn generate(&mut self, by: Client, pairs: &[(&str, &str)]) -> Result<(String, String)> {
        let context = pairs.iter().copied().collect::<EncryptionContext>();
        let call = openapi::GenerateDataKey::new(&self.kms.key_id).encryption_context(context);
        let made = match by {
            Client::Theirs(client) => {
                let about = bound(json!({"KeyId": self.kms.key_id}), pairs);
                let answer = self.theirs.ask(client, "GenerateDataKey", &about)?;
                let of = |name| text(&answer, name).map(str::to_owned);
                return Ok((of("Plaintext")?, of("CiphertextBlob")?));
            }
            Client::OurOpenApi => blocking::wait(self.openapi.call(call))?,
            Client::OurTransfer(mode, origin) => {
                blocking::wait(self.transfer(mode, origin).call(call))?
            }
        };
        Ok((BASE64.encode(made.plaintext.expose()), made.ciphertext_blob))
    }

    fn decrypt(&mut self, by: Client, blob: &str, pairs: &[(&str, &str)]) -> Result<String> {
        let context = pairs.iter().copied().collect::<EncryptionContext>();
        let call = openapi::Decrypt::new(blob).encryption_context(context);
        let opened = match by {
            Client::Theirs(client) => {
                let about = bound(json!({"CiphertextBlob": blob}), pairs);
                let answer = self.theirs.ask(client, "Decrypt", &about)?;
                return Ok(text(&answer, "Plaintext")?.to_owned());
            }
            Client::OurOpenApi => blocking::wait(self.openapi.call(call))?,
            Client::OurTransfer(mode, origin) => {
                blocking::wait(self.transfer(mode, origin).call(call))?
            }
        };
        Ok(String::from_utf8(opened.plaintext.expose().to_vec())?)
    }
}

/// With an encryption context, if there are pairs.
fn bound(mut parameters: Value, pairs: &[(&str, &str)]) -> Value {
    if !pairs.is_empty() {
        parameters["EncryptionContext"] = json!({"pairs": pairs});
    }
    parameters
}

/// Without a context all of them understand each other, as the bytes of KMS 1.0 are the same.
#[test]
fn texts_and_data_keys_go_from_everyone_to_everyone() -> Result<()> {
    let kms = AlibabaKms::start()?;
    let mut clients = Clients::of(&kms)?;
    for writer in CLIENTS {
        let sealed = clients.encrypt(writer, "a text, é", &[])?;
        let (data_key, wrapped) = clients.generate(writer, &[])?;
        assert_eq!(BASE64.decode(&data_key)?.len(), 32);
        kms.instance.rotate_key(&kms.key_id)?;
        for reader in CLIENTS {
            let opened = clients.decrypt(reader, &sealed, &[]);
            assert_eq!(opened?, "a text, é", "{writer:?} -> {reader:?}");
            let opened = clients.decrypt(reader, &wrapped, &[]);
            assert_eq!(opened?, data_key, "{writer:?} -> {reader:?}");
        }
    }
    Ok(())
}

/// With a context, those that bind it as KMS 1.0 does. The vendor's transfer client for Python does not:
/// what it writes opens nowhere else, but for a client of ours that was told so.
#[test]
fn contexts_are_bound_as_kms_does_it() -> Result<()> {
    let kms = AlibabaKms::start()?;
    let mut clients = Clients::of(&kms)?;
    let pairs = [("purpose", "ü & ="), ("a", "1")];
    let (odd, sound): (Vec<_>, Vec<_>) = CLIENTS
        .into_iter()
        .partition(|client| matches!(client, Client::Theirs("transfer" | "transfer-initial")));
    for writer in &sound {
        let (data_key, wrapped) = clients.generate(*writer, &pairs)?;
        for reader in &sound {
            let opened = clients.decrypt(*reader, &wrapped, &pairs);
            assert_eq!(opened?, data_key, "{writer:?} -> {reader:?}");
            assert!(clients.decrypt(*reader, &wrapped, &pairs[..1]).is_err(), "{reader:?}");
        }
        for reader in &odd {
            assert!(clients.decrypt(*reader, &wrapped, &pairs).is_err(), "{reader:?}");
        }
    }
    Ok(())
}

#[test]
fn contexts_of_the_vendors_transfer_client_are_read_on_request() -> Result<()> {
    let kms = AlibabaKms::start()?;
    let mut clients = Clients::of(&kms)?;
    // The second one binds them as JSON, in the order in which it got them.
    let pairs = [("purpose", "ü & ="), ("a", "1")];
    for (writer, style, mode) in [
        ("transfer", AadStyle::PythonHex, Mode::Advance),
        ("transfer-initial", AadStyle::Json, Mode::InitialVersion),
    ] {
        let sealed = clients.encrypt(Client::Theirs(writer), "a text", &pairs)?;
        let kms_1 = clients.transfer(mode, DataKeyOrigin::default());
        let context = EncryptionContext::from(pairs);
        let decrypt = |kms: &AlibabaKmsTransfer| {
            let call = openapi::Decrypt::new(&sealed).encryption_context(context.clone());
            blocking::wait(kms.call(call))
        };
        assert!(decrypt(&kms_1).is_err(), "{writer}");
        let told = kms_1.with_json_order(["purpose", "a"]);
        assert!(decrypt(&told.clone().with_other_aad_styles([style]))?.plaintext.equals(b"a text"));
        // And back.
        let call = openapi::Encrypt::new(&kms.key_id, &b"ours"[..]);
        let call = call.encryption_context(context.clone());
        let sealed = blocking::wait(told.with_aad_style(style).call(call))?.ciphertext_blob;
        assert_eq!(clients.decrypt(Client::Theirs(writer), &sealed, &pairs)?, "ours");
    }
    Ok(())
}

#[test]
fn an_instance_serves_both() -> Result<()> {
    let kms = AlibabaKms::start()?;
    let (mut theirs, ours) = (kms.theirs()?, kms.our_instance()?);
    let mut ask = |call: &str, parameters: Value| theirs.ask("instance", call, &parameters);
    let (key, plain) = (&kms.key_id, SecretBytes::random(32)?);
    let aad = b"aad".to_vec();

    let call = instance::AdvanceEncrypt::new(key, plain.expose()).aad(aad.clone());
    let sealed = blocking::wait(ours.call(call))?;
    let blob = json!({"CiphertextBlob": hex(&sealed.ciphertext_blob), "Aad": hex(&aad)});
    assert!(plain.equals(&bytes(&ask("AdvanceDecrypt", blob)?, "Plaintext")?));

    let made = ask(
        "AdvanceGenerateDataKey",
        json!({"KeyId": key, "NumberOfBytes": 32, "Aad": hex(&aad)}),
    )?;
    let call = instance::AdvanceDecrypt::new(bytes(&made, "CiphertextBlob")?).aad(aad.clone());
    assert!(blocking::wait(ours.call(call))?.plaintext.equals(&bytes(&made, "Plaintext")?));

    let call = instance::GenerateDataKey::new(key, 16).aad(aad.clone());
    let made = blocking::wait(ours.call(call))?;
    let blob = json!({"KeyId": key, "CiphertextBlob": hex(&made.ciphertext_blob),
        "Iv": hex(&made.iv), "Aad": hex(&aad)});
    assert!(made.plaintext.equals(&bytes(&ask("Decrypt", blob)?, "Plaintext")?));

    let sealed =
        ask("Encrypt", json!({"KeyId": key, "Plaintext": hex(b"text"), "Aad": hex(&aad)}))?;
    let (blob, iv) = (bytes(&sealed, "CiphertextBlob")?, bytes(&sealed, "Iv")?);
    let call = instance::Decrypt::new(key, blob).iv(iv).aad(aad);
    assert!(blocking::wait(ours.call(call))?.plaintext.equals(b"text"));
    Ok(())
}
