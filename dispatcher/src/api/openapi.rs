//! The OpenAPI document: served at `/v1/openapi.json`, printed by `certus openapi`.

use std::collections::BTreeMap;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::routing::get;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, InfoBuilder, Object, OpenApi, OpenApiBuilder, Ref, RefOr, Response,
    ResponseBuilder, Schema, SecurityRequirement,
};
use utoipa::{IntoResponses, PartialSchema, ToSchema as _};

use super::problem::{self, Document};
use super::{Problem, SharedApp, auth};

/// The document's head; the paths come from the routers.
pub(super) fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Certus")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Calls out volunteers who are there before the ambulance. Every error is \
             `application/problem+json` with a stable `code`; writes take an `Idempotency-Key`.",
        ))
        .build();
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    let basic = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Basic).build());
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(auth::COOKIE)));
    let mut components = Components::new();
    let mut problems = vec![(Document::name().into_owned(), Document::schema())];
    Document::schemas(&mut problems);
    components.schemas.extend(problems);
    components.add_security_scheme("bearer", bearer);
    components.add_security_scheme("basic", basic);
    components.add_security_scheme("cookie", cookie);
    let required = ["bearer", "cookie"].map(|name| SecurityRequirement::new(name, Vec::<String>::new()));
    OpenApiBuilder::new().info(info).components(Some(components)).security(Some(required)).build()
}

/// What every operation may answer instead of what it promises.
impl IntoResponses for Problem {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let schema = Ref::from_schema_name(Document::name());
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response =
            ResponseBuilder::new().description("What went wrong").content(problem::MEDIA_TYPE, content);
        BTreeMap::from([("default".to_owned(), response.build().into())])
    }
}

/// The whole document.
#[must_use]
pub fn document() -> OpenApi {
    super::documented().split_for_parts().1
}

/// The document as JSON, with a line feed at its end.
///
/// # Errors
/// When a description is no JSON; a test sees to it that none is.
pub fn json() -> Result<String, serde_json::Error> {
    document().to_pretty_json().map(|text| text + "\n")
}

/// The schema of what is answered about something: the fields of a request, which refuse any others and are therefore not named
/// beside it, with the key that it has besides. Those in `there` may be left out of a request and are always answered.
pub(super) fn with_key<F: PartialSchema>(
    about: &str,
    (name, key): (&str, Object),
    there: &[&str],
) -> RefOr<Schema> {
    let mut schema = F::schema();
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        object.description = Some(about.to_owned());
        object.properties.insert(name.to_owned(), key.into());
        object.required.insert(0, name.to_owned());
        object.required.extend(there.iter().map(|name| (*name).to_owned()));
    }
    schema
}

pub(super) fn router(document: &OpenApi) -> Router<SharedApp> {
    let text = document.to_json().expect("the document is plain structs");
    let json = HeaderValue::from_static("application/json");
    Router::new()
        .route("/v1/openapi.json", get(move || async move { ([(header::CONTENT_TYPE, json)], text) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_summary_and_describes_its_errors() {
        let document: serde_json::Value = serde_json::from_str(&json().unwrap()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        assert!(paths.contains_key("/v1/volunteers/{id}"), "{:?}", paths.keys());
        for (path, operations) in paths {
            for (method, operation) in operations.as_object().unwrap() {
                assert!(operation["summary"].is_string(), "{method} {path}");
                let problem =
                    &operation["responses"]["default"]["content"]["application/problem+json"]["schema"];
                assert_eq!(problem["$ref"], "#/components/schemas/Problem", "{method} {path}");
            }
        }
        assert_eq!(document["components"]["schemas"]["Problem"]["properties"]["code"]["type"], "string");
        assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    }
}
