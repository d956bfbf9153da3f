//! A fake with one key of every kind and some ciphertexts, and texts that name them.

use std::{collections::BTreeMap, sync::LazyLock};

use aws_lc_rs::{
    agreement::{ECDH_P256, ECDH_P384, ECDH_P521, PrivateKey},
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::{
        OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey,
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::fake::aws_kms::{FakeAwsKms, KeyKind};
use serde_json::{Value, json};

use crate::client::{REGION, Result, bytes};

/// RSA keys take a while: there is one world for all tests that only look.
pub(crate) static WORLD: LazyLock<World> =
    LazyLock::new(|| World::new().expect("the fake starts and creates keys"));

pub(crate) struct World {
    pub(crate) kms: FakeAwsKms,
    values: BTreeMap<String, String>,
}

impl World {
    fn new() -> Result<Self> {
        let kms = FakeAwsKms::start()?;
        let samples = kms.create_samples()?;
        let mut world = Self { kms, values: BTreeMap::new() };
        for (name, arn) in samples {
            let id = arn.rsplit('/').next().unwrap_or_default().to_owned();
            world.set(&format!("{name}_id"), id);
            world.set(name, arn);
        }
        for length in [0, 1, 16, 190, 191, 214, 215, 318, 319, 342, 343, 446, 447, 470, 471] {
            world.set(&format!("zeros_{length}"), zeros(length));
        }
        world.set("context", CONTEXT.to_owned());
        world.set("usual_policy", json!(USUAL_POLICY).to_string());
        world.set("zeros_4096", zeros(4096));
        world.set("zeros_4097", zeros(4097));
        world.encrypt_some()?;
        world.meet_peers()?;
        let disabled = world.kms.create_key(REGION, KeyKind::EccP256)?;
        world.kms.disable_key(&disabled)?;
        world.set("disabled_ecc", disabled);
        Ok(world)
    }

    /// `text` with `$NAME` replaced by what is called so; nothing is called like the beginning of
    /// something else, because the longest names go first.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut names = self.values.iter().collect::<Vec<_>>();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        names
            .into_iter()
            .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), value))
    }

    pub(crate) fn json(&self, text: &str) -> Value {
        serde_json::from_str(&self.fill(text)).expect("a row is JSON")
    }

    fn set(&mut self, name: &str, value: String) {
        self.values.insert(name.to_owned(), value);
    }

    fn encrypt_some(&mut self) -> Result<()> {
        let blob = self.encrypt("symmetric", REGION)?;
        let mut tampered = STANDARD.decode(&blob)?;
        let truncated = tampered[..tampered.len() - 1].to_vec();
        *tampered.last_mut().ok_or("empty")? ^= 1;
        self.set("blob", blob);
        self.set("tampered", STANDARD.encode(tampered));
        self.set("truncated", STANDARD.encode(truncated));
        for (name, key, region) in
            [("mrk_blob", "multi_region", REGION), ("west_blob", "symmetric_2", "us-west-2")]
        {
            let blob = self.encrypt(key, region)?;
            self.set(name, blob);
        }
        for key in ["rsa_2048", "rsa_3072", "rsa_4096"] {
            let request = json!({"KeyId": self.values[key]});
            let answer = self.kms.administer(REGION, "GetPublicKey", &request)?;
            let der = bytes(&answer, "PublicKey")?;
            self.set(&format!("public_{key}"), STANDARD.encode(&der));
            let public = OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(&der)?)?;
            for (suffix, oaep) in
                [("sha_1", &OAEP_SHA1_MGF1SHA1), ("sha_256", &OAEP_SHA256_MGF1SHA256)]
            {
                let mut ciphertext = vec![0; public.ciphertext_size()];
                let local = public.encrypt(oaep, &[0; 16], &mut ciphertext, None)?;
                let local = STANDARD.encode(local);
                self.set(&format!("local_{key}_{suffix}"), local);
            }
        }
        Ok(())
    }

    /// Public keys to agree with, and what only looks like one.
    fn meet_peers(&mut self) -> Result<()> {
        for (name, curve) in [("p256", &ECDH_P256), ("p384", &ECDH_P384), ("p521", &ECDH_P521)] {
            let private = PrivateKey::generate(curve)?;
            let point = private.compute_public_key()?;
            let peer: PublicKeyX509Der<'_> = point.as_der()?;
            let peer = peer.as_ref();
            let private: Pkcs8V1Der<'_> = private.as_der()?;
            let mut off_curve = peer.to_vec();
            *off_curve.last_mut().ok_or("empty")? ^= 1;
            for (kind, bytes) in [
                ("peer", peer),
                ("off_curve", &off_curve),
                ("bare_point", point.as_ref()),
                ("longer", &[peer, &[0]].concat()),
                ("shorter", &peer[..peer.len() - 1]),
                ("private", private.as_ref()),
            ] {
                self.set(&format!("{kind}_{name}"), STANDARD.encode(bytes));
            }
        }
        // The names of the algorithm and the curve, and a point of one byte.
        let peer = STANDARD.decode(&self.values["peer_p256"])?;
        let infinity = [&[0x30, 0x19], &peer[2..23], &[0x03, 0x02, 0x00, 0x00]].concat();
        self.set("infinity", STANDARD.encode(infinity));
        Ok(())
    }

    fn encrypt(&self, key: &str, region: &str) -> Result<String> {
        let request = json!({
            "KeyId": self.values[key],
            "Plaintext": self.values["zeros_16"],
            "EncryptionContext": serde_json::from_str::<Value>(CONTEXT)?,
        });
        let answer = self.kms.administer(region, "Encrypt", &request)?;
        Ok(answer["CiphertextBlob"].as_str().ok_or("no ciphertext")?.to_owned())
    }
}

/// What AWS gives to a key of which nothing else is said.
pub(crate) const USUAL_POLICY: &str = r#"{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::111122223333:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}"#;

const CONTEXT: &str = r#"{"a": "1", "b": "2"}"#;

fn zeros(length: usize) -> String {
    STANDARD.encode(vec![0; length])
}
