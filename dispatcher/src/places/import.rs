//! Files of places: GeoJSON points, CSV with a header, a `GeoNames` dump, a `GeoPackage` of addresses from Lantmäteriet.

use std::path::Path;

use certus_registry::Position;
use serde::Deserialize;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use super::grid::{Grid, Plane};
use super::names::Named;

/// Within what radius a named place lies whose file says nothing of it, metres.
const NAMED_M: u32 = 500;
/// The same of an address: its point is on the building or at its entrance.
const ADDRESS_M: u32 = 50;
/// The layer of Lantmäteriet's "Belägenhetsadress Nedladdning, vektor".
const ADDRESSES: &str = "belagenhetsadress";

/// Why a file is refused; nothing of it is imported then.
#[derive(Debug, thiserror::Error)]
pub enum PlacesError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] std::io::Error),
    /// Its ending names no format.
    #[error("expected a file that ends in .geojson, .json, .csv, .txt (GeoNames) or .gpkg")]
    Format,
    /// A line or feature is wrong.
    #[error("{place}: {why}")]
    Row {
        /// Which.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// The `GeoPackage` cannot be read.
    #[error("the GeoPackage: {0}")]
    Package(#[from] sqlx::Error),
    /// A point of an address in a form that is not understood.
    #[error("the GeoPackage: address {0}: its point cannot be read; expected a point in EPSG:3006 to 3018")]
    Point(i64),
    /// It holds no places.
    #[error("there are no places in it")]
    Empty,
}

/// Reads a file by its ending.
///
/// # Errors
/// [`PlacesError`], naming line or feature.
pub async fn read(path: &Path) -> Result<Vec<Named>, PlacesError> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    let places = match ending.as_str() {
        "geojson" | "json" => geojson(&std::fs::read_to_string(path)?)?,
        "csv" => csv(&std::fs::read_to_string(path)?)?,
        "txt" => geonames(&std::fs::read_to_string(path)?)?,
        "gpkg" => addresses(path).await?,
        _ => return Err(PlacesError::Format),
    };
    if places.is_empty() { Err(PlacesError::Empty) } else { Ok(places) }
}

#[derive(Deserialize)]
struct Collection {
    features: Vec<serde_json::Value>,
}

/// Point features with a property `name`; others are passed over.
fn geojson(text: &str) -> Result<Vec<Named>, PlacesError> {
    let wrong = |place: String, why: &dyn std::fmt::Display| PlacesError::Row { place, why: why.to_string() };
    let collection: Collection =
        serde_json::from_str(text).map_err(|error| wrong(format!("line {}", error.line()), &error))?;
    let mut places = Vec::new();
    for (number, feature) in (1..).zip(&collection.features) {
        let text = |key: &str| feature["properties"][key].as_str().unwrap_or_default().to_owned();
        let point = &feature["geometry"]["coordinates"];
        let (Some(lon), Some(lat)) = (point[0].as_f64(), point[1].as_f64()) else { continue };
        if text("name").is_empty() {
            continue;
        }
        let position = Position::new(lat, lon).map_err(|why| wrong(format!("feature {number}"), &why))?;
        let (name, within, kind) = (text("name"), text("municipality"), text("kind"));
        places.push(Named { name, within, kind, position, accuracy_m: NAMED_M });
    }
    Ok(places)
}

#[derive(Deserialize)]
struct CsvRow {
    name: String,
    lat: f64,
    lon: f64,
    #[serde(default)]
    within: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    accuracy_m: Option<u32>,
}

/// A header names the columns: `name`, `lat`, `lon` in degrees; perhaps `within`, `kind`, `accuracy_m`.
fn csv(text: &str) -> Result<Vec<Named>, PlacesError> {
    let mut reader = ::csv::ReaderBuilder::new().trim(::csv::Trim::All).from_reader(text.as_bytes());
    let rows = (2..).zip(reader.deserialize());
    rows.map(|(line, row): (u64, Result<CsvRow, _>)| {
        let wrong = |why: &dyn std::fmt::Display| PlacesError::Row {
            place: format!("line {line}"),
            why: why.to_string(),
        };
        let CsvRow { name, lat, lon, within, kind, accuracy_m } = row.map_err(|error| wrong(&error))?;
        let position = Position::new(lat, lon).map_err(|error| wrong(&error))?;
        Ok(Named { name, within, kind, position, accuracy_m: accuracy_m.unwrap_or(NAMED_M) })
    })
    .collect()
}

/// Tab-separated as `GeoNames` publishes it: name, latitude, longitude and feature code are the columns 2, 5, 6 and 8.
fn geonames(text: &str) -> Result<Vec<Named>, PlacesError> {
    let place = |(line, row): (usize, &str)| {
        let wrong = |why: &str| PlacesError::Row { place: format!("line {line}"), why: why.to_owned() };
        let columns: Vec<&str> = row.split('\t').collect();
        let [_, name, _, _, lat, lon, _, kind, ..] = columns[..] else {
            return Err(wrong("expected the columns of a GeoNames dump"));
        };
        let degrees = |text: &str| text.parse::<f64>().map_err(|_| wrong("expected degrees"));
        let position = Position::new(degrees(lat)?, degrees(lon)?).map_err(|why| wrong(&why.to_string()))?;
        let (name, within, kind) = (name.to_owned(), String::new(), kind.to_lowercase());
        Ok(Named { name, within, kind, position, accuracy_m: NAMED_M })
    };
    (1..).zip(text.lines()).filter(|(_, row)| !row.is_empty()).map(place).collect()
}

/// The addresses of a `GeoPackage` from Lantmäteriet, `Storgatan 12B` within `831 30 Östersund`.
async fn addresses(path: &Path) -> Result<Vec<Named>, PlacesError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let package = SqlitePool::connect_with(options).await?;
    let geometry: String =
        sqlx::query_scalar("SELECT column_name FROM gpkg_geometry_columns WHERE table_name = $1")
            .bind(ADDRESSES)
            .fetch_one(&package)
            .await?;
    let sql = format!(
        "SELECT rowid AS certus_row, \"{}\" AS certus_point, * FROM {ADDRESSES}",
        geometry.replace('"', "")
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&package).await?;
    package.close().await;
    rows.iter().filter_map(|row| address(row).transpose()).collect()
}

/// `None`: an address without an area to belong to.
fn address(row: &sqlx::sqlite::SqliteRow) -> Result<Option<Named>, PlacesError> {
    let text = |column: &str| row.try_get::<Option<String>, _>(column).ok().flatten().unwrap_or_default();
    let number: i64 = row.try_get("certus_row")?;
    let words = [
        text("adressomrade_faststalltnamn"),
        text("gardsadressomrade_faststalltnamn"),
        text("adressplatsnummer") + &text("bokstavstillagg"),
    ];
    let name = joined(&words);
    if words[0].is_empty() && words[1].is_empty() {
        return Ok(None);
    }
    let point: Vec<u8> = row.try_get("certus_point")?;
    let position = point_of(&point).ok_or(PlacesError::Point(number))?;
    let within = joined(&[text("postnummer"), text("postort"), text("kommunnamn")]);
    Ok(Some(Named { name, within, kind: "address".to_owned(), position, accuracy_m: ADDRESS_M }))
}

fn joined(words: &[String]) -> String {
    words.iter().filter(|word| !word.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// A `GeoPackage` geometry (OGC 12-128r19, 2.1.3): header, then well-known binary of a point, perhaps with a height.
fn point_of(blob: &[u8]) -> Option<Position> {
    let flags = *blob.get(3)?;
    if !blob.starts_with(b"GP") {
        return None;
    }
    let srs = four(blob, 4, flags & 1 == 1)?;
    let envelope = [0, 32, 48, 48, 64].get(usize::from(flags >> 1 & 7)).copied()?;
    let wkb = blob.get(8 + envelope..)?;
    let little = *wkb.first()? == 1;
    let is_point = matches!(four(wkb, 1, little)?, 1 | 1001 | 2001 | 3001);
    let (easting, northing) = (eight(wkb, 5, little)?, eight(wkb, 13, little)?);
    let grid = Grid::of_epsg(i32::try_from(srs).ok()?)?;
    is_point.then(|| grid.position(Plane { northing, easting })).flatten()
}

fn four(bytes: &[u8], at: usize, little: bool) -> Option<u32> {
    let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) })
}

fn eight(bytes: &[u8], at: usize, little: bool) -> Option<f64> {
    let eight: [u8; 8] = bytes.get(at..at + 8)?.try_into().ok()?;
    Some(if little { f64::from_le_bytes(eight) } else { f64::from_be_bytes(eight) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_with_names_are_read_from_every_format() {
        let json = r#"{"type":"FeatureCollection","features":[
            {"type":"Feature","properties":{"name":"Åre","municipality":"Åre"},"geometry":{"type":"Point","coordinates":[13.08,63.4]}},
            {"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[13,63]}}]}"#;
        let csv_text = "name,lat,lon,within\nÅre,63.4,13.08,Åre\n";
        let dump = "2666199\tÅre\tAre\t\t63.4\t13.08\tP\tPPL\tSE\n";
        for places in [geojson(json), csv(csv_text), geonames(dump)] {
            let places = places.unwrap();
            assert_eq!((places.len(), places[0].name.as_str(), places[0].position.lon()), (1, "Åre", 13.08));
        }
    }

    #[test]
    fn a_wrong_row_is_named() {
        let error = csv("name,lat,lon\nÅre,63.4,13\nX,95,13\n").unwrap_err().to_string();
        assert_eq!(error, "line 3: latitude must lie in -90..90 and longitude in -180..180");
        assert!(geonames("a\tb").unwrap_err().to_string().starts_with("line 1: expected the columns"));
    }

    #[tokio::test]
    async fn a_geopackage_of_addresses_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("adresser.gpkg");
        package(&path).await;
        let places = read(&path).await.unwrap();
        let expected = Position::new(63.1792, 14.635_66).unwrap();
        assert_eq!(places.len(), 1, "one has no area");
        assert_eq!(
            (places[0].name.as_str(), places[0].within.as_str()),
            ("Storgatan 12B", "831 30 Östersund")
        );
        assert!(places[0].position.distance_to(expected).0 < 1.0);
    }

    async fn package(path: &Path) {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let file = SqlitePool::connect_with(options).await.unwrap();
        for sql in [
            "CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER)",
            "INSERT INTO gpkg_geometry_columns VALUES ('belagenhetsadress', 'geom', 3006)",
            "CREATE TABLE belagenhetsadress (fid INTEGER PRIMARY KEY, adressomrade_faststalltnamn TEXT,
             adressplatsnummer TEXT, bokstavstillagg TEXT, postnummer TEXT, postort TEXT, geom BLOB)",
        ] {
            sqlx::query(sql).execute(&file).await.unwrap();
        }
        let mut blob = b"GP\0\x01".to_vec();
        blob.extend(3006_u32.to_le_bytes());
        blob.extend([1, 1, 0, 0, 0]);
        blob.extend(481_658.537_f64.to_le_bytes());
        blob.extend(7_005_607.452_f64.to_le_bytes());
        for area in [Some("Storgatan"), None] {
            sqlx::query(
                "INSERT INTO belagenhetsadress VALUES (NULL, $1, '12', 'B', '831 30', 'Östersund', $2)",
            )
            .bind(area)
            .bind(&blob)
            .execute(&file)
            .await
            .unwrap();
        }
        file.close().await;
    }
}
