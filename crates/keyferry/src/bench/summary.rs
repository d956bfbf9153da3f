//! What is told of a run.

use std::{fmt::Write as _, time::Duration};

use serde_json::{Value, json};

use super::{
    faults::{Faults, Kind},
    tally::{Tally, Times},
};
use crate::{
    failure::{Code, Failure},
    report::{self, Format},
    text::printable,
};

/// What is called, and how it is told.
#[derive(Debug)]
pub(crate) struct Teller {
    pub(crate) subject: Subject,
    pub(crate) format: Format,
}

/// What is called.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) case: String,
    pub(crate) gateway: &'static str,
    pub(crate) data_size: u32,
    pub(crate) concurrency: u16,
}

/// A part of a run.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) tally: &'a Tally,
    pub(super) took: Duration,
}

/// All of a run.
#[derive(Debug)]
pub(super) struct Summary {
    pub(super) tally: Tally,
    pub(super) begun: u64,
    pub(super) took: Duration,
    /// Processor time of this process.
    pub(super) cpu: Duration,
}

impl Teller {
    /// What came of the last period, and of all until now.
    pub(super) fn period(&self, period: &Part<'_>, all: &Part<'_>) -> Result<(), Failure> {
        if self.format == Format::Json {
            let mut object = object("period", period);
            object["at_seconds"] = rounded(all.took.as_secs_f64());
            object["average_per_second"] = rounded(all.rate());
            return report::print_json(&object);
        }
        let mut line = format!("{:.1} s: {}", all.took.as_secs_f64(), of_calls(period.rate()));
        // Writing to a string cannot fail.
        let _ = write!(line, ", {:.1} on average", all.rate());
        if let Some(times) = period.tally.times() {
            let _ = write!(line, "; {}", times.text());
        }
        for (class, fault) in period.tally.faults.iter() {
            let _ = write!(line, "; {} {}", fault.count, class.code);
        }
        report::say(&line);
        Ok(())
    }

    pub(super) fn summary(&self, summary: &Summary, is_interrupted: bool) -> Result<(), Failure> {
        if self.format == Format::Json {
            return report::print_json(&self.object_of(summary, is_interrupted));
        }
        let Subject { case, gateway, data_size, concurrency } = &self.subject;
        let part = summary.part();
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            let name = format!("{name}:");
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name:<13} {value}");
        };
        line("call", case);
        line("gateway", gateway);
        line("data", &format!("{data_size} bytes"));
        line("at once", &concurrency.to_string());
        line("time", &format!("{:.1} s", summary.took.as_secs_f64()));
        line("begun", &summary.begun.to_string());
        let successes = summary.tally.successes();
        line("succeeded", &format!("{successes}, {}", of_calls(part.rate())));
        line("failed", &summary.tally.faults.count().to_string());
        for (class, fault) in summary.tally.faults.iter() {
            line(&format!("  {}", class.code), &fault.count.to_string());
        }
        if summary.unfinished() > 0 {
            line("unfinished", &summary.unfinished().to_string());
        }
        if let Some(times) = summary.tally.times() {
            line("latency", &times.text());
        }
        if let Some(micros) = summary.cpu_of_a_call() {
            line("cpu", &format!("{micros:.0} us of this process for each call"));
        }
        for (class, fault) in summary.tally.faults.iter() {
            line(&format!("first {}", class.code), &fault.example);
        }
        report::print(&lines(&text))
    }

    fn object_of(&self, summary: &Summary, is_interrupted: bool) -> Value {
        let Subject { case, gateway, data_size, concurrency } = &self.subject;
        let mut object = object("summary", &summary.part());
        object["case"] = json!(case);
        object["gateway"] = json!(gateway);
        object["data_size"] = json!(data_size);
        object["concurrency"] = json!(concurrency);
        object["begun"] = json!(summary.begun);
        object["unfinished"] = json!(summary.unfinished());
        object["interrupted"] = json!(is_interrupted);
        object["cpu_us_per_call"] = json!(summary.cpu_of_a_call().map(rounded));
        object
    }
}

impl Part<'_> {
    /// Calls that succeeded, in a second.
    #[expect(clippy::cast_precision_loss, reason = "there is no time for so many calls")]
    fn rate(&self) -> f64 {
        let seconds = self.took.as_secs_f64();
        if seconds > 0.0 { self.tally.successes() as f64 / seconds } else { 0.0 }
    }
}

impl Summary {
    fn part(&self) -> Part<'_> {
        Part { tally: &self.tally, took: self.took }
    }

    fn ended(&self) -> u64 {
        self.tally.successes() + self.tally.faults.count()
    }

    fn unfinished(&self) -> u64 {
        self.begun.saturating_sub(self.ended())
    }

    /// In microseconds.
    #[expect(clippy::cast_precision_loss, reason = "there is no time for so many calls")]
    fn cpu_of_a_call(&self) -> Option<f64> {
        (self.ended() > 0).then(|| self.cpu.as_secs_f64() * 1e6 / self.ended() as f64)
    }

    /// That all of them failed.
    pub(super) fn failure(&self) -> Option<Failure> {
        let failed = self.tally.faults.count();
        (failed > 0 && self.tally.successes() == 0)
            .then(|| Failure::new(Code::Internal, format!("all {failed} calls failed")))
    }
}

impl Times {
    fn text(&self) -> String {
        let Self { min, mean, p50, p95, p99, max } = self;
        format!(
            "min {min:.2} mean {mean:.2} p50 {p50:.2} p95 {p95:.2} p99 {p99:.2} max {max:.2} ms"
        )
    }

    fn object(&self) -> Value {
        let Self { min, mean, p50, p95, p99, max } = self;
        json!({ "min": min, "mean": rounded(*mean), "p50": p50, "p95": p95, "p99": p99, "max": max })
    }
}

fn object(record: &str, part: &Part<'_>) -> Value {
    let Tally { faults, .. } = part.tally;
    json!({
        "record": record,
        "seconds": rounded(part.took.as_secs_f64()),
        "succeeded": part.tally.successes(),
        "per_second": rounded(part.rate()),
        "failed": faults.count(),
        "throttled": faults.count_of(Kind::Throttled),
        "timed_out": faults.count_of(Kind::TimedOut),
        "errors": errors(faults),
        "latency_ms": part.tally.times().map(|times| times.object()),
    })
}

fn errors(faults: &Faults) -> Vec<Value> {
    let error = |(class, fault): (&super::faults::Class, &super::faults::Fault)| {
        json!({
            "code": class.code,
            "kind": class.kind.name(),
            "count": fault.count,
            "first": fault.example,
        })
    };
    faults.iter().map(error).collect()
}

fn of_calls(rate: f64) -> String {
    format!("{rate:.1} a second")
}

/// What comes from a gateway cannot end a line.
fn lines(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", printable(line))).collect()
}

/// To three digits behind the point.
fn rounded(number: f64) -> Value {
    json!((number * 1e3).round() / 1e3)
}
