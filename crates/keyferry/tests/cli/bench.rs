//! `keyferry bench kms`: what is called, and what is counted.

use std::{
    error::Error,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use crypto_envelope_testkit::fake::{
    alibaba_instance::{FakeAlibabaInstance, KeyKind},
    http::Fault,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    alibaba::Alibaba,
    alibaba_kms::with_client_key,
    interrupt::minding_signals,
    sandbox::{Ran, Sandbox, TestResult},
};

/// An instance, and a place with a `ClientKey` for it.
struct Bench {
    kms: Alibaba,
    sandbox: Sandbox,
}

impl Bench {
    fn new() -> Result<Self, Box<dyn Error>> {
        let kms = Alibaba::start()?;
        let sandbox = with_client_key(&kms)?;
        Ok(Self { kms, sandbox })
    }

    fn fake(&self) -> &FakeAlibabaInstance {
        &self.kms.fake
    }

    /// Runs a case, with these options unless `others` say something else.
    fn run(&self, case: &str, others: &[&str]) -> Result<Ran, Box<dyn Error>> {
        let endpoint = self.fake().endpoint();
        let mut arguments = vec!["bench", "kms", "--case", case, "--endpoint", &endpoint];
        arguments.extend(["--client-key", "ck.json"]);
        for (option, value) in [
            ("--key-id", &*self.kms.key),
            ("--duration", "0.3"),
            ("--period", "0.1"),
            ("--warm-up", "0"),
            ("--concurrency", "2"),
        ] {
            if !others.contains(&option) {
                arguments.extend([option, value]);
            }
        }
        arguments.extend(others);
        let mut command = self.sandbox.command(&arguments);
        Ok(command.envs(self.kms.variables()).output()?.into())
    }

    /// Its records.
    fn records(&self, case: &str, others: &[&str]) -> Result<Vec<Value>, Box<dyn Error>> {
        records(&self.run(case, &[others, &["--json"]].concat())?.expect(0)?)
    }

    fn operations(&self) -> Vec<String> {
        self.fake().take_calls().into_iter().map(|call| call.operation).collect()
    }
}

fn records(ran: &Ran) -> Result<Vec<Value>, Box<dyn Error>> {
    let text = str::from_utf8(&ran.stdout)?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn summary(records: &[Value]) -> Result<&Value, Box<dyn Error>> {
    let last = records.last().ok_or("nothing was said")?;
    assert_eq!(last["record"], "summary");
    Ok(last)
}

fn count(object: &Value, name: &str) -> Result<u64, Box<dyn Error>> {
    Ok(object[name].as_u64().ok_or_else(|| format!("{name} of {object}"))?)
}

/// Each request that reaches the instance is counted once, and nothing else is.
#[test]
fn what_is_counted_is_what_was_called() -> TestResult {
    let bench = Bench::new()?;
    let sign_key = bench.fake().create_key(KeyKind::Rsa2048Sign)?;
    let rsa_key = bench.fake().create_key(KeyKind::Rsa2048Encrypt)?;
    bench.fake().put_secret("secret", "value");
    let ec = ["--key-pair-spec", "EC_P256", "--key-format", "der"];
    let with_rsa = ["--key-id", &rsa_key, "--algorithm", "RSAES_OAEP_SHA_256"];
    for (case, others, before, operation) in [
        ("encrypt", &[][..], None, "Encrypt"),
        ("encrypt", &with_rsa, None, "Encrypt"),
        ("decrypt", &[], Some("Encrypt"), "Decrypt"),
        ("decrypt", &with_rsa, Some("Encrypt"), "Decrypt"),
        ("advance-encrypt", &["--data-size", "6000"], None, "AdvanceEncrypt"),
        ("advance-decrypt", &[], Some("AdvanceEncrypt"), "AdvanceDecrypt"),
        ("generate-data-key", &["--algorithm", "AES_GCM"], None, "GenerateDataKey"),
        ("advance-generate-data-key", &[], None, "AdvanceGenerateDataKey"),
        ("generate-data-key-pair", &ec, None, "GenerateDataKeyPair"),
        (
            "generate-data-key-pair-without-plaintext",
            &ec,
            None,
            "GenerateDataKeyPairWithoutPlaintext",
        ),
        ("advance-generate-data-key-pair", &ec, None, "AdvanceGenerateDataKeyPair"),
        (
            "advance-generate-data-key-pair-without-plaintext",
            &ec,
            None,
            "AdvanceGenerateDataKeyPairWithoutPlaintext",
        ),
        ("sign", &["--key-id", &sign_key], None, "Sign"),
        ("verify", &["--key-id", &sign_key], Some("Sign"), "Verify"),
        ("get-public-key", &["--key-id", &sign_key], None, "GetPublicKey"),
        ("generate-random", &[], None, "GenerateRandom"),
        ("get-secret-value", &["--secret-name", "secret"], None, "GetSecretValue"),
    ] {
        let records = bench.records(case, others)?;
        let mut calls = bench.operations();
        if let Some(before) = before {
            assert_eq!(calls.remove(0), before);
        }
        let summary = summary(&records)?;
        assert!(!calls.is_empty() && calls.iter().all(|call| call == operation), "{calls:?}");
        assert_eq!(count(summary, "begun")?, calls.len() as u64, "{case}");
        assert_eq!(count(summary, "succeeded")?, calls.len() as u64, "{case}");
        for name in ["failed", "unfinished", "throttled", "timed_out"] {
            assert_eq!(count(summary, name)?, 0, "{case} {name}");
        }
        assert_eq!((&summary["case"], &summary["gateway"]), (&case.into(), &"instance".into()));
        assert!(summary["cpu_us_per_call"].as_f64().is_some_and(|cpu| cpu > 0.0), "{summary}");
    }
    Ok(())
}

#[test]
fn the_openapi_is_measured_as_well() -> TestResult {
    let bench = Bench::new()?;
    let openapi = &bench.kms.openapi;
    let rsa_key = bench.fake().create_key(KeyKind::Rsa2048Encrypt)?;
    let symmetric = ("--key-id", &bench.kms.key);
    let (rsa, signing) = (("--key-id", &rsa_key), ("--key-id", &bench.kms.signing_key));
    let secret = ("--secret-name", &"login".to_owned());
    for (case, (option, value), before, operation) in [
        ("encrypt", symmetric, &[][..], "Encrypt"),
        ("decrypt", symmetric, &["Encrypt"], "Decrypt"),
        ("re-encrypt", symmetric, &["Encrypt"], "ReEncrypt"),
        ("generate-data-key", symmetric, &[], "GenerateDataKey"),
        ("generate-data-key-without-plaintext", symmetric, &[], "GenerateDataKeyWithoutPlaintext"),
        ("asymmetric-encrypt", rsa, &["ListKeyVersions"], "AsymmetricEncrypt"),
        ("asymmetric-decrypt", rsa, &["ListKeyVersions", "AsymmetricEncrypt"], "AsymmetricDecrypt"),
        ("sign", signing, &["ListKeyVersions"], "AsymmetricSign"),
        ("verify", signing, &["ListKeyVersions", "AsymmetricSign"], "AsymmetricVerify"),
        ("get-public-key", signing, &["ListKeyVersions"], "GetPublicKey"),
        ("get-secret-value", secret, &[], "GetSecretValue"),
    ] {
        let endpoint = openapi.endpoint();
        let arguments = [
            &["bench", "kms", "--case", case, option, value, "--endpoint", &endpoint][..],
            &["--duration", "0.2", "--warm-up", "0", "--concurrency", "2", "--json"],
        ];
        let mut command = bench.sandbox.command(&arguments.concat());
        command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", openapi.access_key().id());
        command.env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", openapi.access_key().secret());
        let ran = Ran::from(command.output()?).expect(0)?;
        let records = records(&ran)?;
        let summary = summary(&records)?;
        let calls: Vec<_> = openapi.take_calls().into_iter().map(|call| call.operation).collect();
        let (first, measured) = calls.split_at(before.len());
        assert_eq!(first, before, "{case}");
        assert!(!measured.is_empty() && measured.iter().all(|call| call == operation), "{case}");
        assert_eq!(count(summary, "succeeded")?, measured.len() as u64, "{case}: {summary}");
        assert_eq!(count(summary, "failed")?, 0, "{case}: {summary}");
        assert_eq!(summary["gateway"], "openapi");
    }
    Ok(())
}

#[test]
fn periods_add_up() -> TestResult {
    let bench = Bench::new()?;
    let records = bench.records("generate-random", &["--concurrency", "3"])?;
    let (last, periods) = records.split_last().ok_or("nothing was said")?;
    let all = count(last, "succeeded")?;
    let mut told = 0;
    for period in periods {
        assert_eq!(period["record"], "period");
        told += count(period, "succeeded")?;
        let latency = |name: &str| period["latency_ms"][name].as_f64().unwrap_or_default();
        let names = ["min", "p50", "p95", "p99", "max"];
        assert!(names.is_sorted_by_key(|name| latency(name)), "{period}");
    }
    // Behind the last period at most one call of each caller is left.
    assert!(periods.len() >= 2 && told <= all && all <= told + 3, "{told} of {all}");
    Ok(())
}

/// By their codes; none is tried again, and none ends the run.
#[test]
fn failures_are_counted_by_code() -> TestResult {
    let bench = Bench::new()?;
    bench.fake().throttle_next(5);
    bench.fake().inject(Fault::status(502, "a proxy").times(3));
    let records = bench.records("encrypt", &[])?;
    let calls = bench.operations();
    let summary = summary(&records)?;
    assert_eq!(count(summary, "failed")?, 8);
    assert_eq!((count(summary, "throttled")?, count(summary, "timed_out")?), (5, 0));
    assert_eq!(count(summary, "begun")?, count(summary, "succeeded")? + 8);
    assert!(calls.len() as u64 >= count(summary, "succeeded")?);
    let errors = summary["errors"].as_array().ok_or("no errors")?;
    let errors: Vec<_> = errors.iter().map(|e| (e["code"].as_str(), e["count"].as_u64())).collect();
    assert_eq!(errors, [(Some("Rejected.Throttling"), Some(5)), (Some("HTTP 502"), Some(3))]);
    Ok(())
}

#[test]
fn a_run_that_only_fails_says_so() -> TestResult {
    let bench = Bench::new()?;
    bench.fake().throttle_above(Some(0));
    let ran = bench.run("encrypt", &[])?.expect(1)?.says("calls failed")?;
    let text = String::from_utf8(ran.stdout)?;
    assert!(text.contains("Rejected.Throttling") && text.contains("kms:Encrypt of"), "{text}");
    // What comes before it is not a part of the run.
    bench.run("decrypt", &[])?.expect(1)?.says("Rejected.Throttling")?;
    Ok(())
}

/// Those would all fail, in no time, and without a request.
#[test]
fn what_cannot_be_called_ends_the_run_at_once() -> TestResult {
    let bench = Bench::new()?;
    for (case, others, said) in [
        ("re-encrypt", &[][..], "gateway of an instance has no re-encrypt"),
        ("get-secret-value", &[], "needs --secret-name"),
        ("generate-random", &["--data-size", "2000"], "1024"),
        ("sign", &["--algorithm", ""], "Algorithm is empty"),
    ] {
        let others = [others, &["--duration", "60"]].concat();
        bench.run(case, &others)?.expect(2)?.says(said)?;
    }
    assert!(bench.operations().is_empty());
    Ok(())
}

#[test]
fn warming_up_does_not_count() -> TestResult {
    let bench = Bench::new()?;
    let records = bench.records("generate-random", &["--warm-up", "0.2"])?;
    let calls = bench.operations().len() as u64;
    let begun = count(summary(&records)?, "begun")?;
    assert!(begun < calls, "{begun} of {calls}");
    Ok(())
}

#[test]
fn an_interruption_ends_with_the_summary() -> TestResult {
    let bench = Bench::new()?;
    let asked = Arc::new(AtomicU32::new(0));
    let seen = asked.clone();
    let is_slow = move |_: &str| seen.fetch_add(1, SeqCst) >= 3;
    bench.fake().inject(Fault::delay(Duration::from_mins(1)).when(is_slow).always());
    let endpoint = bench.fake().endpoint();
    let arguments = [
        &["bench", "kms", "--case", "generate-random", "--endpoint", &endpoint][..],
        &["--client-key", "ck.json", "--warm-up", "0", "--concurrency", "1", "--json"],
    ];
    let mut child = minding_signals(&bench.sandbox, &arguments.concat())
        .envs(bench.kms.variables())
        .stderr(Stdio::piped())
        .spawn()?;
    let deadline = Instant::now() + Duration::from_mins(1);
    while asked.load(SeqCst) < 4 {
        assert!(Instant::now() < deadline && child.try_wait()?.is_none(), "no calls came");
        thread::sleep(Duration::from_millis(5));
    }
    kill_process(Pid::from_child(&child), Signal::INT)?;
    let ran = Ran::from(child.wait_with_output()?).expect(130)?;
    let records = records(&ran)?;
    let summary = summary(&records)?;
    assert_eq!(summary["interrupted"], true);
    let counts = ["begun", "succeeded", "failed", "unfinished"].map(|name| count(summary, name));
    let [begun, succeeded, failed, unfinished] = counts;
    assert_eq!((begun?, succeeded?, failed?, unfinished?), (4, 3, 0, 1));
    Ok(())
}
