//! Measured spans and how they are shown: a table for people, one line of JSON for programs.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Map, Value, json};

/// Spans of one kind.
#[derive(Debug, Clone)]
pub struct Series {
    name: &'static str,
    spans: Vec<Duration>,
}

/// A quantile of a series and the most it should be, milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Aim {
    /// The series.
    pub series: &'static str,
    /// One of [`QUANTILES`].
    pub quantile: &'static str,
    /// Milliseconds.
    pub at_most_ms: f64,
}

/// What is shown of a series: name and percentage.
pub const QUANTILES: [(&str, usize); 5] = [("min", 0), ("p50", 50), ("p90", 90), ("p99", 99), ("max", 100)];

impl Series {
    /// Nothing measured yet.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, spans: Vec::new() }
    }

    /// Adds one measurement.
    pub fn push(&mut self, span: Duration) {
        self.spans.push(span);
    }

    /// The smallest span that `percent` of all spans do not exceed (nearest rank), milliseconds; 0 of nothing.
    #[must_use]
    pub fn quantile_ms(&self, percent: usize) -> f64 {
        let mut sorted = self.spans.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).map_or(0.0, |span| (span.as_secs_f64() * 1e6).round() / 1e3)
    }
}

/// One row a series, times in milliseconds.
#[must_use]
pub fn table(all: &[Series]) -> String {
    let mut text = format!("{:24}", "milliseconds");
    for (name, _) in QUANTILES {
        let _ = write!(text, "{name:>9}"); // writing to a String cannot fail
    }
    let _ = writeln!(text, "{:>7}", "n");
    for series in all {
        let _ = write!(text, "{:24}", series.name);
        for (_, percent) in QUANTILES {
            let _ = write!(text, "{:>9.3}", series.quantile_ms(percent));
        }
        let _ = writeln!(text, "{:>7}", series.spans.len());
    }
    text
}

/// All figures by name with their unit, and the names of those that missed their aim.
#[must_use]
pub fn line(bench: &str, all: &[Series], aims: &[Aim]) -> String {
    let mut object = Map::from_iter([("bench".to_owned(), json!(bench))]);
    let mut missed = Vec::new();
    for series in all {
        object.insert(format!("{}_n", series.name), json!(series.spans.len()));
        for (quantile, percent) in QUANTILES {
            let (name, figure) = (format!("{}_{quantile}_ms", series.name), series.quantile_ms(percent));
            let aim = aims.iter().find(|aim| aim.series == series.name && aim.quantile == quantile);
            if aim.is_some_and(|aim| series.spans.is_empty() || figure > aim.at_most_ms) {
                missed.push(name.clone());
            }
            object.insert(name, json!(figure));
        }
    }
    object.insert("missed".to_owned(), json!(missed));
    Value::Object(object).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(name: &'static str, up_to: u64) -> Series {
        Series { name, spans: (1..=up_to).rev().map(Duration::from_millis).collect() }
    }

    #[test]
    fn a_quantile_is_the_nearest_rank() {
        let series = counted("alert", 200);
        let shown = QUANTILES.map(|(_, percent)| series.quantile_ms(percent));
        assert_eq!(shown.map(|ms| ms.to_string()), ["1", "100", "180", "198", "200"]);
        assert_eq!(Series::new("nothing").quantile_ms(50).to_string(), "0");
    }

    #[test]
    fn the_line_names_each_figure_with_its_unit_and_the_aims_missed() {
        let aim = |quantile, at_most_ms| Aim { series: "alert", quantile, at_most_ms };
        let line = line("alert", &[counted("alert", 4)], &[aim("p50", 1.9), aim("p99", 4.0)]);
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&read["alert_p50_ms"], &read["alert_n"]), (&json!(2.0), &json!(4)));
        assert_eq!(read["missed"], json!(["alert_p50_ms"]));
    }
}
