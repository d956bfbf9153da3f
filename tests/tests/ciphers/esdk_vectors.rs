//! The official vectors, through every adapter.

use std::{
    collections::BTreeMap,
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use crypto_envelope::{Decryptor, SecretBytes};
use crypto_envelope_testkit::insecure::FixedDataKey;
use crypto_envelope_tests::{
    adapter::Adapter,
    runner::{Outcome, run},
    vectors::{CommitmentVector, Manifest, Result, Rule, Vector, is_refusal},
};

#[test]
fn official_vectors() -> Result<()> {
    let manifest = Manifest::official()?;
    let mut wrong = Vec::new();
    let mut counts: BTreeMap<_, (usize, usize)> = BTreeMap::new();
    let mut rules = Vec::new();
    for (vector, outcome) in run_on_all_cores(&manifest) {
        let count = counts.entry(vector.category()).or_default();
        match outcome {
            Ok(Outcome::Passed) => {
                count.0 += 1;
                rules.extend(vector.rule()?);
            }
            Ok(_) => count.1 += 1,
            Err(error) => wrong.push(format!("{} {}: {error}", vector.id(), vector.note())),
        }
    }
    assert!(wrong.is_empty(), "{} mismatches:\n{}", wrong.len(), wrong.join("\n"));
    // Passed, and not yet.
    let expected = [
        ("edge", (48, 0)),
        ("hierarchy", (7, 0)),
        ("js-locale-order", (35, 0)),
        ("kms", (63, 0)),
        ("negative", (76, 0)),
        ("net-v4.0.0", (9, 0)),
        ("parse-only", (104, 0)),
        ("raw", (315, 0)),
        ("raw-ecdh", (90, 0)),
        ("raw-multi", (148, 0)),
        ("required-ec", (58, 0)),
    ];
    assert_eq!(counts, BTreeMap::from(expected));
    for rule in [Rule::TruncateAll, Rule::FlipAllBits] {
        assert_eq!(rules.iter().filter(|found| **found == rule).count(), 4, "{rule:?}");
    }
    Ok(())
}

/// Every vector with what became of it, in any order.
fn run_on_all_cores(manifest: &Manifest) -> Vec<(&Vector, Result<Outcome, String>)> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(vector) = manifest.tests.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push((vector, run(manifest, vector).map_err(|error| error.to_string())));
        }
        done
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        let workers = (0..cores).map(|_| scope.spawn(work)).collect::<Vec<_>>();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    })
}

#[test]
fn commitment_vectors() -> Result<()> {
    let vectors = CommitmentVector::all()?;
    assert_eq!(vectors.len(), 46);
    for vector in &vectors {
        let data_key = SecretBytes::from(vector.bytes("decrypted-dek")?);
        let decryptor = Decryptor::new(FixedDataKey::new(data_key));
        let message = vector.bytes("ciphertext")?;
        check_parts(vector, &decryptor, &message)?;
        for adapter in Adapter::ALL {
            match adapter.open(&decryptor, &message, &vector.context()?) {
                Ok((plaintext, context)) => {
                    assert!(vector.must_open(), "{} opened: {adapter:?}", vector.comment());
                    assert_eq!(plaintext, vector.plaintext()?, "{}", vector.comment());
                    assert_eq!(context, vector.context()?, "{}", vector.comment());
                }
                Err(error) => {
                    let is_right = !vector.must_open() && is_refusal(&error);
                    assert!(is_right, "{}: {adapter:?}: {error}", vector.comment());
                }
            }
        }
    }
    Ok(())
}

/// The header ends where the vector says, the message id is its, and nothing is left over behind
/// the frames and the footer that it lists.
fn check_parts(vector: &CommitmentVector, decryptor: &Decryptor, message: &[u8]) -> Result<()> {
    let mut parser = decryptor.header_parser();
    let used = parser.push(message)?;
    let header = parser.finish()?;
    assert_eq!(message[..used], vector.bytes("header")?, "{}", vector.comment());
    assert_eq!(header.claims().message_id().as_ref(), vector.bytes("message-id")?);
    if let Some(frames) = vector.frames()? {
        let footer = vector.bytes("footer").unwrap_or_default();
        assert_eq!(message[used..], [frames, footer].concat(), "{}", vector.comment());
    }
    Ok(())
}
