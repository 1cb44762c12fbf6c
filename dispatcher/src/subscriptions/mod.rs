//! Calendars that are fetched again and again from where their owners have them. What one says takes the place of what it said
//! before; one that brings nothing changes nothing, and its owner sees why at their own page.
//!
//! Each fetch is taken by one of several nodes: when it is due next is moved on, compare-and-set, before it begins.

mod address;
mod fetch;

use std::time::Duration;

use certus_registry::audit::{Action, Line};
use certus_registry::availability::{ExceptionError, Exceptions, Reason};
use certus_registry::store::calendar::{self, Followed, Imported};
use certus_registry::store::{audit, volunteer};
use certus_registry::{RegistryError, Remit, Timestamp, Tx, VolunteerId};
use jiff::civil::DateTime;

pub use address::{Address, NoAddress, Origin, is_public};
pub use fetch::{Failure, Fetcher};

use crate::api::{App, SharedApp};
use crate::calendar::read::{Calendar, Refused, read};
use crate::calendar::replaced;

/// How often it is looked which calendars are due.
const LOOK_EVERY: Duration = Duration::from_mins(5);
/// Calendars in one pass; the next follows at once.
const AT_ONCE: u32 = 20;
/// What the log says of a change that somebody's calendar made.
const FROM_ADDRESS: &str = "availability, from a calendar that is fetched";

/// Why what a calendar says was not put in place.
#[derive(Debug, thiserror::Error)]
pub enum NotPut {
    /// The database.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// There are too many exceptions with it.
    #[error(transparent)]
    Exceptions(#[from] ExceptionError),
}

/// Apart from the threads that answer requests: rules are worked out for as long as the bounds allow.
///
/// # Errors
/// [`Refused`].
pub async fn understood(app: &App, file: Vec<u8>) -> Result<Calendar, Refused> {
    let (now, zone) = (app.clock.now(), app.config.time_zone.0.clone());
    let reading = tokio::task::spawn_blocking(move || read(&file, now.in_zone(&zone).timestamp(), &zone));
    // A rule at which the library gives up by a panic is one that nobody can read.
    reading.await.unwrap_or(Err(Refused::NoCalendar))
}

/// Puts what a calendar says in place of what it said before; `None`: the calendar goes. `false` when there is no such person.
/// Hold the person first (`volunteer::locked`).
///
/// # Errors
/// [`NotPut`]; nothing is written then.
pub async fn put(
    tx: &mut Tx,
    (now, local): (Timestamp, DateTime),
    who: VolunteerId,
    name: &Reason,
    new: Option<Imported>,
) -> Result<bool, NotPut> {
    let before = calendar::imported_from(tx, who, name).await?;
    let before = before.map_or(Exceptions::NONE, |imported| imported.exceptions);
    let exceptions = new.as_ref().map_or(Exceptions::NONE, |imported| imported.exceptions.clone());
    let found = replace(tx, (now, local), who, (&before, &exceptions)).await?;
    match new {
        Some(imported) => calendar::put_imported(tx, who, &imported).await?,
        None => drop(calendar::remove_imported(tx, who, name).await?),
    }
    Ok(found)
}

/// Puts exceptions of a calendar in place of those from before; `false` when there is no such person.
async fn replace(
    tx: &mut Tx,
    (now, local): (Timestamp, DateTime),
    who: VolunteerId,
    (before, new): (&Exceptions, &Exceptions),
) -> Result<bool, NotPut> {
    let changed = volunteer::change_availability(tx, Remit::All, now, who, |mut held| {
        held.exceptions = replaced(&held.exceptions, before, new.iter().cloned(), local)?;
        Ok::<_, NotPut>(held)
    });
    changed.await
}

/// Fetches what is due; whether more is.
///
/// # Errors
/// [`RegistryError`] when the database fails; what was fetched is written.
pub async fn pass(app: &App) -> Result<bool, RegistryError> {
    let due = calendar::due(&app.db, app.clock.now(), AT_ONCE).await?;
    let more = due.len() == AT_ONCE as usize;
    for (who, imported) in due {
        let Some(followed) = &imported.followed else { continue };
        let next = app.clock.now() + app.config.calendars.fetch_every();
        let mut tx = app.db.begin().await?;
        let ours = calendar::take(&mut tx, who, &imported.name, (followed.fetch_at, next)).await?;
        tx.commit().await?;
        if ours {
            let new = fetched(app, followed, &imported.name).await;
            let followed = Followed { fetch_at: next, ..followed.clone() };
            write(app, who, Imported { followed: Some(followed), ..imported }, new).await?;
        }
    }
    Ok(more)
}

async fn fetched(app: &App, followed: &Followed, name: &Reason) -> Result<Exceptions, Failure> {
    let address = Address::parse(&followed.address, app.calendars.trusted());
    let file = app.calendars.fetch(&address.map_err(|_| Failure::NotThere)?).await?;
    let calendar = understood(app, file).await.map_err(Failure::Refused)?;
    Exceptions::of(calendar.exceptions(name)).map_err(|_| Failure::NoRoom)
}

/// Writes down what came, unless the owner has changed the calendar meanwhile.
async fn write(
    app: &App,
    who: VolunteerId,
    before: Imported,
    new: Result<Exceptions, Failure>,
) -> Result<(), RegistryError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let there = volunteer::locked(&mut tx, Remit::All, who).await?.is_some();
    if !there || calendar::imported_from(&mut tx, who, &before.name).await?.as_ref() != Some(&before) {
        return Ok(());
    }
    let new = match new {
        Ok(exceptions) if exceptions != before.exceptions => {
            let at = (now, now.in_zone(&app.config.time_zone.0).datetime());
            match replace(&mut tx, at, who, (&before.exceptions, &exceptions)).await {
                Ok(_) => {
                    audit::append(&mut tx, Line::own(now, who, Action::PersonChanged, FROM_ADDRESS)).await?;
                    Ok(exceptions)
                }
                Err(NotPut::Registry(error)) => return Err(error),
                Err(NotPut::Exceptions(_)) => Err(Failure::NoRoom),
            }
        }
        as_before => as_before,
    };
    let failure = new.as_ref().err().map(|failure| failure.as_str().to_owned());
    let (exceptions, imported_at) =
        new.map_or((before.exceptions, before.imported_at), |exceptions| (exceptions, now));
    let followed = before.followed.map(|followed| Followed { failure, ..followed });
    let imported = Imported { name: before.name, exceptions, imported_at, followed };
    calendar::put_imported(&mut tx, who, &imported).await?;
    Ok(tx.commit().await?)
}

/// Fetches what is due until the server stops.
pub async fn run(app: SharedApp) {
    loop {
        let more = match pass(&app).await {
            Ok(more) => more,
            Err(error) => {
                tracing::warn!(%error, "calendars could not be fetched; tried again in five minutes");
                false
            }
        };
        let next = if more { app.clock.now() } else { app.clock.now() + LOOK_EVERY };
        if app.stops_before(next).await {
            return;
        }
    }
}
