//! A bound on the plaintext holds for whatever seals the message.

use crypto_envelope::{
    EncryptionContext, Error, LimitKind, Result, Sealer, blocking, parallel::Parallel,
};
use crypto_envelope_tests::{
    adapter::Adapter,
    sides::{SIGNED, Sides, UNSIGNED},
};

const FRAME: u32 = 100;

fn sealer(sides: &Sides, most: usize) -> Result<Sealer> {
    let context = EncryptionContext::new();
    blocking::wait(sides.encryptor.prepare_at_most(&context, most as u64))
}

fn is_refused(error: &Error, most: usize) -> bool {
    let kind = LimitKind::Plaintext;
    matches!(error, Error::Limit { kind: k, limit, .. } if *k == kind && *limit == most as u64)
}

#[test]
fn no_adapter_seals_more() -> Result<()> {
    for suite in [UNSIGNED, SIGNED] {
        let sides = Sides::new(suite, FRAME)?;
        for adapter in Adapter::ALL {
            for most in [0, 1, 99, 100, 101, 5000, 5050] {
                let plaintext = vec![7; most + 1];
                let message = adapter.seal_with(sealer(&sides, most)?, &plaintext[..most])?;
                assert_eq!(blocking::wait(sides.open(&message))?, plaintext[..most]);
                let message = adapter.seal_with(sealer(&sides, most)?, &plaintext[..most / 2])?;
                assert_eq!(blocking::wait(sides.open(&message))?.len(), most / 2);
                for length in [most + 1, most + 250, 3 * most + 10_000] {
                    let refused = adapter.seal_with(sealer(&sides, most)?, &vec![7; length]);
                    let error = refused.expect_err("more than was said");
                    assert!(is_refused(&error, most), "{adapter:?}, {most}: {error}");
                }
            }
        }
    }
    Ok(())
}

/// The byte that is too much is found in the piece that brings it, not when its frame is full.
#[test]
fn a_piece_that_goes_too_far_is_not_taken() -> Result<()> {
    let sides = Sides::new(UNSIGNED, FRAME)?;
    let mut sealer = sealer(&sides, 150)?;
    let mut out = vec![0; 10_000];
    sealer.push(&[7; 150], &mut out)?;
    out.fill(0);
    let refused = sealer.push(&[7], &mut out).expect_err("too much");
    assert!(is_refused(&refused, 150));
    assert!(out.iter().all(|byte| *byte == 0));
    assert!(matches!(sealer.push(&[], &mut out), Err(Error::Misuse { .. })));
    Ok(())
}

/// Nothing of a frame that is too much is left in the buffer of several threads.
#[test]
fn several_threads_leave_nothing_behind() -> Result<()> {
    let sides = Sides::new(UNSIGNED, FRAME)?;
    let parallel = Parallel::new().with_threads(3.try_into().expect("not 0")).with_slice(200);
    for most in [0, 99, 1000, 1999] {
        let mut sealer = sealer(&sides, most)?;
        let mut out = vec![0; 10_000];
        let refused = parallel.seal_piece(&mut sealer, &[7; 2000], &mut out);
        assert!(is_refused(&refused.expect_err("too much"), most), "{most}");
        assert!(out.iter().all(|byte| *byte == 0), "{most}");
        assert!(matches!(sealer.push(&[], &mut out), Err(Error::Misuse { .. })));
    }
    Ok(())
}

#[test]
fn without_a_bound_there_is_none() -> Result<()> {
    let sides = Sides::new(UNSIGNED, FRAME)?;
    let sealer = blocking::wait(sides.sealer())?;
    let message = sealer.seal(&[7; 10_000])?;
    assert_eq!(blocking::wait(sides.open(&message))?.len(), 10_000);
    Ok(())
}
