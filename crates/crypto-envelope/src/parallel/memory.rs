//! Slices of memory.

use std::sync::Mutex;

use super::{
    lanes,
    order::{Order, Progress},
};
use crate::{Result, engine::Run};

/// Prepares slices of input and output side by side, and lets `accept` have them in their order,
/// with `state`, up to the last one or to one that is the end.
pub(super) fn each_slice<'m, T: Send>(
    lanes: usize,
    state: T,
    slices: impl Iterator<Item = (&'m [u8], &'m mut [u8])> + Send,
    prepare: impl Fn(u64, &[u8], &mut [u8]) -> Result<Run> + Sync,
    accept: impl Fn(&mut T, &Run, &[u8], &[u8]) -> Result<Progress> + Sync,
) -> Result<T> {
    let slices = Mutex::new((0_u64..).zip(slices));
    let order = Order::new(state);
    lanes::run(lanes, |_, start_another| {
        let _watch = order.watch();
        let next = slices.lock().ok().and_then(|mut slices| slices.next());
        let Some((turn, (input, out))) = next else { return Progress::Ended };
        start_another();
        let prepared = prepare(turn, input, out);
        let accepted = order.take_turn(turn, |state| {
            let progress = accept(state, &prepared?, input, out)?;
            Ok((progress, progress))
        });
        accepted.unwrap_or(Progress::Ended)
    });
    order.finish()
}
