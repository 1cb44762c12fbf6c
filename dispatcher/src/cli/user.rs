//! `certus user`: accounts for people, made by whoever may run this program on the server. The first administrator is made
//! here; they make the others at the page `/accounts`.

use std::io::{Read as _, Write};

use certus_registry::account::Password;
use certus_registry::audit::Actor;
use certus_registry::store::{account, organisation};
use certus_registry::time::SystemClock;
use certus_registry::volunteer::PersonName;
use certus_registry::{Account, Clock, Database, Login, Random, Remit, Role};
use clap::{Args, Subcommand};

use super::CliError;
use super::county::Over;
use crate::accounts::{Hand, Rights, is_taken};
use crate::config::Config;

pub(super) const EXAMPLES: &str = "\
Examples:
  certus user add --login anna.berg --name 'Anna Berg' --role administrator
  certus user add --login larm1 --name 'Larm 1' --role operator --password-stdin < password.txt
  certus user add --login bo.ek --name 'Bo Ek' --role board --county 22
  certus user add --login eva --name 'Eva Alm' --role organisation --organisation 'Åre FR'
  certus user list
  certus user password anna.berg
  certus user roles anna.berg --role board --role auditor
  certus user disable anna.berg

Roles: operator (incidents), board (people and resources), organisation (one organisation's own list of them; no other
       role), auditor (the audit log), administrator (accounts).
Rights go over one county, the installation's unless --county says another, or over every county with --county all.
A password that is printed must be changed by its holder at the first sign-in.";

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Make an account and print its password; it is shown this once
    Add {
        /// What its holder types to sign in
        #[arg(long)]
        login: Login,
        /// Whose it is
        #[arg(long)]
        name: PersonName,
        /// What its holder is; repeat for more
        #[arg(long = "role", required = true, value_name = "ROLE")]
        roles: Vec<Role>,
        #[command(flatten)]
        over: Wide,
        /// Take the password from standard input; it need not be changed then
        #[arg(long)]
        password_stdin: bool,
    },
    /// List all accounts
    List,
    /// Give an account a new password and print it; its holder is signed out everywhere
    Password {
        /// Whose
        login: Login,
    },
    /// Set what an account's holder is, and how far their rights go
    Roles {
        /// Whose
        login: Login,
        /// All the roles they are to have
        #[arg(long = "role", required = true, value_name = "ROLE")]
        roles: Vec<Role>,
        #[command(flatten)]
        over: Wide,
    },
    /// Switch an account off, within ten seconds
    Disable {
        /// Whose
        login: Login,
    },
    /// Switch an account on again
    Enable {
        /// Whose
        login: Login,
    },
}

/// How far somebody's rights go.
#[derive(Debug, Args)]
pub(super) struct Wide {
    /// Over which county: a code, a Swedish county's name, or all; else as before, or the installation's
    #[arg(long, value_name = "COUNTY", conflicts_with = "organisation")]
    county: Option<Over>,
    /// Over one organisation's list, by its name; with the role organisation
    #[arg(long, value_name = "NAME")]
    organisation: Option<PersonName>,
}

impl Wide {
    /// The rights of these roles; `before` is how far they went, or what is meant when nothing is said.
    async fn rights(self, db: &Database, roles: Vec<Role>, before: Remit) -> Result<Rights, CliError> {
        let remit = match (self.county, self.organisation) {
            (Some(over), _) => over.0,
            (None, None) => before,
            (None, Some(name)) => {
                let found = organisation::by_name(db, Remit::All, name.as_str()).await?;
                let found = found.ok_or_else(|| CliError::NoOrganisation(name.into()))?;
                Remit::Organisation(found.county, found.id)
            }
        };
        Rights::new(roles, remit).ok_or(CliError::NoFit)
    }
}

impl User {
    pub(super) async fn run(self, db: &Database, config: &Config) -> Result<(), CliError> {
        let (now, random) = (SystemClock.now(), Random::from_system());
        let hand = Hand { db, now, random: &random, actor: Actor::Console, remit: Remit::All };
        match self {
            Self::Add { login, name, roles, over, password_stdin } => {
                let rights = over.rights(db, roles, Remit::County(config.county)).await?;
                add(&hand, login, name, rights, password_stdin).await
            }
            Self::List => list(db).await,
            Self::Password { login } => {
                let id = of(db, &login).await?.id;
                let secret =
                    hand.new_password(id).await?.ok_or_else(|| CliError::NoUser(login.to_string()))?;
                Ok(writeln!(std::io::stdout().lock(), "{}", secret.reveal())?)
            }
            Self::Roles { login, roles, over } => {
                let account = of(db, &login).await?;
                // Whoever kept a list goes over its county, unless something else is said.
                let before = match (account.remit, roles.contains(&Role::Organisation)) {
                    (Remit::Organisation(county, _), false) => Remit::County(county),
                    (before, _) => before,
                };
                let rights = over.rights(db, roles, before).await?;
                done(&login, hand.set_rights(account.id, rights).await?)
            }
            Self::Disable { login } => done(&login, hand.switch(of(db, &login).await?.id, false).await?),
            Self::Enable { login } => done(&login, hand.switch(of(db, &login).await?.id, true).await?),
        }
    }
}

async fn add(
    hand: &Hand<'_>,
    login: Login,
    name: PersonName,
    rights: Rights,
    from_stdin: bool,
) -> Result<(), CliError> {
    let taken = |fault| if is_taken(&fault) { CliError::LoginTaken } else { fault.into() };
    if !from_stdin {
        let secret = hand.add(login, name, rights).await.map_err(taken)?;
        return Ok(writeln!(std::io::stdout().lock(), "{}", secret.reveal())?);
    }
    let mut typed = String::new();
    std::io::stdin().lock().take(1_000).read_to_string(&mut typed)?;
    let password = Password::chosen(typed.trim_end_matches(['\r', '\n']), &login)?;
    hand.add_with(login, name, rights, password).await.map_err(taken)
}

async fn list(db: &Database) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    for account in account::all(db, Remit::All).await? {
        let roles = account.roles.iter().map(Role::to_string).collect::<Vec<_>>().join(",");
        let state = account.disabled_at.map_or("valid".to_owned(), |at| format!("disabled {at}"));
        let (name, remit) = (account.name.as_str(), account.remit);
        writeln!(out, "{}\t{}\t{name}\t{roles}\t{state}\t{remit}", account.login, account.created_at)?;
    }
    Ok(())
}

/// Accounts are not removed, so that what was found a moment ago is there still.
fn done(login: &Login, there: bool) -> Result<(), CliError> {
    if there { Ok(()) } else { Err(CliError::NoUser(login.to_string())) }
}

async fn of(db: &Database, login: &Login) -> Result<Account, CliError> {
    let found = account::by_login(db, login).await?;
    found.map(|(account, _)| account).ok_or_else(|| CliError::NoUser(login.to_string()))
}
