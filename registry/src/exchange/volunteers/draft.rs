//! A row of a file on its way to a volunteer: parsed, not yet compared with what is stored.

use super::super::cell::Cell;
use super::super::organisations::{Mention, Organisations};
use super::super::sheet::Row;
use crate::availability::{Exceptions, Holidays, MonthlyMax};
use crate::birth_year::BirthYearError;
use crate::exchange::{Approvals, RowError, Terms, Why};
use crate::volunteer::{Competence, PersonName, Vetting, VettingError, parse_day};
use crate::{
    Availability, BirthYear, County, Duty, Language, Mode, Phone, Position, Random, Timestamp, Volunteer,
    VolunteerId, WeeklyHours,
};

/// What a row says.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) line: u64,
    name: PersonName,
    birth_year: Cell<BirthYear>,
    pub(super) phone: Phone,
    languages: Cell<Vec<Language>>,
    competences: Cell<Vec<Competence>>,
    modes: Cell<Vec<Mode>>,
    home: Cell<Position>,
    duty: Cell<Duty>,
    plan: Plan,
    vetting: Cell<Vetting>,
    organisation: Cell<Mention>,
    county: Option<County>,
}

impl Draft {
    pub(super) fn parse(row: &Row<'_>) -> Result<Self, RowError> {
        Ok(Self {
            line: row.line,
            name: row.required("name")?,
            birth_year: row.parse("birth_year")?,
            phone: row.required("phone")?,
            languages: row.list("languages")?,
            competences: row.list("competences")?,
            modes: row.list("modes")?,
            home: row.position("home_lat", "home_lon")?,
            duty: row.parse("on_duty")?,
            plan: Plan::parse(row)?,
            vetting: vetting(row)?,
            organisation: Mention::parse(row)?,
            county: row.parse("county")?.value(),
        })
    }

    /// The volunteer who results when `held` is stored under this phone.
    pub(super) fn settle(
        self,
        held: Option<Volunteer>,
        terms: Terms,
        organisations: &mut Organisations,
        now: Timestamp,
        random: &Random,
    ) -> Result<Volunteer, RowError> {
        if let Some(held) = &held {
            terms.covers(self.line, "phone", (held.county, held.organisation))?;
        }
        self.check_vetting(held.as_ref(), terms)?;
        self.check_age(now)?;
        let county = terms.county_of(self.line, self.county, held.as_ref().map(|held| held.county))?;
        let organisation = organisations.resolve(self.organisation, terms, now, random)?;
        let held = held.unwrap_or_else(|| newcomer(&self.name, &self.phone, county, now, random));
        let organisation = organisation.settle_optional(held.organisation);
        Ok(Volunteer {
            id: held.id,
            name: self.name,
            birth_year: self.birth_year.settle_optional(held.birth_year),
            phone: self.phone,
            languages: self.languages.settle(held.languages, default_languages()),
            competences: self.competences.settle(held.competences, Vec::new()),
            modes: self.modes.settle(held.modes, default_modes()),
            home: self.home.settle_optional(held.home),
            duty: held.duty.after_list(self.duty.settle(held.duty, DEFAULT_DUTY)),
            availability: self.plan.settle(held.availability),
            vetting: self.vetting.settle(held.vetting, DEFAULT_VETTING),
            organisation: terms.organisation_of(self.line, organisation)?,
            county,
        })
    }

    /// Whether somebody born then may be registered.
    fn check_age(&self, now: Timestamp) -> Result<(), RowError> {
        let Cell::Value(year) = self.birth_year else { return Ok(()) };
        // The year of the county and that of Greenwich differ for two hours: nobody is refused for those.
        let today = now.in_zone(&jiff::tz::TimeZone::UTC).date();
        let is_old_enough = year.is_old_enough(today);
        if is_old_enough {
            Ok(())
        } else {
            Err(RowError::new(self.line, "birth_year", Why::Cell, BirthYearError))
        }
    }

    /// Whether the file may say this of the person's vetting.
    fn check_vetting(&self, held: Option<&Volunteer>, terms: Terms) -> Result<(), RowError> {
        let before = held.map_or(DEFAULT_VETTING, |held| held.vetting);
        let listed = match self.vetting {
            Cell::Value(listed) => listed,
            Cell::Empty => DEFAULT_VETTING,
            Cell::Absent => before,
        };
        let is_approval = matches!(listed, Vetting::Approved { .. });
        let is_new = listed != before;
        match terms.approvals {
            Approvals::Untouched if is_new && terms.remit.organisation().is_some() => {
                Err(RowError::new(self.line, "vetting", Why::ByBoard, ONLY_BY_THE_BOARD))
            }
            Approvals::Untouched if is_new && is_approval => {
                Err(RowError::new(self.line, "vetting", Why::ByOfficials, ONLY_BY_OFFICIALS))
            }
            Approvals::Untouched | Approvals::AsListed => Ok(()),
        }
    }
}

/// What a row says of a person's availability.
#[derive(Debug)]
struct Plan {
    hours: Cell<WeeklyHours>,
    holidays: Cell<Holidays>,
    nights: Cell<bool>,
    exceptions: Cell<Exceptions>,
    monthly_max: Cell<MonthlyMax>,
}

impl Plan {
    fn parse(row: &Row<'_>) -> Result<Self, RowError> {
        Ok(Self {
            hours: row.parse("hours")?,
            holidays: row.parse("holidays")?,
            nights: row.parse_with("nights", yes_or_no)?,
            exceptions: row.parse("exceptions")?,
            monthly_max: row.parse("monthly_max")?,
        })
    }

    fn settle(self, held: Availability) -> Availability {
        let default = Availability::ALWAYS;
        Availability {
            hours: self.hours.settle(held.hours, default.hours),
            holidays: self.holidays.settle(held.holidays, default.holidays),
            nights: self.nights.settle(held.nights, default.nights),
            exceptions: self.exceptions.settle(held.exceptions, default.exceptions),
            monthly_max: self.monthly_max.settle_optional(held.monthly_max),
        }
    }
}

fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text.trim().to_lowercase().as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("expected yes or no"),
    }
}

/// Why a page's import approves nobody.
const ONLY_BY_OFFICIALS: &str = "nobody is approved by a list: two officials do it on the person's page; leave \
     what is stored, or leave out the columns vetting and vetted_until";
/// Why an organisation's import changes nobody's vetting.
const ONLY_BY_THE_BOARD: &str = "the county board alone says how far somebody's vetting has come; leave what is stored, or \
     leave out the columns vetting and vetted_until";
const DEFAULT_DUTY: Duty = Duty::ON;
const DEFAULT_VETTING: Vetting = Vetting::Applied;

fn default_languages() -> Vec<Language> {
    vec![Language::Swedish]
}

fn default_modes() -> Vec<Mode> {
    vec![Mode::Foot]
}

fn newcomer(name: &PersonName, phone: &Phone, county: County, now: Timestamp, random: &Random) -> Volunteer {
    Volunteer {
        id: VolunteerId::new(now, random),
        name: name.clone(),
        birth_year: None,
        phone: phone.clone(),
        languages: default_languages(),
        competences: Vec::new(),
        modes: default_modes(),
        home: None,
        duty: DEFAULT_DUTY,
        availability: Availability::ALWAYS,
        vetting: DEFAULT_VETTING,
        organisation: None,
        county,
    }
}

fn vetting(row: &Row<'_>) -> Result<Cell<Vetting>, RowError> {
    let until = row.parse_with("vetted_until", parse_day)?.value();
    let read = |word| {
        Vetting::from_columns(word, until)
            .map_err(|problem| row.error(column_of(&problem), Why::Cell, problem))
    };
    match row.text("vetting") {
        Cell::Absent => Ok(Cell::Absent),
        Cell::Empty if until.is_some() => read(DEFAULT_VETTING.columns().0).map(Cell::Value),
        Cell::Empty => Ok(Cell::Empty),
        Cell::Value(word) => read(word).map(Cell::Value),
    }
}

/// Where the problem is to be mended.
fn column_of(problem: &VettingError) -> &'static str {
    match problem {
        VettingError::Word(_) => "vetting",
        VettingError::NoDay | VettingError::Day(_) => "vetted_until",
    }
}
