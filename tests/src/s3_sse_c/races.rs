//! Others who write an object while its key is replaced.

use std::{
    error::Error,
    fs,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use crypto_envelope_s3_sse_c::{
    Download, ObjectCopy, ObjectPlace, SseCClient, SseCErrorKind, SseCustomerKey,
    aws_sdk_s3::{
        Client,
        config::{
            ConfigBag, Intercept, RuntimeComponents, http::HttpRequest,
            interceptors::BeforeTransmitInterceptorContextRef,
        },
        primitives::ByteStream,
    },
};
use tokio::runtime::Builder;

use super::{Bucket, World, kind_of, objects::pattern, world::new_key};
use crate::{s3_servers::S3Endpoint, vectors::Result};

impl Bucket<'_> {
    /// Whenever somebody writes the object while its key is replaced, that is what is there afterwards; and who
    /// replaced the key is told so, unless that was done by then.
    ///
    /// # Errors
    ///
    /// What was lost, or was not noticed.
    pub async fn loses_no_write(&self) -> Result<()> {
        for length in [0, 100_000] {
            // So that what is found out once about the server is known.
            self.rotates_while(length, usize::MAX).await?;
            let mut noticed = 0;
            for moment in 1.. {
                match self.rotates_while(length, moment).await? {
                    Raced::BeforeWrite => noticed += 1,
                    Raced::AfterWrite => {}
                    Raced::Never => break,
                }
            }
            if noticed == 0 {
                return Err(format!("{length}: nobody wrote between the look and the copy").into());
            }
        }
        Ok(())
    }

    async fn rotates_while(&self, length: usize, moment: usize) -> Result<Raced> {
        let (old, new) = (new_key()?, new_key()?);
        let name = format!("raced-{length}-{moment}");
        self.put(&name, &pattern(length), &old).await?;
        // As long as what it replaces, and never empty.
        let theirs = pattern(length.max(8) + 8).split_off(8);
        let race = Race::at(moment, format!("/{}/{name}", self.name));
        let rival = Rival {
            race: Arc::clone(&race),
            endpoint: self.world.endpoint().clone(),
            place: self.place(&name),
            body: theirs.clone(),
            key: old.clone(),
        };
        let client = self.raced_by(rival);
        let copied = client.copy(ObjectCopy::in_place(self.place(&name), &old, &new)).await;
        let (raced, outcome) =
            (race.lock().map_err(|_| "it panicked")?.raced, format!("{copied:?}"));
        let is_told = match raced {
            Raced::Never => return Ok(copied.map(|_| raced)?),
            Raced::BeforeWrite => kind_of(copied)? == SseCErrorKind::Changed,
            // It is said to be done, or that it is another object by now.
            Raced::AfterWrite => true,
        };
        let there = self.get(&name, &old).await;
        if is_told && there.is_ok_and(|there| there == theirs) {
            return Ok(raced);
        }
        Err(format!("{length}, {raced:?} {moment}: {outcome}").into())
    }

    /// Whenever somebody writes the object while it is downloaded, the file is the one or the other.
    ///
    /// # Errors
    ///
    /// What is neither, or was not noticed.
    pub async fn fills_no_file_with_two_objects(&self) -> Result<()> {
        for moment in 0.. {
            if self.downloads_while(moment).await? == Raced::Never {
                // A look, and three parts.
                return if moment == 4 { Ok(()) } else { Err(format!("{moment} calls").into()) };
            }
        }
        Ok(())
    }

    async fn downloads_while(&self, moment: usize) -> Result<Raced> {
        let (key, folder) = (new_key()?, tempfile::tempdir()?);
        let (path, body) = (folder.path().join("file"), pattern(3 << 20));
        let theirs = pattern(body.len() + 8).split_off(8);
        let name = format!("raced-{moment}");
        self.put(&name, &body, &key).await?;
        let race = Race::at(moment, format!("/{}/{name}", self.name));
        let client = self.raced_by(Rival {
            race: Arc::clone(&race),
            endpoint: self.world.endpoint().clone(),
            place: self.place(&name),
            body: theirs.clone(),
            key: key.clone(),
        });
        let request = client.s3().get_object().bucket(&self.name).key(&name);
        let one_by_one = Download::file(&path).part_size(1 << 20).parallel(NonZeroUsize::MIN);
        let outcome = client.download(request, one_by_one, &key).await;
        let raced = race.lock().map_err(|_| "it panicked")?.raced;
        let expected = match (moment, raced) {
            (_, Raced::Never) => body,
            (0, _) => theirs,
            _ => {
                let is_told = kind_of(outcome)? == SseCErrorKind::Changed;
                let is_empty = fs::read_dir(folder.path())?.next().is_none();
                let fail = || format!("{moment}: told {is_told}, nothing left {is_empty}").into();
                return if is_told && is_empty { Ok(raced) } else { Err(fail()) };
            }
        };
        outcome?;
        if fs::read(&path)? == expected { Ok(raced) } else { Err("a mixture".into()) }
    }

    /// Our client, and somebody who is faster.
    fn raced_by(&self, rival: Rival) -> SseCClient {
        let config = self.world.client().s3().config().to_builder().interceptor(rival).build();
        SseCClient::from_client(Client::from_conf(config))
    }
}

/// Requests about one object, and when somebody else writes it.
#[derive(Debug)]
struct Race {
    path: String,
    moment: usize,
    seen: usize,
    has_written: bool,
    raced: Raced,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Raced {
    Never,
    BeforeWrite,
    AfterWrite,
}

impl Race {
    /// Right before this request: the first one is number 0.
    fn at(moment: usize, path: String) -> Arc<Mutex<Self>> {
        let race = Self { path, moment, seen: 0, has_written: false, raced: Raced::Never };
        Arc::new(Mutex::new(race))
    }

    /// Whether it is time to write.
    fn is_now(&mut self, request: &HttpRequest) -> bool {
        let (address, query) = request.uri().split_once('?').unwrap_or((request.uri(), ""));
        if !address.ends_with(&self.path) {
            return false;
        }
        let is_now = self.seen == self.moment;
        self.seen += 1;
        if is_now {
            self.raced = if self.has_written { Raced::AfterWrite } else { Raced::BeforeWrite };
        }
        let is_of_upload = query.split('&').any(|pair| pair.starts_with("uploadId="));
        self.has_written |=
            matches!((request.method(), is_of_upload), ("PUT", false) | ("POST", true));
        is_now
    }
}

/// Writes before requests are sent.
#[derive(Debug)]
struct Rival {
    race: Arc<Mutex<Race>>,
    endpoint: S3Endpoint,
    place: ObjectPlace,
    body: Vec<u8>,
    key: SseCustomerKey,
}

impl Rival {
    /// In a runtime of its own, as no connection may outlive the one that it was made in.
    fn write(&self) -> Result<()> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let client = World::builder(&self.endpoint)?.build()?;
        let put = client.s3().put_object().bucket(self.place.bucket()).key(self.place.key());
        let put = client.put_object(put.body(ByteStream::from(self.body.clone())), &self.key);
        Ok(runtime.block_on(put).map(drop)?)
    }
}

impl Intercept for Rival {
    fn name(&self) -> &'static str {
        "Rival"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut race = self.race.lock().unwrap_or_else(PoisonError::into_inner);
        if !race.is_now(context.request()) {
            return Ok(());
        }
        let write = || self.write().map_err(|error| error.to_string());
        let written = thread::scope(|scope| scope.spawn(write).join());
        Ok(written.map_err(|_| "it panicked")??)
    }
}
