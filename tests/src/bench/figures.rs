//! Measured figures and how they are shown: tables for people, one line of JSON for programs.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Map, Value, json};

/// Spans of one kind.
#[derive(Debug, Clone)]
pub struct Series {
    name: String,
    spans: Vec<Duration>,
}

/// One figure; its name ends with its unit: `…_ms`, `…_per_s`, `…_mib`, `…_ratio`.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// As in the line of JSON.
    pub name: String,
    /// In that unit.
    pub value: f64,
}

/// What a figure should be. A figure that could not be measured misses its aim.
#[derive(Debug, Clone, Copy)]
pub struct Aim {
    /// The figure's name.
    pub figure: &'static str,
    /// Where it should lie.
    pub bound: Bound,
}

/// Which side is the good one, and where it begins, in the figure's unit.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    /// Less is better.
    AtMost(f64),
    /// More is better.
    AtLeast(f64),
}

/// What is shown of a series: name and percentage.
pub const QUANTILES: [(&str, usize); 5] = [("min", 0), ("p50", 50), ("p90", 90), ("p99", 99), ("max", 100)];

impl Series {
    /// Nothing measured yet.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), spans: Vec::new() }
    }

    /// What was measured.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
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

    fn figures(&self) -> impl Iterator<Item = Figure> {
        let shown = QUANTILES.iter().filter(|_| !self.spans.is_empty());
        shown.map(|(quantile, percent)| {
            Figure::new(format!("{}_{quantile}_ms", self.name), self.quantile_ms(*percent))
        })
    }
}

impl Figure {
    /// Rounded to a thousandth.
    #[must_use]
    pub fn new(name: impl Into<String>, value: f64) -> Self {
        Self { name: name.into(), value: (value * 1e3).round() / 1e3 }
    }
}

impl Aim {
    fn is_missed(&self, figures: &[Figure]) -> bool {
        let measured = figures.iter().find(|figure| figure.name == self.figure);
        !measured.is_some_and(|figure| match self.bound {
            Bound::AtMost(most) => figure.value <= most,
            Bound::AtLeast(least) => figure.value >= least,
        })
    }
}

/// One row a series, times in milliseconds.
#[must_use]
pub fn table(all: &[Series]) -> String {
    let mut text = format!("{:24}", "milliseconds");
    for (name, _) in QUANTILES {
        let _ = write!(text, "{name:>11}"); // writing to a String cannot fail
    }
    let _ = writeln!(text, "{:>7}", "n");
    for series in all {
        let _ = write!(text, "{:24}", series.name);
        for (_, percent) in QUANTILES {
            let _ = write!(text, "{:>11.3}", series.quantile_ms(percent));
        }
        let _ = writeln!(text, "{:>7}", series.spans.len());
    }
    text
}

/// One row a figure that is not of a series.
#[must_use]
pub fn list(figures: &[Figure]) -> String {
    figures.iter().fold(String::new(), |mut text, figure| {
        let _ = writeln!(text, "{:38}{:>11.3}", figure.name, figure.value);
        text
    })
}

/// All figures by name with their unit, and the names of those that missed their aim.
#[must_use]
pub fn line(bench: &str, all: &[Series], others: &[Figure], aims: &[Aim]) -> String {
    let mut object = Map::from_iter([("bench".to_owned(), json!(bench))]);
    object.extend(all.iter().map(|series| (format!("{}_n", series.name), json!(series.spans.len()))));
    let figures: Vec<Figure> = all.iter().flat_map(Series::figures).chain(others.iter().cloned()).collect();
    object.extend(figures.iter().map(|figure| (figure.name.clone(), json!(figure.value))));
    let missed: Vec<&str> = aims.iter().filter(|aim| aim.is_missed(&figures)).map(|aim| aim.figure).collect();
    object.insert("missed".to_owned(), json!(missed));
    Value::Object(object).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(name: &'static str, up_to: u64) -> Series {
        Series { name: name.to_owned(), spans: (1..=up_to).rev().map(Duration::from_millis).collect() }
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
        let most = |figure, most| Aim { figure, bound: Bound::AtMost(most) };
        let least = |figure, least| Aim { figure, bound: Bound::AtLeast(least) };
        let aims = [
            most("alert_p50_ms", 1.9),
            most("alert_p99_ms", 4.0),
            least("sent_per_s", 30.0),
            least("sent_ratio", 3.0),
            most("nothing_p99_ms", 1.0),
        ];
        let others = [Figure::new("sent_per_s", 30.000_04), Figure::new("sent_ratio", 2.99)];
        let line = line("alert", &[counted("alert", 4), Series::new("nothing")], &others, &aims);
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&read["alert_p50_ms"], &read["alert_n"]), (&json!(2.0), &json!(4)));
        assert_eq!((&read["sent_per_s"], &read["nothing_n"]), (&json!(30.0), &json!(0)));
        assert_eq!(read["missed"], json!(["alert_p50_ms", "sent_ratio", "nothing_p99_ms"]));
    }
}
