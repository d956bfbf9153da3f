//! AES-GCM: the same bytes, and the same refusals.

use proptest::{collection::vec, prelude::*};

use super::{BOTH_WAYS, Backend};
use crate::crypto::{Failed, IV_LENGTH, TAG_LENGTH};

const KEY_LENGTHS: [usize; 3] = [16, 24, 32];
/// Around the block of AES, and around what is computed at once.
const LENGTHS: [usize; 14] =
    [0, 1, 15, 16, 17, 31, 32, 33, 127, 128, 129, 4096, 65_535, (64 << 10) + 1];
const AAD_LENGTHS: [usize; 6] = [0, 1, 15, 16, 17, 1000];

struct Sealed {
    ciphertext: Vec<u8>,
    tag: [u8; TAG_LENGTH],
}

/// One use of a key.
struct Case {
    key: Vec<u8>,
    iv: [u8; IV_LENGTH],
    aad: Vec<u8>,
}

impl Case {
    fn seal(&self, backend: Backend, plaintext: &[u8]) -> Result<Sealed, Failed> {
        let (mut ciphertext, mut tag) = (vec![0xAA; plaintext.len()], [0xAA; TAG_LENGTH]);
        let key = backend.aes_gcm(&self.key)?;
        key.seal(&self.iv, &self.aad, plaintext, &mut ciphertext, &mut tag)?;
        Ok(Sealed { ciphertext, tag })
    }

    fn open(&self, backend: Backend, sealed: &Sealed) -> Result<Vec<u8>, Failed> {
        let mut plaintext = vec![0xAA; sealed.ciphertext.len()];
        let key = backend.aes_gcm(&self.key)?;
        match key.open(&self.iv, &self.aad, &sealed.ciphertext, &sealed.tag, &mut plaintext) {
            Ok(()) => Ok(plaintext),
            Err(failed) => {
                assert!(plaintext.iter().all(|byte| *byte == 0), "{backend:?} left something");
                Err(failed)
            }
        }
    }

    fn is_refused(&self, sealed: &Sealed) {
        for backend in Backend::ALL {
            assert!(self.open(backend, sealed).is_err(), "{backend:?} opened it");
        }
    }
}

#[test]
fn every_length_of_everything() -> Result<(), Failed> {
    for key_length in KEY_LENGTHS {
        for length in LENGTHS {
            for aad_length in AAD_LENGTHS {
                let mut case =
                    Case { key: vec![7; key_length], iv: [3; 12], aad: vec![5; aad_length] };
                Backend::AwsLc.random(&mut case.key)?;
                let mut plaintext = vec![0; length];
                Backend::RustCrypto.random(&mut plaintext)?;
                let [one, other] = Backend::ALL.map(|backend| case.seal(backend, &plaintext));
                let (one, other) = (one?, other?);
                assert!(one.ciphertext == other.ciphertext, "{key_length} {length} {aad_length}");
                assert_eq!(one.tag, other.tag, "{key_length} {length} {aad_length}");
                for backend in Backend::ALL {
                    assert!(case.open(backend, &one)? == plaintext);
                }
                tampering_is_noticed(case, one);
            }
        }
    }
    Ok(())
}

/// The first, the last and one in the middle.
fn tampering_is_noticed(mut case: Case, mut sealed: Sealed) {
    for place in [0, TAG_LENGTH / 2, TAG_LENGTH - 1] {
        sealed.tag[place] ^= 1;
        case.is_refused(&sealed);
        sealed.tag[place] ^= 1;
    }
    let length = sealed.ciphertext.len();
    for place in [0, length / 2, length.saturating_sub(1)] {
        if place < length {
            sealed.ciphertext[place] ^= 0x80;
            case.is_refused(&sealed);
            sealed.ciphertext[place] ^= 0x80;
        }
    }
    if let Some(last) = case.aad.last_mut() {
        *last ^= 1;
        case.is_refused(&sealed);
        case.aad.pop();
        case.is_refused(&sealed);
    }
    case.aad.extend([0; 32]);
    case.is_refused(&sealed);
}

#[test]
fn every_bit_of_the_tag_and_of_the_iv_counts() -> Result<(), Failed> {
    for (maker, _) in BOTH_WAYS {
        let mut case = Case { key: vec![7; 32], iv: [3; 12], aad: vec![5; 20] };
        let mut sealed = case.seal(maker, b"some text")?;
        for bit in 0..TAG_LENGTH * 8 {
            sealed.tag[bit / 8] ^= 1 << (bit % 8);
            case.is_refused(&sealed);
            sealed.tag[bit / 8] ^= 1 << (bit % 8);
        }
        for bit in 0..IV_LENGTH * 8 {
            case.iv[bit / 8] ^= 1 << (bit % 8);
            case.is_refused(&sealed);
            case.iv[bit / 8] ^= 1 << (bit % 8);
        }
    }
    Ok(())
}

#[test]
fn other_lengths_are_refused() -> Result<(), Failed> {
    for backend in Backend::ALL {
        for length in (0..=65).filter(|length| !KEY_LENGTHS.contains(length)) {
            assert!(backend.aes_gcm(&vec![0; length]).is_err(), "{backend:?} {length}");
        }
        let key = backend.aes_gcm(&[7; 32])?;
        let mut tag = [0; TAG_LENGTH];
        for (one, other) in [(0, 1), (16, 15), (16, 17), (16, 0)] {
            let (input, mut output) = (vec![1; one], vec![1; other]);
            assert!(key.seal(&[0; 12], &[], &input, &mut output, &mut tag).is_err());
            assert!(key.open(&[0; 12], &[], &input, &tag, &mut output).is_err());
            assert!(output.iter().all(|byte| *byte == 0), "{backend:?} left something");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_same_bytes(
        key in prop::sample::select(&KEY_LENGTHS).prop_flat_map(|length| vec(any::<u8>(), length)),
        iv in any::<[u8; IV_LENGTH]>(),
        aad in vec(any::<u8>(), 0..300),
        plaintext in vec(any::<u8>(), 0..3000),
    ) {
        let case = Case { key, iv, aad };
        for (maker, reader) in BOTH_WAYS {
            let sealed = case.seal(maker, &plaintext).expect("sealed");
            prop_assert!(case.open(reader, &sealed).expect("opened") == plaintext);
        }
    }
}
