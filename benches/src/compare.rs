//! Two kinds of work, in turns.

use std::time::Instant;

use crate::processor;

/// How two kinds of work compare.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// Time of the yardstick divided by time of ours, the median of all turns: 1 is as fast.
    pub ratio: f64,
    /// The least and the largest of these.
    pub range: (f64, f64),
    /// Seconds that ours took, the median.
    pub ours: f64,
    /// Seconds that the yardstick took, the median.
    pub yardstick: f64,
}

/// What some work cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Seconds until it was done.
    pub seconds: f64,
    /// Seconds of all cores that this process had of that.
    pub processor: f64,
}

impl Cost {
    fn of<E>(work: &mut impl FnMut() -> Result<(), E>) -> Result<Self, E> {
        let (start, before) = (Instant::now(), processor::seconds());
        work()?;
        Ok(Self {
            seconds: start.elapsed().as_secs_f64(),
            processor: processor::seconds() - before,
        })
    }
}

/// Runs both in turns, after one turn that does not count.
///
/// # Errors
///
/// The first one of the work.
pub fn in_turns<E>(
    turns: usize,
    ours: impl FnMut() -> Result<(), E>,
    yardstick: impl FnMut() -> Result<(), E>,
) -> Result<Comparison, E> {
    let costs = costs_in_turns(turns, ours, yardstick)?;
    let times = costs.iter().map(|[ours, yardstick]| (yardstick.seconds, ours.seconds));
    let Column { ratio, range, ours: yardstick, yardstick: ours } = Column::new(times);
    Ok(Comparison { ratio, range, ours, yardstick })
}

/// The same: what ours cost in each turn, and what the yardstick.
///
/// # Errors
///
/// The first one of the work.
pub fn costs_in_turns<E>(
    turns: usize,
    mut ours: impl FnMut() -> Result<(), E>,
    mut yardstick: impl FnMut() -> Result<(), E>,
) -> Result<Vec<[Cost; 2]>, E> {
    let mut costs = Vec::new();
    for turn in 0..=turns {
        // Neither is always the one that comes first.
        let both = if turn % 2 == 0 {
            let mine = Cost::of(&mut ours)?;
            [mine, Cost::of(&mut yardstick)?]
        } else {
            let other = Cost::of(&mut yardstick)?;
            [Cost::of(&mut ours)?, other]
        };
        if turn > 0 {
            costs.push(both);
        }
    }
    Ok(costs)
}

/// What was measured of two, turn by turn: medians of both, and of their ratios.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Ours divided by the yardstick.
    pub ratio: f64,
    /// The least and the largest of these.
    pub range: (f64, f64),
    /// Ours.
    pub ours: f64,
    /// The yardstick.
    pub yardstick: f64,
}

impl Column {
    /// Of turns, each with ours and the yardstick.
    #[must_use]
    pub fn new(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> Self {
        let ratios = sorted(pairs.clone().map(|(ours, yardstick)| ours / yardstick));
        Self {
            ratio: median(&ratios),
            range: (ratios[0], ratios[ratios.len() - 1]),
            ours: median(&sorted(pairs.clone().map(|(ours, _)| ours))),
            yardstick: median(&sorted(pairs.map(|(_, yardstick)| yardstick))),
        }
    }

    /// Where less is better.
    #[must_use]
    pub fn inverted(self) -> Self {
        let (least, most) = self.range;
        Self { ratio: 1.0 / self.ratio, range: (1.0 / most, 1.0 / least), ..self }
    }

    /// Two cells of a table.
    #[must_use]
    pub fn ratios(&self) -> String {
        let Self { ratio, range: (least, most), .. } = self;
        format!("{ratio:.1} | {least:.1} to {most:.1}")
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}
