//! Who may ask: accounts, their passwords, and the tokens of their sessions.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::failure::{Failure, Kind};
use crate::metrics::Metrics;
use crate::passwords::Passwords;
use crate::store::database::Database;
use crate::store::records::Account;
use crate::store::sessions::Sessions;
use crate::tokens::{digest_of, new_id, new_token};

/// Characters of a name, and of a password.
const NAME: std::ops::RangeInclusive<usize> = 3..=64;
const PASSWORD: std::ops::RangeInclusive<usize> = 12..=128;

/// A session that was opened.
pub struct Opened {
    /// What proves it; is not kept.
    pub token: String,
    /// Until it has to be opened anew.
    pub lifetime: Duration,
}

/// Registration, login and tokens; every attempt is counted.
pub struct Accounts {
    database: Arc<Database>,
    sessions: Arc<Sessions>,
    metrics: Arc<Metrics>,
    passwords: Passwords,
    lifetime: Duration,
}

impl Accounts {
    /// `lifetime` is that of sessions.
    pub fn new(
        database: Arc<Database>,
        sessions: Arc<Sessions>,
        metrics: Arc<Metrics>,
        lifetime: Duration,
    ) -> Result<Self, Failure> {
        Ok(Self { database, sessions, metrics, passwords: Passwords::new()?, lifetime })
    }

    /// A new account with a session.
    pub async fn register(&self, name: String, password: String) -> Result<Opened, Failure> {
        let result = self.try_register(name, password).await;
        self.metrics.auth("register", result.is_ok());
        result
    }

    /// A session for who knows the password.
    pub async fn log_in(&self, name: String, password: String) -> Result<Opened, Failure> {
        let result = self.try_log_in(name, password).await;
        self.metrics.auth("login", result.is_ok());
        result
    }

    /// The account whose session the token is.
    pub fn holder_of(&self, token: &str) -> Result<String, Failure> {
        // an account may be gone while its sessions have not expired
        let holder = self.sessions.get(&session_key(token)).filter(|account| self.database.has_account(account));
        self.metrics.auth("token", holder.is_some());
        holder.ok_or_else(|| {
            let message = "The token is of no session, or of one that has ended. Log in again.";
            Failure::new(Kind::Unauthorized, "token_refused", message)
        })
    }

    /// Ends the session of this token.
    pub fn log_out(&self, token: &str) {
        self.sessions.delete(&session_key(token));
    }

    async fn try_register(&self, name: String, password: String) -> Result<Opened, Failure> {
        check_name(&name)?;
        check_password(&password)?;
        let password = self.passwords.hash(password).await?;
        let id = new_id();
        self.database.insert_account(Account { id: id.clone(), name, password, files: BTreeSet::new(), bytes: 0 })?;
        self.open(id)
    }

    async fn try_log_in(&self, name: String, password: String) -> Result<Opened, Failure> {
        let (id, hash) = self.database.credentials(&name).unzip();
        // what can be no password is not hashed: that would be work for nothing
        let right = PASSWORD.contains(&password.chars().count()) && self.passwords.verify(password, hash).await?;
        match id {
            Some(id) if right => self.open(id),
            _ => Err(Failure::new(Kind::Unauthorized, "login_refused", "Name or password is wrong.")),
        }
    }

    fn open(&self, account: String) -> Result<Opened, Failure> {
        let token = new_token();
        self.sessions.set(session_key(&token), account, self.lifetime)?;
        Ok(Opened { token, lifetime: self.lifetime })
    }
}

fn session_key(token: &str) -> String {
    format!("session:{}", digest_of(token))
}

fn check_name(name: &str) -> Result<(), Failure> {
    let fine = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b));
    if fine && NAME.contains(&name.len()) {
        return Ok(());
    }
    let (least, most) = (NAME.start(), NAME.end());
    let message = format!("A name has {least} to {most} characters out of a-z, 0-9, \".\", \"_\" and \"-\".");
    Err(Failure::invalid("invalid_name", message))
}

fn check_password(password: &str) -> Result<(), Failure> {
    if PASSWORD.contains(&password.chars().count()) {
        return Ok(());
    }
    let message = format!("A password has {} to {} characters.", PASSWORD.start(), PASSWORD.end());
    Err(Failure::invalid("invalid_password", message))
}
