//! What goes wrong on demand.

use crypto_envelope_testkit::fake::{
    alibaba_openapi::{FakeAlibabaOpenApi, KeyKind, lie},
    http::Fault,
};
use serde_json::json;

use crate::client::{Client, Result, parse};

#[test]
fn faults_strike_what_they_pick() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    kms.inject(Fault::close().when(|operation| operation == "ListKeys").always());
    assert_eq!(client.code("MakeCoffee", &[]), "404 InvalidAction.NotFound");
    assert_eq!(client.send(&client.request("ListKeys", &[]))?, b"");
    kms.clear_faults();
    kms.inject(Fault::status(502, "<html>"));
    let answer = parse(&client.send(&client.request("ListKeys", &[]))?)?;
    assert_eq!((answer.status, answer.body), (502, json!("<html>")));
    let calls = kms.calls();
    assert_eq!(calls[1].fault.as_deref(), Some("close"));
    assert_eq!(calls[1].response, json!(null));
    assert_eq!(calls[2].response, "<html>");
    assert_eq!(client.code("ListKeys", &[]), "200 ok");
    Ok(())
}

#[test]
fn lies_change_the_answer_alone() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let key = kms.create_key(KeyKind::Symmetric)?;
    kms.inject(lie::without("Encrypt", "KeyId"));
    kms.inject(lie::answer("Encrypt", |answer| answer["KeyId"] = json!("lie")));
    kms.inject(lie::error(503, "ServiceUnavailableTemporary", "later"));
    assert_eq!(client.code("ListKeys", &[]), "503 ServiceUnavailableTemporary");
    let answers = [(); 3].map(|()| client.ask("Encrypt", &[("KeyId", &key), ("Plaintext", "x")]));
    assert_eq!(answers.each_ref().map(|answer| answer.text("/KeyId")), ["", "lie", &key]);
    for answer in &answers {
        let blob = ("CiphertextBlob", answer.text("/CiphertextBlob"));
        assert_eq!(client.ask("Decrypt", &[blob]).text("/Plaintext"), "x");
    }
    Ok(())
}

#[test]
fn calls_are_throttled() -> Result<()> {
    let kms = FakeAlibabaOpenApi::start()?;
    let client = Client::new(&kms);
    let code = || client.code("ListKeys", &[]);
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
