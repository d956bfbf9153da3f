//! Reading some ranges: what to fetch, and what comes out.

use std::{collections::VecDeque, fmt, ops::Range};

use zeroize::Zeroizing;

use super::{
    RangeOpener, check_buffered,
    layout::Layout,
    plan::{Fetch, Fetches, FrameSpan, Want, stretches},
    text::{Text, index},
};
use crate::{Error, Result};

/// Reads some ranges of one message at once, each frame that they need exactly once.
///
/// Begun by [`RangeOpener::read`]. It says which stored bytes it needs, takes them, and hands the
/// plaintext out when all of it was verified; on any error there is none.
///
/// Whoever can fetch several things at the same time asks for more [steps](Self::next_step) before
/// the answers are [pushed](Self::push); whoever cannot does one after the other.
pub struct RangeRead {
    opener: RangeOpener,
    layout: Layout,
    wants: Vec<Want>,
    merge_gap: u64,
    phase: Phase,
    /// What is there already and is to be opened next.
    held: Option<Fetch>,
    /// What was asked for and is still to come, in this order.
    asked: VecDeque<Fetch>,
    /// For frames of which only a part is wanted.
    scratch: Zeroizing<Vec<u8>>,
}

/// What to do next for a [`RangeRead`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RangeStep {
    /// Fetch these stored bytes, whole frames, and [push](RangeRead::push) them. No more than 8
    /// MiB, but for a single longer frame.
    Fetch(Range<u64>),
    /// [Open](RangeRead::open_held) so many bytes that were there [from the
    /// beginning](RangeOpener::with_beginning).
    OpenHeld(usize),
    /// [Push](RangeRead::push) what was asked for: there is no other step before that.
    Push,
    /// [Finish](RangeRead::finish): nothing is missing.
    Finish,
}

enum Phase {
    Start,
    /// The end is fetched first: without it there is nothing to plan with.
    ProvingEnd,
    Planned(Box<Plan>),
    Failed,
}

struct Plan {
    fetches: Fetches,
    ranges: Vec<Range<u64>>,
    /// In which text each range is.
    homes: Vec<Option<usize>>,
    texts: Vec<Text>,
    /// Plaintext of the tail, if that was opened before there was a plan.
    tail: Option<Zeroizing<Vec<u8>>>,
}

impl RangeRead {
    pub(super) fn of_ranges(opener: RangeOpener, ranges: &[Range<u64>]) -> Result<Self> {
        if ranges.iter().any(|range| range.start > range.end) {
            return Err(Error::invalid_input("a range ends before it starts"));
        }
        Ok(Self::new(opener, ranges.iter().cloned().map(Want::Range).collect()))
    }

    pub(super) fn of_suffix(opener: RangeOpener, length: u64) -> Self {
        Self::new(opener, vec![Want::Suffix(length)])
    }

    fn new(opener: RangeOpener, wants: Vec<Want>) -> Self {
        Self {
            layout: opener.layout(),
            opener,
            wants,
            merge_gap: 0,
            phase: Phase::Start,
            held: None,
            asked: VecDeque::new(),
            scratch: Zeroizing::default(),
        }
    }

    /// Has stored bytes that nobody needs fetched, up to so many, where that saves a fetch.
    /// Default: none.
    #[must_use]
    pub fn with_merge_gap(mut self, bytes: u64) -> Self {
        self.merge_gap = bytes;
        self
    }

    /// What to do next. After a [`Fetch`](RangeStep::Fetch) the next answer may be another one, to
    /// be fetched at the same time: how many bytes are on their way is up to the caller. Any other
    /// answer stays the same until it was done.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if a range starts past the end of the plaintext, which was proved
    /// before; [`Error::Limit`] if a frame is longer than [`Limits`](crate::Limits) allows;
    /// [`Error::Misuse`] after an earlier error.
    pub fn next_step(&mut self) -> Result<RangeStep> {
        self.guarded(Self::advance)
    }

    /// Takes the bytes of the first [`Fetch`](RangeStep::Fetch) whose bytes are still to come, and
    /// opens them.
    ///
    /// # Errors
    ///
    /// What the [`Opener`](crate::Opener) of the whole message says of the same frames:
    /// [`Error::Authentication`] or [`Error::Malformed`], and [`Error::Truncated`] if the message
    /// does not end where it should, or `stored` is too short. [`Error::Limit`] if a frame is
    /// longer than [`Limits`](crate::Limits) allows; [`Error::InvalidInput`] if this proves that a
    /// range starts past the end of the plaintext; [`Error::Misuse`] if nothing was asked for, or
    /// less.
    pub fn push(&mut self, stored: &[u8]) -> Result<()> {
        self.guarded(|read| {
            let fetch = read.asked.pop_front().ok_or(NOT_ASKED_FOR)?;
            let length = fetch.stored.end - fetch.stored.start;
            match (stored.len() as u64).cmp(&length) {
                std::cmp::Ordering::Less => {
                    Err(Error::Truncated { offset: fetch.stored.start + stored.len() as u64 })
                }
                std::cmp::Ordering::Greater => Err(NOT_ASKED_FOR),
                std::cmp::Ordering::Equal => read.open(&fetch, stored),
            }
        })
    }

    /// Opens what is there already, as [`OpenHeld`](RangeStep::OpenHeld) says.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push).
    pub fn open_held(&mut self) -> Result<()> {
        self.guarded(|read| {
            let fetch = read.held.take().ok_or(NOT_HELD)?;
            let opener = read.opener.clone();
            read.open(&fetch, opener.held(&fetch.stored).ok_or(NOT_HELD)?)
        })
    }

    /// The plaintext of each range, in the order in which they were given. It is the caller's, and
    /// not wiped on drop.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] if the next step is another one, or after an earlier error.
    pub fn finish(mut self) -> Result<Vec<Vec<u8>>> {
        if self.next_step()? != RangeStep::Finish {
            return Err(Error::Misuse { what: "not all that is needed was fetched" });
        }
        match self.phase {
            Phase::Planned(plan) => plan.finish(&self.layout),
            Phase::Start | Phase::ProvingEnd | Phase::Failed => Err(NO_PLAN),
        }
    }

    /// About how many bytes the next [`push`](Self::push) has to work through. Whoever must not
    /// block a thread for long decides by this where to call it;
    /// [`open_held`](Self::open_held) works through as many bytes as its [step](RangeStep) says.
    #[must_use]
    pub fn push_work(&self) -> usize {
        let Some(fetch) = self.asked.front() else { return 0 };
        let length = usize::try_from(fetch.stored.end - fetch.stored.start).unwrap_or(usize::MAX);
        let moved = match &self.phase {
            Phase::Planned(plan) => plan.moved_for(&self.layout, fetch),
            Phase::Start | Phase::ProvingEnd | Phase::Failed => 0,
        };
        length.saturating_add(moved)
    }

    /// About how many bytes [`finish`](Self::finish) has to work through: those of ranges that have
    /// a frame in common are copied, others are not.
    #[must_use]
    pub fn finish_work(&self) -> usize {
        match &self.phase {
            Phase::Planned(plan) => plan.copied(&self.layout),
            Phase::Start | Phase::ProvingEnd | Phase::Failed => 0,
        }
    }

    /// After an error there is no way on, and no plaintext left.
    fn guarded<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if matches!(self.phase, Phase::Failed) {
            return Err(Error::Misuse { what: "this read has failed before" });
        }
        let done = step(self);
        if done.is_err() {
            (self.phase, self.scratch) = (Phase::Failed, Zeroizing::default());
        }
        done
    }

    fn advance(&mut self) -> Result<RangeStep> {
        if self.held.is_none()
            && let Some(fetch) = self.next_fetch()?
        {
            self.check_limits(&fetch)?;
            if self.opener.held(&fetch.stored).is_none() {
                let stored = fetch.stored.clone();
                self.asked.push_back(fetch);
                return Ok(RangeStep::Fetch(stored));
            }
            self.held = Some(fetch);
        }
        Ok(match &self.held {
            Some(fetch) => RangeStep::OpenHeld(index(fetch.stored.end - fetch.stored.start)?),
            None if self.asked.is_empty() => RangeStep::Finish,
            None => RangeStep::Push,
        })
    }

    fn next_fetch(&mut self) -> Result<Option<Fetch>> {
        if matches!(self.phase, Phase::Start) {
            if self.needs_tail_first() {
                self.phase = Phase::ProvingEnd;
                return Ok(Some(Fetch::of_tail(&self.layout)));
            }
            self.phase = Phase::Planned(Box::new(self.plan(None)?));
        }
        Ok(match &mut self.phase {
            Phase::Planned(plan) => plan.fetches.next(),
            Phase::Start | Phase::ProvingEnd | Phase::Failed => None,
        })
    }

    /// The length of the plaintext is known by now, or no range depends on it.
    fn plan(&self, tail: Option<Zeroizing<Vec<u8>>>) -> Result<Plan> {
        let Self { opener, layout, wants, .. } = self;
        let length = layout.length().unwrap_or(u64::MAX);
        let ranges = wants.iter().map(|want| want.within(length)).collect::<Result<Vec<_>>>()?;
        let (stretches, homes) = stretches(layout, &ranges);
        let to_open = if tail.is_some() { layout.tail() } else { u64::MAX };
        let mut spans = VecDeque::new();
        for (number, stretch) in stretches.iter().enumerate() {
            let frames = stretch.frames.start..stretch.frames.end.min(to_open);
            if !frames.is_empty() {
                spans.push_back(FrameSpan { frames, stretch: Some(number) });
            }
        }
        let has_tail = spans.back().is_some_and(|span| span.frames.end > layout.tail());
        if self.needs_proof() && !has_tail {
            spans.extend(Fetch::of_tail(layout).spans);
        }
        let texts = stretches.into_iter().map(Text::new).collect();
        let fetches = Fetches::new(*layout, spans, self.merge_gap, opener.held_end());
        Ok(Plan { fetches, ranges, homes, texts, tail })
    }

    /// Whether the end must be verified for this.
    fn needs_proof(&self) -> bool {
        let Self { layout, wants, .. } = self;
        !layout.is_proved() && wants.iter().any(|want| want.depends_on_end(layout))
    }

    /// Whether there is nothing to plan with before the end was verified, or nothing else to do.
    fn needs_tail_first(&self) -> bool {
        let cannot_be = |length| self.wants.iter().any(|want| want.starts_past(length));
        self.needs_proof() && self.layout.length().is_none_or(cannot_be)
    }

    fn check_limits(&self, fetch: &Fetch) -> Result<()> {
        let (layout, limits) = (&self.layout, &self.opener.message.limits);
        for FrameSpan { frames, .. } in &fetch.spans {
            if frames.start < layout.tail() {
                check_buffered(layout.frame_length(), limits)?;
            }
            if frames.end > layout.tail() {
                check_buffered(layout.least_of_tail(), limits)?;
            }
        }
        Ok(())
    }

    fn open(&mut self, fetch: &Fetch, bytes: &[u8]) -> Result<()> {
        let Self { opener, layout, phase, scratch, .. } = self;
        for span in &fetch.spans {
            let start = layout.start(span.frames.start) - fetch.stored.start;
            let end = layout.end(span.frames.end - 1) - fetch.stored.start;
            let bytes = &bytes[index(start)?..index(end)?];
            match (&mut *phase, span.stretch) {
                (Phase::Planned(plan), Some(stretch)) => {
                    plan.texts[stretch].open(opener, layout, span, bytes, scratch)?;
                }
                (Phase::Planned(_), None) => drop(opener.open_tail(layout, bytes)?),
                (Phase::Start | Phase::ProvingEnd | Phase::Failed, _) => {
                    let tail = opener.open_tail(layout, bytes)?;
                    return self.plan_with(tail);
                }
            }
        }
        Ok(())
    }

    /// Plans, with the end that was verified.
    fn plan_with(&mut self, tail: Zeroizing<Vec<u8>>) -> Result<()> {
        let first = self.layout.tail();
        let length = self.layout.plaintext_start(first) + tail.len() as u64;
        // The opener remembers where the final frame is. Here the tail goes on to begin where it
        // was opened from, maybe a regular frame or two before that: its plaintext is in memory,
        // and all frames before it are regular in either case.
        self.layout = self.layout.proved(first, length);
        self.phase = Phase::Planned(Box::new(self.plan(Some(tail))?));
        Ok(())
    }
}

impl Plan {
    fn finish(mut self, layout: &Layout) -> Result<Vec<Vec<u8>>> {
        for text in &mut self.texts {
            text.complete(layout, self.tail.as_deref().map(Vec::as_slice))?;
        }
        let shared = self.shared();
        let Self { ranges, homes, mut texts, .. } = self;
        let plaintext = ranges.iter().zip(homes).map(|(range, home)| match home {
            None => Ok(Vec::new()),
            Some(home) if shared[home] == 1 => Ok(texts[home].take()),
            Some(home) => texts[home].copy(range),
        });
        plaintext.collect()
    }

    /// How many ranges are in each text.
    fn shared(&self) -> Vec<usize> {
        let mut shared = vec![0; self.texts.len()];
        self.homes.iter().flatten().for_each(|home| shared[*home] += 1);
        shared
    }

    fn moved_for(&self, layout: &Layout, fetch: &Fetch) -> usize {
        let moved = fetch.spans.iter().filter_map(|span| {
            let text = self.texts.get(span.stretch?)?;
            Some(text.moved_for(layout, &span.frames))
        });
        moved.fold(0, usize::saturating_add)
    }

    fn copied(&self, layout: &Layout) -> usize {
        let shared = self.shared();
        let ranges = self.ranges.iter().zip(&self.homes);
        let copied = ranges.filter(|(_, home)| home.is_some_and(|home| shared[home] > 1));
        let copied = copied.map(|(range, _)| range.end - range.start).fold(0, u64::saturating_add);
        let tail = layout.tail()..u64::MAX;
        let moved = match (&self.tail, self.texts.last()) {
            (Some(tail_text), Some(text)) => tail_text.len() + text.moved_for(layout, &tail),
            _ => 0,
        };
        usize::try_from(copied).unwrap_or(usize::MAX).saturating_add(moved)
    }
}

impl fmt::Debug for RangeRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangeRead")
            .field("opener", &self.opener)
            .field("wants", &self.wants)
            .field("asked", &self.asked)
            .field("has_failed", &matches!(self.phase, Phase::Failed))
            .finish_non_exhaustive()
    }
}

const NOT_ASKED_FOR: Error = Error::Misuse { what: "these bytes were not asked for" };
const NOT_HELD: Error = Error::Misuse { what: "there is nothing to open that is there already" };
const NO_PLAN: Error = Error::Internal { what: "there is no plan" };

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::{
        AlgorithmSuite, EncryptionContext, Limits, SecretBytes,
        engine::{frames::FrameCipher, header::VerifiedHeader, keys::MessageKeys},
        message::{BodyFormat, Header, HeaderAuthentication, HeaderFields, MessageId, body::Part},
    };

    const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
    const FRAME: usize = 132;

    fn keys(id: MessageId) -> Result<MessageKeys> {
        MessageKeys::derive(SUITE, &SecretBytes::from(vec![1; 32]), id.as_ref())
    }

    /// Of a message whose first frame is there, and whose second one is still to be fetched.
    fn opener() -> Result<RangeOpener> {
        let message_id = MessageId::from_slice(&[2; 32]);
        let frame_length = NonZeroU32::new(100).expect("it is not zero");
        let fields = HeaderFields {
            suite: SUITE,
            message_id,
            context: EncryptionContext::new(),
            encrypted_data_keys: Vec::new(),
            body_format: BodyFormat::Framed { frame_length },
            commitment: None,
        };
        let authentication = HeaderAuthentication { iv: [0; 12], tag: [0; 16] };
        let header = Header::assemble(fields, Vec::new(), authentication);
        let context = EncryptionContext::new();
        let mut frame = vec![0; FRAME];
        let cipher = FrameCipher::new(keys(message_id)?.content, message_id);
        cipher.seal(Part::RegularFrame, 1, &[0xA5; 100], &mut frame)?;
        let length = (header.length() + 2 * FRAME + Part::FinalFrame.overhead()) as u64;
        let keys = keys(message_id)?;
        let verified = VerifiedHeader { header, context, keys, verifier: None };
        Ok(RangeOpener::new(verified, length, Limits::default())?.with_beginning(frame))
    }

    fn shows_plaintext(address: usize) -> Result<bool> {
        let memory = crate::test_memory::read(address, 100)?;
        Ok(memory.windows(4).any(|window| window == [0xA5; 4]))
    }

    #[test]
    fn what_was_opened_is_wiped_on_error() -> Result<()> {
        let mut read = opener()?.read(&[Range { start: 0, end: 200 }])?;
        assert_eq!(read.next_step()?, RangeStep::OpenHeld(FRAME));
        read.open_held()?;
        assert!(matches!(read.next_step()?, RangeStep::Fetch(_)));
        let Phase::Planned(plan) = &read.phase else { panic!("there is a plan") };
        let address = plan.texts[0].address();
        assert!(shows_plaintext(address)?);
        assert!(read.push(&[0; FRAME]).is_err());
        assert!(!shows_plaintext(address)?);
        assert!(matches!(read.phase, Phase::Failed));
        Ok(())
    }
}
