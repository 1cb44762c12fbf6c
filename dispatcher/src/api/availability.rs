//! `/v1/volunteers/{id}/availability`: when a person may be asked, by their own plan.

use axum::extract::State;
use certus_registry::audit::Action;
use certus_registry::store::volunteer;
use certus_registry::{Availability, Scope, VolunteerId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Caller, Json, Path, Problem, SharedApp};

/// The routes below `/v1`.
pub(super) fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(read, replace))
}

/// When a person may be asked, in local time. What is left out is as if nobody had said anything.
#[derive(ToSchema)]
#[schema(as = Availability)]
#[expect(dead_code, reason = "describes a type of the registry")]
struct AvailabilitySchema {
    /// The hours of the week.
    #[schema(default = "always", example = "mon-fri 07-23; sat,sun 09-17")]
    hours: String,
    /// What public holidays are to these hours: `as_usual`, `as_sunday` or `closed`.
    #[schema(default = "as_usual")]
    holidays: String,
    /// Whether those of the hours count that lie between 22 and 07.
    #[schema(default = true)]
    nights: bool,
    /// Days and hours for which something else holds, at most 100. Where two differ, the person is not asked.
    exceptions: Vec<ExceptionSchema>,
    /// How many call-outs within 30 days are enough, 1 to 30; none: no limit.
    #[schema(minimum = 1, maximum = 30)]
    monthly_max: Option<u8>,
}

/// From when to when a person may, or may not, be asked.
#[derive(ToSchema)]
#[schema(as = Exception)]
#[expect(dead_code, reason = "describes a type of the registry")]
struct ExceptionSchema {
    /// The first minute, local time.
    #[schema(example = "2026-12-24T00:00")]
    from: String,
    /// The first minute after, local time.
    #[schema(example = "2026-12-27T00:00")]
    to: String,
    /// Whether the person may be asked.
    available: bool,
    /// What they say about it, 1 to 40 characters without a semicolon; in no decision and no message.
    reason: Option<String>,
}

/// Read when a volunteer may be asked
#[utoipa::path(get, path = "/volunteers/{id}/availability", tag = "volunteers", params(("id" = String, Path)),
    responses((status = 200, body = AvailabilitySchema), Problem))]
async fn read(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<VolunteerId>,
) -> Result<Json<Availability>, Problem> {
    caller.require(Scope::VolunteersRead)?;
    let person =
        volunteer::get(&app.db, caller.remit(), id).await?.ok_or_else(|| Problem::not_found("volunteer"))?;
    app.looked_at(&caller, Action::PersonRead, vec![id]).await?;
    Ok(Json(person.availability))
}

/// Replace when a volunteer may be asked
#[utoipa::path(put, path = "/volunteers/{id}/availability", tag = "volunteers", params(("id" = String, Path)),
    request_body = AvailabilitySchema,
    responses((status = 200, body = AvailabilitySchema), Problem))]
async fn replace(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<VolunteerId>,
    Json(plan): Json<Availability>,
) -> Result<Json<Availability>, Problem> {
    caller.require(Scope::VolunteersWrite)?;
    let mut tx = app.db.begin().await?;
    if !volunteer::set_availability(&mut tx, caller.remit(), app.clock.now(), id, &plan).await? {
        return Err(Problem::not_found("volunteer"));
    }
    app.did(&mut tx, &caller, Action::PersonChanged, vec![id], "availability").await?;
    tx.commit().await?;
    Ok(Json(plan))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::fixture::{self, body, send};

    #[tokio::test]
    async fn a_plan_is_replaced_and_read_and_what_is_left_out_is_as_it_was_for_everybody() {
        let (app, _) = fixture::app().await;
        let (_, secret) = fixture::key(&app, &[Scope::VolunteersRead, Scope::VolunteersWrite]).await;
        let uri = format!("/v1/volunteers/{}/availability", fixture::phone(&app).await.0);
        let plan = json!({
            "hours": "mon-fri 07-23", "holidays": "closed", "nights": false, "monthly_max": 4,
            "exceptions": [{"from": "2026-12-24T00:00", "to": "2026-12-27T00:00", "available": false, "reason": "resa"}]
        });
        let answer = send(&app, fixture::json("PUT", &uri, &secret, &plan)).await;
        assert_eq!((answer.status().as_u16(), body(answer).await), (200, plan.clone()));
        assert_eq!(body(send(&app, fixture::json("GET", &uri, &secret, &Value::Null)).await).await, plan);
        let bare = body(send(&app, fixture::json("PUT", &uri, &secret, &json!({}))).await).await;
        assert_eq!(serde_json::from_value::<Availability>(bare).unwrap(), Availability::ALWAYS);
        let nobody =
            format!("/v1/volunteers/{}/availability", VolunteerId::new(app.clock.now(), &app.random));
        for method in ["GET", "PUT"] {
            assert_eq!(send(&app, fixture::json(method, &nobody, &secret, &json!({}))).await.status(), 404);
        }
    }

    #[tokio::test]
    async fn what_is_wrong_is_named_and_nothing_changes() {
        let (app, _) = fixture::app().await;
        let (_, secret) = fixture::key(&app, &[Scope::VolunteersRead, Scope::VolunteersWrite]).await;
        let uri = format!("/v1/volunteers/{}/availability", fixture::phone(&app).await.0);
        let before = body(send(&app, fixture::json("GET", &uri, &secret, &Value::Null)).await).await;
        let back = json!([{"from": "2026-12-27T00:00", "to": "2026-12-24T00:00", "available": false}]);
        for (plan, field) in [
            (json!({"hours": "mornings"}), "hours"),
            (json!({"monthly_max": 31}), "monthly_max"),
            (json!({"holidays": "skipped"}), "holidays"),
            (json!({"exceptions": back}), "exceptions[0]"),
            (json!({"night": false}), "night"),
        ] {
            let answer = send(&app, fixture::json("PUT", &uri, &secret, &plan)).await;
            assert_eq!(answer.status(), 422, "{plan}");
            assert_eq!(body(answer).await["errors"][0]["field"], field, "{plan}");
        }
        assert_eq!(body(send(&app, fixture::json("GET", &uri, &secret, &Value::Null)).await).await, before);
    }
}
