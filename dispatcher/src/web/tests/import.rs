//! Files at the county board's pages: shown, then imported as they were shown; or answered clearly, with nothing imported.

use std::io::{Cursor, Write as _};

use certus_registry::audit::Action;
use certus_registry::store::{self, volunteer};
use certus_registry::volunteer::Vetting;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const FILE: &str =
    "name;phone;modes\nAnna Lena Ek;070-174 06 05;car\nÅke Öman;070-222 22 22;foot\nDan;112;foot\n";

pub(super) async fn upload(app: &SharedApp, session: &Secret, file: &[u8]) -> (u16, String) {
    upload_in("en", app, session, file).await
}

async fn upload_in(language: &str, app: &SharedApp, session: &Secret, file: &[u8]) -> (u16, String) {
    const BOUNDARY: &str = "----lists";
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"people.pdf\"\r\n\r\n"
    );
    let body = [head.as_bytes(), file, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat();
    let request = Request::post(format!("/people/import?lang={language}"))
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .header("cookie", format!("certus_session={}", session.reveal()));
    let answer = send(app, &Arc::default(), request.body(Body::from(body)).unwrap()).await;
    (answer.status().as_u16(), html(answer).await)
}

pub(super) async fn confirm(app: &SharedApp, session: &Secret, preview: &str, more: &str) -> (u16, String) {
    let mut request = form("/people/import/confirm", format!("preview={}{more}", named(preview)));
    let cookie = format!("certus_session={}", session.reveal());
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    let answer = send(app, &Arc::default(), request).await;
    (answer.status().as_u16(), html(answer).await)
}

/// The preview's name in its page.
fn named(page: &str) -> &str {
    let rest = page.split_once("name=\"preview\" value=\"").map_or("none", |(_, rest)| rest);
    rest.split('"').next().unwrap_or_default()
}

/// The stable word of a refusal in its page.
fn code(page: &str) -> &str {
    let rest = page.split_once("data-code=\"").map_or("none\"", |(_, rest)| rest);
    rest.split('"').next().unwrap_or_default()
}

#[tokio::test]
async fn what_was_shown_is_imported_once_and_is_in_the_log() {
    let (app, _) = fixture::app().await;
    let (person, _) = fixture::phone(&app).await;
    let (anna, session) = fixture::account(&app, "anna", &[Role::Board]).await;
    let (status, preview) = upload(&app, &session, FILE.as_bytes()).await;
    assert_eq!(status, 200, "{preview}");
    assert!(preview.contains("→ Anna Lena Ek") && preview.contains("Åke Öman"), "{preview}");
    assert_eq!(volunteer::count(&app.db).await.unwrap(), 1);
    let (status, page) = confirm(&app, &session, &preview, "").await;
    assert_eq!((status, code(&page)), (422, "refused"), "a bad row is left out only when somebody says so");
    let (status, page) = confirm(&app, &session, &preview, "&partial=yes").await;
    assert_eq!((status, code(&page)), (200, "none"), "{page}");
    assert_eq!(
        volunteer::get(&app.db, Remit::All, person).await.unwrap().unwrap().name.as_str(),
        "Anna Lena Ek"
    );
    assert_eq!(volunteer::count(&app.db).await.unwrap(), 2);
    let (status, page) = confirm(&app, &session, &preview, "&partial=yes").await;
    assert_eq!((status, code(&page)), (409, "over"));
    let entries = store::audit::about(&app.db, person, 10).await.unwrap();
    let said: Vec<_> = entries.iter().map(|entry| (entry.line.actor, entry.line.action)).collect();
    let anna = Actor::Account(anna.id);
    assert_eq!(said, [(anna, Action::PersonChanged), (anna, Action::PeopleListed)]);
}

#[tokio::test]
async fn whatever_is_no_list_is_answered_and_nothing_is_imported() {
    let (app, _) = fixture::app().await;
    let (_, session) = fixture::account(&app, "anna", &[Role::Board]).await;
    let before = store::revision(&app.db).await.unwrap();
    let fifty_megabytes = "name,phone\n".to_owned() + &"Anna Berg,0701234567\n".repeat(2_500_000);
    for (file, expected) in [
        (fifty_megabytes.as_bytes(), (413, "too_large")),
        (&bomb(), (413, "unpacks_too_large")),
        (b"%PDF-1.7 which is none", (422, "foreign")),
        (b"\xff\xd8\xff\xe0JFIF", (422, "foreign")),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", (422, "foreign")),
        (b"PK\x03\x04 and no archive", (422, "damaged")),
        (b"name,phone\n\xc3\x85ke,1\nk\xe5re,2\n", (422, "encoding")),
        (b"name,telephone\nAnna,0701234567\n", (422, "header")),
        (b"", (422, "empty")),
    ] {
        let (status, page) = upload(&app, &session, file).await;
        assert_eq!(
            (status, code(&page)),
            expected,
            "{}",
            String::from_utf8_lossy(&file[..file.len().min(40)])
        );
        assert_eq!(named(&page), "none");
    }
    for file in
        [&b"\xef\xbb\xbfname;phone\r\n\xc3\x85ke;0701234567\r\n"[..], b"name;phone\n\xc5ke;0701234567\n"]
    {
        let (status, page) = upload(&app, &session, file).await;
        assert!(status == 200 && page.contains("Åke"), "{page}");
    }
    assert_eq!(store::revision(&app.db).await.unwrap(), before);
}

#[tokio::test]
async fn what_is_wrong_with_a_row_is_told_in_the_readers_language() {
    let (app, _) = fixture::app().await;
    let (_, session) = fixture::account(&app, "anna", &[Role::Board]).await;
    let people = [
        ("birth_year", "71"),
        ("languages", "latin"),
        ("competences", "flyga"),
        ("modes", "rymdraket"),
        ("on_duty", "kanske"),
        ("hours", "ibland"),
        ("holidays", "ibland"),
        ("nights", "ibland"),
        ("exceptions", "ibland"),
        ("monthly_max", "99"),
        ("vetting", "kanske"),
        ("organisation_kind", "kör"),
        ("county", "Skottland"),
    ];
    let things = [
        ("months", "13"),
        ("hours", "ibland"),
        ("season", "höst"),
        ("licence", "jaktlicens"),
        ("confirmed", "nyss"),
        ("retired", "snart"),
    ];
    let people = people.map(|(column, bad)| {
        (column, bad, format!("name,phone,organisation,{column}\nÅke,0701234567,,{bad}\n"))
    });
    let things = things.map(|(column, bad)| {
        (column, bad, format!("code,kind,lat,lon,{column}\nAED-1,aed,63.3,14.5,{bad}\n"))
    });
    let required = [
        ("phone", "12", "name,phone\nÅke,12\n".to_owned()),
        (
            "vetted_until",
            "snart",
            "name,phone,vetting,vetted_until\nÅke,0701234567,approved,snart\n".to_owned(),
        ),
        ("code", "?", "code,kind,lat,lon\n?,aed,63.3,14.5\n".to_owned()),
        ("kind", "katt", "code,kind,lat,lon\nAED-1,katt,63.3,14.5\n".to_owned()),
        ("lat", "norr", "code,kind,lat,lon\nAED-1,aed,norr,14.5\n".to_owned()),
        ("lon", "öster", "code,kind,lat,lon\nAED-1,aed,63.3,öster\n".to_owned()),
        ("keeper", "Åke", "code,kind,keeper\nAED-1,aed,Åke\n".to_owned()),
    ];
    for (column, bad, file) in people.into_iter().chain(things).chain(required) {
        for (language, unclear) in [("sv", "gick inte att läsa"), ("en", "could not be read")] {
            let (_, page) = upload_in(language, &app, &session, file.as_bytes()).await;
            assert!(page.contains(&format!("{column}, ”{bad}”: ")), "{column} in {language}: {page}");
            assert!(!page.contains(unclear) && !page.contains("expected"), "{column} in {language}: {page}");
        }
    }
    let (_, page) = upload_in("sv", &app, &session, b"code,kind,keeper\nAED-1,aed,0709999999\n").await;
    assert!(page.contains("ingen i registret har det telefonnumret"), "{page}");
}

/// A workbook of half a megabyte whose only sheet is one of 121.
fn bomb() -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_level(Some(1));
    for name in ["[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"] {
        zip.start_file(name, options).unwrap();
    }
    let blanks = vec![b' '; 1_000_000];
    (0..121).for_each(|_| zip.write_all(&blanks).unwrap());
    zip.finish().unwrap().into_inner()
}

#[tokio::test]
async fn nobody_is_approved_by_a_file() {
    let (app, _) = fixture::app().await;
    let (person, _) = fixture::phone(&app).await;
    let (_, session) = fixture::account(&app, "anna", &[Role::Board]).await;
    let file =
        "name,phone,vetting,vetted_until\nAnna,+46701740605,approved,2030-01-01\nBo,0702222222,applied,\n";
    let (_, preview) = upload(&app, &session, file.as_bytes()).await;
    assert!(preview.contains("nobody is approved by a file"), "{preview}");
    let (status, _) = confirm(&app, &session, &preview, "&partial=yes").await;
    assert_eq!((status, volunteer::count(&app.db).await.unwrap()), (200, 2));
    assert_eq!(volunteer::get(&app.db, Remit::All, person).await.unwrap().unwrap().vetting, Vetting::Applied);
}

#[tokio::test]
async fn a_preview_is_its_owners_and_holds_until_the_registry_moves() {
    let (app, _) = fixture::app().await;
    let (_, anna) = fixture::account(&app, "anna", &[Role::Board]).await;
    let (_, bo) = fixture::account(&app, "bo.ek", &[Role::Board]).await;
    let file = b"name,phone\nCia,0703333333\n";
    let (_, preview) = upload(&app, &anna, file).await;
    let (status, page) = confirm(&app, &bo, &preview, "").await;
    assert_eq!((status, code(&page)), (409, "over"));
    fixture::phone(&app).await;
    let (status, page) = confirm(&app, &anna, &preview, "").await;
    assert_eq!((status, code(&page)), (409, "outdated"));
    assert_eq!(volunteer::count(&app.db).await.unwrap(), 1);
}

#[tokio::test]
async fn a_list_that_was_taken_home_changes_nothing_when_it_comes_back() {
    let (app, _) = fixture::app().await;
    fixture::phone(&app).await;
    let (_, session) = fixture::account(&app, "anna", &[Role::Board]).await;
    for format in ["csv", "xlsx"] {
        let uri = format!("/people/export?list=volunteers&format={format}");
        let answer = send(&app, &Arc::default(), with_cookie(&uri, &session)).await;
        let kind = answer.headers()["content-disposition"].to_str().unwrap().to_owned();
        assert_eq!(
            (answer.status().as_u16(), kind),
            (200, format!("attachment; filename=\"volunteers.{format}\""))
        );
        let file = axum::body::to_bytes(answer.into_body(), 1_000_000).await.unwrap();
        let (status, page) = upload(&app, &session, &file).await;
        assert!(status == 200 && page.contains("Nothing would change"), "{format}: {page}");
    }
}
