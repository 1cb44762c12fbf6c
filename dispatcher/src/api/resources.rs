//! `/v1/resources`: what there is to help with, and where.

use axum::extract::State;
use certus_registry::resource::{Location, Months, ResourceCode};
use certus_registry::store::{catalogue, resource};
use certus_registry::volunteer::{Day, PersonName};
use certus_registry::{
    Catalogue, CompetenceKind, County, OrganisationId, Position, Resource, ResourceId, ResourceKind, Scope,
    Season, VolunteerId, WeeklyHours,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::volunteers::{PositionSchema, page_length};
use super::{Caller, Json, Problem, Query, SharedApp};

/// The routes below `/v1`.
pub fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A resource.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Resource)]
struct View {
    /// The registry's identifier.
    #[schema(value_type = String)]
    id: ResourceId,
    /// The owner's code; unique.
    #[schema(value_type = String, example = "AED-0123")]
    code: ResourceCode,
    /// What it is: a code of the catalogue, `/v1/resource-kinds`.
    #[schema(value_type = String, example = "aed")]
    kind: ResourceKind,
    /// Its fixed place; none when it is with its keeper.
    #[schema(value_type = Option<PositionSchema>)]
    position: Option<Position>,
    /// The volunteer who has it; none when it has a fixed place.
    #[schema(value_type = Option<String>)]
    keeper: Option<VolunteerId>,
    /// Where exactly it is to be had, in words.
    #[schema(value_type = Option<String>, example = "Coop Järpen, entrén")]
    place: Option<PersonName>,
    /// The months of use: `all` or e.g. `1,2,3,11,12`.
    #[schema(value_type = String, example = "all")]
    months: Months,
    /// In which hours of the week it can be reached: `always` or e.g. `mon-fri 07-21`.
    #[schema(value_type = String, example = "mon-sat 07-21")]
    hours: WeeklyHours,
    /// The organisation that lists it.
    #[schema(value_type = Option<String>)]
    organisation: Option<OrganisationId>,
    /// The county whose board answers for it, by its code.
    #[schema(value_type = String, example = "23")]
    county: County,
    /// The season that it needs; none: that of its kind.
    #[schema(value_type = Option<String>, example = "snow")]
    season: Option<Season>,
    /// What whoever takes it must hold, a competence; none: what its kind says.
    #[schema(value_type = Option<String>, example = "snowmobile_licence")]
    licence: Option<CompetenceKind>,
    /// The day on which somebody last said that it is there and in order.
    #[schema(value_type = Option<String>, format = Date)]
    confirmed: Option<Day>,
    /// What that is worth today: `confirmed`, `due` (the next word is asked for), `unconfirmed`, or `unasked` where its kind needs none.
    standing: &'static str,
    /// The day from which it is there no more.
    #[schema(value_type = Option<String>, format = Date)]
    retired: Option<Day>,
}

/// One page of resources.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ResourcePage)]
struct Page {
    /// In the order of their identifiers.
    resources: Vec<View>,
    /// What to send as `after` for the next page; none on the last.
    #[schema(value_type = Option<String>)]
    next: Option<ResourceId>,
}

/// Where a page begins and how long it is.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// The `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<ResourceId>,
    /// At most so many, 1 to 200; 50 when not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// List resources, a page at a time
#[utoipa::path(get, path = "/resources", tag = "resources", params(PageQuery),
    responses((status = 200, body = Page), Problem))]
async fn list(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page>, Problem> {
    caller.require(Scope::VolunteersRead)?;
    let limit = page_length(query.limit)?;
    let kinds = catalogue::load(&app.db).await?;
    let all = resource::all(&app.db, caller.remit()).await?; // a county has hundreds, in the order of their identifiers
    let mut rest = all.into_iter().filter(|resource| query.after.is_none_or(|after| resource.id > after));
    let today = app.clock.now().in_zone(&app.config.time_zone.0).date();
    let page = rest.by_ref().take(limit as usize);
    let resources: Vec<View> = page.map(|resource| View::of(resource, &kinds, today)).collect();
    let next = rest.next().and(resources.last().map(|resource| resource.id));
    Ok(Json(Page { resources, next }))
}

impl View {
    fn of(resource: Resource, kinds: &Catalogue, today: Day) -> Self {
        let standing = resource.standing(kinds, today).as_str();
        let Resource {
            id,
            code,
            kind,
            location,
            place,
            months,
            hours,
            organisation,
            county,
            season,
            licence,
            confirmed,
            retired,
        } = resource;
        let (position, keeper) = match location {
            Location::Fixed(position) => (Some(position), None),
            Location::Keeper(keeper) => (None, Some(keeper)),
        };
        Self {
            id,
            code,
            kind,
            position,
            keeper,
            place,
            months,
            hours,
            organisation,
            county,
            season,
            licence,
            confirmed: confirmed.map(|confirmed| confirmed.on),
            standing,
            retired,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::fixture::{self, body, send};
    use certus_registry::exchange::{Rows, import_resources};
    use serde_json::{Value, json};

    const SHEET: &str = "code,kind,lat,lon\nA,aed,63.1,14.6\nB,boat,63.2,14.7\nC,aed,63.3,14.8\n";

    #[tokio::test]
    async fn resources_are_listed_page_by_page() {
        let (app, _) = fixture::app().await;
        let (_, secret) = fixture::key(&app, &[Scope::VolunteersRead]).await;
        let (now, sheet) = (app.clock.now(), SHEET.as_bytes());
        import_resources(&app.db, now, &app.random, sheet, Rows::AllOrNothing).await.unwrap();
        let page =
            async |uri: &str| body(send(&app, fixture::json("GET", uri, &secret, &Value::Null)).await).await;
        let first = page("/v1/resources?limit=2").await;
        assert_eq!(first["resources"].as_array().unwrap().len(), 2);
        let second = page(&format!("/v1/resources?limit=2&after={}", first["next"].as_str().unwrap())).await;
        assert_eq!((second["resources"].as_array().unwrap().len(), &second["next"]), (1, &Value::Null));
        let mut codes: Vec<_> = [&first, &second]
            .iter()
            .flat_map(|p| p["resources"].as_array().unwrap())
            .map(|r| r["code"].clone())
            .collect();
        codes.sort_by_key(ToString::to_string);
        assert_eq!(codes, [json!("A"), json!("B"), json!("C")]);
    }
}
