//! What is refused, and how.

use crypto_envelope_testkit::fake::alibaba_instance::{FakeAlibabaInstance, KeyKind};

use crate::{
    client::{Client, Result},
    fields::{field, number},
};

#[test]
fn requests_that_do_not_fit_are_refused() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let key = field(1, kms.create_key(KeyKind::Symmetric)?);
    let encrypt = [key.clone(), field(2, "text")].concat();
    let with = |more: Vec<u8>| [encrypt.clone(), more].concat();
    let minus_one = [&[2 << 3][..], &[0xff; 9], &[1]].concat();
    for (operation, body, expected) in [
        ("Encrypt", encrypt.clone(), "200 ok"),
        ("Encrypt", with(field(4, [0; 8192])), "200 ok"),
        ("Encrypt", with(field(4, [0; 8193])), "400 InvalidParameter"),
        ("Encrypt", with(field(5, [0; 11])), "400 InvalidParameter"),
        ("Encrypt", with(field(3, "AES_CBC")), "400 UnsupportedOperation"),
        ("Encrypt", with(field(3, "DES")), "400 InvalidParameter"),
        ("Encrypt", with(field(6, "NO_PADDING")), "200 ok"),
        ("Encrypt", with(field(6, "PKCS7_PADDING")), "400 InvalidParameter"),
        ("Encrypt", with(field(7, "unknown")), "400 InvalidParameter"),
        ("Encrypt", with(number(3, 1)), "400 InvalidParameter"),
        ("Encrypt", with(field(2, "again")), "400 InvalidParameter"),
        ("Encrypt", with(vec![0]), "400 InvalidParameter"),
        ("Encrypt", encrypt[..encrypt.len() - 1].to_vec(), "400 InvalidParameter"),
        ("Encrypt", key.clone(), "400 MissingParameter"),
        ("Encrypt", field(2, "text"), "400 MissingParameter"),
        ("Encrypt", vec![], "400 MissingParameter"),
        ("Encrypt", [field(1, "key-hzz"), field(2, "text")].concat(), "404 Forbidden.KeyNotFound"),
        ("Encrypt", [field(1, "alias/no"), field(2, "text")].concat(), "404 Forbidden.KeyNotFound"),
        ("AdvanceEncrypt", with(field(4, [0; 8193])), "400 InvalidParameter"),
        ("AdvanceGenerateDataKey", [key.clone(), number(2, 1025)].concat(), "400 InvalidParameter"),
        ("AdvanceGenerateDataKey", [key.clone(), minus_one].concat(), "400 InvalidParameter"),
        ("AdvanceGenerateDataKey", key.clone(), "400 InvalidParameter"),
        ("GenerateDataKey", [key.clone(), number(3, 1025)].concat(), "400 InvalidParameter"),
        ("GenerateDataKey", [key.clone(), number(3, 16)].concat(), "200 ok"),
        ("GenerateRandom", number(1, 1025), "400 InvalidParameter"),
        ("GenerateRandom", vec![], "400 InvalidParameter"),
        ("AdvanceDecrypt", vec![], "400 MissingParameter"),
        ("GetSecretValue", vec![], "400 MissingParameter"),
        ("Hash", vec![], "400 UnsupportedOperation"),
        ("Hmac", vec![], "400 UnsupportedOperation"),
        ("MakeCoffee", vec![], "400 InvalidApiName"),
        ("", vec![], "400 InvalidApiName"),
    ] {
        let answer = client.ask(operation, std::slice::from_ref(&body));
        assert_eq!(answer.code(), expected, "{operation} {body:x?}");
        if answer.status != 200 {
            let status = [&[0; 6][..], &answer.status.to_be_bytes()].concat();
            assert_eq!((answer.bytes(1), answer.text(4).len()), (status, 36));
        }
    }
    Ok(())
}

#[test]
fn disabled_keys_do_nothing() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let id = kms.create_key(KeyKind::Symmetric)?;
    let encrypt = [field(1, &id), field(2, "text")];
    let blob = client.ask("AdvanceEncrypt", &encrypt).bytes(2);
    kms.disable_key(&id)?;
    assert_eq!(client.code("Encrypt", &encrypt), "409 Rejected.Disabled");
    assert_eq!(client.code("AdvanceEncrypt", &encrypt), "409 Rejected.Disabled");
    assert_eq!(client.code("AdvanceDecrypt", &[field(1, &blob)]), "409 Rejected.Disabled");
    kms.enable_key(&id)?;
    assert_eq!(client.ask("AdvanceDecrypt", &[field(1, &blob)]).text(2), "text");
    assert_eq!(kms.disable_key("key-hzz").map_err(|error| error.status()), Err(404));
    assert!(kms.create_alias("name", &id).is_err());
    assert!(kms.create_alias("alias/", &id).is_err());
    kms.create_alias("alias/name", &id)?;
    assert!(kms.create_alias("alias/name", &id).is_err());
    Ok(())
}
