//! An application: from what somebody filled in to a volunteer whom the board has yet to look at. All of it or nothing.

use certus_registry::audit::{Action, Line};
use certus_registry::certificate::{CertificateError, CertificateFile, CertificateId};
use certus_registry::phone_code::Purpose;
use certus_registry::store::application::{self, Consent};
use certus_registry::store::{audit, phone_code, volunteer};
use certus_registry::volunteer::{Competence, Day, PersonName, Vetting};
use certus_registry::{
    Availability, BirthYear, CompetenceKind, County, Duty, Language, Mode, Phone, Position, RegistryError,
    Remit, SecretHash, Volunteer, VolunteerId,
};

use crate::api::App;
use crate::places::{Names, coordinates};

/// The text of the consent that is shown now; its words are in the Fluent files under `apply-consent-` and this. Another text
/// gets another version, and the old one stays in the files.
pub const CONSENT: &str = "2026-1";

/// The form as somebody filled it in.
#[derive(Debug, Clone, Default)]
pub struct Filled {
    /// Their name.
    pub name: String,
    /// The year of their birth; may be empty.
    pub birth_year: String,
    /// Words of languages.
    pub languages: Vec<String>,
    /// Words of competences.
    pub competences: Vec<String>,
    /// Words of modes of transport.
    pub modes: Vec<String>,
    /// Where they live: coordinates or the name of a place; may be empty.
    pub home: String,
    /// Whether they agree.
    pub agrees: bool,
    /// A file, if one was chosen.
    pub certificate: Vec<u8>,
}

/// An application that can be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Application {
    name: PersonName,
    birth_year: Option<BirthYear>,
    languages: Vec<Language>,
    competences: Vec<Competence>,
    modes: Vec<Mode>,
    home: Option<Position>,
    certificate: Option<CertificateFile>,
}

/// What could not be read; the key of what was expected, in the Fluent files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong(pub &'static str);

/// What became of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It is with the board.
    Yes(VolunteerId),
    /// Somebody with this phone is registered already.
    Already,
    /// The phone is not proven, or not any more.
    NotProven,
}

impl Filled {
    /// Reads it; the file last, so that whoever must choose it again has only that left to do.
    ///
    /// # Errors
    /// [`Wrong`] names the first that is.
    pub fn read(&self, names: &Names, today: Day) -> Result<Application, Wrong> {
        let name = self.name.parse().map_err(|_| Wrong("apply-wrong-name"))?;
        let birth_year = Some(self.birth_year.trim()).filter(|year| !year.is_empty());
        let birth_year = birth_year.map(|year| BirthYear::read(year, today)).transpose();
        let languages = chosen(&self.languages).filter(|all| !all.is_empty());
        let modes = chosen(&self.modes).filter(|all| !all.is_empty());
        let kinds: Vec<CompetenceKind> = chosen(&self.competences).ok_or(Wrong("apply-wrong-competence"))?;
        let application = Application {
            name,
            birth_year: birth_year.map_err(|_| Wrong("apply-wrong-birth-year"))?,
            languages: languages.ok_or(Wrong("apply-wrong-language"))?,
            competences: kinds.into_iter().map(|kind| Competence { kind, expires: None }).collect(),
            modes: modes.ok_or(Wrong("apply-wrong-mode"))?,
            home: home(&self.home, names)?,
            certificate: None,
        };
        if !self.agrees {
            return Err(Wrong("apply-wrong-consent"));
        }
        Ok(Application { certificate: certificate(&self.certificate)?, ..application })
    }
}

/// Reads a file that somebody chose; none chosen is none.
///
/// # Errors
/// [`Wrong`] says what was expected.
pub fn certificate(bytes: &[u8]) -> Result<Option<CertificateFile>, Wrong> {
    if bytes.is_empty() {
        return Ok(None);
    }
    CertificateFile::read(bytes.to_vec()).map(Some).map_err(|error| {
        Wrong(match error {
            CertificateError::TooLarge => "apply-wrong-file-size",
            CertificateError::Kind => "apply-wrong-file-kind",
            CertificateError::CutOff => "apply-wrong-file-end",
        })
    })
}

/// Each word once; `None` when one is unknown.
fn chosen<T: std::str::FromStr + Ord>(words: &[String]) -> Option<Vec<T>> {
    let mut chosen: Vec<T> = words.iter().map(|word| word.parse().ok()).collect::<Option<_>>()?;
    chosen.sort_unstable();
    chosen.dedup();
    Some(chosen)
}

/// Reads coordinates, or the name of a place; nothing is nowhere.
pub(crate) fn home(text: &str, names: &Names) -> Result<Option<Position>, Wrong> {
    let wrong = Wrong("apply-wrong-home");
    match (text.trim(), coordinates::read(text)) {
        ("", _) => Ok(None),
        (_, Some(read)) => read.map(|understood| Some(understood.position)).map_err(|_| wrong),
        (name, None) => names.search(name, 1).first().map(|place| Some(place.position)).ok_or(wrong),
    }
}

/// Keeps an application for the phone that was proven in the browser that shows `browser`; `words` are those of the consent as
/// they were shown.
///
/// # Errors
/// [`RegistryError`] when the database fails; nothing was kept then.
pub async fn apply(
    app: &App,
    browser: &str,
    application: Application,
    words: String,
) -> Result<Applied, RegistryError> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let spent = phone_code::spend(&mut tx, now, &SecretHash::of(browser), Purpose::Application).await?;
    let Some(phone) = spent else { return Ok(Applied::NotProven) };
    let certificate = application.certificate.clone();
    let person = volunteer_of(VolunteerId::new(now, &app.random), app.config.county, phone, application);
    match volunteer::put(&mut tx, Remit::All, now, &person).await {
        Ok(_) => {}
        Err(RegistryError::Taken { .. }) => return Ok(Applied::Already),
        Err(error) => return Err(error),
    }
    let consent = Consent { version: CONSENT.to_owned(), given_at: now, words };
    application::consent(&mut tx, person.id, &consent).await?;
    if let Some(file) = certificate {
        let id = CertificateId::new(now, &app.random);
        application::add_certificate(&mut tx, now, id, person.id, &file).await?;
    }
    let line = Line::own(now, person.id, Action::PersonApplied, format!("consent {CONSENT}"));
    audit::append(&mut tx, line).await?;
    tx.commit().await?;
    Ok(Applied::Yes(person.id))
}

/// May be asked at any hour, once the board has approved them; both can be changed.
fn volunteer_of(id: VolunteerId, county: County, phone: Phone, application: Application) -> Volunteer {
    let Application { name, birth_year, languages, competences, modes, home, certificate: _ } = application;
    Volunteer {
        id,
        name,
        birth_year,
        phone,
        languages,
        competences,
        modes,
        home,
        duty: Duty::ON,
        availability: Availability::ALWAYS,
        vetting: Vetting::Applied,
        organisation: None,
        county,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::places::Named;

    const TODAY: Day = Day::constant(2026, 11, 26);

    fn filled() -> Filled {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Filled {
            birth_year: "1971".to_owned(),
            name: " Anna  Berg ".to_owned(),
            languages: words(&["sv", "sv"]),
            competences: words(&["cpr"]),
            modes: words(&["car", "foot"]),
            home: "jarpen".to_owned(),
            agrees: true,
            certificate: Vec::new(),
        }
    }

    fn names() -> Names {
        let position = Position::new(63.347, 13.457).unwrap();
        let (name, within, kind) = ("Järpen".to_owned(), "Åre".to_owned(), "village".to_owned());
        Names::of(vec![Named { name, within, kind, position, accuracy_m: 1_000 }])
    }

    #[test]
    fn a_home_is_coordinates_or_a_name_or_not_said() {
        let read =
            |home: &str| Filled { home: home.to_owned(), ..filled() }.read(&names(), TODAY).map(|a| a.home);
        let jarpen = Position::new(63.347, 13.457).unwrap();
        assert_eq!(read("jarpen"), Ok(Some(jarpen)));
        assert_eq!(read("63.347, 13.457"), Ok(Some(jarpen)));
        assert_eq!(read(" "), Ok(None));
        assert_eq!(read("Timbuktu"), Err(Wrong("apply-wrong-home")));
        assert_eq!(read("99.9, 13.4"), Err(Wrong("apply-wrong-home")));
    }

    #[test]
    fn what_is_wrong_is_named_one_after_the_other() {
        let nothing = |change: fn(&mut Filled)| {
            let mut filled = filled();
            change(&mut filled);
            filled.read(&names(), TODAY).map(|_| ())
        };
        assert_eq!(nothing(|_| ()), Ok(()));
        assert_eq!(nothing(|f| f.name.clear()), Err(Wrong("apply-wrong-name")));
        assert_eq!(nothing(|f| f.birth_year = "2020".to_owned()), Err(Wrong("apply-wrong-birth-year")));
        assert_eq!(nothing(|f| f.languages.clear()), Err(Wrong("apply-wrong-language")));
        assert_eq!(nothing(|f| f.modes = vec!["moped".to_owned()]), Err(Wrong("apply-wrong-mode")));
        assert_eq!(nothing(|f| f.agrees = false), Err(Wrong("apply-wrong-consent")));
        assert_eq!(nothing(|f| f.certificate = b"hej".to_vec()), Err(Wrong("apply-wrong-file-kind")));
        assert_eq!(nothing(|f| f.certificate = b"%PDF-1.4".to_vec()), Err(Wrong("apply-wrong-file-end")));
    }
}
