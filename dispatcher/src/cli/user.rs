//! `certus user`: accounts for people, made by whoever may run this program on the server. The first administrator is made
//! here; they make the others at the page `/accounts`.

use std::io::{Read as _, Write};

use certus_registry::account::Password;
use certus_registry::audit::Actor;
use certus_registry::store::account;
use certus_registry::time::SystemClock;
use certus_registry::volunteer::PersonName;
use certus_registry::{Account, Clock, Database, Login, Random, Role};
use clap::Subcommand;

use super::CliError;
use crate::accounts::{Hand, is_taken};

pub(super) const EXAMPLES: &str = "\
Examples:
  certus user add --login anna.berg --name 'Anna Berg' --role administrator
  certus user add --login larm1 --name 'Larm 1' --role operator --password-stdin < password.txt
  certus user list
  certus user password anna.berg
  certus user roles anna.berg --role board --role auditor
  certus user disable anna.berg

Roles: operator (incidents), board (people and resources), auditor (the audit log), administrator (accounts).
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
    /// Set what an account's holder is
    Roles {
        /// Whose
        login: Login,
        /// All the roles they are to have
        #[arg(long = "role", required = true, value_name = "ROLE")]
        roles: Vec<Role>,
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

impl User {
    pub(super) async fn run(self, db: &Database) -> Result<(), CliError> {
        let (now, random) = (SystemClock.now(), Random::from_system());
        let hand = Hand { db, now, random: &random, actor: Actor::Console };
        match self {
            Self::Add { login, name, roles, password_stdin } => {
                add(&hand, login, name, roles, password_stdin).await
            }
            Self::List => list(db).await,
            Self::Password { login } => {
                let id = of(db, &login).await?.id;
                let secret =
                    hand.new_password(id).await?.ok_or_else(|| CliError::NoUser(login.to_string()))?;
                Ok(writeln!(std::io::stdout().lock(), "{}", secret.reveal())?)
            }
            Self::Roles { login, roles } => {
                done(&login, hand.set_roles(of(db, &login).await?.id, roles).await?)
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
    roles: Vec<Role>,
    from_stdin: bool,
) -> Result<(), CliError> {
    let taken = |fault| if is_taken(&fault) { CliError::LoginTaken } else { fault.into() };
    if !from_stdin {
        let secret = hand.add(login, name, roles).await.map_err(taken)?;
        return Ok(writeln!(std::io::stdout().lock(), "{}", secret.reveal())?);
    }
    let mut typed = String::new();
    std::io::stdin().lock().take(1_000).read_to_string(&mut typed)?;
    let password = Password::chosen(typed.trim_end_matches(['\r', '\n']), &login)?;
    hand.add_with(login, name, roles, password).await.map_err(taken)
}

async fn list(db: &Database) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    for account in account::all(db).await? {
        let roles = account.roles.iter().map(Role::to_string).collect::<Vec<_>>().join(",");
        let state = account.disabled_at.map_or("valid".to_owned(), |at| format!("disabled {at}"));
        let name = account.name.as_str();
        writeln!(out, "{}\t{}\t{name}\t{roles}\t{state}", account.login, account.created_at)?;
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
