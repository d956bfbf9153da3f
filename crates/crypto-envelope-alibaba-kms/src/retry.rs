//! How often a call is tried, and how long to wait before the next time.

use std::time::Duration;

use crypto_envelope::{Result, SecretBytes};

/// How often, at most, and how long between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retries {
    max_attempts: u32,
}

impl Retries {
    pub(crate) fn new(max_attempts: u32) -> Self {
        Self { max_attempts: max_attempts.max(1) }
    }

    /// How long to wait after so many attempts, if there may be one more: up to twice as long as the
    /// time before. Where in between is random, so that many who failed together do not come back
    /// together.
    pub(crate) fn pause_after(self, attempts: u32) -> Result<Option<Duration>> {
        if attempts >= self.max_attempts {
            return Ok(None);
        }
        let longest = SHORTEST.saturating_mul(1 << attempts.min(MOST_DOUBLINGS)).min(LONGEST);
        Ok(Some(longest.mul_f64(fraction()?).max(SHORTEST / 2)))
    }
}

impl Default for Retries {
    fn default() -> Self {
        Self::new(3)
    }
}

/// From 0 to 1.
fn fraction() -> Result<f64> {
    let random = SecretBytes::random(4)?;
    let bytes = random.expose().try_into().unwrap_or_default();
    Ok(f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX))
}

/// Tests have no time to wait for it.
const SHORTEST: Duration = Duration::from_millis(if cfg!(test) { 1 } else { 100 });
const LONGEST: Duration = SHORTEST.saturating_mul(100);
const MOST_DOUBLINGS: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() -> Result<()> {
        let retries = Retries::new(4);
        for attempt in 1..4 {
            let bound = SHORTEST * (1 << attempt);
            for _ in 0..100 {
                let pause = retries.pause_after(attempt)?.expect("one more");
                assert!(SHORTEST / 2 <= pause && pause <= bound, "{attempt}: {pause:?}");
            }
        }
        assert_eq!(retries.pause_after(4)?, None);
        assert_eq!(Retries::new(0).pause_after(1)?, None);
        let long = Retries::new(u32::MAX).pause_after(1000)?;
        assert!(long.is_some_and(|pause| pause <= LONGEST));
        Ok(())
    }

    #[test]
    fn pauses_differ() -> Result<()> {
        let pauses = (0..20).map(|_| Retries::default().pause_after(2)).collect::<Result<Vec<_>>>();
        let pauses = pauses?;
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
        Ok(())
    }
}
