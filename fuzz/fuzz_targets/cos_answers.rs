//! Whatever Tencent COS answers, in its head and in its body, there is no panic, and what is told of an error is
//! short and can be printed.
#![no_main]

use crypto_envelope_tencent_cos::{CosError, wire};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [which, status, rest @ ..] = input else { return };
    let name = wire::ANSWERS[usize::from(*which) % wire::ANSWERS.len()];
    // Lines of headers, and a body behind an empty one.
    let end = rest.windows(2).position(|window| window == b"\n\n");
    let (head, body) = end.map_or((rest, &[][..]), |end| (&rest[..end], &rest[end + 2..]));
    let headers = head.split(|byte| *byte == b'\n').filter_map(|line| {
        let (name, value) = line.split_at_checked(line.iter().position(|byte| *byte == b':')?)?;
        Some((str::from_utf8(name).ok()?, &value[1..]))
    });
    let headers: Vec<_> = headers.collect();
    let answer = wire::answer(name, 100 + 2 * u16::from(*status), &headers, body);
    if let Err(error) = answer.expect("a call of this name") {
        check(&error);
    }
});

fn check(error: &CosError) {
    let text =
        format!("{error} {:?} {:?} {:?}", error.code(), error.request_id(), error.trace_id());
    assert!(text.chars().count() < 10_000 && !text.contains(char::is_control), "{text}");
}
