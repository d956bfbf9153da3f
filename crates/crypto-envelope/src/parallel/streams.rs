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

    /// How many bytes were made so far.
    fn written(engine: &Self::Engine) -> u64;

    /// Length in bytes of a slice that is full.
    fn slice(&self) -> usize;

    /// The work that can be done side by side, on the slice whose turn this is.
    fn prepare(&self, turn: u64, input: &[u8], out: &mut Zeroizing<Vec<u8>>) -> Result<Run>;

    /// The work that is done in turn. A slice that is not full is the last one.
    fn take_turn(
        &self,
        engine: &mut Self::Engine,
        run: &Run,
        input: &[u8],
        out: &mut Zeroizing<Vec<u8>>,
    ) -> Result<(Progress, Piece)>;
}

/// What the front of a buffer holds.
#[derive(Clone, Copy)]
pub(super) struct Piece {
    /// Where in the output it belongs.
    pub(super) offset: u64,
    pub(super) length: usize,
}

/// Takes everything from `source` through `stage` to `sink`, which is told when that is done.
pub(super) fn pump<S: Stage>(
    lanes: usize,
    stage: &S,
    engine: S::Engine,
    source: &impl Slices,
    sink: impl Sink,
) -> Result<S::Engine> {
    let order = Order::new(engine);
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
        let taken = order.take_turn(slot.turn, |engine| {
            let (length, run) = prepared?;
            let (progress, piece) =
                stage.take_turn(engine, &run, &lane.input[..length], &mut lane.out)?;
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
    let engine = order.finish()?;
    sink.finish(S::written(&engine))?;
    Ok(engine)
}
