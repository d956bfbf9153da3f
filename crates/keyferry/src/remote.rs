//! Jobs with at least one end in a cloud.

mod decrypt;
mod encrypt;
mod front;
mod reader;

use std::io::{Read, Write};

pub(crate) use self::{
    decrypt::RemoteDecryption,
    encrypt::RemoteEncryption,
    front::Front,
    reader::{Chunks, ObjectReader, copy_all},
};
use crate::{
    args::Files,
    failure::Failure,
    input::Source,
    output::{Audience, Decision, Destination, Existing},
    piped::Piped,
    place::{Cloud, Place},
    plan::Job,
    progress::Progress,
    pump::Pace,
};

/// The ways to all clouds, for one run.
pub(crate) struct Clouds<'a> {
    files: &'a Files,
    #[cfg(feature = "s3-sse-c")]
    s3: crate::s3::Access<'a>,
}

/// A job with at least one end in a cloud, about whose result it is decided.
pub(crate) struct Remote {
    from: Origin,
    to: Target,
    decision: Decision,
    progress: Progress,
}

/// Where data comes from.
pub(crate) enum Origin {
    Local(Source),
    Object(Object),
}

/// Where data goes.
pub(crate) enum Target {
    Local(Destination),
    Object(Object),
}

/// An object in some cloud.
pub(crate) enum Object {
    #[cfg(feature = "tencent-cos")]
    Cos(crate::cos::Object),
    #[cfg(feature = "s3-sse-c")]
    S3(crate::s3::Object),
}

/// Bytes as they are stored, from the front to the end.
pub(crate) struct Stored {
    pub(crate) reader: Box<dyn Read + Send>,
    pub(crate) pace: Pace,
}

/// Which end of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Source,
    Target,
}

impl<'a> Clouds<'a> {
    /// Nothing is called yet.
    pub(crate) fn new(files: &'a Files) -> Self {
        Self {
            files,
            #[cfg(feature = "s3-sse-c")]
            s3: crate::s3::Access::new(&files.s3),
        }
    }

    /// None if there is nothing to do.
    pub(crate) fn remote(
        &self,
        job: Job,
        existing: Existing,
        progress: Progress,
    ) -> Result<Option<Remote>, Failure> {
        if self.files.encode || self.files.decode {
            return Err(no_base64());
        }
        let from = match job.source {
            Source::Object(place) => Origin::Object(self.object(place, End::Source)?),
            source => Origin::Local(source),
        };
        let (to, decision) = match job.destination {
            Destination::Object(place) => {
                let object = self.object(place, End::Target)?;
                let decision = object.decide(existing)?;
                (Target::Object(object), decision)
            }
            destination => {
                let decision = destination.decide(existing)?;
                (Target::Local(destination), decision)
            }
        };
        let remote = Remote { from, to, decision, progress };
        Ok((decision != Decision::Skip).then_some(remote))
    }

    #[cfg_attr(not(feature = "s3-sse-c"), expect(unused_variables, reason = "for keys in S3"))]
    fn object(&self, place: Place, end: End) -> Result<Object, Failure> {
        match place.cloud {
            #[cfg(feature = "tencent-cos")]
            Cloud::Cos => Ok(Object::Cos(crate::cos::Object::new(&self.files.cos, place)?)),
            #[cfg(feature = "s3-sse-c")]
            Cloud::S3 => Ok(Object::S3(match end {
                End::Source => self.s3.source(place)?,
                End::Target => self.s3.target(place)?,
            })),
            #[cfg(not(all(feature = "s3-sse-c", feature = "tencent-cos")))]
            _ => Err(place.unreachable()),
        }
    }
}

impl Origin {
    /// What it is called in messages.
    fn name(&self) -> String {
        match self {
            Self::Local(source) => source.name(),
            Self::Object(object) => object.name(),
        }
    }

    /// The stored bytes.
    pub(crate) fn open(&self, progress: Progress) -> Result<Stored, Failure> {
        match self {
            Self::Local(source) => {
                let input = source.open()?;
                let pace = Pace::of(&input);
                Ok(Stored { reader: Box::new(progress.watch(input)), pace })
            }
            Self::Object(object) => {
                Ok(Stored { reader: object.open(progress)?, pace: Pace::OfFile })
            }
        }
    }
}

impl Target {
    /// Whether what is written cannot be taken back.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self, Self::Local(destination) if destination.is_stream())
    }

    /// Has `write` write it, and gives what that gives, and the entity tag of an object. Only when `write` is done
    /// is there something of the name.
    pub(crate) fn fill<T: Send + 'static>(
        self,
        decision: Decision,
        audience: Audience,
        write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, Failure> + Send + 'static,
    ) -> Result<(T, Option<String>), Failure> {
        match self {
            Self::Local(destination) => {
                let mut output = destination.open(decision, audience)?;
                let done = write(&mut output)?;
                output.commit()?;
                Ok((done, None))
            }
            Self::Object(object) => {
                let (piped, done) = Piped::written_by(write);
                let etag = object.put(piped, decision)?;
                Ok((done.take()?, etag))
            }
        }
    }
}

impl Object {
    fn name(&self) -> String {
        match self {
            #[cfg(feature = "tencent-cos")]
            Self::Cos(object) => object.name(),
            #[cfg(feature = "s3-sse-c")]
            Self::S3(object) => object.name(),
        }
    }

    fn decide(&self, existing: Existing) -> Result<Decision, Failure> {
        match self {
            #[cfg(feature = "tencent-cos")]
            Self::Cos(object) => object.decide(existing),
            #[cfg(feature = "s3-sse-c")]
            Self::S3(object) => object.decide(existing),
        }
    }

    fn open(&self, progress: Progress) -> Result<Box<dyn Read + Send>, Failure> {
        match self {
            #[cfg(feature = "tencent-cos")]
            Self::Cos(object) => Ok(Box::new(object.open(progress)?)),
            #[cfg(feature = "s3-sse-c")]
            Self::S3(object) => Ok(Box::new(object.open(progress)?)),
        }
    }

    fn put(&self, piped: Piped, decision: Decision) -> Result<Option<String>, Failure> {
        match self {
            #[cfg(feature = "tencent-cos")]
            Self::Cos(object) => Ok(object.put(piped, decision)?),
            #[cfg(feature = "s3-sse-c")]
            Self::S3(object) => Ok(object.put(piped, decision)?),
        }
    }
}

/// Why `--encode` and `--decode` are of no use here.
pub(crate) fn no_base64() -> Failure {
    Failure::usage("--encode and --decode are for files and pipes").hint("objects are binary")
}
