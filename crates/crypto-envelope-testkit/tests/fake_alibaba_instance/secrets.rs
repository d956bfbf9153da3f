//! Secrets.

use crypto_envelope_testkit::fake::alibaba_instance::FakeAlibabaInstance;

use crate::{
    client::{Client, Result},
    fields::{field, number},
};

#[test]
fn secrets_have_versions() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let versions = ["one", "two", "three"].map(|data| kms.put_secret("name", data));
    let ask = |more: Vec<u8>| client.ask("GetSecretValue", &[field(1, "name"), more]);
    for (more, data, stage) in [
        (vec![], "three", "ACSCurrent"),
        (field(2, "ACSCurrent"), "three", "ACSCurrent"),
        (field(2, "ACSPrevious"), "two", "ACSPrevious"),
        (field(3, &versions[0]), "one", ""),
        (field(3, &versions[1]), "two", "ACSPrevious"),
        ([field(2, "ACSPrevious"), field(3, &versions[1])].concat(), "two", "ACSPrevious"),
        (number(4, 1), "three", "ACSCurrent"),
    ] {
        let answer = ask(more);
        assert_eq!((answer.text(3), answer.text(5)), (data.to_owned(), stage.to_owned()));
        assert_eq!((answer.text(1), answer.text(4)), ("name".to_owned(), "text".to_owned()));
        assert!(versions.contains(&answer.text(6)));
        assert!(answer.text(7).ends_with('Z') && answer.text(8).len() == 36);
    }
    for more in [
        field(2, "ACSOther"),
        field(3, "no version"),
        [field(2, "ACSCurrent"), field(3, &versions[1])].concat(),
    ] {
        assert_eq!(ask(more).code(), "404 Forbidden.ResourceNotFound");
    }
    let parts = [field(1, "another")];
    assert_eq!(client.code("GetSecretValue", &parts), "404 Forbidden.ResourceNotFound");
    Ok(())
}
