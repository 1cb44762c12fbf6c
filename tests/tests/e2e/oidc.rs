//! Signing in at two providers of other people: npm `oidc-provider` and `PyPI` `oidc-provider-mock`, through a browser of a few
//! lines that keeps cookies and follows redirects.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use certus_tests::binary::{Certus, Setup, free_addresses};
use certus_tests::databases;
use certus_tests::load::in_time;
use certus_tests::push_peer::target;
use reqwest::{RequestBuilder, Response, StatusCode, Url, header, redirect};
use tokio::process::{Child, Command};

/// Far above what a provider needs to start.
const PATIENCE: Duration = Duration::from_mins(1);
/// Hops of one sign-in; both providers need fewer than ten.
const HOPS_MAX: usize = 20;

/// A browser; every server of a test is on one host, as cookies see it.
struct Browser {
    client: reqwest::Client,
    cookies: HashMap<String, String>,
}

/// A page that was reached.
struct Reached {
    url: Url,
    status: StatusCode,
    body: String,
}

impl Browser {
    fn new() -> Self {
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { client, cookies: HashMap::new() }
    }

    async fn get(&mut self, url: &str) -> Reached {
        self.go(self.client.get(url)).await
    }

    async fn post(&mut self, url: Url, fields: &[(&str, &str)]) -> Reached {
        self.go(self.client.post(url).form(fields)).await
    }

    /// Follows redirects to the end of the way.
    async fn go(&mut self, request: RequestBuilder) -> Reached {
        let mut answer = self.hop(request).await;
        for _ in 0..HOPS_MAX {
            let Some(next) = answer.headers().get(header::LOCATION) else { break };
            let next = answer.url().join(next.to_str().unwrap()).unwrap();
            answer = self.hop(self.client.get(next)).await;
        }
        let (url, status) = (answer.url().clone(), answer.status());
        Reached { url, status, body: answer.text().await.unwrap() }
    }

    async fn hop(&mut self, request: RequestBuilder) -> Response {
        let kept: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header(header::COOKIE, kept.join("; ")).send().await.unwrap();
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

/// A provider, what it is told about people, and how its pages are answered.
struct Provider {
    issuer: String,
    port: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// npm `oidc-provider`.
    Certified,
    /// `PyPI` `oidc-provider-mock`.
    Mock,
}

impl Provider {
    fn choose(kind: Kind) -> Self {
        let [address, _] = free_addresses();
        let port = address.rsplit(':').next().unwrap().to_owned();
        Self { issuer: format!("http://{address}"), port, kind }
    }

    /// Runs it for a server that browsers reach at `base_url`.
    async fn start(&self, base_url: &str) -> Child {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut command = match self.kind {
            Kind::Certified => {
                let mut command = Command::new("node");
                command.arg(here.join("peers/oidc/peer.mjs")).arg(&self.port);
                command.arg(format!("{base_url}/sign-in/oidc/callback"));
                command
            }
            Kind::Mock => {
                let mut command = Command::new(target().join("peers/oidc-mock/bin/oidc-provider-mock"));
                command.args(["--port", &self.port]);
                for login in ["anna", "nils-unverified", "erik"] {
                    let verified = !login.ends_with("-unverified");
                    let claims = serde_json::json!({
                        "sub": login, "email": format!("{login}@z.example"), "email_verified": verified,
                    });
                    command.arg("--user-claims").arg(claims.to_string());
                }
                command
            }
        };
        let peer = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        let document = format!("{}/.well-known/openid-configuration", self.issuer);
        let answers = async || reqwest::get(&document).await.is_ok_and(|answer| answer.status().is_success());
        let there = in_time(PATIENCE, answers).await;
        there.expect("the provider answers: `tests/run tests` installs it");
        peer
    }

    /// From the sign-in page by way of the provider back to us.
    async fn sign_in(&self, certus: &Certus, browser: &mut Browser, login: &str) -> Reached {
        let mut reached = browser.get(&format!("{}/sign-in/oidc", certus.base_url)).await;
        for _ in 0..HOPS_MAX {
            if reached.url.as_str().starts_with(&certus.base_url) {
                break;
            }
            reached = match self.kind {
                Kind::Mock => browser.post(reached.url, &[("sub", login)]).await,
                Kind::Certified => {
                    let action = between(&reached.body, "action=\"", '"');
                    let prompt = between(&reached.body, "name=\"prompt\" value=\"", '"');
                    let form = reached.url.join(action).unwrap();
                    let fields = [("prompt", prompt), ("login", login), ("password", "any")];
                    browser.post(form, &fields).await
                }
            };
        }
        reached
    }
}

fn between<'a>(text: &'a str, before: &str, after: char) -> &'a str {
    let begin = text.find(before).unwrap_or_else(|| unreachable!("no {before} in {text}")) + before.len();
    text[begin..].split(after).next().unwrap()
}

async fn started(provider: &Provider, database: &str) -> (Certus, tempfile::NamedTempFile) {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), "hemlig\n").unwrap();
    let config = format!(
        "[oidc]\nissuer = \"{}\"\nclient_id = \"certus\"\nclient_secret_file = {:?}\nname = \"Region Z\"\n",
        provider.issuer,
        secret.path().to_str().unwrap()
    );
    let expected_warnings = vec!["nobody was signed in by OpenID Connect"];
    let certus = Certus::start(database, Setup { config, expected_warnings, ..Setup::default() }).await;
    for (login, role) in [("anna@z.example", "board"), ("nils-unverified@z.example", "board")] {
        let made =
            certus.run(&["user", "add", "--login", login, "--name", "Anna Berg", "--role", role]).await;
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    (certus, secret)
}

#[tokio::test]
async fn an_official_signs_in_at_a_certified_provider() {
    for fresh in databases::both().await {
        there_and_back(Kind::Certified, &fresh.url).await;
    }
}

#[tokio::test]
async fn an_official_signs_in_at_a_mock_provider() {
    for fresh in databases::both().await {
        there_and_back(Kind::Mock, &fresh.url).await;
    }
}

async fn there_and_back(kind: Kind, database: &str) {
    let provider = Provider::choose(kind);
    let (mut certus, _secret) = started(&provider, database).await;
    let page = |path: &str| format!("{}{path}", certus.base_url);

    let mut early = Browser::new();
    let silent = early.get(&page("/sign-in/oidc")).await;
    assert_eq!(silent.status, StatusCode::BAD_GATEWAY, "the provider is not there yet: {}", silent.body);
    assert!(silent.body.contains("Region Z"), "and the page offers it all the same: {}", silent.body);

    let peer = provider.start(&certus.base_url).await;
    let mut browser = Browser::new();
    let back = provider.sign_in(&certus, &mut browser, "anna").await;
    assert_eq!(back.status, StatusCode::OK, "{kind:?} {}", back.body);
    assert!(browser.cookies.contains_key("certus_session"), "{:?}", browser.cookies);
    let people = browser.get(&page("/people")).await;
    assert_eq!(people.status, StatusCode::OK, "no password is asked for: {}", people.body);
    let again = browser.get(back.url.as_str()).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST, "an answer is good once");

    let mut other = Browser::new();
    let stolen = other.get(back.url.as_str()).await;
    assert_eq!(stolen.status, StatusCode::BAD_REQUEST, "an answer is good in its own browser");
    for (login, why) in [("erik", "no account"), ("nils-unverified", "nobody has verified the address")] {
        let mut browser = Browser::new();
        let refused = provider.sign_in(&certus, &mut browser, login).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{why}: {}", refused.body);
        assert!(!browser.cookies.contains_key("certus_session"), "{why}");
    }

    let disabled = certus.run(&["user", "disable", "anna@z.example"]).await;
    assert!(disabled.status.success());
    let refused = provider.sign_in(&certus, &mut Browser::new(), "anna").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "a linked account that is switched off opens nothing");
    let verified = certus.run(&["audit", "verify"]).await;
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    drop(peer);
    certus.stop().await;
}
