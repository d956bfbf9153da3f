//! Lengths of bodies and plaintexts, computed from each other.

use std::num::NonZeroU32;

use super::body::Part;

/// A message has at most this many frames.
pub(crate) const MOST_FRAMES: u64 = u32::MAX as u64;

/// The length of the framed body, without a footer, of so much plaintext. `None` if it needs more
/// frames than a message can have.
pub(crate) fn framed_length(plaintext: u64, frame_length: NonZeroU32) -> Option<u64> {
    let regular = regular_frames(plaintext, frame_length);
    if regular >= MOST_FRAMES {
        return None;
    }
    plaintext
        .checked_add(regular * Part::RegularFrame.overhead() as u64)?
        .checked_add(Part::FinalFrame.overhead() as u64)
}

/// How many frames before the final one so much plaintext fills.
pub(crate) fn regular_frames(plaintext: u64, frame_length: NonZeroU32) -> u64 {
    plaintext / u64::from(frame_length.get())
}

/// How many frames a body begins with that are regular ones in any case, if its final frame is
/// followed by a footer of at most `footer` bytes. Without a footer these are all before the final
/// frame; otherwise there may be a few more.
pub(crate) fn surely_regular_frames(body: u64, frame_length: NonZeroU32, footer: u64) -> u64 {
    let around_final = footer + Part::FinalFrame.overhead() as u64;
    (body.saturating_sub(around_final) / regular_length(frame_length.get().into()))
        .min(MOST_FRAMES - 1)
}

/// The stored length of a regular frame with so much plaintext.
pub(crate) fn regular_length(frame_length: u64) -> u64 {
    frame_length.saturating_add(Part::RegularFrame.overhead() as u64)
}

/// The length of the plaintext of a framed body without a footer, or `None` if there is no such
/// body. Exact also where the final frame is full, as others write it.
pub(crate) fn framed_plaintext_length(body: u64, frame_length: NonZeroU32) -> Option<u64> {
    let frame_length = u64::from(frame_length.get());
    let regular = regular_length(frame_length);
    let before_final = body.checked_sub(Part::FinalFrame.overhead() as u64)?;
    let (frames, last) = (before_final / regular, before_final % regular);
    (last <= frame_length && frames < MOST_FRAMES).then(|| frames * frame_length + last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_inverse() {
        for frame_length in [1, 7, 16, 4096, u32::MAX] {
            let frame_length = NonZeroU32::new(frame_length).expect("not zero");
            for plaintext in [0, 1, 6, 7, 8, 15, 16, 17, 32, 4095, 4096, 4097, 1 << 31] {
                let body = framed_length(plaintext, frame_length).expect("not too long");
                assert_eq!(framed_plaintext_length(body, frame_length), Some(plaintext));
            }
        }
    }

    #[test]
    fn some_lengths_are_impossible() {
        let frame_length = NonZeroU32::new(16).expect("not zero");
        assert_eq!(framed_plaintext_length(39, frame_length), None);
        assert_eq!(framed_plaintext_length(40, frame_length), Some(0));
        assert_eq!(framed_plaintext_length(56, frame_length), Some(16));
        assert_eq!(framed_plaintext_length(57, frame_length), None);
        assert_eq!(framed_plaintext_length(88, frame_length), Some(16));
        assert_eq!(framed_plaintext_length(u64::MAX - 7, frame_length), None);
    }

    /// Wherever the final frame begins, and whatever its footer, all before it are regular and
    /// none that is not counts.
    #[test]
    fn surely_regular_frames_come_before_the_final_one() {
        for frame_length in [1, 7, 16, 4096] {
            let length = NonZeroU32::new(frame_length).expect("not zero");
            for plaintext in 0..100 {
                let body = framed_length(plaintext, length).expect("not too long");
                let regular = regular_frames(plaintext, length);
                assert_eq!(surely_regular_frames(body, length, 0), regular);
                for footer in [10, 72, 106] {
                    let sure = surely_regular_frames(body + footer, length, 106);
                    assert!(sure <= regular && sure + 4 > regular, "{sure} of {regular}");
                }
            }
            assert_eq!(surely_regular_frames(0, length, 106), 0);
        }
        let one = NonZeroU32::MIN;
        assert_eq!(surely_regular_frames(u64::MAX, one, 0), MOST_FRAMES - 1);
    }

    #[test]
    fn the_number_of_frames_is_bounded() {
        let frame_length = NonZeroU32::new(2).expect("not zero");
        assert!(framed_length(2 * MOST_FRAMES - 1, frame_length).is_some());
        assert!(framed_length(2 * MOST_FRAMES, frame_length).is_none());
        assert!(framed_length(u64::MAX, frame_length).is_none());
    }
}
