//! What is printed.

use crypto_envelope_benches::compare::{Column, Cost};

/// How the cells of a table are headed.
pub(crate) struct Table {
    /// What the first cells say.
    pub(crate) jobs: &'static str,
    /// What there is so much of in a second.
    pub(crate) rate: &'static str,
    /// What the processor time is given in, of which a second has so many.
    pub(crate) processor: (&'static str, f64),
}

impl Table {
    pub(crate) fn begin(&self) {
        let Self { jobs, rate, processor: (processor, _) } = self;
        let (ratio, columns) = ("ratio | range", jobs.matches('|').count() + 9);
        println!("\n| {jobs} | {ratio} | {rate} | bare | CPU {ratio} | CPU {processor} | bare |");
        println!("|{}", "---|".repeat(columns));
    }

    /// A row. `amount` is how much was done in each turn.
    pub(crate) fn row(&self, job: &str, amount: f64, costs: &[[Cost; 2]]) {
        let scale = self.processor.1;
        let pairs = costs.iter();
        let rate = Column::new(
            pairs.clone().map(|[ours, bare]| (amount / ours.seconds, amount / bare.seconds)),
        );
        let processor = Column::new(pairs.map(|[ours, bare]| {
            (ours.processor / amount * scale, bare.processor / amount * scale)
        }));
        println!("| {job} | {} | {} |", cells(&rate), cells(&processor.inverted()));
    }
}

fn cells(column: &Column) -> String {
    let Column { ratio, range: (least, most), ours, yardstick } = column;
    let (ours, yardstick) = (figures(*ours), figures(*yardstick));
    format!("{ratio:.2} | {least:.2} to {most:.2} | {ours} | {yardstick}")
}

/// Three of them, where that is no more than is known.
fn figures(value: f64) -> String {
    let decimals = match value {
        100.0.. => 0,
        10.0..100.0 => 1,
        _ => 2,
    };
    format!("{value:.decimals$}")
}

pub(crate) fn number(count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few digits are shown")]
    let number = count as f64;
    number
}
