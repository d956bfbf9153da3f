//! The async range reader: what is fetched at the same time, and where the work is done.

use std::{
    future::poll_fn,
    num::NonZeroUsize,
    ops::Range,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use async_trait::async_trait;
use bytes::Bytes;
use crypto_envelope::{
    Error, Result,
    aio::{RangeReader, RangeSource},
    ranges::{FetchedRange, RangeOptions, RangeRequest, Version},
};
use crypto_envelope_testkit::data;
use crypto_envelope_tests::{
    ranges::{self, UNSIGNED, decryptor, exact, nothing},
    runtime::does_not_hold_the_runtime,
};
use tokio::{io::AsyncReadExt, runtime::Builder, task};

fn seal(frame_length: u32, plaintext: &[u8]) -> Result<Bytes> {
    ranges::seal(UNSIGNED, frame_length, plaintext).map(Bytes::from)
}

async fn open<S: RangeSource>(source: S, options: RangeOptions) -> Result<RangeReader<S>> {
    RangeReader::open_with(&decryptor(), source, &nothing(), options).await
}

/// So that nothing but the header is there from the beginning, and no two ranges are merged.
fn options(message: &[u8], fetches: usize) -> RangeOptions {
    let fetches = NonZeroUsize::new(fetches).expect("at least one");
    exact(message).with_concurrent_fetches(fetches)
}

fn run(test: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = Builder::new_current_thread().max_blocking_threads(1).build()?;
    runtime.block_on(test)
}

/// A source that answers when its rule says so, and counts. What asks for the header is answered
/// at once and not counted.
#[derive(Clone)]
struct Gated {
    message: Bytes,
    rule: fn(&Seen, usize) -> bool,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    asked: Vec<Range<u64>>,
    answered: Vec<usize>,
    /// Asked for, and not dropped yet.
    bytes: u64,
    most_bytes: u64,
    most_waiting: usize,
    wakers: Vec<Waker>,
}

impl Gated {
    /// With a rule that is given the number of a request.
    fn new(message: &Bytes, rule: fn(&Seen, usize) -> bool) -> Self {
        Self { message: message.clone(), rule, seen: Arc::default() }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn poll(&self, number: usize, context: &Context<'_>) -> Poll<()> {
        let mut seen = self.seen();
        if !(self.rule)(&seen, number) {
            seen.wakers.push(context.waker().clone());
            return Poll::Pending;
        }
        seen.answered.push(number);
        seen.wakers.drain(..).for_each(Waker::wake);
        Poll::Ready(())
    }
}

#[async_trait]
impl RangeSource for Gated {
    async fn fetch(&self, request: RangeRequest<'_>) -> Result<FetchedRange<Bytes>> {
        let range = request.range();
        let all = self.message.fetch(RangeRequest::new(range.clone(), None)).await?;
        if request.version().is_none() {
            return Ok(all);
        }
        let counted = Counted::new(all.bytes().clone(), &self.seen);
        let number = {
            let mut seen = self.seen();
            seen.asked.push(range);
            seen.most_waiting = seen.most_waiting.max(seen.asked.len() - seen.answered.len());
            seen.wakers.drain(..).for_each(Waker::wake);
            seen.asked.len() - 1
        };
        poll_fn(|context| self.poll(number, context)).await;
        let length = self.message.len() as u64;
        Ok(FetchedRange::new(Bytes::from_owner(counted), length, Version::new("")))
    }
}

/// Bytes that count until they are dropped.
struct Counted {
    bytes: Bytes,
    seen: Arc<Mutex<Seen>>,
}

impl Counted {
    fn new(bytes: Bytes, seen: &Arc<Mutex<Seen>>) -> Self {
        let mut counts = seen.lock().unwrap_or_else(PoisonError::into_inner);
        counts.bytes += bytes.len() as u64;
        counts.most_bytes = counts.most_bytes.max(counts.bytes);
        Self { bytes, seen: Arc::clone(seen) }
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.bytes -= self.bytes.len() as u64;
    }
}

/// Every second frame.
fn columns(count: u64, frame_length: u64) -> Vec<Range<u64>> {
    (0..count).map(|i| 2 * i * frame_length..(2 * i + 1) * frame_length).collect()
}

fn slices(plaintext: &[u8], ranges: &[Range<u64>]) -> Vec<Vec<u8>> {
    let index = |value: u64| usize::try_from(value).expect("short");
    ranges.iter().map(|range| plaintext[index(range.start)..index(range.end)].to_vec()).collect()
}

#[test]
fn fetches_are_on_their_way_together() -> Result<()> {
    let plaintext = data::plaintext(10_000, 1);
    let message = seal(100, &plaintext)?;
    let ranges = columns(20, 100);
    run(async {
        // No answer before five were asked for that are not answered, but for the last ones.
        let source = Gated::new(&message, |seen, number| {
            seen.asked.len() >= 20 || seen.asked.len() >= number + 5
        });
        let reader = open(source.clone(), options(&message, 5)).await?;
        assert_eq!(reader.read_ranges(&ranges).await?, slices(&plaintext, &ranges));
        assert_eq!(source.seen().most_waiting, 5);
        assert_eq!(source.seen().asked.len(), 20);
        assert!(source.seen().asked.is_sorted_by_key(|range| range.start));

        let source = Gated::new(&message, |_, _| true);
        let reader = open(source.clone(), options(&message, 1)).await?;
        assert_eq!(reader.read_ranges(&ranges).await?, slices(&plaintext, &ranges));
        assert_eq!(source.seen().most_waiting, 1);
        Ok(())
    })
}

/// Whatever comes first.
#[test]
fn answers_are_taken_in_order() -> Result<()> {
    let plaintext = data::plaintext(10_000, 2);
    let message = seal(100, &plaintext)?;
    let mut ranges = columns(6, 100);
    ranges.reverse();
    run(async {
        let source = Gated::new(&message, |seen, number| {
            seen.asked.len() == 6 && seen.answered.len() == 5 - number
        });
        let reader = open(source.clone(), options(&message, 8)).await?;
        assert_eq!(reader.read_ranges(&ranges).await?, slices(&plaintext, &ranges));
        assert_eq!(source.seen().answered, [5, 4, 3, 2, 1, 0]);
        Ok(())
    })
}

/// The first error in the order of the message is told, not the first one to come.
#[test]
fn errors_come_in_order() -> Result<()> {
    let message = seal(100, &data::plaintext(1000, 2))?;
    let mut changed = message.to_vec();
    let frame = |number: usize| message.len() - 40 - (10 - number) * 132;
    changed[frame(2) + 50] ^= 1;
    changed[frame(6)] ^= 1;
    let ranges = columns(5, 100);
    run(async {
        let in_reverse = Gated::new(&changed.into(), |seen, number| {
            seen.asked.len() == 5 && seen.answered.len() == 4 - number
        });
        let reader = open(in_reverse, options(&message, 8)).await?;
        let refused = reader.read_ranges(&ranges).await;
        assert!(matches!(refused, Err(Error::Authentication { .. })), "{refused:?}");
        Ok(())
    })
}

#[test]
fn what_is_on_its_way_is_bounded_in_bytes() -> Result<()> {
    const LENGTH: usize = 64 << 20;
    let message = seal(64 << 10, &vec![7; LENGTH])?;
    run(async {
        for (memory, most) in [(20 << 20, 20 << 20), (0, 8 << 20), (u64::MAX, 70 << 20)] {
            let source = Gated::new(&message, |_, _| true);
            let reader =
                open(source.clone(), options(&message, 100).with_fetch_memory(memory)).await?;
            assert!(reader.read_range(0..u64::MAX).await? == vec![7; LENGTH]);
            let seen = source.seen();
            assert!((most / 2..=most).contains(&seen.most_bytes), "{}", seen.most_bytes);
            assert_eq!(seen.bytes, 0);
        }
        let source = Gated::new(&message, |_, _| true);
        let reader = open(source.clone(), RangeOptions::default()).await?;
        reader.read_range(0..u64::MAX).await?;
        assert!(source.seen().most_bytes <= 32 << 20);
        Ok(())
    })
}

#[test]
fn a_read_can_be_dropped_half_way() -> Result<()> {
    let plaintext = data::plaintext(10_000, 3);
    let message = seal(100, &plaintext)?;
    let ranges = columns(20, 100);
    run(async {
        // The first four are answered, and the five after that never.
        let source = Gated::new(&message, |_, number| !(4..9).contains(&number));
        let reader = open(source.clone(), options(&message, 5)).await?;
        {
            let mut read = pin!(reader.read_ranges(&ranges));
            for _ in 0..10 {
                let polled = poll_fn(|context| Poll::Ready(read.as_mut().poll(context))).await;
                assert!(polled.is_pending());
            }
        }
        let asked = source.seen().asked.len();
        assert_eq!((asked, source.seen().bytes), (9, 0));
        let read = reader.read_ranges(&ranges[..10]).await;
        assert_eq!(read?, slices(&plaintext, &ranges[..10]));
        Ok(())
    })
}

#[test]
fn long_work_does_not_hold_the_runtime() -> Result<()> {
    const LENGTH: usize = 8 << 20;
    let plaintext = vec![7; LENGTH];
    let message = seal(4096, &plaintext)?;
    let little = seal(4096, &plaintext[..50_000])?;
    run(async {
        // All of it comes along with the header.
        let held = RangeOptions::default().with_first_fetch(LENGTH * 2);
        let reader = open(message.clone(), held).await?;
        assert!(does_not_hold_the_runtime(reader.read_range(0..u64::MAX)).await? == plaintext);
        let reader = open(message.clone(), options(&message, 8)).await?;
        assert!(does_not_hold_the_runtime(reader.read_range(0..u64::MAX)).await? == plaintext);
        // Little is opened, and much is copied.
        let reader = open(little, RangeOptions::default()).await?;
        let copies = vec![0..50_000; 100];
        let read = does_not_hold_the_runtime(reader.read_ranges(&copies)).await?;
        assert!(read.len() == 100 && read[99] == plaintext[..50_000]);
        Ok(())
    })
}

/// A source that always is ready does not make up for others that wait.
#[test]
fn small_pieces_do_not_hold_the_runtime() -> Result<()> {
    const LENGTH: usize = 16 << 20;
    let message = seal(4096, &vec![7; LENGTH])?;
    run(async {
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&turns);
        task::spawn(async move {
            loop {
                counted.fetch_add(1, Ordering::Relaxed);
                task::yield_now().await;
            }
        });
        let reader = open(message.clone(), options(&message, 8)).await?;
        turns.store(0, Ordering::Relaxed);
        assert_eq!(reader.read_ranges(&columns(2048, 4096)).await?.len(), 2048);
        let reading = turns.swap(0, Ordering::Relaxed);
        assert!(reading >= 24, "{reading} turns");

        let mut reader =
            open(message.clone(), options(&message, 8).with_read_ahead(64 << 10)).await?;
        turns.store(0, Ordering::Relaxed);
        assert_eq!(reader.read_to_end(&mut Vec::new()).await?, LENGTH);
        let reading = turns.swap(0, Ordering::Relaxed);
        assert!(reading >= LENGTH >> 20, "{reading} turns");
        Ok(())
    })
}
