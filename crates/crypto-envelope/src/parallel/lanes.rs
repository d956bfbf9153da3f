//! Threads that start as they are needed.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread::{Builder, Scope, scope},
};

use super::order::Progress;

/// Does steps on this thread, and on as many more as there may be, until each of them was told that
/// it is the end. All threads have ended when this returns.
///
/// A step that finds that there is work for somebody else, too, calls what it is given: another
/// thread starts, if one is left and can be had.
pub(super) fn run(lanes: usize, step: impl Fn(&mut Lane, &dyn Fn()) -> Progress + Sync) {
    let started = AtomicUsize::new(1);
    let jobs = Jobs { lanes, started: &started, step: &step };
    scope(|scope| jobs.work(scope));
}

/// Buffers of one thread.
#[derive(Default)]
pub(super) struct Lane {
    pub(super) input: zeroize::Zeroizing<Vec<u8>>,
    pub(super) out: zeroize::Zeroizing<Vec<u8>>,
}

struct Jobs<'j, F> {
    lanes: usize,
    started: &'j AtomicUsize,
    step: &'j F,
}

impl<F> Clone for Jobs<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Jobs<'_, F> {}

impl<'j, F: Fn(&mut Lane, &dyn Fn()) -> Progress + Sync> Jobs<'j, F> {
    fn work<'scope>(self, scope: &'scope Scope<'scope, '_>)
    where
        'j: 'scope,
    {
        let mut lane = Lane::default();
        let start_another = || self.start_another(scope);
        while (self.step)(&mut lane, &start_another) == Progress::More {}
    }

    fn start_another<'scope>(self, scope: &'scope Scope<'scope, '_>)
    where
        'j: 'scope,
    {
        let next = |started| (started < self.lanes).then_some(started + 1);
        if self.started.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok() {
            let thread = Builder::new().name("crypto-envelope".to_owned());
            // Where there is no thread to be had, the others do its work.
            drop(thread.spawn_scoped(scope, move || self.work(scope)));
        }
    }
}
