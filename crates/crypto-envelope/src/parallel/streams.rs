//! Slices from a source to a sink.

use zeroize::Zeroizing;

use super::{
    ends::{Sink, Slices},
    lanes,
    order::{Order, Progress},
};
use crate::{Error, Result, engine::Run};

/// What is done to each slice.
pub(super) trait Stage: Sync {
    /// What sees all slices in their order.
    type Engine: Send;
    /// What it says of all of them.
    type End: Send;

    /// Length in bytes of a slice that is full.
    fn slice(&self) -> usize;

    /// The work that can be done side by side, on the slice whose turn this is.
    fn prepare(&self, turn: u64, input: &[u8], out: &mut Zeroizing<Vec<u8>>) -> Result<Run>;

    /// The work that is done in turn. A slice that is not full is the last one: the engine ends with
    /// it. Returns how many bytes at the front of `out` are to be written.
    fn take_turn(
        &self,
        engine: &mut Option<Self::Engine>,
        run: &Run,
        input: &[u8],
        out: &mut Zeroizing<Vec<u8>>,
    ) -> Result<(usize, Option<Self::End>)>;
}

/// What all turns share.
struct State<S: Stage> {
    engine: Option<S::Engine>,
    end: Option<S::End>,
    /// How many bytes were made so far.
    written: u64,
}

impl<S: Stage> State<S> {
    fn take_turn(
        &mut self,
        stage: &S,
        run: &Run,
        input: &[u8],
        out: &mut Zeroizing<Vec<u8>>,
    ) -> Result<(Progress, Piece)> {
        let (length, end) = stage.take_turn(&mut self.engine, run, input, out)?;
        let progress = if end.is_some() { Progress::Ended } else { Progress::More };
        self.end = end;
        let piece = Piece { offset: self.written, length };
        self.written += length as u64;
        Ok((progress, piece))
    }
}

/// What the front of a buffer holds.
#[derive(Clone, Copy)]
struct Piece {
    /// Where in the output it belongs.
    offset: u64,
    length: usize,
}

/// A turn behind the end, which never comes.
pub(super) const ENDED: Error = Error::Internal { what: "a turn behind the end" };

/// Takes everything from `source` through `stage` to `sink`, behind the bytes that were written there,
/// and tells it when that is done.
pub(super) fn pump<S: Stage>(
    lanes: usize,
    stage: &S,
    engine: S::Engine,
    written: u64,
    source: &impl Slices,
    sink: impl Sink,
) -> Result<S::End> {
    const NO_END: Error = Error::Internal { what: "a message has no end" };
    let order = Order::new(State { engine: Some(engine), end: None, written });
    lanes::run(lanes, |lane, start_another| {
        let _watch = order.watch();
        let slot = source.next(stage.slice(), &mut lane.input);
        if matches!(slot.read, Ok(length) if length == stage.slice()) {
            start_another();
        }
        let found_some = matches!(slot.read, Ok(1..));
        let prepared = slot.read.and_then(|length| {
            let run = stage.prepare(slot.turn, &lane.input[..length], &mut lane.out)?;
            Ok((length, run))
        });
        let taken = order.take_turn(slot.turn, |state| {
            let (length, run) = prepared?;
            let (progress, piece) =
                state.take_turn(stage, &run, &lane.input[..length], &mut lane.out)?;
            sink.in_turn(&lane.out[..piece.length])?;
            Ok((progress, (progress, piece)))
        });
        let Some((progress, piece)) = taken else {
            if found_some {
                // Somebody before found the end.
                order.fail(Error::SourceChanged);
            }
            return Progress::Ended;
        };
        match sink.after_turn(&lane.out[..piece.length], piece.offset) {
            Ok(()) => progress,
            Err(error) => {
                order.fail(error);
                Progress::Ended
            }
        }
    });
    let State { end, written, .. } = order.finish()?;
    let end = end.ok_or(NO_END)?;
    sink.finish(written)?;
    Ok(end)
}
