//! What is said to OSRM and to Valhalla, and what they answer.

use std::fmt::{self, Write as _};
use std::time::Duration;

use certus_registry::Position;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::travel::whole_seconds;

/// An answer that takes longer is no use to an alarm.
const ANSWER_MAX: Duration = Duration::from_millis(500);
/// The longest answer read, bytes: 300 numbers are a hundredth of it.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Whose router it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The table service of OSRM.
    Osrm,
    /// The matrix service of Valhalla.
    Valhalla,
}

/// A router somewhere else.
#[derive(Debug, Clone)]
pub struct Router {
    kind: Kind,
    /// Without a slash at its end.
    url: String,
    client: reqwest::Client,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum RouterError {
    /// Not reached, or not in time, or not understood.
    #[error("{0}")]
    Http(reqwest::Error),
    /// It refused.
    #[error("it answered with the status {0}")]
    Status(u16),
    /// Longer than an answer can be, or no JSON of the kind.
    #[error("an answer of another kind than asked for")]
    Answer,
}

/// OSRM's answer: seconds, a row for each source.
#[derive(Deserialize)]
struct Table {
    durations: Vec<[Option<f64>; 1]>,
}

/// Valhalla's answer, a row for each source.
#[derive(Deserialize)]
struct Matrix {
    sources_to_targets: Vec<[Cell; 1]>,
}

#[derive(Deserialize)]
struct Cell {
    /// Seconds.
    time: Option<f64>,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Osrm => "osrm",
            Self::Valhalla => "valhalla",
        })
    }
}

impl fmt::Display for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.kind, self.url)
    }
}

impl From<reqwest::Error> for RouterError {
    /// The address asked for holds where people are: no log may have it.
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error.without_url())
    }
}

impl Router {
    /// A router that answers under `url`, which has no slash at its end.
    ///
    /// # Errors
    /// When the system has no way to speak HTTP.
    pub fn new(kind: Kind, url: String) -> Result<Self, reqwest::Error> {
        Ok(Self { kind, url, client: reqwest::Client::builder().timeout(ANSWER_MAX).build()? })
    }

    /// Whose it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Seconds by car from each place to the scene; nothing where it knows no way.
    ///
    /// # Errors
    /// [`RouterError`], after half a second at the latest.
    pub async fn seconds(&self, scene: Position, from: &[Position]) -> Result<Vec<Option<u32>>, RouterError> {
        let request = match self.kind {
            Kind::Osrm => self.client.get(self.table(scene, from)),
            Kind::Valhalla => {
                self.client.post(format!("{}/sources_to_targets", self.url)).json(&matrix(scene, from))
            }
        };
        let mut answer = request.send().await?;
        if !answer.status().is_success() {
            return Err(RouterError::Status(answer.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(RouterError::Answer);
            }
            body.extend_from_slice(&chunk);
        }
        let seconds = self.read(&body).filter(|seconds| seconds.len() == from.len());
        seconds.ok_or(RouterError::Answer)
    }

    fn table(&self, scene: Position, from: &[Position]) -> String {
        let mut url = format!("{}/table/v1/driving/{:.6},{:.6}", self.url, scene.lon(), scene.lat());
        for place in from {
            let _ = write!(url, ";{:.6},{:.6}", place.lon(), place.lat()); // writing to a String cannot fail
        }
        let sources: Vec<String> = (1..=from.len()).map(|place| place.to_string()).collect();
        url + "?destinations=0&annotations=duration&sources=" + &sources.join(";")
    }

    fn read(&self, body: &[u8]) -> Option<Vec<Option<u32>>> {
        let seconds: Vec<Option<f64>> = match self.kind {
            Kind::Osrm => {
                let table: Table = serde_json::from_slice(body).ok()?;
                table.durations.into_iter().map(|[seconds]| seconds).collect()
            }
            Kind::Valhalla => {
                let matrix: Matrix = serde_json::from_slice(body).ok()?;
                matrix.sources_to_targets.into_iter().map(|[cell]| cell.time).collect()
            }
        };
        Some(seconds.into_iter().map(|seconds| seconds.map(whole_seconds)).collect())
    }
}

fn matrix(scene: Position, from: &[Position]) -> Value {
    let place = |place: &Position| json!({"lat": place.lat(), "lon": place.lon()});
    let sources: Vec<Value> = from.iter().map(place).collect();
    json!({"sources": sources, "targets": [place(&scene)], "costing": "auto"})
}
