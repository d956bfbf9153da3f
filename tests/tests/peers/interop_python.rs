//! The official Python SDK and this one read each other's messages.

use std::fs;

use crypto_envelope::AlgorithmSuite;
use crypto_envelope_testkit::data;
use crypto_envelope_tests::{
    interop::{self, Case},
    keyferry::{self, Keyferry},
    peer::Peer,
    vectors::Result,
};

/// Its keyrings, and its older master keys.
fn cases() -> Vec<Case> {
    interop::cases(&["keyring", "master-key"])
}

#[test]
fn messages_of_the_official_sdk_open_here() -> Result<()> {
    interop::theirs_open_here(&mut Peer::python()?, &cases())
}

#[test]
fn our_messages_open_in_the_official_sdk() -> Result<()> {
    interop::ours_open_there(&mut Peer::python()?, &cases())
}

#[test]
fn each_of_several_keys_opens_alone() -> Result<()> {
    interop::several_keys_open_alone(&mut Peer::python()?, &cases())
}

#[test]
fn keys_on_elliptic_curves_open_on_either_side() -> Result<()> {
    let (mut peer, cases) = (Peer::python()?, interop::ecdh_cases());
    interop::theirs_open_here(&mut peer, &cases)?;
    interop::ours_open_there(&mut peer, &cases)?;
    interop::both_refuse_a_changed_message(&mut peer, &cases[0])
}

#[test]
fn both_refuse_a_changed_message() -> Result<()> {
    interop::both_refuse_a_changed_message(&mut Peer::python()?, &cases()[0])
}

/// The whole way that the README shows: the tool encrypts a file, the official SDK reads it, and
/// the other way round.
#[test]
fn files_of_keyferry_and_of_the_official_sdk() -> Result<()> {
    let mut peer = Peer::python()?;
    let tool = Keyferry::build()?;
    let folder = tempfile::tempdir()?;
    let [plain, message, back] = ["plain", "message", "back"].map(|name| folder.path().join(name));
    let mut case = cases().swap_remove(0);
    let text = data::plaintext(1_000_000, 4);
    fs::write(&plain, &text)?;
    for &suite in AlgorithmSuite::ALL {
        case.suite = suite;
        keyferry::succeed(tool.encrypt(&case, &plain, &message)?)?;
        peer.ask(&case.request("decrypt", &message, &back))?;
        assert!(fs::read(&back)? == text, "{}", case.name());
        peer.ask(&case.request("encrypt", &plain, &message))?;
        keyferry::succeed(tool.decrypt(&case, &message, &back)?)?;
        assert!(fs::read(&back)? == text, "{}", case.name());
    }
    Ok(())
}
