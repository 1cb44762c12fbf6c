//! The columns of the Swedish defibrillator register (Hjärtstartarregistret, hjartstartarregistret.se) as those of resources.
//!
//! **The names of its columns are not authoritative.** The register, kept by Svenska rådet för HLR, gives its data out on request
//! and has published no description of the file (searched for in November 2026: its own pages, the national data portal, public
//! code). What is known is *what* it holds: a number per defibrillator (`hjartstartarregistret.se/#/30499`), where it is, in
//! words and as a position, and when it can be reached; one in a vehicle has no position (hlrr.se, annual report 2018).
//! [`COLUMNS`] is the one place to mend once a real file is at hand.
//!
//! Its number becomes the resource's code, so that the same file imported twice changes nothing.

use csv::StringRecord;

use super::{RowError, Table, Why};
use crate::WeeklyHours;
use crate::volunteer::PersonName;

/// What a resource's column is called in the register's file, in lower case; the first that is there counts, of the words for
/// the place all.
const COLUMNS: [(&str, &[&str]); 5] = [
    ("code", &["id", "registernummer", "hjärtstartarnummer"]),
    ("lat", &["latitud", "latitude", "lat"]),
    ("lon", &["longitud", "longitude", "lon", "long"]),
    ("place", &["namn", "placering", "adress", "gatuadress", "ort"]),
    ("hours", &["öppettider", "tillgänglighet"]),
];
/// Before the register's number, in the code.
const PREFIX: &str = "SHR-";
/// What the register's days are called, as [`WeeklyHours`] has them.
const DAYS: [(&str, &str); 16] = [
    ("måndag", "mon"),
    ("tisdag", "tue"),
    ("onsdag", "wed"),
    ("torsdag", "thu"),
    ("fredag", "fri"),
    ("lördag", "sat"),
    ("söndag", "sun"),
    ("vardagar", "mon-fri"),
    ("alla dagar", "mon-sun"),
    ("mån", "mon"),
    ("tis", "tue"),
    ("ons", "wed"),
    ("tor", "thu"),
    ("fre", "fri"),
    ("lör", "sat"),
    ("sön", "sun"),
];
const ALWAYS: [&str; 4] = ["dygnet runt", "alltid", "24/7", "alla dagar dygnet runt"];

/// The table as one of resources, when its columns are the register's; columns that resources have no place for are left out.
pub(super) fn translated(table: Table) -> Table {
    let is_ours = |name: &str| matches!(name, "phone" | "code" | "kind");
    let found = COLUMNS.map(|(_, theirs)| {
        let at = |name: &&str| table.header.iter().position(|column| column == name);
        theirs.iter().filter_map(at).collect::<Vec<_>>()
    });
    if table.header.iter().any(|name| is_ours(name)) || found[..3].iter().any(Vec::is_empty) {
        return table;
    }
    let Table { header, records, mut malformed } = table;
    let named = |index: usize| found[index].first().and_then(|at| header.get(*at)).map_or("", String::as_str);
    let mut ours = Vec::with_capacity(records.len());
    for (line, record) in records {
        match Entry::of(&record, &found) {
            Ok(entry) => ours.push((line, entry.record())),
            Err((column, problem)) => malformed.push(RowError::new(line, named(column), Why::Cell, problem)),
        }
    }
    let header = ["code", "kind", "lat", "lon", "place", "hours"].map(str::to_owned).to_vec();
    Table { header, records: ours, malformed }
}

/// One defibrillator of the register.
struct Entry<'a> {
    number: &'a str,
    lat: &'a str,
    lon: &'a str,
    place: String,
    hours: String,
}

impl<'a> Entry<'a> {
    /// What is wrong is told with the index in [`COLUMNS`].
    fn of(record: &'a StringRecord, found: &[Vec<usize>; 5]) -> Result<Self, (usize, String)> {
        let first = |column: usize| found[column].first().and_then(|at| record.get(*at)).unwrap_or("").trim();
        if first(0).is_empty() {
            return Err((0, "expected the register's number".to_owned()));
        }
        let words = found[3].iter().filter_map(|at| record.get(*at)).map(str::trim);
        let place: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        let hours = hours(first(4)).map_err(|problem| (4, problem))?;
        Ok(Self {
            number: first(0),
            lat: first(1),
            lon: first(2),
            place: shortened(&place.join(", ")),
            hours,
        })
    }

    fn record(&self) -> StringRecord {
        let code = format!("{PREFIX}{}", self.number);
        StringRecord::from(vec![&code, "aed", self.lat, self.lon, &self.place, &self.hours])
    }
}

/// As many characters as a place has room for.
fn shortened(text: &str) -> String {
    if text.chars().count() <= PersonName::LENGTH_MAX {
        return text.to_owned();
    }
    text.chars().take(PersonName::LENGTH_MAX - 1).chain(['…']).collect()
}

/// Hours as [`WeeklyHours`] reads them. Whole hours only, so that it opens later and closes earlier than said, never the other
/// way round: whoever is sent there must not find it locked. Nothing said means that nobody knows, and nobody is sent.
fn hours(text: &str) -> Result<String, String> {
    let lower = text.to_lowercase();
    let said = lower.trim();
    if said.is_empty() {
        return Ok(WeeklyHours::NEVER.to_string());
    }
    if ALWAYS.contains(&said) {
        return Ok(WeeklyHours::ALWAYS.to_string());
    }
    let days = DAYS
        .iter()
        .fold(said.replace(['–', '—'], "-"), |text, (theirs, ours)| text.replace(theirs, ours));
    let parts: Option<Vec<String>> = days.split(';').map(|part| whole_hours(part.trim())).collect();
    let read = parts.map(|parts| parts.join("; ")).and_then(|text| text.parse::<WeeklyHours>().ok());
    read.map(|hours| hours.to_string()).ok_or_else(|| {
        format!(
            "'{text}' is no opening hours; expected such as 'dygnet runt' or 'mån-fre 08:00-17:00; lör 10-14'"
        )
    })
}

/// `mon-fri 07:30-16:45` as `mon-fri 8-16`.
fn whole_hours(part: &str) -> Option<String> {
    let (days, span) = part.rsplit_once(' ')?;
    let (from, to) = span.split_once('-')?;
    let time = |text: &str| -> Option<(u8, u8)> {
        let (hour, minute) = text.split_once([':', '.']).unwrap_or((text, "0"));
        Some((hour.parse().ok()?, minute.parse().ok().filter(|minute| *minute < 60)?))
    };
    let ((opens, after), (closes, _)) = (time(from)?, time(to)?);
    Some(format!("{days} {}-{closes}", opens.saturating_add(u8::from(after > 0))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::List;
    use crate::exchange::{Rows, Table, import, preview};
    use crate::{Database, Random, Remit, Timestamp, store};

    const FILE: &str = "Id;Namn;Placering;Ort;Latitud;Longitud;Öppettider;Modell\n\
        30499;ICA Åre;vid kassan;Åre;63,3992;13,0810;mån-fre 07:30-21:45; X\n\
        30500;Brandstationen;utomhus;Duved;63,3938;12,9270;Dygnet runt;\n\
        30501;;;;63,3;13,1;;\n";

    #[test]
    fn opening_hours_are_never_longer_than_said() {
        for (text, expected) in [
            ("Dygnet runt", Ok("always")),
            ("", Ok("never")),
            ("mån-fre 07:30-16:45", Ok("mon-fri 08-16")),
            ("Måndag–fredag 8-17; lördag 10.15-14", Ok("mon-fri 08-17; sat 11-14")),
            ("vardagar 22:00-06:00", Ok("mon 22-24; tue-fri 00-06; tue-fri 22-24; sat 00-06")),
            ("fråga i receptionen", Err(())),
            ("mån-fre 07:75-16", Err(())),
        ] {
            assert_eq!(hours(text).as_deref().map_err(|_| ()), expected, "{text}");
        }
    }

    #[test]
    fn only_a_table_with_the_registers_columns_is_translated() {
        let list = |file: &str| Table::of(file.as_bytes()).unwrap().list().ok();
        assert_eq!(list(FILE), Some(List::Resources));
        assert_eq!(list("id;latitud\n1;63\n"), None);
        assert_eq!(list("phone;name;id;lat;lon\n"), Some(List::Volunteers));
        let wrong = Table::of(FILE.replace("Dygnet runt", "ibland").as_bytes()).unwrap();
        assert_eq!((wrong.malformed[0].line, wrong.malformed[0].column.as_str()), (3, "öppettider"));
    }

    #[tokio::test]
    async fn the_registers_file_imported_twice_changes_nothing() {
        let db = Database::open("sqlite::memory:").await.unwrap();
        store::migrate(&db).await.unwrap();
        let (now, random) = (Timestamp::from_millis(1_795_000_000_000), Random::from_seed(1));
        let table = || Table::of(FILE.as_bytes()).unwrap();
        let report = import(&db, now, &random, table(), Rows::AllOrNothing.into()).await.unwrap();
        assert_eq!(report.created, 3);
        let aed =
            store::resource::by_code(&db, Remit::All, &"SHR-30499".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(aed.place.map(String::from).as_deref(), Some("ICA Åre, vid kassan, Åre"));
        assert_eq!((aed.kind.as_str(), aed.hours.to_string().as_str()), ("aed", "mon-fri 08-21"));
        let again = preview(&db, now, &random, table(), Rows::AllOrNothing.into()).await.unwrap();
        assert_eq!(again.counts().unchanged, 3);
    }
}
