//! Where data is read from.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::fd::AsFd,
    path::{Path, PathBuf},
};

use crypto_envelope::io::ReadAt;

use crate::{
    anchor::Below,
    base64_stream::{Decoder, LONGEST_PIECE, NotBase64},
    failure::{Code, Failure},
    place::Place,
};

/// What can be opened to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    StandardInput,
    File(PathBuf),
    /// A file that was found, and not named.
    InFolder(Below),
    /// An object in a cloud, which is opened elsewhere.
    Object(Place),
}

/// An open source.
pub(crate) struct Input {
    reader: File,
    source: Source,
    /// Of a regular file.
    length: Option<u64>,
    decoding: Option<Decoding>,
}

struct Decoding {
    decoder: Decoder,
    text: Vec<u8>,
    /// How many of the decoder's bytes were read.
    used: usize,
}

impl Source {
    /// "-" is standard input.
    pub(crate) fn named(path: &Path) -> Self {
        if path == Path::new("-") { Self::StandardInput } else { Self::File(path.to_owned()) }
    }

    /// What it is called in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::StandardInput => "standard input".to_owned(),
            Self::File(path) => path.display().to_string(),
            Self::InFolder(below) => below.path().display().to_string(),
            Self::Object(place) => place.to_string(),
        }
    }

    /// The path, if it is a file.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::StandardInput | Self::Object(_) => None,
            Self::File(path) => Some(path.clone()),
            Self::InFolder(below) => Some(below.path()),
        }
    }

    pub(crate) fn open(&self) -> Result<Input, Failure> {
        let cannot = |error: io::Error| Failure::io(format!("cannot read {}", self.name()), &error);
        let reader = match self {
            // The descriptor itself, not `io::stdin`, which takes one that cannot be read for
            // empty.
            Self::StandardInput => io::stdin().as_fd().try_clone_to_owned().map(File::from),
            Self::File(path) => File::open(path),
            Self::InFolder(below) => below.open_file(),
            Self::Object(place) => return Err(place.unreachable()),
        };
        let reader = reader.map_err(cannot)?;
        let length = match self {
            Self::StandardInput | Self::Object(_) => None,
            Self::File(_) | Self::InFolder(_) => {
                let metadata = reader.metadata().map_err(cannot)?;
                if metadata.is_dir() {
                    return Err(Failure::usage(format!("{} is a directory", self.name())));
                }
                metadata.is_file().then_some(metadata.len())
            }
        };
        Ok(Input { reader, source: self.clone(), length, decoding: None })
    }
}

impl Input {
    /// The bytes that its base64 stands for.
    pub(crate) fn decoded(mut self) -> Self {
        self.decoding =
            Some(Decoding { decoder: Decoder::new(), text: vec![0; LONGEST_PIECE], used: 0 });
        self
    }

    /// What the input is called in messages.
    pub(crate) fn name(&self) -> String {
        self.source.name()
    }

    /// Length of what is read in bytes, if it is known.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length.filter(|_| self.decoding.is_none())
    }

    /// Whether it is a regular file, as standard input can be, too.
    pub(crate) fn is_file(&self) -> bool {
        self.reader.metadata().is_ok_and(|metadata| metadata.is_file())
    }

    /// Whether it can be read twice.
    pub(crate) fn can_go_back(&self) -> bool {
        self.length().is_some()
    }

    /// The file itself, to read at any place, of an input that can be read so.
    pub(crate) fn into_file(self) -> Result<File, Failure> {
        if self.can_go_back() {
            return Ok(self.reader);
        }
        let what = match self.source {
            Source::StandardInput => "standard input cannot be read at places".to_owned(),
            _ => format!("{} is not a regular file", self.name()),
        };
        Err(Failure::usage(what).hint(
            "--range needs a regular file by its name, to go where the part is: decrypt all of \
             it, or store it first",
        ))
    }

    fn read_stored(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| self.named(error))
    }

    fn named(&self, error: io::Error) -> io::Error {
        match error.kind() {
            io::ErrorKind::Interrupted => error,
            kind => io::Error::new(kind, format!("cannot read {}: {error}", self.name())),
        }
    }

    fn read_decoded(&mut self, decoding: &mut Decoding, buffer: &mut [u8]) -> io::Result<usize> {
        let Decoding { decoder, text, used } = decoding;
        while *used == decoder.bytes().len() {
            let length = self.read_stored(text)?;
            if length == 0 {
                return decoder.finish().map(|()| 0).map_err(|error| self.not_base64(&error));
            }
            decoder.push(&text[..length]).map_err(|error| self.not_base64(&error))?;
            *used = 0;
        }
        let unread = &decoder.bytes()[*used..];
        let length = buffer.len().min(unread.len());
        buffer[..length].copy_from_slice(&unread[..length]);
        *used += length;
        Ok(length)
    }

    fn not_base64(&self, error: &NotBase64) -> io::Error {
        let message = format!("{} is not base64 at byte {}", self.name(), error.offset);
        let failure =
            Failure::new(Code::Integrity, message).hint("leave out --decode if it is binary");
        io::Error::new(io::ErrorKind::InvalidData, failure)
    }
}

/// Errors name the input.
impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.decoding.take() {
            None => self.read_stored(buffer),
            Some(mut decoding) => {
                let read = self.read_decoded(&mut decoding, buffer);
                self.decoding = Some(decoding);
                read
            }
        }
    }
}

/// Only if it [can go back](Input::can_go_back).
impl ReadAt for Input {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.reader.read_at(buffer, offset).map_err(|error| self.named(error))
    }
}

/// Only if it [can go back](Input::can_go_back).
impl Seek for Input {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}
