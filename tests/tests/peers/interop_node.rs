//! The official JavaScript SDK and this one read each other's messages.

use std::fs;

use crypto_envelope::{AlgorithmSuite, provider::RsaPadding};
use crypto_envelope_tests::{
    adapter::Adapter,
    interop::{self, Case, Key},
    peer::Peer,
    vectors::{Result, is_refusal},
};
use serde_json::json;

/// Messages in memory, and as streams.
fn cases() -> Vec<Case> {
    interop::cases(&["whole", "stream"])
}

#[test]
fn messages_of_the_official_sdk_open_here() -> Result<()> {
    interop::theirs_open_here(&mut Peer::node()?, &cases())
}

/// Node.js decrypts nothing with PKCS #1 v1.5 unless its OpenSSL hides bad paddings.
#[test]
fn our_messages_open_in_the_official_sdk() -> Result<()> {
    let mut cases = cases();
    cases.retain(|case| !is_pkcs1(case));
    interop::ours_open_there(&mut Peer::node()?, &cases)
}

#[test]
fn each_of_several_keys_opens_alone() -> Result<()> {
    interop::several_keys_open_alone(&mut Peer::node()?, &cases())
}

#[test]
fn both_refuse_a_changed_message() -> Result<()> {
    interop::both_refuse_a_changed_message(&mut Peer::node()?, &cases()[0])
}

fn is_pkcs1(case: &Case) -> bool {
    case.keys.iter().any(|key| matches!(key, Key::Rsa(RsaPadding::DangerPkcs1V15)))
}

/// Its stream for unsigned messages alone takes ours, and sees which ones are signed.
#[test]
fn its_stream_for_unsigned_messages_tells_ours_apart() -> Result<()> {
    let mut peer = Peer::node()?;
    let mut cases = interop::cases(&["unsigned-stream"]);
    cases.retain(|case| !is_pkcs1(case));
    let (signed, unsigned): (Vec<_>, Vec<_>) =
        cases.into_iter().partition(|case| case.suite.is_signing());
    interop::ours_open_there(&mut peer, &unsigned)?;
    for case in &signed {
        let refused = interop::ours_open_there(&mut peer, std::slice::from_ref(case));
        let reason = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(reason.contains("requiring only un-signed messages"), "{}: {reason}", case.name());
    }
    Ok(())
}

/// The SDK sorts the context by the rules of a language when a raw AES key wraps, unless it is told
/// to sort by bytes as the format demands. What it writes and reads without being told is its own.
#[test]
fn context_keys_in_the_order_of_a_language() -> Result<()> {
    let mut peer = Peer::node()?;
    for key in [Key::aes(32), Key::Rsa(RsaPadding::OaepSha256)] {
        for sorts_by_bytes in [None, Some(false), Some(true)] {
            let is_bound = matches!(key, Key::Aes(_));
            let agrees = !is_bound || sorts_by_bytes == Some(true);
            for case in oddly_sorted(&key) {
                let outcome = exchange(&mut peer, &case, sorts_by_bytes)?;
                assert_eq!(outcome, [agrees; 2], "{} {sorts_by_bytes:?}", case.name());
            }
        }
    }
    Ok(())
}

/// In bytes `B` comes before `a`, `z` before `é`, and the last character of two bytes in UTF-16
/// before those of four. In the order of a language, or in UTF-16, it is the other way round.
fn oddly_sorted(key: &Key) -> Vec<Case> {
    const CONTEXTS: [&[(&str, &str)]; 3] = [
        &[("a", "2"), ("B", "3")],
        &[("z", "1"), ("é", "4")],
        &[("\u{ffff}", "the last of two"), ("🔑", "one of four")],
    ];
    let suites = AlgorithmSuite::ALL.iter().copied().filter(|suite| suite.is_committing());
    let cases = suites.flat_map(|suite| {
        CONTEXTS.map(|context| Case {
            api: Some("whole"),
            suite,
            keys: vec![key.clone()],
            frame_length: interop::FRAME,
            length: 5000,
            context: context.iter().copied().collect(),
        })
    });
    cases.collect()
}

/// Whether theirs opens here, and ours there.
fn exchange(peer: &mut Peer, case: &Case, sorts_by_bytes: Option<bool>) -> Result<[bool; 2]> {
    let folder = tempfile::tempdir()?;
    let [plaintext, message] = ["plaintext", "message"].map(|name| folder.path().join(name));
    let text = vec![7; case.length];
    let request = |op, input, output| {
        let mut request = case.request(op, input, output);
        if let Some(sorts_by_bytes) = sorts_by_bytes {
            request["utf8_sorting"] = json!(sorts_by_bytes);
        }
        request
    };

    fs::write(&plaintext, &text)?;
    peer.ask(&request("encrypt", &plaintext, &message))?;
    let opened = Adapter::OneShot.open(&case.decryptor()?, &fs::read(&message)?, &case.context);
    let theirs = match opened {
        Ok((opened, _)) => opened == text,
        Err(error) if is_refusal(&error) => false,
        Err(error) => return Err(error.into()),
    };

    fs::write(&message, Adapter::OneShot.seal(&case.encryptor()?, &text, &case.context)?)?;
    let ours = match peer.ask(&request("decrypt", &message, &plaintext)) {
        Ok(_) => fs::read(&plaintext)? == text,
        Err(error) if error.to_string().contains("unencryptedDataKey has not been set") => false,
        Err(error) => return Err(error),
    };
    Ok([theirs, ours])
}
