//! How often a call is tried, and how long to wait before the next time.

use std::time::Duration;

use crypto_envelope::{Result, SecretBytes};

/// How often, at most, and how long between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retries {
    pub(crate) max_attempts: u32,
    /// The longest is a hundred times as long.
    pub(crate) shortest_pause: Duration,
}

impl Retries {
    /// How long to wait after so many attempts, if there may be one more: up to twice as long as the
    /// time before. Where in between is random, so that many who failed together do not come back
    /// together. It is longer if the service `asked` for that, but never longer than all pauses may be.
    pub(crate) fn pause_after(
        self,
        attempts: u32,
        asked: Option<Duration>,
    ) -> Result<Option<Duration>> {
        if attempts >= self.max_attempts {
            return Ok(None);
        }
        let shortest = self.shortest_pause.min(LONGEST_PAUSE);
        let longest = shortest.saturating_mul(1 << attempts.min(MOST_DOUBLINGS));
        let pause = longest.min(self.longest_pause()).mul_f64(fraction()?);
        let asked = asked.unwrap_or_default().min(self.longest_pause());
        Ok(Some(pause.max(shortest / 2).max(asked)))
    }

    fn longest_pause(self) -> Duration {
        self.shortest_pause.saturating_mul(100).min(LONGEST_PAUSE)
    }
}

impl Default for Retries {
    fn default() -> Self {
        Self { max_attempts: 3, shortest_pause: Duration::from_millis(100) }
    }
}

/// From 0 to 1.
fn fraction() -> Result<f64> {
    let random = SecretBytes::random(4)?;
    let bytes = random.expose().try_into().unwrap_or_default();
    Ok(f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX))
}

const MOST_DOUBLINGS: u32 = 10;
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn retries(max_attempts: u32) -> Retries {
        Retries { max_attempts, ..Retries::default() }
    }

    #[test]
    fn pauses_grow_and_end() -> Result<()> {
        let retries_4 = retries(4);
        for attempt in 1..4 {
            let bound = retries_4.shortest_pause * (1 << attempt);
            for _ in 0..100 {
                let pause = retries_4.pause_after(attempt, None)?.expect("one more");
                assert!(
                    retries_4.shortest_pause / 2 <= pause && pause <= bound,
                    "{attempt}: {pause:?}"
                );
            }
        }
        assert_eq!(retries_4.pause_after(4, None)?, None);
        assert_eq!(retries(0).pause_after(1, None)?, None);
        let long = retries(u32::MAX).pause_after(1000, None)?;
        assert!(long.is_some_and(|pause| pause <= Duration::from_secs(10)));
        Ok(())
    }

    #[test]
    fn pauses_of_any_length_can_be_asked_for() -> Result<()> {
        let endless = Retries { max_attempts: 9, shortest_pause: Duration::MAX };
        assert!(endless.pause_after(8, None)?.is_some_and(|pause| pause <= LONGEST_PAUSE));
        let none = Retries { max_attempts: 9, shortest_pause: Duration::ZERO };
        assert_eq!(none.pause_after(8, None)?, Some(Duration::ZERO));
        Ok(())
    }

    #[test]
    fn a_service_can_ask_for_a_longer_pause_within_bounds() -> Result<()> {
        let pause = |asked| retries(9).pause_after(1, Some(Duration::from_secs(asked)));
        assert_eq!(pause(7)?, Some(Duration::from_secs(7)));
        assert_eq!(pause(u64::MAX)?, Some(Duration::from_secs(10)));
        assert!(pause(0)?.is_some_and(|pause| pause > Duration::ZERO));
        assert_eq!(retries(1).pause_after(1, Some(Duration::from_secs(1)))?, None);
        Ok(())
    }

    #[test]
    fn pauses_differ() -> Result<()> {
        let pauses =
            (0..20).map(|_| Retries::default().pause_after(2, None)).collect::<Result<Vec<_>>>();
        let pauses = pauses?;
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
        Ok(())
    }
}
