//! Reading some ranges: what to fetch, and what comes out.

use std::{fmt, mem, ops::Range};

use zeroize::Zeroizing;

use super::{
    RangeOpener, check_buffered,
    layout::Layout,
    plan::{Piece, Pieces, Run, Stretch, Want, stretches},
};
use crate::{Error, Result, secret::reserve_wiped};

/// Reads some ranges of one message at once, each frame that they need exactly once.
///
/// Begun by [`RangeOpener::read`]. It says which stored bytes it needs, takes them, and hands the
/// plaintext out when all of it was verified; on any error there is none.
pub struct RangeRead {
    opener: RangeOpener,
    layout: Layout,
    wants: Vec<Want>,
    merge_gap: u64,
    plan: Option<Plan>,
    /// What was asked for and is still to come.
    waiting: Option<Piece>,
    /// Plaintext of the tail, if that was opened before there was a plan.
    tail: Option<Zeroizing<Vec<u8>>>,
    /// For frames of which only a part is wanted.
    scratch: Zeroizing<Vec<u8>>,
    health: Health,
}

struct Plan {
    pieces: Pieces,
    ranges: Vec<Range<u64>>,
    /// In which text each range is.
    homes: Vec<Option<usize>>,
    texts: Vec<Text>,
}

/// A stretch of plaintext, as far as it was opened.
struct Text {
    stretch: Stretch,
    bytes: Zeroizing<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Health {
    Good,
    Failed,
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
            plan: None,
            waiting: None,
            tail: None,
            scratch: Zeroizing::default(),
            health: Health::Good,
        }
    }

    /// Has stored bytes that nobody needs fetched, up to so many, where that saves a fetch.
    /// Default: none.
    #[must_use]
    pub fn with_merge_gap(mut self, bytes: u64) -> Self {
        self.merge_gap = bytes;
        self
    }

    /// The stored bytes that are needed next, whole frames, or `None` if all are there. It is the
    /// same answer until they were [pushed](Self::push). Not longer than 8 MiB, but for a single
    /// longer frame.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if a range starts behind the end of the plaintext, which is proved
    /// then; [`Error::Limit`] if a frame is longer than [`Limits`](crate::Limits) allows;
    /// [`Error::Misuse`] after an earlier error. Also as [`push`](Self::push), for
    /// [bytes](RangeOpener::with_beginning) that were there already.
    pub fn next_fetch(&mut self) -> Result<Option<Range<u64>>> {
        self.guarded(Self::advance)
    }

    /// Takes the bytes that [`next_fetch`](Self::next_fetch) asked for, and opens them.
    ///
    /// # Errors
    ///
    /// What the [`Opener`](crate::Opener) of the whole message says of the same frames:
    /// [`Error::Authentication`] or [`Error::Malformed`], and [`Error::Truncated`] if the message
    /// does not end where it should, or `stored` is too short. [`Error::Limit`] if a frame is
    /// longer than [`Limits`](crate::Limits) allows; [`Error::Misuse`] if nothing was asked for, or
    /// less.
    pub fn push(&mut self, stored: &[u8]) -> Result<()> {
        self.guarded(|read| {
            let piece = read.waiting.take().ok_or(NOT_ASKED_FOR)?;
            let length = piece.stored.end - piece.stored.start;
            match (stored.len() as u64).cmp(&length) {
                std::cmp::Ordering::Less => {
                    Err(Error::Truncated { offset: piece.stored.start + stored.len() as u64 })
                }
                std::cmp::Ordering::Greater => Err(NOT_ASKED_FOR),
                std::cmp::Ordering::Equal => read.open(&piece, stored),
            }
        })
    }

    /// The plaintext of each range, in the order in which they were given. It is the caller's, and
    /// not wiped on drop.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] if something is still to be fetched, or after an earlier error.
    pub fn finish(mut self) -> Result<Vec<Vec<u8>>> {
        if self.next_fetch()?.is_some() {
            return Err(Error::Misuse { what: "not all that is needed was fetched" });
        }
        let Some(Plan { ranges, homes, mut texts, .. }) = self.plan else { return Ok(Vec::new()) };
        for text in &mut texts {
            text.complete(&self.layout, self.tail.as_deref().map(Vec::as_slice))?;
        }
        let mut shared = vec![0_usize; texts.len()];
        homes.iter().flatten().for_each(|home| shared[*home] += 1);
        let plaintext = ranges.iter().zip(homes).map(|(range, home)| {
            let Some(home) = home else { return Ok(Vec::new()) };
            let text = &mut texts[home];
            if shared[home] == 1 {
                return Ok(mem::take(&mut *text.bytes));
            }
            let start = text.stretch.range.start;
            Ok(text.bytes[index(range.start - start)?..index(range.end - start)?].to_vec())
        });
        plaintext.collect()
    }

    /// After an error there is no way on, and no plaintext left.
    fn guarded<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.health == Health::Failed {
            return Err(Error::Misuse { what: "this read has failed before" });
        }
        let done = step(self);
        if done.is_err() {
            self.health = Health::Failed;
            (self.plan, self.tail, self.scratch) = (None, None, Zeroizing::default());
        }
        done
    }

    fn advance(&mut self) -> Result<Option<Range<u64>>> {
        while self.waiting.is_none() {
            let Some(piece) = self.next_piece()? else { return Ok(None) };
            self.check_limits(&piece)?;
            let opener = self.opener.clone();
            match opener.held(&piece.stored) {
                Some(bytes) => self.open(&piece, bytes)?,
                None => self.waiting = Some(piece),
            }
        }
        Ok(self.waiting.as_ref().map(|piece| piece.stored.clone()))
    }

    fn next_piece(&mut self) -> Result<Option<Piece>> {
        if let Some(plan) = &mut self.plan {
            return Ok(plan.pieces.next());
        }
        if self.tail.is_none() && self.needs_tail_first() {
            let tail = self.layout.tail();
            let runs = vec![Run { frames: tail..tail + 1, stretch: None }];
            return Ok(Some(Piece {
                stored: self.layout.start(tail)..self.layout.end(tail),
                runs,
            }));
        }
        if let Some(tail) = &self.tail {
            let length = self.layout.plaintext_start(self.layout.tail()) + tail.len() as u64;
            self.layout = self.layout.proved(self.layout.tail(), length);
        }
        let plan = self.make_plan()?;
        Ok(self.plan.insert(plan).pieces.next())
    }

    /// The length of the plaintext is known by now, or no range depends on it.
    fn make_plan(&self) -> Result<Plan> {
        let Self { opener, layout, wants, .. } = self;
        let length = layout.length().unwrap_or(u64::MAX);
        let ranges = wants.iter().map(|want| want.within(length)).collect::<Result<Vec<_>>>()?;
        let (stretches, homes) = stretches(layout, &ranges);
        let to_open = if self.tail.is_some() { layout.tail() } else { u64::MAX };
        let mut runs = Vec::new();
        for (number, stretch) in stretches.iter().enumerate() {
            let frames = stretch.frames.start..stretch.frames.end.min(to_open);
            runs.extend((!frames.is_empty()).then_some(Run { frames, stretch: Some(number) }));
        }
        let has_tail = runs.last().is_some_and(|run| run.frames.end > layout.tail());
        if self.needs_proof() && !has_tail {
            runs.push(Run { frames: layout.tail()..layout.tail() + 1, stretch: None });
        }
        let text = |stretch| Text { stretch, bytes: Zeroizing::default() };
        let texts = stretches.into_iter().map(text).collect();
        let pieces = Pieces::new(*layout, runs.into(), self.merge_gap, opener.held_end());
        Ok(Plan { pieces, ranges, homes, texts })
    }

    /// Whether the end must be verified for this.
    fn needs_proof(&self) -> bool {
        let Self { layout, wants, .. } = self;
        !layout.is_proved() && wants.iter().any(|want| want.depends_on_end(layout))
    }

    /// Whether there is nothing to plan with before the end was verified, or nothing else to do.
    fn needs_tail_first(&self) -> bool {
        let cannot_be = |length| self.wants.iter().any(|want| want.starts_behind(length));
        self.needs_proof() && self.layout.length().is_none_or(cannot_be)
    }

    fn check_limits(&self, piece: &Piece) -> Result<()> {
        let (layout, limits) = (&self.layout, &self.opener.message.limits);
        for Run { frames, .. } in &piece.runs {
            if frames.start < layout.tail() {
                check_buffered(layout.frame_length(), limits)?;
            }
            if frames.end > layout.tail() {
                let length = layout.end(layout.tail()) - layout.start(layout.tail());
                check_buffered(length.saturating_sub(Layout::TAIL_OVERHEAD), limits)?;
            }
        }
        Ok(())
    }

    fn open(&mut self, piece: &Piece, bytes: &[u8]) -> Result<()> {
        let Self { opener, layout, plan, scratch, .. } = self;
        let bytes_of = |layout: &Layout, frame| {
            let start = layout.start(frame) - piece.stored.start;
            let end = layout.end(frame) - piece.stored.start;
            Ok::<_, Error>(&bytes[index(start)?..index(end)?])
        };
        for Run { frames, stretch } in &piece.runs {
            let (Some(plan), Some(stretch)) = (plan.as_mut(), stretch) else {
                self.tail = Some(opener.open_tail(layout, bytes_of(layout, layout.tail())?)?);
                continue;
            };
            let text = &mut plan.texts[*stretch];
            text.reserve(layout, frames)?;
            for frame in frames.clone() {
                let bytes = bytes_of(layout, frame)?;
                if frame == layout.tail() {
                    let tail = opener.open_tail(layout, bytes)?;
                    text.take_part(layout, frame, &tail)?;
                } else {
                    text.open_frame(opener, layout, frame, bytes, scratch)?;
                }
            }
        }
        Ok(())
    }
}

impl Text {
    /// Makes room for what these frames have of it. They were fetched, so that there is as much.
    fn reserve(&mut self, layout: &Layout, frames: &Range<u64>) -> Result<()> {
        let end = self.stretch.range.end;
        let end = if frames.end > layout.tail() {
            end
        } else {
            end.min(layout.plaintext_start(frames.end))
        };
        let start = self.stretch.range.start + self.bytes.len() as u64;
        let most = longest_buffer(self.stretch.range.end - self.stretch.range.start)?;
        reserve_wiped(&mut self.bytes, index(end.saturating_sub(start))?, most);
        Ok(())
    }

    /// Appends the end, if that was opened before, and checks that all is there.
    fn complete(&mut self, layout: &Layout, tail: Option<&[u8]>) -> Result<()> {
        let frames = layout.tail()..self.stretch.frames.end;
        if let Some(tail) = tail.filter(|_| !frames.is_empty()) {
            self.reserve(layout, &frames)?;
            self.take_part(layout, layout.tail(), tail)?;
        }
        if self.bytes.len() as u64 != self.stretch.range.end - self.stretch.range.start {
            return Err(Error::Internal { what: "a part of a range is missing" });
        }
        Ok(())
    }

    /// Opens a regular frame behind what is there, in place if all of it is wanted.
    fn open_frame(
        &mut self,
        opener: &RangeOpener,
        layout: &Layout,
        frame: u64,
        bytes: &[u8],
        scratch: &mut Zeroizing<Vec<u8>>,
    ) -> Result<()> {
        let start = layout.plaintext_start(frame);
        let end = start + layout.frame_length();
        let length = index(layout.frame_length())?;
        if self.stretch.range.start <= start && end <= self.stretch.range.end {
            let filled = self.bytes.len();
            self.bytes.resize(filled + length, 0);
            return opener.open_frame(layout, frame, bytes, &mut self.bytes[filled..]);
        }
        scratch.resize(length, 0);
        opener.open_frame(layout, frame, bytes, scratch)?;
        self.take_part(layout, frame, scratch)
    }

    /// Appends what is wanted of a frame.
    fn take_part(&mut self, layout: &Layout, frame: u64, plaintext: &[u8]) -> Result<()> {
        let start = layout.plaintext_start(frame);
        let from = index(self.stretch.range.start.saturating_sub(start))?;
        let to = index(self.stretch.range.end - start)?.min(plaintext.len());
        self.bytes.extend_from_slice(&plaintext[from.min(to)..to]);
        Ok(())
    }
}

impl fmt::Debug for RangeRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangeRead")
            .field("opener", &self.opener)
            .field("wants", &self.wants)
            .field("waiting", &self.waiting)
            .field("health", &self.health)
            .finish_non_exhaustive()
    }
}

/// As an index of something that is in memory, or is to be.
fn index(value: u64) -> Result<usize> {
    usize::try_from(value).map_err(|_| too_long())
}

fn longest_buffer(length: u64) -> Result<usize> {
    match isize::try_from(length) {
        Ok(_) => index(length),
        Err(_) => Err(too_long()),
    }
}

fn too_long() -> Error {
    Error::invalid_input("a range is longer than memory can hold: read it in several pieces")
}

const NOT_ASKED_FOR: Error = Error::Misuse { what: "these bytes were not asked for" };

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
        let second = read.next_fetch()?.expect("the second frame");
        assert_eq!(second.end - second.start, FRAME as u64);
        let text = |read: &RangeRead| read.plan.as_ref().map(|plan| plan.texts[0].bytes.as_ptr());
        let address = text(&read).expect("there is a plan").addr();
        assert!(shows_plaintext(address)?);
        assert!(read.push(&[0; FRAME]).is_err());
        assert!(!shows_plaintext(address)?);
        assert!(text(&read).is_none());
        Ok(())
    }
}
