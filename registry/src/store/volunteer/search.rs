//! People by name, as a list shows them.

use sqlx::QueryBuilder;

use super::{Row, select};
use crate::fold::fold;
use crate::store::narrow_to;
use crate::{CompetenceKind, Database, OrganisationId, RegistryError, Remit, Volunteer, VolunteerId, on};

/// What a list is narrowed to. Empty: everybody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Parts of the name, or digits of the number, in any order.
    pub text: &'a str,
    /// The state of vetting, as [`STATES`] has it.
    pub vetting: Option<&'static str>,
    /// Something they can do, expired or not.
    pub competence: Option<CompetenceKind>,
    /// The organisation that keeps them on its list.
    pub organisation: Option<OrganisationId>,
}

/// At most `limit` people within the remit by name, those after the one named, as far as the filter lets them through.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn search(
    db: &Database,
    remit: Remit,
    filter: Filter<'_>,
    after: Option<VolunteerId>,
    limit: u32,
) -> Result<Vec<Volunteer>, RegistryError> {
    let rows: Vec<Row> = on!(db, c => {
        let mut query = QueryBuilder::new(select!("WHERE 1 = 1"));
        narrow(&mut query, remit, filter);
        if let Some(after) = after {
            query.push(" AND (folded, id) > (SELECT folded, id FROM volunteer WHERE id = ").push_bind(after.to_string());
            query.push(")");
        }
        query.push(" ORDER BY folded, id LIMIT ").push_bind(i64::from(limit));
        query.build_query_as().fetch_all(c).await?
    });
    rows.into_iter().map(Volunteer::try_from).collect()
}

/// How many people within the remit the filter lets through.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn count_of(db: &Database, remit: Remit, filter: Filter<'_>) -> Result<u64, RegistryError> {
    let count: i64 = on!(db, c => {
        let mut query = QueryBuilder::new("SELECT COUNT(*) FROM volunteer WHERE 1 = 1");
        narrow(&mut query, remit, filter);
        query.build_query_scalar().fetch_one(c).await?
    });
    Ok(count.unsigned_abs())
}

/// Adds the conditions of the remit and of the filter.
fn narrow<DB: sqlx::Database>(query: &mut QueryBuilder<DB>, remit: Remit, filter: Filter<'_>)
where
    String: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    narrow_to(query, remit);
    if let Some(organisation) = filter.organisation {
        query.push(" AND organisation_id = ").push_bind(organisation.to_string());
    }
    for part in parts(filter.text) {
        let column = if part.is_number { " AND phone LIKE " } else { " AND folded LIKE " };
        query.push(column).push_bind(format!("%{}%", part.text));
    }
    if let Some(vetting) = filter.vetting {
        query.push(" AND vetting = ").push_bind(vetting.to_owned());
    }
    if let Some(competence) = filter.competence {
        // A list of words, each perhaps with a day behind a colon.
        query.push(" AND (' ' || competences || ' ' LIKE ").push_bind(format!("% {competence} %"));
        query.push(" OR ' ' || competences LIKE ").push_bind(format!("% {competence}:%")).push(")");
    }
}

/// A part of what was typed.
struct Part {
    text: String,
    is_number: bool,
}

/// Digits together are a number, whose leading zeros are the country's; anything else is parts of a name. Folding leaves
/// nothing that `LIKE` takes for a pattern.
fn parts(text: &str) -> Vec<Part> {
    let folded = fold(text);
    let digits: String = folded.split(' ').collect();
    if digits.len() >= 3 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return vec![Part { text: digits.trim_start_matches('0').to_owned(), is_number: true }];
    }
    let words = folded.split(' ').filter(|word| !word.is_empty());
    words.map(|word| Part { text: word.to_owned(), is_number: false }).collect()
}

/// Every state of vetting, as [`columns`](crate::volunteer::Vetting::columns) spells it.
pub const STATES: [&str; 4] = ["applied", "approved", "suspended", "left"];

/// The spelling of a state that somebody asked for.
#[must_use]
pub fn state(text: &str) -> Option<&'static str> {
    STATES.into_iter().find(|state| *state == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volunteer::Vetting;

    #[test]
    fn every_state_of_vetting_can_be_asked_for() {
        let until = crate::volunteer::Day::constant(2026, 1, 1);
        for vetting in [Vetting::Applied, Vetting::Approved { until }, Vetting::Suspended, Vetting::Left] {
            assert_eq!(state(vetting.columns().0), Some(vetting.columns().0));
        }
        assert_eq!(state("gone"), None);
    }

    #[test]
    fn digits_are_a_number_however_they_are_grouped_and_nothing_typed_is_a_pattern() {
        let typed =
            |text| parts(text).into_iter().map(|part| (part.text, part.is_number)).collect::<Vec<_>>();
        assert_eq!(typed("070-174 06 05"), [("701740605".to_owned(), true)]);
        assert_eq!(typed("+46 70 174"), [("4670174".to_owned(), true)]);
        assert_eq!(typed(" Åsén  Märta "), [("asen".to_owned(), false), ("marta".to_owned(), false)]);
        assert_eq!(typed("%_ '"), []);
        assert_eq!(typed("12"), [("12".to_owned(), false)]);
    }
}
