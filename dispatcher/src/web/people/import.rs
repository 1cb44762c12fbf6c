//! `/people/import`: a file is uploaded, what it would change is shown, and what was shown is imported; `/people/export`: lists to
//! take home.
//!
//! Nothing is imported here but the very bytes that were shown, at the very revision of the registry at which they were. Nobody is
//! approved by a file: [`Approvals::Untouched`].

use std::future::Future;

use askama::Template;
use axum::Form;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::{Multipart, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use certus_registry::audit::Action;
use certus_registry::exchange::{
    self, Alike, Approvals, Counts, ExportError, Fate, Format, ImportError, List, Plan, Planned, RowError,
    Rows, Table, Terms, Why,
};
use certus_registry::{Language, Scope, Secret, Tx, VolunteerId};
use serde::Deserialize;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use crate::api::{App, Code, Problem, Query, SharedApp};
use crate::text::text;
use crate::uploads;
use crate::web::page::{Page, word};
use crate::web::visitor::Visitor;

/// The largest file taken here, bytes: 60 000 people. More are imported on the server.
pub(super) const UPLOAD_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Files read, or lists written, at once: each takes a core and some hundred megabytes while it lasts.
pub(crate) const AT_ONCE_MAX: usize = 2;
/// Rows shown of a preview, those that need a look first.
const ROWS_SHOWN_MAX: usize = 200;
/// People named in one line of the log.
const ABOUT_MAX: usize = 500;

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    visitor: Visitor,
    /// Why nothing was read or imported: the stable word, and the same for people.
    refusal: Option<(&'static str, String)>,
    preview: Option<Preview>,
    /// What was imported.
    done: Option<Counts>,
}

impl Page for ImportPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

/// A file's plan as it is shown.
struct Preview {
    /// Names it when it is confirmed.
    name: String,
    list: List,
    counts: Counts,
    rows: Vec<Shown>,
    /// Rows that would change something or cannot be imported, but are not shown.
    hidden: usize,
}

/// A row as it is shown.
struct Shown {
    line: u64,
    name: String,
    person: Option<VolunteerId>,
    /// Whom it looks like.
    alike: Option<VolunteerId>,
    fate: &'static str,
    details: Vec<String>,
}

/// The confirmation of a preview.
#[derive(Deserialize)]
pub(super) struct Confirmed {
    preview: String,
    /// Ticked when the bad rows are to be left out.
    #[serde(default)]
    partial: String,
}

/// What is to be taken home.
#[derive(Deserialize)]
pub(super) struct Wanted {
    list: List,
    format: Format,
}

pub(super) async fn form(visitor: Visitor) -> Result<Response, Problem> {
    visitor.require(Scope::MembersWrite)?;
    shown(visitor, StatusCode::OK, None, None, None)
}

/// Shows what the file would change.
pub(super) async fn upload(
    State(app): State<SharedApp>,
    visitor: Visitor,
    body: Result<Multipart, MultipartRejection>,
) -> Result<Response, Problem> {
    visitor.require(Scope::MembersWrite)?;
    let permit = permit(&app)?; // before the body is read: so many bodies are in memory, and no more
    let file = match received(body).await {
        Ok(file) => file,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return refused(visitor, StatusCode::PAYLOAD_TOO_LARGE, &ImportError::TooLarge);
        }
        Err(error) => return Err(Problem::new(Code::BadRequest, error.body_text())),
    };
    let (plan, file) =
        match planned(&app, permit, terms(&app, &visitor, Rows::AllOrNothing, None), file).await? {
            Ok(planned) => planned,
            Err(error) => return answered(visitor, error),
        };
    let preview = Secret::generate(&app.random).reveal().to_owned();
    let actor = visitor.caller.actor();
    uploads::keep(&app.db, app.clock.now(), actor, &preview, (plan.revision, &file)).await?;
    let preview = Preview::of(visitor.language, preview, &plan);
    let about = preview.rows.iter().flat_map(|row| row.person.into_iter().chain(row.alike)).collect();
    app.looked_at(&visitor.caller, Action::PeopleListed, about).await?;
    shown(visitor, StatusCode::OK, None, Some(preview), None)
}

/// Imports what was shown.
pub(super) async fn confirm(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Form(confirmed): Form<Confirmed>,
) -> Result<Response, Problem> {
    visitor.require(Scope::MembersWrite)?;
    let permit = permit(&app)?;
    let (now, actor) = (app.clock.now(), visitor.caller.actor());
    let Some((revision, file)) = uploads::shown(&app.db, now, actor, &confirmed.preview).await? else {
        return over(visitor);
    };
    let table = match apart(permit, async move { Table::of(&file) }).await? {
        Ok(table) => table,
        Err(error) => return answered(visitor, error),
    };
    let rows = if confirmed.partial.is_empty() { Rows::AllOrNothing } else { Rows::Partial };
    let terms = terms(&app, &visitor, rows, Some(revision));
    let mut tx = app.db.begin().await?;
    if !uploads::forget(&mut tx, actor, &confirmed.preview).await? {
        return over(visitor);
    }
    let plan = match exchange::import_within(&mut tx, now, &app.random, table, terms).await {
        Ok(plan) => plan,
        Err(error) => return answered(visitor, error),
    };
    written_down(&app, &mut tx, &visitor, &plan).await?;
    tx.commit().await?;
    shown(visitor, StatusCode::OK, None, None, Some(plan.counts()))
}

/// A list as a file.
pub(super) async fn export(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Query(Wanted { list, format }): Query<Wanted>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersRead)?;
    let permit = permit(&app)?;
    let (db, remit) = (app.db.clone(), visitor.caller.remit());
    let work = async move {
        let mut file = Vec::new();
        exchange::export(&db, remit, list, format, &mut file).await.map(|people| (file, people))
    };
    let (file, people) = apart(permit, work).await?.map_err(|error| match error {
        ExportError::Registry(error) => error.into(),
        ExportError::Write(error) => Problem::internal(&error),
    })?;
    taken_home(&app, &visitor, list, &people).await?;
    Ok(download(list.as_str(), format, file))
}

/// A file to be saved under this name.
pub(super) fn download(name: &str, format: Format, file: Vec<u8>) -> Response {
    let kind = match format {
        Format::Csv => "text/csv; charset=utf-8",
        Format::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    };
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{format}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, file).into_response()
}

/// Who is in a file, in the log before it is sent. A file of every county is about everybody, and names nobody.
async fn taken_home(app: &App, visitor: &Visitor, list: List, people: &[VolunteerId]) -> Result<(), Problem> {
    let action = if list == List::Volunteers { Action::PeopleExported } else { Action::ListExported };
    let remit = visitor.caller.remit();
    let said = if remit.is_all() { list.to_string() } else { format!("{list} of {remit}") };
    let mut tx = app.db.begin().await?;
    if remit.is_all() || people.is_empty() {
        app.did(&mut tx, &visitor.caller, action, Vec::new(), &said).await?;
    }
    for about in people.chunks(ABOUT_MAX).filter(|_| !remit.is_all()) {
        app.did(&mut tx, &visitor.caller, action, about.to_vec(), &said).await?;
    }
    Ok(tx.commit().await?)
}

/// Nobody is approved by a file, nor written on a list that is not the visitor's.
fn terms(app: &App, visitor: &Visitor, rows: Rows, revision: Option<i64>) -> Terms {
    let (remit, county) = (visitor.caller.remit(), app.config.county);
    Terms { rows, approvals: Approvals::Untouched, remit, county, revision }
}

/// The right to read one more file, at once or not at all.
fn permit(app: &App) -> Result<OwnedSemaphorePermit, Problem> {
    let busy = "other files are being read just now; try again in a minute";
    app.exchanges.clone().try_acquire_owned().map_err(|_| Problem::new(Code::TooManyRequests, busy))
}

/// The bytes of the form's file.
async fn received(body: Result<Multipart, MultipartRejection>) -> Result<Vec<u8>, Received> {
    let mut form = body.map_err(Received::Form)?;
    while let Some(field) = form.next_field().await.map_err(Received::Field)? {
        if field.name() == Some("file") {
            return Ok(field.bytes().await.map_err(Received::Field)?.into());
        }
    }
    Ok(Vec::new())
}

/// Why a form could not be read.
enum Received {
    Form(MultipartRejection),
    Field(MultipartError),
}

impl Received {
    fn status(&self) -> StatusCode {
        match self {
            Self::Form(error) => error.status(),
            Self::Field(error) => error.status(),
        }
    }

    fn body_text(&self) -> String {
        match self {
            Self::Form(error) => error.body_text(),
            Self::Field(error) => error.body_text(),
        }
    }
}

/// What the file would change, and the file.
async fn planned(
    app: &App,
    permit: OwnedSemaphorePermit,
    terms: Terms,
    file: Vec<u8>,
) -> Result<Result<(Plan, Vec<u8>), ImportError>, Problem> {
    let (db, now, random) = (app.db.clone(), app.clock.now(), app.random.clone());
    apart(permit, async move {
        let table = Table::of(&file)?;
        Ok((exchange::preview(&db, now, &random, table, terms).await?, file))
    })
    .await
}

/// Does what takes long on a thread of its own, so that no call-out waits for it. It may go on when nobody waits for it any
/// longer: only for what changes nothing.
async fn apart<T: Send + 'static>(
    permit: OwnedSemaphorePermit,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Problem> {
    let runtime = Handle::current();
    let done = tokio::task::spawn_blocking(move || {
        let _permit = permit; // given back when the work is done, not when the request is over
        runtime.block_on(work)
    });
    done.await.map_err(|error| Problem::internal(&error))
}

/// Who was added or changed, in the log.
async fn written_down(app: &App, tx: &mut Tx, visitor: &Visitor, plan: &Plan) -> Result<(), Problem> {
    let Counts { new, changed, unchanged, refused } = plan.counts();
    let detail =
        format!("{}: {new} new, {changed} changed, {unchanged} unchanged, {refused} left out", plan.list);
    let action = if plan.list == List::Volunteers { Action::PeopleImported } else { Action::ListImported };
    app.did(tx, &visitor.caller, action, Vec::new(), &detail).await?;
    let is_touched = |row: &&Planned| matches!(row.fate, Fate::New | Fate::Changed(_));
    let about: Vec<VolunteerId> = plan.rows.iter().filter(is_touched).filter_map(|row| row.person).collect();
    for about in about.chunks(ABOUT_MAX) {
        app.did(tx, &visitor.caller, Action::PersonChanged, about.to_vec(), "import").await?;
    }
    Ok(())
}

fn over(visitor: Visitor) -> Result<Response, Problem> {
    let why = text(visitor.language, "import-refused-over", &[]);
    shown(visitor, StatusCode::CONFLICT, Some(("over", why)), None, None)
}

/// Answers why a file was not read or imported; what is wrong with the database, as everywhere.
fn answered(visitor: Visitor, error: ImportError) -> Result<Response, Problem> {
    match error {
        ImportError::Registry(error) => Err(error.into()),
        ImportError::Outdated => refused(visitor, StatusCode::CONFLICT, &error),
        ImportError::TooLarge | ImportError::UnpacksTooLarge => {
            refused(visitor, StatusCode::PAYLOAD_TOO_LARGE, &error)
        }
        ImportError::Read(_)
        | ImportError::Empty
        | ImportError::TooManyRows
        | ImportError::TooManyColumns
        | ImportError::Foreign(_)
        | ImportError::Damaged(_)
        | ImportError::Encoding { .. }
        | ImportError::Header(_)
        | ImportError::Refused(_) => refused(visitor, StatusCode::UNPROCESSABLE_ENTITY, &error),
    }
}

fn refused(visitor: Visitor, status: StatusCode, error: &ImportError) -> Result<Response, Problem> {
    let language = visitor.language;
    let key = format!("import-refused-{}", error.code().replace('_', "-"));
    let kind = if let ImportError::Foreign(foreign) = error {
        word(language, "foreign", foreign)
    } else {
        String::new()
    };
    let values = [
        ("kind", kind.into()),
        ("why", error.to_string().into()),
        ("megabytes", (UPLOAD_BYTES_MAX / 1024 / 1024).to_string().into()),
    ];
    let why = text(language, &key, &values);
    shown(visitor, status, Some((error.code(), why)), None, None)
}

fn shown(
    visitor: Visitor,
    status: StatusCode,
    refusal: Option<(&'static str, String)>,
    preview: Option<Preview>,
    done: Option<Counts>,
) -> Result<Response, Problem> {
    let page = ImportPage { visitor, refusal, preview, done };
    page.visitor.shown_as(status, &page)
}

impl Preview {
    fn of(language: Language, name: String, plan: &Plan) -> Self {
        let counts = plan.counts();
        let mut rows: Vec<&Planned> = plan.rows.iter().filter(|row| row.fate != Fate::Unchanged).collect();
        rows.sort_by_key(|row| match row.fate {
            Fate::Refused(_) => 0,
            Fate::Changed(_) => 1,
            Fate::New if row.alike.is_some() => 1,
            Fate::New => 2,
            Fate::Unchanged => 3,
        });
        let hidden = rows.len().saturating_sub(ROWS_SHOWN_MAX);
        let rows = rows.into_iter().take(ROWS_SHOWN_MAX).map(|row| Shown::of(language, row)).collect();
        Self { name, list: plan.list, counts, rows, hidden }
    }

    /// Whether anything would be imported.
    fn is_worth_it(&self) -> bool {
        self.counts.new + self.counts.changed > 0
    }
}

impl Shown {
    fn of(language: Language, row: &Planned) -> Self {
        let (fate, details) = match &row.fate {
            Fate::New => ("new", row.alike.iter().map(|alike| looks_like(language, alike)).collect()),
            Fate::Unchanged => ("unchanged", Vec::new()),
            Fate::Refused(error) => ("refused", vec![wrong(language, error)]),
            Fate::Changed(differences) => {
                let said = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
                let one = |change: &exchange::Difference| {
                    let values = [
                        ("column", change.column.into()),
                        ("from", said(&change.from).into()),
                        ("to", said(&change.to).into()),
                    ];
                    text(language, "import-change", &values)
                };
                ("changed", differences.iter().map(one).collect())
            }
        };
        let person = row.person.filter(|_| matches!(row.fate, Fate::Changed(_)));
        let alike = row.alike.as_ref().map(|alike| alike.id);
        Self { line: row.line, name: row.name.clone(), person, alike, fate, details }
    }
}

/// What is wrong with a row: its column, what stands there, and what is to be done.
fn wrong(language: Language, error: &RowError) -> String {
    let what = if error.why == Why::Cell {
        text(language, "import-cell", &[("column", error.column.as_str().into())])
    } else {
        word(language, "import-row", error.why)
    };
    match (error.column.as_str(), error.found.as_deref()) {
        ("", _) => what,
        (column, None) => format!("{column}: {what}"),
        (column, Some(found)) => format!("{column}, ”{found}”: {what}"),
    }
}

/// Whom a new row looks like, and why.
fn looks_like(language: Language, alike: &Alike) -> String {
    let values =
        [("name", alike.name.as_str().into()), ("why", word(language, "likeness", alike.why).into())];
    text(language, "import-alike", &values)
}
