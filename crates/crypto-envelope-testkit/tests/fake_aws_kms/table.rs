//! What AWS KMS answers to what, line by line: see `table.txt`.

use serde_json::Value;

use crate::{client::call, world::WORLD};

#[test]
fn every_row_is_answered_so() {
    let mut rows = 0;
    let mut asked = None;
    for line in include_str!("table.txt").lines().filter(|line| !is_remark(line)) {
        match line.strip_prefix("    ") {
            None => asked = Some(line),
            Some(expected) => {
                let asked = asked.take().expect("a call stands above its answer");
                check(asked, &WORLD.fill(expected));
                rows += 1;
            }
        }
    }
    assert!(rows > 100, "{rows}");
}

fn check(asked: &str, expected: &str) {
    let mut parts = asked.splitn(3, ' ');
    let mut part = || parts.next().expect("Region, operation, request");
    let (region, operation, request) = (part(), part(), part());
    let answer = call(&WORLD.kms, region, operation, &WORLD.json(request));
    let about = format!("{asked}\nis answered {answer:?}\nand not {expected}");
    match expected.split_at(2) {
        ("= ", members) => {
            let members: Value = serde_json::from_str(members).expect("an object");
            assert!(answer.is_ok_and(|answer| has(&answer, &members)), "{about}");
        }
        (_, refusal) => {
            let (code, message) = answer.expect_err(&about);
            let given = message.map_or(code.clone(), |message| format!("{code}: {message}"));
            assert!(refusal == given || refusal == format!("{code}: ..."), "{about}");
        }
    }
}

/// Whether `answer` has every one of these members.
fn has(answer: &Value, members: &Value) -> bool {
    let mut members = members.as_object().expect("an object").iter();
    members.all(|(name, value)| answer.get(name) == Some(value))
}

fn is_remark(line: &str) -> bool {
    line.is_empty() || line.starts_with('#')
}
