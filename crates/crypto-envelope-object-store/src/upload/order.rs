//! Parts that are sealed side by side, and sent in their order.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use crypto_envelope as core;
use object_store::{MultipartUpload, UploadPart};
use tokio::{runtime::Handle, sync::oneshot};

use super::parts::Part;
use crate::{Error, error::through_core, put::INLINE};

/// An upload that parts are on their way to. The store below wants to be given them in order, while who gave the
/// plaintext may await them in any.
pub(super) struct PartsInOrder(Mutex<State>);

#[derive(Default)]
struct State {
    upload: Option<Box<dyn MultipartUpload>>,
    /// The number of the next part to seal, and of the next one to hand over.
    begun: usize,
    handed_over: usize,
    /// Parts that are not stored yet.
    missing: usize,
    /// Those that others have to go before.
    waiting: Waiting,
    failed: bool,
}

type Waiting = BTreeMap<usize, (Bytes, Sender)>;
type Sender = oneshot::Sender<core::Result<UploadPart>>;

impl PartsInOrder {
    pub(super) fn new(upload: Box<dyn MultipartUpload>) -> Self {
        Self(Mutex::new(State { upload: Some(upload), ..State::default() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to seal a part, which is sent once the future is awaited.
    pub(super) fn send(
        self: &Arc<Self>,
        part: Part,
    ) -> impl Future<Output = core::Result<()>> + Send + 'static + use<> {
        let (sender, receiver) = oneshot::channel();
        let turn = Turn { parts: Arc::clone(self), number: self.begin(), sender: Some(sender) };
        let work = part.work();
        let seal = move || turn.end(part.seal());
        match Handle::try_current() {
            Ok(runtime) if work > INLINE => drop(runtime.spawn_blocking(seal)),
            _ => seal(),
        }
        let parts = Arc::clone(self);
        async move {
            receiver.await.map_err(|_| through_core(LOST))??.await.map_err(through_core)?;
            parts.state().missing -= 1;
            Ok(())
        }
    }

    fn begin(&self) -> usize {
        let mut state = self.state();
        state.begun += 1;
        state.missing += 1;
        state.begun - 1
    }

    /// How many parts were not stored, or nobody waited for; `None` once the upload was taken.
    pub(super) fn missing(&self) -> Option<usize> {
        let state = self.state();
        state.upload.as_ref().map(|_| state.missing)
    }

    /// Takes the upload, to end it.
    pub(super) fn take(&self) -> Option<Box<dyn MultipartUpload>> {
        self.state().upload.take()
    }

    /// Takes the upload, to abort it: no part that is under way arrives any more.
    pub(super) fn give_up(&self) -> Option<Box<dyn MultipartUpload>> {
        self.fail();
        self.take()
    }

    /// Nothing is handed over any more, and who waits is told so.
    fn fail(&self) {
        let waiting = {
            let mut state = self.state();
            state.failed = true;
            std::mem::take(&mut state.waiting)
        };
        // Not under the lock, as all that wakes others.
        drop(waiting);
    }

    /// Takes the bytes of a part, and gives the store all parts whose turn it is. Nothing becomes of it if there is none any
    /// more.
    fn hand_in(&self, number: usize, bytes: Bytes, sender: Sender) {
        let (handed_over, nobody) = {
            let mut state = self.state();
            if state.failed {
                (Vec::new(), Some(sender))
            } else {
                state.waiting.insert(number, (bytes, sender));
                (state.hand_over(), None)
            }
        };
        for (sender, part) in handed_over {
            let _ = sender.send(Ok(part));
        }
        drop(nobody);
    }
}

impl fmt::Debug for PartsInOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("PartsInOrder")
            .field("upload", &state.upload)
            .field("missing", &state.missing)
            .finish_non_exhaustive()
    }
}

/// The turn of a part. If it is dropped without an end, no part behind it has a turn any more.
struct Turn {
    parts: Arc<PartsInOrder>,
    number: usize,
    sender: Option<Sender>,
}

impl Turn {
    fn end(mut self, sealed: core::Result<Vec<u8>>) {
        let Some(sender) = self.sender.take() else { return };
        match sealed {
            Ok(bytes) => self.parts.hand_in(self.number, bytes.into(), sender),
            Err(error) => {
                self.parts.fail();
                let _ = sender.send(Err(error));
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.sender.is_some() {
            self.parts.fail();
        }
    }
}

impl State {
    /// The parts whose turn it is, for those who wait for them and send them.
    fn hand_over(&mut self) -> Vec<(Sender, UploadPart)> {
        let mut handed_over = Vec::new();
        let Some(upload) = &mut self.upload else { return handed_over };
        while let Some((bytes, sender)) = self.waiting.remove(&self.handed_over) {
            self.handed_over += 1;
            handed_over.push((sender, upload.put_part(bytes.into())));
        }
        handed_over
    }
}

const LOST: Error =
    Error::Misuse { what: "the upload was given up, or a part before this one failed" };
