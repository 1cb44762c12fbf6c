//! `/v1/resource-kinds`: the catalogue of the kinds of resource.

use std::borrow::Cow;

use axum::extract::State;
use certus_registry::audit::Action;
use certus_registry::catalogue::{ConfirmedFor, Entry, Phrase, Words};
use certus_registry::store::{Change, catalogue};
use certus_registry::{CompetenceKind, ResourceKind, Scope, Season};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{Object, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Caller, Json, Path, Problem, SharedApp, openapi};
use crate::catalogue::{change, said};

/// The routes below `/v1`.
pub fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put))
}

/// What is said of a kind of resource.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ResourceKindFields)]
struct Fields {
    /// Its name in lists.
    name: InBoth,
    /// The same in the middle of a sentence: what people are told to fetch.
    the: InBoth,
    /// The season that each needs that names none of its own: `snow`, `ice` or `open_water`.
    #[schema(value_type = Option<String>, example = "snow")]
    season: Option<Season>,
    /// What whoever takes one must hold, a competence, where it names no licence of its own.
    #[schema(value_type = Option<String>, example = "boat_licence")]
    licence: Option<CompetenceKind>,
    /// For how many months somebody's word that one is there and in order holds; none: nobody is asked for it.
    #[schema(value_type = Option<u8>, minimum = 1, maximum = 60, example = 12)]
    confirmed_months: Option<ConfirmedFor>,
    /// Whether people who are called out may be told to bring one.
    brought: bool,
    /// Whether there are to be no new ones.
    #[serde(default)]
    retired: bool,
}

/// Words in both languages, 1 to 40 characters each.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KindWords)]
struct InBoth {
    /// Swedish.
    #[schema(value_type = String, min_length = 1, max_length = 40, example = "hydrokopter")]
    sv: Phrase,
    /// English.
    #[schema(value_type = String, min_length = 1, max_length = 40, example = "hydrocopter")]
    en: Phrase,
}

/// A kind of resource.
#[derive(Debug, Serialize)]
struct View {
    /// Its code, as resources and policies name it.
    code: ResourceKind,
    #[serde(flatten)]
    fields: Fields,
}

impl PartialSchema for View {
    fn schema() -> RefOr<Schema> {
        let code = Object::builder().schema_type(Type::String).examples(["hydrocopter"]);
        let code = code.description(Some("Its code, as resources and policies name it."));
        openapi::with_key::<Fields>("A kind of resource.", ("code", code.build()), &["retired"])
    }
}

impl ToSchema for View {
    fn name() -> Cow<'static, str> {
        "ResourceKind".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Fields::schemas(schemas);
    }
}

/// The catalogue.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResourceKinds)]
struct All {
    /// Every kind, in the order of the codes.
    kinds: Vec<View>,
}

/// List the kinds of resource
#[utoipa::path(get, path = "/resource-kinds", tag = "resources", responses((status = 200, body = All), Problem))]
async fn list(State(app): State<SharedApp>, caller: Caller) -> Result<Json<All>, Problem> {
    caller.require(Scope::VolunteersRead)?;
    let kinds = catalogue::load(&app.db).await?;
    Ok(Json(All { kinds: kinds.all().cloned().map(View::from).collect() }))
}

/// Add a kind of resource, or replace what is said of one
#[utoipa::path(put, path = "/resource-kinds/{code}", tag = "resources",
    params(("code" = String, Path, description = "1 to 32 of a-z, 0-9 and `_`, a letter first", pattern = "^[a-z][a-z0-9_]{0,31}$")),
    request_body = Fields,
    responses((status = 200, body = View), Problem))]
async fn put(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(code): Path<ResourceKind>,
    Json(fields): Json<Fields>,
) -> Result<Json<View>, Problem> {
    caller.require(Scope::VolunteersWrite)?;
    let entry = fields.entry(code);
    let mut tx = app.db.begin().await?;
    let done = change(&mut tx, app.clock.now(), &app.policies, code, |_| Ok(entry)).await?;
    let (entry, done) = done.map_err(|refusal| Problem::conflict(refusal.to_string()))?;
    if done != Change::Unchanged {
        app.did(&mut tx, &caller, Action::KindChanged, Vec::new(), &said(&entry, done)).await?;
        tx.commit().await?;
    }
    Ok(Json(entry.into()))
}

impl Fields {
    fn entry(self, code: ResourceKind) -> Entry {
        let Self { name, the, season, licence, confirmed_months, brought, retired } = self;
        let confirmed_for = confirmed_months;
        Entry { code, name: name.into(), the: the.into(), season, licence, confirmed_for, brought, retired }
    }
}

impl From<Entry> for View {
    fn from(entry: Entry) -> Self {
        let Entry { code, name, the, season, licence, confirmed_for, brought, retired } = entry;
        let (name, the, confirmed_months) = (name.into(), the.into(), confirmed_for);
        Self { code, fields: Fields { name, the, season, licence, confirmed_months, brought, retired } }
    }
}

impl From<Words> for InBoth {
    fn from(Words { sv, en }: Words) -> Self {
        Self { sv, en }
    }
}

impl From<InBoth> for Words {
    fn from(InBoth { sv, en }: InBoth) -> Self {
        Self { sv, en }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::fixture::{self, body, send};
    use serde_json::{Value, json};

    fn craft() -> Value {
        json!({
            "name": {"sv": "hydrokopter", "en": "hydrocopter"},
            "the": {"sv": "hydrokoptern", "en": "the hydrocopter"},
            "season": "ice", "licence": "boat_licence", "confirmed_months": 3, "brought": true,
        })
    }

    #[tokio::test]
    async fn a_kind_is_added_listed_and_changed_and_each_is_in_the_log_once() {
        let (app, _) = fixture::app().await;
        let (_, key) = fixture::key(&app, &[Scope::VolunteersRead, Scope::VolunteersWrite]).await;
        let put = async |code: &str, said: &Value| {
            let uri = format!("/v1/resource-kinds/{code}");
            send(&app, fixture::json("PUT", &uri, &key, said)).await
        };
        for _ in 0..2 {
            assert_eq!(put("hydrocopter", &craft()).await.status(), 200);
        }
        let all =
            body(send(&app, fixture::json("GET", "/v1/resource-kinds", &key, &Value::Null)).await).await;
        let all = all["kinds"].as_array().unwrap();
        let found = all.iter().find(|kind| kind["code"] == "hydrocopter").unwrap();
        assert_eq!(
            (all.len(), &found["confirmed_months"], &found["retired"]),
            (13, &json!(3), &json!(false))
        );
        let mut retired = found.clone();
        let fields = retired.as_object_mut().unwrap();
        fields.remove("code");
        fields.insert("retired".to_owned(), json!(true));
        assert_eq!(put("hydrocopter", &retired).await.status(), 200);
        let log =
            certus_registry::store::audit::page(&app.db, certus_registry::Remit::All, None, 9).await.unwrap();
        let said: Vec<_> = log.iter().map(|entry| entry.line.detail.as_str()).collect();
        assert_eq!(said[..2], ["hydrocopter changed, retired", "hydrocopter added"]);
    }

    #[tokio::test]
    async fn what_is_wrong_or_wanted_by_a_policy_is_refused() {
        let (app, _) = fixture::app().await;
        let (_, key) = fixture::key(&app, &[Scope::VolunteersWrite]).await;
        let without = |field: &str, value: Value| {
            let mut said = craft();
            said[field] = value;
            said
        };
        for (code, said, status) in [
            ("Hydro-copter", craft(), 400),
            ("hydrocopter", without("confirmed_months", json!(61)), 422),
            ("hydrocopter", without("name", json!({"sv": "", "en": "x"})), 422),
            ("hydrocopter", without("season", json!("spring")), 422),
            ("hydrocopter", without("colour", json!("red")), 422),
            ("aed", without("brought", json!(false)), 409), // cardiac arrest wants one
        ] {
            let uri = format!("/v1/resource-kinds/{code}");
            let answer = send(&app, fixture::json("PUT", &uri, &key, &said)).await;
            assert_eq!(answer.status(), status, "{code} {said} {}", body(answer).await);
        }
    }
}
