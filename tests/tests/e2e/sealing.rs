//! The key file and its commands, on the binary.

use std::path::Path;
use std::process::Output;

use certus_tests::binary::{Certus, Setup};
use certus_tests::databases;
use reqwest::Method;

const PERSON: &str = "name,phone,languages,modes\nMärta Åsén,070-174 06 05,sv,car\n";

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn works(certus: &Certus, args: &[&str]) -> String {
    let output = certus.run(args).await;
    assert!(output.status.success(), "{args:?}: {}", said(&output));
    said(&output)
}

async fn refused(certus: &Certus, args: &[&str]) -> String {
    let output = certus.run(args).await;
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", said(&output));
    said(&output)
}

fn name(path: &Path) -> &str {
    path.to_str().expect("a temporary name is UTF-8")
}

async fn shows_marta(certus: &Certus) {
    let answer = certus.request(Method::GET, "/v1/volunteers").send().await.expect("an answer");
    assert!(answer.status().is_success());
    let text = answer.text().await.expect("a text");
    assert!(text.contains("Märta Åsén") && text.contains("+46701740605"), "{text}");
}

#[tokio::test]
async fn a_database_is_sealed_rotated_and_refused_without_its_key() {
    for fresh in databases::both().await {
        let folder = tempfile::tempdir().unwrap();
        let (people, key) = (folder.path().join("people.csv"), folder.path().join("certus.key"));
        std::fs::write(&people, PERSON).unwrap();
        let mut certus = Certus::start(&fresh.url, Setup::default()).await;
        works(&certus, &["import", name(&people)]).await;
        certus.stop().await;
        works(&certus, &["key", "new", name(&key)]).await;
        let again = refused(&certus, &["key", "new", name(&key)]).await;
        assert!(again.contains("certus.key: File exists"), "{again}");
        assert!(refused(&certus, &["key", "seal"]).await.contains("make one with `certus key new FILE`"));

        certus.set(&format!("key_file = {key:?}"));
        let early = certus.try_restart().await;
        assert!(early.is_err(), "it must not start");
        assert!(certus.take_refusal().contains("run `certus key seal`, or leave key_file"), "{}", fresh.name);
        assert!(works(&certus, &["key", "seal"]).await.contains("under data key 1"));
        certus.restart().await;
        shows_marta(&certus).await;
        works(&certus, &["key", "new", name(&key), "--add"]).await;
        assert!(works(&certus, &["key", "rotate"]).await.contains("under data key 2"), "while it runs");
        shows_marta(&certus).await;
        certus.stop().await;

        certus.set("");
        assert!(certus.try_restart().await.is_err(), "it must not start");
        let why = certus.take_refusal();
        assert!(why.contains("encrypted: name its key file by the key key_file"), "{why}");
        assert!(refused(&certus, &["export", "volunteers", "-"]).await.contains("CERTUS_KEY_FILE"));
        certus.set(&format!("key_file = {key:?}"));
        certus.restart().await;
        shows_marta(&certus).await;
        certus.stop().await;
    }
}
