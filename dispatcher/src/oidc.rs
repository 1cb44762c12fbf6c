//! Signing in at an organisation's own `OpenID` Connect provider: the code flow with PKCE, nothing else.
//!
//! The provider says who somebody is; what they may do is said by their account here, which an administrator has made. The
//! first time, an identity is linked with the account whose login the provider names; from then on its subject counts alone,
//! so that a login that passes to somebody else there opens nothing here.

use std::path::PathBuf;
use std::time::Duration;

use certus_registry::store::identity::Away;
use certus_registry::{Login, Random, Secret};
use futures::future::BoxFuture;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims};
use openidconnect::{
    AccessTokenHash, AsyncHttpClient, AuthenticationContextClass, AuthorizationCode, ClientId, ClientSecret,
    CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _,
};
use serde::Deserialize;

/// Where the provider sends the browser back to, below our public address.
pub const CALLBACK: &str = "/sign-in/oidc/callback";
/// How long somebody may take at the provider.
pub const AWAY: Duration = Duration::from_mins(10);
/// How long the provider may take to answer one request.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// The longest answer that is read, bytes: documents and key sets of providers are some 20 kB.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// The section `[oidc]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// The provider's issuer, exactly as it names itself.
    pub issuer: IssuerUrl,
    /// What we are called there.
    pub client_id: String,
    /// A file with the secret that goes with it.
    pub client_secret_file: PathBuf,
    /// What the button at the sign-in page says, e.g. the organisation's name.
    pub name: String,
    /// Which of the provider's words for a person is their login here.
    #[serde(default)]
    pub login: LoginClaim,
    /// The authentication that is asked for and must have been used, e.g. `http://id.elegnamnden.se/loa/1.0/loa3`.
    pub acr: Option<String>,
}

/// Which of the provider's words for a person is a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginClaim {
    /// The e-mail address, if the provider has verified it.
    #[default]
    Email,
    /// `preferred_username`.
    PreferredUsername,
}

/// Why the section cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The secret is not to be had.
    #[error("key oidc.client_secret_file: {file} cannot be read: {why}")]
    Secret {
        /// Its name.
        file: String,
        /// What the system said.
        why: std::io::Error,
    },
    /// There is no way to speak HTTP.
    #[error("key oidc: {0}")]
    Http(#[from] reqwest::Error),
    /// Our own address makes no redirect.
    #[error("key public_url: {0}")]
    PublicUrl(openidconnect::url::ParseError),
}

/// Why somebody was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// The provider did not answer, or not in time, or not as the standard says.
    #[error("the provider {what}: {why}")]
    Provider {
        /// What failed.
        what: &'static str,
        /// How.
        why: String,
    },
    /// The browser comes from somewhere else than it was sent to, or too late.
    #[error("the answer belongs to no sign-in of this browser")]
    Strange,
    /// The provider refused, or the person gave up.
    #[error("the provider said {0}")]
    Refused(String),
    /// The token is none that we may believe.
    #[error("the token: {0}")]
    Token(String),
}

/// Who somebody is, by the provider's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Which provider.
    pub issuer: String,
    /// Whom it means, for good.
    pub subject: String,
    /// The login it names, if it names one.
    pub login: Option<Login>,
}

/// What the browser brings back in the address.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Answer {
    code: Option<String>,
    state: Option<String>,
    /// Who answers (RFC 9207).
    iss: Option<String>,
    error: Option<String>,
}

/// The way to one provider. Its document and keys are read anew for each sign-in, a few dozen a day: new keys count at once.
#[derive(Debug)]
pub struct Oidc {
    settings: OidcSettings,
    secret: ClientSecret,
    back: RedirectUrl,
    http: Http,
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl Oidc {
    /// The provider of these settings; `public_url` has no slash at its end.
    ///
    /// # Errors
    /// [`SetupError`], which names the key.
    pub fn new(settings: OidcSettings, public_url: &str) -> Result<Self, SetupError> {
        let file = settings.client_secret_file.display().to_string();
        let secret = std::fs::read_to_string(&settings.client_secret_file)
            .map_err(|why| SetupError::Secret { file, why })?;
        let back = RedirectUrl::new(format!("{public_url}{CALLBACK}")).map_err(SetupError::PublicUrl)?;
        let builder = reqwest::Client::builder().timeout(ANSWER_MAX);
        let http = Http(builder.redirect(reqwest::redirect::Policy::none()).build()?);
        Ok(Self { settings, secret: ClientSecret::new(secret.trim().to_owned()), back, http })
    }

    /// What the button says.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Where to send a browser, and what to remember of it.
    ///
    /// # Errors
    /// [`OidcError::Provider`].
    pub async fn begin(&self, random: &Random) -> Result<(String, Away), OidcError> {
        let drawn = || Secret::generate(random).reveal().to_owned();
        // 43 characters at least (RFC 7636, 4.1).
        let away = Away { state: drawn(), nonce: drawn(), verifier: [drawn(), drawn(), drawn()].concat() };
        let client = self.client().await?;
        let (state, nonce) = (away.state.clone(), away.nonce.clone());
        let verifier = PkceCodeVerifier::new(away.verifier.clone());
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scope(Scope::new("email".to_owned()))
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        if let Some(acr) = &self.settings.acr {
            request = request.add_auth_context_value(AuthenticationContextClass::new(acr.clone()));
        }
        Ok((request.url().0.into(), away))
    }

    /// Who came back.
    ///
    /// # Errors
    /// [`OidcError`].
    pub async fn finish(&self, away: Away, answer: Answer) -> Result<Identity, OidcError> {
        let Answer { code, state, iss, error } = answer;
        let issuer = self.settings.issuer.as_str();
        if state.as_deref() != Some(away.state.as_str()) || iss.is_some_and(|iss| iss != issuer) {
            return Err(OidcError::Strange);
        }
        let code = match (code, error) {
            (Some(code), None) => AuthorizationCode::new(code),
            (_, error) => {
                return Err(OidcError::Refused(error.unwrap_or_default().chars().take(60).collect()));
            }
        };
        let client = self.client().await?;
        let tokens = client
            .exchange_code(code)
            .map_err(|error| failed("has no token endpoint", &error))?
            .set_pkce_verifier(PkceCodeVerifier::new(away.verifier))
            .request_async(&self.http)
            .await
            .map_err(|error| failed("gave no token", &error))?;
        let refused = |why: &dyn std::fmt::Display| OidcError::Token(why.to_string());
        let token = tokens.id_token().ok_or_else(|| refused(&"there is none"))?;
        let verifier = client.id_token_verifier();
        let claims = token.claims(&verifier, &Nonce::new(away.nonce)).map_err(|why| refused(&why))?;
        if let Some(hash) = claims.access_token_hash() {
            let algorithm = token.signing_alg().map_err(|why| refused(&why))?;
            let key = token.signing_key(&verifier).map_err(|why| refused(&why))?;
            let ours = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
            if ours.map_err(|why| refused(&why))? != *hash {
                return Err(refused(&"the access token is another"));
            }
        }
        if let Some(acr) = &self.settings.acr
            && claims.auth_context_ref().is_none_or(|used| used.as_str() != acr)
        {
            return Err(refused(&format!("expected the authentication {acr}")));
        }
        let subject = claims.subject().clone();
        let said = Said {
            email: claims.email().map(|email| email.as_str().to_owned()),
            verified: claims.email_verified() == Some(true),
            username: claims.preferred_username().map(|name| name.as_str().to_owned()),
        };
        let said = if said.has(self.settings.login) || client.user_info_url().is_none() {
            said
        } else {
            // Many providers say it here only (`OpenID` Connect Core, 5.4).
            let request = client.user_info(tokens.access_token().clone(), Some(subject.clone()));
            let request = request.map_err(|error| failed("has no userinfo endpoint", &error))?;
            let info: CoreUserInfoClaims = request
                .request_async(&self.http)
                .await
                .map_err(|error| failed("gave no userinfo", &error))?;
            Said {
                email: info.email().map(|email| email.as_str().to_owned()),
                verified: info.email_verified() == Some(true),
                username: info.preferred_username().map(|name| name.as_str().to_owned()),
            }
        };
        let login = said.login(self.settings.login);
        Ok(Identity { issuer: issuer.to_owned(), subject: subject.as_str().to_owned(), login })
    }

    async fn client(&self) -> Result<Client, OidcError> {
        let metadata = CoreProviderMetadata::discover_async(self.settings.issuer.clone(), &self.http)
            .await
            .map_err(|error| failed("could not be discovered", &error))?;
        let (id, secret) = (ClientId::new(self.settings.client_id.clone()), self.secret.clone());
        let client = CoreClient::from_provider_metadata(metadata, id, Some(secret));
        Ok(client.set_redirect_uri(self.back.clone()))
    }
}

/// Requests without redirects, with answers of bounded length: the provider's document could otherwise send us anywhere.
#[derive(Debug)]
struct Http(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = BoxFuture<'c, Result<HttpResponse, HttpError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let mut answer = self.0.execute(request.try_into()?).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let mut body = Vec::new();
            while let Some(chunk) = answer.chunk().await? {
                if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                    return Err(HttpError::Length);
                }
                body.extend_from_slice(&chunk);
            }
            let mut response = HttpResponse::new(body);
            (*response.status_mut(), *response.headers_mut()) = (status, headers);
            Ok(response)
        })
    }
}

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
enum HttpError {
    #[error("{0}")]
    Http(#[from] reqwest::Error),
    #[error("expected an answer of at most {ANSWER_BYTES_MAX} bytes")]
    Length,
}

/// An error with everything that led to it; providers' own words are cut by whoever shows it.
fn failed(what: &'static str, error: &dyn std::error::Error) -> OidcError {
    let mut why = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        why = format!("{why}: {deeper}");
        cause = deeper.source();
    }
    OidcError::Provider { what, why: why.chars().take(300).collect() }
}

/// What the provider says of a person.
struct Said {
    email: Option<String>,
    verified: bool,
    username: Option<String>,
}

impl Said {
    fn has(&self, claim: LoginClaim) -> bool {
        match claim {
            LoginClaim::Email => self.email.is_some(),
            LoginClaim::PreferredUsername => self.username.is_some(),
        }
    }

    /// Anybody can claim an address that nobody has verified.
    fn login(&self, claim: LoginClaim) -> Option<Login> {
        let text = match claim {
            LoginClaim::Email => self.email.as_ref().filter(|_| self.verified),
            LoginClaim::PreferredUsername => self.username.as_ref(),
        };
        text?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_nobody_verified_is_no_login() {
        let said = |verified| Said {
            email: Some("Anna@Z.example".to_owned()),
            verified,
            username: Some("anna.berg".to_owned()),
        };
        let login = |text: &str| text.parse::<Login>().ok();
        assert_eq!(said(true).login(LoginClaim::Email), login("anna@z.example"));
        assert_eq!(said(false).login(LoginClaim::Email), None);
        assert_eq!(said(false).login(LoginClaim::PreferredUsername), login("anna.berg"));
    }
}
