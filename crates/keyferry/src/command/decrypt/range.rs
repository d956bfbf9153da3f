//! `keyferry decrypt --range`.

use std::{
    io::{Read, Seek, SeekFrom, Write},
    ops::Range,
};

use crypto_envelope::{
    Decryptor, EncryptionContext, Error, Header, blocking,
    ranges::{RangeHeader, RangeOptions, RangeReader, RangeSource},
};
use zeroize::Zeroizing;

use super::{ExpectedContext, of_part};
use crate::{
    args::{ByteRange, Decrypt},
    bounds,
    command::{Local, open_output},
    failure::{Code, Failure},
    output::Audience,
    plan::Plan,
    progress::{Progress, Shown},
    report::Done,
};

/// A part of a message, whose header was verified.
pub(crate) struct Part<S> {
    name: String,
    reader: RangeReader<S>,
    range: Range<u64>,
}

/// When plaintext comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// As it is verified.
    AtOnce,
    /// When all of the part is verified.
    AtTheEnd,
}

impl From<&Decrypt> for Release {
    fn from(arguments: &Decrypt) -> Self {
        if arguments.buffer { Self::AtTheEnd } else { Self::AtOnce }
    }
}

impl<S: RangeSource> Part<S> {
    /// Finds it.
    pub(crate) fn open(
        decryptor: &Decryptor,
        expected: &ExpectedContext,
        name: String,
        source: S,
        range: ByteRange,
    ) -> Result<Self, Failure> {
        let about = |error| of_source(error, &name);
        let header = RangeHeader::read(decryptor, source, RangeOptions::default());
        let header = header.map_err(about)?;
        expected.check_keys(header.header()).map_err(|failure| failure.about(&name))?;
        let reader = blocking::wait(header.open(decryptor, &expected.pairs)).map_err(about)?;
        let range = bounds_of(&reader, range).map_err(about)?;
        Ok(Self { name, reader, range })
    }

    pub(crate) fn header(&self) -> &Header {
        self.reader.header()
    }

    fn context(&self) -> &EncryptionContext {
        self.reader.context()
    }

    /// Writes its plaintext, and says how many bytes there were.
    pub(crate) fn write(
        self,
        output: &mut (impl Write + ?Sized),
        release: Release,
        progress: Progress,
    ) -> Result<u64, Failure> {
        let Self { name, mut reader, range } = self;
        let about = |error| of_source(error, &name);
        if release == Release::AtOnce {
            let shown = progress.show(&name, Some(range.end - range.start));
            return copy(&mut reader, range, output, &shown, about);
        }
        if range.end - range.start > bounds::MOST_HELD as u64 {
            let most = bounds::MOST_HELD >> 30;
            let what = format!("a range of more than {most} GiB with --buffer");
            return Err(Failure::new(Code::Policy, what).about(&name));
        }
        let plaintext = Zeroizing::new(reader.read_range(range).map_err(about)?);
        output.write_all(&plaintext).map_err(Error::from)?;
        Ok(plaintext.len() as u64)
    }
}

/// A range is one of a single file.
pub(super) fn check_plan(plan: &Plan) -> Result<(), Failure> {
    if plan.jobs.len() == 1 && plan.not_taken.is_empty() {
        return Ok(());
    }
    Err(Failure::usage("--range is for a single file"))
}

pub(super) fn decrypt(
    decryptor: &Decryptor,
    expected: &ExpectedContext,
    arguments: &Decrypt,
    range: ByteRange,
    ready: Local,
) -> Result<Done, Failure> {
    let Local { input, destination, decision, progress } = ready;
    let some_comes_out = destination.is_stream() && !arguments.buffer;
    let name = input.name();
    let part = Part::open(decryptor, expected, name, input.into_file()?, range)?;
    let (header, context) = (part.header().clone(), part.context().clone());
    let mut output = open_output(destination, decision, Audience::Owner, &arguments.files)?;
    let plaintext_length = part
        .write(&mut output, arguments.into(), progress)
        .map_err(|failure| if some_comes_out { of_part(failure) } else { failure })?;
    output.commit()?;
    Ok(Done::Message { header: Box::new(header), context, plaintext_length })
}

/// The range in bytes. The end of the message is verified first, if the range depends on it; of a
/// signed one in any case, as its length can be estimated too long.
fn bounds_of(
    reader: &RangeReader<impl RangeSource>,
    range: ByteRange,
) -> Result<Range<u64>, Error> {
    let is_exact = !reader.header().suite().is_signing();
    let estimate = reader.estimated_length().filter(|_| is_exact);
    match range {
        ByteRange::Between(start, Some(end)) if start < end && Some(end) <= estimate => {
            Ok(start..end)
        }
        ByteRange::Between(start, _) => {
            // Is there such a place?
            reader.read_range(start..start)?;
            Ok(range.within(reader.length()?))
        }
        ByteRange::Last(_) => Ok(range.within(reader.length()?)),
    }
}

/// Says how many bytes there were.
fn copy(
    reader: &mut RangeReader<impl RangeSource>,
    range: Range<u64>,
    output: &mut (impl Write + ?Sized),
    shown: &Shown,
    about: impl Fn(Error) -> Failure,
) -> Result<u64, Failure> {
    reader.seek(SeekFrom::Start(range.start)).map_err(|error| about(error.into()))?;
    let mut part = reader.take(range.end - range.start);
    let mut piece = Zeroizing::new(vec![0; PIECE]);
    let mut copied = 0;
    loop {
        match part.read(&mut piece).map_err(|error| about(error.into()))? {
            0 => return Ok(copied),
            length => {
                output.write_all(&piece[..length]).map_err(Error::from)?;
                copied += length as u64;
                shown.advance(length);
            }
        }
    }
}

/// An error of a file that is read at places does not name it.
fn of_source(error: Error, name: &str) -> Failure {
    match error {
        // What a service says names what it is about.
        Error::Io(error) if error.get_ref().is_none() => {
            Failure::io(format!("cannot read {name}"), &error)
        }
        error => Failure::of_message(error, name),
    }
}

const PIECE: usize = 1 << 20;
