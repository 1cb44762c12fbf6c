//! `/people/{id}/certificates/{certificate}`: a certificate that came with an application, to be saved and opened apart from our pages.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use certus_registry::audit::Action;
use certus_registry::certificate::CertificateId;
use certus_registry::store::application;
use certus_registry::{Scope, VolunteerId};

use crate::api::{Path, Problem, SharedApp};
use crate::web::visitor::Visitor;

/// Never shown in a page of ours: whatever is in it, it came from somebody nobody knows.
pub(super) async fn download(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path((person, id)): Path<(VolunteerId, CertificateId)>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersRead)?;
    let file = application::certificate(&app.db, visitor.caller.remit(), person, id).await?;
    let file = file.ok_or_else(|| Problem::not_found("certificate"))?;
    app.looked_at(&visitor.caller, Action::CertificateRead, vec![person]).await?;
    let kind = file.kind();
    let disposition = format!("attachment; filename=\"certificate-{id}.{kind}\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind.media_type())),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).expect("hexadecimal digits")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, file.into_bytes()).into_response())
}
