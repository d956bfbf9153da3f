//! A store in memory that tells what it was asked, and lets somebody in between.

use std::{
    collections::VecDeque,
    fmt,
    ops::Range,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use crypto_envelope_object_store::object_store;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{
    CopyMode, CopyOptions, GetOptions, GetRange, GetResult, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, RenameOptions, Result, UploadPart, memory::InMemory, path::Path,
};

/// What a request to read was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Whole,
    Range(Range<u64>),
    Head,
}

/// Clones are the same store.
#[derive(Clone, Default)]
pub(crate) struct Watched {
    pub(crate) memory: Arc<InMemory>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    reads: Vec<Read>,
    tags: Tags,
    parts: Vec<usize>,
    server_copies: usize,
    /// Put there before the request with this number is answered.
    ambushes: Vec<(usize, Path, Bytes)>,
    /// Put there once the next request is answered.
    behind: Option<(Path, Bytes)>,
    failing_part: Option<usize>,
    denied: Option<Path>,
    ends: VecDeque<End>,
    aborted: usize,
    offer: Offer,
    puts: Vec<Path>,
}

/// What there is of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Offer {
    #[default]
    All,
    /// As the store of `object_store` for HTTP: no uploads in parts, and conditions for copies alone.
    Http,
    /// The same, and somebody else is always faster than a copy.
    HttpWithOthers,
    /// The same, and nothing can be deleted.
    HttpWithoutDeletion,
    /// No conditions and no uploads in parts.
    Nothing,
    /// All, and answers to conditional writes are lost, so that they are made twice.
    AllTwice,
}

/// How ending an upload goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Fails,
    NeverEnds,
}

/// Which entity tags there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tags {
    #[default]
    Strong,
    UnquotedInLists,
    Weak,
    None,
    /// And all objects were written in the same moment.
    NoneAtOneTime,
}

impl Watched {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nobody panicked with it")
    }

    pub(crate) fn with_tags(tags: Tags) -> Self {
        let store = Self::default();
        store.state().tags = tags;
        store
    }

    pub(crate) fn offering(offer: Offer) -> Self {
        let store = Self::default();
        store.offer(offer);
        store
    }

    /// From now on.
    pub(crate) fn offer(&self, offer: Offer) {
        self.state().offer = offer;
    }

    /// Where objects were put.
    pub(crate) fn puts(&self) -> Vec<Path> {
        self.state().puts.clone()
    }

    /// What was read since this was asked the last time.
    pub(crate) fn reads(&self) -> Vec<Read> {
        std::mem::take(&mut self.state().reads)
    }

    /// Lengths of the parts of all uploads.
    pub(crate) fn parts(&self) -> Vec<usize> {
        self.state().parts.clone()
    }

    /// How many copies and renames it made by itself.
    pub(crate) fn server_copies(&self) -> usize {
        self.state().server_copies
    }

    /// Replaces an object right before the read with this number from now on, counted from 0.
    pub(crate) fn replace_before(&self, read: usize, location: &Path, bytes: Bytes) {
        let mut state = self.state();
        let read = state.reads.len() + read;
        state.ambushes.push((read, location.clone(), bytes));
    }

    /// Replaces an object right after the next read was answered.
    pub(crate) fn replace_behind(&self, location: &Path, bytes: Bytes) {
        self.state().behind = Some((location.clone(), bytes));
    }

    /// This part of uploads from now on, counted from 0, does not arrive.
    pub(crate) fn fail_part(&self, number: usize) {
        let mut state = self.state();
        state.failing_part = Some(state.parts.len() + number);
    }

    /// Nobody may read this any more.
    pub(crate) fn deny(&self, location: &Path) {
        self.state().denied = Some(location.clone());
    }

    /// How the next times go that an upload is completed or aborted.
    pub(crate) fn end_uploads(&self, ends: impl IntoIterator<Item = End>) {
        self.state().ends.extend(ends);
    }

    /// How many uploads were aborted.
    pub(crate) fn aborted(&self) -> usize {
        self.state().aborted
    }

    async fn end_as_told(&self) -> Result<()> {
        let end = self.state().ends.pop_front();
        match end {
            None => Ok(()),
            Some(End::Fails) => Err(lost()),
            Some(End::NeverEnds) => std::future::pending().await,
        }
    }

    /// The stored bytes.
    pub(crate) async fn stored(&self, location: &Path) -> Bytes {
        let stored = self.memory.get(location).await.expect("it is there");
        stored.bytes().await.expect("they are there")
    }

    /// Stores bytes as they are.
    pub(crate) async fn store(&self, location: &Path, bytes: impl Into<Bytes>) {
        self.memory.put(location, bytes.into().into()).await.expect("there is room");
    }

    async fn ambush(&self, read: Read) {
        let due = {
            let mut state = self.state();
            let number = state.reads.len();
            state.reads.push(read);
            let (due, later) = state.ambushes.drain(..).partition(|(read, ..)| *read == number);
            state.ambushes = later;
            let due: Vec<(usize, Path, Bytes)> = due;
            due
        };
        for (_, location, bytes) in due {
            self.store(&location, bytes).await;
        }
    }

    fn tagged(&self, mut meta: ObjectMeta) -> ObjectMeta {
        meta.e_tag = match self.state().tags {
            Tags::Strong | Tags::UnquotedInLists => meta.e_tag,
            Tags::Weak => meta.e_tag.map(|tag| format!("W/{tag}")),
            Tags::None => None,
            Tags::NoneAtOneTime => {
                meta.last_modified = std::time::UNIX_EPOCH.into();
                None
            }
        };
        meta
    }
}

#[async_trait]
impl ObjectStore for Watched {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let offer = self.state().offer;
        match options.mode {
            PutMode::Overwrite => {}
            _ if offer == Offer::All => {}
            _ if offer == Offer::AllTwice => {
                self.memory.put_opts(location, payload.clone(), options.clone()).await?;
            }
            _ => return Err(not_offered()),
        }
        self.state().puts.push(location.clone());
        self.memory.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        if !matches!(self.state().offer, Offer::All | Offer::AllTwice) {
            return Err(not_offered());
        }
        let upload = self.memory.put_multipart_opts(location, options).await?;
        Ok(Box::new(WatchedUpload { upload, store: self.clone() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let read = match &options.range {
            _ if options.head => Read::Head,
            Some(GetRange::Bounded(range)) => Read::Range(range.clone()),
            Some(other) => unreachable!("nobody should ask for {other}"),
            None => Read::Whole,
        };
        self.ambush(read).await;
        if self.state().denied.as_ref() == Some(location) {
            let (path, source) = (location.to_string(), "denied".into());
            return Err(object_store::Error::PermissionDenied { path, source });
        }
        let mut result = self.memory.get_opts(location, options).await?;
        result.meta = self.tagged(result.meta);
        let behind = self.state().behind.take();
        if let Some((location, bytes)) = behind {
            self.store(&location, bytes).await;
        }
        Ok(result)
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        unreachable!("nobody should ask for {ranges:?} of {location} at once")
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        if self.state().offer == Offer::HttpWithoutDeletion {
            return locations.map(|_| Err(not_offered())).boxed();
        }
        self.memory.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let this = self.clone();
        let tagged = move |meta| {
            let meta = this.tagged(meta);
            let is_bare = this.state().tags == Tags::UnquotedInLists;
            let e_tag = meta.e_tag.map(|tag| if is_bare { tag.replace('"', "") } else { tag });
            ObjectMeta { e_tag, ..meta }
        };
        self.memory.list(prefix).map(move |meta| meta.map(&tagged)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.memory.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let offer = self.state().offer;
        match offer {
            Offer::Nothing if options.mode == CopyMode::Create => return Err(not_offered()),
            Offer::HttpWithOthers => self.store(to, "theirs").await,
            _ => {}
        }
        self.state().server_copies += 1;
        self.memory.copy_opts(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.state().server_copies += 1;
        self.memory.rename_opts(from, to, options).await
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

#[derive(Debug)]
struct WatchedUpload {
    upload: Box<dyn MultipartUpload>,
    store: Watched,
}

#[async_trait]
impl MultipartUpload for WatchedUpload {
    fn put_part(&mut self, payload: PutPayload) -> UploadPart {
        let mut state = self.store.state();
        let number = state.parts.len();
        state.parts.push(payload.content_length());
        let sent = self.upload.put_part(payload);
        if state.failing_part != Some(number) {
            return sent;
        }
        Box::pin(async { Err(lost()) })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.store.end_as_told().await?;
        self.upload.complete().await
    }

    async fn abort(&mut self) -> Result<()> {
        self.store.end_as_told().await?;
        self.store.state().aborted += 1;
        self.upload.abort().await
    }
}

fn lost() -> object_store::Error {
    object_store::Error::Generic { store: "Watched", source: "lost".into() }
}

fn not_offered() -> object_store::Error {
    object_store::Error::NotImplemented { operation: "this".into(), implementer: "Watched".into() }
}
