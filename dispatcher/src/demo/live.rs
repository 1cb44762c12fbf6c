//! The live demo: the real server on a fast clock, the world as a task beside it, the story in the terminal.

use std::future::Future;
use std::io::Write;
use std::sync::Arc;

use certus_registry::account::Password;
use certus_registry::audit::Actor;
use certus_registry::time::ScaledClock;
use certus_registry::{Clock, Database, Language, Remit, Role, Secret, Timestamp};
use certus_sms_bridge::simulated::Network;
use tokio::net::TcpListener;

use super::county::{County, SharedWorld};
use super::script::{Script, Turn};
use super::teller::Teller;
use super::{DemoError, Options};
use crate::accounts::{Hand, Rights};
use crate::api::SharedApp;
use crate::config::Config;
use crate::incident::IncidentId;
use crate::text::text;

/// Story and world look at the clock at least this often, in virtual time at tenfold speed: 5 s.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(5);

/// Who signs in at the demo's console.
const LOGIN: &str = "demo";

struct Live {
    app: SharedApp,
    network: Arc<Network>,
    world: SharedWorld,
    script: Script,
    raised: Vec<IncidentId>,
}

/// Runs until `shutdown`. `db` is the demo's own, empty database.
///
/// # Errors
/// [`DemoError`].
pub async fn run(
    options: Options,
    config: Config,
    db: Database,
    listeners: (TcpListener, TcpListener),
    out: &mut (dyn Write + Send),
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), DemoError> {
    let clock: Arc<dyn Clock> = Arc::new(ScaledClock::starting_now(options.speed));
    let County { node, world, script } =
        County::build(db, Arc::clone(&clock), config, options.seed, options.incidents).await?;
    let password = account(&node.app).await?;
    let language = language();
    let console =
        format!("http://{}/sign-in#login={LOGIN}&password={}", listeners.0.local_addr()?, password.reveal());
    writeln!(out, "{}", text(language, "demo-console", &[("address", console.into())]))?;
    let speed = options.speed.to_string();
    writeln!(out, "{}\n", text(language, "demo-speed", &[("speed", speed.into())]))?;
    let network = node.network.clone().ok_or(DemoError::NoNetwork)?;
    let mut live = Live { app: Arc::clone(&node.app), network, world, script, raised: Vec::new() };
    let mut teller = Teller::to(out, language);
    let router = node.router();
    let serving = node.run(router, listeners, shutdown);
    tokio::select! {
        served = serving => Ok(served?),
        error = live.play(&mut teller) => Err(error),
    }
}

/// The terminal's language, as far as we speak it.
fn language() -> Language {
    let locale = std::env::var("LANG").unwrap_or_default();
    if locale.starts_with("sv") { Language::Swedish } else { Language::English }
}

/// Whoever is at the console of this demo; gives the password.
async fn account(app: &SharedApp) -> Result<Secret, DemoError> {
    let secret = Secret::generate(&app.random);
    let (now, remit) = (app.clock.now(), Remit::All);
    let hand = Hand { db: &app.db, now, random: &app.random, actor: Actor::Console, remit };
    let (login, name) = (LOGIN.parse().expect("a constant"), "Demo".parse().expect("a constant"));
    let password = Password::typed(secret.reveal());
    let rights =
        Rights::new(vec![Role::Operator, Role::Board], Remit::County(certus_registry::County::DEFAULT));
    hand.add_with(login, name, rights.expect("the two go together"), password).await?;
    Ok(secret)
}

impl Live {
    /// Plays on for as long as the server runs; ends only with an error.
    async fn play(&mut self, teller: &mut Teller<'_>) -> DemoError {
        loop {
            if let Err(error) = self.step(teller).await {
                return error;
            }
            let now = self.app.clock.now();
            let next = self.world.lock().next_at().into_iter().chain(self.script.next_at()).min();
            let look = now + LOOK_EVERY;
            self.app.clock.sleep_until(next.unwrap_or(Timestamp::MAX).min(look)).await;
        }
    }

    async fn step(&mut self, teller: &mut Teller<'_>) -> Result<(), DemoError> {
        let now = self.app.clock.now();
        for turn in self.script.turns(now) {
            match turn {
                Turn::Raise(_, raise) => {
                    self.raised.push(
                        self.app.engine.raise(*raise, certus_registry::County::DEFAULT, None).await?.id,
                    );
                }
                Turn::Report(number, event) => {
                    let Some(&id) = self.raised.get(number) else { continue };
                    teller.operator(&self.app, id, &event).await?;
                    super::forgiving(self.app.engine.apply(id, event, None).await)?;
                }
            }
        }
        let acts = self.world.lock().step(now);
        County::perform(&self.app, &self.network, acts);
        teller.tell(&self.app).await
    }
}
