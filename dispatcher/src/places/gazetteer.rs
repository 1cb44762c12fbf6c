//! The names that are loaded: those that come with the program and those of imported files, searched in memory.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use certus_registry::{Batch, Database, Position, Timestamp, Tx, on};

use super::names::{Named, Names};

/// Villages and towns of Jämtland; `GeoNames`, CC BY 4.0.
const BUILT_IN: &str = include_str!("../../data/places.csv");
/// Within what radius a village lies that has no extent of its own, metres.
const VILLAGE_M: u32 = 1_000;
/// Rows in one INSERT: seven values each, well within what both databases take.
const ROWS_MAX: usize = 500;

/// A place of the list that comes with the program, with how many live there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Village {
    /// Its name.
    pub name: &'static str,
    /// Its municipality.
    pub municipality: &'static str,
    /// Its middle.
    pub position: Position,
    /// How many live there.
    pub population: u32,
}

/// Names that can be searched, as the database has them.
#[derive(Debug)]
pub struct Gazetteer {
    loaded: RwLock<Loaded>,
}

#[derive(Debug, Clone, Default)]
struct Loaded {
    names: Arc<Names>,
    cells: Arc<HashSet<Cell>>,
    /// When the latest import was made, and how many there are; none before the first look.
    seen: Option<Seen>,
}

type Seen = (Option<Timestamp>, i64);
/// Half a degree of latitude and a whole one of longitude: some 55 km by 50 in Jämtland.
type Cell = (i32, i32);

impl Gazetteer {
    /// With the names that come with the program.
    #[must_use]
    pub fn built_in() -> Self {
        Self { loaded: RwLock::new(Loaded::of(Vec::new(), None)) }
    }

    /// The names as the database has them now; read again after an import.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the database fails.
    pub async fn names(&self, db: &Database) -> Result<Arc<Names>, sqlx::Error> {
        let sql = "SELECT MAX(imported_at), COUNT(*) FROM place_sources";
        let seen: Seen = on!(db, c => sqlx::query_as(sql).fetch_one(c).await?);
        if self.now().seen != Some(seen) {
            let loaded = Loaded::of(all(db).await?, Some(seen));
            *self.loaded.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        }
        Ok(self.now().names)
    }

    /// Whether any name is known within a day's reach of a point; where none is, a point may still be right.
    #[must_use]
    pub fn covers(&self, position: Position) -> bool {
        let (row, column) = cell(position);
        let cells = self.now().cells;
        (-1..=1).any(|up| (-1..=1).any(|aside| cells.contains(&(row + up, column + aside))))
    }

    fn now(&self) -> Loaded {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Loaded {
    fn of(imported: Vec<Named>, seen: Option<Seen>) -> Self {
        let mut places: Vec<Named> = villages().map(Named::from).collect();
        places.extend(imported);
        let cells = places.iter().map(|place| cell(place.position)).collect();
        Self { names: Arc::new(Names::of(places)), cells: Arc::new(cells), seen }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "degrees")]
fn cell(position: Position) -> Cell {
    ((position.lat() * 2.0).floor() as i32, position.lon().floor() as i32)
}

impl From<Village> for Named {
    fn from(village: Village) -> Self {
        Self {
            name: village.name.to_owned(),
            within: village.municipality.to_owned(),
            kind: "village".to_owned(),
            position: village.position,
            accuracy_m: VILLAGE_M,
        }
    }
}

/// The places that come with the program.
pub fn villages() -> impl Iterator<Item = Village> {
    BUILT_IN.lines().filter(|line| !line.starts_with('#')).filter_map(village)
}

fn village(line: &'static str) -> Option<Village> {
    let mut fields = line.split(',');
    let (name, municipality) = (fields.next()?, fields.next()?);
    let position = Position::new(fields.next()?.parse().ok()?, fields.next()?.parse().ok()?).ok()?;
    Some(Village { name, municipality, position, population: fields.next()?.parse().ok()? })
}

async fn all(db: &Database) -> Result<Vec<Named>, sqlx::Error> {
    let sql = "SELECT name, within, kind, lat, lon, accuracy_m FROM places ORDER BY source, number";
    let rows: Vec<(String, String, String, f64, f64, i64)> =
        on!(db, c => sqlx::query_as(sql).fetch_all(c).await?);
    let named = |(name, within, kind, lat, lon, accuracy_m)| {
        let position = Position::new(lat, lon).ok()?;
        Some(Named { name, within, kind, position, accuracy_m: u32::try_from(accuracy_m).ok()? })
    };
    Ok(rows.into_iter().filter_map(named).collect())
}

/// Puts the places of one source in place of those it brought before.
///
/// # Errors
/// [`sqlx::Error`] when the database fails; nothing has changed then unless the caller commits.
pub async fn replace(tx: &mut Tx, now: Timestamp, source: &str, places: &[Named]) -> Result<(), sqlx::Error> {
    const SEEN: &str = "INSERT INTO place_sources (source, imported_at) VALUES ($1, $2)
                        ON CONFLICT (source) DO UPDATE SET imported_at = excluded.imported_at";
    on!(tx, c => sqlx::query(SEEN).bind(source).bind(now).execute(c).await.map(drop))?;
    on!(tx, c => sqlx::query("DELETE FROM places WHERE source = $1").bind(source).execute(c).await.map(drop))?;
    let mut numbered = (0_i64..).zip(places).peekable();
    while numbered.peek().is_some() {
        let mut batch = Batch::default();
        let rows = numbered.by_ref().take(ROWS_MAX).map(|(number, place)| {
            [
                source.into(),
                number.into(),
                place.name.as_str().into(),
                place.within.as_str().into(),
                place.kind.as_str().into(),
                certus_registry::Value::Real(Some(place.position.lat())),
                certus_registry::Value::Real(Some(place.position.lon())),
                i64::from(place.accuracy_m).into(),
            ]
        });
        batch.insert("places (source, number, name, within, kind, lat, lon, accuracy_m)", "", rows);
        batch.execute(tx).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_a_place_and_the_county_is_covered() {
        assert_eq!(villages().count(), BUILT_IN.lines().filter(|line| !line.starts_with('#')).count());
        let gazetteer = Gazetteer::built_in();
        let at = |lat, lon| gazetteer.covers(Position::new(lat, lon).unwrap());
        assert!(at(63.18, 14.64) && at(62.55, 12.54), "Östersund, Funäsdalen");
        assert!(!at(57.7, 11.97) && !at(14.64, 63.18), "Gothenburg, and Östersund the wrong way round");
    }
}
