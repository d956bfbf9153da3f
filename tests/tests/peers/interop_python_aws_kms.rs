//! The official Python SDK and this one read each other's messages under keys of AWS KMS, and ask
//! KMS for the same.

use crypto_envelope::{
    AlgorithmSuite, EncryptionContext,
    provider::{EcCurve, RsaPadding},
};
use crypto_envelope_testkit::fake::aws_kms::{FakeAwsKms, KeyKind};
use crypto_envelope_tests::{
    aws_kms::interop::{Case, Key, Sides},
    interop::{self, EcdhSchema},
    vectors::Result,
};
use serde_json::json;

#[test]
fn one_key() -> Result<()> {
    let mut sides = Sides::with_python()?;
    let key = Key::Strict(sides.kms().create_key(HOME, KeyKind::Symmetric)?);
    agree(&mut sides, &APIS, &SUITES, &[&key], &[&key])
}

#[test]
fn replicas_of_a_multi_region_key() -> Result<()> {
    let mut sides = Sides::with_python()?;
    let [home, away] = replicated(sides.kms())?.map(Key::MultiRegion);
    agree(&mut sides, &APIS, &SUITES, &[&home], &[&away])
}

#[test]
fn discovery() -> Result<()> {
    let mut sides = Sides::with_python()?;
    let arn = sides.kms().create_key(AWAY, KeyKind::Symmetric)?;
    let (writing, reading) = (Key::Strict(arn.clone()), Key::Discovery(arn));
    agree(&mut sides, &APIS, &SUITES, &[&writing], &[&reading])
}

#[test]
fn multi_region_discovery() -> Result<()> {
    let mut sides = Sides::with_python()?;
    let [home, away] = replicated(sides.kms())?;
    let reading = Key::MultiRegionDiscovery(away);
    agree(&mut sides, &APIS, &SUITES, &[&Key::MultiRegion(home)], &[&reading])?;
    let single = sides.kms().create_key(AWAY, KeyKind::Symmetric)?;
    agree(&mut sides, &APIS, &SUITES, &[&Key::Strict(single)], &[&reading])
}

#[test]
fn rsa_keys() -> Result<()> {
    let mut sides = Sides::with_python()?;
    for kind in [KeyKind::Rsa2048, KeyKind::Rsa4096] {
        for padding in [RsaPadding::OaepSha1, RsaPadding::OaepSha256] {
            let key = rsa(sides.kms(), kind, padding)?;
            // Its older interface knows no such keys.
            agree(&mut sides, &["keyring"], &UNSIGNED, &[&key], &[&key])?;
        }
    }
    Ok(())
}

/// They agree with Bob, who has no KMS.
#[test]
fn keys_on_elliptic_curves() -> Result<()> {
    let mut sides = Sides::with_python()?;
    for (kind, curve) in [
        (KeyKind::EccP256, EcCurve::P256),
        (KeyKind::EccP384, EcCurve::P384),
        (KeyKind::EccP521, EcCurve::P521),
    ] {
        let [_, _, bob] = interop::ec_keys(curve);
        let key = Key::Ecdh(sides.kms().create_key(HOME, kind)?, bob);
        agree(&mut sides, &["keyring"], &SUITES, &[&key], &[&key])?;
        let to_bob = Key::Raw(interop::Key::Ecdh(curve, EcdhSchema::Ephemeral));
        let reading = Key::Raw(interop::Key::Ecdh(curve, EcdhSchema::Ephemeral));
        agree(&mut sides, &["keyring"], &UNSIGNED, &[&key, &to_bob], &[&reading])?;
    }
    Ok(())
}

/// Two keys of KMS: who wraps names the other one, who unwraps need not.
#[test]
fn keys_on_elliptic_curves_that_find_out_from_whom() -> Result<()> {
    let mut sides = Sides::with_python()?;
    let [alice, bob] = [0; 2].map(|_| sides.kms().create_key(HOME, KeyKind::EccP384));
    let (alice, bob) = (alice?, bob?);
    let of_bob: &'static str = public_key(sides.kms(), &bob)?.leak();
    let (writing, reading) =
        (Key::Ecdh(alice.clone(), of_bob), Key::EcdhDiscovery(bob, EcCurve::P384));
    agree(&mut sides, &["keyring"], &SUITES, &[&writing], &[&reading])?;
    refuse(&mut sides, &["keyring"], &[&writing], &[&Key::EcdhDiscovery(alice, EcCurve::P384)])
}

#[test]
fn each_of_several_keys() -> Result<()> {
    let mut sides = Sides::with_python()?;
    let kms = sides.kms();
    let generator = Key::Strict(kms.create_key(HOME, KeyKind::Symmetric)?);
    let child = Key::Strict(kms.create_key(AWAY, KeyKind::Symmetric)?);
    let all = [generator, child, Key::Raw(interop::Key::Rsa(RsaPadding::OaepSha256))];
    for key in &all {
        agree(&mut sides, &APIS, &SUITES, &all.each_ref(), &[key])?;
    }
    Ok(())
}

#[test]
fn a_raw_key_that_generates_for_kms() -> Result<()> {
    let mut sides = Sides::with_python()?;
    let key = Key::Strict(sides.kms().create_key(HOME, KeyKind::Symmetric)?);
    let all = [Key::Raw(interop::Key::aes(32)), key];
    for key in &all {
        agree(&mut sides, &APIS, &SUITES, &all.each_ref(), &[key])?;
    }
    Ok(())
}

#[test]
fn keys_that_are_not_meant() -> Result<()> {
    let mut sides = Sides::with_python()?;
    let kms = sides.kms();
    let [home, away] = replicated(kms)?;
    let single = kms.create_key(HOME, KeyKind::Symmetric)?;
    let another = kms.create_key(HOME, KeyKind::Symmetric)?;
    let another_account = single.replace(account(&single), "999999999999");
    for (writing, reading) in [
        (Key::Strict(single.clone()), Key::Strict(another)),
        (Key::Strict(home), Key::Strict(away.clone())),
        (Key::Strict(single.clone()), Key::Discovery(another_account.clone())),
        (Key::Strict(single.clone()), Key::MultiRegionDiscovery(another_account)),
    ] {
        refuse(&mut sides, &APIS, &[&writing], &[&reading])?;
    }
    // Its older interface goes to the region of each single-Region key.
    let reading = Key::MultiRegionDiscovery(away);
    refuse(&mut sides, &["keyring"], &[&Key::Strict(single)], &[&reading])
}

#[test]
fn discovery_does_not_write() -> Result<()> {
    let mut sides = Sides::with_python()?;
    let arn = sides.kms().create_key(HOME, KeyKind::Symmetric)?;
    let key = Key::Discovery(arn);
    for case in cases(&APIS, &SUITES, &[&key], &[&key]) {
        sides.agree_not_to_write(&case).map_err(|error| named(&case, &*error))?;
    }
    Ok(())
}

#[test]
fn rsa_keys_do_not_sign() -> Result<()> {
    let mut sides = Sides::with_python()?;
    let key = rsa(sides.kms(), KeyKind::Rsa2048, RsaPadding::OaepSha256)?;
    for case in cases(&["keyring"], &SIGNED, &[&key], &[&key]) {
        sides.agree_not_to_write(&case).map_err(|error| named(&case, &*error))?;
    }
    Ok(())
}

fn agree(
    sides: &mut Sides,
    apis: &[&'static str],
    suites: &[AlgorithmSuite],
    writing: &[&Key],
    reading: &[&Key],
) -> Result<()> {
    for case in cases(apis, suites, writing, reading) {
        sides.agree(&case).map_err(|error| named(&case, &*error))?;
    }
    Ok(())
}

fn refuse(
    sides: &mut Sides,
    apis: &[&'static str],
    writing: &[&Key],
    reading: &[&Key],
) -> Result<()> {
    for case in cases(apis, &SUITES, writing, reading) {
        sides.agree_to_refuse(&case).map_err(|error| named(&case, &*error))?;
    }
    Ok(())
}

fn named(case: &Case, error: &dyn std::error::Error) -> String {
    format!("{case:?}: {error}")
}

/// With and without a context.
fn cases(
    apis: &[&'static str],
    suites: &[AlgorithmSuite],
    writing: &[&Key],
    reading: &[&Key],
) -> Vec<Case> {
    let contexts = [
        EncryptionContext::new(),
        EncryptionContext::from([("purpose", "interop"), ("Ω", "größe"), ("a", "")]),
    ];
    let mut cases = Vec::new();
    for &api in apis {
        for &suite in suites {
            for context in &contexts {
                cases.push(Case {
                    api,
                    suite,
                    context: context.clone(),
                    writing: writing.iter().copied().cloned().collect(),
                    reading: reading.iter().copied().cloned().collect(),
                });
            }
        }
    }
    cases
}

fn replicated(kms: &FakeAwsKms) -> Result<[String; 2]> {
    let home = kms.create_key(HOME, KeyKind::MultiRegion)?;
    let away = kms.replicate_key(&home, AWAY)?;
    Ok([home, away])
}

fn rsa(kms: &FakeAwsKms, kind: KeyKind, padding: RsaPadding) -> Result<Key> {
    let arn = kms.create_key(HOME, kind)?;
    let pem = public_key(kms, &arn)?;
    Ok(Key::Rsa(arn, padding, pem))
}

/// In PEM.
fn public_key(kms: &FakeAwsKms, arn: &str) -> Result<String> {
    let answer = kms.administer(HOME, "GetPublicKey", &json!({ "KeyId": arn }))?;
    let base64 = answer["PublicKey"].as_str().ok_or("no public key")?;
    let lines = base64.as_bytes().chunks(64).map(str::from_utf8);
    let lines = lines.collect::<Result<Vec<_>, _>>()?.join("\n");
    Ok(format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"))
}

fn account(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// Its keyrings, and its older master keys.
const APIS: [&str; 2] = ["keyring", "master-key"];
const UNSIGNED: [AlgorithmSuite; 2] =
    [AlgorithmSuite::Aes256GcmHkdfSha512CommitKey, AlgorithmSuite::Aes256GcmIv12Tag16HkdfSha256];
const SIGNED: [AlgorithmSuite; 2] = [
    AlgorithmSuite::Aes256GcmHkdfSha512CommitKeyEcdsaP384,
    AlgorithmSuite::Aes256GcmIv12Tag16HkdfSha384EcdsaP384,
];
const SUITES: [AlgorithmSuite; 4] = [UNSIGNED[0], SIGNED[0], UNSIGNED[1], SIGNED[1]];
const HOME: &str = "us-east-1";
const AWAY: &str = "eu-west-1";
