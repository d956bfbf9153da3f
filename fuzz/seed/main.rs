//! Writes what the fuzz targets start from: `seed CORPUS` makes one directory per target there.

mod alibaba;
mod cos;
mod s3;

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use crypto_envelope::{AlgorithmSuite, EncryptionContext, blocking};
use crypto_envelope_fuzz::{Genuine, encryptor};
// Built like a target, this program calls the runtime that counts coverage.
use libfuzzer_sys as _;

fn main() -> Result<(), Box<dyn Error>> {
    let corpus = PathBuf::from(env::args_os().nth(1).ok_or("usage: seed CORPUS")?);
    let mut messages = vectors("aws-esdk/ct")?;
    messages.extend(our_messages()?);
    messages.retain(|message| message.len() <= LONGEST);
    write(&corpus.join("outline"), &messages)?;
    let messages: Vec<_> = messages.iter().map(|message| [PIECES, message].concat()).collect();
    write(&corpus.join("header"), &messages)?;
    write(&corpus.join("decrypt"), &messages)?;
    write(&corpus.join("body"), &genuine(Genuine::rest))?;
    write(&corpus.join("parallel"), &genuine(Genuine::rest))?;
    write(&corpus.join("ranges"), &genuine(Genuine::rest))?;
    write(&corpus.join("footer"), &genuine(Genuine::footer))?;
    write(&corpus.join("round_trip"), &plaintexts())?;
    write(&corpus.join("ec_key"), &vectors("ec")?)?;
    write(&corpus.join("rsa_key"), &vectors("rsa")?)?;
    write(&corpus.join("alibaba_answers"), &alibaba::answers()?)?;
    write(&corpus.join("alibaba_files"), &alibaba::files()?)?;
    write(&corpus.join("cos_answers"), &cos::answers()?)?;
    write(&corpus.join("cos_objects"), &cos::objects()?)?;
    write(&corpus.join("cos_files"), &cos::files()?)?;
    write(&corpus.join("s3_files"), &s3::files())?;
    write(&corpus.join("sse_c_key_ring"), &s3::key_rings()?)
}

/// The good ones and the bad ones.
fn vectors(folder: &str) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut files = fs::read_dir(vectors.join(folder))?
        .map(|file| Ok(file?.path()))
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    files.sort_unstable();
    files.into_iter().map(|file| Ok(fs::read(file)?)).collect()
}

fn our_messages() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let context = EncryptionContext::from([("purpose", "fuzz")]);
    let mut messages = Vec::new();
    for &suite in AlgorithmSuite::ALL {
        for length in [0, 1, 32, 33, 100] {
            let sealing = encryptor(suite, 32);
            messages.push(blocking::wait(sealing.encrypt(&vec![7; length], &context))?);
        }
    }
    Ok(messages)
}

/// A part of each genuine message, behind its choice.
fn genuine(part: fn(&Genuine) -> &[u8]) -> Vec<Vec<u8>> {
    let choices = 0..Genuine::CHOICES;
    choices.map(|choice| [&[choice], PIECES, part(Genuine::choose(choice).0)].concat()).collect()
}

/// One for each suite, with frames of 32 bytes.
fn plaintexts() -> Vec<Vec<u8>> {
    (0..11).map(|suite| [&[suite, 31], PIECES, &[7; 100]].concat()).collect()
}

fn write(directory: &Path, inputs: &[Vec<u8>]) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(directory)?;
    for (number, input) in inputs.iter().enumerate() {
        fs::write(directory.join(format!("seed-{number:03}")), input)?;
    }
    Ok(())
}

/// The seed of the pieces in which an input arrives.
const PIECES: &[u8] = &[7];
/// Longer ones show nothing new, and slow everything down.
const LONGEST: usize = 4000;
