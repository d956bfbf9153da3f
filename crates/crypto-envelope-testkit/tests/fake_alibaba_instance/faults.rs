//! What goes wrong on demand.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use crypto_envelope_testkit::fake::{
    alibaba_instance::{FakeAlibabaInstance, KeyKind, lie},
    http::Fault,
};
use serde_json::json;

use crate::{
    client::{Client, Result, parse},
    fields::{field, number},
};

#[test]
fn faults_strike_what_they_pick() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let random = client.request("GenerateRandom", &number(1, 16));
    kms.inject(Fault::close().when(|operation| operation == "GenerateRandom").always());
    assert_eq!(client.code("MakeCoffee", &[]), "400 InvalidApiName");
    assert_eq!(client.send(&random)?, b"");
    kms.clear_faults();
    kms.inject(Fault::status(502, "<html>"));
    let answer = parse(&client.send(&random)?)?;
    assert_eq!((answer.status, &answer.body[..]), (502, &b"<html>"[..]));
    let calls = kms.calls();
    assert_eq!(calls[1].fault.as_deref(), Some("close"));
    assert_eq!(calls[1].response, json!(null));
    assert_eq!(calls[2].response, "<html>");
    assert_eq!(client.code("GenerateRandom", &[number(1, 16)]), "200 ok");
    Ok(())
}

#[test]
fn lies_change_the_answer_alone() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let key = field(1, kms.create_key(KeyKind::Symmetric)?);
    kms.inject(lie::without("AdvanceEncrypt", "KeyId"));
    kms.inject(lie::answer("AdvanceEncrypt", |answer| {
        answer["Iv"] = json!(STANDARD.encode("lie"));
    }));
    kms.inject(lie::error(503, "ServiceUnavailableTemporary", "later").times(2));
    let encrypt = [key.clone(), field(2, "text")];
    assert_eq!(client.code("Encrypt", &encrypt), "503 ServiceUnavailableTemporary");
    let answers = [(); 4].map(|()| client.ask("AdvanceEncrypt", &encrypt));
    assert_eq!(answers[0].text(1), "");
    assert_eq!(answers[1].text(3), "lie");
    assert_eq!(answers[2].text(3), "later");
    assert_eq!(answers[3].text(1).len(), 25);
    for answer in [&answers[0], &answers[1]] {
        assert_eq!(client.ask("AdvanceDecrypt", &[field(1, answer.bytes(2))]).text(2), "text");
    }
    Ok(())
}

#[test]
fn calls_are_throttled() -> Result<()> {
    let kms = FakeAlibabaInstance::start()?;
    let client = Client::new(&kms);
    let code = || client.code("GenerateRandom", &[number(1, 1)]);
    kms.throttle_next(1);
    assert_eq!([code(), code()], ["429 Rejected.Throttling", "200 ok"]);
    kms.throttle_above(Some(0));
    assert_eq!([code(), code()], ["429 Rejected.Throttling"; 2]);
    kms.throttle_above(None);
    assert_eq!(code(), "200 ok");
    let errors = kms.calls().into_iter().filter_map(|call| call.error).collect::<Vec<_>>();
    assert_eq!(errors, ["Rejected.Throttling"; 3]);
    Ok(())
}
