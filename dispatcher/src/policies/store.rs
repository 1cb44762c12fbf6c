//! Where proposals and versions of the policies are kept. A version is written only over the one that its proposal was written against.

use std::sync::Arc;

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Database, Timestamp, Tx, on};

use super::{NotBrought, Policies, Proposal, ProposalId, Refusal, State};
use crate::engine::EngineError;

/// The columns of [`Row`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT v.number, p.id, p.based_on, p.text, p.reason, p.proposed_at, p.proposed_by, p.state, p.settled_at, \
             p.settled_by FROM policy_proposal p LEFT JOIN policy_version v ON v.proposal = p.id ",
            $rest
        )
    };
}

const NUMBER: &str = "SELECT COALESCE(MAX(number), 0) FROM policy_version";

/// A version that the board has approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// 1, 2, 3, …
    pub number: u64,
    /// The proposal that it was.
    pub proposal: Proposal,
}

impl Version {
    /// Its policies, which incidents name by its number.
    ///
    /// # Errors
    /// [`EngineError::Damaged`] when this program does not understand the text, which another may have written.
    pub fn policies(&self) -> Result<Policies, EngineError> {
        Policies::parse(&self.proposal.text).map_err(|error| EngineError::Damaged {
            what: "policies",
            id: self.number.to_string(),
            why: error.to_string(),
        })
    }
}

/// The number of the version in force; 0 before the board has approved any.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn number(db: &Database) -> Result<u64, EngineError> {
    let number: i64 = on!(db, c => sqlx::query_scalar(NUMBER).fetch_one(c).await?);
    Ok(number.unsigned_abs())
}

/// The policies in force and the number of their version; `first` and 0 before the board has approved any.
///
/// # Errors
/// [`EngineError`] when the database fails, the row is damaged, or this program does not understand it.
pub async fn in_force_after(
    db: &Database,
    first: &Arc<Policies>,
) -> Result<(u64, Arc<Policies>), EngineError> {
    match in_force(db).await? {
        None => Ok((0, Arc::clone(first))),
        Some(version) => Ok((version.number, Arc::new(version.policies()?))),
    }
}

/// The same, inside a transaction.
pub(crate) async fn in_force_within(
    tx: &mut Tx,
    first: &Arc<Policies>,
) -> Result<Arc<Policies>, EngineError> {
    let sql = select!("WHERE v.number IS NOT NULL ORDER BY v.number DESC LIMIT 1");
    let row: Option<Row> = on!(tx, c => sqlx::query_as(sql).fetch_optional(c).await?);
    let Some(row) = row else { return Ok(Arc::clone(first)) };
    Ok(Arc::new(row.version()?.policies()?))
}

/// The version in force; none before the board has approved any.
///
/// # Errors
/// [`EngineError`] when the database fails or the row is damaged.
pub async fn in_force(db: &Database) -> Result<Option<Version>, EngineError> {
    Ok(versions(db, 1).await?.pop())
}

/// The latest versions, the newest first.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn versions(db: &Database, limit: u32) -> Result<Vec<Version>, EngineError> {
    let sql = select!("WHERE v.number IS NOT NULL ORDER BY v.number DESC LIMIT $1");
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Row::version).collect()
}

/// One version.
///
/// # Errors
/// [`EngineError`] when the database fails or the row is damaged.
pub async fn version(db: &Database, number: u64) -> Result<Option<Version>, EngineError> {
    let Ok(bound) = i64::try_from(number) else { return Ok(None) };
    let sql = select!("WHERE v.number = $1");
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql).bind(bound).fetch_optional(c).await?);
    row.map(|row| Ok(Version { number, proposal: row.try_into()? })).transpose()
}

/// The latest proposals that were not approved, the newest first: those that wait, and those that were taken back.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn proposals(db: &Database, limit: u32) -> Result<Vec<Proposal>, EngineError> {
    let sql = select!("WHERE p.state <> 'approved' ORDER BY p.proposed_at DESC, p.id DESC LIMIT $1");
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Proposal::try_from).collect()
}

/// One proposal.
///
/// # Errors
/// [`EngineError`] when the database fails or the row is damaged.
pub async fn proposal(db: &Database, id: ProposalId) -> Result<Option<Proposal>, EngineError> {
    let sql = select!("WHERE p.id = $1");
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql).bind(id.to_string()).fetch_optional(c).await?);
    row.map(Proposal::try_from).transpose()
}

/// Puts a proposal down.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn propose(tx: &mut Tx, proposal: &Proposal) -> Result<(), EngineError> {
    const SQL: &str = "INSERT INTO policy_proposal \
        (id, based_on, text, reason, proposed_at, proposed_by, state) VALUES ($1, $2, $3, $4, $5, $6, 'open')";
    let Proposal { id, based_on, text, reason, proposed_at, proposed_by, state: _ } = proposal;
    let based_on = i64::try_from(*based_on).map_err(|_| EngineError::damaged("proposal", id))?;
    let written = on!(tx, c => sqlx::query(SQL)
        .bind(id.to_string()).bind(based_on).bind(text.as_str()).bind(reason.as_str())
        .bind(*proposed_at).bind(proposed_by.to_string())
        .execute(c).await?.rows_affected());
    if written == 1 { Ok(()) } else { Err(EngineError::Settled) }
}

/// Makes a proposal the policies in force, for every incident whose raising commits after this transaction; gives the version's
/// number, or why it was not done. Every node notices by the registry's revision, which this advances.
///
/// # Errors
/// [`EngineError`] when the database fails or the row is damaged.
pub async fn approve(
    tx: &mut Tx,
    now: Timestamp,
    id: ProposalId,
    by: certus_registry::AccountId,
) -> Result<Result<u64, Refusal>, EngineError> {
    const INSERT: &str = "INSERT INTO policy_version (number, proposal) SELECT $1, $2 \
        WHERE $1 = (SELECT COALESCE(MAX(number), 0) + 1 FROM policy_version) ON CONFLICT DO NOTHING";
    certus_registry::store::decisions_change(tx).await?;
    let sql = select!("WHERE p.id = $1");
    let row: Option<Row> = on!(tx, c => sqlx::query_as(sql).bind(id.to_string()).fetch_optional(c).await?);
    let Some(row) = row else { return Ok(Err(Refusal::Unknown)) };
    let proposal = Proposal::try_from(row)?;
    let in_force: i64 = on!(tx, c => sqlx::query_scalar(NUMBER).fetch_one(c).await?);
    if let Err(refusal) = proposal.may_be_approved(by, in_force.unsigned_abs()) {
        return Ok(Err(refusal));
    }
    if let Err(missing) = can_be_brought(tx, &proposal).await? {
        return Ok(Err(Refusal::NotBrought(missing)));
    }
    if !settle(tx, now, id, by, "approved").await? {
        return Ok(Err(Refusal::Settled));
    }
    let number = in_force + 1;
    let written = on!(tx, c => sqlx::query(INSERT).bind(number).bind(id.to_string())
        .execute(c).await?.rows_affected());
    // The registry's revision keeps other approvals out until the commit.
    if written == 1 { Ok(Ok(number.unsigned_abs())) } else { Err(EngineError::Settled) }
}

/// Whether everything that the proposal wants brought can be, by the catalogue as it is until the transaction ends. What this program
/// does not understand, another has written, which looks for itself.
async fn can_be_brought(tx: &mut Tx, proposal: &Proposal) -> Result<Result<(), NotBrought>, EngineError> {
    let kinds = certus_registry::store::catalogue::locked(tx).await?;
    let Ok(policies) = Policies::parse(&proposal.text) else { return Ok(Ok(())) };
    Ok(policies.can_be_brought(&kinds).or_else(
        |missing| {
            if broken(Rule::KnownKind) { Ok(()) } else { Err(missing) }
        },
    ))
}

/// Takes a proposal back; why not, when it does not wait.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn withdraw(
    tx: &mut Tx,
    now: Timestamp,
    id: ProposalId,
    by: certus_registry::AccountId,
) -> Result<Result<(), Refusal>, EngineError> {
    Ok(if settle(tx, now, id, by, "withdrawn").await? { Ok(()) } else { Err(Refusal::Settled) })
}

async fn settle(
    tx: &mut Tx,
    now: Timestamp,
    id: ProposalId,
    by: certus_registry::AccountId,
    state: &str,
) -> Result<bool, EngineError> {
    const SQL: &str = "UPDATE policy_proposal SET state = $1, settled_at = $2, settled_by = $3 \
        WHERE id = $4 AND state = 'open'";
    let written = on!(tx, c => sqlx::query(SQL).bind(state).bind(now).bind(by.to_string()).bind(id.to_string())
        .execute(c).await?.rows_affected());
    Ok(written == 1)
}

#[derive(sqlx::FromRow)]
struct Row {
    number: Option<i64>,
    id: String,
    based_on: i64,
    text: String,
    reason: String,
    proposed_at: Timestamp,
    proposed_by: String,
    state: String,
    settled_at: Option<Timestamp>,
    settled_by: Option<String>,
}

impl Row {
    fn version(self) -> Result<Version, EngineError> {
        let number = self.number.unwrap_or_default().unsigned_abs();
        Ok(Version { number, proposal: self.try_into()? })
    }
}

impl TryFrom<Row> for Proposal {
    type Error = EngineError;
    fn try_from(row: Row) -> Result<Self, EngineError> {
        let damaged = || EngineError::damaged("proposal of policies", &row.id);
        let settled = || {
            let by = row.settled_by.as_deref().and_then(|by| by.parse().ok());
            row.settled_at.zip(by).ok_or_else(damaged)
        };
        let state = match row.state.as_str() {
            "open" => State::Open,
            "approved" => settled().map(|(at, by)| State::Approved { at, by })?,
            "withdrawn" => settled().map(|(at, by)| State::Withdrawn { at, by })?,
            _ => return Err(damaged()),
        };
        Ok(Self {
            id: row.id.parse().map_err(|_| damaged())?,
            based_on: row.based_on.unsigned_abs(),
            proposed_by: row.proposed_by.parse().map_err(|_| damaged())?,
            text: row.text,
            reason: row.reason,
            proposed_at: row.proposed_at,
            state,
        })
    }
}
